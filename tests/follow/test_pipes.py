"""Following a pipe: what is said when, and how it ends. No test waits for a time; each waits for what must come."""

import json
import subprocess
import sys

import pytest

from tests.cli.command import COMMAND, environment, loganalyzer
from tests.follow.command import Following, failing, has, has_lines, lines_of
from tests.samples import FIXTURES, RULES

ARTICLE = FIXTURES / "article-0.14.8.log"
RESOLVED = RULES / "MLB201/positive-0.14.8-exhausted.log"
HELD_AT_INFO = FIXTURES / "controllers" / "random-197-v0.14.8-info.log"
WRAPPINGS = ["[pod/controller-7d/controller] ", "2026-03-07T00:00:00.123456789Z ", "controller-7d controller "]
BROKEN = b'{"caller":"main.go:52","event":"startUpdate","level":"debug","msg":"start of'


def test_a_failure_is_told_before_the_next_line_is_written() -> None:
    """Cause, holder and a fix that was tried are on screen while the writer has written nothing after the failure."""
    first, _ = failing(ARTICLE.read_bytes().splitlines(keepends=True))
    with Following() as run:
        run.write(b"".join(first))
        said = run.read_until(has(b"default/git-ssh has no address", b"MLB104", b"default/ingress", b"kubectl "))
        assert b"tried alone on the state now" in said


def test_json_lines_come_at_once() -> None:
    """With `--format jsonl` the failure is a whole line with its fixes at the same moment."""
    first, _ = failing(ARTICLE.read_bytes().splitlines(keepends=True))
    with Following("--format", "jsonl") as run:
        run.write(b"".join(first))
        told = lines_of(run.read_until(has_lines(1)))
    assert [(line["type"], line["service"], line["cause"]["rule"]) for line in told] == [
        ("failure", "default/git-ssh", "MLB104")
    ]
    assert any(fix["verified"] for fix in told[0]["fixes"])


def test_an_incomplete_line_is_waited_for() -> None:
    """A failure counts when its line has ended: half of it tells nothing, the other half all."""
    first, _ = failing(ARTICLE.read_bytes().splitlines(keepends=True))
    *before, last = first
    with Following("--format", "jsonl") as run:
        run.write(b"".join(before) + last[:60])
        run.write(last[60:-1])
        assert run.said == b""
        run.write(last[-1:])
        assert lines_of(run.read_until(has_lines(1)))[0]["service"] == "default/git-ssh"


def test_the_same_failure_is_told_once() -> None:
    """Attempts that say the same are counted at the end and not told."""
    lines = ARTICLE.read_bytes().splitlines(keepends=True)
    first, rest = failing(lines)
    start = next(i for i in range(len(first) - 1, 0, -1) if b'"start reconcile"' in first[i])
    over = next(i for i, line in enumerate(rest) if b'"end reconcile"' in line)
    one_pass = b"".join([*first[start:], *rest[: over + 1]])
    with Following("--format", "jsonl") as run:
        run.write(b"".join(first) + b"".join(rest[: over + 1]))
        run.read_until(has_lines(1))
        for _ in range(3):
            run.write(one_pass)
        run.end()
        _, said, _ = run.rest()
    told = lines_of(said)
    assert [line["attempts"] for line in told] == [1, 4]
    assert told[0]["first"] == told[1]["first"]


def test_the_end_of_a_failure_is_told() -> None:
    """A service that gets its address after all is told as the same failure, now resolved."""
    data = RESOLVED.read_bytes()
    expected = [json.loads(line) for line in loganalyzer("--format", "jsonl", stdin=data).stdout.splitlines()]
    ended = {(f["service"], f["first"]["line"]): f["ended"] for f in expected}
    assert "allocated" in ended.values()
    with Following("--format", "jsonl") as run:
        run.write(data)
        run.read_until(lambda said: "allocated" in {line["ended"] for line in lines_of(said)})
        run.end()
        status, said, _ = run.rest()
    assert status == 0
    assert {(f["service"], f["first"]["line"]): f["ended"] for f in lines_of(said)} == ended


def test_the_text_tells_the_end_of_a_failure() -> None:
    """For a reader that is one line: what the service got, after how long."""
    lines = RESOLVED.read_bytes().splitlines(keepends=True)
    first, rest = failing(lines)
    with Following() as run:
        run.write(b"".join(first))
        run.read_until(has(b"has no address"))
        run.write(b"".join(rest))
        run.read_until(has(b" got ", b"after"))


def test_a_failure_without_a_name_waits_for_it() -> None:
    """At info level the line after a failure names its service: the failure is told then, and by that name."""
    lines = HELD_AT_INFO.read_bytes().splitlines(keepends=True)
    naming = next(i for i, line in enumerate(lines) if b'"failed to handle service' in line)
    name = json.loads(lines[naming])["name"]
    with Following("--format", "jsonl") as run:
        run.write(b"".join(lines[: naming + 1]))
        told = lines_of(run.read_until(lambda said: any(f["service"] == name for f in lines_of(said))))
    assert None not in {f["service"] for f in told}


def test_the_summary_is_the_usual_report() -> None:
    """At the end of input the whole report follows, with status 0."""
    data = ARTICLE.read_bytes()
    with Following() as run:
        run.write(data)
        run.end()
        status, said, errors = run.rest()
    assert (status, errors) == (0, b"")
    assert said.endswith(loganalyzer(stdin=data).stdout)


