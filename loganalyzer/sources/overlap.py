"""Where two inputs of one writer overlap: a run of whole lines at the end of one begins the other."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Final

from loganalyzer.sources.groups import Group

Line = tuple[int, bytes]

SHORTEST: Final = 2
"""Lines that a run has at least: MetalLB's times are whole seconds, so single equal lines prove nothing."""


def numbered(groups: Iterable[list[bytes] | Group]) -> Iterator[Line]:
    """The texts of unwrapped lines with their numbers; blank ones are left out."""
    number = 0
    for group in groups:
        if isinstance(group, list):
            for text in group:
                number += 1
                if text:
                    yield number, text
        else:
            yield from ((n, t) for n, t in zip(group.numbers, group.texts, strict=True) if t)
            number += sum(group.spans) + group.structure


def overlap(earlier: Iterable[Line], later: Iterable[Line]) -> int:
    """The number of the later input's last line that stands in the earlier one too; 0: they don't overlap.

    Keeps eight bytes for each line of the earlier one from the first that the later one begins with.
    """
    lines = iter(later)
    first = next(lines, None)
    if first is None:
        return 0
    tail = array("q")
    for _, text in earlier:
        if tail or text == first[1]:
            tail.append(hash(text))
    if len(tail) < SHORTEST:
        return 0
    head, numbers = array("q", [hash(first[1])]), array("q", [first[0]])
    for (number, text), _ in zip(lines, range(len(tail) - 1), strict=False):
        head.append(hash(text))
        numbers.append(number)
    length = _longest(tail, head)
    return numbers[length - 1] if length >= SHORTEST else 0


def _longest(tail: array[int], head: array[int]) -> int:
    """The length of the longest run that ends `tail` and begins `head`, by Knuth, Morris and Pratt."""
    back = array("q", bytes(8 * len(head)))
    length = 0
    for at in range(1, len(head)):
        while length and head[at] != head[length]:
            length = back[length - 1]
        length += head[at] == head[length]
        back[at] = length
    length = 0
    for value in tail:
        if length == len(head):
            length = back[length - 1]
        while length and value != head[length]:
            length = back[length - 1]
        length += value == head[length]
    return length
