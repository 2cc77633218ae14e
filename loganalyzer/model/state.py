"""The allocator's table as plain data: who holds which address, under which keys, in which pool."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, TypeAlias

from msgspec import Struct

from loganalyzer.metallb.addresses import FAMILIES, IPV6_BASE, Address, Family, family_of, is_buggy
from loganalyzer.metallb.lazy import lazy
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.services import Claim, Port, Service
from loganalyzer.metallb.versions import Version
from loganalyzer.parser.events import Event
from loganalyzer.sources.inputs import Source


class Place(Struct, frozen=True):
    """One line of one input, with its time as written."""

    source: Source
    line: int
    stamp: bytes


def place_of(event: Event) -> Place:
    """Where an event's line stands."""
    return Place(event.source, event.line, event.stamp)


def end_of_log(at: Place) -> Place:
    """The last line of the input that a line is of."""
    source = at.source
    return Place(source, max(source.lines, at.line), source.last_stamp or at.stamp)


class Holder(Struct, frozen=True):
    """A service on an address with the ports that it has there."""

    service: str
    ports: tuple[Port, ...]


class AddressUse(Struct, frozen=True):
    """One address in use. The keys are those stored for it: of the service that was assigned last.

    `services` are its holders' names, sorted, `taken` all their ports: make one with `of`. `known` is False
    where a holder's keys and ports are not in the log, `doubtful` True where an allocation on it contradicted
    the replay.
    """

    sharing_key: str
    backend_key: str
    holders: tuple[Holder, ...]
    services: tuple[str, ...]
    taken: frozenset[Port]
    known: bool = True
    doubtful: bool = False

    @staticmethod
    def of(
        holders: tuple[Holder, ...],
        sharing_key: str,
        backend_key: str,
        *,
        known: bool = True,
        doubtful: bool = False,
    ) -> AddressUse:
        """The use that these holders make of an address under these keys."""
        return AddressUse(
            sharing_key,
            backend_key,
            holders,
            tuple(sorted([h.service for h in holders])),
            frozenset([port for h in holders for port in h.ports]),
            known,
            doubtful,
        )

    def port_taken(self, ports: tuple[Port, ...]) -> Port | None:
        """The first of these ports that a holder has."""
        for port in ports:
            if port in self.taken:
                return port
        return None

    def admits(self, claim: Claim) -> bool:
        """Whether MetalLB would let another service with this claim on the address.

        Source: metallb v0.14.8 internal/allocator/allocator.go, checkSharing and sharingOK.
        """
        return self.shares(claim) and self.taken.isdisjoint(claim.ports)

    def shares(self, claim: Claim) -> bool:
        """Whether the keys would let another service with this claim on the address, whatever its ports."""
        return self.sharing_key == claim.sharing_key != "" and self.backend_key == claim.backend_key


class Allocation(Struct, frozen=True):
    """What one service holds. `at` is the line that shows it; `origin` the object whose status it was read from.

    `kept`: at that line it had the addresses already.
    """

    service: str
    addresses: tuple[Address, ...]
    claim: Claim | None
    at: Place
    origin: Service | None = None
    kept: bool = False


Keys: TypeAlias = tuple[Family, str, str]
"""What addresses must have in common to refuse a claim by one rule, ports apart: family, sharing and backend key."""

Change: TypeAlias = "tuple[Address, Family, AddressUse | None]"
"""An address whose use changed, its family, and who is on it now; None: nobody."""


