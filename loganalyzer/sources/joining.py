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


class Held:
    """A line and its parts so far: the first one's number, how many lines it stands for, its time."""

    __slots__ = ("mended", "number", "numbers", "pieces", "size", "span", "spans", "stamp", "tried")

    def __init__(self, number: int, span: int, *, mended: bool = False) -> None:
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
            held = self._held[key] = Held(line.number, 0, mended=line.mended)
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

    def pop(self, key: Key) -> Held:
        """The line under way, which is so no more."""
        held = self._held.pop(key)
        self._size -= held.size
        return held

    def drain(self) -> Iterator[tuple[Key, Held]]:
        """All that is under way, in the order in which it began."""
        for key in list(self._held):
            yield key, self.pop(key)
