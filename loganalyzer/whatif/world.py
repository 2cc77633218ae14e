"""One possible course of things: objects, statuses and the allocator, copied before they are changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, field

from loganalyzer.metallb.addresses import Address, Family
from loganalyzer.metallb.pool_objects import Namespaces
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.services import Claim, Service
from loganalyzer.metallb.versions import Version, filters_by_class
from loganalyzer.model.allocator import Allocator
from loganalyzer.model.state import Allocation, Place, PoolTable
from loganalyzer.sources.inputs import Source
from loganalyzer.whatif.origin import Origin, next_fit, usable

NOWHERE: Final = Place(Source("what-if"), 0, b"")
"""The place of what no log shows."""

Signature = frozenset[tuple[str, tuple[Address, ...]]]


class World(Struct, eq=False):
    """The state of a controller and of what it looks at. Shared with no other World once it is changed.

    `status`: the addresses that each service's object shows. `pools`: IPAddressPool objects by name.
    `stuck`: services that MetalLB retries by itself (0.13.0 to 0.13.7), `retries` that it does so with all services, as
    a pass over all of them has met such. `pending`: a configuration that it
    refused because of addresses in use, and tries again (0.12 and 0.13). `stale`: pools whose objects have changed
    since the configuration in force was made. `moved`: what services hold that is new in this world; `freed`: those
    that have given up what they held.
    `handled`: the loadBalancerClass that this MetalLB handles.

    `origin` is what all copies have in common; `touched` (addresses by their pool) and `changed` (services) are where
    this world may differ from it.
    """

    version: Version
    allocator: Allocator
    services: dict[str, Service]
    status: dict[str, tuple[Address, ...]]
    pools: dict[str, Mapping[str, Any]]
    namespaces: Namespaces = field(default_factory=dict)
    stuck: frozenset[str] = frozenset()
    retries: bool = False
    pending: Configuration | None = None
    moved: dict[str, tuple[Address, ...]] = field(default_factory=dict)
    freed: frozenset[str] = frozenset()
    stale: frozenset[str] = frozenset()
    handled: str | None = None
    touched: dict[str, frozenset[Address]] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    _origin: Origin | None = None

    def copy(self) -> World:
        """Another world in the same state."""
        return World(
            self.version,
            self.allocator.copy(),
            dict(self.services),
            dict(self.status),
            dict(self.pools),
            self.namespaces,
            self.stuck,
            self.retries,
            self.pending,
            dict(self.moved),
            self.freed,
            self.stale,
            self.handled,
            dict(self.touched),
            self.changed,
            self.origin,
        )

    @property
    def origin(self) -> Origin:
        """The state that this world and its copies came of; this very one where it was never copied."""
        if self._origin is None:
            self._origin = Origin(self)
        return self._origin

    @property
    def signature(self) -> Signature:
        """What tells it from other worlds of the same origin."""
        return frozenset(self.moved.items())

    def handles(self, service: Service) -> bool:
        """Whether MetalLB looks at the service at all (metallb v0.13.0 filterByLoadBalancerClass)."""
        return not filters_by_class(self.version) or service.load_balancer_class == self.handled

    def held(self, name: str) -> tuple[Address, ...]:
        """What the service holds."""
        found = self.allocator.allocations.get(name)
        return found.addresses if found else ()

    def fit(self, pool: Pool, claim: Claim, family: Family) -> Address | None:
        """The address of a pool that MetalLB would take: the lowest of the first CIDR with one free or to be shared."""
        best = self.origin.fit(pool, claim, family)
        touched = self.touched.get(pool.name)
        if not touched:
            return best
        uses = self.allocator.table(pool).uses
        found = [a for a in touched.difference(uses) if usable(pool, a, family)]
        if claim.sharing_key:
            shared = touched.intersection(uses)
            found += [a for a in shared if uses[a].admits(claim) and usable(pool, a, family)]
        if best is not None:
            # Whatever comes before it is none for the claim, if it is not among those that are touched.
            after = next_fit(pool, uses, claim, best) if best in touched else best
            found += [after] if after is not None else []
        return min(found, key=pool.place) if len(found) > 1 else next(iter(found), None)

    def table(self, name: str) -> PoolTable:
        """A pool as it stands now."""
        configuration = self.allocator.configuration or Configuration({})
        return self.allocator.table(configuration.pools[name])

    def free_in(self, pool: Pool, family: Family) -> int:
        """How many addresses of a family nobody uses in a pool."""
        table = self.origin.tables[pool.name]
        found = pool.usable(family) - table.in_use[family]
        touched = self.touched.get(pool.name)
        if touched:
            uses = self.allocator.table(pool).uses
            found += sum((a in table.uses) - (a in uses) for a in touched if usable(pool, a, family))
        return found

    def put(self, service: Service) -> None:
        """The service's object is this one from now on."""
        self.services[service.key] = service
        self._touch(service.key)

    def drop(self, name: str) -> None:
        """The service is deleted."""
        self.release(name)
        self.services.pop(name, None)
        self.status.pop(name, None)
        self.stuck -= {name}
        self.moved[name] = ()
        self._touch(name)

    def assign(self, service: Service, addresses: tuple[Address, ...]) -> None:
        """The service, which the allocator does not refuse them, holds these addresses from now on."""
        claim = service.claim(self.version)
        self._touch(service.key, (*self.held(service.key), *addresses))
        self.allocator.assign(Allocation(service.key, addresses, claim, NOWHERE))
        self.moved[service.key] = addresses

    def release(self, name: str) -> None:
        """The service holds nothing any more."""
        if name in self.allocator.allocations:
            self._touch(name, self.held(name))
            self.allocator.release(name)
            self.moved[name] = ()
            self.freed |= {name}

    def show(self, name: str, addresses: tuple[Address, ...]) -> bool:
        """The service's object shows these addresses from now on; whether that is new."""
        if self.status.get(name, ()) == addresses:
            return False
        self.status[name] = addresses
        self._touch(name)
        return True

    def configure(self, made: Configuration, suspects: frozenset[str]) -> None:
        """MetalLB runs on these pools from now on: what comes is of another origin, which has these `suspects`."""
        before = self.origin
        held = set(self.allocator.allocations)
        self.allocator.configure(made, self.version)
        lost = held - set(self.allocator.allocations)
        self.moved.update(dict.fromkeys(lost, ()))
        self.freed |= lost
        self.touched, self.changed = {}, frozenset()
        self._origin = Origin(self, before, suspects)

    def _touch(self, name: str, addresses: Iterable[Address] = ()) -> None:
        if self._origin is None:
            return
        self.changed |= {name}
        configuration = self.allocator.configuration
        for address in addresses if configuration is not None else ():
            pool = configuration.pool_containing(address) if configuration is not None else None
            if pool is not None:
                self.touched[pool.name] = self.touched.get(pool.name, frozenset()) | {address}
