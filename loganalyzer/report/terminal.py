"""Text for a terminal: made harmless, measured in columns, wrapped, coloured."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from loganalyzer.report.escape import clean

__all__ = ["Style", "clean", "columns", "cut", "ends", "pad", "plural", "table", "table_of", "wrap"]


def columns(text: str) -> int:
    """How many columns a text takes; wide characters take two."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    width = wcswidth(text)
    return width if width >= 0 else len(text)


def cut(text: str, width: int) -> str:
    """As much of a text's beginning as takes at most `width` columns."""
    text = text[:width]
    while columns(text) > width:
        text = text[:-1]
    return text


def wrap(text: str, width: int, indent: str = "", hanging: str | None = None) -> list[str]:
    """The text in lines of at most `width` columns; a word that is wider stands alone and is not cut."""
    later = indent if hanging is None else hanging
    lines: list[str] = []
    now, used = indent, columns(indent)
    fresh = True
    for word in text.split(" "):
        size = columns(word)
        if not fresh and used + 1 + size > width:
            lines.append(now)
            now, used, fresh = later, columns(later), True
        now += word if fresh else " " + word
        used += size if fresh else size + 1
        fresh = False
    return [*lines, now]


def pad(text: str, width: int) -> str:
    """The text with spaces behind it up to `width` columns."""
    return text + " " * max(0, width - columns(text))


def ends(left: str, right: str, width: int) -> list[str]:
    """Two texts at both ends of one line; one below the other where they don't fit."""
    gap = width - columns(left) - columns(right)
    if gap >= 2:
        return [left + " " * gap + right]
    return [*wrap(left, width), "  " + right]


class Style(Struct, frozen=True):
    """How to emphasise; with `colour` off every method gives the text as it is."""

    colour: bool = False

    def bad(self, text: str) -> str:
        """Something that fails."""
        return self._in("1;31", text)

    def good(self, text: str) -> str:
        """Something that works."""
        return self._in("32", text)

    def strong(self, text: str) -> str:
        """A heading."""
        return self._in("1", text)

    def rule(self, text: str) -> str:
        """A rule's code and name."""
        return self._in("36", text)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text


def plural(count: int, noun: str, many: str | None = None) -> str:
    """`1 service`, `2 services`, with thousands set apart."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def table(rows: Iterable[Iterable[str]], headers: Iterable[str]) -> list[str]:
    """A plain table as tabulate sets it, its cells as they are."""
    return [line.rstrip() for line in table_of(rows, headers, "plain").splitlines()]


def table_of(rows: Iterable[Iterable[str]], headers: Iterable[str], form: str) -> str:
    """A table in one of tabulate's forms, its cells as they are."""
    from tabulate import tabulate

    return tabulate(
        [list(r) for r in rows],
        headers=list(headers),
        tablefmt=form,
        disable_numparse=True,
    )
