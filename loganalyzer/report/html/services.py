"""The drawing of services against time: who waited, who held an address, who was announced."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from msgspec import Struct, field, structs

from loganalyzer.correlator.announcements.found import Announcements
from loganalyzer.history.spans import ENDS, WAIT_ENDS, History, Mark
from loganalyzer.metallb.addresses import format_address
from loganalyzer.model.state import Place
from loganalyzer.report.html.axis import Axis, Tick, written
from loganalyzer.report.terminal import plural

MOST_ROWS: Final = 60
MOST_LISTED: Final = 400
"""Rows of the table that says the same."""

_TOP: Final = 28
_ROW: Final = 24
_NARROWEST: Final = 3.0
_GAP: Final = 3.0
"""Intervals of one kind that are nearer than this are drawn as one."""

_LONGEST_LABEL: Final = 32


_MARKS: Final = {
    "started": ("process", "controller started"),
    "stopping": ("process", "controller is stopping"),
    "crashed": ("process", "controller crashed:"),
    "configured": ("configuration", "configuration with the pools"),
    "rejected": ("configuration", "configuration refused:"),
}


class Interval(NamedTuple):
    """What is drawn as a bar; `kind` is `pending`, `allocated` or `announced`, `what` says it in words."""

    kind: str
    since: Place
    until: Place
    what: str


class Bar(Struct, frozen=True):
    """A bar of a row: its kind, its column and width, and what it stands for."""

    kind: str
    x: float
    width: float
    what: str


class Row(Struct, frozen=True):
    """One service: where its row begins, how it is called, its bars, and the columns at which it failed."""

    y: int
    label: str
    name: str
    bars: tuple[Bar, ...]
    failures: tuple[float, ...]


class Event(Struct, frozen=True):
    """Something that concerns all services: `kind` is `process` or `configuration`."""

    kind: str
    x: float
    what: str


class Listed(Struct, frozen=True):
    """A row of the table that says the same as the drawing."""

    service: str
    kind: str
    since: str
    until: str
    what: str


class Timeline(Struct, frozen=True):
    """The drawing, and the same as a table; `left` says of both what they leave out."""

    width: int
    height: int
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    events: tuple[Event, ...]
    listed: tuple[Listed, ...]
    left: str


class _Life(Struct):
    """One service's intervals and failed attempts."""

    intervals: list[Interval] = field(default_factory=list)
    failures: list[Place] = field(default_factory=list)
    failing: bool = False


def timeline(history: History, announced: Announcements, axis: Axis) -> Timeline | None:
    """Services against time; None where there are none. Those that fail at the end come first, then who waited."""
    lives = _lives(history, announced)
    if not lives:
        return None
    names = sorted(lives, key=lambda name: (not lives[name].failing, not lives[name].failures, name))
    drawn = names[:MOST_ROWS]
    listed = [item for name in drawn for item in _listed(name, lives[name])]
    return Timeline(
        width=axis.width,
        height=_TOP + len(drawn) * _ROW + 8,
        ticks=tuple(axis.ticks()),
        rows=tuple(_row(_TOP + i * _ROW, name, lives[name], axis) for i, name in enumerate(drawn)),
        events=tuple(_events(history.marks, axis)),
        listed=tuple(listed[:MOST_LISTED]),
        left=_left_out(names, lives, len(listed)),
    )


def _lives(history: History, announced: Announcements) -> dict[str, _Life]:
    lives: dict[str, _Life] = {}
    for wait in history.waits:
        life = lives.setdefault(_name(wait.service, wait.history), _Life())
        what = f"without an address, {plural(wait.attempts, 'attempt')}; {WAIT_ENDS[wait.why]}"
        life.intervals.append(Interval("pending", wait.since, wait.until, what))
        life.failures += [wait.since, wait.last]
        life.failing = life.failing or wait.why == "waiting"
    for span in history.spans:
        what = f"{format_address(span.address)}; {ENDS[span.why]}"
        life = lives.setdefault(_name(span.service, span.history), _Life())
        life.intervals.append(Interval("allocated", span.since, span.until, what))
    for told in announced.episodes:
        if told.state == "announced":
            by = f"announced by {told.node or 'a node that the log does not name'}"
            by += f" ({told.protocol})" if told.protocol else ""
            life = lives.setdefault(told.service, _Life())
            life.intervals.append(Interval("announced", told.first, told.until, by))
    return lives


def _name(service: str, history: int) -> str:
    """A service, and where several controllers were read at once, whose it is."""
    return service if history == 0 else f"{service} (controller {history + 1})"


def _row(y: int, name: str, life: _Life, axis: Axis) -> Row:
    label = name if len(name) <= _LONGEST_LABEL else f"…{name[1 - _LONGEST_LABEL :]}"
    bars = [bar for kind in ("pending", "allocated", "announced") for bar in _bars(kind, life.intervals, axis)]
    failures = sorted({x for at in life.failures if (x := axis.x(at)) is not None})
    return Row(y, label, name, tuple(bars), tuple(_apart(failures)))


def _bars(kind: str, intervals: Sequence[Interval], axis: Axis) -> Iterator[Bar]:
    """The bars of one kind from left to right; where many lie close together they are one."""
    ends = [(axis.x(i.since), axis.x(i.until), i.what) for i in intervals if i.kind == kind]
    found: list[Bar] = []
    for begin, end, what in sorted((b, e, w) for b, e, w in ends if b is not None and e is not None):
        bar = Bar(kind, begin, round(max(end - begin, _NARROWEST), 1), what)
        if found and begin < found[-1].x + found[-1].width + _GAP and what != found[-1].what:
            bar = _joined(found.pop(), bar)
        found.append(bar)
    yield from found


def _joined(one: Bar, other: Bar) -> Bar:
    right = max(one.x + one.width, other.x + other.width)
    several = one.what if one.what.endswith(" and more") else f"{one.what} and more"
    return structs.replace(one, width=round(right - one.x, 1), what=several)


def _events(marks: Iterable[Mark], axis: Axis) -> Iterator[Event]:
    """Restarts and configurations; of those that would lie upon one another the first."""
    last = {"process": -_GAP, "configuration": -_GAP}
    for mark in marks:
        kind, what = _MARKS[mark.what]
        x = axis.x(mark.at)
        if x is not None and x - last[kind] >= _GAP:
            last[kind] = x
            yield Event(kind, x, f"{written(mark.at)} {what} {mark.text}".rstrip())


def _apart(columns: Iterable[float]) -> Iterator[float]:
    """Columns without those that would lie upon the one before."""
    last = -_GAP
    for x in columns:
        if x - last >= _GAP:
            last = x
            yield x


def _listed(name: str, life: _Life) -> Iterator[Listed]:
    for kind, since, until, what in life.intervals:
        yield Listed(name, kind, written(since), written(until), what)


def _left_out(names: Sequence[str], lives: dict[str, _Life], listed: int) -> str:
    left = names[MOST_ROWS:]
    parts = []
    if left:
        waited = sum(1 for name in left if lives[name].failures)
        of_them = f", {waited:,} of which waited for an address" if waited else ""
        parts.append(f"{plural(len(left), 'more service')} not drawn{of_them}")
    if listed > MOST_LISTED:
        parts.append(f"{plural(listed - MOST_LISTED, 'more interval')} not in the table")
    return "; ".join(parts)
