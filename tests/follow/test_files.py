"""Following files by their names: growing, renamed, copied and cut, written anew, several at once."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import loganalyzer
from tests.follow.command import Following, failing, has, has_lines, lines_of
from tests.samples import FIXTURES

ARTICLE = FIXTURES / "article-0.14.8.log"
OTHER = FIXTURES / "controllers" / "auto_assign_off-v0.14.8.log"
FIRST, REST = failing(ARTICLE.read_bytes().splitlines(keepends=True))
WHOLE = ARTICLE.read_bytes()


def append(path: Path, data: bytes) -> None:
    """More of the log."""
    with path.open("ab") as file:
        file.write(data)


def renamed(log: Path, old: Path) -> None:
    """As logrotate does it: the file gets another name, and the writer begins a new one."""
    log.rename(old)
    log.touch()


def copied(log: Path, old: Path) -> None:
    """As logrotate does it with copytruncate: the contents are copied, the file is cut to nothing."""
    shutil.copyfile(log, old)
    with log.open("r+b") as file:
        file.truncate(0)


def replaced(log: Path, old: Path) -> None:
    """As an editor or `mv` does it: another file takes the place of the old one in one step."""
    old.touch()
    old.replace(log)


ROTATIONS = [
    pytest.param(renamed, 0, id="renamed"),
    pytest.param(renamed, 8, id="renamed with lines that were not read yet"),
    pytest.param(replaced, 0, id="replaced"),
    pytest.param(replaced, 8, id="replaced with lines that were not read yet"),
    # Lines that nobody has read when the file is cut are in the copy alone.
    pytest.param(copied, 0, id="copied"),
]


def test_a_growing_file_is_followed(tmp_path: Path) -> None:
    """What is written to the file is told; the command goes on until Ctrl-C, and ends with status 0."""
    log = tmp_path / "controller.log"
    log.write_bytes(b"".join(FIRST[:-1]))
    with Following("--format", "jsonl", log, stdin=False) as run:
        append(log, FIRST[-1])
        told = lines_of(run.read_until(has_lines(1)))
        append(log, b"".join(REST))
        run.read_until(has_lines(2))
        run.interrupt()
        status, said, errors = run.rest()
    assert (status, errors) == (0, b"")
    assert told[0]["first"] == {"input": str(log), "line": 63, "ts": "2026-03-07T00:55:29Z"}
    assert lines_of(said)[-1] == lines_of(loganalyzer("--format", "jsonl", log).stdout)[-1]


@pytest.mark.parametrize(("rotate", "more"), ROTATIONS)
def test_a_rotated_file_is_followed(rotate: Callable[[Path, Path], None], more: int, tmp_path: Path) -> None:
    """The rest of the log, in the file that has the name now, is told as if nothing had happened."""
    log = tmp_path / "controller.log"
    log.write_bytes(b"".join(FIRST))
    with Following("--format", "jsonl", log, stdin=False) as run:
        run.read_until(has_lines(1))
        append(log, b"".join(REST[:more]))
        rotate(log, tmp_path / "controller.log.1")
        append(log, b"".join(REST[more:]))
        run.read_until(has_lines(2))
        run.interrupt()
        status, said, _ = run.rest()
    assert status == 0
    last = lines_of(said)[-1]
    assert (last["attempts"], last["last"]["line"]) == (2, 72)


def test_a_file_cut_and_filled_again_is_read_anew(tmp_path: Path) -> None:
    """A file that was written anew while nobody looked, and is longer than before, is read from its beginning."""
    log = tmp_path / "controller.log"
    log.write_bytes(b"".join(FIRST))
    with Following("--format", "jsonl", log, stdin=False) as run:
        run.read_until(has_lines(1))
        with log.open("r+b") as file:
            file.truncate(0)
            # Of a later time throughout: no byte before the place of reading is as it was.
            file.write(WHOLE.replace(b"2026-03-07", b"2026-03-08"))
        run.read_until(has_lines(2))
    assert lines_of(run.said)[1]["last"] == {"input": str(log), "line": 63 + 72, "ts": "2026-03-08T00:55:49Z"}


def test_a_file_that_vanishes_is_waited_for(tmp_path: Path) -> None:
    """While no file has the name, the command waits; the one that comes is read from its beginning."""
    log = tmp_path / "controller.log"
    log.write_bytes(b"".join(FIRST))
    with Following("--format", "jsonl", log, stdin=False) as run:
        run.read_until(has_lines(1))
        log.unlink()
        (tmp_path / "new").write_bytes(b"".join(REST))
        (tmp_path / "new").rename(log)
        run.read_until(has_lines(2))
    assert lines_of(run.said)[1]["last"]["line"] == 72


def test_several_files_are_followed_at_once(tmp_path: Path) -> None:
    """Each file's lines are its own, in whatever turn they come."""
    other, _ = failing(
        (FIXTURES / "controllers" / "auto_assign_off-v0.14.8.log").read_bytes().splitlines(keepends=True)
    )
    logs = {tmp_path / "one.log": FIRST, tmp_path / "two.log": other}
    for log, lines in logs.items():
        log.write_bytes(b"".join(lines[:30]))
    with Following("--format", "jsonl", *logs, stdin=False) as run:
        for number in range(30, max(map(len, logs.values()))):
            for log, lines in logs.items():
                append(log, b"".join(lines[number : number + 1]))
        told = lines_of(run.read_until(has_lines(2)))
        run.interrupt()
        status, _, _ = run.rest()
    assert status == 0
    assert {(f["first"]["input"], f["cause"]["rule"]) for f in told} == {
        (str(tmp_path / "one.log"), "MLB104"),
        (str(tmp_path / "two.log"), "MLB203"),
    }


