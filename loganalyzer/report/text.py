"""The report for a terminal: what is wrong, why, shown on the reader's own services, what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from msgspec import Struct, structs

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.report.budget import Piece, Unit, fitted
from loganalyzer.report.compose import compose
from loganalyzer.report.content import Advised, Entry, Report, Table, Told
from loganalyzer.report.fitting import fitted_table
from loganalyzer.report.terminal import Style, clean, columns, ends, pad, plural, wrap

MOST_GROUPS: Final = 8
MOST_NAMES: Final = 12
MOST_TOLD: Final = 10
MOST_PAST: Final = 20
MOST_ADVICE: Final = 3
NARROWEST: Final = 50

_STAYS: Final = Unit(0)


class Page(Struct, frozen=True):
    """What a report is set on: its width in columns and its style; `whole`: it will be read without the log."""

    width: int
    style: Style
    whole: bool = False

    def wrap(self, text: str, indent: str = "", hanging: str | None = None) -> list[str]:
        """The text made harmless and wrapped to the page."""
        return wrap(clean(text), self.width, indent, hanging)

    def table(
        self, found: Table, indent: str = "", shrinking: Sequence[int] = (), spare: Sequence[int] = ()
    ) -> list[str]:
        """The table made harmless and fitted to the page, as `fitted_table` does it."""
        return fitted_table(found.headers, found.rows, self.width, shrinking, spare, indent).lines


def render(diagnosis: Diagnosis, width: int = 100, *, colour: bool = False, services: tuple[str, ...] = ()) -> str:
    """The whole report, ending in a line feed. `width` is in columns; `services` are those that were asked for."""
    return set_text(compose(diagnosis, services=services), width, colour=colour)


def set_text(
    report: Report, width: int = 100, *, colour: bool = False, most: int | None = None, whole: bool = False
) -> str:
    """A report's content as text of at most `most` characters, ending in a line feed.

    `whole`: with the environment and what makes it again, for who was not there; on a terminal what to do comes last.
    """
    page = Page(max(width, NARROWEST), Style(colour), whole)
    pieces = [
        Piece(("\n" if i else "") + "\n".join(lines) + "\n", unit)
        for i, (lines, unit) in enumerate(_parts(report, page))
    ]

    def note(missing: str) -> str:
        said = f"Not here, as the report would be longer than {most:,} characters: {missing}. All of it:"
        return "\n".join(["", *page.wrap(said), "  " + clean(report.command or "loganalyzer explain INPUT"), ""])

    return fitted(pieces, most, note)


def _parts(report: Report, page: Page) -> Iterator[tuple[list[str], Unit]]:
    """The report's parts that are there, between which blank lines stand."""
    groups, left = report.entries[:MOST_GROUPS], report.entries[MOST_GROUPS:]
    parts = [
        ([*page.wrap(report.read), *map(page.style.strong, page.wrap(report.verdict))], _STAYS),
        (_announced(report.announced, page), Unit(3, "list of announcements")),
        (page.table(report.overview) if report.overview else [], _STAYS),
        *((entry_lines(entry, page), Unit(1, "cause")) for entry in groups),
        (page.wrap(more_entries(left)) if left else [], Unit(2, "list of more services")),
        (_past(report.past, page), Unit(6, "list of what failed before")),
        ([line for answer in report.answers for line in page.wrap(answer)], _STAYS),
        (_holdings(report.holdings, page) if report.holdings else [], Unit(5, "list of who holds what")),
        (_advice(report.advice, page), Unit(4, "list of what else was noticed")),
        ([line for note in report.notes for line in page.wrap(note)], Unit(3, "list of what could not be told")),
        (_made(report, page) if page.whole else [], _STAYS),
    ]
    return ((lines, unit) for lines, unit in parts if lines)


# Who announces.


def _announced(told: Sequence[Told], page: Page) -> list[str]:
    """What speakers' logs tell, first thing: it is what people come for who have them."""
    found: list[str] = []
    for services, same in groupby(told, key=lambda item: item.services):
        items = list(same)
        shown = items[:MOST_TOLD] if services else items
        if found and (services or shown[0].below):
            found.append("")
        for item in shown:
            found += told_lines(item, page)
        if len(items) > len(shown):
            found += page.wrap(more_told(items[len(shown) :]), "", "  ")
    return found


def told_lines(told: Told, page: Page) -> list[str]:
    """One thing that speakers' logs tell."""
    lines = page.wrap(f"{told.about}: {told.text}" if told.about else told.text, "", "  ")
    for step in told.below:
        # A command stays on one line, to be pasted as it is.
        lines += ["    " + clean(step.text)] if step.command else page.wrap(step.text, "  ", "    ")
    return lines


def more_told(rest: Sequence[Told]) -> str:
    """One sentence on services that are not shown."""
    names = ", ".join(told.service for told in rest[:MOST_NAMES])
    more = ", …" if len(rest) > MOST_NAMES else ""
    count = plural(len(rest), "more service")
    return f"… and {count} {rest[0].services}: {names}{more} (--service NAME shows one, --format json all)"


# What fails.


def entry_lines(entry: Entry, page: Page) -> list[str]:
    """One cause with its services: what it is, what proves it, what to do."""
    lines = _title(entry, page)
    lines += page.wrap(entry.sentence, "  ")
    lines += _details(entry, page)
    if entry.members is not None:
        lines += _members(entry.members, page)
    lines += page.wrap(entry.history, "  ") if entry.history else []
    if entry.candidates is not None:
        lines += _candidates(entry.candidates, page)
    lines += _proofs(entry, page)
    lines += _steps(entry, page)
    lines += _unknown(entry, page)
    return lines


