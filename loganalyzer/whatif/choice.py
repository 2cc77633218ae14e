"""What the allocator would answer a service that holds nothing: the addresses it may get, or the error.

MetalLB goes through pools in the random order of a Go map where nothing ranks them: every answer that some
order leads to is given. Sources: metallb v0.13.0 to v0.16.1 controller/service.go (allocateIPs),
internal/allocator/allocator.go (Assign, AllocateFromPool, Allocate), internal/allocator/allocation.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from msgspec import Struct, structs

from loganalyzer.correlator.eligibility import automatic
from loganalyzer.metallb.addresses import FAMILIES, Address, Family
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.requests import FamilyOrDual, asked, quoted
from loganalyzer.metallb.services import Claim, Service
from loganalyzer.metallb.versions import (
    V0_12,
    V0_15,
    V0_16,
    Version,
    picks_best_pool,
)
from loganalyzer.model.assigning import Others, assign_error, request_error
from loganalyzer.whatif.world import World

Addresses = tuple[Address, ...]


class Answer(Struct, frozen=True):
    """Each of `options` is what some order of pools leads to; `error` is MetalLB's text where an order fails."""

    options: tuple[Addresses, ...]
    error: str = ""


def _failed(text: str) -> Answer:
    return Answer((), text)


class _Request(NamedTuple):
    """What a service asks for, read once: its `family`, or MetalLB's `error` where that can't be read."""

    claim: Claim
    family: FamilyOrDual
    wanted: Addresses
    error: str = ""


def allocate(world: World, service: Service) -> Answer:
    """The answer to a service that holds nothing and is asked for (metallb allocateIPs)."""
    if world.touched and not _as_at_origin(world, service):
        return _answer(world, service)
    known = world.origin.answers.get(id(service))
    if known is None:
        # The service is kept with it: so long as it lives no other has its id.
        known = world.origin.answers[id(service)] = (service, _answer(world, service))
    answer: Answer = known[1]
    return answer


def alike(service: Service, version: Version) -> object:
    """What services have in common to which the same happens in the same state, while they hold and show nothing."""
    found = service.memo.get((alike, version))
    if found is None:
        request = _request(service, version)
        claim = request.claim
        if not claim.sharing_key:
            # Without a key nobody is beside it, whatever its ports are.
            claim = structs.replace(claim, backend_key="", ports=())
        families = service.family_policy, service.ip_families, len(service.cluster_ips)
        found = (request._replace(claim=claim), families, service.is_load_balancer)
        service.memo[alike, version] = found
    return found


def _as_at_origin(world: World, service: Service) -> bool:
    """Whether no address that its answer depends on is in another use than at the origin."""
    configuration = world.allocator.configuration or Configuration({})
    claim, _, wanted, _ = _request(service, world.version)
    if configuration.overlap:
        return False
    if wanted:
        return not any(address in touched for touched in world.touched.values() for address in wanted)
    names = (claim.pool,) if claim.pool else ranked(configuration, claim).names
    keyed = claim.sharing_key != ""
    for name in world.touched.keys() & names:
        for uses in (world.table(name).uses, world.origin.tables[name].uses):
            # An address that was none for it and still is none makes no difference.
            for address in world.touched[name]:
                use = uses.get(address)
                if use is None or (keyed and use.admits(claim)):
                    return False
    return True


def _request(service: Service, version: Version) -> _Request:
    mark = (_request, version)
    found: _Request | None = service.memo.get(mark)
    if found is None:
        found = service.memo[mark] = _read(service, version)
    return found


def _read(service: Service, version: Version) -> _Request:
    return _Request(service.claim(version), *asked(service, version))


def _answer(world: World, service: Service) -> Answer:
    claim, family, wanted, error = _request(service, world.version)
    if error:
        return _failed(error)
    configuration = world.allocator.configuration or Configuration({})
    if wanted:
        return _requested(world, configuration, service, claim)
    if claim.pool:
        pool = configuration.pools.get(claim.pool)
        if pool is None:
            return _failed(f"unknown pool {quoted(claim.pool)}")
        return _from_pool(world, pool, service, claim, family)
    return _automatic(world, configuration, service, claim, family)


def _requested(world: World, configuration: Configuration, service: Service, claim: Claim) -> Answer:
    error = request_error(service.key, claim, configuration, _others(world, service.key), world.version)
    return _failed(error) if error else Answer((claim.addresses,))


def refusal(world: World, name: str, claim: Claim, addresses: Addresses) -> str:
    """Why Assign would refuse these addresses to the service; empty where it would not."""
    return assign_error(name, claim, addresses, world.allocator.configuration, _others(world, name), world.version)


def _others(world: World, name: str) -> Others:
    return lambda address: world.allocator.others(address, name)


def _free(world: World, pool: Pool, claim: Claim, families: Sequence[Family] = FAMILIES) -> dict[Family, Address]:
    found: dict[Family, Address] = {}
    for family in families:
        if family in pool.families:
            address = world.fit(pool, claim, family)
            if address is not None:
                found[family] = address
    return found


def _from_pool(world: World, pool: Pool, service: Service, claim: Claim, family: FamilyOrDual) -> Answer:
    version = world.version
    # Only from 0.14.9 on does MetalLB look at a family that the service has no cluster IP of.
    needed = FAMILIES if family == "dual" or picks_best_pool(version) else (family,)
    free = _free(world, pool, claim, needed)
    if version >= V0_16 and not free:
        return _failed(f"no available IPs in pool {pool.name}")
    found = _selected(free, pool, service, family, version)
    if isinstance(found, str):
        return _failed(found)
    error = _barred(world, pool, service, claim, found)
    return _failed(error) if error else Answer((found,))


