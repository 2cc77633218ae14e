"""The state at the end of the inputs, and what changes would make of it.

state = states(replay)[0]
outcome = state.with_change(Change("Service", "shop/web", patch=[...]))
outcome.fate("shop/web").addresses
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from msgspec import Struct

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.documents import unpack
from loganalyzer.metallb.lazy import lazy
from loganalyzer.metallb.pool_objects import object_of
from loganalyzer.metallb.requests import impossible
from loganalyzer.metallb.versions import (
    Version,
    dumps_objects,
    keeps_status_on_refused_share,
    loses_addresses_silently,
)
from loganalyzer.model.controller import Model
from loganalyzer.model.state import Place
from loganalyzer.whatif.apply import Rejection, Tried, apply, begin, edited
from loganalyzer.whatif.changes import CLUSTER_IPS, Change, mark_of, service_after
from loganalyzer.whatif.choice import Addresses, allocate
from loganalyzer.whatif.converge import converge
from loganalyzer.whatif.crowd import Crowd
from loganalyzer.whatif.orders import Course, Rush, one, restless, rush, shifts, unsettled
from loganalyzer.whatif.world import World

_REMEMBERED: Final = 64


class Fate(Struct, frozen=True):
    """What becomes of one service: `allocates` None where an order that MetalLB does not fix decides.

    `by_itself` False: only once something touches it; None: in some orders. `error` is MetalLB's text where it
    gets nothing, in `world`. `contends_with`: who gets what it would have got.
    """

    allocates: bool | None
    addresses: Addresses
    by_itself: bool | None
    contends_with: tuple[str, ...]
    error: str
    world: World


class Loss(NamedTuple):
    """A service that had `address` before and has not afterwards. `own`: its own edit did it; `gets` instead."""

    service: str
    address: Addresses
    own: bool
    error: str
    gets: Addresses


class State(Struct, frozen=True, eq=False, dict=True):
    """A controller's state as the inputs leave it; never changed. `at` is the position of their end.

    `known`: the inputs show the configuration and every holder; without that nothing can be tried, and `lacks`
    tells what is missing. `outdated`: MetalLB refused the newest configuration. `assumed`: what was taken for granted;
    empty where a log proves the state. `dual`: the cluster is taken to have both families, whatever its services show.
    """

    version: Version
    version_known: bool
    known: bool
    at: Place
    world: World
    outdated: bool = False
    lacks: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    dual: bool = False

    def with_change(self, *changes: Change) -> Outcome:
        """What comes of these changes, each of them handled before the next is made.

        A pure function. Raises UsageError where one of them does not apply.
        """
        return Outcome(self, changes).of_what_applies()

    def remembered(self, *changes: Change) -> Outcome:
        """As with_change; the outcomes of the last few are kept: waiting services are helped by the same changes."""
        mark = b"".join(map(mark_of, changes))
        found = self._outcomes.pop(mark, None) or Outcome(self, changes).of_what_applies()
        self._outcomes[mark] = found
        if len(self._outcomes) > _REMEMBERED:
            del self._outcomes[next(iter(self._outcomes))]
        return found

    def at_once(self, name: str, changes: tuple[Change, ...]) -> Addresses | None:
        """The addresses any of which its own single change gives a waiting service at once, or that it gives none.

        None where that is not sure. What others that wait get after it takes nothing away from it, nor from who
        holds an address: where nothing else is unsettled, no order needs to be tried.
        """
        if len(changes) != 1 or (changes[0].kind, changes[0].name) != ("Service", name) or self.unsettled:
            return None
        before = self.world.services.get(name)
        after = service_after(before, changes[0], self.families)
        if after is not None and after is not before and not self.world.status.get(name) and not self.world.held(name):
            answer = allocate(self.world, after)
            if not answer.options:
                # It shows nothing that might be taken over, and the allocator has nothing for it.
                return None if self.pending else ()
            if self.world.handles(after) and after.is_load_balancer and not impossible(after, self.version):
                sure = not answer.error and not any(shifts(self.world, after, option) for option in answer.options)
                return tuple(sorted({a for option in answer.options for a in option})) if sure else None
        begun = edited(Course(self.world, wakes=False, again=frozenset()), name, after)
        found = [course.world.held(name) for course in begun]
        if any(held and unsettled(course.world, name) for held, course in zip(found, begun, strict=True)):
            return None
        if all(found):
            return tuple(sorted({a for held in found for a in held}))
        settled = not self.pending and not any(c.wakes or c.again or c.world.stuck for c in begun)
        return () if settled and not any(found) else None

    def refuses(self, name: str) -> bool:
        """Whether another look at a waiting service would surely leave it without an address."""
        return not self.unsettled and not self.pending and not allocate(self.world, self.world.services[name]).options

    @lazy
    def pending(self) -> bool:
        """Whether MetalLB will try something again by itself."""
        return bool(self.world.stuck) or self.world.pending is not None

    @lazy
    def unsettled(self) -> bool:
        """Whether a pass over one that shows addresses would change anything."""
        return bool(restless(self.world))

    def cost(self, *changes: Change) -> int:
        """About how many services are looked at to see what comes of these changes; 0 where that is remembered.

        Each of those that wait is looked at after each change, and each look copies what may change by it.
        """
        if b"".join(map(mark_of, changes)) in self._outcomes:
            return 0
        return len(changes) * len(self.world.services) * (1 + len(self.waiting) // 4)

    @lazy
    def memo(self) -> dict[object, Any]:
        """What others have worked out from this state, by what they worked it out for."""
        return {}

    @lazy
    def _outcomes(self) -> dict[bytes, Outcome]:
        return {}

    @lazy
    def families(self) -> tuple[str, ...]:
        """The families of the services' cluster IPs, the most frequent first."""
        found = Counter(f for s in self.world.services.values() for f in s.ip_families[:1])
        found.update({f: 0 for s in self.world.services.values() for f in s.ip_families[1:]})
        found.update(dict.fromkeys(CLUSTER_IPS if self.dual else (), 0))
        return tuple(name for name, _ in found.most_common())

    @lazy
    def waiting(self) -> tuple[str, ...]:
        """The LoadBalancer services that hold nothing."""
        return waiting_in(self.world)


