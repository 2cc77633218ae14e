"""The report for tickets: what Markdown and Jira have in common, each setting it in its own markup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, Protocol

from loganalyzer.report.budget import Piece, Unit, fitted
from loganalyzer.report.content import Advised, Entry, Line, Quote, Report, Step, Table, Told
from loganalyzer.report.terminal import plural

MOST_ROWS: Final = 100
"""Rows of one table; a ticket is no place for more."""

MOST_SENTENCES: Final = 10
"""Of one kind of advice."""

MOST_TOLD: Final = 12
"""Services that are told alike before the others are folded."""

_STAYS: Final = Unit(0)
# What is left out first has the greatest rank.
_ENTRY, _ANNOUNCED, _NOTES, _MEMBERS, _ADVICE, _HELD, _PAST, _QUOTES = range(1, 9)


class Markup(Protocol):
    """How a markup language says it. All give whole lines without a line feed at the end; texts are not yet escaped."""

    def paragraph(self, text: str, *, strong: str = "") -> str:
        """A paragraph; what is `strong` begins it."""

    def heading(self, level: int, text: str) -> str:
        """A heading: 2 is a part of the report, 3 an entry, 4 a part of that."""

    def bullets(self, texts: Sequence[str]) -> str:
        """A list; a text that is a command for kubectl is set so that it can be copied."""

    def table(self, table: Table) -> str:
        """A table as tabulate makes it."""

    def folded(self, title: str, body: str) -> str:
        """Markup under a title of ours, folded where the language can."""

    def verbatim(self, lines: Sequence[str], language: str = "") -> str:
        """Lines as they are."""

    def steps(self, steps: Sequence[Step]) -> str:
        """What to do: sentences, some of them numbered, with commands between them."""


def render(report: Report, markup: Markup, most: int | None) -> str:
    """The whole report, ending in a line feed, of at most `most` characters."""
    whole = f"{report.command or 'loganalyzer explain INPUT'} --output report.html"

    def note(missing: str) -> str:
        said = f"Not here, as the report would be longer than {most:,} characters: {missing}. All of it:"
        return f"\n{markup.paragraph(said)}\n\n{markup.verbatim([whole], 'sh')}\n"

    return fitted(list(_pieces(report, markup)), most, note)


def _pieces(report: Report, markup: Markup) -> Iterator[Piece]:
    first = True
    for text, unit in _blocks(report, markup):
        yield Piece(text + "\n" if first else f"\n{text}\n", unit)
        first = False


def _blocks(report: Report, markup: Markup) -> Iterator[tuple[str, Unit]]:
    yield markup.paragraph("", strong=report.verdict), _STAYS
    yield markup.paragraph(report.read), _STAYS
    if report.announced:
        yield markup.heading(2, "Who announces"), _STAYS
    yield from _announced(report.announced, markup)
    if report.overview is not None:
        yield markup.table(report.overview), _STAYS
    quotes = {quote.line: quote for quote in report.quotes}
    for i, entry in enumerate(report.entries):
        unit = Unit(_ENTRY, "cause")
        if i == 0:
            yield markup.heading(2, "What fails"), unit
        yield from _entry(entry, quotes, unit, markup)
    yield from _rest(report, markup)
    yield markup.heading(2, "Environment"), _STAYS
    yield markup.table(Table(("what", "as the logs tell it"), report.environment)), _STAYS
    yield markup.paragraph(f"Made by {report.tool}" + (":" if report.command else ".")), _STAYS
    if report.command:
        yield markup.verbatim([report.command], "sh"), _STAYS


def _entry(entry: Entry, quotes: Mapping[Line, Quote], unit: Unit, markup: Markup) -> Iterator[tuple[str, Unit]]:
    yield markup.heading(3, entry.title), unit
    yield markup.paragraph(entry.sentence, strong=f"{entry.rule}: "), unit
    if entry.details:
        yield markup.bullets([f"{who}: {what}" for who, what in entry.details]), unit
    if entry.history:
        yield markup.paragraph(entry.history), unit
    if entry.members is not None:
        yield _folded(markup, "the services", entry.members), Unit(_MEMBERS, "service list")
    if entry.candidates is not None:
        yield markup.table(entry.candidates), unit
        if entry.candidates.rest:
            yield markup.paragraph(entry.candidates.rest), unit
    yield from _proofs(entry, quotes, unit, markup)
    if entry.to_do:
        yield markup.heading(4, entry.to_do), unit
        yield markup.steps(entry.steps), unit
    if entry.unknown:
        yield markup.heading(4, "what is not known, and what would settle it"), unit
        steps = [step for u in entry.unknown for step in (Step(f"{u.text}:"), Step(u.command, command=True))]
        yield markup.steps(steps), unit


def _proofs(entry: Entry, quotes: Mapping[Line, Quote], unit: Unit, markup: Markup) -> Iterator[tuple[str, Unit]]:
    if not entry.proofs:
        return
    rows = tuple((proof.line.place, proof.what) for proof in entry.proofs)
    yield markup.table(Table(("proof", "what it shows"), rows)), unit
    named = dict.fromkeys(proof.line for proof in entry.proofs)
    quoted = [f"{line.place}  {quotes[line].text}" for line in named if line in quotes]
    if quoted:
        yield markup.folded("the lines themselves, shortened", markup.verbatim(quoted)), Unit(_QUOTES, "quotation")


def _announced(told: Sequence[Told], markup: Markup) -> Iterator[tuple[str, Unit]]:
    """Each service with what is below it; of many that have something in common the most are folded."""
    for services, same in groupby(told, key=lambda item: item.services):
        items = list(same)
        shown = items[:MOST_TOLD] if services else items
        for item in shown:
            unit = Unit(_ANNOUNCED, "announcement")
            yield from ((block, unit) for block in _told(item, markup))
        if len(items) > len(shown):
            count = plural(len(items) - len(shown), "more service")
            body = "\n\n".join(block for item in items[len(shown) :] for block in _told(item, markup))
            yield markup.folded(f"{count} {services}", body), Unit(_ANNOUNCED, "folded list")


def _told(told: Told, markup: Markup) -> Iterator[str]:
    yield markup.paragraph(told.text, strong=f"{told.about}: " if told.about else "")
    for command, steps in groupby(told.below, key=lambda step: step.command):
        if command:
            yield from (markup.verbatim([step.text], "sh") for step in steps)
        else:
            yield markup.bullets([step.text for step in steps])


def _rest(report: Report, markup: Markup) -> Iterator[tuple[str, Unit]]:
    """What does not fail now."""
    if report.past:
        body = markup.bullets(_first(report.past, MOST_ROWS))
        yield (
            markup.folded(f"{plural(len(report.past), 'service')} failed before", body),
            Unit(_PAST, "list of what failed before"),
        )
    if report.answers:
        yield markup.bullets(report.answers), _STAYS
    if report.holdings is not None:
        yield markup.paragraph(report.holdings.rest), _STAYS
        if report.holdings.rows:
            yield _folded(markup, "who holds what", report.holdings), Unit(_HELD, "list of who holds what")
    if report.advice:
        yield _advice(report.advice, markup), Unit(_ADVICE, "list of what else was noticed")
    if report.notes:
        yield markup.bullets(report.notes), Unit(_NOTES, "list of what the inputs could not tell")


def _advice(advice: Sequence[Advised], markup: Markup) -> str:
    blocks = [markup.heading(2, "Also noticed")]
    for item in advice:
        blocks += [markup.paragraph("", strong=item.rule), markup.bullets(_first(item.sentences, MOST_SENTENCES))]
    return "\n\n".join(blocks)


def _folded(markup: Markup, title: str, table: Table) -> str:
    left = len(table.rows) - MOST_ROWS
    body = markup.table(Table(table.headers, table.rows[:MOST_ROWS]))
    return markup.folded(title, f"{body}\n\n{markup.paragraph(f'… and {left:,} more')}" if left > 0 else body)


def _first(texts: Sequence[str], most: int) -> list[str]:
    """The first texts, and how many more there are."""
    left = len(texts) - most
    return [*texts[:most], f"… and {left:,} more"] if left > 0 else list(texts)
