"""Proposals that change pools: more addresses, automatic assignment, whom they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from loganalyzer.correlator.eligibility import automatic
from loganalyzer.metallb.addresses import Address, AddressRange, Family, format_address, is_buggy
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.versions import V0_13_8
from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.edits import Operations, address_added, namespace_added
from loganalyzer.whatif.proposal import POOLS, Case, Proposal

_NAMESPACE: Final = "metallb-system"
_MOST_ADDED: Final = 128


def proposals(case: Case) -> Iterator[Proposal]:
    """All of them; which pools they are for is told by how MetalLB looks at them for this service."""
    yield from _more_addresses(case)
    yield from _opened(case)


def _change(case: Case, pool: Pool, operations: Operations) -> Change:
    metadata = _document(case, pool).get("metadata") or {}
    return Change("IPAddressPool", f"{metadata.get('namespace') or _NAMESPACE}/{pool.name}", patch=operations)


def _document(case: Case, pool: Pool) -> Mapping[str, Any]:
    return case.state.world.pools.get(pool.name, {})


def _note(case: Case, pool: Pool) -> str:
    if _document(case, pool) or case.state.version >= V0_13_8:
        return ""
    return f"; the log does not print the pool's object, whose namespace is taken to be {_NAMESPACE}"


def _more_addresses(case: Case) -> Iterator[Proposal]:
    for pool in case.eligible:
        if case.claim.addresses:
            continue
        table = case.state.world.allocator.table(pool)
        short = [f for f in case.families if not table.serves(case.claim, f)]
        if not case.claim.both and len(short) < len(case.families):
            continue
        number = _waiting_for(case, pool)
        spans = [_next_to(case, pool, family, number) for family in short]
        found = [span for span in spans if span is not None]
        if not found or len(found) < len(short):
            continue
        texts = tuple(map(_text, found))
        operations = tuple(op for text in texts for op in address_added(text))
        many = f", one for each of the {number} services that wait for it" if number > 1 else ""
        yield Proposal(
            f"add {' and '.join(texts)} to the pool {pool.name}{many}",
            (_change(case, pool, operations),),
            "an address of its own, as MetalLB's documentation advises for services that need clients' addresses; "
            "it is next to the pool's range and in no known pool: make sure that nothing else on the network "
            f"has it{_note(case, pool)}",
            POOLS,
            1,
        )


def _waiting_for(case: Case, pool: Pool) -> int:
    """How many waiting services may take an address of the pool before this one does."""
    configuration = case.state.world.allocator.configuration or Configuration({})
    number = 0
    for name in case.state.waiting:
        claim = case.state.world.services[name].claim(case.state.version)
        if claim.addresses:
            continue
        if claim.pool:
            number += claim.pool == pool.name
        else:
            number += any(v.eligible and v.name == pool.name for v in automatic(configuration, claim))
    return max(1, min(number, _MOST_ADDED))


def _next_to(case: Case, pool: Pool, family: Family, number: int) -> AddressRange | None:
    """So many addresses right after a range, or before it, that no pool has; else after one of another pool."""
    ranges = [r for r in pool.ranges if r.family == family]
    ranges += [r for p in case.pools.values() for r in p.ranges if r.family == family and p is not pool]
    for span in ranges:
        for first in (span.last + 1, span.first - number):
            found = AddressRange(first, first + number - 1)
            if _usable(case, span, found):
                return found
    return None


def _usable(case: Case, beside: AddressRange, span: AddressRange) -> bool:
    width = 8 if span.family == "ipv4" else 64
    if span.first < 0 or span.first >> width != beside.last >> width != 0 or span.last >> width != span.first >> width:
        return False
    if span.family == "ipv4" and any(is_buggy(a) for a in (span.first, span.last)):
        return False
    return not any(r.first <= span.last and span.first <= r.last for p in case.pools.values() for r in p.ranges)


def _text(span: AddressRange) -> str:
    first: Address = span.first
    if span.first == span.last:
        return f"{format_address(first)}/{32 if span.family == 'ipv4' else 128}"
    return f"{format_address(first)}-{format_address(span.last)}"


def _opened(case: Case) -> Iterator[Proposal]:
    """Let the service into a pool that passes it over."""
    labels = dict(case.claim.labels)
    for name in sorted(case.pools):
        pool = case.pools[name]
        spec = _document(case, pool).get("spec") or {}
        if not pool.auto_assign:
            yield Proposal(
                f"set autoAssign: true on the pool {name}",
                (_change(case, pool, ({"op": "add", "path": "/spec/autoAssign", "value": True},)),),
                f"any service may get addresses of the pool {name} from then on{_note(case, pool)}",
                POOLS,
                3,
            )
        if pool.avoid_buggy:
            yield Proposal(
                f"set avoidBuggyIPs: false on the pool {name}",
                (_change(case, pool, ({"op": "add", "path": "/spec/avoidBuggyIPs", "value": False},)),),
                "addresses that end in .0 and .255 are handed out, which some old network gear drops",
                POOLS,
                4,
            )
        wanted = pool.allocation
        if wanted is None or "serviceAllocation" not in spec:
            continue
        listed = spec["serviceAllocation"]
        if not pool.compatible(case.claim.namespace, labels) and case.claim.namespace not in wanted.namespaces:
            have = listed.get("namespaces") if isinstance(listed, dict) else None
            yield Proposal(
                f"let the namespace {case.claim.namespace} into the pool {name}",
                (_change(case, pool, namespace_added(case.claim.namespace, have)),),
                f"every service of {case.claim.namespace} may get addresses of the pool {name} from then on",
                POOLS,
                2,
            )
        if not wanted.namespaces and not wanted.selectors:
            yield Proposal(
                f"name the namespace {case.claim.namespace} in the serviceAllocation of the pool {name}",
                (_change(case, pool, namespace_added(case.claim.namespace, None)),),
                f"the pool {name} is for {case.claim.namespace} alone from then on",
                POOLS,
                2,
            )
        yield Proposal(
            f"take the serviceAllocation of the pool {name} away",
            (_change(case, pool, ({"op": "remove", "path": "/spec/serviceAllocation"},)),),
            f"any service may get addresses of the pool {name} from then on",
            POOLS,
            5,
        )
