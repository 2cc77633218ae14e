"""The table of blocked addresses, folded so that a long list stays short."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from loganalyzer.correlator.candidates import Candidate
from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.metallb.addresses import format_address
from loganalyzer.report.terminal import clean, plural, table
from loganalyzer.rules.catalogue import rule

MOST_ROWS: Final = 10


def candidate_rows(failure: Failure, width: int) -> list[str]:
    """The failure's candidates as a table, indented by two; empty where there are none."""
    found = failure.candidates
    if not found:
        return []
    rows = [_row(run) for run in _folded(found)]
    lines = table(rows[:MOST_ROWS], ("address", "pool", "blocked by", "held by"), "  ")
    if max(map(len, lines)) > width:
        narrow = [(address, code.partition(" ")[0], held) for address, _, code, held in rows[:MOST_ROWS]]
        lines = table(narrow, ("address", "blocked by", "held by"), "  ")
    left = len(rows) - MOST_ROWS
    if left > 0 or failure.candidates_omitted:
        rest = Counter(c.rule for c in found)
        codes = ", ".join(f"{code} on {n}" for code, n in sorted(rest.items()))
        lines.append(f"  … of {plural(len(found) + failure.candidates_omitted, 'run')} in all: {codes} (--format json)")
    return lines


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
        shown = ", ".join(map(clean, first.holders[:3])) + (
            f" +{len(first.holders) - 3}" if len(first.holders) > 3 else ""
        )
        return first.addresses, clean(first.pool), name, shown or "nobody"
    addresses = f"{format_address(first.first)}-{format_address(last.last)}"
    return addresses, clean(first.pool), name, plural(holders, "service")