def test_interrupting_gives_the_summary() -> None:
    """Ctrl-C: what was told, the summary, status 0, and no traceback."""
    first, _ = failing(ARTICLE.read_bytes().splitlines(keepends=True))
    with Following() as run:
        run.write(b"".join(first))
        run.read_until(has(b"kubectl "))
        run.interrupt()
        status, said, errors = run.rest()
    assert (status, errors) == (0, b"")
    assert said.endswith(loganalyzer(stdin=b"".join(first)).stdout)


def test_interrupting_before_the_first_byte_is_no_error() -> None:
    """Ctrl-C while nothing has come yet: status 0, and a line that says so."""
    code = (
        "import signal, sys; sys.argv = ['loganalyzer', 'explain', '--follow']\n"
        "import loganalyzer.pipeline as pipeline\n"
        "pipeline.diagnose = lambda *_, **__: signal.raise_signal(signal.SIGINT)\n"
        "from loganalyzer.cli.main import main\n"
        "main()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(), check=False)
    assert (ran.returncode, ran.stdout) == (0, b"")
    assert ran.stderr == b"loganalyzer: stopped before anything was read\n"


def test_a_closed_pipe_ends_quietly() -> None:
    """Where the reader goes away the command ends by itself with status 0, though nothing new comes to be told."""
    first, _ = failing(ARTICLE.read_bytes().splitlines(keepends=True))
    with Following() as run:
        run.write(b"".join(first))
        run.read_until(has(b"kubectl "))
        assert run.process.stdout is not None
        run.process.stdout.close()
        assert run.process.wait(20) == 0
        assert run.process.stderr is not None
        assert run.process.stderr.read() == b""


@pytest.mark.parametrize(
    "wrapping", ["[pod/controller-7d/controller] ", "2026-03-07T00:00:00.123456789Z ", "controller-7d controller "]
)
def test_wrapped_lines_are_followed(wrapping: str) -> None:
    """`kubectl logs --prefix` and `--timestamps`, and stern, as anywhere else."""
    first, _ = failing(ARTICLE.read_bytes().splitlines(keepends=True))
    with Following("--format", "jsonl") as run:
        run.write(b"".join(wrapping.encode() + line for line in first))
        assert lines_of(run.read_until(has_lines(1)))[0]["cause"]["rule"] == "MLB104"


def test_one_document_comes_at_the_end() -> None:
    """`--format json` is one document: nothing before the end, then what reading at once gives."""
    data = ARTICLE.read_bytes()
    with Following("--format", "json") as run:
        run.write(data)
        run.end()
        _, said, _ = run.rest()
    assert said == loganalyzer("--format", "json", stdin=data).stdout


def test_a_choice_holds_for_what_is_told() -> None:
    """`--service` leaves others out of what is told, too."""
    with Following("--format", "jsonl", "--service", "default/other") as run:
        run.write(ARTICLE.read_bytes())
        run.end()
        status, said, _ = run.rest()
    assert (status, said) == (0, b"")


def test_since_counts_from_now() -> None:
    """With `--follow` a duration counts back from now: failures that ended long ago are not told."""
    with Following("--format", "jsonl", "--since", "1h") as run:
        run.write(RESOLVED.read_bytes())
        run.end()
        _, said, _ = run.rest()
    assert {f["ended"] for f in lines_of(said)} <= {None}


def test_compressed_input_is_read() -> None:
    """Standard input that is compressed ends like any other."""
    import gzip

    with Following("--format", "jsonl") as run:
        run.write(gzip.compress(ARTICLE.read_bytes()))
        run.end()
        status, said, _ = run.rest()
    assert status == 0
    assert lines_of(said)[-1]["attempts"] == 2


def test_an_empty_input_is_an_input_without_a_line() -> None:
    """Input that ends without anything of MetalLB is status 3, as anywhere else."""
    with Following() as run:
        run.end()
        status, said, errors = run.rest()
    assert (status, said) == (3, b"")
    assert errors.count(b"\n") == 1


def test_garbage_is_no_traceback() -> None:
    """Bytes that are no log, in the middle and at the end, are counted."""
    first, rest = failing(ARTICLE.read_bytes().splitlines(keepends=True))
    with Following("--format", "jsonl") as run:
        run.write(b"\xff\x00\x1b[2J\n{{{\n" + b"".join(first) + BROKEN + b"\n" + b"".join(rest) + BROKEN)
        run.end()
        status, said, errors = run.rest()
    assert (status, errors) == (0, b"")
    assert lines_of(said)


def test_a_start_without_following_loads_nothing_of_it() -> None:
    """Who does not follow does not pay for it."""
    code = (
        "import sys; sys.argv = ['loganalyzer', sys.argv[1]]\n"
        "from loganalyzer.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code, ARTICLE], capture_output=True, env=environment(), check=True)
    loaded = set(ran.stderr.decode().split())
    assert "loganalyzer.pipeline" in loaded
    assert not loaded & {"loganalyzer.sources.tailing", "loganalyzer.correlator.live", "loganalyzer.report.live"}
    assert COMMAND.exists()
