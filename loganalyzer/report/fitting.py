"""Tables in the forms that programs and pages take: CSV, Markdown, and plain ones fitted to a width."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from loganalyzer.report.escape import clean, for_markdown
from loganalyzer.report.events import cell
from loganalyzer.report.terminal import columns

_PIECE: Final = 1 << 16
_WIDEST_WORD: Final = 31
"""A word of a cell is cut only where it is longer: a range of IPv4 addresses is not."""

_GAP: Final = 2


def csv_pieces(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """CSV with a header; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(headers)
    for row in rows:
        writer.writerow([cell("" if value is None else value) for value in row])
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
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    width: int,
    shrinking: Sequence[int],
    spare: Sequence[int] = (),
) -> list[str]:
    """The lines of a plain table, its cells made harmless; columns that no row fills are left out.

    Where it is wider than `width` the cells of the columns `shrinking` are set in several lines, and then, as long
    as it does not fit, one column of `spare` after the other is left out.
    """
    cells = [[clean(cell) for cell in row] for row in rows]
    kept = [i for i in range(len(headers)) if any(row[i] for row in cells)]
    for left_out in (None, *spare):
        kept = [i for i in kept if i != left_out]
        limits = _limits([_Column.of(headers[i], [row[i] for row in cells], i in shrinking) for i in kept], width)
        if sum(limits) + _GAP * (len(limits) - 1) <= width:
            break
    return _set([[headers[i] for i in kept], *([row[i] for i in kept] for row in cells)], limits)


class _Column(NamedTuple):
    """A column's width as it is, and the least that it can be made."""

    whole: int
    least: int

    @staticmethod
    def of(header: str, cells: list[str], shrinks: bool) -> _Column:  # noqa: FBT001
        whole = max(map(columns, (header, *cells)))
        if not shrinks:
            return _Column(whole, whole)
        words = [min(columns(word), _WIDEST_WORD) for cell in (header, *cells) for word in cell.split(" ")]
        return _Column(whole, max(words))


def _limits(found: list[_Column], width: int) -> list[int]:
    """The columns' widths, the widest of them made smaller until all fit or nothing more can be had."""
    limits = [column.whole for column in found]
    room = width - _GAP * (len(found) - 1)
    while sum(limits) > room:
        wide = [i for i, column in enumerate(found) if limits[i] > column.least]
        if not wide:
            break
        limits[max(wide, key=lambda i: limits[i])] -= 1
    return limits


def _set(rows: list[list[str]], limits: list[int]) -> list[str]:
    """The rows set; the headings are the first of them, as tabulate would set headings two columns wider."""
    from tabulate import tabulate

    text = tabulate(rows, tablefmt="plain", disable_numparse=True, maxcolwidths=list(limits))
    return [line.rstrip() for line in text.splitlines()]
