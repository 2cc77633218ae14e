"""The whole way, from inputs to a diagnosis: the stages joined."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import structs

from loganalyzer.correlator.advice import Adviser
from loganalyzer.correlator.announcements.chronicle import Chronicle
from loganalyzer.correlator.diagnosis import Diagnosis, Failure, Holding, InputSummary, Note
from loganalyzer.correlator.episodes import Episodes
from loganalyzer.metallb.addresses import format_address
from loganalyzer.metallb.versions import Version, parse_version
from loganalyzer.model import outcomes as o
from loganalyzer.model.controller import Model
from loganalyzer.model.run import Replay
from loganalyzer.model.speakers.watch import Speakers
from loganalyzer.model.state import Place
from loganalyzer.model.succession import all_events, arriving, followed_events
from loganalyzer.parser.attribution import unfolded
from loganalyzer.parser.events import Event
from loganalyzer.parser.reading import (
    Planned,
    Reading,
    plan,
    read,
    read_member,
    read_objects,
)
from loganalyzer.sources.inputs import Input, Source, controllers, distinct
from loganalyzer.version import __version__

if TYPE_CHECKING:
    from loganalyzer.correlator.announcements.found import Announcements
    from loganalyzer.correlator.evidence import Objects
    from loganalyzer.correlator.inference import Inference
    from loganalyzer.correlator.live import Live
    from loganalyzer.history.spans import History
    from loganalyzer.whatif.state import State

__all__ = ["Observer", "Reading", "diagnose", "history", "observed", "read", "states"]


class Observer(Protocol):
    """Looks on while inputs are diagnosed: at every event, and at every outcome once it has been dealt with."""

    def watch(self, events: Iterable[Event], run: Replay) -> Iterable[Event]:
        """The events as they are; the run has dealt with one when it asks for the next."""

    def take(self, model: Model, outcome: o.Outcome, episodes: Episodes) -> None:
        """One outcome, while its model is in that state."""


def diagnose(
    inputs: Iterable[Input],
    *,
    version: Version | None = None,
    reading: Reading | None = None,
    wanted: Collection[str] = (),
    live: Live | None = None,
) -> Diagnosis:
    """What failed in these inputs, why, and what proves it.

    `version` overrides the MetalLB version that the logs tell. Raises InputError for an input that can't be
    read, unless `reading` is given: then the others are still diagnosed and its `problems` tell. Where very many
    services fail, fixes are searched for the `wanted` ones (`namespace/name`) first. `live` is told of what changes
    meanwhile; with `reading.following` the inputs are read as they grow.
    """
    return observed(inputs, (), version=version, reading=reading, wanted=wanted, live=live)


def history(
    inputs: Iterable[Input], *, version: Version | None = None, reading: Reading | None = None
) -> tuple[Diagnosis, History]:
    """The diagnosis, and what happened over time, both in one pass. `version` and `reading` as for `diagnose`."""
    from loganalyzer.history.collect import Spans

    spans = Spans()
    return observed(inputs, (spans,), version=version, reading=reading), spans.history()


def observed(
    inputs: Iterable[Input],
    observers: Sequence[Observer],
    *,
    version: Version | None = None,
    reading: Reading | None = None,
    speakers: Speakers | None = None,
    fixes: bool = True,
    wanted: Collection[str] = (),
    live: Live | None = None,
) -> Diagnosis:
    """As `diagnose`, while others look on; `speakers` keeps what speakers tell; `fixes`: they are looked for."""
    how = reading or Reading()
    run = Replay((), version)
    speakers, chronicle = speakers or Speakers(version), Chronicle()
    with ExitStack() as stack:
        given = distinct(inputs)
        coming = arriving(given, how, stack)
        planned = plan(given, how, stack)
        inference = _inference(planned, how)
        episodes, adviser = Episodes(inference, live), Adviser(endless=live is not None)
        # Who looks on, and objects, are told what each line says; without them whole passes are one event.
        folds = inference is None and not observers
        found: Iterable[Event] = (
            all_events(planned, how, run, folds=folds)
            if how.following is None
            else followed_events(planned, how, run, coming, folds=folds)
        )
        for observer in observers:
            found = observer.watch(found, run)
        run.events = speakers.watch(found)
        if inference is not None:
            run.events = _noted(run.events, inference)
        if live is not None:
            live.begin(
                episodes,
                lambda found: _with_fixes(found, run.models, how, version, wanted),
                lambda: _so_far(run, episodes, speakers, chronicle, how),
            )
        for model, outcome in _new(run, episodes):
            _take(model, outcome, episodes, adviser, chronicle)
            for observer in observers:
                observer.take(model, outcome, episodes)
            if inference is not None:
                inference.take(outcome, model.version)
    if reading is None and how.problems:
        raise how.problems[0]
    if live is not None:
        live.finish()
    objects = _objects(how)
    failures = [*episodes.failures(), *_told_by_objects(objects, how, inference, version)]
    diagnosis = _diagnosis(how, run, failures, episodes, adviser, version, objects)
    if fixes:
        fixed = _with_fixes(diagnosis.failures, run.models, how, version, wanted)
        diagnosis = structs.replace(diagnosis, failures=tuple(fixed))
    if not speakers.any:
        return diagnosis
    # Only a speaker's log pays for what speakers need.
    from loganalyzer.correlator.announcements.completing import completed

    return completed(diagnosis, speakers, chronicle, _places(how))


def _so_far(
    run: Replay, episodes: Episodes, speakers: Speakers, chronicle: Chronicle, how: Reading
) -> Announcements | None:
    """What speakers have told up to now; None where there is nothing of a speaker."""
    if not speakers.any:
        return None
    from loganalyzer.correlator.announcements.completing import so_far

    models = {id(m): m for m in run.models.values()}.values()
    return so_far((h for m in models for h in _holdings(m)), episodes.all_lasting(), speakers, chronicle, _places(how))


def states(inputs: Iterable[Input], *, version: Version | None = None, reading: Reading | None = None) -> list[State]:
    """The state of each controller at the end of these inputs, for changes to be tried on.

    Where no log tells it that which Kubernetes objects show.

    `version` and `reading` as for `diagnose`. Raises InputError likewise.
    """
    from loganalyzer.whatif.state import state_of

    how = reading or Reading()
    run = Replay((), version)
    with ExitStack() as stack:
        run.events = all_events(plan(distinct(inputs), how, stack), how, run, folds=True)
        run.run()
    if reading is None and how.problems:
        raise how.problems[0]
    last = [(model, told[-1]) for model, told in run.told(controllers(how.sources))]
    found = [state_of(model, Place(w, max(w.lines, 1), w.last_stamp)) for model, w in last]
    if how.objects:
        from loganalyzer.whatif.from_objects import completed

        found = completed(found, _places(how), version)
    return found


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


def _objects(how: Reading) -> Objects | None:
    """The objects of all inputs; None where there are none."""
    if not how.objects:
        return None
    from loganalyzer.correlator.evidence import gathered

    return gathered(_places(how))


def _places(how: Reading) -> list[tuple[Source, dict[str, Any], int]]:
    """The objects, each with the input and line at which it was read."""
    return [(p.source, p.found.document, p.found.line) for p in how.objects]


def _told_by_objects(
    objects: Objects | None, how: Reading, inference: Inference | None, version: Version | None
) -> Iterable[Failure]:
    """Failures that objects alone tell of."""
    if objects is None or not objects.any:
        return ()
    from loganalyzer.correlator.waiting import failures_of

    matched = frozenset(inference.matched) if inference is not None else frozenset()
    alone = not any(s.recognised for s in how.sources)
    return failures_of(objects, matched, version, alone=alone)


def _version_told(run: Replay, how: Reading, version: Version | None) -> Version | None:
    """The version that the user or the logs tell; None where nothing does, or logs differ."""
    speakers = [w for s in how.sources for w in s.writers if w.recognised and w.component == "speaker"]
    found = {parse_version(w.version or "") for w in speakers}
    found |= {model.version_told for model, _ in run.told(controllers(how.sources))}
    told = {version} if version else found - {None}
    return told.pop() if len(told) == 1 else None


def _new(run: Replay, episodes: Episodes) -> Iterator[tuple[Model, o.Outcome]]:
    """The replay's outcomes one by one, but for attempts that met what the one before met: they are counted."""
    for model, told in run:
        if isinstance(told, o.Attempts):
            for attempt in episodes.attempts(model, told):
                yield model, attempt
        else:
            yield model, told


