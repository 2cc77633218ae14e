"""EndpointSlices as speakers read them: which pods, on which nodes, can take traffic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

SERVICE_LABEL: Final = "kubernetes.io/service-name"

Readiness = Literal["ready", "terminating", "not-ready"]
"""`terminating`: it is being deleted and still serves."""


class Endpoint(Struct, frozen=True):
    """One endpoint: the node (empty: not told) and whether it takes traffic."""

    node: str
    readiness: Readiness


class EndpointSlice(Struct, frozen=True):
    """One slice: `service` is `namespace/name`; `name` and `version` name its content."""

    service: str
    name: str
    version: str
    endpoints: tuple[Endpoint, ...]


def slice_from_object(document: Mapping[str, Any]) -> EndpointSlice | None:
    """The slice that a Kubernetes object describes; None where it belongs to no service."""
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return None
    labels = metadata.get("labels")
    service = labels.get(SERVICE_LABEL) if isinstance(labels, dict) else None
    if not isinstance(service, str):
        return None
    endpoints = document.get("endpoints")
    return EndpointSlice(
        service=f"{metadata.get('namespace', '')}/{service}",
        name=str(metadata.get("name", "")),
        version=str(metadata.get("resourceVersion", "")),
        endpoints=tuple(_endpoint(e) for e in endpoints if isinstance(e, dict)) if isinstance(endpoints, list) else (),
    )


def _endpoint(document: Mapping[str, Any]) -> Endpoint:
    node = document.get("nodeName")
    if not isinstance(node, str):
        topology = document.get("topology")
        node = topology.get("kubernetes.io/hostname", "") if isinstance(topology, dict) else ""
    return Endpoint(str(node), _readiness(document.get("conditions")))


def _readiness(conditions: object) -> Readiness:
    """A missing `ready` counts as ready, a missing `serving` as `ready` does (Kubernetes' discovery/v1)."""
    told = conditions if isinstance(conditions, dict) else {}
    ready = told.get("ready")
    if ready is None or ready is True:
        return "ready"
    return "terminating" if told.get("serving") is True else "not-ready"
