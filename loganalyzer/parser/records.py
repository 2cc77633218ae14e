"""Lines become records: recognised by their bytes, decoded once for each thing that they say.

Most of a MetalLB log repeats: five of six bytes are dumps that were printed before. A line is therefore looked
up by what it says apart from when, which costs a hash of its bytes; only what is new is decoded.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress, count, repeat
from operator import is_, itemgetter
from typing import Any, Final, cast

from msgspec import Struct

from loganalyzer.parser import families
from loganalyzer.parser.dumps import DumpReader
from loganalyzer.parser.known_passes import Repeated
from loganalyzer.parser.lessons import Lesson
from loganalyzer.parser.passes import NEW
from loganalyzer.sources.damage import repairs
from loganalyzer.sources.inputs import Source

TAIL: Final = len(b',"ts":"2026-03-07T00:40:08Z"}')
"""The end of a go-kit line from 0.13 on. Ends seen before are looked up, so that none is taken apart twice."""

_WITHOUT_TAIL: Final[Callable[[bytes], bytes]] = itemgetter(slice(None, -TAIL))
_TAIL_OF: Final[Callable[[bytes], bytes]] = itemgetter(slice(-TAIL, None))

_TIME: Final = re.compile(rb"[0-9T:.Z+-]+")
"""What a time is made of; anything else in its place is for the decoder to judge."""

CACHED_STAMPS: Final = 4096
CACHED_SHAPES: Final = 16384
CACHED_BYTES: Final = 10 << 20
_LONG: Final = 1024


class Shape(Struct, eq=False):
    """What a line says apart from when. Lines that say the same share one; compared by identity.

    Once it was looked at, `mark` is one byte for what it means (`parser.passes`), `what` that itself, and `named` the
    service that it names.
    """

    family: str
    fields: Mapping[str, Any]
    dumps: Mapping[str, object]
    mark: int = NEW
    what: Any = None
    named: str | None = None


class Record(Struct, frozen=True):
    """One log record: where it stands, its time as written (empty: none), and what it says."""

    source: Source
    line: int
    stamp: bytes
    shape: Shape


class Batch(Struct, frozen=True):
    """Records of one source in parallel lists: a line costs next to nothing until somebody looks at it.

    `lesson`: what its whole passes are learnt from, where they are to be known again.
    """

    source: Source
    numbers: Sequence[int]
    stamps: Sequence[bytes]
    shapes: Sequence[Shape]
    lesson: Lesson | None = None

    def records(self) -> Iterator[Record]:
        """The records, in order."""
        return map(Record, repeat(self.source), self.numbers, self.stamps, self.shapes)

    def part(self, start: int, end: int) -> Iterator[tuple[int, bytes, Shape]]:
        """Numbers, times and shapes of some of them, by their places."""
        return zip(self.numbers[start:end], self.stamps[start:end], self.shapes[start:end], strict=True)

    def between(self, first: int, behind: int = sys.maxsize) -> Batch:
        """The records from line `first` on to the one before line `behind`."""
        start = bisect_left(self.numbers, first)
        end = bisect_left(self.numbers, behind, start)
        return Batch(self.source, self.numbers[start:end], self.stamps[start:end], self.shapes[start:end])

    def after(self, line: int) -> Batch:
        """The records behind that line."""
        return self.between(line + 1)


class Block(Struct, frozen=True):
    """What was read of one source at once: batches, and among them passes that were known; one part at least."""

    source: Source
    parts: Sequence[Batch | Repeated]


class Recogniser:
    """Turns the lines of one source into records. Holds the shapes it has seen, bounded in number and bytes.

    `cached` is the number of shapes kept; 0 decodes every line anew and gives the same records. `mended` are the
    numbers of those lines of the last batch that had to be changed.
    """

    def __init__(self, source: Source, dumps: DumpReader, cached: int = CACHED_SHAPES) -> None:
        self._source = source
        self._dumps = dumps
        self._cached = cached
        self._bytes = 0
        self._shapes: dict[bytes, Shape] = {}
        self._once: set[int] = set()
        self._stamps: dict[bytes, bytes] = {}
        self._crash_at = -9
        self.mended: list[int] = []

    def batch(
        self, lines: list[bytes], places: Sequence[int] | None = None, numbers: Sequence[int] | None = None
    ) -> Batch:
        """The records of some lines. What was seen before is found without a step of Python for each line.

        `places`: where they stand in their input, if that is not one behind the other. `numbers`: theirs, if others
        were or will be counted between them.
        """
        source = self._source
        numbers = numbers or range(source.lines + 1, source.lines + 1 + len(lines))
        places = places or numbers
        if not any(lines):
            source.lines += len(lines)
            source.blank += len(lines)
            self.mended = []
            return Batch(source, (), (), ())
        keys = [*map(_WITHOUT_TAIL, lines)]
        shapes = list(map(self._shapes.get, keys))
        stamps = self._stamps_of(lines)
        dropped: set[int] = set()
        self.mended = []
        unknown = {*_places_of_none(shapes), *_places_of_none(stamps)}
        for i in sorted(unknown):
            read = self._look(lines[i], keys[i], stamps[i], numbers[i], places[i])
            if read is None:
                dropped.add(i)
            else:
                shapes[i], stamps[i] = read
        if dropped:
            kept = [i for i in range(len(lines)) if i not in dropped]
            numbers, shapes, stamps = [numbers[i] for i in kept], [shapes[i] for i in kept], [stamps[i] for i in kept]
        source.lines += len(lines)
        found = Batch(source, numbers, cast(list[bytes], stamps), cast(list[Shape], shapes))
        self._count(found)
        return found

    def _stamps_of(self, lines: list[bytes]) -> list[bytes | None]:
        """The times at the ends of lines; None where one is not known to be one."""
        tails = [*map(_TAIL_OF, lines)]
        found = list(map(self._stamps.get, tails))
        if self._cached and None in found:
            self._learn_stamps({tails[i] for i in _places_of_none(found)})
            found = list(map(self._stamps.get, tails))
        return found

    def _learn_stamps(self, tails: set[bytes]) -> None:
        """Remembers the times in these ends of lines, where they are go-kit's with whole seconds."""
        new = {t: t[7:-2] for t in tails if t[:7] == b',"ts":"' and t[-2:] == b'"}' and _TIME.fullmatch(t, 7, TAIL - 2)}
        if len(self._stamps) + len(new) > CACHED_STAMPS:
            self._stamps.clear()
        self._stamps.update(new)

    def _count(self, found: Batch) -> None:
        source = self._source
        source.records += len(found.shapes)
        if not source.first_stamp:
            source.first_stamp = next(filter(None, found.stamps), b"")
        source.last_stamp = next(filter(None, reversed(found.stamps)), source.last_stamp)

    def _look(
        self, data: bytes, key: bytes, stamp: bytes | None, number: int, place: int
    ) -> tuple[Shape, bytes] | None:
        """A line of another form than go-kit's with whole seconds, or that says something new.

        `stamp` is the time with which it ends, behind `key`; None: it does not end so, or at a time not yet known.
        """
        if data[:9] == b'{"caller"':
            if stamp is None:
                key, stamp = _split_gokit(data)
        else:
            key, stamp = _split_zap(data) if data[:10] == b'{"level":"' else (b"", b"")
        shape = self._shapes.get(key)
        return (shape, stamp) if shape is not None else self._read(data, key, number, place)

    def _read(self, data: bytes, key: bytes, number: int, place: int) -> tuple[Shape, bytes] | None:
        """A line that was not seen before: its shape and its time; None, and counted, where it is no record."""
        text = data.strip()
        if not text:
            self._source.blank += 1
            return None
        found = families.recognise(text, after_panic=abs(place - self._crash_at) <= 2)
        if found is None:
            key, found = b"", self._mended(text, number)
        if found is None:
            self._source.unparsed += 1
            return None
        if found.family in families.CRASH:
            self._crash_at = place
        if found.family in families.METALLB:
            self._source.recognised = True
        dumps = self._dumps.read(found.fields)
        shape = Shape(found.family, found.fields, dumps)
        if key:
            self._keep(key, shape)
        return shape, found.stamp

    def _mended(self, text: bytes, number: int) -> families.Recognised | None:
        """A damaged line as the first repair that makes it a record of MetalLB; None where none does."""
        for repaired in repairs(text):
            found = families.recognise(repaired, after_panic=False) if repaired != text else None
            if found is not None and found.family in families.METALLB:
                self._source.mended += 1
                self.mended.append(number)
                return found
        return None

    def _keep(self, key: bytes, shape: Shape) -> None:
        """Remembers a shape, a long one when it comes again; starts anew where it would be too many."""
        if len(key) > _LONG:
            # Nearly all that are long are in whole passes, which are known as such from then on.
            mark = hash(key)
            if mark not in self._once:
                if len(self._once) >= self._cached:
                    self._once.clear()
                self._once.add(mark)
                return
        self._bytes += len(key) + 512
        if len(self._shapes) >= self._cached or self._bytes > CACHED_BYTES:
            self._shapes.clear()
            self._bytes = 0
        if self._cached:
            self._shapes[key] = shape


def _places_of_none(column: Sequence[object]) -> list[int]:
    """Where it has None, ascending; at the speed of C."""
    return [*compress(count(), map(is_, column, repeat(None)))]


def _split_zap(data: bytes) -> tuple[bytes, bytes]:
    """A zap line without its time, and the time; empty where that can't be told."""
    start = data.find(b'","ts":"', 10, 24) + 8
    end = data.find(b'"', start, start + 48)
    if start < 10 or data[-1:] != b"}" or _TIME.fullmatch(data, start, end) is None:
        return b"", b""
    return data[:start] + data[end:], data[start:end]


def _split_gokit(data: bytes) -> tuple[bytes, bytes]:
    """A go-kit line without its time, and the time; empty where that can't be told."""
    key, _, tail = data.rpartition(b',"ts":"')
    stamp = tail[:-2]
    if tail[-2:] != b'"}' or _TIME.fullmatch(stamp) is None:
        return b"", b""
    return key, stamp
