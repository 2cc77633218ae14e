"""A Service's dump, decoded at once: nothing is made of what MetalLB does not read."""

from __future__ import annotations

from functools import cache
from typing import Final

import msgspec
import orjson
from msgspec import Struct, field

from loganalyzer.metallb.documents import pack, pack_dump
from loganalyzer.metallb.services import LAST_APPLIED, Service, port_of, service_from_object


def service_from_dump(text: str) -> Service:
    """The Service that a dump shows, with the dump itself. Raises orjson.JSONDecodeError where it is none.

    As `service_from_object` has it, which is asked where any field is not of the type that Kubernetes gives it.
    """
    try:
        found = _decoder().decode(text)
    except (msgspec.DecodeError, RecursionError):
        document = orjson.loads(text)
        return service_from_object(document, pack(document))
    return _service(found, pack_dump(text))


class _Metadata(Struct, frozen=True, rename={"resource_version": "resourceVersion"}):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)


class _Port(Struct, frozen=True):
    protocol: str = ""
    port: int | None = None


_NAMES: Final = {
    "cluster_ip": "clusterIP",
    "cluster_ips": "clusterIPs",
    "ip_families": "ipFamilies",
    "family_policy": "ipFamilyPolicy",
    "load_balancer_class": "loadBalancerClass",
    "load_balancer_ip": "loadBalancerIP",
    "traffic_policy": "externalTrafficPolicy",
}


class _Spec(Struct, frozen=True, rename=_NAMES):
    type: str = ""
    selector: dict[str, str] = field(default_factory=dict)
    ports: tuple[_Port, ...] = ()
    cluster_ip: str = ""
    cluster_ips: tuple[str, ...] = ()
    ip_families: tuple[str, ...] = ()
    family_policy: str = ""
    load_balancer_class: str | None = None
    load_balancer_ip: str = ""
    traffic_policy: str = ""


class _Ingress(Struct, frozen=True):
    ip: str = ""


class _LoadBalancer(Struct, frozen=True):
    ingress: tuple[_Ingress, ...] = ()


class _Status(Struct, frozen=True, rename={"load_balancer": "loadBalancer"}):
    load_balancer: _LoadBalancer = _LoadBalancer()


class _Document(Struct, frozen=True):
    metadata: _Metadata = _Metadata()
    spec: _Spec = _Spec()
    status: _Status = _Status()


@cache
def _decoder() -> msgspec.json.Decoder[_Document]:
    return msgspec.json.Decoder(_Document)


def _service(found: _Document, packed: bytes) -> Service:
    metadata, spec = found.metadata, found.spec
    for told in (metadata.labels, metadata.annotations, spec.selector):
        told.pop(LAST_APPLIED, None)
    return Service(
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        resource_version=metadata.resource_version,
        type=spec.type,
        labels=metadata.labels,
        annotations=metadata.annotations,
        selector=spec.selector,
        ports=tuple([port_of(p.protocol, p.port) for p in spec.ports if p.port is not None]),
        traffic_policy=spec.traffic_policy,
        cluster_ips=tuple(filter(None, spec.cluster_ips)) or tuple(filter(None, (spec.cluster_ip,))),
        ip_families=tuple(filter(None, spec.ip_families)),
        family_policy=spec.family_policy,
        load_balancer_ip=spec.load_balancer_ip,
        load_balancer_class=spec.load_balancer_class,
        status=tuple([entry.ip for entry in found.status.load_balancer.ingress if entry.ip]),
        document=packed,
    )
