"""One failed attempt, judged on the state that it met: the primary cause and how sure it is.

How a cause is chosen is the catalogue's part "The primary cause of an attempt". The caller may ask often:
what is costly (the list of candidates) is made only when it is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal

from msgspec import Struct, structs

from loganalyzer.correlator.candidates import Candidate, blocked, depth, furthest, one, violations
from loganalyzer.correlator.eligibility import PoolVerdict, automatic, only
from loganalyzer.metallb.addresses import Address, Family, parse_address
from loganalyzer.metallb.error_texts import ErrorText, parse_error
from loganalyzer.metallb.services import Claim
from loganalyzer.metallb.versions import needs_both_for_required
from loganalyzer.model.outcomes import Attempt
from loganalyzer.model.state import AddressUse, PoolTable, Table
from loganalyzer.rules.catalogue import of_kind
from loganalyzer.rules.rule import TextRule

Certainty = Literal["proven", "partial", "unknown"]
Lack = Literal["level", "start", "version", "objects", "service", "contradiction", "one-pool", "holders", "text"]

EXHAUSTED: Final = frozenset({"no-available-ips", "nil-address"})
"""Errors that only tell that no address was left."""
_SHARING_REASONS: Final = {
    "existing service does not allow sharing": "MLB101",
    "new service does not allow sharing": "MLB102",
    "sharing key": "MLB103",
    "backend key": "MLB104",
}


class Judgement(Struct, frozen=True):
    """The cause of an attempt. `rule` is None where the log does not carry it; `lacks` says what was missing.

    `looked_into` are the pools, as they were, on which alone it rests; empty: on the whole state. `claim`: what was
    asked, where MetalLB only said that no address was left.
    """

    rule: str | None
    certainty: Certainty
    error: ErrorText
    address: Address | None = None
    pool: str | None = None
    holders: tuple[str, ...] = ()
    pools: tuple[PoolVerdict, ...] = ()
    lacks: tuple[Lack, ...] = ()
    use: AddressUse | None = None
    looked_into: tuple[PoolTable, ...] = ()
    claim: Claim | None = None

    @property
    def cause(self) -> tuple[object, ...]:
        """What makes two attempts' causes the same."""
        return (self.rule, self.address, self.pool, self.holders)


@cache
def _named_by_text() -> Mapping[str, str]:
    return {kind: r.code for r in of_kind(TextRule) for kind in r.error_kinds}


def judge(attempt: Attempt) -> Judgement:
    """The judgement of an attempt on the state that it carries."""
    error = parse_error(attempt.error)
    table = attempt.table
    claim = attempt.seen.claim(table.version) if attempt.seen else None
    if attempt.service is None:
        return Judgement(_named_by_text().get(error.kind), "unknown", error, lacks=(*_lacks(attempt), "service"))
    if error.kind in EXHAUSTED:
        return _exhausted(attempt, error, claim)
    if error.kind == "sharing-refused":
        return _sharing(attempt, error, claim)
    if error.kind == "port-in-use":
        return _port(attempt, error, claim)
    if error.kind == "ip-family":
        return _family_text(attempt, error)
    rule = _named_by_text().get(error.kind)
    if rule is None:
        return Judgement(None, "unknown", error, lacks=("text",))
    pools = only(table.configuration, None) if table.configuration else ()
    if rule == "MLB303":
        pools = tuple(structs.replace(p, rule=rule) if p.name == error.pool else p for p in pools)
    return Judgement(rule, "proven", error, pools=pools)


def _lacks(attempt: Attempt) -> tuple[Lack, ...]:
    """What the state lacks to prove a cause."""
    table = attempt.table
    found: list[Lack] = []
    if attempt.at.source.level not in ("debug", "unknown"):
        found.append("level")
    elif not table.configured or not table.complete or attempt.seen is None:
        found.append("start")
    if not table.version_known:
        found.append("version")
    return tuple(found)


