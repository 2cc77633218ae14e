"""Files followed by their names, one look after the other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from loganalyzer.sources.tailing import BEGINNING, File, Following

LONG = b"".join(b"%04d a line that is in one file alone\n" % n for n in range(200))
assert len(LONG) > BEGINNING


class Clock:
    """A clock that stands still until it is set."""

    now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def come(pieces: Iterator[bytes]) -> bytes:
    """What is there now: all up to the first pause, and the pause behind it, in which files are changed."""
    found = b""
    for _ in range(2):
        while data := next(pieces):
            found += data
    return found


def test_a_line_that_was_cut_off_ends_where_the_file_begins_anew(tmp_path: Path) -> None:
    """The first line of what was written anew is not the rest of the line in which the old file ended."""
    path = tmp_path / "controller.log"
    path.write_bytes(b"one\nhalf of tw")
    pieces = File(path).pieces()
    assert come(pieces) == b"one\nhalf of tw"
    path.write_bytes(b"new\n")
    assert come(pieces) == b"\nnew\n"


def test_a_deleted_file_is_closed_after_a_while(tmp_path: Path) -> None:
    """Its writer may have it for some time; then its place is free, and the next file of the name is read."""
    path, clock = tmp_path / "0.log", Clock()
    path.write_bytes(b"one\n")
    writer = path.open("ab", buffering=0)
    tail = File(path, clock)
    pieces = tail.pieces()
    come(pieces)
    path.unlink()
    clock.now = 59.0
    writer.write(b"two\n")
    assert come(pieces) == b"two\n"
    clock.now += 59.0
    come(pieces)
    writer.close()
    assert tail._fd is not None
    clock.now += 1.0
    come(pieces)
    assert tail._fd is None
    path.write_bytes(b"three\n")
    assert come(pieces) == b"three\n"


@pytest.mark.parametrize("copied", [False, True], ids=["renamed", "copied"])
@pytest.mark.parametrize("log", [LONG, b"one line\n"], ids=["long", "short"])
def test_a_rotated_file_is_not_read_under_an_older_ones_name(log: bytes, copied: bool, tmp_path: Path) -> None:
    """`controller.log` becomes `controller.log.1`, which is followed too: its lines are told already."""
    path, older = tmp_path / "controller.log", tmp_path / "controller.log.1"
    path.write_bytes(log)
    older.write_bytes(b"yesterday\n")
    following = Following(lambda _: 0.0)
    tails = [File(path), File(older)]
    for one, tail in zip((path, older), tails, strict=True):
        following.add(str(one), tail)
    of_path, of_older = (tail.pieces() for tail in tails)
    assert (come(of_path), come(of_older)) == (log, b"yesterday\n")
    older.rename(tmp_path / "controller.log.2")
    if copied:
        older.write_bytes(log)
        path.write_bytes(b"")
    else:
        path.rename(older)
    path.write_bytes(b"tomorrow\n")
    assert (come(of_older), come(of_path)) == (b"", b"tomorrow\n")


def test_another_file_under_a_followed_name_is_read(tmp_path: Path) -> None:
    """What begins otherwise than all that is followed is another log."""
    path, other = tmp_path / "one.log", tmp_path / "two.log"
    path.write_bytes(LONG)
    other.write_bytes(b"two\n")
    following = Following(lambda _: 0.0)
    tails = [File(path), File(other)]
    for one, tail in zip((path, other), tails, strict=True):
        following.add(str(one), tail)
    of_path, of_other = (tail.pieces() for tail in tails)
    come(of_path), come(of_other)
    other.unlink()
    other.write_bytes(LONG[1:])
    assert come(of_other) == LONG[1:]


def test_two_logs_that_begin_alike_are_two(tmp_path: Path) -> None:
    """Pods that start in one second write the same first line; with the next ones it shows that they are two."""
    path, other = tmp_path / "one.log", tmp_path / "two.log"
    path.write_bytes(b"starting\n")
    other.write_bytes(b"before\n")
    following = Following(lambda _: 0.0)
    tails = [File(path), File(other)]
    for one, tail in zip((path, other), tails, strict=True):
        following.add(str(one), tail)
    of_path, of_other = (tail.pieces() for tail in tails)
    come(of_other)
    other.rename(tmp_path / "two.log.1")
    assert come(of_path) == b"starting\n"
    other.write_bytes(b"starting\n")
    assert come(of_other) == b""
    for one, line in ((path, b"mine\n"), (other, b"yours\n")):
        with one.open("ab") as file:
            file.write(line)
    assert come(of_path) == b"mine\n"
    assert come(of_other) == b"starting\nyours\n"
