"""Lines become records: recognised by their bytes, decoded once for each thing that they say.

Most of a MetalLB log repeats: five of six bytes are dumps that were printed before. A line is therefore looked
up by what it says apart from when; only what is new is decoded. A long line is looked up by its first bytes,
which hold the dumped object's uid and resourceVersion, and the rest is compared, which costs next to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, repeat
from typing import Any, Final, NamedTuple

from loganalyzer.parser import families
from loganalyzer.parser.dumps import DumpReader
from loganalyzer.sources.damage import repairs
from loganalyzer.sources.inputs import Source

KEY_BYTES: Final = 768
"""The part of a long line by which it is looked up: enough for names of 63 characters before the dump's version."""

LONG: Final = 1024
"""Lines of more bytes are looked up by their first KEY_BYTES."""

TAIL: Final = len(b',"ts":"2026-03-07T00:40:08Z"}')
"""The end of a go-kit line from 0.13 on. Ends seen before are looked up, so that none is taken apart twice."""

_TIME: Final = re.compile(rb"[0-9T:.Z+-]+")
"""What a time is made of; anything else in its place is for the decoder to judge."""

CACHED_STAMPS: Final = 4096
CACHED_SHAPES: Final = 16384
CACHED_BYTES: Final = 10 << 20


class Shape:
    """What a line says apart from when. Lines that say the same share one; compared by identity.

    `rest` are the bytes of a long line between those by which it is looked up and its time; else empty.
    """

    __slots__ = ("dumps", "family", "fields", "rest")

    def __init__(self, family: str, fields: Mapping[str, Any], dumps: Mapping[str, object], rest: bytes = b"") -> None:
        self.family = family
        self.fields = fields
        self.dumps = dumps
        self.rest = rest


class Record(NamedTuple):
    """One log record: where it stands, its time as written (empty: none), and what it says."""

    source: Source
    line: int
    stamp: bytes
    shape: Shape


