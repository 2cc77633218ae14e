"""A report that must not be longer than a ticket takes: whole units are left out, the least important first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec import Struct

from loganalyzer.report.terminal import plural


class Unit(Struct, frozen=True):
    """What stands or falls as a whole: `what` it is in words, and how much depends on it.

    What has the greatest `rank` is left out first, of equals the one that comes last. Rank 0 stays.
    """

    rank: int
    what: str = ""


class Piece(NamedTuple):
    """Text of a unit; a unit may have several pieces with other units' between them. `unit` is compared by identity."""

    text: str
    unit: Unit


def size(text: str) -> int:
    """The characters of a text as web forms count and send it: UTF-16, line ends as two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 + text.count("\n")


def fitted(pieces: Sequence[Piece], most: int | None, note: Callable[[str], str]) -> str:
    """The pieces joined, of at most `most` characters; None: as they are.

    Where units are left out, `note` makes of what is missing (`2 quotations and 1 list`) the text that stands at the
    end. Only what always stays may make it longer than `most`.
    """
    total = sum(size(piece.text) for piece in pieces)
    if most is None or total <= most:
        return "".join(piece.text for piece in pieces)
    sizes: dict[int, int] = {}
    for piece in pieces:
        sizes[id(piece.unit)] = sizes.get(id(piece.unit), 0) + size(piece.text)
    order = sorted({id(p.unit): p.unit for p in pieces if p.unit.rank}.values(), key=lambda unit: unit.rank)
    left: Counter[str] = Counter()
    gone: set[int] = set()
    while order and total + size(note(_listed(left))) > most:
        unit = order.pop()
        total -= sizes[id(unit)]
        gone.add(id(unit))
        left[unit.what] += 1
    return "".join(piece.text for piece in pieces if id(piece.unit) not in gone) + note(_listed(left))


def _listed(left: Counter[str]) -> str:
    parts = [plural(count, what) for what, count in reversed(left.items())]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)