def _title(entry: Entry, page: Page) -> list[str]:
    left, right = clean(entry.title), clean(entry.rule)
    if not page.style.colour:
        return ends(left, right, page.width)
    # Colours must not count as columns.
    gap = max(2, page.width - columns(left) - columns(right))
    return [page.style.bad(left) + " " * gap + page.style.rule(right)]


def _details(entry: Entry, page: Page) -> list[str]:
    widest = max((columns(clean(who)) for who, _ in entry.details), default=0)
    lines: list[str] = []
    for who, what in entry.details:
        left = "      " + pad(clean(who), widest) + "   "
        if columns(left) > page.width // 2:
            # A long name leaves no room beside it.
            lines += [left.rstrip(), *page.wrap(what, "          ")]
        else:
            lines += page.wrap(what, left, " " * columns(left))
    return lines


def _members(members: Table, page: Page) -> list[str]:
    # Where names are long, how often each was tried goes first.
    lines = page.table(structs.replace(members, rows=members.rows[:MOST_NAMES]), "  ", spare=(2, 3))
    left = len(members.rows) - MOST_NAMES
    if left > 0:
        lines.append(f"  … and {left:,} more (--format json lists all, --service NAME shows one)")
    return lines


def _candidates(found: Table, page: Page) -> list[str]:
    lines = page.table(found, "  ")
    if max(map(columns, lines)) > page.width:
        # What refuses it and who is in the way say more than the pool, which its address tells.
        rows = tuple((address, code.partition(" ")[0], held) for address, _, code, held in found.rows)
        lines = page.table(Table(("address", "blocked by", "held by"), rows), "  ", shrinking=(2,))
    return [*lines, *(page.wrap(found.rest, "  ", "    ") if found.rest else [])]


def _proofs(entry: Entry, page: Page) -> list[str]:
    places = [clean(proof.line.place) for proof in entry.proofs]
    widest = max(map(columns, places), default=0)
    lines: list[str] = []
    for i, (place, proof) in enumerate(zip(places, entry.proofs, strict=True)):
        left = ("  proof   " if i == 0 else "          ") + pad(place, widest) + "  "
        lines += page.wrap(proof.what, left, " " * min(columns(left), page.width // 2))
    return lines


def _unknown(entry: Entry, page: Page) -> list[str]:
    lines = ["  what would settle it"] if entry.unknown else []
    for text, command in entry.unknown:
        lines += [*page.wrap(text + ":" if text else "", "    "), "      " + clean(command)]
    return lines


def _steps(entry: Entry, page: Page) -> list[str]:
    lines = page.wrap(entry.to_do, "  ") if entry.to_do else []
    for step in entry.steps:
        if step.command:
            # A command stays on one line, so that it can be copied.
            lines.append("      " + clean(step.text))
        else:
            text = f"{step.number}. {step.text}" if step.number else step.text
            lines += page.wrap(text, "    ", "       " if step.number else "    ")
    return lines


def more_entries(rest: Sequence[Entry]) -> str:
    """One sentence on causes that are not shown."""
    names = [name for entry in rest for name in entry.services]
    shown = ", ".join(names[:MOST_NAMES])
    return (
        f"{plural(len(names), 'more service')} in {plural(len(rest), 'more group')}: {shown}"
        f"{', …' if len(names) > MOST_NAMES else ''} (--service NAME shows one, --format json all)"
    )


# What failed before, what holds, what else was noticed.


def _past(before: tuple[str, ...], page: Page) -> list[str]:
    if not before:
        return []
    lines = [page.style.strong("Failed before")]
    for sentence in before[:MOST_PAST]:
        lines += page.wrap(sentence, "  ", "      ")
    if len(before) > MOST_PAST:
        lines.append(f"  … and {plural(len(before) - MOST_PAST, 'more service')} (--format json lists all)")
    return lines


def _holdings(held: Table, page: Page) -> list[str]:
    lines = page.wrap(held.rest)
    if held.rows:
        lines += page.table(structs.replace(held, rows=held.rows[:MOST_PAST]), "  ", shrinking=(2, 1))
    if len(held.rows) > MOST_PAST:
        lines.append(f"  … and {len(held.rows) - MOST_PAST:,} more")
    return lines


def _advice(advice: tuple[Advised, ...], page: Page) -> list[str]:
    lines = [page.style.strong("Also noticed")] if advice else []
    for item in advice:
        lines.append(f"  {page.style.rule(clean(item.rule))}")
        for text in item.sentences[:MOST_ADVICE]:
            lines += page.wrap(text, "    ", "      ")
        if len(item.sentences) > MOST_ADVICE:
            lines.append(f"    … and {len(item.sentences) - MOST_ADVICE:,} more")
    return lines


def _made(report: Report, page: Page) -> list[str]:
    """The environment, as MetalLB's form for bugs asks for it, and what makes the report again."""
    widest = max(len(what) for what, _ in report.environment)
    lines = [page.style.strong("Environment")]
    for what, value in report.environment:
        lines += page.wrap(value, f"  {what:{widest}}  ", " " * (widest + 4))
    again = f": {clean(report.command)}" if report.command else ""
    return [*lines, "", f"Made by {clean(report.tool)}{again}"]
