"""Failures that objects tell by themselves: Events that no log has, and services that wait for an address.

Judged on the state that the objects show, which may be a later one: partial at best.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from msgspec import structs

from loganalyzer.correlator.diagnosis import Evidence, Failure
from loganalyzer.correlator.episodes import failure_of
from loganalyzer.correlator.evidence import Objects, as_read
from loganalyzer.correlator.judge import Judgement, judge
from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.error_texts import fold
from loganalyzer.metallb.objects import KnownEvent, KnownService, error_of
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.requests import asked, impossible
from loganalyzer.metallb.services import ALLOCATED_FROM_POOL, NEW_PREFIX, Service
from loganalyzer.metallb.versions import ASSUMED, V0_15, Version
from loganalyzer.model.allocator import Allocator
from loganalyzer.model.assigning import request_error
from loganalyzer.model.outcomes import Attempt
from loganalyzer.model.state import AddressUse, Allocation, Place, Table

_OLD: Final = Version(0, 12, 1)


def likely_version(objects: Objects) -> Version:
    """The version whose rules the objects speak of; nothing of it is certain."""
    if objects.configmap is not None and not objects.pools:
        return _OLD
    written = NEW_PREFIX + ALLOCATED_FROM_POOL
    return V0_15 if any(written in s.final.annotations for s, _ in objects.services.values()) else ASSUMED


def failures_of(
    objects: Objects, matched: frozenset[tuple[str, int]], version: Version | None, *, alone: bool
) -> Iterator[Failure]:
    """The failures of Events that matched no attempt of a log and, where there is no log, of services that wait."""
    table = _table(objects, version or likely_version(objects), known=version is not None)
    told: dict[tuple[str, str], list[tuple[KnownEvent, Place]]] = {}
    for event, place in objects.events:
        error = error_of(event)
        if error is not None and (place.source.name, place.line) not in matched:
            told.setdefault((event.service, fold(error)), []).append((event, place))
    for found in told.values():
        yield _of_events(objects, table, sorted(found, key=lambda f: (f[0].last, f[1].line)))
    waits = {service for service, _ in told}
    for name, (known, place) in objects.services.items() if alone else ():
        if name not in waits and _waits(known.final) and (objects.pools is not None or objects.configmap is not None):
            yield _of_waiting(table, known, place)


def _waits(service: Service) -> bool:
    return service.is_load_balancer and not service.status and service.load_balancer_class is None


def _of_events(objects: Objects, table: Table, found: list[tuple[KnownEvent, Place]]) -> Failure:
    """The failure that Events of one service and error tell, the newest last."""
    (begun, at), (event, place) = found[0], found[-1]
    known, error = objects.services.get(event.service), error_of(event) or ""
    first, last = _at(at, min((e.first for e, _ in found), default=begun.first)), _at(place, event.last)
    # What is there now is what the attempt met only if the service still waits, unedited.
    same = known is not None and _waits(known[0].final) and bool(known[0].edited) and known[0].edited <= event.last
    seen = known[0].final if known is not None and same else None
    met = (
        table
        if seen is not None
        else structs.replace(table, configured=False, complete=False, configuration=None, pools={})
    )
    attempt = Attempt(event.service, last, error, seen, known[1] if known is not None and same else None, met)
    failure = failure_of(attempt, _partial(judge(attempt)), first)
    shown = tuple(Evidence(_at(p, e.last), e.message) for e, p in found)
    return structs.replace(failure, attempts=sum(e.count for e, _ in found), evidence=(*shown, *failure.evidence[:-1]))


def _at(place: Place, second: str) -> Place:
    return structs.replace(place, stamp=f"{second}Z".encode() if second else b"")


def _of_waiting(table: Table, known: KnownService, place: Place) -> Failure:
    at = structs.replace(place, stamp=f"{known.edited or known.created}Z".encode() if known.created else b"")
    attempt = Attempt(known.final.key, at, _expected_error(known.final, table), known.final, at, table)
    judgement = judge(attempt)
    if judgement.certainty == "proven":
        # No line and no Event says that MetalLB came to this.
        judgement = structs.replace(judgement, certainty="partial")
    found = failure_of(attempt, judgement, at)
    return structs.replace(found, evidence=found.evidence[:-1])


def _partial(judgement: Judgement) -> Judgement:
    """Objects prove nothing about an attempt, but that an error text names its own cause."""
    if judgement.certainty != "proven" or judgement.rule is None or judgement.rule.startswith("MLB3"):
        return judgement
    return structs.replace(judgement, certainty="partial")


def _expected_error(service: Service, table: Table) -> str:
    """What MetalLB would say of a service that waits (metallb v0.14.8 controller/service.go, allocator.go)."""
    claim, configuration, version = service.claim(table.version), table.configuration, table.version
    if configuration is None or not configuration.pools:
        return "pools are empty"
    _, wanted, error = asked(service, version)
    error = impossible(service, version) or error
    if error:
        return error
    if wanted:
        return request_error(service.key, claim, configuration, partial(_on, table), version) or "no available IPs"
    if claim.pool and claim.pool not in configuration.pools:
        return f'unknown pool "{claim.pool}"'
    if claim.pool and not configuration.pools[claim.pool].compatible(claim.namespace, dict(claim.labels)):
        return f"pool {claim.pool} not compatible for ip assignment"
    return f"no available IPs in pool {claim.pool}" if claim.pool else "no available IPs"


def _on(table: Table, address: Address) -> AddressUse | None:
    """Who is on an address; the service that waits holds none."""
    return next((t.uses[address] for t in table.pools.values() if address in t.uses), None)


def _table(objects: Objects, version: Version, *, known: bool) -> Table:
    """The allocator as the objects show it."""
    configuration = None
    if objects.pools is not None:
        pools = {n: as_read(p.pool, version, selects=p.selects_namespaces) for n, (p, _) in objects.pools.items()}
        configuration = Configuration(pools)
    elif objects.configmap is not None:
        configuration = objects.configmap[0]
    allocator = Allocator()
    allocator.configure(configuration, version)
    for name, (service, place) in objects.services.items():
        addresses = service.final.status_addresses
        if addresses and service.final.is_load_balancer:
            claim = service.final.claim(version)
            allocator.assign(Allocation(name, addresses, claim, place, service.final, kept=True))
    return Table(
        version=version,
        version_known=known,
        configuration=configuration,
        configured=configuration is not None,
        complete=True,
        pools={n: allocator.table(p) for n, p in configuration.pools.items()} if configuration else {},
        allocations=dict(allocator.allocations),
    )