class PoolTable(Struct, frozen=True, eq=False, dict=True):
    """One pool and the addresses of it that are in use, at one moment."""

    pool: Pool
    uses: Mapping[Address, AddressUse]
    in_use: Mapping[Family, int]
    """How many addresses of each family are in use, of those that it can hand out."""
    changes: Sequence[Address]
    """The addresses whose use changed, one after the other: the first `revision` of them led here."""
    revision: int

    def changed_since(self, earlier: PoolTable) -> Sequence[Change] | None:
        """What has changed since an earlier moment, or more, avoided addresses left out; None where that is not known.

        Those who were judged at the same moment before share the answer.
        """
        if earlier.changes is not self.changes:
            return None
        found = self._since.get(earlier.revision)
        if found is None:
            addresses = set(self.changes[earlier.revision : self.revision])
            found = self._since[earlier.revision] = [
                (a, family_of(a), self.uses.get(a)) for a in addresses if not self.pool.avoids(a)
            ]
        return found

    @lazy
    def _since(self) -> dict[int, list[Change]]:
        return {}

    @lazy
    def ascending(self) -> Mapping[Family, list[Address]]:
        """Addresses in use by family, ascending."""
        both = sorted(self.uses)
        border = bisect_left(both, IPV6_BASE)
        return {"ipv4": both[:border], "ipv6": both[border:]}

    @lazy
    def by_keys(self) -> Mapping[Keys, Sequence[Address]]:
        """Addresses in use, ascending, by family and the keys stored for them; avoided ones are left out."""
        found: dict[Keys, list[Address]] = {}
        avoid, uses = self.pool.avoid_buggy, self.uses
        for family, addresses in self.ascending.items():
            for address in addresses:
                if not (avoid and is_buggy(address)):
                    use = uses[address]
                    found.setdefault((family, use.sharing_key, use.backend_key), []).append(address)
        return found

    @lazy
    def lowest(self) -> Mapping[Family, Mapping[str, tuple[Address, ...]]]:
        """By family and sharing key the lowest address of each backend key."""
        found: dict[Family, dict[str, tuple[Address, ...]]] = {"ipv4": {}, "ipv6": {}}
        for (family, sharing, _), addresses in self.by_keys.items():
            found[family][sharing] = (*found[family].get(sharing, ()), addresses[0])
        return found

    @lazy
    def all_known(self) -> bool:
        """Whether every holder's keys and ports are known."""
        return False not in map(attrgetter("known"), self.uses.values())

    @lazy
    def certain(self) -> bool:
        """Whether they are, and nothing contradicted the replay."""
        return self.all_known and True not in map(attrgetter("doubtful"), self.uses.values())

    @lazy
    def free(self) -> frozenset[Family]:
        """The families of which an address is in nobody's use."""
        return frozenset([f for f in FAMILIES if self.in_use[f] < self.pool.usable(f)])

    @lazy
    def first_free(self) -> Mapping[Family, Address | None]:
        """By family the first usable address, in the order in which MetalLB tries them, that nobody uses."""
        return {family: next(self._free(family), None) for family in FAMILIES}

    def _free(self, family: Family) -> Iterator[Address]:
        if family in self.free:
            for span in self.pool.ranges:
                if span.family == family:
                    addresses = (a for a in range(span.first, span.last + 1) if a not in self.uses)
                    yield from (a for a in addresses if not self.pool.avoids(a))

    def all_admitting(self, claim: Claim, family: Family) -> Iterator[Address]:
        """The addresses in use that would let the claim in beside their holders, ascending."""
        if claim.sharing_key:
            # They are equal in both keys: only a port can be in the way.
            for address in self.by_keys.get((family, claim.sharing_key, claim.backend_key), ()):
                if self.uses[address].taken.isdisjoint(claim.ports):
                    yield address

    def admitting(self, claim: Claim, family: Family) -> Address | None:
        """The lowest address in use that would let the claim in beside its holders."""
        return next(self.all_admitting(claim, family), None)

    def serves(self, claim: Claim, family: Family) -> bool:
        """Whether MetalLB would find an address of the family here."""
        return family in self.free or self.admitting(claim, family) is not None


class Table(Struct, frozen=True, eq=False, dict=True):
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

    @lazy
    def setting(self) -> tuple[object, ...]:
        """All but who holds what: two states of which this is equal differ in nothing else."""
        return self.configuration, self.configured, self.complete, self.version_known, self.version

    @lazy
    def memo(self) -> dict[object, Any]:
        """What others have worked out from this state, by what they worked it out for."""
        return {}
