"""One change after the other, each settled before the next: what MetalLB makes of it.

Sources: metallb v0.13.0 to v0.16.1 internal/k8s/controllers/pool_controller.go, controller/main.go (SetPools),
internal/allocator/allocator.go (SetPools).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct, structs

from loganalyzer.errors import UsageError
from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.pool_objects import PoolError, configuration_from, object_of, pool_from_object
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.requests import listed, quoted
from loganalyzer.metallb.services import LAST_APPLIED, Service
from loganalyzer.metallb.versions import (
    any_deletion_wakes,
    dumps_objects,
    ignores_pool_metadata,
    ignores_same_configuration,
    loses_addresses_silently,
    mutates_cidr_pools,
    watches_namespaces,
)
from loganalyzer.whatif.ample import ample
from loganalyzer.whatif.changes import Change, patched, pool_after, service_after, with_defaults
from loganalyzer.whatif.choice import refusal
from loganalyzer.whatif.converge import Step, converge
from loganalyzer.whatif.crowd import Crowd
from loganalyzer.whatif.orders import Course, restless, without_address
from loganalyzer.whatif.settle import settle
from loganalyzer.whatif.world import World


class Rejection(Struct, frozen=True):
    """Configuration that MetalLB refuses, and then goes on with the old one."""

    object: str
    why: str


class _Made(NamedTuple):
    """A change: the courses before it, and those right after it."""

    change: Change
    before: tuple[Course, ...]
    begun: tuple[Course, ...]


class Tried(Struct, frozen=True):
    """What changes have come to so far.

    `interrupted`: who was without its address after a change that was not the last.
    """

    courses: tuple[Course, ...]
    rejected: tuple[Rejection, ...] = ()
    made: tuple[_Made, ...] = ()
    interrupted: frozenset[str] = frozenset()

    def blame(self, name: str) -> tuple[str, bool]:
        """Why a service loses an address: what MetalLB says of the one that it shows, or by its own edit (True)."""
        for change, before, begun in self.made:
            if change.kind == "Service":
                held = {course.world.held(name) for course in before}
                if change.name == name and any(course.world.held(name) not in held for course in begun):
                    return "", True
                continue
            for world in (course.world for course in begun):
                shown = world.status.get(name, ())
                error = _refused(world, name, shown) if shown else ""
                if error:
                    return error, False
        return "", False


def apply(tried: Tried, change: Change, families: Sequence[str]) -> Tried:
    """What one more change comes to. Raises UsageError where it does not apply."""
    before = tried.courses
    rejected: list[Rejection] = []
    begun: list[Course] = []
    for course in before:
        begun.extend(begin(course, change, families, rejected))
    # A refused configuration that fits now comes before the passes or after them: it is tried again by a clock.
    after = settle([*begun, *(early for course in begun if (early := _retry_pending(course)) is not course)])
    again = [_retry_pending(course) for course in after]
    if any(course.wakes for course in again):
        after = settle(again)
    if all(course.world.pending is None for course in after):
        kept = tuple(r for r in (*tried.rejected, *rejected) if "not compatible with assigned IPs" not in r.why)
    else:
        kept = (*tried.rejected, *rejected)
    return Tried(
        tuple(after),
        tuple(dict.fromkeys(kept)),
        (*tried.made, _Made(change, before, tuple(begun))),
        tried.interrupted | _without(before, after),
    )


def _without(before: Sequence[Course], after: Sequence[Course]) -> frozenset[str]:
    """Who held an address in some course before that it does not hold in some course now."""
    found: set[str] = set()
    for course in before:
        # Nobody else holds anything else than before.
        moved = {name for c in (course, *after) for name in c.world.moved}
        for name in moved & course.world.allocator.allocations.keys():
            held = set(course.world.held(name))
            if any(name in c.world.services and not held.issubset(c.world.held(name)) for c in after):
                found.add(name)
    return frozenset(found)


def _refused(world: World, name: str, shown: tuple[Address, ...]) -> str:
    service = world.services.get(name)
    return refusal(world, name, service.claim(world.version), shown) if service else ""


def begin(
    course: Course, change: Change, families: Sequence[str], rejected: list[Rejection] | None = None
) -> list[Course]:
    """The courses right after the change, before anything else is looked at. Raises UsageError."""
    rejected = [] if rejected is None else rejected
    if change.kind == "Service":
        after = service_after(course.world.services.get(change.name), change, families)
        return edited(course, change.name, after)
    if change.kind == "IPAddressPool":
        return [_unsettled(_pool(course, change, rejected))]
    if change.kind == "Namespace":
        return [_namespace(course, change, rejected)]
    if change.kind == "ConfigMap" and change.document is not None:
        return [_unsettled(_configmap(course, change.name, change.document, rejected))]
    raise UsageError(f"{change.kind} {change.name}: only Services, IPAddressPools and Namespaces can be tried")


def _unsettled(course: Course) -> Course:
    """Who was in a crowd, and may hold an address that no pool has any more, is sure of none."""
    configuration = course.world.allocator.configuration
    if not course.crowds or configuration is None:
        return course
    found = frozenset(
        name
        for crowd in course.crowds
        for name in crowd.names
        if any(configuration.pool_for((address,)) is None for address in crowd.may_get(name))
    )
    return structs.replace(course, unsure=course.unsure | found)


def edited(course: Course, name: str, after: Service | None) -> list[Course]:
    """The courses right after a service's object has become another, or (None) was deleted."""
    before = course.world.services.get(name)
    if after is before:
        return [course]
    world = course.world.copy()
    if after is None:
        held = bool(world.held(name))
        world.drop(name)
        return [structs.replace(course, world=world, wakes=held or any_deletion_wakes(world.version))]
    world.put(after)
    if not world.handles(after):
        return [structs.replace(course, world=world)]
    steps = converge(world, name)
    if course.crowds and not _unmoved(course, steps, name):
        # In an order that was not tried it gets something else, or leaves something else to those that wait.
        crowd = Crowd(world, frozenset((name, *without_address(world))), course.members)
        contending = frozenset(filter(crowd.may_get, crowd.names)) | {name}
        sure = frozenset() if course.world.held(name) else ample(world, contending, course.members)
        as_it_was = structs.replace(course, crowds=tuple(c.without(name) for c in course.crowds))
        course = as_it_was.leaving_open(contending - sure, (crowd,), crowd.members)
    return [
        structs.replace(course, world=step.world, wakes=step.wakes, again=frozenset({name} if step.written else ()))
        for step in steps
    ]


