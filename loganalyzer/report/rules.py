"""The catalogue and its pages, for reading and for programs."""

from __future__ import annotations

from typing import Any

from loganalyzer.report.terminal import Style, columns, wrap
from loganalyzer.rules.catalogue import catalogue


def listing(width: int, style: Style) -> str:
    """All rules, one below the other: code, name, when it holds."""
    widest = max(columns(entry.name) for entry in catalogue().values())
    lines = []
    for entry in catalogue().values():
        left = f"{entry.code}  {entry.name:{widest}}  "
        first, *more = wrap(entry.holds_when, max(width, 60), left, " " * len(left))
        lines += [style.rule(first[: len(left)]) + first[len(left) :], *more]
    return "\n".join(lines) + "\n"


def catalogue_data() -> list[dict[str, Any]]:
    """The catalogue for programs: code, name, holds_when."""
    return [{"rule": r.code, "name": r.name, "holds_when": r.holds_when} for r in catalogue().values()]
