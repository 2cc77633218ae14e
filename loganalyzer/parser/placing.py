"""Passes that were known in unwrapped lines, put back to the lines and times of their input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from loganalyzer.parser.events import Passes, PassOver, passes_of

_T = TypeVar("_T")


def placed(passes: Passes, numbers: list[int], stamps: list[bytes], first: int) -> Passes:
    """Passes in lines that have these numbers and, if any, times; `first` is what they took for the first one's number.

    Nearly always the numbers have one distance.
    """
    begins, steps = numbers[0], numbers[1] - numbers[0] if len(numbers) > 1 else 1
    if steps < 1 or numbers != list(range(begins, begins + steps * len(numbers), steps)):
        return passes_of([_put(one, numbers, stamps, first) for one in passes])
    others = {place: _put(one, numbers, stamps, first) for place, one in passes.others.items()}
    firsts = [begins + (n - first) * steps for n in passes.firsts]
    return Passes(passes.wholes, firsts, () if stamps else passes.times, others, stamps, begins, steps)


def _put(one: PassOver, numbers: list[int], stamps: list[bytes], first: int) -> PassOver:
    whole, own, times = one
    return PassOver(whole, _of_lines(numbers, own, first), _of_lines(stamps, own, first) if stamps else times)


def _of_lines(column: list[_T], own: Sequence[int], first: int) -> list[_T]:
    """What a column has for these lines, nearly always a run of them; `first` is the number of its own first."""
    start, end = own[0] - first, own[-1] - first + 1
    return column[start:end] if end - start == len(own) else [column[n - first] for n in own]
