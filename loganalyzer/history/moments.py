"""Each controller's state at the moments that were asked for, kept while a replay runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct, field, structs

from loganalyzer.correlator.announcements.times import seconds
from loganalyzer.errors import UsageError
from loganalyzer.history.wanted import AtEnd, AtLine, AtTime
from loganalyzer.metallb.addresses import Address
from loganalyzer.model import outcomes as o
from loganalyzer.model.controller import Model
from loganalyzer.model.state import AddressUse, Place, Table, place_of
from loganalyzer.parser.events import Event, PassesOver
from loganalyzer.parser.stamps import moment
from loganalyzer.sources.inputs import Source

Asked = AtEnd | AtTime | AtLine
"""A moment that lines can be compared with."""


LATE: Final = 600.0
"""Seconds that a line's time is never before that of a line above it."""


class Wait(Struct, frozen=True):
    """A service that asks for an address and has none: its first and latest failed attempt since it had none."""

    first: Place
    last: Place
    attempts: int
    error: str


class Got(NamedTuple):
    """The line at which a service got the addresses that it holds since."""

    at: Place
    addresses: tuple[Address, ...]


class Moment(Struct, frozen=True, eq=False):
    """One controller's state after one line.

    `at` is the last line up to the moment that says something, None where its log begins later: then nothing is
    held. `over`: its log ends before. `allocated` is what services got, and hold over starts of the controller too; who
    is not in it had it already.
    """

    at: Place | None
    table: Table
    uses: Mapping[Address, AddressUse]
    waiting: Mapping[str, Wait]
    allocated: Mapping[str, Got]
    began: Place | None
    over: bool = False


class _Track(Struct):
    """What is known of one controller for one moment while its lines go by."""

    taken: Moment | None = None
    at: Place | None = None
    within: bool = True
    met: bool = False


class _History(Struct):
    """One controller's history: what its outcomes told, and each moment's track."""

    tracks: list[_Track]
    waiting: dict[str, Wait] = field(default_factory=dict)
    allocated: dict[str, Got] = field(default_factory=dict)
    began: Place | None = None


class Moments:
    """Watches a replay for the moments wanted; `model_of` is the model that a source's events go to.

    Where times go back, the last line that is not later than a moment counts.
    """

    def __init__(self, wanted: Sequence[Asked], model_of: Callable[[Source], Model]) -> None:
        self._wanted = wanted
        self._model_of = model_of
        self._histories: dict[int, _History] = {}
        self._files: dict[str, tuple[int, int]] = {}

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events as they come, passes near a moment line by line.

        The state is kept before the first event that is beyond a moment.
        """
        current: Source | None = None
        for event in self._unfolded(events):
            if event.source is not current:
                current = event.source
                model = self._model_of(current)
                history = self._history(model)
            first = self._files.get(current.name, (event.line, 0))[0]
            self._files[current.name] = (first, event.line)
            if history.began is None:
                history.began = place_of(event)
            last = _last_line(event)
            for wanted, track in zip(self._wanted, history.tracks, strict=True):
                _step(wanted, track, last, model, history)
            yield event

    def _unfolded(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events, whole passes that a moment may lie within taken apart."""
        for event in events:
            what = event.what
            if isinstance(what, PassesOver) and any(_is_near(w, event) for w in self._wanted):
                for one in what.passes:
                    yield from one.events(event.source)
            else:
                yield event

    def take(self, model: Model, outcome: o.Outcome) -> None:
        """One outcome of the replay."""
        service = outcome.service
        if service is None:
            return
        history = self._history(model)
        if isinstance(outcome, o.Attempt):
            before = history.waiting.get(service)
            first, count = (before.first, before.attempts) if before else (outcome.at, 0)
            history.waiting[service] = Wait(first, outcome.at, count + 1, outcome.error)
            history.allocated.pop(service, None)
        elif isinstance(outcome, o.Obtained):
            history.waiting.pop(service, None)
            if not outcome.kept:
                history.allocated[service] = Got(outcome.at, outcome.addresses)
        elif isinstance(outcome, o.Gone):
            history.waiting.pop(service, None)
            history.allocated.pop(service, None)

    def of(self, model: Model) -> list[Moment | None]:
        """The controller's state at each moment wanted; None where a line was asked for that is not of its log."""
        history = self._history(model)
        found: list[Moment | None] = []
        for wanted, track in zip(self._wanted, history.tracks, strict=True):
            if isinstance(wanted, AtLine) and not track.met:
                found.append(None)
            elif track.within or track.taken is None:
                over = isinstance(wanted, AtTime) and track.within
                found.append(_taken(track, model, history, over=over))
            else:
                found.append(track.taken)
        return found

    def check(self, sources: Sequence[Source]) -> None:
        """Raises UsageError where a line was asked for that these inputs don't have, or not in one place only."""
        for wanted in self._wanted:
            if isinstance(wanted, AtLine):
                _check(wanted, [s for s in sources if wanted.names(s.name)], self._files)

    def _history(self, model: Model) -> _History:
        found = self._histories.get(id(model))
        if found is None:
            found = self._histories[id(model)] = _History([_Track() for _ in self._wanted])
        return found


