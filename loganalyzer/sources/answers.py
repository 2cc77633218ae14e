"""Inputs that are one JSON document of many elements, of any length: answers of log stores, arrays, lists of objects.

Each element is decoded by itself as it comes. What else such a document says is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from loganalyzer.sources.envelopes import MANY
from loganalyzer.sources.scanning import ARRAY, Element, Elements, Path, Scanner

LABELS: Final[tuple[Path, ...]] = (("data", "result", ARRAY, "stream"), ("streams", ARRAY, "stream"))
VALUES: Final[tuple[Path, ...]] = (("data", "result", ARRAY, "values", ARRAY), ("streams", ARRAY, "values", ARRAY))
"""Loki's answer, and what is pushed to it (https://grafana.com/docs/loki/latest/reference/loki-http-api/)."""

ELEMENTS: Final[tuple[Path, ...]] = (
    (ARRAY,),
    # Elasticsearch's search, its asynchronous search, and what Kibana's inspector shows.
    ("hits", "hits", ARRAY),
    ("response", "hits", "hits", ARRAY),
    ("rawResponse", "hits", "hits", ARRAY),
    ("responses", ARRAY, "hits", "hits", ARRAY),
    ("items", ARRAY),
    *((name, ARRAY) for name in MANY),
)
"""Arrays whose elements are envelopes, records or Kubernetes objects. A new store is one entry."""

_BLANKS: Final = b" \t\r"
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

    @property
    def ended(self) -> bool:
        """Whether its end was found: it was not cut off."""
        return self._scanner.ended

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
