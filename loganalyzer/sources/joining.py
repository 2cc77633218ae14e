"""Parts of lines that runtimes and log stores cut, until they are whole. Linear in the line's length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from loganalyzer.sources.lines import LONGEST_LINE

if TYPE_CHECKING:
    from loganalyzer.sources.groups import Group
    from loganalyzer.sources.inputs import Source

Key = tuple["Source", bytes]

_MOST: Final = 4096
"""Lines under way at once; each writer has at most one for each of its pipes."""


def indent_of(text: bytes) -> bytes:
    """The blanks, or the marks of a quotation, with which a line begins."""
    return text[: len(text) - len(text.lstrip(b" \t>"))] if text[:1] in (b" ", b"\t", b">") else b""


class Held:
    """A line and its parts so far: the first one's number, how many lines it stands for, its time.

    `indent`: the blanks or marks before the first part.
    `tried`: so many bytes were read to see whether it is whole.
    """

    __slots__ = ("indent", "mended", "number", "numbers", "pieces", "size", "span", "spans", "stamp", "tried")

    def __init__(self, number: int, span: int, *, mended: bool = False, indent: bytes = b"") -> None:
        self.indent = indent
        self.number = number
        self.span = span
        self.mended = mended
        self.pieces: list[bytes] = []
        self.numbers: list[int] = []
        self.spans: list[int] = []
        self.size = 0
        self.stamp = b""
        self.tried = 0

    def text(self) -> bytes:
        """The parts as one line."""
        return b"".join(self.pieces)

    def give(self, out: Group, stream: Source) -> None:
        """Gives it out as one line."""
        out.add(self.text(), stream, self.stamp, self.number, self.span, mended=self.mended)

    def give_broken(self, out: Group, stream: Source) -> None:
        """A record that never became whole: its beginning, and what was taken for its rest, each by itself."""
        out.add(self.pieces[0], stream, self.stamp, self.number, self.spans[0], mended=self.mended)
        for text, number, span in zip(self.pieces[1:], self.numbers[1:], self.spans[1:], strict=True):
            out.add(text, stream, b"", number, span, mended=False)


class Parts:
    """The lines under way, by writer and pipe. Their bytes together stay within twice the longest line."""

    def __init__(self) -> None:
        self._held: dict[Key, Held] = {}
        self._size = 0

    def __bool__(self) -> bool:
        return bool(self._held)

    def get(self, key: Key) -> Held | None:
        """The line under way of a writer."""
        return self._held.get(key)

    def add(self, key: Key, line: Held, text: bytes, stamp: bytes) -> None:
        """One more part; `line` says where it stands. What makes it too long is left out, and it counts as mended."""
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = Held(line.number, 0, mended=line.mended, indent=line.indent)
            held.stamp = stamp
        if held.size + len(text) > LONGEST_LINE or self._size + len(text) > 2 * LONGEST_LINE or len(self._held) > _MOST:
            held.mended, text = True, b""
        held.pieces.append(text)
        held.numbers.append(line.number)
        held.spans.append(line.span)
        held.span += line.span
        held.size += len(text)
        self._size += len(text)
        held.mended = held.mended or line.mended

    def broken(self, stream: Source, *, anybody: bool) -> Key | None:
        """The record of a writer that broke off; `anybody`: where its rest has no name on it, the only one there is."""
        own = (stream, b"broken")
        if own in self._held or not anybody:
            return own if own in self._held else None
        return next(iter(self._held)) if [pipe for _, pipe in self._held] == [b"broken"] else None

    @property
    def unquoted(self) -> bool:
        """Whether a record broke off that is no quotation: a mark with which its rest begins is its own."""
        return any(pipe == b"broken" and b">" not in held.indent for (_, pipe), held in self._held.items())

    def go_on(self, key: Key, line: Held, text: bytes, stamp: bytes) -> Held:
        """One more part of a record that broke off, and the record so far."""
        held = self._held[key]
        self.add(key, line, text.removeprefix(held.indent), stamp)
        return held

    def pop(self, key: Key) -> Held:
        """The line under way, which is so no more."""
        held = self._held.pop(key)
        self._size -= held.size
        return held

    def drain(self) -> Iterator[tuple[Key, Held]]:
        """All that is under way, in the order in which it began."""
        for key in list(self._held):
            yield key, self.pop(key)
