"""Whole passes that changed nothing, each run of them as one event: they make up nearly all of a long log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress
from operator import attrgetter
from typing import Final

from loganalyzer.metallb.versions import parse_version
from loganalyzer.parser import events as e
from loganalyzer.parser.attribution import Reader, Readers, look, singly
from loganalyzer.parser.events import Event
from loganalyzer.parser.known_passes import Repeated
from loganalyzer.parser.passes import NEW, OTHERS, QUIET, TRACED, whole_passes
from loganalyzer.parser.records import Batch, Block
from loganalyzer.sources.inputs import Source


def folded(found: Iterable[Batch | Repeated | Block], readers: Readers | None = None) -> Iterator[Event]:
    """As `events`, but for whole passes that changed nothing: each run of them is one event, where that is possible.

    Quiet lines, which say nothing of any pass, are left out there.
    """
    readers = readers or Readers()
    for some in found:
        parts = some.parts if isinstance(some, Block) else (some,)
        source, run = some.source, list[e.Passes]()
        reader = readers.of(source, _begins(parts[0]))
        for part in parts:
            if isinstance(part, Repeated):
                run.append(part.passes)
                continue
            if not _folds(source):
                yield from _repeated(reader, source, run)
                run = []
                yield from singly(reader, source, part.part(0, len(part.shapes)))
                continue
            marks, done = _marks(part), 0
            loud = marks.translate(_LOUD)
            for start, end, passes in (*_runs(part, marks), (len(marks), len(marks), None)):
                if 1 in loud[done:start]:
                    yield from _repeated(reader, source, run)
                    run = []
                    yield from singly(reader, source, compress(part.part(done, start), loud[done:start]))
                if passes is not None:
                    run.append(passes)
                done = end
        yield from _repeated(reader, source, run)
    yield from readers.over()


def _begins(part: Batch | Repeated) -> bytes:
    """The time of its first line."""
    if isinstance(part, Repeated):
        return part.passes.time_of(0, 0)
    return part.stamps[0] if part.stamps else b""


def _repeated(reader: Reader, source: Source, run: list[e.Passes]) -> Iterator[Event]:
    """Whole passes as one event, or as those that they stand for where something else waits for its name."""
    if not run:
        return
    now, passes = reader.attribution, e.joined(run)
    if now.held is None and _folds(source):
        yield Event(source, passes.firsts[0], passes.time_of(0, 0), None, e.PassesOver(passes))
    else:
        for event in chain.from_iterable(one.events(source) for one in passes):
            if now.held is not None and (held := now.release(event.what)) is not None:
                yield held
            yield event
    last = passes.wholes[-1]
    now.owner = None if now.reprocess or type(last.lines[-1]) is e.ServiceFailed else last.key


_mark_of: Final = attrgetter("mark")
_what_of: Final = attrgetter("what")
_LOUD: Final = bytes(mark not in QUIET for mark in range(256))


def _marks(batch: Batch) -> bytes:
    found, source = bytes(map(_mark_of, batch.shapes)), batch.source
    if NEW in found:
        for shape in batch.shapes:
            if shape.mark == NEW:
                look(shape)
        found = bytes(map(_mark_of, batch.shapes))
    if source.runtime is not None:
        found = found.replace(TRACED, QUIET)
    return found.replace(OTHERS, QUIET) if source.version and parse_version(source.version) else found


def _folds(source: Source) -> bool:
    """Whether nothing can be learnt any more of a source from the lines of passes over services."""
    return source.level == "debug" and source.components == {"controller"}


def _runs(batch: Batch, marks: bytes) -> Iterator[tuple[int, int, e.Passes]]:
    """The whole passes in a batch, those together that follow upon each other: where they begin and end."""
    if batch.lesson is not None and not marks.strip(QUIET):
        batch.lesson.learn_quiet()
    run: list[e.PassOver] = []
    begins = behind = 0
    for start, end, refused, handled in whole_passes(marks):
        one = _pass_over(batch, marks, start, end, refused, handled)
        if one is None:
            continue
        if run and behind != start:
            yield begins, behind, e.passes_of(run)
            run = []
        begins, behind = (begins if run else start), end
        run.append(one)
    if run:
        yield begins, behind, e.passes_of(run)


def _pass_over(batch: Batch, marks: bytes, start: int, end: int, refused: int, handled: int) -> e.PassOver | None:
    """A whole pass, and learnt as such; None where its lines differ in the service that they name."""
    source, shapes, lesson = batch.source, batch.shapes, batch.lesson
    among = QUIET in marks[start:end]
    own: Sequence[int] = [i for i in range(start, end) if marks[i] not in QUIET] if among else range(start, end)
    seen = shapes[start].what.seen
    if handled >= 0 and shapes[handled].what.name != seen.key:
        return None
    failed = shapes[refused].what if refused >= 0 else None
    lines = tuple([shapes[i].what for i in own] if among else map(_what_of, shapes[start:end]))
    whole = e.WholePass(seen.key, seen, failed, own.index(refused) if refused >= 0 else -1, lines)
    if lesson is not None and (handled >= 0 or end < len(shapes) or lesson.closed):
        quiet = [i for i in range(start, end) if marks[i] in QUIET] if among else ()
        lesson.learn(own, quiet, whole, source)
    if not among:
        return e.PassOver(whole, batch.numbers[start:end], batch.stamps[start:end])
    return e.PassOver(whole, [batch.numbers[i] for i in own], [batch.stamps[i] for i in own])
