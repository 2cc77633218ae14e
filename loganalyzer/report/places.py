"""Lines of inputs as a report names them."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from loganalyzer.model.state import Place
from loganalyzer.report.naming import short_names


class Places(Struct, frozen=True):
    """The inputs' names, short where that tells them apart; the only input needs no name."""

    names: dict[str, str]

    @staticmethod
    def of(inputs: Iterable[str]) -> Places:
        """For a report on these inputs."""
        return Places(short_names(inputs))

    def place(self, at: Place) -> str:
        """`controller.log:49`."""
        return f"{self.names.get(at.source.name, at.source.name)}:{at.line}"

    def short(self, at: Place, last: Place | None = None) -> str:
        """`49` where there is one input, else as `place`; `49-72` for a run of lines."""
        text = str(at.line) if len(self.names) < 2 else self.place(at)
        if last is None or last == at:
            return text
        same = last.source.name == at.source.name
        return f"{text}-{last.line}" if same else f"{text} to {self.place(last)}"

    @property
    def header(self) -> str:
        """The heading of a column of such places."""
        return "line" if len(self.names) < 2 else "shown by"
