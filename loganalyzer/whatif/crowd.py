"""Services that are too many for every order to be tried: what each of them might get in some order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from msgspec import Struct, structs

from loganalyzer.metallb.addresses import Address, Family
from loganalyzer.metallb.lazy import lazy
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.requests import impossible
from loganalyzer.metallb.services import Claim
from loganalyzer.model.assigning import request_error
from loganalyzer.model.state import AddressUse
from loganalyzer.whatif.choice import alike, ranked
from loganalyzer.whatif.world import World


class Crowd(Struct, frozen=True, dict=True):
    """Such services, and the world in which they met; `earlier` are the members of crowds on the way there.

    What members hold, of this one or an earlier one, they hold in one order, and may not hold in another. `edited`
    were in it as they are no more.
    """

    world: World
    names: frozenset[str]
    earlier: frozenset[str] = frozenset()
    edited: frozenset[str] = frozenset()

    @property
    def mark(self) -> tuple[int, frozenset[str], frozenset[str], frozenset[str]]:
        """What tells it from others."""
        return id(self.world), self.names, self.earlier, self.edited

    def without(self, name: str) -> Crowd:
        """The same, of which a service that has become another was a member."""
        found = structs.replace(self, edited=self.edited | {name})
        found.__dict__.update(self.__dict__)
        found.__dict__.pop("possible", None)
        return found

    def may_get(self, name: str) -> Set[Address]:
        """The addresses that some order might give the service, perhaps with more.

        No order lets the others take more than one each.
        """
        if name not in self.names or name in self.edited:
            return frozenset()
        service, version = self.world.services[name], self.world.version
        if not service.is_load_balancer or not self.world.handles(service) or impossible(service, version):
            return frozenset()
        kind = alike(service, version)
        found = self._found.get(kind)
        if found is None:
            found = self._found[kind] = self._may_get(name, service.claim(version))
        return found

    @lazy
    def members(self) -> frozenset[str]:
        """Those of this crowd and of the earlier ones."""
        return self.names | self.earlier

    @lazy
    def possible(self) -> Set[Address]:
        """All that any of them might get."""
        return frozenset(address for name in self.names for address in self.may_get(name))

    @lazy
    def _found(self) -> dict[object, Set[Address]]:
        return {}

    @lazy
    def _left(self) -> Mapping[Address, AddressUse | None]:
        """The addresses that members hold, and who else is on them."""
        found: dict[Address, AddressUse | None] = {}
        for name in self.members:
            for address in self.world.held(name):
                use = self.world.allocator.on(address)
                others = tuple(h for h in use.holders if h.service not in self.members) if use else ()
                found[address] = AddressUse.of(others, use.sharing_key, use.backend_key) if use and others else None
        return found

    def _may_get(self, name: str, claim: Claim) -> Set[Address]:
        world = self.world
        configuration = world.allocator.configuration or Configuration({})
        if claim.addresses:
            error = request_error(name, claim, configuration, self._beside, world.version)
            return frozenset() if error else frozenset(claim.addresses)
        found: set[Address] = set()
        for rank in ranks(world, claim):
            for pool in rank:
                for family in claim.families:
                    found.update(self._fitting(pool, claim, family))
            if any(all(world.free_in(p, f) >= len(self.members) for f in claim.families) for p in rank):
                break
        return found

    def _fitting(self, pool: Pool, claim: Claim, family: Family) -> Iterator[Address]:
        """The addresses that fit, in the order in which MetalLB tries them, up to a free one for each member."""
        free, keyed = len(self.members), claim.sharing_key != ""
        for span in pool.ranges:
            if span.family != family:
                continue
            address = span.first
            while free and address <= span.last:
                if not pool.avoids(address):
                    use = self._beside(address)
                    if use is None or (keyed and use.admits(claim)):
                        yield address
                        free -= use is None
                address += 1

    def _beside(self, address: Address) -> AddressUse | None:
        """Who is on an address in every order."""
        return self._left[address] if address in self._left else self.world.allocator.on(address)


def ranks(world: World, claim: Claim) -> tuple[tuple[Pool, ...], ...]:
    """The pools that MetalLB asks for a claim, those of one rank in no fixed order."""
    configuration = world.allocator.configuration
    if configuration is None:
        return ()
    if claim.pool:
        pool = configuration.pools.get(claim.pool)
        return ((pool,),) if pool and pool.compatible(claim.namespace, dict(claim.labels)) else ()
    pinned, general, _ = ranked(configuration, claim)
    return (*pinned, general)