def _unmoved(course: Course, steps: Sequence[Step], name: str) -> bool:
    """Whether a service keeps what it holds in every order: it was in no crowd, and nobody of one may be beside it."""
    held = course.world.held(name)
    if not held or name in course.members or any(step.world.held(name) != held for step in steps):
        return False
    return all(crowd.possible.isdisjoint(held) for crowd in course.crowds)


def _pool(course: Course, change: Change, rejected: list[Rejection]) -> Course:
    world = course.world.copy()
    namespace, _, name = change.name.rpartition("/")
    own = _namespace_of_pools(world)
    if change.document is not None:
        namespace = (change.document.get("metadata") or {}).get("namespace") or own
    if own and namespace != own:
        if change.document is None:
            raise UsageError(f"IPAddressPool {change.name}: not in the inputs")
        why = f"MetalLB reads pools in its own namespace {own} alone"
        rejected.append(Rejection(f"IPAddressPool {change.name}", why))
        return course
    known = world.pools.get(name)
    before = with_defaults(known) if known is not None else None
    after = pool_after(before, change)
    if after is not None and before is not None and _pool_essence(after) == _pool_essence(before):
        return course
    if after is None:
        world.pools.pop(name, None)
    else:
        world.pools[name] = after
    same_spec = after is not None and before is not None and after.get("spec") == before.get("spec")
    if same_spec and ignores_pool_metadata(world.version):
        return structs.replace(course, world=world)
    if not same_spec:
        world.stale |= {name}
    try:
        made = _configuration(world, name, before)
    except PoolError as problem:
        rejected.append(Rejection(f"IPAddressPool {change.name}", str(problem)))
        world.pending = None
        return structs.replace(course, world=world)
    return _configured(course, world, made, f"IPAddressPool {change.name}", rejected)


def _namespace_of_pools(world: World) -> str:
    """The namespace in which MetalLB looks for pools, where one of them tells it."""
    found = ((d.get("metadata") or {}).get("namespace") for d in world.pools.values())
    return next((name for name in found if isinstance(name, str)), "")


def _configuration(world: World, changed: str | None, before: Mapping[str, Any] | None) -> Configuration:
    """The configuration that the objects of a world make; unchanged pools stay as they were rendered."""
    old = world.allocator.configuration
    rendered: Mapping[str, Pool] = old.pools if old else {}
    found = []
    for name, document in world.pools.items():
        known = rendered.get(name)
        fresh = name in world.stale or _selects_namespaces(world, document)
        if known is not None and not fresh:
            found.append(known)
            continue
        spec = document.get("spec")
        same = name != changed or namespace_selectors(before) == namespace_selectors(document)
        found.append(
            pool_from_object(
                name, spec if isinstance(spec, dict) else {}, world.version, world.namespaces, known if same else None
            )
        )
    return configuration_from(pool for pool in found if pool is not None)


def _selects_namespaces(world: World, document: Mapping[str, Any] | None) -> bool:
    return bool(world.namespaces) and bool(namespace_selectors(document))


def namespace_selectors(document: Mapping[str, Any] | None) -> object:
    """The labels by which an IPAddressPool chooses namespaces; None where it has none."""
    spec = (document or {}).get("spec")
    allocation = spec.get("serviceAllocation") if isinstance(spec, dict) else None
    return allocation.get("namespaceSelectors") if isinstance(allocation, dict) else None


