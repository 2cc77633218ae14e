"""Single lines of inputs, by their numbers: the inputs are read once more for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from contextlib import ExitStack
from typing import Final, cast

from loganalyzer.errors import InputError
from loganalyzer.sources.archives import UNREADABLE, Member, members
from loganalyzer.sources.encodings import as_utf8
from loganalyzer.sources.inputs import Input
from loganalyzer.sources.lines import Stream, batches, chunks

LONGEST: Final = 1 << 16
"""Bytes of one line that are kept."""

_TELLING: Final = re.compile(rb"\w")
_MORE_LINES: Final = 12
"""Lines of an indented document that are quoted where the first is a mere brace."""


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
    left, before = sorted(numbers, reverse=True), 0
    try:
        with member.open() as stream:
            for lines in batches(as_utf8(chunks(cast(Stream, stream)))):
                while left and left[-1] <= before + len(lines):
                    number = left.pop()
                    at = number - before - 1
                    found[member.name, number] = _text(lines[at : at + _MORE_LINES])
                if not left:
                    return
                before += len(lines)
    except (InputError, *UNREADABLE):
        return


def _text(lines: list[bytes]) -> str:
    """The first line; where it is a mere brace, what follows it in the same batch too."""
    if _TELLING.search(lines[0]):
        return lines[0][:LONGEST].rstrip(b"\r").decode("utf-8", "replace")
    return b" ".join(line[:LONGEST].strip() for line in lines).decode("utf-8", "replace")