def _take(model: Model, outcome: o.Outcome, episodes: Episodes, adviser: Adviser, chronicle: Chronicle) -> None:
    service = outcome.service
    if isinstance(outcome, o.Attempt):
        if episodes.attempt(model, outcome):
            chronicle.take(outcome)
        if service is not None:
            adviser.served((service,))
        return
    chronicle.take(outcome)
    if isinstance(outcome, o.Obtained):
        if service is not None:
            episodes.obtained(model, service, outcome.at, outcome.addresses)
            if outcome.kept:
                episodes.written(model, service)
            adviser.served((service,))
    elif isinstance(outcome, o.Gone):
        if service is not None:
            episodes.gone(model, service, outcome.how)
            adviser.served((service,))
    elif isinstance(outcome, o.Written):
        if service is not None:
            episodes.written(model, service)
    elif isinstance(outcome, o.WriteFailed):
        episodes.write_failed(model, outcome)
    else:
        adviser.take(model, outcome)


def _diagnosis(
    how: Reading,
    run: Replay,
    found: list[Failure],
    episodes: Episodes,
    adviser: Adviser,
    version: Version | None,
    objects: Objects | None,
) -> Diagnosis:
    sources = how.sources
    order = {s.name: i for i, s in enumerate(sources)}
    writers = [w for s in sources for w in s.writers if w.recognised]
    models = [model for model, _ in run.told(controllers(sources))]
    if objects is not None:
        adviser.given(((s.final, place) for s, place in objects.services.values()), _version_told(run, how, version))
    failures = sorted(found, key=lambda f: (order[f.first.source.name], f.first.line, f.service or ""))
    there = {name for m in models for name in (*m.services, *m.allocator.allocations)}
    # Up to 0.12 no object is printed: some services are known by their failures alone.
    there.update(f.service for f in failures if f.service and (f.ended is None or f.service not in episodes.left))
    return Diagnosis(
        tool_version=__version__,
        inputs=tuple(_summary(s, run, episodes, version) for s in sources if s.recognised or s.objects),
        failures=tuple(failures),
        advice=tuple(adviser.advice(models, writers)),
        holdings=tuple(h for m in models for h in _holdings(m)),
        services=frozenset(there),
        gone={name: how for name, how in episodes.left.items() if name not in there},
        pools=tuple(
            (p.name, sum(r.size for r in p.ranges))
            for m in models
            if m.allocator.configuration
            for p in m.allocator.configuration.pools.values()
        ),
        notes=(*_notes(writers, models), *_omitted(episodes), *_strays(objects)),
    )


