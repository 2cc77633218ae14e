"""Passes over several services in every order that MetalLB may take.

From 0.14 on a pass over all services begins with those that show most addresses; within that, and before 0.14
altogether, the order is that of a Go map (metallb v0.14.0 internal/k8s/controllers/service_controller_reload.go).
Where a few services are in each other's way every order is tried. Where they are many, two orders are, and
`unsure` names those whose fate another order might change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Set
from itertools import islice
from typing import Final

from msgspec import Struct, structs

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.services import Service
from loganalyzer.metallb.versions import assigned_first, prefers_either_family
from loganalyzer.whatif.ample import ample
from loganalyzer.whatif.choice import alike, allocate, refusal
from loganalyzer.whatif.converge import Step, converge, proceed, regains
from loganalyzer.whatif.crowd import Crowd
from loganalyzer.whatif.world import Signature, World

ENUMERATED: Final = 6
"""So many services in each other's way are tried in every order."""
MOST_WORLDS: Final = 48


class Course(Struct, frozen=True):
    """A world on its way. `again`: services whose objects were written, which MetalLB looks at once more.

    `unsure`: those whose fate an order that was not tried might change; `crowds`: those that were in each other's way;
    `backwards`: in which of the two orders the first of them came; `elsewhere`: what services hold in worlds that were
    left out as too many; `members` are all that were in a crowd.
    """

    world: World
    wakes: bool
    again: frozenset[str]
    unsure: frozenset[str] = frozenset()
    crowds: tuple[Crowd, ...] = ()
    backwards: bool = False
    elsewhere: Signature = frozenset()
    members: frozenset[str] = frozenset()

    def leaving_open(self, unsure: frozenset[str], crowds: tuple[Crowd, ...], members: frozenset[str]) -> Course:
        """The same course, of which more is left open by orders that were not tried."""
        if not crowds and unsure <= self.unsure:
            return self
        known = {crowd.mark: crowd for crowd in (*self.crowds, *crowds)}
        return structs.replace(
            self, unsure=self.unsure | unsure, crowds=tuple(known.values()), members=self.members | members
        )

    def beside(self, other: Course) -> Course:
        """The same course, which another that has come to the same leaves open as much, too."""
        found = self.leaving_open(other.unsure, other.crowds, other.members)
        return structs.replace(found, elsewhere=found.elsewhere | other.elsewhere) if other.elsewhere else found


class _Group(Struct, frozen=True):
    """Some of the services of a pass, those that MetalLB looks at in no fixed order: who showed so many addresses.

    `last`: it is a pass over all services, and those without an address are among these.
    """

    world: World
    names: Collection[str]
    shown: int | None
    last: bool

    def has(self, name: str) -> bool:
        """Whether a service is among them."""
        if name not in self.names or not self.world.handles(self.world.services[name]):
            return False
        return self.shown is None or len(self.world.status.get(name, ())) == self.shown


def pass_over(start: Course, names: Collection[str]) -> list[Course]:
    """Every course that one pass over these services may take; those that nothing can happen to are passed over."""
    courses = [start]
    for group in _groups(start.world, names):
        following = [after for course in courses for after in _any_order(course, group)]
        courses = fewer(following)
    return courses


class Rush(Struct, frozen=True):
    """The many that want what there is in a world; `some` of them are enough to know that they are too many."""

    world: World
    group: _Group
    some: frozenset[str]

    def has(self, name: str) -> bool:
        """Whether a service is surely one of those for whom no order is sure."""
        return self.group.has(name) and (
            name in self.some or bool(allocate(self.world, self.world.services[name]).options)
        )


def rush(start: Course) -> Rush | None:
    """Those whom a pass over all services leaves open what they get; None where they are few, or there is enough."""
    world = start.world
    for group in _groups(world, world.services):
        if any(_moving(world, filter(group.has, _suspects(world)))):
            return None
        some = frozenset(islice(_hopeful(world, filter(group.has, without_address(world))), ENUMERATED + 1))
        if some:
            return Rush(world, group, some) if len(some) > ENUMERATED and not ample(world, some, some) else None
    return None


