"""Bytes of any encoding that tools write, as UTF-8: byte order marks, and UTF-16 as PowerShell's `>` writes it."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Longer marks first: UTF-32's begins with UTF-16's. The empty name is UTF-8, which needs no decoding."""

_LOOKED_AT: Final = 64


def as_utf8(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same text in UTF-8, without a byte order mark; what can't be decoded becomes U+FFFD.

    An empty piece says that there is no more for now, and passes.
    """
    found = iter(pieces)
    head = b""
    for piece in found:
        head += piece
        if len(head) >= _LOOKED_AT or (not piece and b"\n" in head):
            break
        if not piece:
            yield b""
    encoding, mark = _encoding(head[:_LOOKED_AT])
    head = head[mark:]
    if not encoding:
        if head:
            yield head
        yield from found
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    yield decoder.decode(head).encode("utf-8", "replace")
    for piece in found:
        yield decoder.decode(piece).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _encoding(head: bytes) -> tuple[str, int]:
    """The encoding that is not UTF-8 (empty: it is), and the length of the mark."""
    for mark, encoding in _MARKS:
        # A mark alone proves nothing: text of MetalLB in these encodings is half zeros.
        if head.startswith(mark) and (not encoding or head.count(0) * 3 >= len(head)):
            return encoding, len(mark)
    even, odd = head[0::2], head[1::2]
    # Without a mark: text of MetalLB is ASCII almost throughout, so every second byte is zero.
    if len(head) >= 8 and len(head) % 2 == 0:
        if not even.count(0) and odd.count(0) * 10 >= len(odd) * 9:
            return "utf-16-le", 0
        if not odd.count(0) and even.count(0) * 10 >= len(even) * 9:
            return "utf-16-be", 0
    return "", 0
