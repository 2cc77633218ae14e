"""Lines that one tool wrapped, all alike: their wrappings come off a column at a time, not line by line.

Nearly every batch is like that. One that is not is left to `unwrapping`, which looks at each line; what both give is
the same.
"""

from __future__ import annotations

import re
from itertools import compress, repeat
from operator import not_
from typing import Any, Final

import orjson
from msgspec import structs

from loganalyzer.sources.columns import Columns, opened
from loganalyzer.sources.damage import PIECE
from loganalyzer.sources.envelopes import Envelopes
from loganalyzer.sources.lines import TOGETHER, block_of, lines_of
from loganalyzer.sources.origin import closer
from loganalyzer.sources.wrappings import DEEPEST, HEAD, RECORD, Prefixes, is_envelope

_FEW: Final = 32
"""So few lines, of which some are unlike the others, are looked at one by one."""
_MISSED: Final = 8
"""Where so many pieces in a row were such, halves of what comes next would be, too."""


class Alike:
    """Takes wrappings off batches of lines."""

    __slots__ = ("_envelopes", "_missed", "_prefixes")

    def __init__(self, prefixes: Prefixes, envelopes: Envelopes) -> None:
        self._prefixes = prefixes
        self._envelopes = envelopes
        self._missed = 0

    def by_halves(self, lines: list[bytes]) -> bool:
        """Whether it pays to look at the halves of lines that are not all alike: most often few are unlike the rest."""
        self._missed += len(lines) <= _FEW
        return len(lines) > _FEW and self._missed < _MISSED

    def unwrapped(self, lines: list[bytes]) -> Columns | None:
        """The records that these lines carry, one each; None where any is anything else, or differs in its writer."""
        if sum(map(len, lines)) > TOGETHER:
            return None
        if lines[0].startswith(b'{"') and lines[0].endswith(b","):
            # Elements of an array, one a line. Behind any other line a comma is damage.
            lines = [line.removesuffix(b",") for line in lines]
        now = self._outermost(lines)
        for _ in range(DEEPEST):
            if now is None:
                return None
            if now.block.startswith(RECORD):
                if not are_records(now):
                    return None
                self._missed = 0
                return now
            inner = self._outermost(lines_of(now.block))
            now = inner and structs.replace(
                inner, origin=closer(inner.origin, now.origin), stamps=inner.stamps or now.stamps
            )
        return None

    def _outermost(self, lines: list[bytes]) -> Columns | None:
        """The lines without the outermost of what is around them."""
        return self._opened(lines) if lines[0].startswith(b'{"') else self._stripped(lines)

    def _opened(self, lines: list[bytes]) -> Columns | None:
        """Without their envelopes."""
        try:
            documents = list(map(orjson.loads, lines))
        except orjson.JSONDecodeError:
            return None
        return opened(self._envelopes, documents)

    def _stripped(self, lines: list[bytes]) -> Columns | None:
        """Without their prefixes, which are the same but for the time."""
        first = self._prefixes.strip(lines[0])
        prefix = self._prefixes.last
        if first is None or prefix is None or first.part == "P":
            return None
        found = [m for m in map(prefix.pattern.match, lines) if m is not None]
        if len(found) != len(lines):
            return None
        times: list[bytes] = []
        for name, column in zip(prefix.pattern.groupindex, zip(*map(re.Match.groups, found), strict=True), strict=True):
            if name == "time" and None not in column:
                utc = prefix.pattern.groupindex.get("utc")
                times = list(column) if not utc and b"," not in b"".join(column) else [prefix.time(m) for m in found]
            elif column.count(column[0]) != len(column):
                return None
        texts = [line[m.end() :] for line, m in zip(lines, found, strict=True)]
        if prefix.is_time_alone and False in map(bytes.startswith, texts, repeat(RECORD)):
            # Which of the forms that begin with a time it is has to be asked for each line.
            return None
        return Columns(texts, block_of(texts), first.origin, times)


def are_records(found: Columns) -> bool:
    """Whether each text is a record to which nothing has to be done (`damage.undamaged`)."""
    texts = found.texts
    if isinstance(texts[0], bytes):
        return _begin_and_end(bytes, texts, RECORD, b"}", PIECE)
    # All or none have a line feed.
    ends = "}\n" if texts[0].endswith("\n") else "}"
    return _begin_and_end(str, texts, _RECORD, ends, PIECE if found.block.isascii() else PIECE // 4)


def _begin_and_end(kind: Any, texts: list[Any], begins: tuple[Any, ...], ends: Any, most: int) -> bool:  # noqa: ANN401 - str or bytes
    other = list(compress(texts, map(not_, map(kind.startswith, texts, repeat(begins[0])))))
    return (
        False not in map(kind.startswith, other, repeat(begins[1]))
        and False not in map(kind.endswith, texts, repeat(ends))
        and max(map(len, texts)) <= most
        and not any(map(_is_envelope, other))
    )


def _is_envelope(text: str | bytes) -> bool:
    return is_envelope(text if isinstance(text, bytes) else text[:HEAD].encode("utf-8", "replace"))


_RECORD: Final = tuple(record.decode() for record in RECORD)
