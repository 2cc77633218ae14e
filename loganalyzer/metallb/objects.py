"""Kubernetes objects as evidence: what kubectl prints of Services, pools, Namespaces, Nodes and Events.

Sources: metallb v0.14.8 api/v1beta1 (IPAddressPool), v0.12.1 internal/config/config.go (the ConfigMap),
k8s.io/api v0.28 core/v1 (Service, Event, Node), k8s.io/apimachinery v0.28 meta/v1 (managedFields).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct

from loganalyzer.metallb.pools import Pool, ServiceAllocation
from loganalyzer.metallb.ranges import parse_pool_ranges
from loganalyzer.metallb.selectors import Operator, Requirement, Selector
from loganalyzer.metallb.services import Service, service_from_object

Document = Mapping[str, Any]

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_EXCLUDING: Final = "node.kubernetes.io/exclude-from-external-load-balancers"
_METALLB: Final = frozenset({"controller", "speaker", "metallb"})
_OPERATORS: Final[Mapping[str, Operator]] = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


class KnownService(Struct, frozen=True):
    """A Service at the end of the log. Times are RFC 3339 in UTC to the second, without the zone.

    `edited` is when its specification was last written; empty: the object does not tell. `applied` is the
    specification that it was created with; None where that can't be known.
    """

    final: Service
    created: str
    edited: str
    applied: Service | None


class KnownPool(Struct, frozen=True):
    """A pool at the end of the log. `unchanged`: it is as it was created."""

    pool: Pool
    created: str
    unchanged: bool
    selects_namespaces: bool = False
    version: int = -1


class KnownEvent(Struct, frozen=True):
    """An Event about a Service: `first` and `last` are those of its `count` occurrences."""

    service: str
    reason: str
    message: str
    first: str
    last: str
    count: int
    controller: bool


class KnownNode(Struct, frozen=True):
    """What of a Node keeps it from announcing."""

    excluded: bool
    network_unavailable: bool


def text(value: object) -> str:
    """The value where it is text; else empty."""
    return value if isinstance(value, str) else ""


def mapping(value: object) -> dict[str, Any]:
    """The value where it is a mapping; else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The value where it is a list; else an empty one."""
    return value if isinstance(value, list) else []


def resource_version(value: object) -> int:
    """A resourceVersion as the number that it is for etcd; -1 where it is none (by the API's contract it is opaque)."""
    digits = text(value)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else -1


def node_of(document: Document) -> KnownNode:
    """A Node (metallb v0.14.8 internal/k8s/nodes/nodes.go)."""
    labels = mapping(mapping(document.get("metadata")).get("labels"))
    conditions = map(mapping, items(mapping(document.get("status")).get("conditions")))
    network = next((c.get("status") for c in conditions if c.get("type") == "NetworkUnavailable"), None)
    return KnownNode(_EXCLUDING in labels, network == "True")


def _second(value: object) -> str:
    """A time to the second, as text that compares."""
    return text(value)[:19]


def service_of(document: Document) -> KnownService:
    """A Service, with what its metadata tell of its past."""
    metadata = mapping(document.get("metadata"))
    created = _second(metadata.get("creationTimestamp"))
    fields = [mapping(f) for f in items(metadata.get("managedFields"))]
    own = [f for f in fields if f.get("subresource") != "status" and f.get("manager") not in _METALLB]
    edited = max((_second(f.get("time")) for f in own), default="")
    applies = [_second(f.get("time")) for f in own if f.get("manager") == "kubectl-client-side-apply"]
    final = service_from_object(document)
    applied = None
    if edited == created and created:
        applied = final
    elif applies == [created]:
        applied = _as_applied(document, text(mapping(metadata.get("annotations")).get(_LAST_APPLIED)))
    return KnownService(final, created, edited, applied)


def _as_applied(document: Document, applied: str) -> Service | None:
    """The Service as it was created by `kubectl apply`: what the cluster added is taken from the object."""
    try:
        given = mapping(json.loads(applied))
    except ValueError:
        return None
    spec, now = mapping(given.get("spec")), mapping(document.get("spec"))
    if not spec:
        return None
    kept = {k: now[k] for k in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy") if k in now}
    policy = {"externalTrafficPolicy": "Cluster"} if spec.get("type") == "LoadBalancer" else {}
    metadata = {**mapping(document.get("metadata")), **mapping(given.get("metadata"))}
    return service_from_object({"metadata": metadata, "spec": {**kept, **policy, **spec}, "status": {}})


def pool_of(document: Document, namespaces: Mapping[str, Mapping[str, str]] | None) -> KnownPool:
    """An IPAddressPool. `namespaces` are the labels of all namespaces; None: not known.

    Raises ValueError where it can't be read, or has namespace selectors and the namespaces are not known.
    """
    metadata, spec = mapping(document.get("metadata")), mapping(document.get("spec"))
    ranges = tuple(r for entry in items(spec.get("addresses")) for r in parse_pool_ranges(text(entry)))
    fields = [_second(mapping(f).get("time")) for f in items(metadata.get("managedFields"))]
    created = _second(metadata.get("creationTimestamp"))
    return KnownPool(
        Pool(
            name=text(metadata.get("name")),
            ranges=ranges,
            auto_assign=spec.get("autoAssign") is not False,
            avoid_buggy=spec.get("avoidBuggyIPs") is True,
            allocation=_allocation(spec.get("serviceAllocation"), namespaces),
        ),
        created,
        metadata.get("generation") == 1 or (bool(fields) and max(fields) <= created),
        bool(items(mapping(spec.get("serviceAllocation")).get("namespaceSelectors"))),
        resource_version(metadata.get("resourceVersion")),
    )


def _allocation(value: object, namespaces: Mapping[str, Mapping[str, str]] | None) -> ServiceAllocation | None:
    if not isinstance(value, dict):
        return None
    wanted = {text(n) for n in items(value.get("namespaces"))}
    selectors = [selector_of(s) for s in items(value.get("namespaceSelectors"))]
    if selectors and namespaces is None:
        raise ValueError("namespace selectors, and the namespaces are not known")
    for name, labels in (namespaces or {}).items():
        if any(s.matches(labels) for s in selectors):
            wanted.add(name)
    priority = value.get("priority")
    return ServiceAllocation(
        priority if isinstance(priority, int) else 0,
        frozenset(wanted),
        tuple(selector_of(s) for s in items(value.get("serviceSelectors"))),
    )


def selector_of(value: object) -> Selector:
    """A LabelSelector. Raises ValueError on an operator that does not exist."""
    given = mapping(value)
    found = [Requirement(k, "=", (text(v),)) for k, v in mapping(given.get("matchLabels")).items()]
    for entry in map(mapping, items(given.get("matchExpressions"))):
        operator = _OPERATORS.get(text(entry.get("operator")))
        if operator is None:
            raise ValueError(f"no such operator: {entry.get('operator')!r}")
        found.append(Requirement(text(entry.get("key")), operator, tuple(map(text, items(entry.get("values"))))))
    return Selector(tuple(found), "")


def pools_of_configuration(config: Document) -> list[Pool]:
    """The pools of the configuration that MetalLB read up to 0.12, decoded. Raises ValueError."""
    return [
        Pool(
            name=text(entry.get("name")),
            ranges=tuple(r for a in items(entry.get("addresses")) for r in parse_pool_ranges(text(a))),
            auto_assign=entry.get("auto-assign") is not False,
            avoid_buggy=entry.get("avoid-buggy-ips") is True,
        )
        for entry in map(mapping, items(config.get("address-pools")))
    ]


def event_of(document: Document) -> KnownEvent | None:
    """An Event about a Service, of `v1` or `events.k8s.io/v1`; None for any other."""
    about = mapping(document.get("involvedObject") or document.get("regarding"))
    if about.get("kind") != "Service":
        return None
    series = mapping(document.get("series"))
    first = document.get("firstTimestamp") or document.get("deprecatedFirstTimestamp") or document.get("eventTime")
    last = document.get("lastTimestamp") or document.get("deprecatedLastTimestamp") or series.get("lastObservedTime")
    count = document.get("count") or document.get("deprecatedCount") or series.get("count")
    by = text(mapping(document.get("source") or document.get("deprecatedSource")).get("component"))
    by = by or text(document.get("reportingComponent") or document.get("reportingController"))
    return KnownEvent(
        service=f"{text(about.get('namespace'))}/{text(about.get('name'))}",
        reason=text(document.get("reason")),
        message=text(document.get("message") or document.get("note")),
        first=_second(first or last),
        last=_second(last or first),
        count=count if isinstance(count, int) and count > 0 else 1,
        controller="speaker" not in by,
    )


def error_of(event: KnownEvent) -> str | None:
    """MetalLB's error text in an Event about a failed attempt; None for any other Event.

    Source: metallb v0.14.8 controller/service.go: `Failed to allocate IP for "ns/name": …`.
    """
    if event.reason != "AllocationFailed" or not event.controller:
        return None
    _, mark, error = event.message.partition(f'"{event.service}": ')
    return error if mark and error else None


def labels_of_namespaces(documents: Iterable[Document]) -> dict[str, dict[str, str]]:
    """The labels of each namespace; the API server adds its name as one."""
    found = {}
    for document in documents:
        metadata = mapping(document.get("metadata"))
        labels = {k: text(v) for k, v in mapping(metadata.get("labels")).items()}
        name = text(metadata.get("name"))
        found[name] = {"kubernetes.io/metadata.name": name, **labels}
    return found
