"""A judgement in words: the cause's sentence, its rows, its proof."""

from __future__ import annotations

from typing import Final

from loganalyzer.correlator.diagnosis import Cause, Evidence
from loganalyzer.correlator.judge import Judgement
from loganalyzer.metallb.addresses import format_address
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import Claim, Service
from loganalyzer.metallb.versions import Version
from loganalyzer.model.outcomes import Attempt
from loganalyzer.model.state import Allocation
from loganalyzer.rules.catalogue import catalogue
from loganalyzer.rules.rule import Finding, listing

MOST_HOLDERS: Final = 8


def cause(attempt: Attempt, judgement: Judgement) -> Cause | None:
    """The cause in words; None where there is none."""
    if judgement.rule is None:
        return None
    entry = catalogue()[judgement.rule]
    claim = attempt.seen.claim(attempt.table.version) if attempt.seen else None
    pools = _pools_that_count(judgement)
    finding = Finding(
        service=attempt.service or "a service that the log does not name",
        version=attempt.table.version,
        error=judgement.error,
        seen=attempt.seen,
        claim=claim,
        address=_text(judgement.address),
        pool=judgement.pool,
        use=judgement.use,
        holders=dict.fromkeys(judgement.holders),
        pools=pools,
        closed=_closed(pools, attempt.table.configuration, claim),
    )
    return Cause(
        rule=entry.code,
        name=entry.name,
        summary=entry.summary(finding),
        address=finding.address,
        pool=judgement.pool,
        holders=judgement.holders,
        details=entry.details(finding),
        remedy=entry.remedy(finding),
    )


def evidence(attempt: Attempt, judgement: Judgement) -> tuple[Evidence, ...]:
    """The lines that prove it: who holds the address since when, what was asked, what was answered."""
    table = attempt.table
    found: list[Evidence] = []
    for holder in judgement.holders[:MOST_HOLDERS]:
        held = table.allocations.get(holder)
        if held is not None:
            found.append(Evidence(held.at, holds(held)))
    if attempt.asked is not None and attempt.seen is not None:
        found.append(Evidence(attempt.asked, asks(attempt.seen, table.version)))
    if table.rejected is not None:
        found.append(Evidence(table.rejected, "the configuration is refused from here on"))
    found.append(Evidence(attempt.at, quoted(attempt.error)))
    return tuple(found)


def quoted(error: str) -> str:
    """MetalLB's own text, marked as such."""
    return f'"{error}"' if '"' not in error else f"MetalLB: {error}"


def holds(held: Allocation) -> str:
    """`default/ingress got 192.168.10.200`, or `has`, where it kept what it had."""
    return f"{held.service} {'has' if held.kept else 'got'} {listing(tuple(map(format_address, held.addresses)))}"


def asks(seen: Service, version: Version) -> str:
    """What a service asks of MetalLB, on one line that names it."""
    return f"{seen.key} asks: {request(seen, version)}"


def request(seen: Service, version: Version) -> str:
    """What a service asks of MetalLB: keys, policy, ports, pool, address."""
    claim = seen.claim(version)
    parts = [
        f"key {claim.sharing_key}" if claim.sharing_key else "no sharing key",
        seen.traffic_policy or "Cluster",
    ]
    if claim.backend_key:
        parts.append(f"selector {claim.backend_key}")
    parts.append(listing(tuple([f"{p.protocol} {p.number}" for p in claim.ports]), 6) or "no ports")
    if claim.pool:
        parts.append(f"pool {claim.pool}")
    if claim.addresses:
        parts.append("address " + listing(tuple(map(format_address, claim.addresses))))
    return ", ".join(parts)


def _pools_that_count(judgement: Judgement) -> tuple[str, ...]:
    eligible = tuple([p.name for p in judgement.pools if p.eligible])
    return eligible or tuple([p.name for p in judgement.pools if p.rule == judgement.rule])


def _closed(pools: tuple[str, ...], configuration: Configuration | None, claim: Claim | None) -> tuple[str, ...]:
    """Those of these pools that are not for the service."""
    if configuration is None or claim is None:
        return ()
    found = (configuration.pools[name] for name in pools if name in configuration.pools)
    return tuple([p.name for p in found if p.allocation and not p.compatible(claim.namespace, dict(claim.labels))])


def _text(address: int | None) -> str | None:
    return format_address(address) if address is not None else None
