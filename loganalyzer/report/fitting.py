"""Plain tables fitted to the width of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from msgspec import Struct

from loganalyzer.report.escape import clean
from loganalyzer.report.terminal import columns, wrap

_WIDEST_WORD: Final = 31
"""A word of a cell is cut only where it is longer: a range of IPv4 addresses is not."""
_SHORT_WORD: Final = 12
"""The same where nothing else makes the table fit."""
_JOINTS: Final = "/-.,="
"""Behind these a name, a range or a selector is cut."""

_GAP: Final = 2


class Fitted(NamedTuple):
    """A table's lines, and the columns that were left out though rows fill them."""

    lines: list[str]
    left_out: list[int]


def fitted_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    width: int,
    shrinking: Sequence[int],
    spare: Sequence[int] = (),
    indent: str = "",
) -> Fitted:
    """A plain table, its cells made harmless; columns that no row fills are left out.

    Where it is wider than `width` the cells of the columns `shrinking` are set in several lines, and then, as long
    as it does not fit, one column of `spare` after the other is left out, and at last words are cut.
    """
    width -= columns(indent)
    cells = [[clean(cell) for cell in row] for row in rows]
    filled = kept = [i for i in range(len(headers)) if any(row[i] for row in cells)]
    for left_out, word in ((None, _WIDEST_WORD), *((i, _WIDEST_WORD) for i in spare), (None, _SHORT_WORD)):
        kept = [i for i in kept if i != left_out]
        found = [_Column.of([headers[i], *(row[i] for row in cells)], word if i in shrinking else 0) for i in kept]
        limits = _limits(found, width)
        if sum(limits) + _GAP * (len(limits) - 1) <= width:
            break
    lines = _set([[headers[i] for i in kept], *([row[i] for i in kept] for row in cells)], limits)
    return Fitted([indent + line for line in lines], [i for i in spare if i in filled and i not in kept])


class _Column(Struct, frozen=True):
    """A column's width as it is, and the least that it can be made."""

    whole: int
    least: int

    @staticmethod
    def of(cells: list[str], word: int) -> _Column:
        """That of these cells, whose words are cut where they are longer; 0: nothing of it is made smaller."""
        whole = max(map(columns, cells))
        if not word:
            return _Column(whole, whole)
        return _Column(whole, min(word, max(columns(part) for cell in cells for part in cell.split(" "))))


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

    # tabulate would break words at their hyphens, and names are to be read and copied as one.
    cells = [["\n".join(_lines(cell, limit)) for cell, limit in zip(row, limits, strict=True)] for row in rows]
    return [line.rstrip() for line in tabulate(cells, tablefmt="plain", disable_numparse=True).splitlines()]


def _lines(cell: str, limit: int) -> list[str]:
    """A cell in lines of at most so many columns; only a word that is wider is cut."""
    if columns(cell) <= limit:
        return [cell]
    return wrap(" ".join(part for word in cell.split(" ") for part in _cut(word, limit)), limit)


def _cut(word: str, limit: int) -> Iterator[str]:
    """A word in pieces of at most so many columns, cut where a name has a joint, if it has one there."""
    at = 0
    while len(word) - at > limit or columns(word[at:]) > limit:
        head = word[at : at + limit]
        end = max(1, sum(1 for width in accumulate(map(columns, head)) if width <= limit))
        joint = max(head.rfind(mark, 0, end) for mark in _JOINTS)
        end = joint + 1 if joint > 0 else end
        yield head[:end]
        at += end
    yield word[at:]
