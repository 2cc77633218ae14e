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
    rb"|\{\s*\"(?:took|timed_out|hits|_scroll_id|pit_id|is_partial|responses?|rawResponse|status|data|streams"
    rb"|results|preview|init_offset|statistics|events|searchedLogStreams|next\w*Token|logEvents|messageType|entries"
    rb"|messages)\"\s*:"
    rb"|\{\s*\"apiVersion\"\s*:\s*\"[^\"]{1,99}\"\s*,\s*\"items\"\s*:"
    rb"|\{\s*\"kind\"\s*:\s*\"[A-Za-z]*List\"\s*,\s*\"apiVersion\"\s*:)"
)
_NAMES: Final = rb"[\w@\"][^{}:]{0,4096}(?:\n|\Z)"
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
    table = _table(head, source)
    if table is not None:
        yield table
        return
    while _begins_answer(head):
        from loganalyzer.sources.answers import Answer

        answer = Answer(head, source)
        yield answer
        for _ in answer:
            pass
        head = _head(answer.rest, source)
    yield from blocks(chain((head,), source) if head else source, on_cut=on_cut)


def framed_head(head: bytes) -> Iterator[list[bytes] | Answer]:
    """What is whole in the first bytes of an input."""
    if not _begins_answer(head):
        head = head.rpartition(b"\n")[0]
    return framed([head])


def begins_document(head: bytes) -> bool:
    """Whether a document of many elements begins: it is told by itself in which order these are."""
    return _begins_answer(head) or _table(head, iter(())) is not None


def _begins_answer(head: bytes) -> bool:
    """Whether a JSON document of many elements begins. One element a line is left to what reads lines."""
    if head.startswith(PLAIN) or re.match(_BEGINS, head) is None:
        return False
    line = re.match(_ELEMENT_A_LINE, head)
    return (line is None or decoded(line[1]) is None) and not _is_envelope(head)


def _table(head: bytes, source: Iterator[bytes]) -> Answer | None:
    """The table that begins here; most inputs are told by their first sign."""
    if re.match(_NAMES, head) is None:
        return None
    from loganalyzer.sources.exported import begun

    return begun(head, source)


def _is_envelope(head: bytes) -> bool:
    """Whether what begins here as an answer does is a document of one line of the log, as all that follow may be."""
    from loganalyzer.sources.answers import Answer
    from loganalyzer.sources.envelopes import Envelopes

    answer = Answer(head, iter(()))
    if not head.lstrip().startswith(b"{") or any(True for _ in answer) or not answer.ended:
        return False
    text = head[: len(head) - len(answer.rest)]
    return Envelopes().carried(decoded(text)) is not None


def _head(begun: bytes, source: Iterator[bytes]) -> bytes:
    """Enough bytes to tell what begins, where it may be a document."""
    head = begun or next(source, b"")
    while len(head) < _HEAD and (
        (head.lstrip()[:1] in (b"", b"[", b"{") and not head.startswith(PLAIN))
        or (re.match(_NAMES, head) is not None and b"\n" not in head[:-1])
    ):
        more = next(source, b"")
        if not more:
            break
        head += more
    return head
