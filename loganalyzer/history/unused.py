"""Addresses of pools that nobody ever held, without walking the pools."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from loganalyzer.history.spans import Unused
from loganalyzer.metallb.addresses import Address, AddressRange
from loganalyzer.metallb.pools import Pool

MOST_RUNS: Final = 8
"""Runs of addresses that are kept for each pool and family."""


def unused(history: int, pools: Iterable[Pool], held: Iterable[Address]) -> Iterator[Unused]:
    """For each pool and family what of it is not among the addresses ever held."""
    ever = sorted(held)
    for pool in pools:
        for family in sorted(pool.families):
            used = sum(1 for r in pool.ranges if r.family == family for a in _within(r, ever) if pool.owns(a))
            gaps = (run for r in sorted(pool.ranges) if r.family == family for run in _gaps(r, ever))
            runs = (run for run in gaps if run.size > 1 or pool.owns(run.first))
            yield Unused(history, pool.name, family, pool.usable(family) - used, tuple(islice(runs, MOST_RUNS)))


def _within(span: AddressRange, ever: Sequence[Address]) -> Sequence[Address]:
    return ever[bisect_left(ever, span.first) : bisect_left(ever, span.last + 1)]


def _gaps(span: AddressRange, ever: Sequence[Address]) -> Iterator[AddressRange]:
    first = span.first
    for address in _within(span, ever):
        if address > first:
            yield AddressRange(first, address - 1)
        first = address + 1
    if first <= span.last:
        yield AddressRange(first, span.last)