def _configured(course: Course, world: World, made: Configuration, what: str, rejected: list[Rejection]) -> Course:
    """SetPools: refused, ignored, or in force; then all services are looked at."""
    version = world.version
    old = world.allocator.configuration
    if old is not None and made.pools == old.pools and ignores_same_configuration(version):
        world.stale = frozenset()
        wakes = mutates_cidr_pools(version) and any(_in_cidr_notation(p) for p in world.pools.values())
        return structs.replace(course, world=world, wakes=wakes)
    if not loses_addresses_silently(version):
        orphan = _orphan(world, made)
        if orphan:
            rejected.append(Rejection(what, orphan))
            world.pending = made
            return structs.replace(course, world=world)
    _set_pools(course.world, world, made)
    return structs.replace(course, world=world, wakes=True)


def _orphan(world: World, made: Configuration) -> str:
    for name, held in sorted(world.allocator.allocations.items()):
        if made.pool_for(held.addresses) is None:
            return (
                f"new config not compatible with assigned IPs: service {quoted(name)} cannot own "
                f"{listed(held.addresses)} under new config"
            )
    return ""


def _set_pools(before: World, world: World, made: Configuration) -> None:
    """These pools are in force in a copy of a world from now on."""
    world.configure(made, restless(before) | _in_other_pools(before, made))
    world.pending, world.stale = None, frozenset()


def _in_other_pools(world: World, made: Configuration) -> frozenset[str]:
    """Those that show an address of a pool that is not what it was; for the others their pool is the same."""
    old = world.allocator.configuration
    had: Mapping[str, Pool] = old.pools if old else {}
    pairs = ((had.get(name), made.pools.get(name)) for name in {*had, *made.pools})
    other = [pool for pair in pairs if pair[0] != pair[1] for pool in pair if pool is not None]
    return frozenset(n for n, shown in world.status.items() if any(p.contains(a) for p in other for a in shown))


def _retry_pending(course: Course) -> Course:
    """A configuration that was refused because of addresses in use is tried again until they are free."""
    made = course.world.pending
    if made is None or _orphan(course.world, made):
        return course
    world = course.world.copy()
    _set_pools(course.world, world, made)
    return structs.replace(course, world=world, wakes=True)


def _in_cidr_notation(document: Mapping[str, Any]) -> bool:
    spec = document.get("spec")
    addresses = spec.get("addresses") if isinstance(spec, dict) else None
    return any("-" not in a and ":" not in a for a in addresses or () if isinstance(a, str))


def _configmap(course: Course, name: str, document: Mapping[str, Any], rejected: list[Rejection]) -> Course:
    """All pools at once, as MetalLB read them up to 0.12 (metallb v0.12.1 internal/config)."""
    what = f"ConfigMap {name}"
    if dumps_objects(course.world.version):
        rejected.append(Rejection(what, f"MetalLB {course.world.version} reads no ConfigMap, but IPAddressPools"))
        return course
    from loganalyzer.correlator.evidence import configuration_of

    try:
        found = configuration_of(document)
        made = configuration_from(found.pools.values() if found is not None else ())
    except ValueError as problem:
        rejected.append(Rejection(what, str(problem)))
        return course
    world = course.world.copy()
    world.pools = {pool.name: object_of(pool) for pool in made.pools.values()}
    return _configured(course, world, made, what, rejected)


def _pool_essence(document: Mapping[str, Any]) -> tuple[object, ...]:
    """What of a pool's object an edit may change; who writes the same anew writes nothing."""
    metadata = document.get("metadata")
    own = metadata if isinstance(metadata, dict) else {}
    written = own.get("annotations")
    annotations = {k: v for k, v in written.items() if k != LAST_APPLIED} if isinstance(written, dict) else {}
    return with_defaults(document).get("spec"), own.get("labels") or {}, annotations


def _labels(change: Change, document: Mapping[str, Any]) -> dict[str, str]:
    metadata = document.get("metadata")
    labels = (metadata.get("labels") or {}) if isinstance(metadata, dict) else None
    if not isinstance(labels, dict) or not all(isinstance(v, str) for v in labels.values()):
        raise UsageError(f"Namespace {change.name}: its labels are no mapping of texts")
    return labels


def _namespace(course: Course, change: Change, rejected: list[Rejection]) -> Course:
    world = course.world.copy()
    known = world.namespaces.get(change.name)
    labels: dict[str, str] | None
    if change.document is not None:
        labels = _labels(change, change.document)
    elif change.deletes:
        if any(service.namespace == change.name for service in world.services.values()):
            raise UsageError(f"Namespace {change.name}: services would be deleted with it; delete them first")
        labels = None
    elif known is not None:
        labels = _labels(change, patched({"metadata": {"name": change.name, "labels": dict(known)}}, change))
    else:
        raise UsageError(f"Namespace {change.name}: its labels are not in the inputs")
    namespaces = dict(world.namespaces)
    if labels is None:
        namespaces.pop(change.name, None)
    else:
        namespaces[change.name] = {"kubernetes.io/metadata.name": change.name, **labels}
    if known is not None and namespaces.get(change.name) == known:
        return course
    world.namespaces = namespaces
    if not watches_namespaces(world.version):
        return structs.replace(course, world=world)
    try:
        made = _configuration(world, None, None)
    except PoolError as problem:
        rejected.append(Rejection(f"Namespace {change.name}", str(problem)))
        return structs.replace(course, world=world)
    return _configured(course, world, made, f"Namespace {change.name}", rejected)
