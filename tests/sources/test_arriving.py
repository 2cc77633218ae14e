"""What comes to a followed folder: new logs, and what only looks like one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from loganalyzer.sources.arriving import EVERY, Folder
from loganalyzer.sources.tailing import BEGINNING, File, Following
from tests.sources.test_tailing import Clock, come

KLOG = b"W0307 00:40:08.123456       1 client_config.go:659] Neither --kubeconfig nor --master was specified.\n"


def log(day: int, lines: int = 200) -> bytes:
    """A log of which each line is of that day."""
    return b"".join(b"2026-03-%02d line %04d of a log\n" % (day, n) for n in range(lines))


assert len(log(1)) > BEGINNING


class Looks:
    """A folder that is followed; each call is a look, and gives the names of what has come."""

    def __init__(self, path: Path, *followed: str) -> None:
        self._clock = Clock()
        self._following = Following(lambda _: 0.0)
        self._folder = Folder(path, self._following, self._clock)
        self._pieces = []
        for name in followed:
            tail = File(path / name)
            self._following.add(self._folder.member(path / name), tail)
            self._pieces.append(tail.pieces())

    def __call__(self, *, read: bool = True) -> list[str]:
        """What has come, once what is followed was read, or before."""
        for pieces in self._pieces if read else ():
            come(pieces)
        self._clock.now += EVERY
        return [file.name for file in self._folder.arrivals()]


def test_a_file_arrives_once(tmp_path: Path) -> None:
    """What was looked at is not looked at again while it is as it was."""
    look = Looks(tmp_path)
    (tmp_path / "new.log").write_bytes(KLOG)
    assert [look(), look()] == [["new.log"], []]


def test_a_short_file_that_grows_may_have_become_a_log(tmp_path: Path) -> None:
    """One that was there from the start, too; where it was long, it is what it was."""
    path = tmp_path / "controller.log"
    path.write_bytes(KLOG)
    look = Looks(tmp_path)
    assert look() == []
    path.write_bytes(KLOG + log(1))
    assert look() == ["controller.log"]
    path.write_bytes(KLOG + log(1) + log(2))
    assert look() == []


def test_a_file_with_the_number_of_a_deleted_one_arrives(tmp_path: Path) -> None:
    """A file system gives the number of a deleted file to the next one."""
    old, new = tmp_path / "old.log.gz", tmp_path / "new.log"
    old.write_bytes(log(1))
    look = Looks(tmp_path)
    # What has another name and other contents under the same number.
    old.rename(new)
    new.write_bytes(log(2) + log(3))
    assert look() == ["new.log"]


def test_names_of_one_file_arrive_as_one(tmp_path: Path) -> None:
    """A log and the symbolic link to it, as the kubelet makes them, in one look."""
    look = Looks(tmp_path)
    (tmp_path / "pods").mkdir()
    (tmp_path / "pods" / "0.log").write_bytes(log(1))
    (tmp_path / "controller.log").symlink_to(tmp_path / "pods" / "0.log")
    assert [look(), look()] == [["controller.log"], []]


def test_a_name_that_begins_as_a_known_one_arrives(tmp_path: Path) -> None:
    """By its name alone a file is nobody's rotated one."""
    (tmp_path / "speaker").write_bytes(log(1))
    look = Looks(tmp_path, "speaker")
    assert look() == []
    (tmp_path / "speaker-node-2").write_bytes(log(2))
    (tmp_path / "speaker.node-3").write_bytes(log(3))
    assert look() == ["speaker-node-2", "speaker.node-3"]


def renamed(path: Path, to: Path) -> None:
    """As logrotate does it."""
    path.rename(to)


def copied(path: Path, to: Path) -> None:
    """As logrotate does it with copytruncate."""
    shutil.copyfile(path, to)


@pytest.mark.parametrize("rotate", [renamed, copied])
@pytest.mark.parametrize("lines", [1, 200], ids=["short", "long"])
@pytest.mark.parametrize("last", [b"", b"a line more\n"], ids=["as it was", "with a line more"])
def test_rotated_files_do_not_arrive(
    rotate: Callable[[Path, Path], None], lines: int, last: bytes, tmp_path: Path
) -> None:
    """Of what was read under a name nothing is read again under another, however often the name changes hands."""
    path = tmp_path / "controller.log"
    path.write_bytes(log(1, lines))
    look = Looks(tmp_path, "controller.log")
    assert look() == []
    for day in (2, 3, 4):
        with path.open("ab") as file:
            file.write(last)
        rotate(path, tmp_path / f"controller-2026030{day}.log")
        path.write_bytes(log(day, lines))
        assert look() == []


def test_the_next_file_of_a_followed_name_does_not_arrive(tmp_path: Path) -> None:
    """Whoever follows the name will read it, and may not have seen it yet."""
    path = tmp_path / "controller.log"
    path.write_bytes(log(1))
    look = Looks(tmp_path, "controller.log")
    assert look() == []
    path.rename(tmp_path / "controller.log.1")
    path.write_bytes(log(2))
    assert look(read=False) == []


def test_a_file_that_is_read_does_not_arrive_under_another_name(tmp_path: Path) -> None:
    """Though it has not one whole line by which it could be known."""
    path = tmp_path / "controller.log"
    path.write_bytes(b"2026-03-01 line")
    look = Looks(tmp_path, "controller.log")
    assert look() == []
    path.rename(tmp_path / "controller.log.1")
    with (tmp_path / "controller.log.1").open("ab") as file:
        file.write(b" that goes on")
    assert look() == []
