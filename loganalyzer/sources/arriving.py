"""Files that come to a folder while it is followed: a new pod's, or a container's after its restart."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import Final

from msgspec import Struct

from loganalyzer.sources.inputs import named
from loganalyzer.sources.tailing import BEGINNING, Following, identity

EVERY: Final = 1.0
"""Seconds between two looks through a folder."""


class _Look(Struct, frozen=True):
    """A file as it was when it was looked at last."""

    file: Path
    size: int
    changed: int


class Folder:
    """One folder with all below it, as it is when it is made; `arrivals` are files that may have become logs since.

    What is followed, under whatever name, and its copies are none: what rotation put beside it. Nor is a file that is
    as it was, or that went on when it was long enough to tell what it is.
    """

    def __init__(
        self, given: str | PathLike[str], following: Following, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = named(given)
        self._path = Path(given)
        self._following = following
        self._clock = clock
        self._looked = clock()
        self._seen = {one: _look(files[0], status) for one, (files, status) in self._files().items()}

    def member(self, file: Path) -> str:
        """What a file is called as an input."""
        return f"{self.name}!{file.relative_to(self._path).as_posix()}".encode("utf-8", "replace").decode()

    def arrivals(self) -> list[Path]:
        """Files that came or changed since the last look; none while that was just now."""
        now = self._clock()
        if now - self._looked < EVERY:
            return []
        self._looked = now
        # What is gone is forgotten: a file system gives its number to the next file.
        before, self._seen = self._seen, {}
        found = []
        for one, (files, status) in self._files().items():
            self._seen[one] = _look(files[0], status)
            if not (one in before and _is_same(before[one], files, status)) and self._is_new(files, status):
                found.append(files[0])
        return found

    def _is_new(self, files: list[Path], status: os.stat_result) -> bool:
        if any(self.member(file) in self._following.tails for file in files):
            return False
        try:
            with files[0].open("rb") as stream:
                return not self._following.has_read(status, stream.read(BEGINNING))
        except OSError:
            return False

    def _files(self) -> dict[tuple[int, int], tuple[list[Path], os.stat_result]]:
        """All files that are not empty, each with its names, in their order. An empty file may become anything."""
        found: dict[tuple[int, int], tuple[list[Path], os.stat_result]] = {}
        for file, status in self._named_files():
            if status.st_size:
                found.setdefault(identity(status), ([], status))[0].append(file)
        return found

    def _named_files(self) -> Iterator[tuple[Path, os.stat_result]]:
        for where, folders, files in os.walk(self._path):
            folders.sort()
            for name in sorted(files):
                file = Path(where, name)
                try:
                    status = file.stat()
                except OSError:
                    continue
                if stat.S_ISREG(status.st_mode):
                    yield file, status


def _look(file: Path, status: os.stat_result) -> _Look:
    return _Look(file, status.st_size, status.st_mtime_ns)


def _is_same(before: _Look, files: list[Path], status: os.stat_result) -> bool:
    """Whether nothing can have become of a file that was looked at: it is as it was, or was long and went on."""
    if (before.size, before.changed) == (status.st_size, status.st_mtime_ns):
        return True
    return before.file in files and BEGINNING <= before.size <= status.st_size
