"""One pass over one service, as SetBalancer and convergeBalancer do it in each version.

Sources: metallb v0.13.0 to v0.16.1 controller/main.go and controller/service.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from loganalyzer.metallb.addresses import FAMILIES, family_of
from loganalyzer.metallb.requests import (
    RequestError,
    desired_addresses,
    family_of_addresses,
    family_of_service,
    impossible,
)
from loganalyzer.metallb.services import Service
from loganalyzer.metallb.versions import (
    V0_13_8,
    V0_14,
    Version,
    keeps_status_on_refused_share,
    key_change_wakes,
    prefers_either_family,
    release_wakes,
    release_wakes_within_pools_only,
)
from loganalyzer.whatif.choice import Addresses, allocate, refusal
from loganalyzer.whatif.world import World


class Step(NamedTuple):
    """A world after a pass. `wakes`: all services are looked at again. `written`: its object was changed.

    `error` is MetalLB's text where it has no address now.
    """

    world: World
    wakes: bool
    written: bool
    error: str


class _Ended(Struct, frozen=True):
    """How the part of a pass before the allocation ended: with addresses kept, an error, or neither."""

    kept: Addresses
    error: str = ""
    stuck: bool = False


class _Before(Struct, frozen=True):
    """What the allocator had for a service before a pass: its addresses, and both keys in one text."""

    held: Addresses
    key: str


def converge(before: World, name: str) -> list[Step]:
    """The worlds that a pass over the service may lead to."""
    return list(_steps(before.copy(), name))


def proceed(world: World, name: str) -> Step:
    """The first of these worlds, for who needs no other: this very one may be changed."""
    return next(_steps(world, name))


def _steps(world: World, name: str) -> Iterator[Step]:
    service = world.services[name]
    before = _Before(world.held(name), _allocation_key(world, name))
    ended = _look(world, service)
    if ended.stuck:
        world.stuck |= {name}
        yield Step(world, wakes=False, written=False, error=ended.error)
        return
    world.stuck -= {name}
    if ended.kept or ended.error or not service.is_load_balancer:
        yield _finish(before, world, name, ended.kept, ended.error)
        return
    answer = allocate(world, service)
    chosen = list(dict.fromkeys(answer.options))
    if answer.error or not chosen:
        chosen.append(())
    for left, option in zip(reversed(range(len(chosen))), chosen, strict=True):
        # The last may have this world for itself.
        after = world.copy() if left else world
        if option:
            after.assign(service, option)
        yield _finish(before, after, name, option, "" if option else answer.error)


def _finish(before: _Before, world: World, name: str, addresses: Addresses, error: str) -> Step:
    """What SetBalancer makes of the pass: the status is written, and perhaps all services are looked at."""
    version = world.version
    written = world.show(name, addresses)
    old = before.held
    wakes = False
    if release_wakes(version) and old and not world.held(name):
        configuration = world.allocator.configuration
        within = configuration is not None and configuration.pool_for(old) is not None
        wakes = within or not release_wakes_within_pools_only(version)
    if key_change_wakes(version) and before.key != _allocation_key(world, name):
        wakes = True
    return Step(world, wakes, written, error)


def _allocation_key(world: World, name: str) -> str:
    """Both keys in one text, as metallb v0.15.0 AllocationKey has it."""
    held = world.allocator.allocations.get(name)
    return held.claim.backend_key + held.claim.sharing_key if held and held.claim else ""


def _look(world: World, service: Service) -> _Ended:
    """The pass up to the allocation: what the status holds is taken over, or given up."""
    version, name = world.version, service.key
    configuration = world.allocator.configuration
    why = impossible(service, version)
    if not service.is_load_balancer:
        world.release(name)
        return _Ended(())
    if version >= V0_14 and (configuration is None or not configuration.pools):
        world.release(name)
        return _Ended((), "pools are empty")
    if why:
        world.release(name)
        return _Ended((), why)
    shown = world.status.get(name, ())
    if shown:
        try:
            family_of_service(service, version)
        except RequestError as problem:
            return _Ended(shown, str(problem))
        if _family_changed(service, shown, version):
            shown = ()
    if not shown:
        world.release(name)
        return _Ended(())
    return _take_over(world, service, shown)


def regains(service: Service, shown: Addresses, version: Version) -> bool:
    """Whether each pass gives up what the status shows, whatever the pools are, and asks for an address again.

    0.14.9 and 0.15 give a PreferDualStack service of one cluster IP two addresses, which then are of another family
    than the service (metallb v0.14.9 controller/service.go, serviceFamilyChanged).
    """
    mark = (regains, shown, version)
    found: bool | None = service.memo.get(mark)
    if found is None:
        found = service.memo[mark] = _regains(service, shown, version)
    return found


def _regains(service: Service, shown: Addresses, version: Version) -> bool:
    try:
        if _family_changed(service, shown, version):
            return True
        wanted = desired_addresses(service, version)
    except RequestError:
        return False
    return bool(wanted) and sorted(wanted) != sorted(shown)


def _family_changed(service: Service, shown: Addresses, version: Version) -> bool:
    try:
        have = family_of_addresses(shown, version)
    except RequestError:
        return version >= V0_13_8
    want = family_of_service(service, version)
    either = want == "dual" and service.family_policy == "PreferDualStack" and prefers_either_family(version)
    return have != want and not either


def _take_over(world: World, service: Service, shown: Addresses) -> _Ended:
    """Assign what the status shows; give it up where that is refused or no longer asked for."""
    version, name, claim = world.version, service.key, service.claim(world.version)
    kept = shown
    error = refusal(world, name, claim, shown)
    if error:
        world.release(name)
        if keeps_status_on_refused_share(version) and error.endswith("services can't share key"):
            return _Ended((), error, stuck=True)
        kept = ()
    elif world.held(name) != shown or world.allocator.allocations[name].claim != claim:
        world.assign(service, shown)
    configuration = world.allocator.configuration
    owner = configuration.pool_for(shown) if configuration else None
    if kept and claim.pool and owner is not None and owner.name != claim.pool:
        world.release(name)
        kept = ()
    try:
        wanted = desired_addresses(service, version)
    except RequestError as problem:
        return _Ended(kept, str(problem))
    if wanted and sorted(wanted) != sorted(kept):
        world.release(name)
        kept = ()
    if len(kept) == 1 and service.family_policy == "PreferDualStack" and prefers_either_family(version):
        kept = _with_other_family(world, service, kept)
    return _Ended(kept)


def _with_other_family(world: World, service: Service, kept: Addresses) -> Addresses:
    """A second address of the same pool, where it has one (metallb v0.14.9 AllocateFromPoolForAdditionalFamily)."""
    configuration = world.allocator.configuration
    pool = configuration.pool_for(kept) if configuration else None
    if pool is None:
        return kept
    other = next(f for f in FAMILIES if f != family_of(kept[0]))
    claim = service.claim(world.version)
    found = world.fit(pool, claim, other)
    if found is None:
        return kept
    both = (*kept, found)
    if refusal(world, service.key, claim, both):
        return kept
    world.assign(service, both)
    return both
