"""The table of blocked addresses, folded so that a long list stays short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from loganalyzer.correlator.candidates import Candidate
from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.metallb.addresses import format_address
from loganalyzer.report.content import Table
from loganalyzer.report.terminal import plural
from loganalyzer.rules.catalogue import rule

MOST_ROWS: Final = 10


def candidate_table(failure: Failure) -> Table | None:
    """The failure's candidates; None where there are none."""
    found = failure.candidates
    if not found:
        return None
    rows = [_row(run) for run in _folded(found)]
    rest = ""
    if len(rows) > MOST_ROWS or failure.candidates_omitted:
        rest = f"… of {_counted(found, failure.candidates_omitted)} (--format json)"
    return Table(("address", "pool", "blocked by", "held by"), tuple(rows[:MOST_ROWS]), rest)


def _counted(found: Iterable[Candidate], omitted: int) -> str:
    """How many addresses each rule blocks; of those that the diagnosis left out only how many entries they were."""
    counts: Counter[str] = Counter()
    for run in found:
        counts[run.rule] += run.last - run.first + 1
    codes = ", ".join(f"{code} on {n:,}" for code, n in sorted(counts.items()))
    known = plural(counts.total(), "address", "addresses")
    if not omitted:
        return f"{known} in all: {codes}"
    left = plural(omitted, "entry of such a list is", "entries of such a list are")
    return f"the {known} that came furthest: {codes}; {left} left out"


def _folded(found: Iterable[Candidate]) -> list[tuple[Candidate, Candidate, int]]:
    """Runs of one verdict: first, last, and how many different holders they have, where the list is long."""
    items = list(found)
    if len(items) <= MOST_ROWS:
        return [(c, c, 0) for c in items]
    runs: list[tuple[Candidate, Candidate, int]] = []
    for _, same in groupby(items, key=lambda c: (c.pool, c.rule)):
        run = list(same)
        holders = {h for c in run for h in c.holders}
        runs.append((run[0], run[-1], len(holders) if len(run) > 1 else 0))
    return runs


def _row(run: tuple[Candidate, Candidate, int]) -> tuple[str, str, str, str]:
    first, last, holders = run
    name = f"{first.rule} {rule(first.rule).name}"
    if first is last:
        more = f" +{len(first.holders) - 3}" if len(first.holders) > 3 else ""
        return first.addresses, first.pool, name, ", ".join(first.holders[:3]) + more or "nobody"
    addresses = f"{format_address(first.first)}-{format_address(last.last)}"
    return addresses, first.pool, name, plural(holders, "service")
