"""MetalLB's allocator: the one place where the replayed state changes.

Its rules are those of metallb v0.9.8 to v0.16.1 internal/allocator/allocator.go.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec import structs

from loganalyzer.metallb.addresses import FAMILIES, Address, Family, family_of
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.services import Claim, Service
from loganalyzer.metallb.versions import Version, loses_addresses_silently
from loganalyzer.model.passes import PassesMet
from loganalyzer.model.state import AddressUse, Allocation, Holder, PoolTable
from loganalyzer.parser.events import WholePass

CHANGES: Final = 4096
"""Addresses of a pool, in use in another way than before, of which the order is kept."""


class Allocator:
    """Which service holds which address. Changes only by its methods; `revision` counts changes."""

    def __init__(self) -> None:
        self.configuration: Configuration | None = None
        self.allocations: dict[str, Allocation] = {}
        self.revision = 0
        self.changed: set[str] | None = None  # services whose holdings changed, where somebody collects them
        self.steady = PassesMet()  # passes over services that the model has as the log showed them last
        self._uses: dict[Address, AddressUse] = {}
        self._in_pool: dict[str, dict[Address, AddressUse]] = {}
        self._tables: dict[str, PoolTable] = {}
        self._in_use: Counter[tuple[str, Family]] = Counter()
        self._changes: dict[str, list[Address]] = {}  # of each pool, the addresses whose use changed, in order

    def reset(self) -> None:
        """A new process: nothing is held, nothing configured."""
        self._note(*self.allocations)
        self.steady.clear()
        self.configuration = None
        self.revision += 1
        self.allocations.clear()
        self._uses.clear()
        self._forget_pools()

    def _forget_pools(self) -> None:
        self._tables.clear()
        self._in_pool.clear()
        self._in_use.clear()
        # New lists, not empty ones: tables that were given out keep theirs.
        self._changes.clear()

    def copy(self) -> Allocator:
        """Another allocator in the same state."""
        other = Allocator()
        other.configuration, other.revision = self.configuration, self.revision
        other.allocations, other._uses = dict(self.allocations), dict(self._uses)
        other._in_pool = {name: dict(uses) for name, uses in self._in_pool.items()}
        other._tables, other._in_use = dict(self._tables), self._in_use.copy()
        return other

    def configure(self, configuration: Configuration | None, version: Version) -> None:
        """New pools; from 0.14 on allocations outside them are dropped without a line."""
        if configuration is self.configuration:
            return
        self.configuration = configuration
        self.revision += 1
        if configuration is not None and loses_addresses_silently(version):
            for service, held in list(self.allocations.items()):
                if configuration.pool_for(held.addresses) is None:
                    self.release(service)
        self._forget_pools()
        for address, use in self._uses.items():
            self._index(address, use)

    def refusal(self, service: str, addresses: tuple[Address, ...], claim: Claim | None) -> bool:
        """Whether Assign would refuse these addresses to the service, as far as the state is known."""
        configuration = self.configuration
        if configuration is not None:
            pool = configuration.pool_for(addresses)
            if pool is None:
                return True
            if claim is not None and not pool.compatible(claim.namespace, dict(claim.labels)):
                return True
        others = (self.others(address, service) for address in addresses)
        return claim is not None and any(not use.admits(claim) for use in others if use is not None and use.known)

    def in_a_pool(self, addresses: tuple[Address, ...]) -> bool:
        """Whether one of the configured pools owns the addresses; also where none is known."""
        return self.configuration is None or self.configuration.pool_for(addresses) is not None

    def assign(self, held: Allocation, *, doubtful: bool = False) -> None:
        """The service now holds these addresses, whatever it held before."""
        self.release(held.service)
        self._make_room(held)
        self._note(held.service)
        self.allocations[held.service] = held
        self.revision += 1
        claim = held.claim
        own = Holder(held.service, claim.ports if claim else ())
        for address in held.addresses:
            before = self._uses.get(address)
            self._set(
                address,
                AddressUse.of(
                    (*(before.holders if before else ()), own),
                    claim.sharing_key if claim else "",
                    claim.backend_key if claim else "",
                    known=claim is not None and (before is None or before.known),
                    doubtful=doubtful or (before is not None and before.doubtful),
                ),
            )

    def _make_room(self, held: Allocation) -> None:
        """Whoever has one of its ports on its addresses can't be there any more: the log must have lost that."""
        ports = frozenset(held.claim.ports) if held.claim else frozenset()
        for address in held.addresses:
            use = self._uses.get(address)
            if use is not None and not use.taken.isdisjoint(ports):
                for holder in use.holders:
                    if not ports.isdisjoint(holder.ports):
                        self.release(holder.service)

    def is_steady(self, whole: WholePass) -> bool:
        """Whether a pass changes nothing, as the service holds what it is shown to hold. Remembers that it does not."""
        held = self.allocations.get(whole.key)
        if held is not None:
            steady = held.origin is whole.seen and whole.failed is None
        else:
            steady = not whole.seen.status_addresses
        if steady:
            self.steady.add(whole)
        return steady

    def confirm(self, service: str, origin: Service) -> None:
        """The service holds what it held; `origin` is the object that shows it."""
        held = self.allocations[service]
        self.steady.forget(service)
        self.allocations[service] = structs.replace(held, origin=origin)

    def release(self, service: str) -> None:
        """The service holds nothing any more."""
        held = self.allocations.pop(service, None)
        if held is None:
            return
        self._note(service)
        self.revision += 1
        for address in held.addresses:
            use = self.others(address, service)
            if use is None:
                self._unset(address)
            else:
                self._set(address, use)

    def table(self, pool: Pool) -> PoolTable:
        """The pool as it stands now; the same object until it changes."""
        found = self._tables.get(pool.name)
        if found is None:
            uses = dict(self._in_pool.get(pool.name, {}))
            changes = self._changes.setdefault(pool.name, [])
            in_use = {family: self._in_use[pool.name, family] for family in FAMILIES}
            found = self._tables[pool.name] = PoolTable(pool, uses, in_use, changes, len(changes))
        return found

    def on(self, address: Address) -> AddressUse | None:
        """Who is on an address; None: nobody."""
        return self._uses.get(address)

    def others(self, address: Address, service: str) -> AddressUse | None:
        """Who is on an address beside the service; None: nobody."""
        use = self.on(address)
        if use is None or service not in use.services:
            return use
        left = tuple(h for h in use.holders if h.service != service)
        if not left:
            return None
        return AddressUse.of(left, use.sharing_key, use.backend_key, known=use.known, doubtful=use.doubtful)

    def in_use(self) -> dict[Address, AddressUse]:
        """Every address that somebody holds, in a pool or not, as it stands now."""
        return dict(self._uses)

    def _note(self, *services: str) -> None:
        for service in services:
            self.steady.forget(service)
        if self.changed is not None:
            self.changed.update(services)

    def _set(self, address: Address, use: AddressUse) -> None:
        self._uses[address] = use
        self._index(address, use)

    def _unset(self, address: Address) -> None:
        del self._uses[address]
        pool = self._pool_of(address)
        if pool is not None:
            if self._in_pool.get(pool.name, {}).pop(address, None) is not None and not pool.avoids(address):
                self._in_use[pool.name, family_of(address)] -= 1
            self._changed(pool, address)

    def _index(self, address: Address, use: AddressUse) -> None:
        pool = self._pool_of(address)
        if pool is not None:
            uses = self._in_pool.setdefault(pool.name, {})
            if address not in uses and not pool.avoids(address):
                self._in_use[pool.name, family_of(address)] += 1
            uses[address] = use
            self._changed(pool, address)

    def _changed(self, pool: Pool, address: Address) -> None:
        self._tables.pop(pool.name, None)
        changes = self._changes.setdefault(pool.name, [])
        if len(changes) >= CHANGES:
            self._changes[pool.name] = changes = []
        changes.append(address)

    def _pool_of(self, address: Address) -> Pool | None:
        return self.configuration.pool_containing(address) if self.configuration else None

    def shared(self) -> list[tuple[Address, AddressUse]]:
        """The addresses that several services hold, ascending."""
        return [(a, self._uses[a]) for a in sorted(self._uses) if len(self._uses[a].holders) > 1]
