"""Following on a terminal: a line that tells how things stand, and that never stays in the way."""

import re

from tests.follow.command import Following, failing, has
from tests.samples import FIXTURES

ARTICLE = FIXTURES / "article-0.14.8.log"


def shown(said: bytes) -> str:
    """What a terminal shows at the end: each line as it was overwritten last."""
    text = said.decode().replace("\r\n", "\n")
    lines = (line.rpartition("\r\x1b[K")[2] for line in text.split("\n"))
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))


def test_a_terminal_has_a_status_line() -> None:
    """It tells how many services wait, how many lines were read, and the last line's time."""
    first, _ = failing(ARTICLE.read_bytes().splitlines(keepends=True))
    with Following(terminal=True) as run:
        run.write(b"".join(first))
        said = run.read_until(lambda said: b"kubectl " in said and b"63 lines" in said.rpartition(b"\n")[2])
    status = shown(said).rpartition("\n")[2]
    assert status == "standard input: 1 service without an address · 63 lines · last 2026-03-07 00:55:29 UTC"


def test_the_status_line_does_not_stay() -> None:
    """Nothing of it is left in what is told nor after the summary."""
    first, rest = failing(ARTICLE.read_bytes().splitlines(keepends=True))
    with Following(terminal=True) as run:
        run.write(b"".join(first))
        run.read_until(has(b"kubectl ", b"63 lines"))
        run.write(b"".join(rest))
        run.read_until(has(b"93 lines"))
        run.interrupt()
        status, said, _ = run.rest()
    assert status == 0
    assert "lines · last" not in shown(said)
    assert shown(said).count("default/git-ssh has no address") == 3


def test_a_pipe_has_no_status_line() -> None:
    """Where standard error is no terminal nothing is written to it."""
    first, _ = failing(ARTICLE.read_bytes().splitlines(keepends=True))
    with Following() as run:
        run.write(b"".join(first))
        run.read_until(has(b"kubectl "))
        run.end()
        _, said, errors = run.rest()
    assert errors == b""
    assert b"\r" not in said
    assert b"\x1b" not in said
