"""Elements of a JSON document of any length, cut out one at a time as its bytes come.

Only brackets and the keys on the way to the elements are looked at; the elements themselves are left to the decoder.
Linear in the document's length; memory depends on the longest element alone. Libraries that read JSON piece by piece
decode all of it, in several times what orjson takes for an element, and don't tell lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any, Final

import orjson
from msgspec import Struct

from loganalyzer.sources.lines import LONGEST_LINE, fed_lines, feeds_in

Path = tuple[str, ...]

ARRAY: Final = "*"
"""A step of a path into an array."""

_RUN: Final = re.compile(rb"(?:[^\"{}\[\]]++|\"[^\"]*+\")*+")
_SCALAR: Final = re.compile(rb"[\s\w.+-]*+")
_LONGEST_KEY: Final = 256

_NEXT: Final = {
    b"{": re.compile(rb"\}(?=\s{0,99},\s{0,99}\{\s{0,99}\")"),
    b"[": re.compile(rb"\](?=\s{0,99},\s{0,99}\[\s{0,99}\")"),
}
"""Where an element ends if another one like it follows. Within a string there is no such quote."""

_BETWEEN: Final = re.compile(rb"(?P<ends>[}\]])\s{0,99},\s{0,99}(?P<opens>[{\[])\s{0,99}\"")
"""What stands between two elements that are alike."""

_FURTHEST: Final = 1 << 16
_WINDOW: Final = 1 << 14
_GUESSES: Final = 16


class Element(Struct, frozen=True):
    """One element: its path, its bytes, and the lines on which it begins and ends, counted from 0.

    `whole` is False for one that the document's end cut off. `document` is what it says, where that is known already.
    """

    path: Path
    text: bytes
    first: int
    last: int
    whole: bool = True
    document: object = None


class Elements(Struct, frozen=True):
    """Elements of one path, one behind the other: what they say, and the line on which the first begins.

    `heights` are the line feeds that each has, `apart` those between two of them. `text` is all their bytes, and
    `between` what stands at the end of one and the beginning of the next, the latter from `opens` on; both are empty
    where all stand on one line.
    """

    path: Path
    documents: list[Any]
    first: int
    heights: list[int]
    apart: int = 0
    text: bytes = b""
    between: bytes = b""
    opens: int = 0

    def singly(self) -> Iterator[Element]:
        """Each of them by itself."""
        first, end = self.first, len(self.documents) - 1
        pieces = self.text.split(self.between) if self.text else []
        for i, (document, height) in enumerate(zip(self.documents, self.heights, strict=True)):
            if pieces:
                text = self.between[self.opens :] * (i > 0) + pieces[i] + self.between[:1] * (i < end)
            else:
                text = orjson.dumps(document)
            yield Element(self.path, text, first, first + height, document=document)
            first += height + self.apart


class Scanner:
    """Reads one document. `targets` are the paths of the elements that are wanted; all else is passed over.

    After its end `rest` holds the bytes behind it. What is no JSON ends it, too: `rest` begins there. `lines` are the
    line feeds that were passed, `scalars` the texts that stand in the document itself. `together`: elements that follow
    upon each other may be given out as one.
    """

    def __init__(self, targets: Iterable[Path]) -> None:
        self._targets = frozenset(targets)
        self._ways = frozenset(path[:n] for path in self._targets for n in range(len(path)))
        self._path: list[str] = []
        self._arrays: list[bool] = []
        self._key = ""
        self._at_key = False
        self._depth = 0
        self._within = False
        self._left = b""
        self._text = b""
        self._pieces: list[bytes] = []
        self._size = 0
        self._wanted: Path | None = None
        self._first = 0
        self._counted = 0
        self._before: Path | None = None
        self._guesses = _GUESSES
        self.together = False
        self.scalars: dict[Path, str] = {}
        self.lines = 0
        self.ended = False
        self.rest = b""

    def feed(self, data: bytes) -> Iterator[Element | Elements]:
        """The elements that end in these bytes, the next ones of the document.

        What stands behind elements that were given out as one waits for more bytes; no bytes: there are none for now.
        """
        waits, data = data != b"", self._uncut(data)
        at = self._counted = 0
        if self._before is not None:
            # One of many has ended at the first of the bytes.
            path, self._before, at = self._before, None, 1
            many = self._many(data, at, path)
            if many is not None:
                at = self._counted
                yield many
                if waits and self._waits(data, at, path):
                    return
        yield from self._scan(data, at, waits=waits)

    def _scan(self, data: bytes, at: int, *, waits: bool) -> Iterator[Element | Elements]:
        """The elements that end in the bytes from this place on."""
        start, since, signs = 0, at, self._signs(data, at)
        while at < len(data) and not self.ended:
            if at >= since + len(signs):
                since, signs = at, self._signs(data, at)
            if self._within:
                at = since + self._string(signs, at - since)
            elif self._depth:
                at = since + self._skip(signs, at - since)
                if not self._depth and self._wanted is not None:
                    yield self._element(self._wanted, data, start, at)
            else:
                at = since + self._step(signs, at - since)
                if not self._depth:
                    continue
                start = at - 1
                self._count(data, start)
                self._first = self.lines
                found = self._guessed(data, start, signs, start - since) if self._wanted and self._guesses else None
                if found is None:
                    continue
                at = start + len(found.text)
                yield found
                many = self._many(data, at, found.path) if self.together else None
                if many is not None:
                    at = self._counted
                    yield many
                    if waits and self._waits(data, at, found.path):
                        return
        if self.ended:
            self.rest, self._left = data[at:] + self._left, b""
        elif self._depth and self._wanted is not None:
            self._hold(data[start:])
        self._count(data, at)

    def _waits(self, data: bytes, at: int, path: Path) -> bool:
        """Whether what stands behind the last of many is looked at with the bytes that come next: it is short."""
        if len(data) - at > _FURTHEST:
            return False
        self._before, self._left = path, data[at - 1 :] + self._left
        return True

    def _signs(self, data: bytes, at: int) -> bytes:
        """Bytes from this place on, as long as they are themselves, in which a quote ends a string.

        Where elements are taken together few of the bytes are looked at.
        """
        piece = data[at : at + _WINDOW] if self.together else data[at:]
        odd = (len(piece) - len(piece.rstrip(b"\\"))) % 2
        return (piece[:-1] if odd else piece).replace(b"\\\\", b"__").replace(b'\\"', b"__")

    def _guessed(self, data: bytes, start: int, signs: bytes, begins: int) -> Element | None:
        """The element that begins here, where it ends at the first place that looks so: one that decodes is whole."""
        end = _NEXT[data[start : start + 1]].search(signs, begins, begins + _FURTHEST)
        self._guesses -= 1
        if end is None or self._wanted is None:
            return None
        text = data[start : start + end.end() - begins]
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        self._guesses, self._depth = _GUESSES, 0
        self._count(data, start + len(text))
        found = Element(self._wanted, text, self._first, self.lines, document=document)
        self._wanted = None
        return found

    def _many(self, data: bytes, end: int, path: Path) -> Elements | None:
        """The elements behind one that has ended here, up to the last that is whole, decoded at once.

        What decodes as an array of elements is just these.
        """
        between = _BETWEEN.match(data, end - 1)
        # Within a string a quote mark has a backslash before it.
        last = data.rfind(between[0], end) if between is not None else -1
        if between is None or last < between.end():
            return None
        begins, behind = between.start("opens"), last + 1
        try:
            documents = orjson.loads(b"".join((b"[", memoryview(data)[begins:behind], b"]")))
        except orjson.JSONDecodeError:
            return None
        if set(map(type, documents)) != {dict if data[begins : begins + 1] == b"{" else list}:
            return None
        self._count(data, begins)
        first, self._counted = self.lines, behind
        if data.find(b"\n", begins, behind) < 0:
            return Elements(path, documents, first, [0] * len(documents))
        text, opens = data[begins:behind], begins - end + 1
        heights = heights_of(text, between[0], opens, len(documents))
        if not heights:
            self._counted = begins
            return None
        apart = between[0].count(b"\n", 0, opens)
        self.lines += sum(heights) + apart * (len(heights) - 1)
        return Elements(path, documents, first, heights, apart, text, between[0], opens)

    def cut_off(self) -> Element | None:
        """The element that has begun and not ended, where the bytes are at their end."""
        if not self._depth or self._wanted is None:
            return None
        found = Element(self._wanted, b"".join(self._pieces), self._first, self.lines, whole=False)
        self._pieces, self._wanted, self._depth = [], None, 0
        return found

    def _count(self, data: bytes, at: int) -> None:
        self.lines += feeds_in(data, self._counted, at)
        self._counted = at

    def _hold(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > LONGEST_LINE:
            # Nothing that is known has elements like this one.
            self._wanted, self._pieces = None, []
        else:
            self._pieces.append(piece)

    def _element(self, path: Path, data: bytes, start: int, end: int) -> Element:
        self._pieces.append(data[0 if self._pieces else start : end])
        self._count(data, end)
        found = Element(path, b"".join(self._pieces), self._first, self.lines)
        self._pieces, self._wanted = [], None
        return found

    def _uncut(self, data: bytes) -> bytes:
        """The bytes with what was left of those before, without a backslash at the end whose second half is to come."""
        data = self._left + data
        odd = (len(data) - len(data.rstrip(b"\\"))) % 2
        self._left = b"\\" * odd
        return data[: len(data) - odd]

    def _string(self, signs: bytes, at: int) -> int:
        """To the end of the string that is under way, or of the bytes."""
        end = signs.find(b'"', at)
        if not self._depth and len(self._text) < _LONGEST_KEY:
            self._text += signs[at : end if end >= 0 else None]
        if end < 0:
            return len(signs)
        self._within = False
        if not self._depth:
            self._named()
        return end + 1

    def _named(self) -> None:
        """A string of the document's own has ended: a key, or a value of one."""
        text, self._text = self._text[:_LONGEST_KEY].decode("utf-8", "replace"), b""
        if self._at_key:
            self._key, self._at_key = text, False
        elif len(self._path) == 1 and not self._arrays[-1]:
            self.scalars[(self._key,)] = text

    def _skip(self, signs: bytes, at: int) -> int:
        """To the next bracket of what is not the document's own, and past it."""
        at = _RUN.match(signs, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if at == len(signs):
            return at
        byte = signs[at : at + 1]
        if byte == b'"':
            self._within = True
        elif byte in b"{[":
            self._depth += 1
        else:
            self._depth -= 1
        return at + 1

    def _step(self, data: bytes, at: int) -> int:
        """Past the next sign of the document's own."""
        at = _SCALAR.match(data, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        if at == len(data):
            return at
        byte = data[at : at + 1]
        if byte == b'"':
            self._within = True
        elif byte in (b"{", b"["):
            self._enter(array=byte == b"[")
        elif byte in (b"}", b"]"):
            if not self._arrays or self._arrays.pop() is not (byte == b"]"):
                self.ended = True
                return at
            self._path.pop()
            self._at_key = False
            self.ended = not self._arrays
        elif byte == b",":
            self._at_key = bool(self._arrays) and not self._arrays[-1]
        elif byte != b":":
            self.ended = True
            return at
        return at + 1

    def _enter(self, *, array: bool) -> None:
        """A bracket opens: of an element, of what leads to one, or of something else."""
        path = (*self._path[1:], ARRAY if self._arrays[-1] else self._key) if self._arrays else ()
        if path in self._ways:
            self._path.append(path[-1] if path else "")
            self._arrays.append(array)
            self._at_key = not array
            return
        self._depth, self._size = 1, 0
        self._wanted = path if path in self._targets else None


def heights_of(text: bytes, between: bytes, opens: int, count: int) -> list[int]:
    """The line feeds of each of so many elements, if this stands between each two; the latter begins at `opens` there.

    Empty where anything else stands there.
    """
    begins = between.find(b"\n", opens) + 1
    line = between[:opens].rpartition(b"\n")[2] + between[opens:begins]
    if line.endswith(b"\n") and b"\n" in between[:opens] and count > 1:
        # The bracket with which an element begins has a line of its own, and nearly always all have as many lines.
        lines = fed_lines(text)
        height, over = divmod(len(lines), count)
        ends = lines[height - 1 :: height][: count - 1] if height else []
        if (
            ends
            and not over
            and lines[height::height] == [line] * (count - 1)
            and ends == ends[:1] * (count - 1)
            and ends[0].endswith(between[: between.find(b"\n") + 1])
            and False not in map(bytes.startswith, lines[height + 1 :: height], repeat(between[begins:]))
        ):
            return [height - 1] * count
    pieces = text.split(between)
    heights = [len(piece) - len(piece.replace(b"\n", b"")) for piece in pieces]
    more = between.count(b"\n", opens)
    return [heights[0], *(height + more for height in heights[1:])] if len(pieces) == count else []
