"""Pools and the configuration that MetalLB runs on, as `rendered config` prints it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from msgspec import Struct

from loganalyzer.metallb.addresses import FAMILIES, Address, AddressRange, Family, count_buggy, is_buggy
from loganalyzer.metallb.lazy import lazy
from loganalyzer.metallb.selectors import Selector


class ServiceAllocation(Struct, frozen=True):
    """A pool's `serviceAllocation`, namespace selectors resolved. No namespace and no selector: never picked."""

    priority: int
    namespaces: frozenset[str]
    selectors: tuple[Selector, ...]


class Pool(Struct, frozen=True, dict=True):
    """One address pool. `ranges` are its CIDRs in the order in which MetalLB tries them."""

    name: str
    ranges: tuple[AddressRange, ...]
    auto_assign: bool = True
    avoid_buggy: bool = False
    allocation: ServiceAllocation | None = None

    @lazy
    def families(self) -> frozenset[Family]:
        """The families it has addresses of, usable or not."""
        return frozenset(r.family for r in self.ranges)

    def contains(self, address: Address) -> bool:
        """Whether the address lies in one of its ranges."""
        for first, last in self.ranges:  # noqa: SIM110 - asked for each address of each service
            if first <= address <= last:
                return True
        return False

    def owns(self, address: Address) -> bool:
        """Whether MetalLB would hand the address out: contained, and not avoided."""
        return self.contains(address) and not self.avoids(address)

    def avoids(self, address: Address) -> bool:
        """Whether MetalLB would not hand the address out even if it contains it."""
        return self.avoid_buggy and is_buggy(address)

    def place(self, address: Address) -> tuple[int, Address]:
        """Where an address that it contains comes in the order in which MetalLB tries them."""
        for place, (first, last) in enumerate(self.ranges):
            if first <= address <= last:
                return place, address
        raise ValueError(f"{self.name} has no such address")

    def size(self, family: Family) -> int:
        """How many addresses of a family it has, avoided ones included."""
        return self._sizes[family]

    @lazy
    def _sizes(self) -> Mapping[Family, int]:
        return {f: sum(r.size for r in self.ranges if r.family == f) for f in FAMILIES}

    @lazy
    def _usable(self) -> Mapping[Family, int]:
        avoided = sum(count_buggy(r) for r in self.ranges) if self.avoid_buggy else 0
        return {"ipv4": self.size("ipv4") - avoided, "ipv6": self.size("ipv6")}

    def usable(self, family: Family) -> int:
        """How many addresses of a family it can hand out."""
        return self._usable[family]

    def compatible(self, namespace: str, labels: Mapping[str, str]) -> bool:
        """Whether its `serviceAllocation` lets a service in.

        Source: metallb v0.14.8 internal/allocator/allocator.go, isPoolCompatibleWithService.
        """
        wanted = self.allocation
        if wanted is None:
            return True
        if wanted.namespaces and namespace not in wanted.namespaces:
            return False
        return not wanted.selectors or any(s.matches(labels) for s in wanted.selectors)


class Configuration(Struct, frozen=True, eq=False, dict=True):
    """The pools of one configuration, by name. Compared by identity: the parser gives equal texts one object."""

    pools: Mapping[str, Pool]

    @lazy
    def memo(self) -> dict[object, Any]:
        """What others have worked out from this configuration, by what they worked it out for."""
        return {}

    @lazy
    def overlap(self) -> bool:
        """Whether two ranges have an address in common."""
        return any(after.first <= before.last for before, after in pairwise(span for span, _ in self._spans))

    @lazy
    def _spans(self) -> list[tuple[AddressRange, Pool]]:
        """The ranges of all pools, ascending."""
        found = ((span, pool) for pool in self.pools.values() for span in pool.ranges)
        return sorted(found, key=lambda found: found[0])

    @lazy
    def _firsts(self) -> list[Address]:
        return [span.first for span, _ in self._spans]

    def pool_for(self, addresses: tuple[Address, ...]) -> Pool | None:
        """The pool that owns all of the addresses (metallb v0.14.8 internal/allocator/allocator.go, poolFor)."""
        if not addresses or self.overlap:
            return next((pool for pool in self.pools.values() if all(pool.owns(a) for a in addresses)), None)
        pool = self.pool_containing(addresses[0])
        return pool if pool is not None and all(pool.owns(a) for a in addresses) else None

    def pool_containing(self, address: Address) -> Pool | None:
        """The pool that has the address, avoided or not."""
        if self.overlap:
            return next((pool for pool in self.pools.values() if pool.contains(address)), None)
        at = bisect_right(self._firsts, address) - 1
        if at < 0:
            return None
        span, pool = self._spans[at]
        return pool if address <= span.last else None
