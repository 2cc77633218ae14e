"""The allocator's table for a terminal and for a page in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from loganalyzer.history.changes import allocation_text, ports_text
from loganalyzer.history.difference import Difference
from loganalyzer.history.table import ControllerTables, InUse, PoolState, StateTable
from loganalyzer.metallb.addresses import format_address, format_range
from loganalyzer.model.state import Place
from loganalyzer.report.escape import clean, for_markdown
from loganalyzer.report.fitting import fitted_table
from loganalyzer.report.places import Places
from loganalyzer.report.rows import markdown_table
from loganalyzer.report.terminal import plural, wrap
from loganalyzer.report.times import clock, length, moment

MOST_RANGES: Final = 8
"""Ranges of free addresses that are printed of a pool's family."""

MANY: Final = 10**12


class Table(Struct, frozen=True):
    """A table for people: what it is of, its columns and rows.

    Where it is too wide, columns `shrinking` may be set in several lines and columns `spare` be left out.
    """

    title: str
    headers: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    shrinking: tuple[int, ...]
    spare: tuple[int, ...] = ()


class Section(Struct, frozen=True):
    """One controller: a heading, sentences and tables, not yet escaped."""

    heading: str
    sentences: list[str]
    tables: list[Table]


def state_sections(found: Sequence[ControllerTables]) -> list[Section]:
    """The table of each controller at one moment."""
    places = Places.of(name for c in found for name in c.inputs)
    return [_section(table, places) for c in found for table in c.tables[:1] if table is not None]


def diff_sections(found: Sequence[tuple[ControllerTables, Sequence[Difference]]]) -> list[Section]:
    """What changed of each controller between two moments."""
    places = Places.of(name for c, _ in found for name in c.inputs)
    return [_diff_section([t for t in c.tables if t is not None], changes, places) for c, changes in found]


def as_text(sections: Sequence[Section], width: int) -> str:
    """The sections for a terminal of so many columns, ending in a line feed."""
    lines: list[str] = []
    for section in sections:
        lines += [*wrap(clean(section.heading), width), *(r for s in section.sentences for r in wrap(clean(s), width))]
        for table in section.tables:
            lines += ["", *([clean(table.title)] if table.title else [])]
            fitted = fitted_table(table.headers, table.rows, width, table.shrinking, table.spare)
            lines += fitted.lines
            if fitted.left_out:
                names = ", ".join(table.headers[i] for i in fitted.left_out)
                lines += wrap(f"Not shown: {names}; a wider terminal has them.", width)
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def as_markdown(sections: Sequence[Section]) -> str:
    """The sections as a page of Markdown, ending in a line feed."""
    lines: list[str] = []
    for section in sections:
        lines += [f"## {for_markdown(section.heading)}", ""]
        lines += [line for s in section.sentences for line in (for_markdown(s), "")]
        for table in section.tables:
            lines += [f"### {for_markdown(table.title)}", ""] if table.title else []
            lines += [*markdown_table(table.headers, table.rows), ""]
    return "\n".join(lines[:-1]) + "\n"


def _section(table: StateTable, places: Places) -> Section:
    day = moment(table.at.stamp) if table.at is not None else None
    tables = [_addresses(table, day, places), _pools(table), _waiting(table, day, places)]
    heading = f"MetalLB {table.version or 'of unknown version'}, {_state(table, places)}"
    return Section(heading, _sentences(table, places), [t for t in tables if t.rows])


def _state(table: StateTable, places: Places) -> str:
    return f"after {_moment(table, places)}" if table.at is not None else "before the log begins"


def _moment(table: StateTable, places: Places) -> str:
    return f"{places.place(table.at)}{_when(table.at)}" if table.at is not None else "a time before the log"


def _sentences(table: StateTable, places: Places) -> list[str]:
    if table.at is None:
        begins = f", at {places.place(table.began)}{_when(table.began)}" if table.began is not None else ""
        return [f"The log begins later{begins}: nothing is known of that moment."]
    held = {h.service for u in table.in_use for h in u.holders}
    counts = f"{plural(len(held), 'service')} on {plural(len(table.in_use), 'address', 'addresses')}"
    waits = f", {len(table.waiting)} without an address" if table.waiting else ""
    return [f"{counts}{waits}.", *_caveats(table, places)]


