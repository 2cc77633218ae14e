"""What was when, from inputs to tables and stories: the stages joined for who asks about moments, not causes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from loganalyzer.correlator.choosing import latest
from loganalyzer.history.collect import Spans
from loganalyzer.history.entries import Focus
from loganalyzer.history.moments import Asked, Moments
from loganalyzer.history.notes import Notes
from loganalyzer.history.overheard import Overheard
from loganalyzer.history.story import Told, story
from loganalyzer.history.table import ControllerTables, state_table
from loganalyzer.history.wanted import BeforeEnd, Wanted
from loganalyzer.metallb.versions import Version
from loganalyzer.model.run import Replay
from loganalyzer.model.speakers.watch import Speakers
from loganalyzer.model.succession import all_events
from loganalyzer.parser.reading import Reading, plan, read
from loganalyzer.pipeline import observed
from loganalyzer.sources.inputs import Input, controllers, distinct
from loganalyzer.sources.twice import Again

__all__ = ["state_tables", "timeline"]


def state_tables(
    inputs: Iterable[Input], wanted: Sequence[Wanted], *, version: Version | None = None, reading: Reading | None = None
) -> list[ControllerTables]:
    """Each controller's allocator as it was at the moments wanted, in the order of the inputs.

    A moment that counts back from the end costs a second reading. `version` and `reading` as for `diagnose`.
    Raises InputError likewise, and UsageError for a line that is not in the inputs.
    """
    how = reading or Reading()
    run = Replay((), version)
    with ExitStack() as stack:
        asked, given = _asked(wanted, distinct(inputs), how, stack)
        moments = Moments(asked, run.model)
        run.events = moments.watch(Speakers(version).watch(all_events(plan(given, how, stack), how, run, folds=True)))
        for model, outcome in run.singly():
            moments.take(model, outcome)
    if reading is None and how.problems:
        raise how.problems[0]
    moments.check(how.sources)
    found: list[ControllerTables] = []
    for model, writers in run.told(controllers(how.sources)):
        tables = tuple(state_table(m) if m is not None else None for m in moments.of(model))
        if any(tables):
            found.append(ControllerTables(tuple(dict.fromkeys(w.name for w in writers)), tables))
    return found


def _asked(
    wanted: Sequence[Wanted], inputs: list[Input], how: Reading, stack: ExitStack
) -> tuple[list[Asked], list[Input]]:
    """The moments as times and lines, and the inputs to be read: where one counts back, they were read once before."""
    plain = [w for w in wanted if not isinstance(w, BeforeEnd)]
    if len(plain) == len(wanted):
        return plain, inputs
    again = Again(inputs, stack)
    looked = Reading(how.cached, how.chunk, zone=how.zone)
    for _ in read(again.inputs(), looked):
        pass
    last = latest(w.last_stamp for s in looked.sources for w in s.writers)
    return [w.resolved(last) if isinstance(w, BeforeEnd) else w for w in wanted], again.inputs()


def timeline(
    inputs: Iterable[Input],
    focus: Focus | None = None,
    *,
    version: Version | None = None,
    reading: Reading | None = None,
) -> Told:
    """What happened, in one order; `focus` None: everything. `version` and `reading` as for `diagnose`.

    Raises InputError likewise.
    """
    spans, notes, told = Spans(), Notes(), Overheard(version)
    diagnosis = observed(inputs, (spans, notes), version=version, reading=reading, speakers=told, fixes=False)
    return story(diagnosis, spans.history(), notes, told, focus or Focus())
