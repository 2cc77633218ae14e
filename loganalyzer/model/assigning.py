"""Why the allocator would refuse addresses that a service asks for or shows, in MetalLB's words.

Source: metallb v0.14.8 internal/allocator/allocator.go (Assign, checkSharing, sharingOK).
"""

from __future__ import annotations

from collections.abc import Callable

from loganalyzer.metallb.addresses import Address, format_address
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.requests import listed, outside_of, quoted
from loganalyzer.metallb.services import Claim
from loganalyzer.metallb.versions import (
    V0_13,
    V0_13_8,
    Version,
    checks_pool_of_requested_address,
    has_service_allocation,
)
from loganalyzer.model.state import AddressUse

Others = Callable[[Address], AddressUse | None]
"""Who is on an address beside the service that asks; None: nobody."""


def request_error(name: str, claim: Claim, configuration: Configuration, others: Others, version: Version) -> str:
    """The error of a request for the claim's own addresses; empty where it would succeed (controller/service.go)."""
    error = assign_error(name, claim, claim.addresses, configuration, others, version)
    owner = configuration.pool_for(claim.addresses)
    elsewhere = owner is not None and claim.pool not in ("", owner.name)
    if not error and elsewhere and checks_pool_of_requested_address(version):
        return outside_of(claim.pool, claim.addresses)
    return error


def assign_error(
    name: str,
    claim: Claim,
    addresses: tuple[Address, ...],
    configuration: Configuration | None,
    others: Others,
    version: Version,
) -> str:
    """The error of an assignment; empty where it would succeed."""
    pool = configuration.pool_for(addresses) if configuration else None
    if pool is None:
        return f"{listed(addresses)} is not allowed in config"
    if has_service_allocation(version) and not pool.compatible(claim.namespace, dict(claim.labels)):
        return f"pool {pool.name} not compatible for ip assignment"
    for address in addresses:
        use = others(address)
        if use is None:
            continue
        if not use.shares(claim):
            suffix = ": services can't share key" if V0_13 <= version < V0_13_8 else ""
            return (
                f"can't change sharing key for {quoted(name)}, address also in use by {','.join(use.services)}{suffix}"
            )
        port = use.port_taken(claim.ports)
        if port is not None:
            return f"port {port} is already in use on {quoted(format_address(address))}"
    return ""
