"""What is different: between two pools, two configurations, two versions of a service, in MetalLB's terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from loganalyzer.metallb.addresses import format_address, format_range
from loganalyzer.metallb.free import free_ranges
from loganalyzer.metallb.pools import Pool, ServiceAllocation
from loganalyzer.metallb.services import Claim, Port, Service
from loganalyzer.metallb.versions import Version

_POLICY: Final = "externalTrafficPolicy"
_BACKEND: Final = "backend key"


class Edit(NamedTuple):
    """One property before and after; empty: it was not set."""

    what: str
    before: str
    after: str


def pool_edits(before: Pool | None, after: Pool | None) -> list[Edit]:
    """What changed of a pool; None: there is none of its name, and what is as it is by default is no news."""
    one, other = _pool(before), _pool(after)
    return _edits(one or _DEFAULTS, other or {**one, "addresses": ""})


def changed_pools(before: Mapping[str, Pool], after: Mapping[str, Pool]) -> Iterator[tuple[str, list[Edit]]]:
    """The pools that are not the same, by name, with what changed."""
    for name in sorted({*before, *after}):
        edits = pool_edits(before.get(name), after.get(name))
        if edits:
            yield name, edits


def service_edits(before: Service, after: Service, version: Version) -> list[Edit]:
    """What changed of what a load balancer asks of MetalLB's allocator, in this version's reading."""
    edits = _edits(_claim(before.claim(version)), _claim(after.claim(version)))
    policies = _policy(before), _policy(after)
    if policies[0] == policies[1]:
        return edits
    # The backend key follows from it.
    return [Edit(_POLICY, *policies), *(e for e in edits if e.what != _BACKEND)]


def _policy(service: Service) -> str:
    return service.traffic_policy or "Cluster"


def ports_text(ports: tuple[Port, ...]) -> str:
    """`TCP/80, UDP/53`."""
    return ", ".join(map(str, ports))


def ranges_text(pool: Pool) -> str:
    """All of its addresses, as few ranges as can be."""
    return ", ".join(map(format_range, free_ranges(pool.ranges, ())))


def allocation_text(found: ServiceAllocation | None) -> str:
    """A pool's `serviceAllocation`: whom it is for; empty where it is for everybody."""
    if found is None:
        return ""
    parts = [f"priority {found.priority}"]
    if found.namespaces:
        parts.append("namespaces " + ", ".join(sorted(found.namespaces)))
    if found.selectors:
        parts.append("services " + " or ".join(sorted(str(s) or "all" for s in found.selectors)))
    return "; ".join(parts)


def _pool(pool: Pool | None) -> dict[str, str]:
    if pool is None:
        return {}
    return {
        "addresses": ranges_text(pool) or "none",
        "autoAssign": str(pool.auto_assign).lower(),
        "avoidBuggyIPs": str(pool.avoid_buggy).lower(),
        "serviceAllocation": allocation_text(pool.allocation),
    }


_DEFAULTS: Final = {"autoAssign": "true", "avoidBuggyIPs": "false"}


def _claim(claim: Claim) -> dict[str, str]:
    return {
        "ports": ports_text(claim.ports),
        "sharing key": claim.sharing_key,
        _BACKEND: claim.backend_key,
        "requested pool": claim.pool,
        "requested addresses": ", ".join(map(format_address, claim.addresses)),
        "families": ", ".join(claim.families),
    }


def _edits(before: dict[str, str], after: dict[str, str]) -> list[Edit]:
    return [
        Edit(what, before.get(what, ""), after.get(what, ""))
        for what in {**before, **after}
        if before.get(what, "") != after.get(what, "")
    ]