def _family_text(attempt: Attempt, error: ErrorText) -> Judgement:
    """`IPFamilyForAddresses` speaks of the cluster IPs (MLB307) or of the request (MLB304), whichever is at fault."""
    table, seen = attempt.table, attempt.seen
    pools = only(table.configuration, None) if table.configuration else ()
    if seen is None:
        if "None" in attempt.error:
            return Judgement("MLB307", "proven", error, pools=pools)
        return Judgement(None, "unknown", error, lacks=_lacks(attempt) or ("start",))
    sound = len(seen.cluster_families) == len(seen.cluster_ips)
    return Judgement("MLB304" if sound else "MLB307", "proven", error, pools=pools)


def _exhausted(attempt: Attempt, error: ErrorText, claim: Claim | None) -> Judgement:
    table, configuration = attempt.table, attempt.table.configuration
    if claim is None or not table.configured:
        return Judgement(None, "unknown", error, lacks=_lacks(attempt) or ("start",))
    if configuration is None or not configuration.pools:
        return Judgement("MLB202", "proven", error, claim=claim)
    if claim.addresses:
        # Who asks for an address is refused in other words: this is not what MetalLB was asked.
        return Judgement(None, "unknown", error, lacks=("contradiction",))
    requested = claim.pool or error.pool
    pools = only(configuration, requested) if requested else automatic(configuration, claim)
    eligible = tuple([table.pools[p.name] for p in pools if p.eligible])
    rule, certainty, lacks, decided = _refused_by(attempt, claim, pools, eligible)
    if decided is None:
        return Judgement(rule, certainty, error, pools=pools, lacks=lacks, looked_into=eligible, claim=claim)
    address, owner = decided
    use = owner.uses[address]
    name = owner.pool.name
    return Judgement(rule, certainty, error, address, name, use.services, pools, lacks, use, eligible, claim)


Refusal = tuple[str | None, Certainty, tuple[Lack, ...], tuple[Address, PoolTable] | None]
"""A rule, how sure it is, what is lacking, and the address that decided with its pool."""


def _refused_by(
    attempt: Attempt, claim: Claim, pools: tuple[PoolVerdict, ...], eligible: tuple[PoolTable, ...]
) -> Refusal:
    """The steps 2 to 6 of "The primary cause of an attempt"."""
    table = attempt.table
    lacks = _lacks(attempt)
    certain: Certainty = "proven" if table.version_known else "partial"
    if not eligible:
        codes = [p.rule for p in pools if p.rule]
        return (min(codes), certain, lacks, None) if codes else (None, "unknown", ("contradiction",), None)
    if not table.version_known and attempt.seen is not None and attempt.seen.prefixes_matter:
        return None, "unknown", lacks, None
    serving = _serving(table, claim, eligible)
    if not serving:
        return "MLB206", certain, lacks, None
    if table.complete and any(_would_serve(t, claim, wanting) for t, wanting in serving):
        return None, "unknown", ("one-pool" if _first_pool_decides(attempt, eligible) else "contradiction",), None
    # Where holders may be out of sight, only a pool that can never serve tells anything.
    short = [(t, f) for t, wanting in serving for f in (wanting if table.complete else shared_families(t, claim))]
    if all(t.pool.usable(f) == 0 for t, f in short):
        return "MLB207", certain, lacks, None
    sure = certain == "proven" and table.complete and all(t.certain for t in eligible)
    if not claim.sharing_key:
        return "MLB201", "proven" if sure else "partial", lacks, None
    if not table.complete or not all(t.all_known for t in eligible):
        return None, "unknown", lacks or ("start",), None
    found = _furthest(table, claim, serving)
    if found is None:
        return None, "unknown", ("contradiction",), None
    rule, address, owner = found
    return rule, "proven" if sure else "partial", lacks, (address, owner)


