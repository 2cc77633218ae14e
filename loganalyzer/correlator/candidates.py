"""The addresses that a service might have got, each with the rule that blocked it, in runs that are alike."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Final

from msgspec import Struct

from loganalyzer.metallb.addresses import Address, Family, buggy_in, format_address
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import Claim
from loganalyzer.model.state import AddressUse, PoolTable
from loganalyzer.rules.catalogue import of_kind
from loganalyzer.rules.rule import AddressRule

MOST: Final = 1000


class Candidate(Struct, frozen=True):
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


@cache
def _depths() -> dict[str, int]:
    return {r.code: r.order for r in checks()}


def depth(code: str) -> int:
    """How far in MetalLB's checks a rule stands; further is nearer to success."""
    return _depths().get(code, -1)


Check = Callable[[Pool, Address, AddressUse | None, Claim], bool]


@cache
def _blocks(*, avoiding: bool) -> tuple[tuple[str, Check], ...]:
    """Codes and checks in order; without those that only a pool that avoids addresses has."""
    return tuple((r.code, r.blocks) for r in checks() if avoiding or not r.only_avoiding)


_KNOWN: Final[dict[tuple[str, str, str, str, bool], tuple[str, ...]]] = {}
"""Rules that claims break beside holders, by all of the two that counts for a rule."""

_MOST_KNOWN: Final = 1 << 14


def violations(table: PoolTable, address: Address, use: AddressUse | None, claim: Claim) -> tuple[str, ...]:
    """Every rule that the address would break for this claim, the one that MetalLB stops at first; empty: none."""
    pool = table.pool
    if use is None or pool.avoid_buggy:
        return _broken(pool, address, use, claim)
    kind = (
        use.sharing_key,
        use.backend_key,
        claim.sharing_key,
        claim.backend_key,
        use.taken.isdisjoint(claim.ports),
    )
    found = _KNOWN.get(kind)
    if found is None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        found = _KNOWN[kind] = _broken(pool, address, use, claim)
    return found


def _broken(pool: Pool, address: Address, use: AddressUse | None, claim: Claim) -> tuple[str, ...]:
    checks = _blocks(avoiding=pool.avoid_buggy)
    return _same(tuple([code for code, blocks in checks if blocks(pool, address, use, claim)]))


@cache
def _same(codes: tuple[str, ...]) -> tuple[str, ...]:
    """One tuple for equal ones: of the few sets of rules there are, thousands of candidates keep one each."""
    return codes


def one(table: PoolTable, address: Address, use: AddressUse | None, claim: Claim) -> Candidate | None:
    """One address alone; None where nothing blocks it."""
    broken = violations(table, address, use, claim)
    if not broken:
        return None
    return _candidate(address, address, table.pool.name, broken, use.services if use else ())


def blocked(table: PoolTable, claim: Claim, family: Family) -> list[Candidate]:
    """The blocked addresses of one family of a pool that has none for the claim, in order, in runs."""
    # In a pool without a free address all but the avoided ones are in use: no range is walked.
    pool, addresses = table.pool, table.ascending[family]
    if pool.avoid_buggy:
        avoided = {a for r in pool.ranges if r.family == family for a in buggy_in(r)}
        addresses = sorted(avoided.union(addresses))
    found: list[Candidate] = []
    first = last = -1
    alike: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    for address in addresses:
        use = table.uses.get(address)
        verdict = violations(table, address, use, claim), use.services if use is not None else ()
        if address == last + 1 and verdict == alike:
            last = address
            continue
        if alike[0]:
            found.append(_candidate(first, last, pool.name, *alike))
        first, last, alike = address, address, verdict
    if alike[0]:
        found.append(_candidate(first, last, pool.name, *alike))
    return found


@lru_cache(maxsize=1 << 14)
def _candidate(
    first: Address, last: Address, pool: str, broken: tuple[str, ...], holders: tuple[str, ...]
) -> Candidate:
    """A candidate, the same one for later failures that meet the address as it is: a long history has many."""
    return Candidate(first, last, pool, broken[0], holders, broken)


def furthest(found: list[Candidate]) -> tuple[tuple[Candidate, ...], int]:
    """At most MOST candidates, those that came furthest, in their order; and how many were left out."""
    if len(found) <= MOST:
        return tuple(found), 0
    ranked = sorted(range(len(found)), key=lambda i: (-depth(found[i].rule), i))[:MOST]
    return tuple([found[i] for i in sorted(ranked)]), len(found) - MOST
