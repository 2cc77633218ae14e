"""Lines of a log store's answer in the order of their times, however many there are."""

from __future__ import annotations

import heapq
import marshal
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import Any, BinaryIO, Final, NamedTuple, cast

from msgspec import Struct

from loganalyzer.sources.lines import block_of, lines_of
from loganalyzer.sources.moments import comparable, compared
from loganalyzer.sources.origin import NOWHERE, Origin
from loganalyzer.sources.wrappings import Unwrapped

_KEPT: Final = 8 << 20
_BLOCK: Final = 1 << 16
_MOST_WRITERS: Final = 4096
_HEAD: Final = struct.Struct("<QQ")


class Carried(NamedTuple):
    """A line that a document carries, where it stands, and how many lines it counts for."""

    line: Unwrapped
    number: int
    span: int


class Block(NamedTuple):
    """Records that a document carries, one behind the other: a block of lines, who wrote it, and as `Carried` has it.

    Each has a time. `turned`: the last that the document has is the first.
    """

    texts: bytes
    origin: Origin
    stamps: list[bytes]
    numbers: list[int]
    spans: list[int]
    turned: bool = False

    def carried(self) -> list[Carried]:
        """The records one by one."""
        return list(_singly(lines_of(self.texts), self.origin, self.stamps, self.numbers, self.spans))

    def facing(self, *, turned: bool) -> Block:
        """The same in that direction."""
        if self.turned is turned:
            return self
        return self._picked(range(len(self.stamps) - 1, -1, -1), turned=turned)

    def in_order(self) -> Block:
        """The same in the order of their times."""
        times = compared(self.stamps)
        if times == sorted(times):
            return self
        return self._picked(sorted(range(len(times)), key=times.__getitem__), turned=self.turned)

    def _picked(self, places: Sequence[int], *, turned: bool) -> Block:
        lines, stamps, numbers, spans = lines_of(self.texts), self.stamps, self.numbers, self.spans
        return Block(
            block_of([lines[i] for i in places]),
            self.origin,
            [stamps[i] for i in places],
            [numbers[i] for i in places],
            [spans[i] for i in places],
            turned,
        )


class Run(Struct, frozen=True):
    """Lines in order, in a file: where they begin and end there, and the first and the last time."""

    begins: int
    ends: int
    first: bytes
    last: bytes


class _Entry(NamedTuple):
    """What stands in a file: the writer of a block and its columns, whose texts are there; or lines one by one."""

    writer: int
    columns: Any
    at: int
    size: int


Writer = tuple[Origin, str, bytes]

_NOBODY: Final[Writer] = (NOWHERE, "", b"")


def _moment(carried: Carried) -> bytes:
    return comparable(carried.line.stamp)


class InTime:
    """Takes lines and gives them out in order: stores give the newest first, and each stream by itself.

    Where a line has no time they keep their order. What is more than 8 MiB waits in a temporary file without a name.
    Blocks that follow upon each other, as nearly all do, come out as blocks: lines are taken out of them only where
    others belong in between.
    """

    def __init__(self) -> None:
        self._held: list[Carried | Block] = []
        self._size = 0
        self._runs: list[Run] = []
        self._file: BinaryIO | None = None
        self._last = b""
        self._timeless = False
        self._newest_first = False
        self._writers: dict[Writer, int] = {_NOBODY: 0}

    def add(self, carried: Carried) -> list[Carried | Block]:
        """One more line; those that may be given out now."""
        timed = carried.line.stamp != b"" and _moment(carried) != b""
        if not timed and self._runs:
            carried = carried._replace(line=carried.line._replace(stamp=self._last))
        self._timeless = self._timeless or not timed
        return self._added(carried, carried.line.stamp, len(carried.line.text))

    def add_block(self, block: Block) -> list[Carried | Block]:
        """More lines; those that may be given out now."""
        if not comparable(block.stamps[0]):
            if self._runs:
                block = block._replace(stamps=[self._last] * len(block.stamps))
            self._timeless = True
        return self._added(block, block.stamps[-1 + block.turned], len(block.texts))

    def _added(self, more: Carried | Block, last: bytes, size: int) -> list[Carried | Block]:
        self._held.append(more)
        self._last = last
        self._size += size
        if self._size < _KEPT:
            return []
        if self._timeless:
            return self._as_written()
        self._write()
        return []

    def rest(self) -> Iterator[Carried | Block]:
        """What is left, at the end."""
        if not self._runs:
            yield from self._as_written() if self._timeless else self._sorted()
            return
        if self._held:
            self._write()
        runs = self._runs[::-1] if self._newest_first else self._runs
        with self._opened:
            if all(a.last <= b.first for a, b in pairwise(runs)):
                yield from chain.from_iterable(map(self._read, runs))
            else:
                yield from heapq.merge(*map(self._read_singly, runs), key=_moment)

    def _taken(self) -> list[Carried | Block]:
        taken, self._held, self._size = self._held, [], 0
        return taken

    def _as_written(self) -> list[Carried | Block]:
        return [_facing(one, turned=False) for one in self._taken()]

    def _sorted(self) -> list[Carried | Block]:
        """What is held, in order."""
        found = self._taken()
        if not self._runs and found:
            self._newest_first = _ends(found[0], turned=False)[0] > _ends(found[-1], turned=False)[1]
        turned = self._newest_first
        return _in_order([_facing(one, turned=turned) for one in (reversed(found) if turned else found)])

    @property
    def _opened(self) -> BinaryIO:
        if self._file is None:
            import tempfile

            self._file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  (closed when all is given out)
        return self._file

    def _write(self) -> None:
        file = self._opened
        begins = file.tell()
        found = self._sorted()
        lines: list[tuple[bytes, bytes, int, int, int]] = []
        size = 0
        for one in found:
            if isinstance(one, Carried):
                (text, origin, stamp, part, pipe), number, span = one
                lines.append((text, stamp, self._writer((origin, part, pipe)), number, span))
                size += len(text)
            if lines and (isinstance(one, Block) or size >= _BLOCK):
                _put(0, lines, b"", file)
                lines, size = [], 0
            if isinstance(one, Block):
                writer = self._writer((one.origin, "F", b""))
                _put(writer, (one.stamps, one.numbers, one.spans), one.texts, file)
        if lines:
            _put(0, lines, b"", file)
        turned = self._newest_first
        first, last = _ends(found[0], turned=turned)[0], _ends(found[-1], turned=turned)[1]
        self._runs.append(Run(begins, file.tell(), first, last))

    def _writer(self, writer: Writer) -> int:
        """A writer's number in the file."""
        if writer not in self._writers and len(self._writers) < _MOST_WRITERS:
            self._writers[writer] = len(self._writers)
        return self._writers.get(writer, 0)

    def _entries(self, run: Run) -> Iterator[_Entry]:
        """What a run has, one behind the other: all runs may be under way at once."""
        file, at = self._opened, run.begins
        while at < run.ends:
            file.seek(at)
            columns, texts = _HEAD.unpack(file.read(_HEAD.size))
            at += _HEAD.size + columns
            writer, told = marshal.loads(file.read(columns))  # noqa: S302  (own bytes)
            yield _Entry(writer, told, at, texts)
            at += texts

    def _read(self, run: Run) -> Iterator[Carried | Block]:
        """A run's lines, in blocks where they are."""
        file, writers = self._opened, [*self._writers]
        for writer, columns, _, size in self._entries(run):
            if size:
                # What is read next are the texts: the file stands there.
                yield Block(file.read(size), writers[writer][0], *columns)
            else:
                yield from _of_writers(columns, writers)

    def _read_singly(self, run: Run) -> Iterator[Carried]:
        """A run's lines one by one, of which little is held."""
        writers = [*self._writers]
        for writer, columns, at, size in self._entries(run):
            if size:
                yield from _singly(self._lines(at, at + size), writers[writer][0], *columns)
            else:
                yield from _of_writers(columns, writers)

    def _lines(self, at: int, end: int) -> Iterator[bytes]:
        """The lines that stand between two places in the file."""
        begun = b""
        while at < end:
            self._opened.seek(at)
            piece = self._opened.read(min(_BLOCK, end - at))
            at += len(piece)
            *lines, begun = (begun + piece).split(b"\n")
            yield from lines


