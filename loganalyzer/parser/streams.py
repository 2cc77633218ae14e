"""Records of lines that were unwrapped: each put back to the line, the writer and the time that its wrapping tells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final

from loganalyzer.parser.dumps import DumpReader
from loganalyzer.parser.records import CACHED_SHAPES, Recogniser, Record
from loganalyzer.parser.stamps import rfc3339
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.unwrapping import Group

_LOCAL: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?\Z", re.ASCII)


@lru_cache(maxsize=4096)
def in_utc(stamp: bytes, zone: tzinfo) -> bytes:
    """A wrapping's time that names no zone, as one in UTC; any other as it is."""
    found = _LOCAL.match(stamp.decode("ascii", "replace"))
    if found is None:
        return stamp
    try:
        there = datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=zone)
        return f"{there.astimezone(UTC).isoformat()[:19]}{found[3] or ''}Z".encode()
    except (ValueError, OverflowError):
        return stamp


class Records:
    """Turns what an unwrapper gives out into records, and counts the lines of one source.

    `zone` is that of wrappings' times which name none; None: UTC.
    """

    def __init__(self, source: Source, cached: int = CACHED_SHAPES, zone: tzinfo | None = None) -> None:
        self._zone = zone
        self._source = source
        self._dumps = DumpReader()
        self._cached = cached
        self._plain = Recogniser(source, self._dumps, cached)
        self._tally = Source(source.name)
        self._wrapped: Recogniser | None = None

    def records(self, groups: Iterable[list[bytes] | Group]) -> Iterator[Record]:
        """The records, in order."""
        for group in groups:
            if isinstance(group, list):
                yield from self._plain.records((group,))
            else:
                yield from self._group(group)

    def _group(self, group: Group) -> Iterator[Record]:
        """Unwrapped lines, read as plain ones are, then put back to their places."""
        if self._wrapped is None:
            self._wrapped = Recogniser(self._tally, self._dumps, self._cached)
        source, tally = self._source, self._tally
        base = tally.lines
        read = [False] * len(group.texts)
        source.recognised = source.recognised or tally.recognised
        for _, line, stamp, shape in self._wrapped.records((group.texts,)):
            at = line - base - 1
            read[at] = True
            if tally.mended:
                group.mended[at], tally.mended = True, 0
            stream = group.streams[at]
            wrapped = group.stamps[at]
            if wrapped:
                stamp = wrapped if self._zone is None else in_utc(wrapped, self._zone)
            stream.recognised = source.recognised = source.recognised or tally.recognised
            if stamp:
                if not stream.first_stamp and rfc3339(stamp):
                    stream.first_stamp = stamp
                stream.last_stamp = stamp
            yield Record(stream, group.numbers[at], stamp, shape)
        self._count(group, read)

    def _count(self, group: Group, read: list[bool]) -> None:
        source = self._source
        for text, span, is_record, mended in zip(group.texts, group.spans, read, group.mended, strict=True):
            source.lines += span
            if is_record:
                source.records += span
                source.mended += mended
            elif text.strip():
                source.unparsed += span
            else:
                source.blank += span
        source.lines += group.structure
        source.records += group.structure