def _barred(world: World, pool: Pool, service: Service, claim: Claim, found: Addresses) -> str:
    """Why Assign would refuse what fits in a pool: where no other pool has it too, because of whom the pool is for."""
    configuration = world.allocator.configuration
    if pool.allocation is not None or (configuration is not None and configuration.overlap):
        return refusal(world, service.key, claim, found)
    return ""


def _selected(
    free: dict[Family, Address], pool: Pool, service: Service, family: FamilyOrDual, version: Version
) -> Addresses | str:
    """The addresses that a service of this family takes of those free; a text where it takes none."""
    if not picks_best_pool(version):
        needed = FAMILIES if family == "dual" else (family,)
        if all(f in free for f in needed):
            return _in_pool_order(tuple(free[f] for f in needed), pool) if family == "dual" else (free[family],)
        name = quoted(pool.name)
        return f"no available IPs in pool {name}" + (f" for {family} IPFamily" if version >= V0_12 else "")
    if version >= V0_15 and family != "dual":
        return (free[family],) if family in free else '["<nil>"] is not allowed in config'
    policy = service.family_policy or "SingleStack"
    both = tuple(free[f] for f in FAMILIES if f in free)
    if policy == "SingleStack" and family != "dual" and family in free:
        return (free[family],)
    if policy in ("RequireDualStack", "PreferDualStack") and len(both) == 2:
        return both
    if policy == "PreferDualStack" and both:
        return both[:1]
    return f"no available IPs in pool {pool.name} for {family} IPFamily"


def _in_pool_order(addresses: Addresses, pool: Pool) -> Addresses:
    def place(address: Address) -> int:
        return next(i for i, span in enumerate(pool.ranges) if address in span)

    return tuple(sorted(addresses, key=place))


def _automatic(
    world: World, configuration: Configuration, service: Service, claim: Claim, family: FamilyOrDual
) -> Answer:
    pinned, general, _ = ranked(configuration, claim)
    nothing = _failed("no available IPs")
    if not picks_best_pool(world.version):
        for rank in (*pinned, general):
            hits = [_from_pool(world, pool, service, claim, family) for pool in rank]
            options = tuple(o for hit in hits for o in hit.options)
            if options:
                return Answer(options)
        return nothing
    first = _best(world, pinned, service, claim, family)
    if not first.error:
        return first
    second = _best(world, (general,), service, claim, family)
    return Answer((*first.options, *second.options), second.error)


class Ranked(NamedTuple):
    """The pools of an automatic choice: the pinned by rank (metallb sortPools), and the general ones; all names."""

    pinned: tuple[tuple[Pool, ...], ...]
    general: tuple[Pool, ...]
    names: frozenset[str]


def ranked(configuration: Configuration, claim: Claim) -> Ranked:
    """The pools of an automatic choice. Pools of one rank are asked in no fixed order."""
    mark = (claim.namespace, claim.labels)
    found: Ranked | None = configuration.memo.get(mark)
    if found is None:
        found = configuration.memo[mark] = _ranked(configuration, claim)
    return found


def _ranked(configuration: Configuration, claim: Claim) -> Ranked:
    eligible = [configuration.pools[v.name] for v in automatic(configuration, claim) if v.eligible]
    ranks: dict[tuple[bool, int], list[Pool]] = {}
    for pool in eligible:
        if pool.allocation is not None:
            priority = pool.allocation.priority
            ranks.setdefault((priority <= 0, priority), []).append(pool)
    general = tuple(pool for pool in eligible if pool.allocation is None)
    pinned = tuple(tuple(ranks[rank]) for rank in sorted(ranks))
    return Ranked(pinned, general, frozenset(pool.name for pool in eligible))


def _best(
    world: World, ranks: Sequence[Sequence[Pool]], service: Service, claim: Claim, family: FamilyOrDual
) -> Answer:
    """What one list of pools gives (metallb v0.14.9 findBestPoolForService, then selectIPsForFamilyAndPolicy)."""
    free = {pool.name: _free(world, pool, claim) for rank in ranks for pool in rank}
    options: list[Addresses] = []
    error = ""
    picks = list(_picks(ranks, free, service, family))
    for pool in picks:
        found = _selected(free[pool.name], pool, service, family, world.version)
        if isinstance(found, str) or _barred(world, pool, service, claim, found):
            error = "no available IPs"
        else:
            options.append(found)
    return Answer(tuple(options), error if picks else "no available IPs")


def _picks(
    ranks: Sequence[Sequence[Pool]], free: dict[str, dict[Family, Address]], service: Service, family: FamilyOrDual
) -> Iterable[Pool]:
    """The pools any of which is found best; the order of those of one rank decides among them."""
    if family != "dual":
        return _first_rank(ranks, lambda p: family in free[p.name])
    both = _first_rank(ranks, lambda p: len(free[p.name]) == 2)
    if both or service.family_policy != "PreferDualStack":
        return both
    order: tuple[Family, ...] = ("ipv6", "ipv4") if service.ip_families[:1] == ("IPv6",) else FAMILIES
    return _first_rank(ranks, lambda p: order[0] in free[p.name]) or _first_rank(
        ranks, lambda p: order[1] in free[p.name]
    )


def _first_rank(ranks: Sequence[Sequence[Pool]], fits: Callable[[Pool], bool]) -> list[Pool]:
    for rank in ranks:
        hits = [pool for pool in rank if fits(pool)]
        if hits:
            return hits
    return []
