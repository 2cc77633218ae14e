"""Tables that log stores export as CSV (RFC 4180): Grafana, Kibana, Splunk, CloudWatch, Azure, Datadog, Graylog.

A row is an envelope whose names its first line tells.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any, Final

import orjson

from loganalyzer.sources.answers import Answer
from loganalyzer.sources.envelopes import CONTAINER, FILE, NAMESPACE, NODE, POD, TEXT, TIME
from loganalyzer.sources.lines import LONGEST_LINE, batches
from loganalyzer.sources.moments import comparable, moment_of, own_time
from loganalyzer.sources.scanning import ARRAY, Element

_SEPARATORS: Final = b",;\t"
_COLUMN: Final = rb"[\w@./\[\] -]{1,64}"
_MOST_COLUMNS: Final = 256
_LONGEST_ROW: Final = 64
"""Lines that a row may have: behind more of them a quote mark is damage."""

_KNOWN: Final = {
    name.lower(): name for name in reversed((*TEXT, *TIME, *POD, *CONTAINER, *NODE, *NAMESPACE, *FILE, "labels"))
}


def cells_of(row: bytes, separator: bytes) -> list[bytes] | None:
    """The cells of a row; None where its quote marks are not those of a row."""
    if b'"' not in row:
        return row.split(separator)
    cell = rb'(?:"([^"]*+(?:""[^"]*+)*+)"|([^"%s\n]*+))(%s|\Z)' % (separator, separator)
    cells, at = [], 0
    for found in re.finditer(cell, row):
        if found.start() != at:
            return None
        cells.append(found[1].replace(b'""', b'"') if found[1] is not None else found[2])
        at = found.end()
        if not found[3]:
            return cells if at == len(row) else None
    return None


class Header:
    """The first line of a table: the names of its columns, as envelopes have them, and what separates them."""

    __slots__ = ("names", "separator")

    def __init__(self, names: list[str], separator: bytes) -> None:
        self.names = names
        self.separator = separator

    def document(self, row: bytes) -> dict[str, Any] | None:
        """A row as an envelope; None where it is no row of the table."""
        cells = cells_of(row, self.separator)
        if cells is None or len(cells) != len(self.names):
            return None
        document: dict[str, Any] = {n: c.decode("utf-8", "replace") for n, c in zip(self.names, cells, strict=True)}
        labels = document.get("labels")
        if labels is not None:
            try:
                document["labels"] = orjson.loads(labels)
            except orjson.JSONDecodeError:
                del document["labels"]
        return document


def header_of(head: bytes) -> Header | None:
    """The header of the table that begins here; None where none does."""
    first, _, rest = head.partition(b"\n")
    first, second = first.rstrip(b"\r"), rest.partition(b"\n")[0]
    if b'"' not in second or not re.match(rb'"?' + _COLUMN + rb'"?(?:[,;\t]|\Z)', first):
        return None
    for separator in (_SEPARATORS[i : i + 1] for i in range(len(_SEPARATORS))):
        cells = cells_of(first, separator)
        if cells is None or len(cells) > _MOST_COLUMNS or not all(re.fullmatch(_COLUMN, cell) for cell in cells):
            continue
        # Azure tells the zone behind a name.
        names = [cell.decode().removesuffix(" [UTC]") for cell in cells]
        names = [_KNOWN.get(name.lower(), name) for name in names]
        if not set(TEXT).isdisjoint(names) and len(set(names)) == len(names):
            return Header(names, separator)
    return None


class Table(Answer):
    """A table whose rows are given out one after the other, once, as an `Answer` gives out its elements.

    A row with times that can't be read has the time that MetalLB wrote, or that of the row before it.
    """

    def __init__(self, head: bytes, more: Iterator[bytes], header: Header) -> None:
        super().__init__(b"", iter(()))
        self._lines = chain.from_iterable(batches(chain((head,), more)))
        self._header = header
        self._last = b""

    def __iter__(self) -> Iterator[Element]:
        if next(self._lines, None) is None:
            return
        self.lines = 1
        waiting: deque[bytes] = deque()
        while (lines := self._row(waiting)) is not None:
            text = b"\n".join(lines)
            document = self._header.document(text.removesuffix(b"\r"))
            if document is not None:
                self._time(document, text)
            # What is no row is read as any other line is.
            yield Element((ARRAY,), text, self.lines, self.lines + len(lines) - 1, document=document)
            self.lines += len(lines)

    def _row(self, waiting: deque[bytes]) -> list[bytes] | None:
        """The lines of the next row; a single one where its quote marks don't end. None at the end."""
        size = marks = 0
        for count in range(1, _LONGEST_ROW + 1):
            if len(waiting) < count:
                waiting.extend(islice(self._lines, 1))
            if len(waiting) < count or size > LONGEST_LINE:
                break
            size, marks = size + len(waiting[count - 1]), marks + waiting[count - 1].count(b'"')
            if not marks % 2:
                return [waiting.popleft() for _ in range(count)]
        return [waiting.popleft()] if waiting else None

    def _time(self, document: dict[str, Any], text: bytes) -> None:
        for name in TIME:
            stamp = moment_of(document[name]) if name in document else b""
            if comparable(stamp):
                self._last = stamp
                return
            document.pop(name, None)
        self._last = own_time(text) or self._last
        if self._last:
            document["time"] = self._last.decode()

    def together(self, *, wanted: bool) -> None:
        """Rows are given out one by one."""


def begun(head: bytes, more: Iterable[bytes]) -> Table | None:
    """The table that begins here; None where none does."""
    header = header_of(head)
    return Table(head, iter(more), header) if header is not None else None
