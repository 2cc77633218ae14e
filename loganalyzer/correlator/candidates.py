"""The addresses that a service might have got, each with the rule that blocked it, in runs that are alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

from loganalyzer.metallb.addresses import Address, Family, buggy_in, format_address
from loganalyzer.metallb.services import Claim
from loganalyzer.replay.state import AddressUse, PoolTable
from loganalyzer.rules.catalogue import of_kind
from loganalyzer.rules.rule import AddressRule

MOST: Final = 1000


class Candidate(NamedTuple):
    """A run of addresses of one pool that one rule blocks alike; `violations` are all rules they would break."""

    first: Address
    last: Address
    pool: str
    rule: str
    holders: tuple[str, ...]
    violations: tuple[str, ...]

    @property
    def addresses(self) -> str:
        """`first`, or `first-last`."""
        first = format_address(self.first)
        return first if self.first == self.last else f"{first}-{format_address(self.last)}"


@cache
def checks() -> tuple[AddressRule, ...]:
    """The rules that block one address, in MetalLB's order."""
    return tuple(sorted(of_kind(AddressRule), key=lambda r: r.order))


def depth(code: str) -> int:
    """How far in MetalLB's checks a rule stands; further is nearer to success."""
    return next((r.order for r in checks() if r.code == code), -1)


def violations(table: PoolTable, address: Address, use: AddressUse | None, claim: Claim) -> tuple[str, ...]:
    """Every rule that the address would break for this claim, the one that MetalLB stops at first."""
    return tuple(r.code for r in checks() if r.blocks(table.pool, address, use, claim))


def blocked(table: PoolTable, claim: Claim, family: Family) -> Iterator[Candidate]:
    """The blocked addresses of one family of a pool that has none for the claim, in order, in runs."""
    return _runs(_singles(table, claim, family))


def one(table: PoolTable, address: Address, use: AddressUse | None, claim: Claim) -> Candidate | None:
    """One address alone; None where nothing blocks it."""
    broken = violations(table, address, use, claim)
    if not broken:
        return None
    return Candidate(address, address, table.pool.name, broken[0], use.services if use else (), broken)


def _singles(table: PoolTable, claim: Claim, family: Family) -> Iterator[Candidate]:
    of_family = {a for r in table.pool.ranges if r.family == family for a in _interesting(table, r.first, r.last)}
    if table.pool.avoid_buggy:
        of_family.update(a for r in table.pool.ranges if r.family == family for a in buggy_in(r))
    for address in sorted(of_family):
        found = one(table, address, table.uses.get(address), claim)
        if found is not None:
            yield found


def _interesting(table: PoolTable, first: Address, last: Address) -> Iterator[Address]:
    """The addresses in use of a range: in a pool without a free one these are all but the avoided."""
    return (address for address in table.uses if first <= address <= last)


def _runs(found: Iterable[Candidate]) -> Iterator[Candidate]:
    run: Candidate | None = None
    for candidate in found:
        if run is not None and candidate.first == run.last + 1 and candidate[2:] == run[2:]:
            run = run._replace(last=candidate.last)
            continue
        if run is not None:
            yield run
        run = candidate
    if run is not None:
        yield run


def furthest(found: list[Candidate]) -> tuple[list[Candidate], int]:
    """At most MOST candidates, those that came furthest, in their order; and how many were left out."""
    if len(found) <= MOST:
        return found, 0
    ranked = sorted(range(len(found)), key=lambda i: (-depth(found[i].rule), i))[:MOST]
    return [found[i] for i in sorted(ranked)], len(found) - MOST
