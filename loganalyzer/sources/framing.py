"""What an input is cut into before it is read: blocks of lines, and documents of many elements."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Final

import orjson

from loganalyzer.sources.lines import blocks, lines_of
from loganalyzer.sources.wrappings import PLAIN

if TYPE_CHECKING:
    from loganalyzer.sources.answers import Answer

_HEAD: Final = 4096
_BEGINS: Final = (
    rb"\s*(?:\[\s*\{\s*[\"}]"
    rb"|\{\s*\"(?:took|timed_out|hits|_scroll_id|pit_id|is_partial|response|rawResponse|status|data|streams)\"\s*:"
    rb"|\{\s*\"apiVersion\"\s*:\s*\"[^\"]{1,99}\"\s*,\s*\"items\"\s*:"
    rb"|\{\s*\"kind\"\s*:\s*\"[A-Za-z]*List\"\s*,\s*\"apiVersion\"\s*:)"
)
_ELEMENT_A_LINE: Final = rb"\s*\[[ \t\r]*\n[ \t]*(\{.*\}),?[ \t\r]*(?:\n|\Z)"


def decoded(text: bytes) -> object:
    """An element as decoded; bytes that are no UTF-8 are replaced. None where it is no JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return orjson.loads(text.decode("utf-8", "replace"))
        except orjson.JSONDecodeError:
            return None


def framed(pieces: Iterable[bytes], *, on_cut: Callable[[], None] | None = None) -> Iterator[list[bytes] | Answer]:
    """The input's documents of many elements, as long as there is nothing else, then its lines in batches."""
    return map(as_lines, framed_blocks(pieces, on_cut=on_cut))


def as_lines(found: bytes | Answer) -> list[bytes] | Answer:
    """A block's lines; an answer as it is."""
    return lines_of(found) if isinstance(found, bytes) else found


def framed_blocks(
    pieces: Iterable[bytes], *, on_cut: Callable[[], None] | None = None
) -> Generator[bytes | Answer, bytes | None, None]:
    """As `framed`, the lines in blocks, which take what is sent back (`lines.blocks`)."""
    source = iter(pieces)
    head = _head(b"", source)
    while _begins(head):
        from loganalyzer.sources.answers import Answer

        answer = Answer(head, source)
        yield answer
        for _ in answer:
            pass
        head = _head(answer.rest, source)
    yield from blocks(chain((head,), source) if head else source, on_cut=on_cut)


def framed_head(head: bytes) -> Iterator[list[bytes] | Answer]:
    """What is whole in the first bytes of an input."""
    if not _begins(head):
        head = head.rpartition(b"\n")[0]
    return framed([head])


def _begins(head: bytes) -> bool:
    """Whether a document of many elements begins. An array with one element a line is left to what reads lines."""
    if head.startswith(PLAIN) or re.match(_BEGINS, head) is None:
        return False
    line = re.match(_ELEMENT_A_LINE, head)
    return line is None or decoded(line[1]) is None


def _head(begun: bytes, source: Iterator[bytes]) -> bytes:
    """Enough bytes to tell what begins, where it may be a document."""
    head = begun or next(source, b"")
    while len(head) < _HEAD and head.lstrip()[:1] in (b"", b"[", b"{") and not head.startswith(PLAIN):
        more = next(source, b"")
        if not more:
            break
        head += more
    return head
