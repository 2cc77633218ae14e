"""Elements of a document that are alike, and lines of one writer, taken together instead of one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import orjson

from loganalyzer.sources.alike import are_records
from loganalyzer.sources.answers import VALUES, Answer
from loganalyzer.sources.columns import Columns, columns_of_lines, opened
from loganalyzer.sources.envelopes import Envelopes, moment_of
from loganalyzer.sources.groups import Group
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.joining import Held
from loganalyzer.sources.lines import lines_of
from loganalyzer.sources.origin import NOWHERE, Origin
from loganalyzer.sources.scanning import Element, Elements, Path
from loganalyzer.sources.sorting import Carried
from loganalyzer.sources.wrappings import Unwrapped


class Many(NamedTuple):
    """The records that elements carry, with a time each, where they stand, and how many lines each counts for."""

    path: Path
    columns: Columns
    numbers: list[int]
    spans: list[int]

    def carried(self, origin: Origin) -> list[Carried]:
        """The records, of this writer."""
        columns = self.columns
        return [
            Carried(Unwrapped(text, origin, stamp, "F"), number, span)
            for text, stamp, number, span in zip(
                lines_of(columns.block), columns.stamps, self.numbers, self.spans, strict=True
            )
        ]


class Placing:
    """Where elements stand, and for how many lines each counts: for those on which none before it stood."""

    def __init__(self) -> None:
        self._counted = self._structure = 0

    def held(self, element: Element, base: int) -> Held:
        """Where an element stands, whose lines are counted from behind line `base`."""
        first, last = base + element.first + 1, base + element.last + 1
        self._counted = max(self._counted, base)
        self._structure += max(0, first - 1 - self._counted)
        span = last - max(first - 1, self._counted)
        self._counted = max(last, self._counted)
        return Held(first, max(0, span))

    def end(self, number: int) -> int:
        """How many of the lines up to this one have only what stands around elements.

        Where something stands behind the document on its last line, that line counts as what that is.
        """
        structure, self._structure = self._structure + number - self._counted, 0
        self._counted = number
        return structure


def elements(answer: Answer, envelopes: Envelopes, placing: Placing, base: int) -> Iterator[Element | Many]:
    """The elements of a document, those together that are alike."""
    for found in answer:
        columns = columns_of(found, envelopes) if isinstance(found, Elements) else None
        if isinstance(found, Element):
            yield found
        elif columns is None:
            answer.together(wanted=False)
            yield from singly(found)
        else:
            places = list(zip(found.firsts, found.lasts, strict=True))
            held = [
                placing.held(Element(found.path, b"", *place), base) for place in places[: None if found.texts else 1]
            ]
            # All on one line, which counts once.
            numbers, spans = [one.number for one in held], [one.span for one in held]
            more = len(places) - len(held)
            yield Many(found.path, columns, numbers + numbers[:1] * more, spans + [0] * more)


def columns_of(found: Elements, envelopes: Envelopes) -> Columns | None:
    """The records that elements carry, one each and all with a time; None where any does not."""
    columns = _values(found.documents) if found.path in VALUES else opened(envelopes, found.documents)
    if columns is None or not columns.stamps or columns.block.count(b"\n") != len(found.documents):
        return None
    return columns if are_records(columns) else None


def _values(documents: list[object]) -> Columns | None:
    """Of Loki's values (`envelopes.loki_line`), whose writer their stream tells."""
    pairs = [(d[0], d[1]) for d in documents if isinstance(d, list) and len(d) >= 2 and isinstance(d[1], str)]
    found = columns_of_lines([text for _, text in pairs], each_ends=False) if len(pairs) == len(documents) else None
    if found is None:
        return None
    stamps = [moment_of(time) for time, _ in pairs]
    return Columns(*found, NOWHERE, stamps) if b"" not in stamps else None


def singly(found: Elements) -> Iterator[Element]:
    """Each of the elements by itself."""
    for i, document in enumerate(found.documents):
        text = found.texts[i] if found.texts else orjson.dumps(document)
        yield Element(found.path, text, found.firsts[i], found.lasts[i], document=document)


def together(some: list[Carried], stream: Callable[[Origin], Source]) -> Group | None:
    """Whole records of one writer; None for lines of several, and where any is a part or no record."""
    lines = [one.line for one in some]
    origin, texts = lines[0].origin, [line.text for line in lines]
    if [line.origin for line in lines].count(origin) != len(lines) or "P" in [line.part for line in lines]:
        return None
    if not are_records(Columns(texts, b"", origin, [])):
        return None
    group = Group()
    group.texts.extend(texts)
    group.streams = [stream(origin)] * len(some)
    group.stamps = [line.stamp for line in lines]
    group.numbers, group.spans = [one.number for one in some], [one.span for one in some]
    group.mended = [False] * len(some)
    return group