class Recogniser:
    """Turns the lines of one source into records. Holds the shapes it has seen, bounded in number and bytes.

    `cached` is the number of shapes kept; 0 decodes every line anew and gives the same records.
    """

    def __init__(self, source: Source, dumps: DumpReader, cached: int = CACHED_SHAPES) -> None:
        self._source = source
        self._dumps = dumps
        self._cached = cached
        self._bytes = 0
        self._shapes: dict[bytes, Shape] = {}
        self._stamps: dict[bytes, bytes] = {}
        self._crash_at = -9

    def records(self, batches: Iterable[list[bytes]]) -> Iterator[Record]:
        """The records of these lines, in order; all lines are counted in the source."""
        return chain.from_iterable(map(self._batch, batches))

    def _batch(self, lines: list[bytes]) -> list[Record]:
        """The records of some lines. What was seen before is found without a step of Python for each line."""
        source = self._source
        shapes = list(map(self._shapes.get, [d[:-TAIL] if len(d) <= LONG else d[:KEY_BYTES] for d in lines]))
        tails = [d[-TAIL:] for d in lines]
        if self._cached:
            self._learn_stamps(set(tails))
        stamps = list(map(self._stamps.get, tails))
        dropped: set[int] = set()
        for i in [
            i
            for i, (shape, stamp) in enumerate(zip(shapes, stamps, strict=True))
            if shape is None or stamp is None or (shape.rest and shape.rest != lines[i][KEY_BYTES:-TAIL])
        ]:
            read = self._look(lines[i], source.lines + i + 1)
            if read is None:
                dropped.add(i)
            else:
                shapes[i], stamps[i] = read
        numbers = range(source.lines + 1, source.lines + len(lines) + 1)
        # tuple.__new__ is what Record(...) comes to, without its detour.
        found = list(map(tuple.__new__, repeat(Record), zip(repeat(source), numbers, stamps, shapes, strict=False)))
        if dropped:
            found = [record for i, record in enumerate(found) if i not in dropped]
        self._count(lines, found)
        return found

    def _learn_stamps(self, tails: set[bytes]) -> None:
        """The times in these ends of lines, where they are go-kit's with whole seconds."""
        new = tails.difference(self._stamps)
        if len(self._stamps) + len(new) > CACHED_STAMPS:
            self._stamps.clear()
            new = tails
        for tail in new:
            if tail[:7] == b',"ts":"' and tail[-2:] == b'"}' and _TIME.fullmatch(tail, 7, TAIL - 2):
                self._stamps[tail] = tail[7:-2]

    def _count(self, lines: list[bytes], found: list[Record]) -> None:
        source = self._source
        source.lines += len(lines)
        source.records += len(found)
        if found:
            if not source.first_stamp:
                source.first_stamp = next((r.stamp for r in found if r.stamp), b"")
            source.last_stamp = next((r.stamp for r in reversed(found) if r.stamp), source.last_stamp)

    def _look(self, data: bytes, number: int) -> tuple[Shape, bytes] | None:
        """A line of another form than go-kit's with whole seconds, or that says something new."""
        rest = b""
        if data[:9] == b'{"caller"':
            key, stamp = _split_gokit(data)
            if len(data) > LONG:
                key, rest = key[:KEY_BYTES], key[KEY_BYTES:]
        else:
            key, stamp = _split_zap(data) if data[:10] == b'{"level":"' else (b"", b"")
        shape = self._shapes.get(key)
        if shape is not None and shape.rest == rest:
            return shape, stamp
        return self._read(data, key, rest, number)

    def _read(self, data: bytes, key: bytes, rest: bytes, number: int) -> tuple[Shape, bytes] | None:
        """A line that was not seen before: its shape and its time; None, and counted, where it is no record."""
        text = data.strip()
        if not text:
            self._source.blank += 1
            return None
        found = families.recognise(text, after_panic=number - self._crash_at <= 2)
        if found is None:
            key, found = b"", self._mended(text)
        if found is None:
            self._source.unparsed += 1
            return None
        if found.family in families.CRASH:
            self._crash_at = number
        if found.family in families.METALLB:
            self._source.recognised = True
        dumps = self._dumps.read(found.fields)
        shape = Shape(found.family, found.fields, dumps, rest)
        # A short line of just so many bytes would be taken for the beginning of a long one.
        if key and (rest or len(key) != KEY_BYTES):
            self._keep(key, shape)
        return shape, found.stamp

    def _mended(self, text: bytes) -> families.Recognised | None:
        """A damaged line as the first repair that makes it a record of MetalLB; None where none does."""
        for repaired in repairs(text):
            found = families.recognise(repaired, after_panic=False)
            if found is not None and found.family in families.METALLB:
                self._source.mended += 1
                return found
        return None

    def _keep(self, key: bytes, shape: Shape) -> None:
        """Remembers a shape; starts anew where it would be too many."""
        self._bytes += len(key) + len(shape.rest) + 512
        if len(self._shapes) >= self._cached or self._bytes > CACHED_BYTES:
            self._shapes.clear()
            self._bytes = 0
        if self._cached:
            self._shapes[key] = shape


def _split_zap(data: bytes) -> tuple[bytes, bytes]:
    """A zap line without its time, and the time; empty where that can't be told."""
    head, mark, _ = data[:32].partition(b',"ts":"')
    end = data.find(b'"', len(head) + 7)
    if not mark or data[-1:] != b"}" or _TIME.fullmatch(data, len(head) + 7, end) is None:
        return b"", b""
    return head + data[end:], data[len(head) + 7 : end]


def _split_gokit(data: bytes) -> tuple[bytes, bytes]:
    """A go-kit line without its time, and the time; empty where that can't be told."""
    key, _, tail = data.rpartition(b',"ts":"')
    stamp = tail[:-2]
    if data[:9] != b'{"caller"' or tail[-2:] != b'"}' or _TIME.fullmatch(stamp) is None:
        return b"", b""
    return key, stamp
