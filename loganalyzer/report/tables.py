"""Tables in the forms that programs and pages take: CSV, Markdown, and plain ones fitted to a width."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from loganalyzer.report.escape import clean, for_markdown
from loganalyzer.report.events import safe_cell
from loganalyzer.report.terminal import columns

_PIECE: Final = 1 << 16
_NARROWEST: Final = 12
"""Columns that a cell is never made narrower than."""

_GAP: Final = 2
_HEADER_GAP: Final = 2
"""What tabulate adds to a header's width."""


def csv_pieces(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """CSV with a header; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(headers)
    for row in rows:
        writer.writerow([safe_cell("" if value is None else value) for value in row])
        if buffer.tell() > _PIECE:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def markdown_table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table; cells are shown as they are, whatever is in them."""
    lines = [f"| {' | '.join(headers)} |", f"|{' --- |' * len(headers)}"]
    lines += [f"| {' | '.join(map(for_markdown, row))} |" for row in rows]
    return lines


def fitted_table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], width: int, shrinking: Sequence[int], indent: str = ""
) -> list[str]:
    """The lines of a plain table, its cells made harmless; columns that no row fills are left out.

    Where it is wider than `width` the cells of the columns `shrinking` are set in several lines.
    """
    cells = [[clean(cell) for cell in row] for row in rows]
    kept = [i for i in range(len(headers)) if any(row[i] for row in cells)]
    widths = [max([columns(headers[i]) + _HEADER_GAP, *(columns(row[i]) for row in cells)]) for i in kept]
    room = width - len(indent) - _GAP * (len(kept) - 1)
    limits = _limits(widths, [k for k, i in enumerate(kept) if i in shrinking], room)
    return _set([[row[i] for i in kept] for row in cells], [headers[i] for i in kept], limits, indent)


def _limits(widths: list[int], shrinking: list[int], room: int) -> list[int]:
    """The widths, those of some columns made smaller until all fit or nothing more can be had."""
    found = list(widths)
    while sum(found) > room and shrinking:
        widest = max(shrinking, key=lambda i: found[i])
        if found[widest] <= _NARROWEST:
            break
        found[widest] -= 1
    return found


def _set(rows: list[list[str]], headers: list[str], limits: list[int], indent: str) -> list[str]:
    from tabulate import tabulate

    text = tabulate(rows, headers=headers, tablefmt="plain", disable_numparse=True, maxcolwidths=list(limits))
    return [(indent + line).rstrip() for line in text.splitlines()]