def _first_pool_decides(attempt: Attempt, eligible: tuple[PoolTable, ...]) -> bool:
    """Whether MetalLB may have met a pool that has only one of two families to give, and looked no further.

    0.14.9 takes the first pool with an address of the cluster IP's family and asks that one alone for both
    (metallb v0.14.9 internal/allocator/allocator.go, findBestPoolForService).
    """
    seen, version = attempt.seen, attempt.table.version
    if seen is None or seen.family_policy != "RequireDualStack" or not needs_both_for_required(version):
        return False
    claim = seen.claim(version)
    served = [{f for f in claim.families if t.serves(claim, f)} for t in eligible]
    return len(seen.cluster_families) == 1 and any(found == set(seen.cluster_families) for found in served)


def _has_families(table: PoolTable, claim: Claim) -> bool:
    if claim.both:
        return table.pool.families.issuperset(claim.families)
    return not table.pool.families.isdisjoint(claim.families)


def _would_serve(table: PoolTable, claim: Claim, wanting: list[Family]) -> bool:
    """Whether the pool would serve the claim, `wanting` being what it has and can't give."""
    return not wanting if claim.both else any(f in table.pool.families and f not in wanting for f in claim.families)


def _wanting(table: PoolTable, claim: Claim) -> list[Family]:
    """The families that the service needs and the pool has, but can't give."""
    return [f for f in shared_families(table, claim) if not table.serves(claim, f)]


def shared_families(table: PoolTable, claim: Claim) -> list[Family]:
    """The families that the service needs and the pool has."""
    return [f for f in claim.families if f in table.pool.families]


Serving = tuple[tuple[PoolTable, list[Family]], ...]
"""Pools that have addresses of the families that a service needs, each with those that it can't give."""


def _serving(table: Table, claim: Claim, eligible: tuple[PoolTable, ...]) -> Serving:
    """The pools of which a service needs addresses. Services that ask alike in one state share the answer."""
    alike = (_serving, claim.sharing, claim.families, claim.both, tuple([t.pool.name for t in eligible]))
    found: Serving | None = table.memo.get(alike)
    if found is None:
        found = table.memo[alike] = tuple([(t, _wanting(t, claim)) for t in eligible if _has_families(t, claim)])
    return found


def _furthest(table: Table, claim: Claim, serving: Serving) -> tuple[str, Address, PoolTable] | None:
    """The candidate that came furthest in MetalLB's checks; among equals by pool's name, then by number."""
    alike = (_furthest, claim.sharing, id(serving))  # `serving` is of the same memo, so that it lasts as long
    if alike not in table.memo:
        ranked: list[tuple[int, str, Address, str, PoolTable]] = []
        for pool, wanting in serving:
            for family in wanting:
                for address in _telling(pool, claim, family):
                    rule = next(iter(violations(pool, address, pool.uses[address], claim)), "")
                    ranked.append((-depth(rule), pool.pool.name, address, rule, pool))
        table.memo[alike] = min(ranked)[2:] if ranked else None
    found: tuple[Address, str, PoolTable] | None = table.memo[alike]
    return (found[1], found[0], found[2]) if found is not None else None


def _telling(table: PoolTable, claim: Claim, family: Family) -> list[Address]:
    """The addresses among which the one that came furthest is: of addresses that refuse alike, the lowest.

    None of them admits the claim, so those with the same two keys all refuse it for a port. Among those with
    other sharing keys it only matters whether there is one.
    """
    lowest = table.lowest[family]
    own = lowest.get(claim.sharing_key)
    if own:
        return list(own)
    keyed = [min(addresses) for key, addresses in lowest.items() if key]
    return [*lowest.get("", ()), *([min(keyed)] if keyed else [])]


