"""Documents that take several lines: JSON printed with indents, arrays, YAML. Put together, bounded, and decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import orjson

from loganalyzer.sources.joining import Held
from loganalyzer.sources.objects import YAML_BEGINS, YAML_GOES_ON, yaml_documents

LARGEST: Final = 256 << 20
"""Bytes of one document that are kept; the lines of a larger one count as unparsed."""

_TRIES: Final = 16
_TRIED: Final = 1 << 20
"""A line in parts is tried to be read so often, or so many bytes of it: a terminal cuts it into many short ones."""
_ITEM: Final = rb"( *)- (?:apiVersion|kind): "


class Documents:
    """The document under way, if any: a run of lines, of JSON or of YAML.

    Each item of a YAML list that tells its own kind is a document, so that lists of any length can be read.
    """

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._first = 0
        self._size = 0
        self._kind = ""
        self._closing: tuple[bytes, ...] = ()
        self._level: int | None = None
        self.complete = False

    @property
    def open(self) -> bool:
        """Whether a document is under way."""
        return bool(self._kind)

    def begins(self, text: bytes) -> bool:
        """Whether a document of several lines begins here."""
        return text.strip() == b"{" or re.match(YAML_BEGINS, text) is not None or self._is_item(text)

    def feed(self, text: bytes, number: int) -> bool:
        """One more line; False where it does not belong to the document."""
        if not self._kind:
            self._begin(text, number)
        elif (self._kind == "yaml" and (self._ends_item(text) or re.match(YAML_GOES_ON, text) is None)) or (
            self._kind == "json" and text.startswith((b'{"caller"', b'{"level"'))
        ):
            return False
        self._size += len(text) + 1
        if self._size > LARGEST:
            return False
        self._lines.append(text)
        if self._kind == "json":
            self.complete = text.rstrip() in self._closing
        return True

    def _is_item(self, text: bytes) -> bool:
        """Whether an item begins of the list that is under way."""
        found = re.match(_ITEM, text) if self._level is not None else None
        return found is not None and len(found[1]) == self._level

    def _ends_item(self, text: bytes) -> bool:
        """Whether what comes before this line is done with: an item, or what stands before or behind the items."""
        if self._level is None:
            found = re.match(_ITEM, text) if self._lines and self._lines[-1].rstrip() == b"items:" else None
            self._level = len(found[1]) if found else None
            return found is not None
        if self._is_item(text):
            return True
        if text[: self._level + 1].strip(b" ") and not text.startswith(b"- ", self._level):
            self._level = None
            return True
        return False

    def _begin(self, text: bytes, number: int) -> None:
        self._first, self._size, self.complete = number, 0, False
        if text.strip() == b"{":
            indent = text[: len(text) - len(text.lstrip())]
            self._kind, self._closing = "json", (indent + b"}", indent + b"},")
        else:
            self._kind = "yaml"

    def take(self) -> tuple[list[bytes], int]:
        """The lines of the document under way and the number of the first; none is under way any more."""
        taken = (self._lines, self._first)
        self._lines, self._size, self.complete = [], 0, False
        return taken

    def read(self, lines: list[bytes], first: int) -> Iterator[tuple[object, list[bytes], int]]:
        """The documents that the lines are, each with its own lines; None for one that is none."""
        kind, self._kind = self._kind, ""
        if kind == "json":
            yield self.decoded(b"\n".join(lines)), lines, first
            return
        for part, at in _yaml_parts(lines, first):
            found = yaml_documents(b"\n".join(part) + b"\n")
            documents = [d for d in found if d is not None] if found is not None else []
            yield (documents[0] if len(documents) == 1 else None), part, at

    def decoded(self, text: bytes) -> object:
        """A JSON document, or an element of an array of one element a line. None where it is none."""
        for candidate in (text, text.strip(b" \t\r,"), text.strip(b" \t\r,[]")):
            if candidate is text or len(candidate) < len(text):
                try:
                    return orjson.loads(candidate)
                except orjson.JSONDecodeError:
                    continue
        return None

    def readable(self, held: Held) -> bool:
        """Whether the parts make a JSON document; of one line a bounded number of bytes are looked at."""
        held.tried += held.size
        return held.tried <= max(_TRIES * held.size, _TRIED) and self.decoded(held.text()) is not None


def _yaml_parts(lines: list[bytes], first: int) -> Iterator[tuple[list[bytes], int]]:
    """The lines of each document of a YAML stream; its separator belongs to the one behind it."""
    start = 0
    for at, line in enumerate(lines):
        if at > start and line.startswith(b"---"):
            yield lines[start:at], first + start
            start = at
    yield lines[start:], first + start
