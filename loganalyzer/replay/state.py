"""The allocator's table as plain data: who holds which address, under which keys, in which pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from loganalyzer.metallb.addresses import Address, Family, family_of, is_buggy
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.services import Claim, Port, Service
from loganalyzer.metallb.versions import Version
from loganalyzer.sources.inputs import Source


class Place(NamedTuple):
    """One line of one input, with its time as written."""

    source: Source
    line: int
    stamp: bytes


@dataclass(frozen=True, slots=True)
class Holder:
    """A service on an address with the ports that it has there."""

    service: str
    ports: tuple[Port, ...]


@dataclass(frozen=True, slots=True)
class AddressUse:
    """One address in use. The keys are those stored for it: of the service that was assigned last.

    `known` is False where a holder's keys and ports are not in the log; `doubtful` where an allocation on
    it contradicted the replay.
    """

    sharing_key: str
    backend_key: str
    holders: tuple[Holder, ...]
    known: bool = True
    doubtful: bool = False

    @property
    def services(self) -> tuple[str, ...]:
        """The names of its holders, sorted."""
        return tuple(sorted(h.service for h in self.holders))

    def port_taken(self, ports: tuple[Port, ...]) -> Port | None:
        """The first of these ports that a holder has."""
        return next((p for p in ports if any(p in h.ports for h in self.holders)), None)

    def admits(self, claim: Claim) -> bool:
        """Whether MetalLB would let another service with this claim on the address.

        Source: metallb v0.14.8 internal/allocator/allocator.go, checkSharing and sharingOK.
        """
        return self.shares(claim) and self.port_taken(claim.ports) is None

    def shares(self, claim: Claim) -> bool:
        """Whether the keys would let another service with this claim on the address, whatever its ports."""
        return self.sharing_key == claim.sharing_key != "" and self.backend_key == claim.backend_key


@dataclass(frozen=True, slots=True)
class Allocation:
    """What one service holds. `at` is the line that shows it; `origin` the object whose status it was read from."""

    service: str
    addresses: tuple[Address, ...]
    claim: Claim | None
    at: Place
    origin: Service | None = None


@dataclass(frozen=True)
class PoolTable:
    """One pool and the addresses of it that are in use, at one moment."""

    pool: Pool
    uses: Mapping[Address, AddressUse]

    @cached_property
    def by_key(self) -> Mapping[str, tuple[Address, ...]]:
        """Addresses in use, ascending, by the sharing key stored for them; avoided ones are left out."""
        found: dict[str, list[Address]] = {}
        avoid = self.pool.avoid_buggy
        for address in sorted(self.uses):
            if not (avoid and is_buggy(address)):
                found.setdefault(self.uses[address].sharing_key, []).append(address)
        return {key: tuple(addresses) for key, addresses in found.items()}

    @cached_property
    def in_use(self) -> Mapping[Family, int]:
        """How many usable addresses of each family are in use."""
        counts: dict[Family, int] = {"ipv4": 0, "ipv6": 0}
        for addresses in self.by_key.values():
            for address in addresses:
                counts[family_of(address)] += 1
        return counts

    def has_free(self, family: Family) -> bool:
        """Whether an address of the family is in nobody's use."""
        return self.in_use[family] < self.pool.usable(family)

    def admitting(self, claim: Claim, family: Family) -> Address | None:
        """The lowest address in use that would let the claim in beside its holders."""
        if not claim.sharing_key:
            return None
        for address in self.by_key.get(claim.sharing_key, ()):
            if family_of(address) == family and self.uses[address].admits(claim):
                return address
        return None

    def serves(self, claim: Claim, family: Family) -> bool:
        """Whether MetalLB would find an address of the family here."""
        return self.has_free(family) or self.admitting(claim, family) is not None


@dataclass(frozen=True)
class Table:
    """The allocator at one moment.

    `configuration` is None where none is in force or it is not in the log; `configured` tells which of the two:
    whether the log has it. `complete`: every holder is in the log.
    """

    version: Version
    version_known: bool
    configuration: Configuration | None
    configured: bool
    complete: bool
    pools: Mapping[str, PoolTable]
    allocations: Mapping[str, Allocation]
    rejected: Place | None = None