def fewer(courses: list[Course]) -> list[Course]:
    """Those that differ; of too many the first, with what differs among the others as unsure."""
    kept: dict[tuple[Signature, bool, frozenset[str]], Course] = {}
    for course in courses:
        mark = (course.world.signature, course.wakes, course.again)
        kept[mark] = kept[mark].beside(course) if mark in kept else course
    found = list(kept.values())
    if len(found) <= MOST_WORLDS:
        return found
    common = frozenset.intersection(*(c.world.signature for c in found))
    unsure = frozenset(name for c in found for name, _ in c.world.signature - common)
    left = frozenset().union(*(c.world.signature for c in found[MOST_WORLDS:]))
    last = found[MOST_WORLDS]
    for course in found[MOST_WORLDS + 1 :]:
        last = last.beside(course)
    last = structs.replace(last, unsure=last.unsure | unsure, elsewhere=last.elsewhere | left)
    return [course.beside(last) for course in found[:MOST_WORLDS]]


def restless(world: World) -> frozenset[str]:
    """Those that show addresses and that a pass may change something about."""
    origin = world.origin
    if world is not origin.world:
        return frozenset(_moving(world, _suspects(world)))
    if origin.restless is None:
        origin.restless = frozenset(_moving(world, origin.suspects))
    return origin.restless


def _suspects(world: World) -> Set[str]:
    """Those that are restless are among them."""
    return {*restless(world.origin.world), *world.changed, *_beside(world)}


def _moving(world: World, names: Iterable[str]) -> Iterator[str]:
    found = (n for n in names if world.status.get(n) and n in world.services)
    return (n for n in found if unsettled(world, n))


def _beside(world: World) -> Iterator[str]:
    """Who is, or was, on an address whose use is not what it was at the origin."""
    for pool, addresses in world.touched.items():
        for table in (world.origin.tables[pool], world.table(pool)):
            for use in (table.uses.get(address) for address in addresses):
                yield from use.services if use is not None else ()


def without_address(world: World) -> Iterator[str]:
    """The LoadBalancer services whose objects show no address."""
    yield from world.origin.waiting - world.changed
    for name in world.changed:
        service = world.services.get(name)
        if service is not None and service.is_load_balancer and not world.status.get(name):
            yield name


def unsettled(world: World, name: str) -> bool:
    """Whether a pass over a service that shows addresses may change something."""
    service, shown = world.services[name], world.status.get(name, ())
    held = world.allocator.allocations.get(name)
    if not service.is_load_balancer:
        return held is not None or bool(shown)
    if held is None or held.addresses != shown or held.claim != service.claim(world.version):
        return True
    return shifts(world, service, shown) or bool(refusal(world, name, service.claim(world.version), shown))


def shifts(world: World, service: Service, shown: tuple[Address, ...]) -> bool:
    """Whether a pass may change something about a service that holds and shows these addresses, not refused to it."""
    if len(shown) == 1 and service.family_policy == "PreferDualStack" and prefers_either_family(world.version):
        return True
    if regains(service, shown, world.version):
        return True
    wanted, configuration = service.claim(world.version).pool, world.allocator.configuration
    owner = configuration.pool_for(shown) if wanted and configuration else None
    return owner is not None and owner.name != wanted


def _groups(world: World, names: Collection[str]) -> list[_Group]:
    if not assigned_first(world.version):
        return [_Group(world, names, None, names is world.services)]
    counts = {len(world.status.get(name, ())) for name in names}
    return [
        _Group(world, names, count, not count and names is world.services) for count in sorted(counts, reverse=True)
    ]


