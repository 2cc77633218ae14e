"""The state as Kubernetes objects show it, where no log tells it: what they hold is taken to be what MetalLB holds.

A controller keeps nothing else than what services' statuses show, and takes it over at its next start
(metallb v0.13.0 to v0.16.1 controller/service.go, convergeBalancer). What it refused, or has not looked at yet, no
object tells: such a state is partial, and says what was assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import structs

from loganalyzer.correlator.evidence import by_kind, gathered, pools_read
from loganalyzer.correlator.waiting import likely_version
from loganalyzer.metallb.documents import pack
from loganalyzer.metallb.objects import labels_of_namespaces, mapping, text
from loganalyzer.metallb.pool_objects import Namespaces, PoolError, configuration_from, object_of, pool_from_object
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import ALLOCATED_FROM_POOL, NEW_PREFIX, OLD_PREFIX, Service, service_from_object
from loganalyzer.metallb.versions import Version
from loganalyzer.model.allocator import Allocator
from loganalyzer.model.state import Place
from loganalyzer.rules.rule import listing
from loganalyzer.sources.inputs import Source
from loganalyzer.whatif.state import State
from loganalyzer.whatif.world import World

Given = Sequence[tuple[Source, dict[str, Any], int]]
"""Objects, each with the input and the line on which it begins."""

_ALONE: Final = (
    "the objects stand for the state: MetalLB is taken to hold what they show, to run on the pools that they show, and "
    "to have looked at every service since it was edited; a log of the controller at debug level proves it"
)
_SERVICES: Final = "every service is needed: kubectl get services -A -o yaml"
_POOLS: Final = "the pools are needed: kubectl get ipaddresspools.metallb.io -A -o yaml"
_NAMESPACES: Final = "a pool selects namespaces by label: kubectl get namespaces -o yaml"


def completed(states: list[State], given: Given, version: Version | None) -> list[State]:
    """The states that logs tell, with what objects add; without a log the state that the objects show.

    `version` is the one that the user tells. Where logs are of several controllers nobody knows whose the objects are.
    """
    if not given or len(states) > 1:
        return states
    if not states:
        return [state_of_objects(given, version)]
    state = states[0]
    if state.known:
        # Of what a log proves objects can tell nothing but whom namespace selectors would select.
        labels = labels_of_namespaces(d for d, _ in by_kind(given).get("Namespace", ()))
        state.world.namespaces = labels
        return [state]
    known = version or (state.version if state.version_known else None)
    found = state_of_objects(given, known)
    if state.outdated:
        found = structs.replace(
            found, known=False, lacks=("MetalLB refused the pools as they are, and runs on older ones",)
        )
    return [structs.replace(state, lacks=found.lacks)] if not found.known else [found]


def state_of_objects(given: Given, version: Version | None) -> State:
    """The state that the objects show. Without a version that of the rules that they speak of is assumed."""
    objects, kinds = gathered(given), by_kind(given)
    rules = version or likely_version(objects)
    assumed = [_ALONE]
    if version is None:
        assumed.append(
            f"MetalLB's version is not told; the rules of {rules} are applied: pass --metallb-version, which "
            "kubectl -n metallb-system get deployment controller -o jsonpath='{..image}' tells"
        )
    at = max((Place(source, line, b"") for source, _, line in given), key=lambda place: place.line)
    labels = labels_of_namespaces(d for d, _ in kinds.get("Namespace", ()))
    pools, _ = pools_read(kinds)
    documents: dict[str, Mapping[str, Any]] = {text(mapping(d.get("metadata")).get("name")): d for d, _ in pools}
    if objects.left_out:
        assumed.append(objects.left_out)
    old = objects.configmap[0] if objects.configmap is not None and not documents else None
    if old is not None:
        documents = {pool.name: object_of(pool) for pool in old.pools.values()}
    configuration, lacks = _configured(documents, old, rules, labels)
    if not kinds.get("Service"):
        lacks.append(_SERVICES)
    services = [service_from_object(d, pack(d)) for d, _ in kinds.get("Service", ())]
    world, strangers = _world(services, configuration, rules)
    world.pools, world.namespaces = documents, labels
    if strangers:
        assumed.append(f"{listing(strangers)}: no pool has the address that is shown, so another load balancer's")
    return State(rules, version is not None, not lacks, at, world, lacks=tuple(lacks), assumed=tuple(assumed))


def _configured(
    documents: Mapping[str, Mapping[str, Any]], old: Configuration | None, version: Version, labels: Namespaces
) -> tuple[Configuration | None, list[str]]:
    """The configuration that the pools make, and what is missing where they make none."""
    if not documents:
        return None, [_POOLS]
    if old is not None:
        return old, []
    if not labels and any(_selects_namespaces(d) for d in documents.values()):
        return None, [_NAMESPACES]
    try:
        pools = [pool_from_object(n, mapping(d.get("spec")), version, labels) for n, d in documents.items()]
        return configuration_from(pools), []
    except PoolError as problem:
        return None, [f"MetalLB refuses the pools as they are ({problem}), and runs on older ones that no input shows"]


def _selects_namespaces(document: Mapping[str, Any]) -> bool:
    allocation = mapping(mapping(document.get("spec")).get("serviceAllocation"))
    return bool(allocation.get("namespaceSelectors"))


def _world(
    services: Iterable[Service], configuration: Configuration | None, version: Version
) -> tuple[World, tuple[str, ...]]:
    """The world in which services hold what they show, and those that show what no pool has."""
    found = {service.key: service for service in services}
    allocator = Allocator()
    allocator.configure(configuration, version)
    world = World(version, allocator, found, {}, {}, handled=_class_of(found.values()))
    strangers = []
    for name, service in sorted(found.items()):
        shown = service.status_addresses
        if not shown or not service.is_load_balancer or not world.handles(service):
            continue
        if not allocator.in_a_pool(shown):
            strangers.append(name)
            continue
        world.assign(service, shown)
        world.show(name, shown)
    for name in strangers:
        del found[name]
    world.moved.clear()
    return world, tuple(strangers)


def _class_of(services: Iterable[Service]) -> str | None:
    """The loadBalancerClass of a service that MetalLB has served, as it says of itself from 0.13.8 on."""
    served = (s for s in services if any(p + ALLOCATED_FROM_POOL in s.annotations for p in (NEW_PREFIX, OLD_PREFIX)))
    return next((s.load_balancer_class for s in served), None)
