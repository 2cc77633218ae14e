"""Lines of a log store's answer in the order of their times, however many there are."""

from __future__ import annotations

import heapq
import marshal
import struct
from collections.abc import Iterator
from itertools import chain, pairwise
from operator import attrgetter
from typing import BinaryIO, Final, NamedTuple, cast

from loganalyzer.sources.origin import NOWHERE, Origin
from loganalyzer.sources.wrappings import Unwrapped

_KEPT: Final = 8 << 20
_BLOCK: Final = 1 << 16
_MOST_WRITERS: Final = 4096
_HEAD: Final = struct.Struct("<Q")


class Carried(NamedTuple):
    """A line that a document carries, where it stands, and how many lines it counts for."""

    line: Unwrapped
    number: int
    span: int


class Run(NamedTuple):
    """Lines in order, in a file: where they begin and end there, and the first and the last time."""

    begins: int
    ends: int
    first: bytes
    last: bytes


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
        self._runs: list[Run] = []
        self._file: BinaryIO | None = None
        self._last = b""
        self._timeless = False
        self._newest_first = False
        self._writers: dict[Writer, int] = {_NOBODY: 0}

    def add(self, carried: Carried) -> list[Carried]:
        """One more line; those that may be given out now."""
        if not carried.line.stamp and self._runs:
            carried = carried._replace(line=carried.line._replace(stamp=self._last))
        self._timeless = self._timeless or not carried.line.stamp
        return self.add_all([carried], len(carried.line.text))

    def add_all(self, lines: list[Carried], size: int) -> list[Carried]:
        """Lines of which each has a time if any before has, of so many bytes; those that may be given out now."""
        self._held += lines
        self._last = lines[-1].line.stamp
        self._size += size
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
        runs = self._runs[::-1] if self._newest_first else self._runs
        with self._opened:
            if all(a.last <= b.first for a, b in pairwise(runs)):
                yield from chain.from_iterable(map(self._read, runs))
            else:
                yield from heapq.merge(*map(self._read, runs), key=_STAMP)

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
        lines = self._sorted()
        rows: list[tuple[bytes, bytes, int, int, int]] = []
        size = 0
        for (text, origin, stamp, part, pipe), number, span in lines:
            writer = (origin, part, pipe)
            if writer not in self._writers and len(self._writers) < _MOST_WRITERS:
                self._writers[writer] = len(self._writers)
            rows.append((text, stamp, self._writers.get(writer, 0), number, span))
            size += len(text)
            if size >= _BLOCK:
                _put(rows, file)
                rows, size = [], 0
        _put(rows, file)
        self._runs.append(Run(begins, file.tell(), lines[0].line.stamp, lines[-1].line.stamp))

    def _read(self, run: Run) -> Iterator[Carried]:
        """A run's lines, read block by block: all runs may be under way at once."""
        file, writers = self._opened, [*self._writers]
        at = run.begins
        while at < run.ends:
            file.seek(at)
            (size,) = _HEAD.unpack(file.read(_HEAD.size))
            at += _HEAD.size + size
            for text, stamp, writer, number, span in marshal.loads(file.read(size)):  # noqa: S302  (own bytes)
                origin, part, pipe = writers[writer]
                yield Carried(Unwrapped(text, origin, stamp, part, pipe), number, span)


def _put(rows: list[tuple[bytes, bytes, int, int, int]], file: BinaryIO) -> None:
    """Writes a block, in the quickest form that Python has: only this process reads it."""
    block = marshal.dumps(rows)
    file.write(_HEAD.pack(len(block)))
    file.write(block)