def test_an_empty_file_is_waited_for(tmp_path: Path) -> None:
    """A log that has no line yet is followed, and Ctrl-C before one comes is no error."""
    log = tmp_path / "controller.log"
    log.touch()
    with Following("--format", "jsonl", log, stdin=False) as run:
        append(log, b"".join(FIRST))
        run.read_until(has_lines(1))
        run.interrupt()
        assert run.rest()[0] == 0


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A name that no file has is a mistake, with or without following."""
    with Following(tmp_path / "nothing.log", stdin=False) as run:
        status, said, errors = run.rest()
    assert (status, said) == (3, b"")
    assert b"there is no such file" in errors


def test_objects_beside_a_followed_log_are_read_once(tmp_path: Path) -> None:
    """Kubernetes objects fill in what a followed log at info level does not carry."""
    folder = FIXTURES / "objects" / "random-197-v0.14.8-info"
    log = tmp_path / "controller.log"
    data = (FIXTURES / "controllers" / "random-197-v0.14.8-info.log").read_bytes()
    log.write_bytes(data)
    objects = [folder / name for name in ("services.json", "pools.json", "events.json")]
    expected = lines_of(loganalyzer("--format", "jsonl", log, *objects).stdout)
    with Following("--format", "jsonl", log, *objects, stdin=False) as run:
        run.read_until(has_lines(len({f["service"] for f in expected if f["ended"] is None})))
        run.interrupt()
        _, said, _ = run.rest()
    last = {(f["service"], f["first"]["line"]): f["cause"] for f in lines_of(said)}
    assert last == {(f["service"], f["first"]["line"]): f["cause"] for f in expected}


def test_a_file_that_comes_to_a_folder_is_followed(tmp_path: Path) -> None:
    """In a followed folder a new log is found; rotated and compressed siblings of a known one are not read again."""
    pod = tmp_path / "metallb-system_controller-7d_11111111" / "controller"
    pod.mkdir(parents=True)
    log = pod / "0.log"
    log.write_bytes(b"".join(FIRST))
    other, _ = failing(OTHER.read_bytes().splitlines(keepends=True))
    with Following("--format", "jsonl", tmp_path, stdin=False) as run:
        run.read_until(has_lines(1))
        shutil.copyfile(log, pod / "0.log.20260307-005530")
        (pod / "0.log.20260307-005530.gz").write_bytes(gzip.compress(b"".join(FIRST)))
        (tmp_path / "notes.txt").write_text("no log\n")
        (pod / "1.log").write_bytes(b"".join(other))
        told = lines_of(run.read_until(has_lines(2)))
        append(log, b"".join(REST))
        run.read_until(has_lines(3))
        run.interrupt()
        status, said, errors = run.rest()
    assert (status, errors) == (0, b"")
    inner = f"{tmp_path}!metallb-system_controller-7d_11111111/controller"
    assert [f["first"]["input"] for f in told] == [f"{inner}/0.log", f"{inner}/1.log"]
    assert {f["first"]["input"] for f in lines_of(said)} == {f"{inner}/0.log", f"{inner}/1.log"}


def test_a_folder_may_have_nothing_at_first(tmp_path: Path) -> None:
    """What had no line of MetalLB when following began has one now: that is no error."""
    log = tmp_path / "controller.log"
    log.write_text("W0307 00:40:08.123456 1 client_config.go:659] Neither --kubeconfig nor --master was specified.\n")
    with Following("--format", "jsonl", tmp_path, stdin=False) as run:
        append(log, b"".join(FIRST))
        told = lines_of(run.read_until(has_lines(1)))
        run.interrupt()
        assert run.rest()[0] == 0
    assert told[0]["first"] == {"input": f"{tmp_path}!controller.log", "line": 64, "ts": "2026-03-07T00:55:29Z"}


def test_a_folder_that_never_had_anything_is_an_error(tmp_path: Path) -> None:
    """Ctrl-C does not make an input of it."""
    (tmp_path / "notes.txt").write_text("no log\n")
    with Following(tmp_path, terminal=True) as run:
        run.read_until(has(b"has no file with a MetalLB line"))
        run.interrupt()
        assert run.rest()[0] == 3