def _facing(one: Carried | Block, *, turned: bool) -> Carried | Block:
    return one.facing(turned=turned) if isinstance(one, Block) else one


def _in_order(found: list[Carried | Block]) -> list[Carried | Block]:
    """The same in the order of their times: single lines only of blocks among whose times others have theirs."""
    if not any(isinstance(one, Block) for one in found):
        return [*sorted(cast("list[Carried]", found), key=_moment)]
    spans = list(map(_span, found))
    latest = list(accumulate((last for _, last in spans), max))
    soonest = list(accumulate((first for first, _ in reversed(spans)), min))[::-1]
    ordered: list[Carried | Block] = []
    begins = 0
    for end in range(1, len(found) + 1):
        # What comes before this place in time stands before it, too.
        if end == len(found) or latest[end - 1] <= soonest[end]:
            ordered += _merged(found[begins:end])
            begins = end
    return ordered


def _merged(found: list[Carried | Block]) -> Iterable[Carried | Block]:
    if len(found) == 1:
        return [one.in_order() if isinstance(one, Block) else one for one in found]
    return sorted(chain.from_iterable([c] if isinstance(c, Carried) else c.carried() for c in found), key=_moment)


def _span(one: Carried | Block) -> tuple[bytes, bytes]:
    """The earliest and the latest time."""
    times = compared(one.stamps) if isinstance(one, Block) else [one.line.stamp]
    return comparable(min(times)), comparable(max(times))


def _ends(one: Carried | Block, *, turned: bool) -> tuple[bytes, bytes]:
    """The first and the last time in that direction."""
    if isinstance(one, Carried):
        return _moment(one), _moment(one)
    first, last = comparable(one.stamps[0]), comparable(one.stamps[-1])
    return (first, last) if one.turned is turned else (last, first)


def _singly(
    texts: Iterable[bytes], origin: Origin, stamps: list[bytes], numbers: list[int], spans: list[int]
) -> Iterator[Carried]:
    """Records of one writer."""
    for text, stamp, number, span in zip(texts, stamps, numbers, spans, strict=True):
        yield Carried(Unwrapped(text, origin, stamp, "F"), number, span)


def _of_writers(lines: list[tuple[bytes, bytes, int, int, int]], writers: list[Writer]) -> Iterator[Carried]:
    """Lines as they are written, of several writers."""
    for text, stamp, writer, number, span in lines:
        origin, part, pipe = writers[writer]
        yield Carried(Unwrapped(text, origin, stamp, part, pipe), number, span)


def _put(writer: int, columns: Any, texts: bytes, file: BinaryIO) -> None:  # noqa: ANN401 - either kind of columns
    """Writes what there is of lines, in the quickest form that Python has: only this process reads it."""
    told = marshal.dumps((writer, columns), 2)
    file.write(_HEAD.pack(len(told), len(texts)))
    file.write(told)
    file.write(texts)
