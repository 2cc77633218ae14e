"""The forms of the report on failures: what each needs, and what makes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from loganalyzer.cli.output import Renderer, Surface

if TYPE_CHECKING:
    from loganalyzer.correlator.diagnosis import Diagnosis
    from loganalyzer.history.spans import History
    from loganalyzer.pipeline import Observer
    from loganalyzer.report.content import Counted, Report
    from loganalyzer.sources.inputs import Input
    from loganalyzer.sources.twice import Again

FORMS: Final = ("text", "json", "jsonl", "markdown", "jira", "html")
QUOTING: Final = frozenset({"markdown", "jira", "html"})
"""Forms that show the lines themselves: the inputs are read again for them."""


@contextmanager
def readable(inputs: Sequence[Input], forms: frozenset[str], *, followed: bool) -> Iterator[Inputs]:
    """The inputs for these forms. For those that quote, what comes through a pipe is kept as long as it is needed.

    Of a pipe that is followed nothing is kept: it has no end that could be waited for.
    """
    if followed or not forms & QUOTING:
        yield Inputs(inputs)
        return
    from loganalyzer.sources.inputs import distinct
    from loganalyzer.sources.twice import Again

    with ExitStack() as stack:
        yield Inputs(distinct(inputs), Again(distinct(inputs), stack))


class Inputs(Struct, frozen=True):
    """Inputs as they were given, and as often as they are wanted where something is to be quoted."""

    given: Iterable[Input]
    again: Again | None = None

    def once(self) -> Iterable[Input]:
        """Them, from their beginning."""
        return self.again.inputs() if self.again is not None else self.given

    def quoted(self, diagnosis: Diagnosis) -> Diagnosis:
        """The diagnosis with the lines that it names, where they are to be shown."""
        if self.again is None:
            return diagnosis
        from loganalyzer.correlator.quoting import with_quotes

        return with_quotes(diagnosis, self.again.inputs())


class Watched:
    """What looks on while inputs are diagnosed, for the form that tells what happened over time."""

    def __init__(self) -> None:
        from loganalyzer.tables.collecting import Collector
        from loganalyzer.tables.stats import NEEDED

        self._collector = Collector(NEEDED)
        self.observers: tuple[Observer, ...] = (self._collector,)

    def history(self) -> History:
        """Intervals and marks: what plots show."""
        return self._collector.history

    def figures(self, diagnosis: Diagnosis) -> tuple[Counted, ...]:
        """The figures; `diagnosis` is of all that the inputs have."""
        from loganalyzer.postmortem import framed
        from loganalyzer.report.stats import counted
        from loganalyzer.tables.stats import FIGURES, figures

        return counted(figures(framed(self._collector, diagnosis)), FIGURES)


class Reports(Struct, frozen=True, eq=False, dict=True):
    """One diagnosis in all forms. `services` are to be answered for one by one; `most` characters, None: the form's.

    `nothing` is what to say instead where nothing of what was asked for was found; `history` is what plots show,
    `figures` are those of a review.
    """

    diagnosis: Diagnosis
    services: tuple[str, ...] = ()
    nothing: str = ""
    command: str = ""
    most: int | None = None
    history: History | None = None
    figures: tuple[Counted, ...] = ()

    @property
    def formats(self) -> dict[str, Renderer]:
        """What makes each of FORMS."""
        return {
            "text": self._text,
            "json": self._json,
            "jsonl": self._jsonl,
            "markdown": self._markdown,
            "jira": self._jira,
            "html": self._html,
        }

    @cached_property
    def _content(self) -> Report:
        from loganalyzer.report.compose import compose

        found = compose(self.diagnosis, services=self.services, command=self.command)
        return structs.replace(found, verdict=self.nothing) if self.nothing else found

    def _text(self, surface: Surface) -> Iterable[bytes]:
        from loganalyzer.report import text

        if self.nothing:
            yield f"{self.nothing}\n".encode()
            return
        page = text.set_text(self._content, surface.columns, colour=surface.colour, most=self.most, whole=surface.file)
        yield _bytes(page)

    def _json(self, _: Surface) -> Iterable[bytes]:
        from loganalyzer.report import document

        yield from document.pieces(self.diagnosis)

    def _jsonl(self, _: Surface) -> Iterable[bytes]:
        from loganalyzer.report import document

        yield from document.lines(self.diagnosis)

    def _markdown(self, _: Surface) -> Iterable[bytes]:
        from loganalyzer.report import markdown

        yield _bytes(markdown.render(self._content, self.most or markdown.MOST_CHARACTERS))

    def _jira(self, _: Surface) -> Iterable[bytes]:
        from loganalyzer.report import jira

        yield _bytes(jira.render(self._content, self.most or jira.MOST_CHARACTERS))

    def _html(self, _: Surface) -> Iterable[bytes]:
        from loganalyzer.report import html

        yield _bytes(html.render(self._content, self.most, self.history, self.diagnosis.announcements, self.figures))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
