"""Proposals that change pools: more addresses, automatic assignment, whom they are for."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from loganalyzer.correlator.eligibility import automatic
from loganalyzer.metallb.addresses import Address, AddressRange, Family, format_address, is_buggy
from loganalyzer.metallb.free import joined
from loganalyzer.metallb.pool_objects import selector_from
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import Claim
from loganalyzer.metallb.versions import dumps_objects
from loganalyzer.model.state import PoolTable
from loganalyzer.rules.rule import listing
from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.edits import Operations, address_added, label_added, namespace_added
from loganalyzer.whatif.own import satisfying
from loganalyzer.whatif.proposal import POOLS, Case, Proposal
from loganalyzer.whatif.state import State

_NAMESPACE: Final = "metallb-system"
_MOST_ADDED: Final = 128
_ROUTED: Final = "an address of its own; make sure that the network leads it here and that nothing else has it"
_CHECK: Final = "it is next to a known range and in no known pool: make sure that nothing else on the network has it"


def proposals(case: Case) -> Iterator[Proposal]:
    """All of them; which pools they are for is told by how MetalLB looks at them for this service.

    None up to 0.12, where pools are lines of a ConfigMap.
    """
    if not dumps_objects(case.state.version):
        return
    yield from _more_addresses(case)
    yield from _requested(case)
    yield from _opened(case)
    yield from _labelled_namespace(case)


def _change(case: Case, pool: Pool, operations: Operations) -> Change:
    metadata = _document(case, pool).get("metadata") or {}
    return Change("IPAddressPool", f"{metadata.get('namespace') or _NAMESPACE}/{pool.name}", patch=operations)


def _document(case: Case, pool: Pool) -> Mapping[str, Any]:
    return case.state.world.pools.get(pool.name, {})


def _note(case: Case, pool: Pool) -> str:
    if (_document(case, pool).get("metadata") or {}).get("namespace"):
        return ""
    return f"; the log does not print the pool's object, whose namespace is taken to be {_NAMESPACE}"


def _more_addresses(case: Case) -> Iterator[Proposal]:
    for pool in case.eligible:
        if case.claim.addresses:
            continue
        number = _asking(case, pool)
        added = _added(case, pool, number)
        if added is None:
            continue
        texts, operations = added
        many = f", one for each of the {number} services that wait for it" if number > 1 else ""
        yield Proposal(
            f"add {' and '.join(texts)} to the pool {pool.name}{many}",
            (_change(case, pool, operations),),
            "an address of its own, as MetalLB's documentation advises for services that need clients' addresses; "
            f"{_CHECK}{_note(case, pool)}",
            POOLS,
            1,
            _CHECK,
        )


def _requested(case: Case) -> Iterator[Proposal]:
    """Add the requested address to a pool, where none has it."""
    wanted = case.claim.addresses
    if not wanted or any(pool.contains(address) for pool in case.pools.values() for address in wanted):
        return
    texts = tuple(_text(AddressRange(address, address)) for address in wanted)
    operations = tuple(op for text in texts for op in address_added(text))
    for name in sorted(case.pools):
        pool = case.pools[name]
        if case.claim.pool in ("", name) and pool.compatible(case.claim.namespace, dict(case.claim.labels)):
            yield Proposal(
                f"add {' and '.join(texts)}, which {case.service.key} asks for, to the pool {name}",
                (_change(case, pool, operations),),
                f"{_ROUTED}{_note(case, pool)}",
                POOLS,
                2,
                _ROUTED,
            )


def _next_to(case: Case, pool: Pool, family: Family, number: int) -> AddressRange | None:
    """So many addresses right after a range, or before it, that no pool has; else after one of another pool."""
    return _beside(case, (pool,), family, number) or _beside(case, tuple(case.pools.values()), family, number)


def _beside(case: Case, pools: tuple[Pool, ...], family: Family, number: int) -> AddressRange | None:
    mark = (_beside, *(pool.name for pool in pools), family, number)
    if mark not in case.state.memo:
        taken = _taken(case, family)
        spans = (r for pool in pools for r in pool.ranges if r.family == family)
        free = (found for span in spans for found in _neighbours(span, number) if not _overlaps(taken, found))
        case.state.memo[mark] = next(free, None)
    found: AddressRange | None = case.state.memo[mark]
    return found


def _neighbours(span: AddressRange, number: int) -> Iterator[AddressRange]:
    """So many addresses right after a range, and as many before it, where they can be used."""
    for first in (span.last + 1, span.first - number):
        found = AddressRange(first, first + number - 1)
        if _usable(span, found):
            yield found


def _taken(case: Case, family: Family) -> list[AddressRange]:
    """What the pools have of a family, joined."""
    mark = (_taken, family)
    found: list[AddressRange] | None = case.state.memo.get(mark)
    if found is None:
        ranges = (r for pool in case.pools.values() for r in pool.ranges if r.family == family)
        found = case.state.memo[mark] = joined(ranges)
    return found


def _overlaps(taken: Sequence[AddressRange], span: AddressRange) -> bool:
    """Whether one of these joined ranges has an address of the span."""
    at = bisect_right(taken, span.last, key=lambda r: r.first)
    return at > 0 and taken[at - 1].last >= span.first


def _usable(beside: AddressRange, span: AddressRange) -> bool:
    width = 8 if span.family == "ipv4" else 64
    if span.first < 0 or span.first >> width != beside.last >> width != 0 or span.last >> width != span.first >> width:
        return False
    return span.family != "ipv4" or not any(is_buggy(a) for a in (span.first, span.last))


def _text(span: AddressRange) -> str:
    first: Address = span.first
    if span.first == span.last:
        return f"{format_address(first)}/{32 if span.family == 'ipv4' else 128}"
    return f"{format_address(first)}-{format_address(span.last)}"


class _Opening(Struct, frozen=True):
    """One way of letting the service into a pool, which is `opened` then."""

    title: str
    operations: Operations
    why: str
    rank: int
    opened: Pool


def _opened(case: Case) -> Iterator[Proposal]:
    """Let the service into a pool that passes it over, with more addresses where it has none left."""
    for name in sorted(case.pools):
        pool = case.pools[name]
        for opening in _openings(case, pool):
            change = _change(case, pool, opening.operations)
            why = opening.why + _note(case, pool)
            yield Proposal(opening.title, (change,), why, POOLS, opening.rank)
            added = _added(case, pool, _coming(case, pool, opening.opened))
            if added is not None:
                texts, more = added
                change = _change(case, pool, (*opening.operations, *more))
                title = f"{opening.title}, and add {' and '.join(texts)} to it"
                yield Proposal(title, (change,), f"{why}; {_CHECK}", POOLS, opening.rank + 4, _CHECK)


def _labelled_namespace(case: Case) -> Iterator[Proposal]:
    """Give its namespace labels that a pool selects, where objects show those that it has."""
    namespace = case.claim.namespace
    have = case.state.world.namespaces.get(namespace)
    for name in sorted(case.pools) if have is not None else ():
        listed = (_document(case, case.pools[name]).get("spec") or {}).get("serviceAllocation") or {}
        for document in listed.get("namespaceSelectors") or ():
            wanted = satisfying(selector_from(document))
            allowed = case.pools[name].allocation
            if not wanted or (allowed is not None and namespace in allowed.namespaces):
                continue
            operations = tuple(op for key, value in wanted.items() for op in label_added(key, value))
            labels = listing(tuple(f"{k}={v}" for k, v in wanted.items()))
            yield Proposal(
                f"label the namespace {namespace} {labels}, which the pool {name} selects",
                (Change("Namespace", namespace, patch=operations),),
                f"every service of {namespace} may get addresses of the pool {name} from then on, and whatever else "
                "selects namespaces by these labels sees it too",
                POOLS,
                3,
            )


def _coming(case: Case, pool: Pool, opened: Pool) -> int:
    """How many services, this one included, would have an address of a pool that is opened and has what it lacks."""
    more = _short(case, pool)
    table = case.state.world.allocator.table(pool)
    coming = {
        name
        for name, claim in _any_address(case.state)
        if claim.pool == opened.name or (not claim.pool and opened.auto_assign)
        if opened.compatible(claim.namespace, dict(claim.labels)) and _would_fit(claim, more, table)
    }
    return min(len(coming | {case.service.key}), _MOST_ADDED)


def _any_address(state: State) -> list[tuple[str, Claim]]:
    """The waiting services that ask for no address of their own, nor for one that can't be read; what they ask."""
    found: list[tuple[str, Claim]] | None = state.memo.get(_any_address)
    if found is None:
        waiting = (state.world.services[name] for name in state.waiting)
        asking = [(s.key, s.claim(state.version)) for s in waiting if not s.requests_address(state.version)]
        found = state.memo[_any_address] = asking
    return found


