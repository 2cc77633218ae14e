"""The whole way, from inputs to a diagnosis: the stages joined."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from loganalyzer.correlator.advice import Adviser
from loganalyzer.correlator.announcements.chronicle import Chronicle
from loganalyzer.correlator.diagnosis import Diagnosis, Failure, Holding, InputSummary, Note
from loganalyzer.correlator.episodes import Episodes
from loganalyzer.metallb.addresses import format_address
from loganalyzer.metallb.versions import Version
from loganalyzer.model import outcomes as o
from loganalyzer.model.controller import Model
from loganalyzer.model.histories import Histories
from loganalyzer.model.run import Replay
from loganalyzer.model.speakers.watch import Speakers
from loganalyzer.model.state import Place
from loganalyzer.parser.attribution import folded, unfolded
from loganalyzer.parser.events import Event
from loganalyzer.parser.reading import Planned, Reading, plan, read, read_member, read_objects, shared_lines
from loganalyzer.parser.records import Batch
from loganalyzer.parser.stamps import moment
from loganalyzer.sources.inputs import Input, Source, distinct
from loganalyzer.version import __version__

if TYPE_CHECKING:
    from loganalyzer.correlator.inference import Inference
    from loganalyzer.whatif.state import State

__all__ = ["Reading", "diagnose", "read", "states"]


def _all_events(
    planned: list[Planned], reading: Reading, run: Replay, attributed: Callable[[Iterable[Batch]], Iterator[Event]]
) -> Iterator[Event]:
    """The events of all inputs; controllers' inputs that don't overlap in time share one model."""
    histories = Histories(run)
    before: list[tuple[Planned, Source]] = []
    for now, following in zip_longest(planned, planned[1:]):
        earlier = _overlapping(before, now)
        known = len(reading.sources)
        writers: set[Source] = set()
        writer: Source | None = None
        for event in attributed(read_member(now, reading, following)):
            if event.source is not writer:
                writer = event.source
                if writer not in writers:
                    writers.add(writer)
                    begins = moment(event.stamp) or now.begins
                    histories.begin(writer, begins, _component(writer, now), _same(writer, earlier))
            yield event
        before.append((now, reading.sources[known]))


def _overlapping(before: list[tuple[Planned, Source]], now: Planned) -> Source | None:
    """The earlier input whose last lines begin this one; these lines will be passed over."""
    for planned, source in reversed(before):
        overlaps = any(now.begins and moment(w.last_stamp) >= now.begins for w in source.writers)
        if overlaps and _may_be_same(source, now.probe):
            now.skip = shared_lines(planned, now)
            if now.skip:
                return source
    return None


def _may_be_same(source: Source, other: Source | None) -> bool:
    """Whether nothing says that two inputs are of different pods."""
    if other is None or source.component != other.component:
        return False
    mine, theirs = ({w.origin.pod for w in s.writers if w.origin.pod} for s in (source, other))
    return not mine or not theirs or bool(mine & theirs)


def _same(writer: Source, earlier: Source | None) -> Source | None:
    """The writer of an earlier input that this one is."""
    if earlier is None:
        return None
    if writer.origin.pod:
        found = earlier.streams.get(writer.origin.key)
        if found is not None:
            return found
    recognised = [w for w in earlier.writers if w.last_stamp]
    return recognised[0] if len(recognised) == 1 else earlier


def _component(writer: Source, planned: Planned) -> str:
    """`controller` or `speaker`, from the input's first lines, or from the pod's name; else as unknown as it is."""
    if planned.probe is not None:
        probed = next((w for w in planned.probe.writers if w.origin.key == writer.origin.key), None)
        if probed is not None and probed.component != "unknown":
            return probed.component
    return next((c for c in ("speaker", "controller") if c in writer.origin.pod), "unknown")


def diagnose(inputs: Iterable[Input], *, version: Version | None = None, reading: Reading | None = None) -> Diagnosis:
    """What failed in these inputs, why, and what proves it.

    `version` overrides the MetalLB version that the logs tell. Raises InputError for an input that can't be
    read, unless `reading` is given: then the others are still diagnosed and its `problems` tell.
    """
    how = reading or Reading()
    run = Replay((), version)
    speakers, chronicle = Speakers(version), Chronicle()
    with ExitStack() as stack:
        planned = plan(distinct(inputs), how, stack)
        inference = _inference(planned, how)
        episodes, adviser = Episodes(inference), Adviser()
        if inference is None:
            run.events = speakers.watch(_all_events(planned, how, run, folded))
        else:
            # Objects are held against what each line says.
            run.events = _noted(speakers.watch(_all_events(planned, how, run, unfolded)), inference)
        for model, outcome in run:
            chronicle.take(outcome)
            _take(model, outcome, episodes, adviser)
            if inference is not None:
                inference.take(outcome, model.version)
    if reading is None and how.problems:
        raise how.problems[0]
    failures = [*episodes.failures(), *_told_by_objects(how, inference, version)]
    found = _diagnosis(how.sources, run, failures, episodes, adviser, version)
    if not speakers.any:
        return found
    # Only a speaker's log pays for what speakers need.
    from loganalyzer.correlator.announcements.completing import completed

    return completed(found, speakers, chronicle)


def states(inputs: Iterable[Input], *, version: Version | None = None, reading: Reading | None = None) -> list[State]:
    """The state of each controller at the end of these inputs, for changes to be tried on.

    `version` and `reading` as for `diagnose`. Raises InputError likewise.
    """
    from loganalyzer.whatif.state import state_of

    how = reading or Reading()
    run = Replay((), version)
    with ExitStack() as stack:
        run.events = _all_events(plan(distinct(inputs), how, stack), how, run, folded)
        run.run()
    if reading is None and how.problems:
        raise how.problems[0]
    writers = [w for s in how.sources for w in s.writers if w.recognised and w.component != "speaker"]
    last = {id(model): (model, writer) for writer in writers for model in (run.model(writer),)}
    return [state_of(model, Place(w, max(w.lines, 1), w.last_stamp)) for model, w in last.values()]


def _noted(found: Iterable[Event], inference: Inference) -> Iterator[Event]:
    """The events as they are; the inference sees each of them first."""
    for event in found:
        inference.note(event)
        yield event


def _inference(planned: list[Planned], how: Reading) -> Inference | None:
    """What the objects can add; None where there are none, or the logs need nothing.

    Objects are read first: a log at debug level of 0.13 and later tells everything, any other is read twice.
    """
    given = list(read_objects(planned, how))
    if not given:
        return None
    # Only who gives objects pays for what they need.
    from loganalyzer.correlator.evidence import gathered
    from loganalyzer.correlator.inference import Inference
    from loganalyzer.correlator.outlook import outlook

    objects = gathered((p.source, p.found.document, p.found.line) for p in given)
    if not objects.any:
        return None
    lacking = [p for p in planned if p.has_log] if any(p.lacks for p in planned) else []
    order = {p.member.name: i for i, p in enumerate(planned)}
    looked = Reading(how.cached, how.chunk, zone=how.zone)
    events_of_all = (event for p in lacking for event in unfolded(read_member(p, looked)))
    return Inference(objects, outlook(events_of_all, objects.services, order))


def _told_by_objects(how: Reading, inference: Inference | None, version: Version | None) -> Iterable[Failure]:
    """Failures that objects alone tell of."""
    if not how.objects:
        return ()
    from loganalyzer.correlator.evidence import gathered
    from loganalyzer.correlator.waiting import failures_of

    objects = gathered((p.source, p.found.document, p.found.line) for p in how.objects)
    matched = frozenset(inference.matched) if inference is not None else frozenset()
    alone = not any(s.recognised for s in how.sources)
    return failures_of(objects, matched, version, alone=alone) if objects.any else ()


def _take(model: Model, outcome: o.Outcome, episodes: Episodes, adviser: Adviser) -> None:
    service = outcome.service
    if isinstance(outcome, o.Obtained):
        if service is not None:
            episodes.obtained(model, service, outcome.at, outcome.addresses)
            if outcome.kept:
                episodes.written(model, service)
            adviser.served(service)
    elif isinstance(outcome, o.Attempt):
        episodes.attempt(model, outcome)
        if service is not None:
            adviser.served(service)
    elif isinstance(outcome, o.Gone):
        if service is not None:
            episodes.gone(model, service, outcome.how)
            adviser.served(service)
    elif isinstance(outcome, o.Written):
        if service is not None:
            episodes.written(model, service)
    elif isinstance(outcome, o.WriteFailed):
        episodes.write_failed(model, outcome)
    else:
        adviser.take(model, outcome)


def _diagnosis(
    sources: list[Source],
    run: Replay,
    found: list[Failure],
    episodes: Episodes,
    adviser: Adviser,
    version: Version | None,
) -> Diagnosis:
    order = {s.name: i for i, s in enumerate(sources)}
    writers = [w for s in sources for w in s.writers if w.recognised]
    models = list({id(m): m for w in writers if w.component != "speaker" for m in (run.model(w),)}.values())
    failures = sorted(found, key=lambda f: (order[f.first.source.name], f.first.line, f.service or ""))
    return Diagnosis(
        tool_version=__version__,
        inputs=tuple(_summary(s, run, episodes, version) for s in sources if s.recognised or s.objects),
        failures=tuple(_with_fixes(failures, run)),
        advice=tuple(adviser.advice(models, writers)),
        holdings=tuple(h for m in models for h in _holdings(m)),
        services=frozenset(
            [
                *(name for m in models for name in (*m.services, *m.allocator.allocations)),
                # Up to 0.12 no object is printed: some services are known by their failures alone.
                *(f.service for f in failures if f.service),
            ]
        ),
        pools=tuple(
            (p.name, sum(r.size for r in p.ranges))
            for m in models
            if m.allocator.configuration
            for p in m.allocator.configuration.pools.values()
        ),
        notes=tuple(_notes(writers, models)),
    )


def _with_fixes(failures: list[Failure], run: Replay) -> Iterator[Failure]:
    """The failures with what would end them; those that have ended stay as they are."""
    known: dict[int, State] = {}
    for failure in failures:
        if (
            failure.ended is None
            and failure.cause is not None
            and failure.service is not None
            and failure.last.source in run.models
        ):
            # Only a report with something to fix pays for the simulator.
            from loganalyzer.whatif.fixes import fixes_for
            from loganalyzer.whatif.state import state_of

            model = run.model(failure.last.source)
            state = known.get(id(model)) or known.setdefault(id(model), state_of(model, failure.last))
            failure = replace(failure, fixes=fixes_for(failure, state))
        yield failure


def _summary(source: Source, run: Replay, episodes: Episodes, version: Version | None) -> InputSummary:
    """One input's summary: what its writers add up to."""
    models = list({id(m): m for w in source.writers for m in (run.model(w),)}.values())
    found = [w.version for w in source.writers if w.version] + [m.started_as for m in models if m.started_as]
    told = str(version) if version else next(iter(found), None)
    return InputSummary(source, told, sum(m.divergences for m in models), sum(episodes.conflicts(m) for m in models))


def _holdings(model: Model) -> Iterator[Holding]:
    for service, held in sorted(model.allocator.allocations.items()):
        others = {n for a in held.addresses if (u := model.allocator.others(a, service)) for n in u.services}
        yield Holding(service, tuple(map(format_address, held.addresses)), tuple(sorted(others)), held.at)


def _notes(sources: list[Source], models: list[Model]) -> Iterator[Note]:
    """What a reader must know of the inputs themselves."""
    if len(models) > 1:
        yield Note(
            "several-models",
            f"{len(models)} controllers whose logs overlap in time: each is judged on its own",
        )
    for source in sources:
        if not source.recognised or source.component == "speaker":
            continue
        model = next((m for m in models if m is not None and m.began_late(source)), None)
        if model is not None:
            yield Note(
                "mid-stream",
                f"{source.name} begins after the controller's start: earlier allocations are not in it",
            )