def _any_order(start: Course, group: _Group) -> list[Course]:
    active, rivals = _active(start.world, group), _rivals(start, group)
    if not active and not rivals:
        return [start]
    if len(active) <= ENUMERATED and not start.crowds:
        return _every_order(start, frozenset(active))
    names = sorted({*active, *rivals})
    crowd = Crowd(start.world, frozenset(names), start.members)
    open_ones = start.leaving_open(crowd.names - ample(start.world, names, start.members), (crowd,), crowd.members)
    found: list[Course] = []
    # Behind another crowd there are both orders already, each in worlds of its own.
    for backwards in (start.backwards,) if start.crowds or not active else (False, True):
        course = structs.replace(open_ones, world=start.world.copy(), backwards=backwards)
        found.append(_in_order(course, sorted(active, reverse=backwards)))
    return found


def _in_order(course: Course, names: Iterable[str]) -> Course:
    """A course after passes over these services, one after the other: its world may be changed."""
    refused: set[object] = set()
    for name in names:
        world = course.world
        waits = not world.status.get(name) and not world.held(name)
        kind = alike(world.services[name], world.version) if waits else None
        if kind in refused:
            continue
        course = _after(course, proceed(world, name), name)
        if waits and not course.world.held(name):
            refused.add(kind)
        else:
            refused.clear()
    return course


def _rivals(start: Course, group: _Group) -> list[str]:
    """Those that may wait in an order that was not tried, at a pass over all that comes to those who wait."""
    world = start.world
    if not start.crowds or not group.last:
        return []
    unsure = [n for n in start.unsure if (s := world.services.get(n)) is not None and s.is_load_balancer]
    waiting = frozenset(filter(group.has, without_address(world)))
    crowd = Crowd(world, waiting, start.members)
    return [*unsure, *(n for n in waiting if crowd.may_get(n))]


def one(course: Course, name: str) -> list[Course]:
    """The courses after a pass over one service."""
    world = course.world
    if not world.status.get(name) and not world.held(name):
        # Most that wait go on waiting: nothing has to be copied for that.
        service = world.services[name]
        if not service.is_load_balancer or not allocate(world, service).options:
            return [course]
    return [_after(course, step, name) for step in converge(course.world, name)]


def _after(course: Course, step: Step, name: str) -> Course:
    return structs.replace(
        course,
        world=step.world,
        wakes=course.wakes or step.wakes,
        again=course.again | {name} if step.written else course.again,
    )


def _every_order(start: Course, names: frozenset[str]) -> list[Course]:
    """Depth first over which service is next; the same world with the same services left is met once."""
    done: list[Course] = []
    seen: set[tuple[Signature, bool, frozenset[str], frozenset[str]]] = set()
    open_ones = [(start, names)]
    while open_ones:
        course, left = open_ones.pop()
        mark = (course.world.signature, course.wakes, course.again, left)
        if mark in seen:
            continue
        seen.add(mark)
        if not left:
            done.append(course)
            continue
        for name in sorted(left):
            open_ones.extend((after, left - {name}) for after in one(course, name))
    return done


def _active(world: World, group: _Group) -> list[str]:
    """Those to whom something may happen in this pass, by themselves or after one of the others."""
    moving = list(_moving(world, filter(group.has, _suspects(world))))
    waiting = list(filter(group.has, without_address(world)))
    if moving:
        # What one gives up any of the others may get.
        return sorted({*moving, *waiting})
    hopeful = set(_hopeful(world, waiting))
    keys = {world.services[n].claim(world.version).keys for n in hopeful} - {None}
    joining = {
        n
        for n in (waiting if hopeful else ())
        if n not in hopeful and world.services[n].claim(world.version).keys in keys
    }
    return sorted(hopeful | joining)


def _hopeful(world: World, waiting: Iterable[str]) -> Iterator[str]:
    """Those that would get something if it were their turn."""
    known: dict[object, bool] = {}
    for name in waiting:
        kind = alike(service := world.services[name], world.version)
        if kind not in known:
            known[kind] = bool(allocate(world, service).options)
        if known[kind]:
            yield name
