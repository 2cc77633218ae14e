"""Which of many that are in each other's way get what they ask for in every order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from loganalyzer.metallb.addresses import FAMILIES, Address, Family, family_of
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.requests import RequestError, family_of_service
from loganalyzer.metallb.services import Claim, Port, Service
from loganalyzer.model.assigning import request_error
from loganalyzer.whatif.choice import alike
from loganalyzer.whatif.crowd import ranks
from loganalyzer.whatif.world import World

_Kind = tuple[str, str]
"""A sharing key and a backend key: who has both in common with others shares with them, unless a port is in the way."""


def ample(world: World, active: Iterable[str], members: frozenset[str]) -> frozenset[str]:
    """Those of the active for whom there is enough, whatever the others take.

    `members` of earlier crowds may have others in another order, but none has more than one.
    """
    names = frozenset(active)
    configuration = world.allocator.configuration
    if configuration is None:
        return frozenset()
    room = _Room(world, configuration, members | names)
    return frozenset(name for name in names if room.suffices(world.services[name]))


class _Room:
    """What there is in pools for these claimants; what they hold counts as free."""

    def __init__(self, world: World, configuration: Configuration, claimants: frozenset[str]) -> None:
        self._world, self._configuration, self._claimants = world, configuration, claimants
        self._theirs: Counter[tuple[str, Family]] = Counter()
        self._looking: Counter[str] = Counter()
        self._together: Counter[tuple[str, _Kind]] = Counter()
        self._choosing: Counter[str] = Counter()
        self._asked: Counter[Address] = Counter()
        self._peaceful: dict[_Kind, bool] = {}
        self._anchored: set[tuple[str, Family, _Kind]] = set()
        self._answers: dict[object, bool] = {}
        for address in {a for name in claimants for a in world.held(name)}:
            pool, use = configuration.pool_containing(address), world.allocator.on(address)
            if pool is not None and pool.owns(address) and use is not None and claimants.issuperset(use.services):
                self._theirs[pool.name, family_of(address)] += 1
        for name in claimants:
            self._count(name)

    def suffices(self, service: Service) -> bool:
        """Whether a service gets what it may get, in every order."""
        claim = service.claim(self._world.version)
        if claim.addresses:
            return self._alone(service, claim)
        kind = alike(service, self._world.version)
        if kind not in self._answers:
            self._answers[kind] = self._has_enough(service, claim)
        return self._answers[kind]

    def _has_enough(self, service: Service, claim: Claim) -> bool:
        """Whether a pool has enough for a service that asks for no address."""
        try:
            family = family_of_service(service, self._world.version)
        except RequestError:
            return False
        families: tuple[Family, ...] = FAMILIES if family == "dual" else (family,)
        return any(
            all(self._enough(pool.name, f, claim) for f in families)
            for rank in ranks(self._world, claim)
            for pool in rank
        )

    def _count(self, name: str) -> None:
        world = self._world
        service, held = world.services.get(name), world.allocator.allocations.get(name)
        claim = service.claim(world.version) if service is not None and service.is_load_balancer else None
        pools = set(self._looked_into(claim)) if claim is not None else set()
        taken = set(self._pools_of(held.addresses)) if held is not None else set()
        if name in world.freed:
            # In another order it may still have what it gave up in this one, wherever that was.
            taken.update(self._configuration.pools)
        self._looking.update(pools | taken)
        asked = claim.addresses if claim is not None else ()
        self._asked.update(asked)
        self._choosing.update(taken if asked else pools | taken)
        if claim is None:
            return
        kind = claim.keys
        if kind is not None and (held is None or (held.claim is not None and held.claim.keys == kind)):
            self._together.update((pool, kind) for pool in pools)

    def _looked_into(self, claim: Claim) -> Iterator[str]:
        """The pools of which a service may get an address."""
        if claim.addresses:
            return self._pools_of(claim.addresses)
        return (pool.name for rank in ranks(self._world, claim) for pool in rank)

    def _pools_of(self, addresses: Iterable[Address]) -> Iterator[str]:
        return (pool.name for pool in self._configuration.pools.values() if any(map(pool.owns, addresses)))

    def _enough(self, pool: str, family: Family, claim: Claim) -> bool:
        """Whether a pool has an address for each that looks there, or for the others and one that can be shared."""
        number, kind = self._looking[pool], claim.keys
        if kind is not None and self._in_peace(kind):
            if (pool, family, kind) in self._anchored:
                return True
            number -= max(self._together[pool, kind] - 1, 0)
        free = self._world.free_in(self._configuration.pools[pool], family) + self._theirs[pool, family]
        return free >= number

    def _in_peace(self, kind: _Kind) -> bool:
        """Whether no port keeps any two of a kind from sharing: all that are on addresses, and the claimants."""
        found = self._peaceful.get(kind)
        if found is None:
            found = self._peaceful[kind] = self._without_conflict(kind)
        return found

    def _without_conflict(self, kind: _Kind) -> bool:
        world = self._world
        ports: dict[str, set[Port]] = {}
        for name, held in world.allocator.allocations.items():
            if held.claim is not None and held.claim.keys == kind:
                ports.setdefault(name, set()).update(held.claim.ports)
                if name not in self._claimants:
                    # It stays where it is.
                    found = ((pool, family_of(a), kind) for a in held.addresses for pool in self._pools_of((a,)))
                    self._anchored.update(found)
        for name in self._claimants:
            service = world.services.get(name)
            claim = service.claim(world.version) if service is not None else None
            if claim is not None and claim.keys == kind:
                ports.setdefault(name, set()).update(claim.ports)
        return sum(map(len, ports.values())) == len(set().union(*ports.values()))

    def _alone(self, service: Service, claim: Claim) -> bool:
        """Whether nobody else may get what a service asks for by its address."""
        world = self._world
        for address in claim.addresses:
            use = world.allocator.on(address)
            if self._asked[address] > 1 or (use is not None and use.services != (service.key,)):
                return False
        mine = service.key in world.freed or world.held(service.key)
        if mine or any(self._choosing[pool] for pool in self._pools_of(claim.addresses)):
            return False
        return not request_error(service.key, claim, self._configuration, lambda _: None, world.version)