def _with_fixes(
    failures: Sequence[Failure],
    models: Mapping[Source, Model],
    how: Reading,
    version: Version | None,
    wanted: Collection[str],
) -> Sequence[Failure]:
    if all(f.ended is not None or f.cause is None for f in failures):
        return failures
    # Only a report with something to fix pays for the simulator.
    from loganalyzer.whatif.remedies import with_fixes

    return with_fixes(failures, models, how.objects, version, wanted)


def _summary(source: Source, run: Replay, episodes: Episodes, version: Version | None) -> InputSummary:
    """One input's summary: what its writers add up to."""
    models = [model for model, _ in run.told(source.writers)]
    found = [w.version for w in source.writers if w.version] + [m.started_as for m in models if m.started_as]
    told = str(version) if version else next(iter(found), None)
    return InputSummary(source, told, sum(m.divergences for m in models), sum(episodes.conflicts(m) for m in models))


def _holdings(model: Model) -> Iterator[Holding]:
    for service, held in sorted(model.allocator.allocations.items()):
        others = {n for a in held.addresses if (u := model.allocator.others(a, service)) for n in u.services}
        yield Holding(service, tuple(map(format_address, held.addresses)), tuple(sorted(others)), held.at)


def _omitted(episodes: Episodes) -> Iterator[Note]:
    """What was told as it ended, and is too much to be told again."""
    if episodes.omitted:
        yield Note("omitted", f"{episodes.omitted:,} earlier failures, told when they ended, are not listed again")


def _strays(objects: Objects | None) -> Iterator[Note]:
    """What of the objects does not count."""
    if objects is not None and objects.left_out:
        yield Note("strays", objects.left_out)


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
