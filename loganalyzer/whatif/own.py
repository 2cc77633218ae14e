"""Proposals that change the waiting service alone: its request, its key, policy, selector or ports."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from msgspec import Struct

from loganalyzer.metallb.selectors import Selector
from loganalyzer.metallb.services import ADDRESS_POOL, ALLOW_SHARED_IP, LOAD_BALANCER_IPS, Port, Service
from loganalyzer.metallb.versions import prefers_either_family
from loganalyzer.model.state import AddressUse
from loganalyzer.rules.rule import listing
from loganalyzer.whatif.edits import (
    Operations,
    annotated,
    field_dropped,
    field_set,
    labelled,
    port_replaced,
    single_stack,
    unannotated,
)
from loganalyzer.whatif.proposal import ELSEWHERE, OWN, Case, Proposal

JOINING: Final = 5
"""From this rank on it joins others; all that is simpler is of a lower one."""

HIDDEN: Final = "pods no longer see clients' addresses, but nodes'"


class Fit(Struct, frozen=True):
    """What must change in the asking service for it to fit one address in use.

    `caution`: what a reader must know of it in any case, where it would lead to the pods of another service.
    """

    operations: Operations
    steps: tuple[str, ...]
    costs: tuple[str, ...]
    caution: str = ""


def proposals(case: Case) -> Iterator[Proposal]:
    """All of them, the simplest first."""
    yield from simple(case)
    yield from joining(case)


def simple(case: Case) -> Iterator[Proposal]:
    """Those that change what it asks for, or of whom: each of a rank below JOINING."""
    yield from _less(case)
    yield from _other_pool(case)
    yield from _labels(case)
    yield from _families(case)


class Less(Struct, frozen=True):
    """One way in which it may ask for less, and what that costs."""

    title: str
    operations: Operations
    cost: str


def relaxations(case: Case) -> Iterator[Less]:
    """The ways in which it may ask for less."""
    document, version, who = case.document, case.state.version, case.service.key
    annotation = unannotated(document, LOAD_BALANCER_IPS, version)
    single = field_dropped(document, "loadBalancerIP") if case.service.load_balancer_ip else ()
    pool = unannotated(document, ADDRESS_POOL, version)
    if annotation and single:
        yield Less(f"drop spec.loadBalancerIP, which the annotation repeats, from {who}", single, _UNASKED)
    if annotation or single:
        yield Less(f"drop the requested address from {who}", annotation + single, _UNASKED)
    if pool:
        yield Less(f"drop the requested pool from {who}", pool, _UNASKED)
    if pool and (annotation or single):
        yield Less(f"drop the requested address and pool from {who}", annotation + single + pool, _UNASKED)
    if len(case.service.cluster_ips) > 1:
        alone, cost = single_stack(document), _on_one_family(case.service)
        yield Less(f"set {who} to ipFamilyPolicy SingleStack", alone, cost)
        asked = " and ".join([*["address"] * bool(annotation or single), *["pool"] * bool(pool)])
        if asked:
            title = f"set {who} to ipFamilyPolicy SingleStack without its requested {asked}"
            yield Less(title, annotation + single + pool + alone, f"{cost}; {_UNASKED}")


_UNASKED: Final = (
    "it takes whatever address MetalLB chooses, so names and firewalls that expect the old request must follow"
)
_RESERVED: Final = "the pool has autoAssign: false, so it may be kept for others: ask first"


def _on_one_family(service: Service) -> str:
    family = service.ip_families[0] if service.ip_families else "its first family"
    return f"it is reached over {family} alone, and gives its second cluster IP back"


def _less(case: Case) -> Iterator[Proposal]:
    """Drop what it asks for."""
    for less in relaxations(case):
        if not any("ipFamilyPolicy" in str(op["path"]) for op in less.operations):
            why = f"changes only this service: {less.cost}"
            yield Proposal(less.title, (case.own(less.operations),), why, OWN, 1)


def _unrequested(case: Case) -> Operations:
    """The operations that take a requested address away."""
    found = unannotated(case.document, LOAD_BALANCER_IPS, case.state.version)
    return found + (field_dropped(case.document, "loadBalancerIP") if case.service.load_balancer_ip else ())


def _other_pool(case: Case) -> Iterator[Proposal]:
    """Ask for another pool by name, which need not assign automatically."""
    allocator = case.state.world.allocator
    labels = dict(case.claim.labels)
    for name in sorted(case.pools):
        pool = case.pools[name]
        if name == case.claim.pool or (pool in case.eligible and not case.claim.addresses and not case.claim.pool):
            continue
        table = allocator.table(pool)
        serves = [table.serves(case.claim, f) for f in case.families]
        if not any(serves) or not pool.compatible(case.claim.namespace, labels):
            continue
        dropped = _unrequested(case)
        operations = dropped + annotated(case.document, ADDRESS_POOL, name, case.state.version)
        reserved = "" if pool.auto_assign else _RESERVED
        costs = "".join(f"; {cost}" for cost in (reserved, _UNASKED if dropped else "") if cost)
        yield Proposal(
            f"ask for the pool {name} by name in {case.service.key}{', not for an address' if dropped else ''}",
            (case.own(operations),),
            f"changes only this service: its address comes from the pool {name}{costs}",
            OWN,
            2 if pool.auto_assign else 3,
            reserved,
        )


def _labels(case: Case) -> Iterator[Proposal]:
    """Give it labels that a pool selects."""
    for name in sorted(case.pools):
        wanted = case.pools[name].allocation
        if (
            wanted is None
            or not wanted.selectors
            or case.pools[name].compatible(case.claim.namespace, dict(case.claim.labels))
        ):
            continue
        found = next((labels for s in wanted.selectors if (labels := satisfying(s)) is not None), None)
        if not found:
            continue
        operations: Operations = ()
        if case.service.labels:
            for key, value in found.items():
                operations += labelled(case.document, key, value)
        else:
            operations = ({"op": "add", "path": "/metadata/labels", "value": found},)
        if operations:
            yield Proposal(
                f"label {case.service.key} {listing(tuple(f'{k}={v}' for k, v in found.items()))}, "
                f"which the pool {name} selects",
                (case.own(operations),),
                "changes only this service; whatever else selects by these labels sees it too",
                OWN,
                3,
            )


def satisfying(selector: Selector) -> dict[str, str] | None:
    """Labels that satisfy a selector of plain requirements; None where it has others."""
    found: dict[str, str] = {}
    for key, operator, values in selector.requirements:
        if operator in ("=", "in") and values:
            found[key] = values[0]
        elif operator == "exists":
            found[key] = "true"
        elif operator not in ("!=", "notin", "!"):
            return None
    return found


def _families(case: Case) -> Iterator[Proposal]:
    """Be content with one family."""
    service = case.service
    if service.family_policy not in ("RequireDualStack", "PreferDualStack") and len(service.cluster_ips) < 2:
        return
    if service.family_policy == "RequireDualStack" and prefers_either_family(case.state.version):
        operations = field_set(case.document, "ipFamilyPolicy", "PreferDualStack")
        yield Proposal(
            f"set {service.key} to ipFamilyPolicy PreferDualStack",
            (case.own(operations),),
            "changes only this service: it may come with an address of one family only",
            OWN,
            2,
        )
    yield Proposal(
        f"set {service.key} to ipFamilyPolicy SingleStack",
        (case.own(single_stack(case.document)),),
        f"changes only this service: {_on_one_family(service)}",
        OWN,
        4,
    )


def joining(case: Case) -> Iterator[Proposal]:
    """Fit an address in use: the holders' key, and where needed their policy, selector or other ports."""
    seen: set[str] = set()
    for use in case.shareable:
        holders = case.state.world.services
        for fit in fits(case, use, use.sharing_key, holders):
            title = f"let {case.service.key} share with {listing(use.services)}: {listing(fit.steps)}"
            if not fit.operations or title in seen:
                continue
            seen.add(title)
            costs = listing(tuple(dict.fromkeys(("the address is shared", *fit.costs))))
            yield Proposal(
                title,
                (case.own(fit.operations),),
                f"changes only this service: {costs}{fit.caution and f'; {fit.caution}'}",
                ELSEWHERE if fit.caution else OWN,
                JOINING - 2 + 2 * len(fit.steps) + 3 * bool(fit.costs) + (service_is_local(case.service) and 4),
                fit.caution,
            )


