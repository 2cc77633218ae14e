"""MLB201 to MLB207: why no pool has an address for a service.

Source: metallb v0.14.8 internal/allocator/allocator.go (Allocate, pinnedPoolsForService), v0.15.0 internal/config.
"""

from __future__ import annotations

from typing import Final

from loganalyzer.metallb.addresses import FAMILY_NAMES, Address
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import ADDRESS_POOL, Claim
from loganalyzer.metallb.versions import dumps_objects
from loganalyzer.model.state import AddressUse
from loganalyzer.rules.rule import (
    AddressRule,
    Finding,
    PoolRule,
    Rule,
    TextRule,
    annotate,
    edit_pool,
    listing,
    quoted,
    show_pools,
)


def _pools(f: Finding) -> str:
    if not f.pools:
        return "the pools"
    return ("the pool " if len(f.pools) == 1 else "the pools ") + listing(f.pools)


def _edit(f: Finding) -> str:
    return edit_pool(f.version, f.pools[0] if f.pools else f.pool or "NAME")


def _let_assign(f: Finding, pool: str) -> str:
    if not dumps_objects(f.version):
        return edit_pool(f.version, pool)
    return f"kubectl -n metallb-system patch ipaddresspool {quoted(pool)} --type=merge -p {quoted(_AUTOMATIC)}"


MLB201 = Rule(
    code="MLB201",
    name="pool-exhausted",
    holds_when="the service does not ask to share, and every address it may get is in use",
    summary=lambda f: (
        f"every address of {_pools(f)} that {f.service} may get is in use, and it does not ask to share one"
    ),
    remedy=lambda f: (
        f"add addresses to {_pools(f)}, or delete a service that needs none any more:",
        _edit(f),
    ),
)


MLB202 = TextRule(
    code="MLB202",
    name="no-pools",
    holds_when="no pool is configured, or the configuration has not been read",
    summary=lambda f: f"MetalLB has no address pool at all, so {f.service} can get no address",
    remedy=lambda f: (
        "create an address pool, and look at the controller's log for a configuration that was refused:",
        show_pools(f.version),
    ),
    error_kinds=frozenset({"pools-empty"}),
)


def _reserved(f: Finding) -> str:
    several = len(f.pools) > 1
    what = f"{_pools(f)} {'have' if several else 'has'} autoAssign: false, and {f.service} does not ask for "
    what += "one of them by name" if several else "it by name"
    if f.closed:
        whose = f"the serviceAllocation of {listing(f.closed)}" if several else "its serviceAllocation"
        what += f"; {whose} leaves the service out, too"
    return what


def _ask(f: Finding) -> tuple[str, ...]:
    """Steps towards a pool that assigns nothing by itself: one that is for the service, where there is one."""
    pool = next((p for p in f.pools if p not in f.closed), None) or (f.pools[0] if f.pools else None)
    steps = (
        "ask for the pool by name, or make it assign automatically (then any service may get its addresses):",
        *((annotate(f.service, f.prefix + ADDRESS_POOL, pool), _let_assign(f, pool)) if pool else ()),
    )
    if pool not in f.closed:
        return steps
    return (
        "let the pool's serviceAllocation in the service's namespace and labels:",
        _edit(f),
        "then " + steps[0],
        *steps[1:],
    )


_AUTOMATIC: Final = '{"spec":{"autoAssign":true}}'

MLB203 = PoolRule(
    code="MLB203",
    name="auto-assign-off",
    holds_when="the pool has autoAssign: false and the service does not ask for it by name",
    summary=_reserved,
    remedy=_ask,
    excludes=lambda pool, claim: not pool.auto_assign,  # noqa: ARG005
)


def _left_out(pool: Pool, claim: Claim) -> bool:
    return not pool.compatible(claim.namespace, dict(claim.labels))


def _never_picked(pool: Pool, claim: Claim) -> bool:  # noqa: ARG001
    wanted = pool.allocation
    return wanted is not None and not wanted.namespaces and not wanted.selectors


MLB204 = PoolRule(
    code="MLB204",
    name="pool-selector-mismatch",
    holds_when="the pool's serviceAllocation namespaces or selectors leave the service out",
    summary=lambda f: f"the serviceAllocation of {_pools(f)} leaves {f.service} out by its namespace or its labels",
    remedy=lambda f: (
        "give the service the labels that the pool selects, or let the pool's serviceAllocation in its namespace:",
        _edit(f),
    ),
    excludes=_left_out,
)


MLB205 = PoolRule(
    code="MLB205",
    name="priority-only-pool",
    holds_when=(
        "the pool has a serviceAllocation that names no namespace and no selector "
        "(or namespace selectors that match none), and this MetalLB version then never picks it"
    ),
    summary=lambda f: (
        f"the serviceAllocation of {_pools(f)} names no namespace and no service, and MetalLB {f.version} "
        "never picks such a pool by itself"
    ),
    remedy=lambda f: (
        "ask for the pool by name, or take the serviceAllocation away, or name a namespace in it:",
        *(annotate(f.service, f.prefix + ADDRESS_POOL, p) for p in f.pools[:1]),
        _edit(f),
    ),
    excludes=_never_picked,
)


def _families(f: Finding) -> str:
    wanted = [FAMILY_NAMES[family] for family in f.claim.families] if f.claim else []
    if f.claim and f.claim.both:
        return " and ".join(wanted) or "the needed family"
    return " or ".join(wanted) or "the needed family"


MLB206 = Rule(
    code="MLB206",
    name="family-mismatch",
    holds_when="no eligible pool has an address of a family the service needs",
    summary=lambda f: (
        f"{f.service} needs {_families(f)}"
        f"{' from one pool' if f.claim and len(f.claim.families) > 1 else ''}, and no pool that it may use has that"
    ),
    remedy=lambda f: (
        f"add a range of {_families(f)} to a pool that the service may use"
        + (", or set its ipFamilyPolicy to SingleStack" if f.claim and len(f.claim.families) > 1 else "")
        + ":",
        _edit(f),
    ),
)


def _avoided(pool: Pool, address: Address, use: AddressUse | None, claim: Claim) -> bool:  # noqa: ARG001
    return pool.avoids(address)


MLB207 = AddressRule(
    code="MLB207",
    name="buggy-address-avoided",
    holds_when="the address ends in .0 or .255 and the pool has avoidBuggyIPs",
    summary=lambda f: f"{_pools(f)} has only addresses that end in .0 or .255, and avoidBuggyIPs keeps them back",
    remedy=lambda f: ("add other addresses to the pool, or set avoidBuggyIPs to false:", _edit(f)),
    order=0,
    only_avoiding=True,
    blocks=_avoided,
)
