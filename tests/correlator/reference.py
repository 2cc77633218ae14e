"""The primary cause as the catalogue words it, slow and plain: every address of every pool is looked at.

Written from the catalogue's text alone; it shares nothing with `judge` but the data that both read.
"""

from typing import NamedTuple

from loganalyzer.metallb.addresses import Address, family_of
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.services import Port, Service
from loganalyzer.metallb.versions import Version
from loganalyzer.model.state import Allocation


class Holding(NamedTuple):
    """What one service has on an address."""

    service: str
    sharing_key: str
    backend_key: str
    ports: tuple[Port, ...]


Held = dict[Address, list[Holding]]
"""Who is on an address, in the order in which they were assigned; the last one's keys are those stored."""


class Blocked(NamedTuple):
    """One blocked address with every rule that it would break."""

    pool: str
    address: Address
    holders: tuple[str, ...]
    violations: tuple[str, ...]


class Cause(NamedTuple):
    """The cause; `rule` None: MetalLB would have found an address."""

    rule: str | None
    address: Address | None = None
    pool: str | None = None
    holders: tuple[str, ...] = ()


def held_by(allocations: list[Allocation]) -> Held:
    """Who is on which address."""
    found: Held = {}
    for one in allocations:
        claim = one.claim
        assert claim is not None
        for address in one.addresses:
            found.setdefault(address, []).append(
                Holding(one.service, claim.sharing_key, claim.backend_key, claim.ports)
            )
    return found


def violations(pool: Pool, address: Address, asking: Service, held: Held, version: Version) -> tuple[str, ...]:
    """Every rule that the address would break, in MetalLB's order."""
    found = []
    if pool.avoid_buggy and family_of(address) == "ipv4" and address % 256 in (0, 255):
        found.append("MLB207")
    others = [h for h in held.get(address, []) if h.service != asking.key]
    if others:
        theirs, own = held[address][-1].sharing_key, asking.sharing_key(version)
        backend = ",".join(sorted(f"{k}={v}" for k, v in asking.selector.items()))
        if not theirs:
            found.append("MLB101")
        if not own:
            found.append("MLB102")
        if theirs and own and theirs != own:
            found.append("MLB103")
        if theirs and own and held[address][-1].backend_key != (backend if asking.traffic_policy == "Local" else ""):
            found.append("MLB104")
        if any(port in h.ports for h in others for port in asking.ports):
            found.append("MLB105")
    return tuple(found)


def needs(asking: Service, version: Version) -> tuple[tuple[str, ...], bool]:
    """The families that the service needs, and whether one pool must have all of them."""
    families = tuple(sorted({"ipv6" if ":" in ip else "ipv4" for ip in asking.cluster_ips}))
    either = len(families) == 2 and asking.family_policy == "PreferDualStack" and version >= Version(0, 14, 9)
    return families, not either


def ineligible(pool: Pool, asking: Service) -> str | None:
    """Why the automatic choice passes the pool over, the lowest code; None: it doesn't."""
    wanted = pool.allocation
    if not pool.auto_assign:
        return "MLB203"
    if wanted is None:
        return None
    if wanted.namespaces and asking.namespace not in wanted.namespaces:
        return "MLB204"
    if wanted.selectors and not any(s.matches(asking.labels) for s in wanted.selectors):
        return "MLB204"
    if not wanted.namespaces and not wanted.selectors:
        return "MLB205"
    return None


def eligible_pools(pools: Configuration, asking: Service, version: Version) -> dict[str, str | None]:
    """By pool None where MetalLB looks into it, else the rule why not (empty: merely not asked for)."""
    requested = asking.requested_pool(version)
    if requested:
        return {name: None if name == requested else "" for name in pools.pools}
    return {name: ineligible(pool, asking) for name, pool in pools.pools.items()}


def blocked_addresses(
    pools: Configuration, asking: Service, held: Held, version: Version
) -> tuple[list[Blocked], list[Blocked], bool]:
    """Blocked addresses of the eligible pools; those of pools with the needed families; whether any would serve."""
    families, both = needs(asking, version)
    everywhere: list[Blocked] = []
    counting: list[Blocked] = []
    served = False
    for name, why in sorted(eligible_pools(pools, asking, version).items()):
        if why is not None:
            continue
        pool = pools.pools[name]
        mine: list[Blocked] = []
        free: set[str] = set()
        for address in (a for r in pool.ranges for a in range(r.first, r.last + 1)):
            broken = violations(pool, address, asking, held, version)
            holders = tuple(sorted(h.service for h in held.get(address, []) if h.service != asking.key))
            if not broken:
                free.add(family_of(address))
            elif family_of(address) in families:
                mine.append(Blocked(name, address, holders, broken))
        mine = [b for b in mine if family_of(b.address) not in free]
        has = {r.family for r in pool.ranges}
        everywhere += mine
        if all(f in has for f in families) if both else any(f in has for f in families):
            counting += mine
            served = served or (all(f in free for f in families) if both else any(f in free for f in families))
    return everywhere, counting, served


def cause(pools: Configuration, asking: Service, held: Held, version: Version) -> Cause:
    """The primary cause of `no available IPs`."""
    if not pools.pools:
        return Cause("MLB202")
    verdicts = eligible_pools(pools, asking, version)
    if None not in verdicts.values():
        codes = [why for why in verdicts.values() if why]
        return Cause(min(codes) if codes else None)
    families, both = needs(asking, version)
    enough = all if both else any
    chosen = [pools.pools[name] for name, why in verdicts.items() if why is None]
    if not any(enough(f in {r.family for r in pool.ranges} for f in families) for pool in chosen):
        return Cause("MLB206")
    _, counting, served = blocked_addresses(pools, asking, held, version)
    if served:
        return Cause(None)
    if all(b.violations[0] == "MLB207" for b in counting):
        return Cause("MLB207")
    if not asking.sharing_key(version):
        return Cause("MLB201")
    rank = ["MLB105", "MLB104", "MLB103", "MLB101", "MLB207"]
    best = min(counting, key=lambda b: (rank.index(b.violations[0]), b.pool, b.address))
    return Cause(best.violations[0], best.address, best.pool, best.holders)
