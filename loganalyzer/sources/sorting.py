"""Lines of a log store's answer in the order of their times, however many there are."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterator
from operator import attrgetter
from typing import BinaryIO, Final, NamedTuple, cast

from loganalyzer.sources.origin import NOWHERE, Origin
from loganalyzer.sources.wrappings import Unwrapped

_KEPT: Final = 8 << 20
_READ: Final = 1 << 16
_MOST_WRITERS: Final = 4096
_HEAD: Final = struct.Struct("<IIQII")


class Carried(NamedTuple):
    """A line that a document carries, where it stands, and how many lines it counts for."""

    line: Unwrapped
    number: int
    span: int


Writer = tuple[Origin, str, bytes]

_NOBODY: Final[Writer] = (NOWHERE, "", b"")
_STAMP: Final = attrgetter("line.stamp")


class InTime:
    """Takes lines and gives them out in order: stores give the newest first, and each stream by itself.

    Where a line has no time they keep their order. What is more than 8 MiB waits in a temporary file without a name.
    """

    def __init__(self) -> None:
        self._held: list[Carried] = []
        self._size = 0
        self._runs: list[tuple[int, int]] = []
        self._file: BinaryIO | None = None
        self._last = b""
        self._timeless = False
        self._newest_first = False
        self._writers: dict[Writer, int] = {_NOBODY: 0}

    def add(self, carried: Carried) -> list[Carried]:
        """One more line; those that may be given out now."""
        if not carried.line.stamp and self._runs:
            carried = carried._replace(line=carried.line._replace(stamp=self._last))
        self._last = carried.line.stamp
        self._timeless = self._timeless or not self._last
        self._held.append(carried)
        self._size += len(carried.line.text)
        if self._size < _KEPT:
            return []
        if self._timeless:
            return self._taken()
        self._write()
        return []

    def rest(self) -> Iterator[Carried]:
        """What is left, at the end."""
        if not self._runs:
            yield from self._taken() if self._timeless else self._sorted()
            return
        if self._held:
            self._write()
        runs = map(self._read, reversed(self._runs) if self._newest_first else self._runs)
        with self._opened:
            yield from heapq.merge(*runs, key=_STAMP)

    def _taken(self) -> list[Carried]:
        taken, self._held, self._size = self._held, [], 0
        return taken

    def _sorted(self) -> list[Carried]:
        found = self._taken()
        if not self._runs and found:
            self._newest_first = found[0].line.stamp > found[-1].line.stamp
        return sorted(reversed(found) if self._newest_first else found, key=_STAMP)

    @property
    def _opened(self) -> BinaryIO:
        if self._file is None:
            import tempfile

            self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  (closed when all is given out)
        return self._file

    def _write(self) -> None:
        file = self._opened
        begins = file.tell()
        for (text, origin, stamp, part, pipe), number, span in self._sorted():
            writer = (origin, part, pipe)
            if len(self._writers) < _MOST_WRITERS:
                self._writers.setdefault(writer, len(self._writers))
            file.write(_HEAD.pack(len(stamp), len(text), number, span, self._writers.get(writer, 0)))
            file.write(stamp)
            file.write(text)
        self._runs.append((begins, file.tell()))

    def _read(self, run: tuple[int, int]) -> Iterator[Carried]:
        """A run's lines, read piece by piece: all runs are under way at once."""
        file, writers = self._opened, [*self._writers]
        at, end = run
        data, here = b"", 0
        while at < end or here < len(data):
            short = len(data) - here < _HEAD.size
            wanted = _HEAD.size if short else _HEAD.size + sum(_HEAD.unpack_from(data, here)[:2])
            if short or len(data) - here < wanted:
                file.seek(at)
                more = file.read(min(max(_READ, wanted), end - at))
                at += len(more)
                data, here = data[here:] + more, 0
                continue
            stamp, text, number, span, writer = _HEAD.unpack_from(data, here)
            begins = here + _HEAD.size
            behind = begins + stamp
            here = behind + text
            origin, part, pipe = writers[writer]
            line = Unwrapped(data[behind:here], origin, data[begins:behind], part, pipe)
            yield Carried(line, number, span)
