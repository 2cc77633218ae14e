"""Records of lines that were unwrapped: each put back to the line, the writer and the time that its wrapping tells."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import accumulate, chain, groupby
from typing import TYPE_CHECKING, Final

from loganalyzer.errors import InputError
from loganalyzer.parser.dumps import DumpReader
from loganalyzer.parser.known_passes import KnownPasses, Repeated, Run, Span
from loganalyzer.parser.lessons import Lesson
from loganalyzer.parser.placing import placed
from loganalyzer.parser.records import CACHED_SHAPES, Batch, Block, Recogniser
from loganalyzer.parser.stamps import rfc3339
from loganalyzer.sources.archives import UNREADABLE
from loganalyzer.sources.groups import Group
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import TOGETHER, lines_of
from loganalyzer.sources.unwrapping import Unwrapper
from loganalyzer.sources.wrappings import PLAIN, all_plain

if TYPE_CHECKING:
    from loganalyzer.parser.casing import Cased, Casing
    from loganalyzer.sources.answers import Answer

MOST_WRITERS: Final = 4
"""Whose passes are remembered: in most inputs one controller writes, or it and the one before it."""

_LOCAL: Final = r"(?a)(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,9})?\Z"


@lru_cache(maxsize=4096)
def in_utc(stamp: bytes, zone: tzinfo) -> bytes:
    """A wrapping's time that names no zone, as one in UTC; any other as it is."""
    found = re.match(_LOCAL, stamp.decode("ascii", "replace"))
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
        self._known: dict[Source, KnownPasses] = {}
        self._cased: Cased | None = None
        self._waiting: Group | None = None
        self._in_blocks = True

    def batches(self, groups: Iterable[list[bytes] | Group]) -> Iterator[Batch]:
        """The records, in order, in batches of one writer's each."""
        for group in groups:
            if isinstance(group, list):
                yield self._plain.batch(group)
            else:
                yield from self._group(group)

    def folded(
        self, found: Generator[bytes | Answer, bytes | None, None], unwrapper: Unwrapper
    ) -> Iterator[Batch | Repeated | Block]:
        """As `batches`, of blocks; whole passes that say what earlier ones said are given out as such."""
        plain = KnownPasses()
        rest: bytes | None = None
        while True:
            try:
                block = found.send(rest)
            except StopIteration:
                break
            except (InputError, *UNREADABLE):
                # What came before it counts.
                yield from self._block(rest or b"", unwrapper, plain)
                yield from self._rest()
                raise
            rest = None
            if not isinstance(block, bytes):
                yield from self._unwrapped(unwrapper.feed(block), plain, closed=False)
                continue
            if not unwrapper.free or len(block) > TOGETHER:
                # So long a block is not held while its lines are read.
                lines, block = lines_of(block), b""
                yield from self._unwrapped(unwrapper.feed(lines), plain, closed=False)
            elif self._cased and not block.startswith(PLAIN):
                rest = yield from self._in_casing(self._cased, block, unwrapper, plain)
            elif not plain:
                yield from self._block(block, unwrapper, plain)
            else:
                # What waits is counted before it is known which line comes next.
                yield from self._rest()
                rest = yield from self._parts(block, unwrapper, plain)
        if rest:
            yield from self._block(rest, unwrapper, plain)
        yield from self._unwrapped(unwrapper.finish(), plain, closed=False)
        yield from self._rest()

    def folded_groups(self, groups: Iterable[list[bytes] | Group]) -> Iterator[Batch | Repeated]:
        """As `folded`, of lines that are no block as they stand: those of a log that is read from its end."""
        self._in_blocks = False
        yield from self._unwrapped(groups, KnownPasses(), closed=False)
        yield from self._rest()

    def _block(
        self, block: bytes, unwrapper: Unwrapper, plain: KnownPasses, *, closed: bool = False
    ) -> Iterator[Batch | Repeated]:
        """The records of a block of lines."""
        return self._unwrapped(unwrapper.feed(lines_of(block)), plain, closed=closed)

    def _parts(
        self, block: bytes, unwrapper: Unwrapper, plain: KnownPasses
    ) -> Generator[Batch | Repeated | Block, None, bytes]:
        """The records of a block in which known passes may be, whose first line stands for itself; also its rest."""
        number = self._source.lines + 1
        block = block if block.endswith(b"\n") else block + b"\n"  # an input's last line counts like any other
        parts = [*plain.parts(block, number, lambda: True)]
        lines = lines_of(b"".join([part.text for part in parts if isinstance(part, Span)]))
        if all_plain(lines):
            read = [*self._together(parts, lines, number, unwrapper, plain)]
            if read:
                yield Block(self._source, read)
            return plain.rest
        at = 0
        for part in parts:
            if not isinstance(part, Span):
                yield from self._taken(part, unwrapper, self._source)
                at = part.end
                continue
            yield from self._block(part.text, unwrapper, plain, closed=part.closed)
            at += len(part.text)
            if not unwrapper.free:
                # It goes on in what seems to be known.
                yield from self._block(block[at:], unwrapper, plain)
                return b""
        return plain.rest

    def _together(
        self, parts: list[Run | Span], lines: list[bytes], number: int, unwrapper: Unwrapper, plain: KnownPasses
    ) -> Iterator[Batch | Repeated]:
        """The records of parts of a block, the first of which begins in line `number`; `lines` are those of all spans.

        These are read at once: a few at a time they would take half as long again.
        """
        placed = [*zip(accumulate([part.lines for part in parts], initial=number), parts, strict=False)]
        numbers = [*chain.from_iterable(range(n, n + part.lines) for n, part in placed if isinstance(part, Span))]
        batch = self._plain.batch(lines, numbers=numbers)
        learns = len(batch.shapes) == len(lines) and not self._plain.mended and self._cached
        at = 0
        for first, part in placed:
            if not isinstance(part, Span):
                yield from self._taken(part, unwrapper, self._source)
                continue
            unwrapper.passed(part.lines)
            some = batch.between(first, first + part.lines)
            self._source.last_stamp = next(filter(None, reversed(some.stamps)), self._source.last_stamp)
            if learns:
                lesson = Lesson(lines[at : at + part.lines], some.stamps, plain, part.closed)
                some = Batch(some.source, some.numbers, some.stamps, some.shapes, lesson)
            at += part.lines
            yield some

    def _unwrapped(
        self, groups: Iterable[list[bytes] | Group], plain: KnownPasses, *, closed: bool
    ) -> Iterator[Batch | Repeated]:
        """The records of lines; whole passes among them can be learnt, and known again among those of one writer.

        `closed`: behind the last of them a pass begins.
        """
        for group, is_last in _with_last(groups):
            if isinstance(group, Group):
                yield from self._folded(group, closed=closed and is_last)
                continue
            yield from self._rest()
            batch = self._plain.batch(group)
            if len(batch.shapes) == len(group) and not self._plain.mended and self._cached:
                lesson = Lesson(group, batch.stamps, plain, closed and is_last)
                batch = Batch(batch.source, batch.numbers, batch.stamps, batch.shapes, lesson)
            yield batch

    def _in_casing(
        self, cased: Cased, block: bytes, unwrapper: Unwrapper, plain: KnownPasses
    ) -> Generator[Batch | Repeated, None, bytes]:
        """The records of a block of wrapped lines, of which the known passes are not unwrapped; also what is left."""
        casing, known = cased.casing, cased.known
        if casing is None:
            yield from self._block(block, unwrapper, plain)
            return b""
        for part in known.parts(block, unwrapper.lines + 1, lambda: unwrapper.free):
            if isinstance(part, Span):
                yield from self._span(casing, part, unwrapper, plain)
            else:
                self._tally.lines += part.lines
                self._source.recognised = casing.writer.recognised = True
                yield from self._taken(part, unwrapper, casing.writer)
        return known.rest

    def _span(self, casing: Casing, span: Span, unwrapper: Unwrapper, plain: KnownPasses) -> Iterator[Batch | Repeated]:
        """The records of wrapped lines that are not known: of those in the casing all at once."""
        lines = lines_of(span.text)
        cut = casing.cut(lines) if unwrapper.free else None
        records = casing.records(cut.texts) if cut is not None else None
        if cut is None or records is None:
            # Any is something else, or one before them goes on: each is looked at.
            yield from self._unwrapped(unwrapper.feed(lines), plain, closed=span.closed)
            return
        group = unwrapper.whole(casing.writer, records, cut.stamps, cut.texts)
        yield from self._folded(group, closed=span.closed, casing=casing)

    def _taken(self, run: Run, unwrapper: Unwrapper, writer: Source) -> Iterator[Batch | Repeated]:
        """A run of known passes, its lines counted."""
        yield from self._rest()
        unwrapper.passed(run.lines)
        self._read(run.lines)
        if not writer.first_stamp:
            writer.first_stamp = next(filter(rfc3339, run.passes.told or run.passes.times), b"")
        writer.last_stamp = run.last
        if run.passes:
            yield Repeated(writer, run.passes)

    def _folded(
        self, group: Group, *, closed: bool = False, casing: Casing | None = None
    ) -> Iterator[Batch | Repeated]:
        """Unwrapped lines in which whole passes are known again; what is left of one at their end waits for more.

        `casing` as for `_group`.
        """
        writer, waiting = group.writer, self._waiting
        if waiting is not None and writer is waiting.writer and group.block:
            group, self._waiting, casing = waiting.followed_by(group), None, None
        yield from self._rest()
        known = self._known_of(writer) if writer is not None else None
        if writer is None or not known or group.is_timed is None or not group.block:
            yield from self._group(group, known, closed=closed, casing=casing)
            return
        self._zoned(group)
        self._read(group.structure)
        at = 0
        for part in known.parts(group.block, 0, lambda: True):
            end = at + part.lines
            if isinstance(part, Span):
                is_closed = part.closed or (closed and end == len(group))
                yield from self._group(group.part(at, end, part.text), known, closed=is_closed, casing=casing)
            else:
                yield from self._repeated(writer, group, part, at, end)
            at = end
        self._waiting = group.part(at, len(group), known.rest) if known.rest else None

    def _repeated(self, writer: Source, group: Group, run: Run, first: int, behind: int) -> Iterator[Repeated]:
        """A run of known passes, put back to these lines of its group, which the run's numbers count."""
        numbers, stamps, passes = group.numbers[first:behind], group.stamps[first:behind], run.passes
        told = stamps if stamps[0] else [*passes.times[:1], run.last]
        self._tally.lines += run.lines
        self._read(sum(group.spans[first:behind]))
        self._source.mended += sum(group.mended[first:behind])
        self._source.recognised = writer.recognised = True
        writer.first_stamp = writer.first_stamp or next(filter(rfc3339, told), b"")
        writer.last_stamp = told[-1]
        if passes:
            yield Repeated(writer, placed(passes, numbers, stamps if stamps[0] else [], first))

    def _rest(self) -> Iterator[Batch]:
        """What waited for more of a pass that may be known."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            yield from self._group(waiting)

    def _learning(self) -> Cased | None:
        """Who learns how lines stand in blocks; only who has wrapped lines pays for it."""
        if self._cased is None and self._in_blocks:
            from loganalyzer.parser.casing import Cased

            self._cased = Cased()
        return self._cased

    def _known_of(self, writer: Source) -> KnownPasses | None:
        """What is known of a writer's passes; None where too many others write too."""
        found = self._known.get(writer)
        if found is None and self._cached and len(self._known) < MOST_WRITERS:
            found = self._known[writer] = KnownPasses()
        return found

    def _zoned(self, group: Group) -> None:
        """Gives times without a zone theirs."""
        if self._zone is not None:
            group.stamps = [in_utc(t, self._zone) if t else t for t in group.stamps]

    def _group(
        self, group: Group, known: KnownPasses | None = None, *, closed: bool = False, casing: Casing | None = None
    ) -> Iterator[Batch]:
        """Unwrapped lines, read as plain ones are, then put back to their places; `known` learns of them.

        `casing`: they stand in it, without the times that it has.
        """
        if self._wrapped is None:
            self._wrapped = Recogniser(self._tally, self._dumps, self._cached)
        before = self._tally.lines + 1
        unwrapped = self._wrapped.batch(group.texts, group.numbers)
        self._source.recognised = self._source.recognised or self._tally.recognised
        whole = len(unwrapped.numbers) == len(group.texts)
        for n in self._wrapped.mended:
            group.mended[n - before] = True
        self._zoned(group)
        numbers, told, streams = group.numbers, group.stamps, group.streams
        kept = [] if whole else [n - before for n in unwrapped.numbers]
        if not whole:
            numbers, told, streams = [numbers[i] for i in kept], [told[i] for i in kept], [streams[i] for i in kept]
        stamps = [t or s for t, s in zip(told, unwrapped.stamps, strict=True)] if b"" in told else told
        start = 0
        for stream, end in _runs(streams):
            some = stamps[start:end]
            stream.recognised = stream.recognised or self._tally.recognised
            if not stream.first_stamp:
                stream.first_stamp = next((s for s in some if s and rfc3339(s)), b"")
            stream.last_stamp = next(filter(None, reversed(some)), stream.last_stamp)
            lesson = None
            if known is not None and whole and not self._wrapped.mended:
                # The passes of one writer, which are all of the group's.
                cased = self._learning() if group.standing else None
                lesson = Lesson(group.texts, unwrapped.stamps, known, closed, group.standing, told, cased, casing)
            yield Batch(stream, numbers[start:end], some, unwrapped.shapes[start:end], lesson)
            start = end
        if whole:
            self._read(sum(group.spans) + group.structure)
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
        self._read(group.structure)

    def _read(self, lines: int) -> None:
        """Counts so many lines, all of which say something."""
        self._source.lines += lines
        self._source.records += lines


def _with_last(groups: Iterable[list[bytes] | Group]) -> Iterator[tuple[list[bytes] | Group, bool]]:
    """Each, and whether it is the last."""
    before: list[bytes] | Group | None = None
    for group in groups:
        if before is not None:
            yield before, False
        before = group
    if before is not None:
        yield before, True


def _runs(streams: list[Source]) -> Iterator[tuple[Source, int]]:
    """Each run of the same writer, and where it ends; a whole list of one is told at the speed of C."""
    if streams and streams.count(streams[0]) == len(streams):
        yield streams[0], len(streams)
        return
    end = 0
    for stream, run in groupby(streams):
        end += sum(1 for _ in run)
        yield stream, end
