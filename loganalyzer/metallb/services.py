"""A Kubernetes Service as MetalLB's allocator sees it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct, structs

from loganalyzer.metallb.addresses import Address, Family, family_of, parse_address
from loganalyzer.metallb.documents import pack, unpack
from loganalyzer.metallb.lazy import lazy
from loganalyzer.metallb.versions import (
    V0_14,
    Version,
    needs_both_for_required,
    prefers_either_family,
    reads_new_prefix,
    reads_several_addresses,
)

OLD_PREFIX: Final = "metallb.universe.tf/"
NEW_PREFIX: Final = "metallb.io/"
ADDRESS_POOL: Final = "address-pool"
ALLOW_SHARED_IP: Final = "allow-shared-ip"
LOAD_BALANCER_IPS: Final = "loadBalancerIPs"
ALLOCATED_FROM_POOL: Final = "ip-allocated-from-pool"


class Port(Struct, frozen=True):
    """One claimed port: two services on an address conflict where protocol and number are both equal."""

    protocol: str
    number: int

    def __str__(self) -> str:
        return f"{self.protocol}/{self.number}"


class Claim(Struct, frozen=True):
    """What a service asks of the allocator. Two equal claims meet the same answer in the same state.

    `backend_key`: the selector under `externalTrafficPolicy: Local`, else empty
    (metallb v0.14.8 internal/allocator/k8salloc/k8salloc.go).
    `families`: those it needs; `both`: all of them in one pool, not any of them.
    """

    sharing_key: str
    backend_key: str
    ports: tuple[Port, ...]
    families: tuple[Family, ...]
    both: bool
    pool: str
    addresses: tuple[Address, ...]
    namespace: str
    labels: tuple[tuple[str, str], ...]

    @property
    def sharing(self) -> tuple[str, str, tuple[Port, ...]]:
        """What decides whether it fits beside others on an address: two claims that agree in it are blocked alike."""
        return self.sharing_key, self.backend_key, self.ports

    @property
    def keys(self) -> tuple[str, str] | None:
        """The two keys that all who share an address have in common; None: it shares with nobody."""
        return (self.sharing_key, self.backend_key) if self.sharing_key else None


class Service(Struct, frozen=True, dict=True):
    """The fields of a Service object that MetalLB reads, as the log printed them.

    `uid` and `resource_version` name its content; both are empty where the object has none.
    """

    namespace: str
    name: str
    uid: str
    resource_version: str
    type: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    selector: Mapping[str, str]
    ports: tuple[Port, ...]
    traffic_policy: str
    cluster_ips: tuple[str, ...]
    ip_families: tuple[str, ...]
    family_policy: str
    load_balancer_ip: str
    load_balancer_class: str | None
    status: tuple[str, ...]
    document: bytes = b""
    """The whole object, packed (metallb.documents); empty where it was not kept."""

    @lazy
    def key(self) -> str:
        """`namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def is_load_balancer(self) -> bool:
        """Whether it asks for a load balancer's address."""
        return self.type == "LoadBalancer"

    @lazy
    def backend_key(self) -> str:
        """The selector as MetalLB renders it under `Local`, empty under `Cluster`."""
        if self.traffic_policy != "Local":
            return ""
        return ",".join(sorted(f"{k}={v}" for k, v in self.selector.items()))

    @lazy
    def status_addresses(self) -> tuple[Address, ...]:
        """The addresses of its status that can be read."""
        return tuple([a for a in map(_address_or_none, self.status) if a is not None])

    @lazy
    def cluster_families(self) -> tuple[Family, ...]:
        """The families of its cluster IPs, in their order; those that can't be read are left out."""
        found = map(_address_or_none, self.cluster_ips)
        return tuple(dict.fromkeys([family_of(a) for a in found if a is not None]))

    def annotation(self, name: str, version: Version) -> str:
        """The value of one of MetalLB's annotations, as this version reads it.

        From 0.14.9 on the newer prefix wins where it is present, even empty
        (metallb v0.14.9 controller/service.go, valueForAnnotation).
        """
        if name == LOAD_BALANCER_IPS and not reads_several_addresses(version):
            return ""
        if reads_new_prefix(version) and NEW_PREFIX + name in self.annotations:
            return self.annotations[NEW_PREFIX + name]
        return self.annotations.get(OLD_PREFIX + name, "")

    def sharing_key(self, version: Version) -> str:
        """The value of `allow-shared-ip`; empty: no sharing."""
        return self.annotation(ALLOW_SHARED_IP, version)

    def requested_pool(self, version: Version) -> str:
        """The pool it asks for by name; empty: any."""
        return self.annotation(ADDRESS_POOL, version)

    def requested_addresses(self, version: Version) -> tuple[Address, ...]:
        """The addresses it asks for; none where the request can't be read."""
        text = self._request(version)
        if not text:
            return ()
        found = [_address_or_none(part.strip()) for part in text.split(",")]
        return tuple([a for a in found if a is not None]) if None not in found else ()

    def requests_address(self, version: Version) -> bool:
        """Whether it asks for addresses of its own, be it in a way that can't be read."""
        return bool(self._request(version))

    def _request(self, version: Version) -> str:
        return self.annotation(LOAD_BALANCER_IPS, version) or self.load_balancer_ip

    def families(self, version: Version) -> tuple[Family, ...]:
        """The families of which it needs addresses, IPv4 first.

        Up to 0.13 the cluster IP `None` counted as IPv6 (metallb v0.13.12 internal/ipfamily/ipfamily.go).
        """
        if needs_both_for_required(version) and self.family_policy == "RequireDualStack":
            return ("ipv4", "ipv6")
        found: tuple[Family, ...] = self.cluster_families[: None if reads_several_addresses(version) else 1]
        if not found and self.cluster_ips and version < V0_14:
            return ("ipv6",)
        return tuple(sorted(found))

    def status_of_other_family(self, version: Version) -> bool:
        """Whether the families of its status are not those of its cluster IPs: MetalLB then drops the address silently.

        Source: metallb v0.14.8 and v0.14.9 controller/service.go.
        """
        have = {family_of(a) for a in self.status_addresses}
        want = set(self.families(version))
        content = len(want) == 2 and self.family_policy == "PreferDualStack" and prefers_either_family(version)
        return have != want and not content

    def needs_both(self, version: Version) -> bool:
        """Whether one pool must serve every family that it needs."""
        return not (
            len(self.cluster_families) == 2
            and self.family_policy == "PreferDualStack"
            and prefers_either_family(version)
        )

    def gets_each(self, version: Version) -> bool:
        """Whether it gets an address of each of two families, or none at all."""
        return len(self.families(version)) == 2 and self.needs_both(version)

    def claim(self, version: Version) -> Claim:
        """What it asks of the allocator of this version."""
        cached = self._claims.get(version)
        if cached is None:
            cached = self._claims[version] = Claim(
                sharing_key=self.sharing_key(version),
                backend_key=self.backend_key,
                ports=self.ports,
                families=self.families(version),
                both=self.needs_both(version),
                pool=self.requested_pool(version),
                addresses=self.requested_addresses(version),
                namespace=self.namespace,
                labels=tuple(sorted(self.labels.items())),
            )
        return cached

    @lazy
    def prefixes_matter(self) -> bool:
        """Whether what it asks depends on which annotation prefixes the version reads."""
        return any(NEW_PREFIX + name in self.annotations for name in (ADDRESS_POOL, ALLOW_SHARED_IP, LOAD_BALANCER_IPS))

    @lazy
    def memo(self) -> dict[object, Any]:
        """What others have worked out from this object, by what they worked it out for."""
        return {}

    @lazy
    def _claims(self) -> dict[Version, Claim]:
        return {}


def service_from_object(document: Mapping[str, Any], packed: bytes = b"") -> Service:
    """The Service that a Kubernetes object describes; fields of a wrong type count as absent.

    `packed` is the object itself for who wants to patch it.
    """
    metadata = _mapping(document.get("metadata"))
    spec = _mapping(document.get("spec"))
    cluster_ips = _strings(spec.get("clusterIPs")) or _strings([spec.get("clusterIP")])
    ingress = _mapping(_mapping(document.get("status")).get("loadBalancer")).get("ingress")
    class_name = spec.get("loadBalancerClass")
    return Service(
        namespace=_string(metadata.get("namespace")),
        name=_string(metadata.get("name")),
        uid=_string(metadata.get("uid")),
        resource_version=_string(metadata.get("resourceVersion")),
        type=_string(spec.get("type")),
        labels=_string_map(metadata.get("labels")),
        annotations=_string_map(metadata.get("annotations")),
        selector=_string_map(spec.get("selector")),
        ports=tuple(_ports(spec.get("ports"))),
        traffic_policy=_string(spec.get("externalTrafficPolicy")),
        cluster_ips=cluster_ips,
        ip_families=_strings(spec.get("ipFamilies")),
        family_policy=_string(spec.get("ipFamilyPolicy")),
        load_balancer_ip=_string(spec.get("loadBalancerIP")),
        load_balancer_class=class_name if isinstance(class_name, str) else None,
        status=_strings([_mapping(entry).get("ip") for entry in _list(ingress)]),
        document=packed,
    )


def without_balancer(document: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """A Service that is no LoadBalancer any more, without what the API server drops with that if nobody changed it.

    Source: kubernetes v1.29 pkg/registry/core/service, dropTypeDependentFields.
    """
    spec, old = document.get("spec"), before.get("spec")
    if not isinstance(spec, dict) or not isinstance(old, dict):
        return {**document}
    if old.get("type") != "LoadBalancer" or spec.get("type") == "LoadBalancer":
        return {**document}
    dropped = _OF_BALANCERS if spec.get("type") == "NodePort" else (*_OF_BALANCERS, *_OF_OUTSIDE)
    kept = {name: value for name, value in spec.items() if name not in dropped or value != old.get(name)}
    return {**document, "spec": kept}


_OF_BALANCERS: Final = ("loadBalancerClass", "allocateLoadBalancerNodePorts")
_OF_OUTSIDE: Final = ("externalTrafficPolicy", "healthCheckNodePort")


def without_class(service: Service) -> Service:
    """A service that a controller of its class filters from now on: it is no LoadBalancer any more, and has no class.

    Its controller does not look at it again, and keeps its address. One that has no class stays as it is.
    """
    if service.load_balancer_class is None:
        return service
    before = unpack(service.document)
    after = without_balancer({**before, "spec": {**_mapping(before.get("spec")), "type": "ClusterIP"}}, before)
    packed = pack(after) if before else b""
    return structs.replace(service, type="ClusterIP", load_balancer_class=None, document=packed)


def _address_or_none(text: str) -> Address | None:
    try:
        return parse_address(text)
    except ValueError:
        return None


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _strings(value: object) -> tuple[str, ...]:
    return tuple([v for v in _list(value) if isinstance(v, str) and v])


def _string_map(value: object) -> dict[str, str]:
    return {k: v for k, v in _mapping(value).items() if isinstance(v, str) and k != LAST_APPLIED}


LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""Where kubectl keeps what it applied."""


def _ports(value: object) -> list[Port]:
    found = []
    for entry in map(_mapping, _list(value)):
        number = entry.get("port")
        if isinstance(number, int):
            found.append(port_of(_string(entry.get("protocol")), number))
    return found


@lru_cache(maxsize=4096, typed=True)
def port_of(protocol: str, number: int) -> Port:
    """A port, the same one for all services that claim it: they are compared all the time. No protocol means TCP."""
    return Port(protocol or "TCP", number)
