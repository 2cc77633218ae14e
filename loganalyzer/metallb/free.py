"""Addresses that nobody uses, as ranges: pools are never walked."""

from __future__ import annotations

from collections.abc import Iterable

from loganalyzer.metallb.addresses import Address, AddressRange


def free_ranges(ranges: Iterable[AddressRange], used: Iterable[Address]) -> list[AddressRange]:
    """The parts of these ranges between the addresses in use, ascending; neighbours are joined.

    At most one more than there are ranges and addresses in use, however large the ranges are.
    """
    found: list[AddressRange] = []
    taken = sorted(set(used))
    at = 0
    for span in joined(ranges):
        first = span.first
        while at < len(taken) and taken[at] < first:
            at += 1
        while at < len(taken) and taken[at] <= span.last:
            if taken[at] > first:
                found.append(AddressRange(first, taken[at] - 1))
            first = taken[at] + 1
            at += 1
        if first <= span.last:
            found.append(AddressRange(first, span.last))
    return found


def joined(ranges: Iterable[AddressRange]) -> list[AddressRange]:
    """The same addresses in as few ranges as can be; those of one family only are joined."""
    found: list[AddressRange] = []
    for span in sorted(ranges):
        last = found[-1] if found else None
        if last is not None and span.first <= last.last + 1 and span.family == last.family:
            found[-1] = AddressRange(last.first, max(last.last, span.last))
        else:
            found.append(span)
    return found
