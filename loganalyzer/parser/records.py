"""Lines become records: recognised by their bytes, decoded once for each thing that they say.

Most of a MetalLB log repeats: five of six bytes are dumps that were printed before. A line is therefore looked
up by what it says apart from when; only what is new is decoded. A long line is looked up by its first bytes,
which hold the dumped object's uid and resourceVersion: Kubernetes promises that these two name its content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from loganalyzer.parser import families
from loganalyzer.parser.dumps import DumpReader
from loganalyzer.sources.damage import repairs
from loganalyzer.sources.inputs import Source

KEY_BYTES: Final = 768
"""The part of a long line by which it is looked up: enough for names of 63 characters before the dump's version."""

CACHED_SHAPES: Final = 16384
CACHED_BYTES: Final = 16 << 20


class Shape:
    """What a line says apart from when. Lines that say the same share one; compared by identity."""

    __slots__ = ("dumps", "family", "fields")

    def __init__(self, family: str, fields: Mapping[str, Any], dumps: Mapping[str, object]) -> None:
        self.family = family
        self.fields = fields
        self.dumps = dumps


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
        self._after_panic = False

    def records(self, batches: Iterable[list[bytes]]) -> Iterator[Record]:
        """The records of these lines, in order; all lines are counted in the source."""
        source, find = self._source, self._shapes.get
        first = b""
        stamp = b""
        for batch in batches:
            number = source.lines
            made = 0
            for data in batch:
                number += 1
                # The two branches below are the whole cost of a line that was seen before.
                if data.startswith(b'{"caller"'):
                    if len(data) > KEY_BYTES:
                        at = data.rfind(b',"ts":"', -48)
                        key, stamp = data[:KEY_BYTES], data[at + 7 : -2]
                        whole = at > 0 and data.endswith(b'"}')
                    else:
                        key, _, stamp = data.rpartition(b',"ts":"')
                        whole = stamp.endswith(b'"}') and stamp.count(b'"') == 1
                        stamp = stamp[:-2]
                elif data.startswith(b'{"level":"'):
                    key, stamp, whole = _split_zap(data)
                else:
                    whole = False
                shape = find(key) if whole else None
                if shape is None:
                    read = self._read(data, key if whole else None, stamp)
                    if read is None:
                        continue
                    shape, stamp = read
                    self._after_panic = shape.family in families.CRASH
                made += 1
                if not first and stamp:
                    first = stamp
                yield Record(source, number, stamp, shape)
            source.lines += len(batch)
            source.records += made
            if first and not source.first_stamp:
                source.first_stamp = first
            if stamp:
                source.last_stamp = stamp

    def _read(self, data: bytes, key: bytes | None, stamp: bytes) -> tuple[Shape, bytes] | None:
        """A line that was not seen before: its shape and its time; None, and counted, where it is no record."""
        text = data.strip()
        if not text:
            self._source.blank += 1
            return None
        found = families.recognise(text, after_panic=self._after_panic)
        if found is None:
            key, found = None, self._mended(text)
        if found is None:
            self._source.unparsed += 1
            return None
        if found.family in families.METALLB:
            self._source.recognised = True
        dumps = self._dumps.read(found.fields)
        shape = Shape(found.family, found.fields, dumps)
        if key is not None and (len(data) <= KEY_BYTES or _names_content(key)):
            self._keep(key, shape)
        return shape, found.stamp or (stamp if key is not None else b"")

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
        self._bytes += len(key) + 512
        if len(self._shapes) >= self._cached or self._bytes > CACHED_BYTES:
            self._shapes.clear()
            self._bytes = 0
        if self._cached:
            self._shapes[key] = shape


def _split_zap(data: bytes) -> tuple[bytes, bytes, bool]:
    """A zap line without its time, the time, and whether that could be told."""
    head, mark, rest = data.partition(b',"ts":"')
    end = rest.find(b'"')
    if not mark or len(head) > 24 or end < 0 or not rest.endswith(b"}"):
        return b"", b"", False
    return head + rest[end:], rest[:end], True


def _names_content(key: bytes) -> bool:
    """Whether the first bytes of a line hold one dumped Service's whole uid and resourceVersion."""
    at = key.find(b'\\"resourceVersion\\":\\"')
    return (
        at > 0
        and b'\\"uid\\":\\"' in key[:at]
        and key.find(b'\\"', at + 23) > 0
        and b'\\"kind\\":\\"Service\\"' in key[:at]
    )