def _sharing(attempt: Attempt, error: ErrorText, claim: Claim | None) -> Judgement:
    """`can't change sharing key`: the text names the holders; which rule it was, the state tells."""
    table = attempt.table
    lacks = _lacks(attempt)
    shown = attempt.seen.status_addresses if attempt.seen else ()
    asked = (claim.addresses if claim else ()) or shown
    by_text = next((c for start, c in _SHARING_REASONS.items() if error.reason.startswith(start)), None)
    if claim is not None and table.complete and table.configured:
        # Up to 0.13.7 it may be one that the service still shows, and not the one that it asks for.
        blocked = [_blocked_one(table, address, claim) for address in dict.fromkeys((*asked, *shown))]
        found = [b for b in blocked if b is not None and b[1].rule != "MLB105"]
        chosen = next((b for b in found if b[1].holders == error.holders), found[0] if found else None)
        if chosen is not None:
            pool_table, candidate = chosen
            same, address = candidate.holders == error.holders, candidate.first
            use = pool_table.uses[address]
            sure = same and table.version_known and use.known and not use.doubtful
            return Judgement(
                candidate.rule if same else (by_text or "MLB100"),
                "proven" if sure else "partial",
                error,
                address,
                pool_table.pool.name,
                error.holders,
                only(table.configuration, pool_table.pool.name) if table.configuration else (),
                lacks if same else (*lacks, "contradiction"),
                use,
            )
    single = asked[0] if len(asked) == 1 else None
    owner = table.configuration.pool_containing(single) if single is not None and table.configuration else None
    return Judgement(
        by_text or "MLB100",
        "partial",
        error,
        single,
        owner.name if owner else None,
        error.holders,
        only(table.configuration, owner.name if owner else None) if table.configuration else (),
        lacks or ("start",),
    )


def _port(attempt: Attempt, error: ErrorText, claim: Claim | None) -> Judgement:
    """`port P/N is already in use`: the text names rule and address; who has the port, the state tells."""
    table = attempt.table
    try:
        address: Address | None = parse_address(error.addresses[0])
    except (ValueError, IndexError):
        address = None
    lacks = _lacks(attempt)
    if address is not None and claim is not None and table.complete and table.configured:
        found = _blocked_one(table, address, claim)
        if found is not None and found[1].rule == "MLB105":
            pool_table, candidate = found
            use = pool_table.uses[address]
            sure = table.version_known and use.known and not use.doubtful
            pools = only(table.configuration, pool_table.pool.name) if table.configuration else ()
            certainty: Certainty = "proven" if sure else "partial"
            return Judgement(
                "MLB105",
                certainty,
                error,
                address,
                pool_table.pool.name,
                candidate.holders,
                pools,
                lacks,
                use,
            )
    owner = table.configuration.pool_containing(address) if address is not None and table.configuration else None
    pools = only(table.configuration, owner.name if owner else None) if table.configuration else ()
    return Judgement(
        "MLB105", "partial", error, address, owner.name if owner else None, (), pools, lacks or ("holders",)
    )


def _blocked_one(table: Table, address: Address, claim: Claim) -> tuple[PoolTable, Candidate] | None:
    owner = table.configuration.pool_containing(address) if table.configuration else None
    if owner is None:
        return None
    pool_table = table.pools[owner.name]
    candidate = one(pool_table, address, pool_table.uses.get(address), claim)
    return (pool_table, candidate) if candidate else None


def candidates(attempt: Attempt, judgement: Judgement) -> tuple[tuple[Candidate, ...], int]:
    """The blocked addresses of the eligible pools, and how many entries were left out.

    Services that are blocked alike in one state share one tuple.
    """
    table = attempt.table
    claim = attempt.seen.claim(table.version) if attempt.seen else None
    if claim is None or not table.configured or "contradiction" in judgement.lacks:
        return (), 0
    if judgement.error.kind in EXHAUSTED:
        names = tuple([p.name for p in judgement.pools if p.eligible and p.name in table.pools])
        alike = (candidates, claim.sharing, claim.families, names)
        found: tuple[tuple[Candidate, ...], int] | None = table.memo.get(alike)
        if found is None:
            found = table.memo[alike] = furthest(_all_blocked([table.pools[name] for name in names], claim))
        return found
    if judgement.address is not None and table.complete:
        single = _blocked_one(table, judgement.address, claim)
        return ((single[1],) if single else ()), 0
    return (), 0


def _all_blocked(pools: list[PoolTable], claim: Claim) -> list[Candidate]:
    return [c for pool in pools for family in _wanting(pool, claim) for c in blocked(pool, claim, family)]
