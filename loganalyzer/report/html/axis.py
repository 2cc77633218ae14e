"""A time axis: seconds to columns of a drawing, and ticks at round times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count, takewhile
from typing import Final

from msgspec import Struct

from loganalyzer.correlator.announcements.times import seconds
from loganalyzer.model.state import Place

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 7, 14, 30, 90, 365)),
)
MOST_TICKS: Final = 8
LEFT, RIGHT = 230.0, 930.0
"""The columns of every drawing's axis, so that drawings below one another can be compared; names stand left of it."""


class Tick(Struct, frozen=True):
    """A round time: its column, and how it is written."""

    x: float
    label: str


class Axis(Struct, frozen=True):
    """Times from `begin` to `end`, seconds since 1970, on columns from `left` to `right`."""

    begin: float
    end: float
    left: float
    right: float

    @property
    def width(self) -> int:
        """The columns of a drawing on this axis: half a label stands beyond its end."""
        return round(self.right) + 30

    def x(self, at: Place) -> float | None:
        """The column of a line's time; None where it has none. What lies outside is drawn at the edge."""
        second = seconds(at)
        if second is None:
            return None
        part = (min(max(second, self.begin), self.end) - self.begin) / (self.end - self.begin)
        return round(self.left + part * (self.right - self.left), 1)

    def ticks(self) -> list[Tick]:
        """Round times within, at most MOST_TICKS."""
        length = self.end - self.begin
        step = next((s for s in _STEPS if length / s <= MOST_TICKS), _STEPS[-1] * max(1, int(length / _STEPS[-1] / 4)))
        first = -(-self.begin // step) * step
        times = takewhile(lambda t: t <= self.end, (first + i * step for i in count()))
        scale = (self.right - self.left) / length
        return [Tick(round(self.left + (t - self.begin) * scale, 1), _label(t, step)) for t in times]


def axis_of(places: Iterable[Place]) -> Axis | None:
    """The axis on which all these lines lie; None where their times don't differ."""
    times = [t for t in map(seconds, places) if t is not None]
    if not times or min(times) == max(times):
        return None
    return Axis(min(times), max(times), LEFT, RIGHT)


def written(at: Place) -> str:
    """A line's time in UTC, with its day: `2026-03-07 00:55:29`; empty where it has none."""
    second = seconds(at)
    return f"{_moment(second):%Y-%m-%d %H:%M:%S}" if second is not None else ""


def _label(time: float, step: int) -> str:
    if step >= _DAY:
        return f"{_moment(time):%d %b}"
    return f"{_moment(time):%H:%M}" if step >= _MINUTE else f"{_moment(time):%H:%M:%S}"


def _moment(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)