_Asking = tuple[Counter[Family], list[Claim]]
_NOBODY: Final[_Asking] = (Counter(), [])


def _by_pool(state: State) -> dict[str, _Asking]:
    """The same by the pools in which MetalLB looks for them: how many need one family, and what others ask."""
    found: dict[str, _Asking] | None = state.memo.get(_by_pool)
    if found is None:
        found = state.memo[_by_pool] = {}
        alike: dict[object, list[Claim]] = {}
        for _, claim in _any_address(state):
            alike.setdefault((claim.pool, claim.namespace, claim.labels), []).append(claim)
        for claims in alike.values():
            counts = Counter(c.families[0] for c in claims if len(c.families) == 1)
            others = [c for c in claims if len(c.families) != 1]
            for pool in _looked_into(state, claims[0]):
                one_family, both = found.setdefault(pool, (Counter(), []))
                one_family.update(counts)
                both += others
    return found


def _looked_into(state: State, claim: Claim) -> Collection[str]:
    """The pools in which MetalLB looks for who asks for any address."""
    if claim.pool:
        return (claim.pool,)
    configuration = state.world.allocator.configuration
    return [v.name for v in automatic(configuration, claim) if v.eligible] if configuration is not None else ()


def _would_fit(claim: Claim, more: frozenset[Family], table: PoolTable) -> bool:
    """Whether a waiting claim would be met by more addresses of these families."""
    served = not claim.both or all(f in more or table.serves(claim, f) for f in claim.families)
    return served and not more.isdisjoint(claim.families)