def service_is_local(service: Service) -> bool:
    """Whether it is one that an address of its own is recommended for."""
    return service.traffic_policy == "Local"


def fits(
    case: Case, use: AddressUse, key: str, services: dict[str, Service], *, cluster: bool = False
) -> Iterator[Fit]:
    """The changes by which the service would fit beside the holders under a key; `cluster`: they all become Cluster."""
    version = case.state.version
    operations: Operations = ()
    steps: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()
    caution = ""
    if case.claim.sharing_key != key:
        operations += annotated(case.document, ALLOW_SHARED_IP, key, version)
        steps += (f"{ALLOW_SHARED_IP} {key!r}",)
    backend = "" if cluster else use.backend_key
    if case.claim.backend_key != backend:
        more = _backend(case, use, backend, services)
        if more is None:
            return
        operations += more.operations
        steps += more.steps
        costs += more.costs
        caution = more.caution
    ports = _ports(case, use)
    yield Fit(operations + ports.operations, steps + ports.steps, costs + ports.costs, caution)


def _backend(case: Case, use: AddressUse, backend: str, services: dict[str, Service]) -> Fit | None:
    if not backend:
        operations = field_set(case.document, "externalTrafficPolicy", "Cluster")
        return Fit(operations, ("externalTrafficPolicy Cluster",), (HIDDEN,))
    holder = next((services[h] for h in use.services if h in services and services[h].backend_key == backend), None)
    if holder is None:
        return None
    policy = field_set(case.document, "externalTrafficPolicy", "Local")
    steps: tuple[str, ...] = ("externalTrafficPolicy Local",) if policy else ()
    costs: tuple[str, ...] = ("only nodes with its pods answer",) if policy else ()
    selector = dict(holder.selector)
    moved = field_set(case.document, "selector", selector)
    if moved and holder.namespace != case.service.namespace:
        # A selector chooses pods of the Service's own namespace: these labels are another's pods.
        return None
    if not moved:
        return Fit(policy, steps, costs)
    caution = f"its traffic goes to the pods of {holder.key}, which must serve it"
    return Fit(policy + moved, (*steps, f"the selector of {holder.key}"), costs, caution)


def _ports(case: Case, use: AddressUse) -> Fit:
    """Other numbers for the ports that are taken."""
    blocked = [(index, port) for index, port in case.listed_ports if port in use.taken]
    if not blocked:
        return _AS_THEY_ARE
    taken = {port for holder in use.holders for port in holder.ports} | set(case.claim.ports)
    operations: Operations = ()
    moved: tuple[str, ...] = ()
    for index, port in blocked:
        other = _free_port(port, taken)
        taken.add(other)
        operations += port_replaced(index, port.number, other.number)
        moved += (f"port {port.protocol} {other.number} in place of {port.number}",)
    return Fit(operations, moved, ("clients must use the other port",))


_AS_THEY_ARE: Final = Fit((), (), ())


def _free_port(port: Port, taken: set[Port]) -> Port:
    above = 8000 + port.number if port.number < 1000 else port.number + 1
    numbers = chain(range(above, 65536), range(1, above))
    return next(p for n in numbers if (p := Port(port.protocol, n)) not in taken)
