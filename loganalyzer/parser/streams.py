"""Records of lines that were unwrapped: each put back to the line, the writer and the time that its wrapping tells."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import groupby
from typing import Final

from loganalyzer.errors import InputError
from loganalyzer.parser.dumps import DumpReader
from loganalyzer.parser.known_passes import KnownPasses, Repeated, Span
from loganalyzer.parser.records import CACHED_SHAPES, Batch, Recogniser
from loganalyzer.parser.stamps import rfc3339
from loganalyzer.sources.answers import Answer
from loganalyzer.sources.archives import UNREADABLE
from loganalyzer.sources.groups import Group
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import lines_of
from loganalyzer.sources.unwrapping import Unwrapper

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

    def batches(self, groups: Iterable[list[bytes] | Group]) -> Iterator[Batch]:
        """The records, in order, in batches of one writer's each."""
        for group in groups:
            if isinstance(group, list):
                yield self._plain.batch(group)
            else:
                yield from self._group(group)

    def folded(
        self, found: Generator[bytes | Answer, bytes | None, None], unwrapper: Unwrapper
    ) -> Iterator[Batch | Repeated]:
        """As `batches`, of blocks; whole passes that say what earlier ones said are given out as such."""
        known = KnownPasses(self._source)
        rest: bytes | None = None
        while True:
            try:
                block = found.send(rest)
            except StopIteration:
                break
            except (InputError, *UNREADABLE):
                # What came before it counts.
                yield from self._span(Span(rest or b"", closed=False), unwrapper, known)
                raise
            rest = None
            if not isinstance(block, bytes):
                yield from self.batches(unwrapper.feed(block))
            elif not known or not unwrapper.free:
                yield from self._span(Span(block, closed=False), unwrapper, known)
            else:
                for part in known.parts(block, lambda: unwrapper.free):
                    if isinstance(part, Span):
                        yield from self._span(part, unwrapper, known)
                    else:
                        unwrapper.passed(self._source.lines - part.passes[0].numbers[0] + 1)
                        yield part
                rest = known.rest
        if rest:
            yield from self._span(Span(rest, closed=False), unwrapper, known)
        yield from self.batches(unwrapper.finish())

    def _span(self, span: Span, unwrapper: Unwrapper, known: KnownPasses) -> Iterator[Batch]:
        """The records of a span; passes among its plain lines can be learnt."""
        for group in unwrapper.feed(lines_of(span.text)):
            if isinstance(group, list):
                batch = self._plain.batch(group)
                is_whole = len(batch.shapes) == len(group) and not self._plain.mended and self._cached
                yield batch._replace(texts=group, known=known, closed=span.closed) if is_whole else batch
            else:
                yield from self._group(group)

    def _group(self, group: Group) -> Iterator[Batch]:
        """Unwrapped lines, read as plain ones are, then put back to their places."""
        if self._wrapped is None:
            self._wrapped = Recogniser(self._tally, self._dumps, self._cached)
        before = self._tally.lines + 1
        unwrapped = self._wrapped.batch(group.texts)
        self._source.recognised = self._source.recognised or self._tally.recognised
        kept = [n - before for n in unwrapped.numbers]
        whole = len(kept) == len(group.texts)
        for n in self._wrapped.mended:
            group.mended[n - before] = True
        numbers, told, streams = group.numbers, group.stamps, group.streams
        if not whole:
            numbers, told, streams = [numbers[i] for i in kept], [told[i] for i in kept], [streams[i] for i in kept]
        if self._zone is not None:
            told = [in_utc(t, self._zone) if t else t for t in told]
        stamps = [t or s for t, s in zip(told, unwrapped.stamps, strict=True)] if b"" in told else told
        start = 0
        for stream, end in _runs(streams):
            found = Batch(stream, numbers[start:end], stamps[start:end], unwrapped.shapes[start:end])
            stream.recognised = stream.recognised or self._tally.recognised
            if not stream.first_stamp:
                stream.first_stamp = next((s for s in found.stamps if s and rfc3339(s)), b"")
            stream.last_stamp = next(filter(None, reversed(found.stamps)), stream.last_stamp)
            yield found
            start = end
        if whole:
            span = sum(group.spans)
            self._source.lines += span + group.structure
            self._source.records += span + group.structure
            self._source.mended += sum(group.mended)
        else:
            self._count(group, set(kept))

    def _count(self, group: Group, kept: set[int]) -> None:
        source = self._source
        for i, (text, span, mended) in enumerate(zip(group.texts, group.spans, group.mended, strict=True)):
            source.lines += span
            if i in kept:
                source.records += span
                source.mended += mended
            elif text.strip():
                source.unparsed += span
            else:
                source.blank += span
        source.lines += group.structure
        source.records += group.structure


def _runs(streams: list[Source]) -> Iterator[tuple[Source, int]]:
    """Each run of the same writer, and where it ends; a whole list of one is told at the speed of C."""
    if streams and streams.count(streams[0]) == len(streams):
        yield streams[0], len(streams)
        return
    end = 0
    for stream, run in groupby(streams):
        end += sum(1 for _ in run)
        yield stream, end
