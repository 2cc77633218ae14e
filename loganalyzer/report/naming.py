"""What a report calls its inputs and moments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePath

from msgspec import Struct

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.model.state import Place
from loganalyzer.report import times
from loganalyzer.report.content import Line
from loganalyzer.sources.inputs import STANDARD_INPUT


class Naming(Struct, frozen=True):
    """Short names of the inputs, and the day that need not be said; `covered` is the span of all inputs."""

    names: dict[str, str]
    day: datetime | None
    covered: str

    def input(self, name: str) -> str:
        """An input's short name."""
        return self.names.get(name, name)

    def place(self, at: Place) -> str:
        """`controller.log:49`."""
        return self.line(at).place

    def line(self, at: Place) -> Line:
        """The line of a place, by its short name."""
        name = self.input(at.source.name)
        place = f"line {at.line}" if name == STANDARD_INPUT else f"{name}:{at.line}"
        return Line(place, at.source.name, at.line)

    def clock(self, at: Place) -> str:
        """The time of a line, without the day where that need not be said."""
        return times.clock(at, self.day)


def naming(diagnosis: Diagnosis) -> Naming:
    """The names that a report on this diagnosis uses."""
    first = min((m for i in diagnosis.inputs if (m := times.moment(i.first_stamp))), default=None)
    last = max((m for i in diagnosis.inputs if (m := times.moment(i.last_stamp))), default=None)
    same_day = first is not None and last is not None and first.date() == last.date()
    return Naming(
        short_names(i.source.name for i in diagnosis.inputs), last if same_day else None, times.span(first, last)
    )


def short_names(inputs: Iterable[str]) -> dict[str, str]:
    """The inputs' last path components, where these tell them apart."""
    full = list(dict.fromkeys(inputs))
    short = [PurePath(name).name.removeprefix("!") or name for name in full]
    alike = Counter(short)
    return {n: s if alike[s] == 1 else n for n, s in zip(full, short, strict=True)}
