"""Inputs that are one JSON document of many elements, of any length: answers of log stores, arrays, lists of objects.

Each element is decoded by itself as it comes. What else such a document says is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import chain
from typing import Any, Final

import orjson

from loganalyzer.sources.lines import blocks, lines_of
from loganalyzer.sources.scanning import ARRAY, Element, Elements, Path, Scanner
from loganalyzer.sources.wrappings import PLAIN

LABELS: Final[tuple[Path, ...]] = (("data", "result", ARRAY, "stream"), ("streams", ARRAY, "stream"))
VALUES: Final[tuple[Path, ...]] = (("data", "result", ARRAY, "values", ARRAY), ("streams", ARRAY, "values", ARRAY))
"""Loki's answer, and what is pushed to it (https://grafana.com/docs/loki/latest/reference/loki-http-api/)."""

ELEMENTS: Final[tuple[Path, ...]] = (
    (ARRAY,),
    # Elasticsearch's search, its asynchronous search, and what Kibana's inspector shows.
    ("hits", "hits", ARRAY),
    ("response", "hits", "hits", ARRAY),
    ("rawResponse", "hits", "hits", ARRAY),
    ("items", ARRAY),
)
"""Arrays whose elements are envelopes, records or Kubernetes objects. A new store is one entry."""

_HEAD: Final = 4096
_BLANKS: Final = b" \t\r"
_BEGINS: Final = (
    rb"\s*(?:\[\s*\{\s*[\"}]"
    rb"|\{\s*\"(?:took|timed_out|hits|_scroll_id|pit_id|is_partial|response|rawResponse|status|data|streams)\"\s*:"
    rb"|\{\s*\"apiVersion\"\s*:\s*\"[^\"]{1,99}\"\s*,\s*\"items\"\s*:"
    rb"|\{\s*\"kind\"\s*:\s*\"[A-Za-z]*List\"\s*,\s*\"apiVersion\"\s*:)"
)
_ELEMENT_A_LINE: Final = rb"\s*\[[ \t\r]*\n[ \t]*(\{.*\}),?[ \t\r]*(?:\n|\Z)"


_REFUSALS: Final = 8
"""So often elements are given out together that are not alike."""


class Answer:
    """A document whose elements are given out one after the other, once.

    Afterwards `rest` is what stands behind it, and `lines` how many physical lines are its own.
    """

    def __init__(self, head: bytes, more: Iterator[bytes]) -> None:
        self._pieces = chain((head,), more)
        self._scanner = Scanner((*LABELS, *VALUES, *ELEMENTS))
        self._refused = 0
        self.lines = 0
        self.rest = b""

    def __iter__(self) -> Iterator[Element | Elements]:
        if self._scanner.ended:
            # What stands behind it was found already.
            return
        last = b""
        for piece in chain(self._pieces, (b"",)):
            yield from self._scanner.feed(piece)
            if self._scanner.ended:
                self._end()
                return
            last = piece or last
        broken = self._scanner.cut_off()
        if broken is not None:
            yield broken
        self.lines = self._scanner.lines + (not last.endswith(b"\n"))

    def together(self, *, wanted: bool) -> None:
        """Whether elements that follow upon each other are to be given out together."""
        self._refused += not wanted
        self._scanner.together = wanted and self._refused < _REFUSALS

    def _end(self) -> None:
        """Behind the document: its last line is its own where nothing else stands there."""
        rest = self._scanner.rest.lstrip(_BLANKS)
        while not rest:
            more = next(self._pieces, b"")
            if not more:
                rest = b"\n"
            rest += more.lstrip(_BLANKS)
        own = rest.startswith(b"\n")
        self.lines = self._scanner.lines + own
        self.rest = rest.removeprefix(b"\n")

    def typed(self, item: dict[str, Any]) -> dict[str, Any]:
        """An item of a list, with what a typed list says for all of its items (k8s.io/apimachinery, ListMeta)."""
        kind = self._scanner.scalars.get(("kind",), "").removesuffix("List")
        if not kind or "kind" in item:
            return item
        return {"kind": kind, "apiVersion": self._scanner.scalars.get(("apiVersion",), ""), **item}


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
