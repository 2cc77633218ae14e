"""What holds of the replayed allocator at every moment."""

from collections import Counter
from collections.abc import Iterator

from loganalyzer.metallb.addresses import FAMILIES, Address, family_of, is_buggy
from loganalyzer.model.allocator import Allocator
from loganalyzer.model.state import AddressUse


def uses(allocator: Allocator) -> dict[Address, AddressUse]:
    """Who is on each address that anybody holds."""
    held = {a for one in allocator.allocations.values() for a in one.addresses}
    found = {a: use for a in held if (use := allocator.others(a, "")) is not None}
    assert set(found) == held
    return found


def doubled_ports(allocator: Allocator, *, doubtful: bool = True) -> Iterator[str]:
    """Protocol/port pairs that two services have on one address."""
    for address, use in uses(allocator).items():
        pairs = Counter(port for holder in use.holders for port in set(holder.ports))
        for port, count in pairs.items():
            if count > 1 and (doubtful or not use.doubtful):
                yield f"{port} on {address}: {use.services}"


def check(allocator: Allocator) -> None:
    """The allocations, the addresses in use and the pools' tables tell the same."""
    found = uses(allocator)
    for address, use in found.items():
        holders = sorted(s for s, one in allocator.allocations.items() if address in one.addresses)
        assert list(use.services) == holders
        assert use.taken == {port for holder in use.holders for port in holder.ports}
        for holder in use.holders:
            claim = allocator.allocations[holder.service].claim
            assert holder.ports == (claim.ports if claim else ())
    pools = allocator.configuration.pools.values() if allocator.configuration else ()
    for pool in pools:
        table = allocator.table(pool)
        mine = {address: use for address, use in found.items() if pool.contains(address)}
        assert dict(table.uses) == mine
        for family in FAMILIES:
            usable = [a for a in mine if family_of(a) == family and not (pool.avoid_buggy and is_buggy(a))]
            assert table.in_use[family] == len(usable)
            total = sum(
                1 for r in pool.ranges if r.family == family for a in range(r.first, r.last + 1) if pool.owns(a)
            )
            assert (family in table.free) == (len(usable) < total)
    assert {a for a, _ in allocator.shared()} == {a for a, use in found.items() if len(use.holders) > 1}
