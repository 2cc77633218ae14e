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
from loganalyzer.sources.inputs import Source

KEY_BYTES: Final = 768
"""The part of a long line by which it is looked up: enough for names of 63 characters before the dump's version."""

LONG: Final = 1024
"""Lines of more bytes are looked up by their first ones; so a key of KEY_BYTES never stands for a whole line."""

SHORT: Final = 400
JUST_SEEN: Final = 256
"""Lines below SHORT bytes are also looked up whole, time included, among the last JUST_SEEN ones."""

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
        self._crash_at = -9

    def records(self, batches: Iterable[list[bytes]]) -> Iterator[Record]:  # noqa: C901 - one loop, for speed
        """The records of these lines, in order; all lines are counted in the source."""
        source, find = self._source, self._shapes.get
        # Passes over all services print the same lines hundreds of times a second.
        just_seen: dict[bytes, tuple[Shape, bytes]] = {}
        again = just_seen.get
        new = tuple.__new__  # what Record(...) comes to, without its detour
        first = b""
        stamp = b""
        for batch in batches:
            number = source.lines
            made = 0
            for data in batch:
                number += 1
                short = len(data) < SHORT
                if short and (hit := again(data)) is not None:
                    made += 1
                    yield new(Record, (source, number, hit[1], hit[0]))
                    continue
                if data[-29:-22] == b',"ts":"' and data[:9] == b'{"caller"':
                    # Whole seconds, as from 0.13 on.
                    key = data[:KEY_BYTES] if len(data) > LONG else data[:-29]
                    stamp = data[-22:-2]
                    if b'"' in stamp or data[-2:] != b'"}':
                        key = b""
                elif data[:10] == b'{"level":"':
                    key, stamp = _split_zap(data)
                else:
                    key, stamp = _split_gokit(data)
                shape = find(key)
                if shape is None:
                    read = self._read(data, key, number)
                    if read is None:
                        continue
                    shape, stamp = read
                made += 1
                if short and self._cached:
                    if len(just_seen) >= JUST_SEEN:
                        just_seen.clear()
                    just_seen[data] = (shape, stamp)
                if not first and stamp:
                    first = stamp
                yield new(Record, (source, number, stamp, shape))
            source.lines += len(batch)
            source.records += made
            if first and not source.first_stamp:
                source.first_stamp = first
            if stamp:
                source.last_stamp = stamp

    def _read(self, data: bytes, key: bytes, number: int) -> tuple[Shape, bytes] | None:
        """A line that was not seen before: its shape and its time; None, and counted, where it is no record."""
        text = data.strip()
        if not text:
            self._source.blank += 1
            return None
        found = families.recognise(text, after_panic=number - self._crash_at <= 2)
        if found is None:
            self._source.unparsed += 1
            return None
        if found.family in families.CRASH:
            self._crash_at = number
        if found.family in families.METALLB:
            self._source.recognised = True
        dumps = self._dumps.read(found.fields)
        shape = Shape(found.family, found.fields, dumps)
        if key and (len(key) != KEY_BYTES or _names_content(key)):
            self._keep(key, shape)
        return shape, found.stamp

    def _keep(self, key: bytes, shape: Shape) -> None:
        """Remembers a shape; starts anew where it would be too many."""
        self._bytes += len(key) + 512
        if len(self._shapes) >= self._cached or self._bytes > CACHED_BYTES:
            self._shapes.clear()
            self._bytes = 0
        if self._cached:
            self._shapes[key] = shape


def _split_zap(data: bytes) -> tuple[bytes, bytes]:
    """A zap line without its time, and the time; empty where that can't be told."""
    head, mark, _ = data[:32].partition(b',"ts":"')
    end = data.find(b'"', len(head) + 7)
    if not mark or end < 0 or data[-1:] != b"}":
        return b"", b""
    return head + data[end:], data[len(head) + 7 : end]


def _split_gokit(data: bytes) -> tuple[bytes, bytes]:
    """A go-kit line without its time, and the time; empty where that can't be told."""
    key, _, tail = data.rpartition(b',"ts":"')
    stamp = tail[:-2]
    if data[:9] != b'{"caller"' or tail[-2:] != b'"}' or b'"' in stamp:
        return b"", b""
    return (key if len(data) <= LONG else key[:KEY_BYTES]), stamp


def _names_content(key: bytes) -> bool:
    """Whether the first bytes of a line hold one dumped Service's whole uid and resourceVersion."""
    at = key.find(b'\\"resourceVersion\\":\\"')
    return (
        at > 0
        and b'\\"uid\\":\\"' in key[:at]
        and key.find(b'\\"', at + 23) > 0
        and b'\\"kind\\":\\"Service\\"' in key[:at]
    )
