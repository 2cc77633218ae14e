"""Files that come to a folder while it is followed: a new pod's, or a container's after its restart."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

EVERY: Final = 1.0
"""Seconds between two looks through a folder."""

_UNDECIDED: Final = 1 << 12
"""Bytes of a file from which it is clear whether it is a log of MetalLB."""


class Folder:
    """One folder with all below it, as it is when it is made; `arrivals` are files that it did not have then.

    Other names of a file that is known, and what rotation put beside it (`controller.log.1`,
    `0.log.20260504-080000.gz`), are no arrivals.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._clock = clock
        self._looked = clock()
        self._inodes: set[tuple[int, int]] = set()
        self._names: dict[str, set[str]] = {}
        for file, status in self._files():
            self._know(file, status)

    def arrivals(self) -> list[Path]:
        """Files that came since the last look, in the order of their names; none while that was just now."""
        now = self._clock()
        if now - self._looked < EVERY:
            return []
        self._looked = now
        return [file for file, status in self._files() if status.st_size and self._is_new(file, status)]

    def take(self, file: Path, *, wanted: bool) -> None:
        """The file is followed from here on, or (`wanted` False) is no log of MetalLB as far as it goes."""
        status = file.stat()
        if wanted or status.st_size >= _UNDECIDED:
            self._know(file, status)

    def _know(self, file: Path, status: os.stat_result) -> None:
        # An empty file may become anything.
        if status.st_size:
            self._inodes.add((status.st_dev, status.st_ino))
            self._names.setdefault(str(file.parent), set()).add(file.name)

    def _is_new(self, file: Path, status: os.stat_result) -> bool:
        if (status.st_dev, status.st_ino) in self._inodes:
            return False
        beside = self._names.get(str(file.parent), ())
        return not any(file.name == known or file.name.startswith((f"{known}.", f"{known}-")) for known in beside)

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        for where, folders, files in os.walk(self.path):
            folders.sort()
            for name in sorted(files):
                file = Path(where, name)
                try:
                    status = file.stat()
                except OSError:
                    continue
                if stat.S_ISREG(status.st_mode):
                    yield file, status