def _step(wanted: Asked, track: _Track, event: Event, model: Model, history: _History) -> None:
    """The event is about to happen: keeps the state where it leads beyond the moment."""
    within = _is_within(wanted, track, event)
    if within:
        track.at = place_of(event)
    elif track.within:
        track.taken = _taken(track, model, history)
    track.within = within


def _is_within(wanted: Asked, track: _Track, event: Event) -> bool:
    if isinstance(wanted, AtTime):
        text = _plain(moment(event.stamp))
        return track.within if not text else text <= _plain(wanted.when.replace(tzinfo=None).isoformat())
    if isinstance(wanted, AtLine):
        if wanted.names(event.source.name):
            track.met = True
            return event.line <= wanted.line
        return not track.met
    return True


def _last_line(event: Event) -> Event:
    """The event as its last line has it: whole passes have many."""
    what = event.what
    if not isinstance(what, PassesOver):
        return event
    last = what.passes[-1]
    return structs.replace(event, line=last.numbers[-1], stamp=last.times[-1])


def _is_near(wanted: Asked, event: Event) -> bool:
    """Whether the moment may lie within the whole passes that begin with this event."""
    last = _last_line(event)
    if isinstance(wanted, AtLine):
        return event.line <= wanted.line <= last.line and wanted.names(event.source.name)
    if isinstance(wanted, AtTime):
        begins, ends = (seconds(place_of(e)) for e in (event, last))
        return begins is None or ends is None or begins - LATE <= wanted.when.timestamp() <= ends + LATE
    return False


def _plain(text: str) -> str:
    """A time with no more digits than a moment may have, and none that say nothing: such compare as texts."""
    return text[:26].rstrip("0").rstrip(".") if "." in text else text


def _taken(track: _Track, model: Model, history: _History, *, over: bool = False) -> Moment:
    return Moment(
        track.at,
        model.table(),
        model.allocator.in_use(),
        dict(history.waiting),
        dict(history.allocated),
        history.began,
        over,
    )


def _check(wanted: AtLine, named: list[Source], files: Mapping[str, tuple[int, int]]) -> None:
    if not named:
        raise UsageError(f"there is no input {wanted.file!r}; name it as the report does")
    logs = [s for s in named if any(w.component != "speaker" for w in s.writers if w.recognised)]
    if len(logs) > 1:
        raise UsageError(f"line {wanted.text} could be of {logs[0].name} and of {logs[1].name}; write FILE:LINE")
    if not logs:
        raise UsageError(f"{named[0].name} has no line of a controller; ask for its state by the time")
    source = logs[0]
    first, last = files.get(source.name, (0, 0))
    if first > last:
        raise UsageError(f"{source.name} has its newest line first; ask for its state by the time")
    if not 1 <= wanted.line <= source.lines:
        raise UsageError(f"{source.name} has no line {wanted.line}: it has {source.lines:,} lines")
