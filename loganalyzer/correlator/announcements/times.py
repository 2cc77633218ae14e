"""Times of lines of several nodes: whole seconds mostly, by clocks that differ. So spans are ranges."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from loganalyzer.model.state import Place
from loganalyzer.parser.stamps import rfc3339


class Span(NamedTuple):
    """A length of time in seconds that lies between two bounds."""

    least: float
    most: float

    def __str__(self) -> str:
        if self.most < 1:
            return "less than a second"
        least, most = _number(self.least), _number(self.most)
        return f"{most} s" if least == most else f"{least} to {most} s"


def seconds(place: Place) -> float | None:
    """A line's time in seconds since 1970; None where it has none."""
    text = rfc3339(place.stamp) if place.stamp else None
    if text is None:
        return None
    whole, _, fraction = text[:-1].partition(".")
    moment = datetime.fromisoformat(whole).replace(tzinfo=UTC).timestamp()
    return moment + (float(f"0.{fraction}") if fraction else 0.0)


def span(earlier: Place, later: Place) -> Span | None:
    """How long it was from one line to the other; None where a time is missing, or the order is not known."""
    begin, end = seconds(earlier), seconds(later)
    if begin is None or end is None or end < begin:
        return None
    return Span(max(0.0, end - begin - _grain(earlier)), end - begin + _grain(later))


def _grain(place: Place) -> float:
    """What a written time may be short of: a second where it has no fraction."""
    text = rfc3339(place.stamp) or ""
    return 0.0 if "." in text else 1.0


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) or value >= 10 else f"{value:.1f}"


def clock(place: Place) -> str:
    """A line's time of day in UTC; its place where it has none."""
    text = rfc3339(place.stamp) if place.stamp else None
    return text[11:19] if text else f"{place.source.name}:{place.line}"