class Outcome(Struct, frozen=True, eq=False, dict=True):
    """What came of changes, in every order that MetalLB may take."""

    state: State
    changes: tuple[Change, ...]

    def of_what_applies(self) -> Outcome:
        """The same, once it is sure that the changes apply. Raises UsageError."""
        if not self._frees:
            _ = self.tried
        return self

    @lazy
    def tried(self) -> Tried:
        """What the changes come to, one after the other. Raises UsageError."""
        tried = Tried((Course(self.state.world, wakes=False, again=frozenset()),))
        for change in self.changes:
            tried = apply(tried, change, self.state.families)
        return tried

    @lazy
    def _frees(self) -> bool:
        """Whether all that they do is to delete a service, which always applies."""
        change = self.changes[0] if len(self.changes) == 1 else None
        return (
            change is not None
            and change.deletes
            and change.kind == "Service"
            and change.name in self.state.world.services
        )

    def contends(self, name: str) -> bool:
        """Whether it is known, before any order is tried, that none is sure for a service."""
        return self._rush is not None and self._rush.has(name)

    @lazy
    def _rush(self) -> Rush | None:
        if not self._frees or self.state.unsettled or self.state.pending:
            return None
        begun = begin(Course(self.state.world, wakes=False, again=frozenset()), self.changes[0], self.state.families)
        return rush(begun[0]) if begun[0].wakes else None

    @property
    def worlds(self) -> tuple[World, ...]:
        """The states in which it may end."""
        return tuple(course.world for course in self.tried.courses)

    @property
    def rejected(self) -> tuple[Rejection, ...]:
        """Configuration that MetalLB refuses."""
        return self.tried.rejected

    @lazy
    def losses(self) -> tuple[Loss, ...]:
        """Every service that, in some order, has not the address any more that it had before."""
        found = []
        # Whom no world moves has what it had.
        moved = {name for world in self.worlds for name in world.moved}
        moved.update(name for course in self.tried.courses for name, _ in course.elsewhere)
        allocations = self.state.world.allocator.allocations
        for name in moved & allocations.keys():
            before = allocations[name].addresses
            after = [w.held(name) for w in self.worlds if name in w.services]
            if not after:
                continue
            after += [held for course in self.tried.courses for n, held in course.elsewhere if n == name]
            crowded = self._in_crowds(name)
            if all(_same(before, now) for now in after) and crowded.issubset(before):
                continue
            error, own = self.tried.blame(name)
            gets = {a for now in after if now != before for a in now} | crowded
            found.append(Loss(name, before, own, error, tuple(sorted(gets))))
        return tuple(sorted(found))

    def _in_crowds(self, name: str) -> set[Address]:
        """What orders that were not tried might give a service that may lose what it had; empty where all were."""
        found = _in_crowds([c for c in self.tried.courses if name in c.unsure or name in c.world.freed], name)
        return found | self._once_touched(name) if found else found

    def _once_touched(self, name: str) -> set[Address]:
        """What a service whose fate is open may get in the end: in an order that was not tried it may still wait."""
        return {a for crowd in self._ends for a in crowd.may_get(name)}

    @lazy
    def _ends(self) -> tuple[Crowd, ...]:
        """Those whose fate is open, where the courses end."""
        return tuple(
            Crowd(c.world, c.unsure & c.world.services.keys(), c.members) for c in self.tried.courses if c.unsure
        )

    @property
    def interrupted(self) -> tuple[str, ...]:
        """Services that are without their address for a while, and then have it again."""
        lost = {loss.service for loss in self.losses}
        before = self.state.world.allocator.allocations
        return tuple(
            sorted(n for n in self.tried.interrupted if n in before and n not in lost and self.worlds[0].held(n))
        )

    def fate(self, name: str) -> Fate:
        """What becomes of a service. Raises KeyError where it does not exist afterwards."""
        ends = [(world, *_end(world, name)) for world in self.worlds]
        found = {a for _, addresses, _, _ in ends for a in addresses}
        unsure = any(name in course.unsure for course in self.tried.courses)
        found.update(a for c in self.tried.courses for n, held in c.elsewhere if n == name for a in held)
        if unsure or any(world.held(name) for world, _, _, _ in ends):
            found.update(_in_crowds(self.tried.courses, name))
            if found:
                found |= self._once_touched(name)
        got = tuple(sorted(found))
        fails = [(world, error) for world, addresses, _, error in ends if not addresses]
        by_itself = {itself for _, addresses, itself, _ in ends if addresses}
        allocates: bool | None = not fails
        if got and (fails or unsure):
            allocates = None
        world, error = fails[0] if fails else (self.worlds[0], "")
        itself = by_itself.pop() if len(by_itself) == 1 else (False if not by_itself else None)
        if itself is False and unsure and got:
            # In an order that was not tried it may come first.
            itself = None
        rivals = _rivals(self, name) if allocates is None or (itself is None) else ()
        return Fate(allocates, got, itself, rivals, error, world)


