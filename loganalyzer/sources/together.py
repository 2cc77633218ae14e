"""Elements of a document that are alike, and lines of one writer, taken together instead of one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, chain
from typing import Any, Final

from msgspec import Struct

from loganalyzer.sources.alike import are_records
from loganalyzer.sources.answers import VALUES, Answer
from loganalyzer.sources.columns import Columns, columns_of_lines, opened
from loganalyzer.sources.envelopes import Envelopes
from loganalyzer.sources.groups import Group
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.joining import Held
from loganalyzer.sources.lines import block_of
from loganalyzer.sources.moments import comparable, moments_of
from loganalyzer.sources.origin import NOWHERE, Origin
from loganalyzer.sources.scanning import Element, Elements, Path
from loganalyzer.sources.sorting import Block, Carried

_PAIR: Final = 2
"""What one of Loki's values has at least: a time and a line."""


class Many(Struct, frozen=True):
    """The records that elements carry, with a time each, and where their document has them."""

    path: Path
    block: Block


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

    def many(self, found: Elements, base: int) -> tuple[list[int], list[int]]:
        """As `held`, of elements that follow upon each other: their numbers, and for how many lines each counts."""
        first = self.held(Element(found.path, b"", found.first, found.first + found.heights[0]), base)
        heights, apart, count = found.heights, found.apart, len(found.heights)
        step = heights[0] + apart
        if heights.count(heights[0]) == count:
            numbers = list(range(first.number, first.number + step * count, step)) if step else [first.number] * count
        else:
            numbers = list(accumulate((height + apart for height in heights[:-1]), initial=first.number))
        self._structure += max(0, apart - 1) * (count - 1)
        self._counted = max(self._counted, numbers[-1] + heights[-1])
        own = heights[1:] if not apart else [height + 1 for height in heights[1:]]
        return numbers, [first.span, *own]

    def end(self, number: int) -> int:
        """How many of the lines up to this one have only what stands around elements.

        Where something stands behind the document on its last line, that line counts as what that is.
        """
        structure, self._structure = self._structure + number - self._counted, 0
        self._counted = number
        return structure


def elements(answer: Answer, envelopes: Envelopes, placing: Placing, base: int) -> Iterator[Element | Many]:
    """The elements of a document, those together that are alike."""
    turned = False
    for found in answer:
        columns = columns_of(found, envelopes, turned=turned) if isinstance(found, Elements) else None
        if isinstance(found, Element):
            yield found
        elif columns is None:
            answer.together(wanted=False)
            yield from found.singly()
        else:
            numbers, spans = placing.many(found, base)
            if turned:
                numbers, spans = numbers[::-1], spans[::-1]
            yield Many(found.path, Block(columns.block, columns.origin, columns.stamps, numbers, spans, turned))
            # What is newest first goes on so, and where times are equal: turned round before texts are put together.
            turned = (comparable(columns.stamps[0]) > comparable(columns.stamps[-1])) != turned


def columns_of(found: Elements, envelopes: Envelopes, *, turned: bool = False) -> Columns | None:
    """The records that elements carry, one each and all with a time; None where any does not."""
    documents = found.documents[::-1] if turned else found.documents
    columns = _values(documents) if found.path in VALUES else opened(envelopes, documents)
    if columns is None or not columns.stamps:
        return None
    return columns if are_records(columns) else None


def _values(documents: list[Any]) -> Columns | None:
    """Of Loki's values (`envelopes.loki_line`), whose writer their stream tells."""
    if set(map(type, documents)) != {list} or min(map(len, documents)) < _PAIR:
        return None
    texts = [value[1] for value in documents]
    found = columns_of_lines(texts, each_ends=False) if set(map(type, texts)) == {str} else None
    if found is None:
        return None
    stamps = moments_of([value[0] for value in documents])
    return Columns(*found, NOWHERE, stamps) if b"" not in stamps else None


def in_groups(lines: Iterable[Carried | Block], most: int) -> Iterator[list[Block | list[Carried]]]:
    """So many lines at once, and those of the block with which they are as many: blocks, and lines between them.

    Those of a short document are one group, as they may all stand on one line.
    """
    some: list[Block | list[Carried]] = []
    single: list[Carried] = []
    size = 0
    for one in lines:
        if isinstance(one, Carried):
            if not single:
                some.append(single)
            single.append(one)
            size += 1
        else:
            some.append(one)
            single = []
            size += len(one.numbers)
        if size >= most:
            yield some
            some, single, size = [], [], 0
    if some:
        yield some


def together(some: list[Block | list[Carried]], stream: Callable[[Origin], Source]) -> Group | None:
    """Whole records of one writer; None for lines of several, and where any is a part or no record."""
    blocks = [block for one in some if (block := one if isinstance(one, Block) else _block(one)) is not None]
    origin = blocks[0].origin if blocks else NOWHERE
    if len(blocks) != len(some) or [block.origin for block in blocks].count(origin) != len(blocks):
        return None
    texts, _, *columns = zip(*(block[:-1] for block in blocks), strict=True)
    whole = b"".join(texts) if len(texts) > 1 else texts[0]
    stamps, numbers, spans = (list(chain.from_iterable(column)) for column in columns)
    return Group.of_one(stream(origin), whole, stamps, numbers, spans)


def _block(some: list[Carried]) -> Block | None:
    """Lines as a block, where they are one writer's whole records."""
    lines = [one.line for one in some]
    origin, texts = lines[0].origin, [line.text for line in lines]
    if [line.origin for line in lines].count(origin) != len(lines) or "P" in [line.part for line in lines]:
        return None
    block = block_of(texts)
    if block.count(b"\n") != len(texts) or not are_records(Columns(texts, block, origin, [])):
        return None
    stamps, numbers = [line.stamp for line in lines], [one.number for one in some]
    return Block(block, origin, stamps, numbers, [one.span for one in some])


def singly(some: list[Block | list[Carried]]) -> Iterator[Carried]:
    """The lines one by one."""
    return chain.from_iterable(one.carried() if isinstance(one, Block) else one for one in some)
