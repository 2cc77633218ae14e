"""One possible course of things: objects, statuses and the allocator, copied before they are changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.pool_objects import Namespaces
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import Service
from loganalyzer.metallb.versions import Version, filters_by_class
from loganalyzer.model.allocator import Allocator
from loganalyzer.model.state import Allocation, Place
from loganalyzer.sources.inputs import Source

NOWHERE: Final = Place(Source("what-if"), 0, b"")
"""The place of what no log shows."""

Signature = frozenset[tuple[str, tuple[Address, ...]]]


@dataclass(slots=True)
class World:
    """The state of a controller and of what it looks at. Shared with no other World once it is changed.

    `status`: the addresses that each service's object shows. `pools`: IPAddressPool objects by name.
    `stuck`: services that MetalLB retries by itself (0.13.0 to 0.13.7). `pending`: a configuration that it
    refused because of addresses in use, and tries again (0.12 and 0.13). `stale`: pools whose objects have changed
    since the configuration in force was made. `moved`: what services hold that is new in this world.
    `handled`: the loadBalancerClass that this MetalLB handles.
    """

    version: Version
    allocator: Allocator
    services: dict[str, Service]
    status: dict[str, tuple[Address, ...]]
    pools: dict[str, Mapping[str, Any]]
    namespaces: Namespaces = field(default_factory=dict)
    stuck: frozenset[str] = frozenset()
    pending: Configuration | None = None
    moved: dict[str, tuple[Address, ...]] = field(default_factory=dict)
    stale: frozenset[str] = frozenset()
    handled: str | None = None

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
            self.pending,
            dict(self.moved),
            self.stale,
            self.handled,
        )

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

    def assign(self, service: Service, addresses: tuple[Address, ...]) -> None:
        """The service holds these addresses from now on."""
        claim = service.claim(self.version)
        self.allocator.assign(Allocation(service.key, addresses, claim, NOWHERE))
        self.moved[service.key] = addresses

    def release(self, name: str) -> None:
        """The service holds nothing any more."""
        if name in self.allocator.allocations:
            self.allocator.release(name)
            self.moved[name] = ()

    def show(self, name: str, addresses: tuple[Address, ...]) -> bool:
        """The service's object shows these addresses from now on; whether that is new."""
        if self.status.get(name, ()) == addresses:
            return False
        self.status[name] = addresses
        return True