def _in_crowds(courses: Iterable[Course], name: str) -> set[Address]:
    """What a service might get in the crowds of these courses."""
    crowds = {crowd.mark: crowd for course in courses for crowd in course.crowds}
    return {address for crowd in crowds.values() for address in crowd.may_get(name)}


def waiting_in(world: World) -> tuple[str, ...]:
    """The LoadBalancer services that hold nothing in a world."""
    return tuple(
        sorted(
            name
            for name, service in world.services.items()
            if service.is_load_balancer and name not in world.allocator.allocations and world.handles(service)
        )
    )


def _same(before: Addresses, now: Addresses) -> bool:
    # With PreferDualStack a second address may come and go by itself.
    return bool(now) and (set(before) <= set(now) or set(now) <= set(before))


def _end(world: World, name: str) -> tuple[Addresses, bool, str]:
    """What a service has at the end: by itself, or once it alone is touched; and the error where nothing."""
    held = world.held(name)
    if held:
        return held, True, ""
    steps = one(Course(world, wakes=False, again=frozenset()), name)
    return _touched(steps, name, world)


def _touched(steps: list[Course], name: str, world: World) -> tuple[Addresses, bool, str]:
    options = {a for s in steps for a in s.world.held(name)}
    failed = any(not s.world.held(name) for s in steps)
    if options and not failed:
        return tuple(sorted(options)), False, ""
    return (), False, error_of(world, name)


def error_of(world: World, name: str) -> str:
    """MetalLB's text at a pass over a service in this world; empty where it would get an address."""
    return next((step.error for step in converge(world, name) if step.error), "")


def _rivals(outcome: Outcome, name: str) -> tuple[str, ...]:
    """Those that hold something only in worlds in which this service gets nothing, or that are as unsure as it."""
    found = {n for c in outcome.tried.courses if name in c.unsure for n in c.unsure}
    with_it = [w for w in outcome.worlds if w.held(name)]
    without = [w for w in outcome.worlds if not w.held(name)]
    for world in without:
        for other, addresses in world.moved.items():
            if addresses and any(w.held(other) != addresses for w in with_it):
                found.add(other)
    return tuple(sorted(found - {name}))


def state_of(model: Model, at: Place) -> State:
    """The state of a controller's model; what the model does later does not change it."""
    version, allocator = model.version, model.allocator.copy()
    services = {name: seen for name, (seen, _) in model.services.items()}
    status = {name: held.addresses for name, held in allocator.allocations.items()}
    stuck: frozenset[str] = frozenset()
    if keeps_status_on_refused_share(version):
        kept = {n: s.status_addresses for n, s in services.items() if n not in status and s.status_addresses}
        status.update({n: a for n, a in kept.items() if services[n].is_load_balancer})
        stuck = frozenset(n for n in kept if n in status)
    resources = unpack(model.resources).get("ipaddresspools")
    handled = next((s.load_balancer_class for s in services.values() if s.is_load_balancer), None)
    world = World(version, allocator, services, status, _by_name(resources), stuck=stuck, handled=handled)
    world.retries = model.retries_all and bool(stuck)
    table = model.table()
    if not loses_addresses_silently(version):
        world.pending = model.configuring.pending
    printed = world.pending if table.rejected else allocator.configuration
    if not world.pools and printed is not None:
        world.pools = {p.name: object_of(p) for p in printed.pools.values()}
    if table.rejected is not None:
        world.stale = frozenset(world.pools)
    known = (
        table.configured
        and table.complete
        and model.wholeness.passed
        and table.version_known
        and dumps_objects(version)
    )
    known = known and all(n in services for n in allocator.allocations)
    return State(version, model.version_known, known, at, world, outdated=table.rejected is not None)


def _by_name(resources: object) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for document in resources if isinstance(resources, list) else ():
        metadata = document.get("metadata") if isinstance(document, dict) else None
        if isinstance(metadata, dict) and isinstance(metadata.get("name"), str):
            found[metadata["name"]] = document
    return found