def _caveats(table: StateTable, places: Places) -> Iterator[str]:
    """What the reader must know of the table."""
    if table.over:
        yield "The log ends before that moment: this is the state at its end."
    if not table.complete:
        yield (
            "The table is not complete: up to here the log shows neither every service from the controller's start "
            "nor a whole pass over all services, so others may hold addresses too."
        )
    if not table.configured and table.pools:
        yield "The pools may be others by now: lines that would tell of them are missing from the log."
    elif not table.configured:
        yield "The pools are not in the log up to here."
    elif not table.pools:
        yield "There is no pool."
    if table.rejected is not None:
        since = places.place(table.rejected)
        yield f"MetalLB refuses the newest configuration since {since}; the one before it is in force."
    if any(u.doubtful for u in table.in_use):
        yield "Addresses with a question mark: the log contradicts the replay about them."


def _addresses(table: StateTable, day: datetime | None, places: Places) -> Table:
    headers = ("address", "pool", "service", "ports", "sharing key", "backend key", "since", places.header)
    no_pool = "in no pool" if table.configured else ""
    rows = [row for use in table.in_use for row in _use_rows(use, day, places, no_pool)]
    return Table("", headers, rows, (5, 4, 3), (1, 7))


def _use_rows(use: InUse, day: datetime | None, places: Places, no_pool: str) -> Iterator[tuple[str, ...]]:
    address = format_address(use.address) + ("?" if use.doubtful else "")
    for i, held in enumerate(use.holders):
        head = (address, use.pool or no_pool) if i == 0 else ("", "")
        keys = (use.sharing_key, use.backend_key) if i == 0 else ("", "")
        since = clock(held.since, day) if held.since is not None else ""
        ports = ports_text(held.ports) if held.known else "not in the log"
        shown = places.short(held.since) if held.since is not None else ""
        yield (*head, held.service, ports, *keys, since if held.allocated else f"before {since}", shown)


def _pools(table: StateTable) -> Table:
    headers = ("pool", "family", "addresses", "in use", "free", "free addresses", "autoAssign", "for")
    return Table("Pools", headers, [row for p in table.pools for row in _pool_rows(p)], (5, 7), (1,))


def _pool_rows(state: PoolState) -> Iterator[tuple[str, ...]]:
    for room in state.rooms:
        shown = [format_range(r) for r in room.ranges[:MOST_RANGES]]
        left = len(room.ranges) - len(shown)
        free = ", ".join(shown) + (f" and {plural(left, 'more range')}" if left else "")
        if room.avoided and free:
            free += " (without .0 and .255)"
        counts = (_many(room.usable), str(room.used), _many(room.free))
        automatic = "" if state.pool.auto_assign else "false"
        yield (state.pool.name, room.family, *counts, free, automatic, allocation_text(state.pool.allocation))


def _waiting(table: StateTable, day: datetime | None, places: Places) -> Table:
    headers = ("service", "since", "attempts", "last error", places.header)
    rows = [
        (service, clock(wait.first, day), str(wait.attempts), wait.error, places.short(wait.first, wait.last))
        for service, wait in table.waiting
    ]
    return Table("Without an address", headers, rows, (3,))


def _diff_section(tables: Sequence[StateTable], changes: Sequence[Difference], places: Places) -> Section:
    one, other = tables
    caveats = [
        f"Of {name}: {text}" for name, t in (("the first", one), ("the second", other)) for text in _lacks(t, places)
    ]
    heading = f"From {_moment(one, places)} to {_moment(other, places)}{_between(one, other)}"
    day = moment(other.at.stamp) if other.at is not None else None
    headers = ("", "name", "what", "before", "after", "since", places.header)
    rows = [(*d[:3], d.before or "-", d.after or "-", *_since(d, day, places)) for d in changes]
    summary = plural(len(changes), "difference") if changes else "Nothing changed"
    return Section(heading, [f"{summary}.", *caveats], [Table("", headers, rows, (3, 4))] if rows else [])


def _lacks(table: StateTable, places: Places) -> list[str]:
    return _sentences(table, places) if table.at is None else list(_caveats(table, places))


def _since(found: Difference, day: datetime | None, places: Places) -> tuple[str, str]:
    return (clock(found.at, day), places.short(found.at)) if found.at is not None else ("", "")


def _between(one: StateTable, other: StateTable) -> str:
    first = moment(one.at.stamp) if one.at is not None else None
    last = moment(other.at.stamp) if other.at is not None else None
    return f", {length((last - first).total_seconds())} later" if first and last and last > first else ""


def _when(at: Place) -> str:
    found = moment(at.stamp)
    return f" ({found.day} {found:%b %Y %H:%M:%S} UTC)" if found is not None else ""


def _many(number: int) -> str:
    return f"{number:,}" if number < MANY else f"{number:.1e}"