def _asking(case: Case, pool: Pool) -> int:
    """How many services, this one included, would have an address of the pool if it had more of what this one lacks."""
    state, more = case.state, _short(case, pool)
    table = state.world.allocator.table(pool)
    mark = (_asking, pool.name, more)
    if mark not in state.memo:
        one_family, both = _by_pool(state).get(pool.name, _NOBODY)
        fitting = sum(_would_fit(claim, more, table) for claim in both)
        state.memo[mark] = fitting + sum(one_family[family] for family in more)
    waiting = state.world.services[case.service.key]
    claim = waiting.claim(state.version)
    counted = (
        not waiting.requests_address(state.version)
        and pool.name in _looked_into(state, claim)
        and _would_fit(claim, more, table)
    )
    found: int = state.memo[mark] + (not counted)
    return min(found, _MOST_ADDED)


def _short(case: Case, pool: Pool) -> frozenset[Family]:
    """The families of which the pool has no address for the service."""
    table = case.state.world.allocator.table(pool)
    return frozenset(f for f in case.families if not table.serves(case.claim, f))


def _added(case: Case, pool: Pool, number: int) -> tuple[tuple[str, ...], Operations] | None:
    """So many addresses of each family that the pool can't serve; None where it can, or none is known to be next."""
    lacking = _short(case, pool)
    short = [f for f in case.families if f in lacking]
    if not short or (not case.claim.both and len(short) < len(case.families)):
        return None
    spans = [_next_to(case, pool, family, number) for family in short]
    texts = tuple(_text(span) for span in spans if span is not None)
    if len(texts) < len(short):
        return None
    return texts, tuple(op for text in texts for op in address_added(text))


def _openings(case: Case, pool: Pool) -> Iterator[_Opening]:
    name, namespace = pool.name, case.claim.namespace
    spec = _document(case, pool).get("spec") or {}
    asks = case.claim.pool == name or bool(case.claim.addresses)
    if not pool.auto_assign and not asks:
        yield _Opening(
            f"set autoAssign: true on the pool {name}",
            ({"op": "add", "path": "/spec/autoAssign", "value": True},),
            f"any service that it may serve may get addresses of the pool {name} from then on",
            3,
            structs.replace(pool, auto_assign=True),
        )
    if pool.avoid_buggy:
        yield _Opening(
            f"set avoidBuggyIPs: false on the pool {name}",
            ({"op": "add", "path": "/spec/avoidBuggyIPs", "value": False},),
            "addresses that end in .0 and .255 are handed out, which some old network gear drops",
            4,
            pool,
        )
    wanted, listed = pool.allocation, spec.get("serviceAllocation")
    if wanted is None or not isinstance(listed, dict):
        return
    if pool in case.eligible and pool.compatible(namespace, dict(case.claim.labels)):
        return
    named = structs.replace(pool, allocation=structs.replace(wanted, namespaces=wanted.namespaces | {namespace}))
    if wanted.namespaces and namespace not in wanted.namespaces:
        yield _Opening(
            f"let the namespace {namespace} into the pool {name}",
            namespace_added(namespace, listed.get("namespaces")),
            f"every service of {namespace} may get addresses of the pool {name} from then on",
            2,
            named,
        )
    if not wanted.namespaces and not wanted.selectors:
        yield _Opening(
            f"name the namespace {namespace} in the serviceAllocation of the pool {name}",
            namespace_added(namespace, None),
            f"the pool {name} is for {namespace} alone from then on",
            2,
            named,
        )
    yield _Opening(
        f"take the serviceAllocation of the pool {name} away",
        ({"op": "remove", "path": "/spec/serviceAllocation"},),
        f"any service may get addresses of the pool {name} from then on",
        5,
        structs.replace(pool, allocation=None),
    )
