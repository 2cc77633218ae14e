"""The whole way, from inputs to a diagnosis: the stages joined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loganalyzer.correlator.advice import Adviser
from loganalyzer.correlator.diagnosis import Diagnosis, Failure, Holding, InputSummary, Note
from loganalyzer.correlator.episodes import Episodes
from loganalyzer.errors import InputError
from loganalyzer.metallb.addresses import format_address
from loganalyzer.metallb.versions import Version
from loganalyzer.model import outcomes as o
from loganalyzer.model.controller import Model
from loganalyzer.model.run import Replay
from loganalyzer.model.state import Place
from loganalyzer.parser.attribution import events
from loganalyzer.parser.dumps import DumpReader
from loganalyzer.parser.events import Event
from loganalyzer.parser.records import CACHED_SHAPES, Recogniser, Record
from loganalyzer.parser.stamps import rfc3339
from loganalyzer.sources.inputs import Input, Source, distinct, head, named, opened
from loganalyzer.sources.lines import CHUNK, batches, chunks
from loganalyzer.version import __version__

if TYPE_CHECKING:
    from loganalyzer.whatif.state import State


@dataclass(slots=True)
class Reading:
    """How inputs are read, and what went wrong with them.

    `cached` shapes are kept for each input; `chunk` bytes are read at once. Neither changes any result.
    Problems are collected where `problems` is given to them, else raised.
    """

    cached: int = CACHED_SHAPES
    chunk: int = CHUNK
    sources: list[Source] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)


def read(inputs: Iterable[Input], reading: Reading | None = None) -> Iterator[Record]:
    """The records of the inputs, one input after the other, in the order given.

    Raises InputError for an input that can't be read, unless `reading` collects problems.
    """
    for given in inputs:
        yield from _read_one(given, reading)


def _read_one(given: Input, reading: Reading | None) -> Iterator[Record]:
    how = reading or Reading()
    source = Source(named(given))
    try:
        with opened(given) as stream:
            how.sources.append(source)
            recogniser = Recogniser(source, DumpReader(), how.cached)
            yield from recogniser.records(batches(chunks(stream, how.chunk)))
        _check(source)
    except OSError as problem:
        found = InputError(
            source.name, f"can't be read ({(problem.strerror or str(problem)).lower()})", "check the file"
        )
        _report(found, reading)
    except InputError as problem:
        _report(problem, reading)


def _report(problem: InputError, reading: Reading | None) -> None:
    if reading is None:
        raise problem
    reading.problems.append(problem)


def _check(source: Source) -> None:
    """Raises InputError where an input has nothing of MetalLB in it."""
    if source.recognised:
        return
    advice = "pass the log of a MetalLB controller: kubectl -n metallb-system logs deployment/controller --tail=-1"
    if not source.lines:
        raise InputError(source.name, "is empty", advice)
    raise InputError(source.name, f"has no MetalLB line among its {source.lines:,} lines", advice)


@dataclass(frozen=True, slots=True)
class _Probe:
    """What the first bytes of an input tell: when it begins, and whose it is."""

    given: Input
    begins: str
    component: str


def _probe(given: Input) -> _Probe:
    source = Source(named(given))
    try:
        data = head(given)
    except (OSError, InputError):
        return _Probe(given, "", "unknown")
    recogniser = Recogniser(source, DumpReader())
    for _ in events(recogniser.records(batches([data]))):
        pass
    return _Probe(given, rfc3339(source.first_stamp) or "", source.component)


def _in_time_order(inputs: list[Input]) -> list[_Probe]:
    """Several inputs in the order of their times; those without one keep their place at the end."""
    if len(inputs) < 2:
        return [_Probe(given, "", "unknown") for given in inputs]
    return sorted(map(_probe, inputs), key=lambda p: (not p.begins, p.begins))


def _all_events(probes: list[_Probe], reading: Reading, run: Replay) -> Iterator[Event]:
    """The events of all inputs; controllers' inputs that don't overlap in time share one model."""
    latest: Source | None = None
    for probe in probes:
        found = events(_read_one(probe.given, reading))
        first = next(found, None)
        if first is None:
            continue
        source = first.source
        if probe.component != "speaker" and latest is not None and _follows(latest, probe):
            run.follow(source, latest)
        yield first
        yield from found
        if "speaker" not in (probe.component, source.component):
            latest = source


def _follows(earlier: Source, probe: _Probe) -> bool:
    ended = rfc3339(earlier.last_stamp)
    return bool(ended and probe.begins) and probe.begins >= (ended or "")


def diagnose(inputs: Iterable[Input], *, version: Version | None = None, reading: Reading | None = None) -> Diagnosis:
    """What failed in these inputs, why, and what proves it.

    `version` overrides the MetalLB version that the logs tell. Raises InputError for an input that can't be
    read, unless `reading` is given: then the others are still diagnosed and its `problems` tell.
    """
    how = reading or Reading()
    run = Replay((), version)
    run.events = _all_events(_in_time_order(distinct(inputs)), how, run)
    episodes, adviser = Episodes(), Adviser()
    for model, outcome in run:
        _take(model, outcome, episodes, adviser)
    if reading is None and how.problems:
        raise how.problems[0]
    return _diagnosis(how.sources, run, episodes, adviser, version)


def states(inputs: Iterable[Input], *, version: Version | None = None, reading: Reading | None = None) -> list[State]:
    """The state of each controller at the end of these inputs, for changes to be tried on.

    `version` and `reading` as for `diagnose`. Raises InputError likewise.
    """
    from loganalyzer.whatif.state import state_of

    how = reading or Reading()
    run = Replay((), version)
    run.events = _all_events(_in_time_order(distinct(inputs)), how, run)
    for _ in run:
        pass
    if reading is None and how.problems:
        raise how.problems[0]
    last = {id(m): s for s in how.sources if s.component != "speaker" for m in (run.model(s),)}
    models = {id(m): m for m in run.models.values()}
    return [state_of(models[key], _end_of(source)) for key, source in last.items()]


def _end_of(source: Source) -> Place:
    return Place(source, max(source.lines, 1), source.last_stamp)


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
    sources: list[Source], run: Replay, episodes: Episodes, adviser: Adviser, version: Version | None
) -> Diagnosis:
    order = {id(s): i for i, s in enumerate(sources)}
    told = [s for s in sources if s.recognised and s.component != "speaker"]
    models = list({id(m): m for s in told for m in (run.model(s),)}.values())
    failures = sorted(episodes.failures(), key=lambda f: (order[id(f.first.source)], f.first.line, f.service or ""))
    return Diagnosis(
        tool_version=__version__,
        inputs=tuple(_summary(s, run.model(s), episodes, version) for s in sources if s.recognised),
        failures=tuple(_with_fixes(failures, run)),
        advice=tuple(adviser.advice(models, [s for s in sources if s.recognised])),
        holdings=tuple(h for m in models for h in _holdings(m)),
        services=frozenset(name for m in models for name in (*m.services, *m.allocator.allocations)),
        pools=tuple(
            (p.name, sum(r.size for r in p.ranges))
            for m in models
            if m.allocator.configuration
            for p in m.allocator.configuration.pools.values()
        ),
        notes=tuple(_notes(sources, models)),
    )


def _with_fixes(failures: list[Failure], run: Replay) -> Iterator[Failure]:
    """The failures with what would end them; those that have ended stay as they are."""
    known: dict[int, State] = {}
    for failure in failures:
        if failure.ended is None and failure.cause is not None and failure.service is not None:
            # Only a report with something to fix pays for the simulator.
            from loganalyzer.whatif.fixes import fixes_for
            from loganalyzer.whatif.state import state_of

            model = run.model(failure.last.source)
            state = known.get(id(model)) or known.setdefault(id(model), state_of(model, failure.last))
            failure = replace(failure, fixes=fixes_for(failure, state))
        yield failure


def _summary(source: Source, model: Model, episodes: Episodes, version: Version | None) -> InputSummary:
    told = str(version) if version else source.version or model.started_as
    return InputSummary(source, told, model.divergences, episodes.conflicts(model))


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
