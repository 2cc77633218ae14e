"""What a service asks for, as MetalLB reads it, with MetalLB's own words where it can't be read.

Sources: metallb v0.14.8 controller/service.go (getDesiredLbIPs), internal/ipfamily/ipfamily.go.
"""

from __future__ import annotations

from typing import Literal

from loganalyzer.metallb.addresses import Address, family_of, format_address, parse_address
from loganalyzer.metallb.services import LOAD_BALANCER_IPS, NEW_PREFIX, OLD_PREFIX, Service
from loganalyzer.metallb.versions import V0_14, V0_15, Version, reads_new_prefix, reads_several_addresses

FamilyOrDual = Literal["ipv4", "ipv6", "dual"]


class RequestError(ValueError):
    """A request or a cluster IP that MetalLB can't read; its text is MetalLB's."""


def family_of_service(service: Service, version: Version) -> FamilyOrDual:
    """The family of its cluster IPs. Raises RequestError."""
    return _family(service.cluster_ips[: None if reads_several_addresses(version) else 1], version)


def family_of_addresses(addresses: tuple[Address, ...], version: Version) -> FamilyOrDual:
    """The family of one or two addresses. Raises RequestError."""
    return _family(tuple(map(format_address, addresses)), version)


def desired_addresses(service: Service, version: Version) -> tuple[Address, ...]:
    """The addresses that it asks for by annotation or field; none where it asks for none. Raises RequestError."""
    listed, single = service.annotation(LOAD_BALANCER_IPS, version), service.load_balancer_ip
    name = f"{prefix(version)}{LOAD_BALANCER_IPS}"
    if listed and single:
        raise RequestError(f"service can not have both {name} and svc.Spec.LoadBalancerIP")
    if listed:
        parts = [_address(part.strip()) for part in listed.split(",")]
        found = tuple(part for part in parts if part is not None)
        if len(found) < len(parts):
            raise RequestError(f"invalid {name}: {quoted(listed)}")
        family_of_addresses(found, version)
        return found
    if not single:
        return ()
    address = _address(single)
    if address is None:
        raise RequestError(f"invalid spec.loadBalancerIP {quoted(single)}")
    return (address,)


def impossible(service: Service, version: Version) -> str:
    """Why MetalLB gives a service up before it asks for an address; empty where it does not."""
    if not service.cluster_ips:
        return "No ClusterIPs"
    if version >= V0_15 and service.family_policy == "RequireDualStack" and len(service.cluster_ips) < 2:
        return "requires dual stack but clusterips are not dual stack"
    return ""


def asked(service: Service, version: Version) -> tuple[FamilyOrDual, tuple[Address, ...], str]:
    """The family that it needs, the addresses that it asks for, and MetalLB's error where that can't be or be read."""
    try:
        family = family_of_service(service, version)
        wanted = desired_addresses(service, version)
        if not wanted or family_of_addresses(wanted, version) == family:
            return family, wanted, ""
    except RequestError as problem:
        return "ipv4", (), str(problem)
    return family, wanted, f"requested loadBalancer IP(s) {listed(wanted)} does not match the ipFamily of the service"


def outside_of(pool: str, wanted: tuple[Address, ...]) -> str:
    """MetalLB's error where the addresses that are asked for are of another pool than the one that is asked for."""
    return f"requested loadBalancer IP(s) {listed(wanted)} is not compatible with requested address pool {pool}"


def prefix(version: Version) -> str:
    """The prefix of the annotations that this version prefers."""
    return NEW_PREFIX if reads_new_prefix(version) else OLD_PREFIX


def quoted(text: str) -> str:
    """A text as Go's %q prints one that is plain."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def listed(addresses: tuple[Address, ...]) -> str:
    """Addresses as Go's %q prints a slice of them."""
    return "[" + " ".join(quoted(format_address(a)) for a in addresses) + "]"


def _family(texts: tuple[str, ...], version: Version) -> FamilyOrDual:
    found = [_address(text) for text in texts]
    if len(found) == 1:
        if found[0] is not None:
            return family_of(found[0])
        if version < V0_14:
            return "ipv6"
        raise RequestError(f"IPFamilyForAddresses: Invalid address {_shown(texts)}")
    if len(found) != 2:
        raise RequestError(f"IPFamilyForAddresses: invalid ips length {len(found)} {_shown(texts)}")
    first, second = found
    if first is None or second is None:
        raise RequestError(f"IPFamilyForAddresses: Invalid address {_shown(texts)}")
    if family_of(first) == family_of(second):
        raise RequestError(f"IPFamilyForAddresses: same address family {_shown(texts)}")
    return "dual"


def _shown(texts: tuple[str, ...]) -> str:
    return "[" + " ".join(map(quoted, texts)) + "]"


def _address(text: str) -> Address | None:
    try:
        return parse_address(text)
    except ValueError:
        return None
