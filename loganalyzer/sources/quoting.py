"""Single lines of inputs, by their numbers: the inputs are read once more for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from contextlib import ExitStack
from typing import Final

from loganalyzer.errors import InputError
from loganalyzer.sources.archives import UNREADABLE, Member, members
from loganalyzer.sources.encodings import as_utf8
from loganalyzer.sources.inputs import Input
from loganalyzer.sources.lines import batches, chunks

LONGEST: Final = 1 << 16
"""Bytes of one line that are kept."""


def lines_at(inputs: Iterable[Input], wanted: Mapping[str, Set[int]]) -> dict[tuple[str, int], str]:
    """The lines with these numbers, by the input's name and the number; what can't be read any more is not in it.

    What can be read once only must not be among the inputs (`sources.twice` makes them ones that can).
    """
    found: dict[tuple[str, int], str] = {}
    with ExitStack() as stack:
        for given in inputs:
            for member in members(given, stack, lambda _: None):
                numbers = wanted.get(member.name)
                if numbers:
                    _collect(member, numbers, found)
    return found


def _collect(member: Member, numbers: Set[int], found: dict[tuple[str, int], str]) -> None:
    last, number = max(numbers), 0
    try:
        with member.open() as stream:
            for lines in batches(as_utf8(chunks(stream))):
                for line in lines:
                    number += 1
                    if number in numbers:
                        found[member.name, number] = line[:LONGEST].rstrip(b"\r").decode("utf-8", "replace")
                if number >= last:
                    return
    except (InputError, *UNREADABLE):
        return
