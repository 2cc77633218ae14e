"""IPAddressPool objects read as MetalLB reads them, and what it refuses.

Sources: metallb v0.13.0 to v0.16.1 internal/config/config.go (poolsFor, addressPoolFromCR, ParseCIDR).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from loganalyzer.metallb.addresses import Address, AddressRange, family_of, format_address, parse_address, parse_cidr
from loganalyzer.metallb.pools import Configuration, Pool, ServiceAllocation
from loganalyzer.metallb.selectors import Requirement, Selector
from loganalyzer.metallb.versions import (
    Version,
    avoids_buggy,
    has_service_allocation,
    picks_priority_only,
    refuses_duplicates,
)

Namespaces = Mapping[str, Mapping[str, str]]
"""Labels by the namespace's name."""

_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


class PoolError(ValueError):
    """A pool that MetalLB refuses, and why."""


def ranges_of(text: object) -> AddressRange | None:
    """One entry of `spec.addresses`. Raises PoolError with MetalLB's text.

    A range may name its ends with spaces around; a CIDR may not be a single address. From an IPv4 address to an IPv6
    one is a range without addresses (metallb v0.13.0 internal/config ParseCIDR, mikioh/ipaddr Summarize).
    """
    if not isinstance(text, str):
        raise PoolError(f"{text!r} is no text")
    if "-" not in text:
        try:
            return parse_cidr(text)
        except ValueError as problem:
            raise PoolError(f'invalid CIDR "{text}"') from problem
    begin, _, end = text.partition("-")
    first, last = (_end_of_range(text, which, part) for which, part in (("start", begin), ("end", end)))
    if first > last:
        ends = f'start IP "{format_address(first)}" is after the end IP "{format_address(last)}"'
        raise PoolError(f'invalid IP range "{text}": {ends}')
    return AddressRange(first, last) if family_of(first) == family_of(last) else None


def _end_of_range(text: str, which: str, part: str) -> Address:
    try:
        return parse_address(part.strip())
    except ValueError as problem:
        raise PoolError(f'invalid IP range "{text}": invalid {which} IP "{part}"') from problem


def cidrs_of(span: AddressRange) -> Iterator[AddressRange]:
    """The CIDRs that MetalLB makes of a range, ascending: only so do two configurations compare as it compares them."""
    first, last = span
    while first <= last:
        # The largest block that begins here, aligned, and ends within.
        size = min(first & -first or 1 << 128, 1 << ((last - first + 1).bit_length() - 1))
        yield AddressRange(first, first + size - 1)
        first += size


def pool_from_object(
    name: str, spec: Mapping[str, Any], version: Version, namespaces: Namespaces, known: Pool | None = None
) -> Pool:
    """The pool that an IPAddressPool makes. Raises PoolError, with MetalLB's text, where MetalLB would refuse it.

    `known` is the pool as the log rendered it last: its namespaces stand for what its namespaceSelectors
    select among namespaces whose labels are not in `namespaces`.
    """
    try:
        return Pool(
            name=name,
            ranges=tuple(_ranges(name, spec.get("addresses"))),
            auto_assign=spec.get("autoAssign") is not False,
            avoid_buggy=spec.get("avoidBuggyIPs") is True and avoids_buggy(version),
            allocation=_allocation(spec.get("serviceAllocation"), version, namespaces, known),
        )
    except PoolError as problem:
        raise PoolError(f"parsing address pool {name}: {problem}") from problem


def _ranges(name: str, addresses: object) -> Iterator[AddressRange]:
    if not isinstance(addresses, list) or not addresses:
        raise PoolError("pool has no prefixes defined")
    for entry in addresses:
        try:
            span = ranges_of(entry)
        except PoolError as problem:
            raise PoolError(f'invalid CIDR "{entry}" in pool "{name}": {problem}') from problem
        if span is not None:
            yield from cidrs_of(span)


def object_of(pool: Pool) -> dict[str, Any]:
    """An IPAddressPool that makes this pool, for logs that print none (0.13.0 to 0.13.7); without its namespace."""
    addresses = [f"{format_address(r.first)}-{format_address(r.last)}" for r in pool.ranges]
    spec = {"addresses": addresses, "autoAssign": pool.auto_assign, "avoidBuggyIPs": pool.avoid_buggy}
    return {"apiVersion": "metallb.io/v1beta1", "kind": "IPAddressPool", "metadata": {"name": pool.name}, "spec": spec}


def configuration_from(pools: Iterable[Pool]) -> Configuration:
    """The configuration of these pools. Raises PoolError, which names the second of two that overlap."""
    taken: list[tuple[AddressRange, str]] = []
    found: dict[str, Pool] = {}
    for pool in pools:
        taken.extend((span, pool.name) for span in pool.ranges)
        found[pool.name] = pool
    taken.sort()
    for (before, owner), (after, other) in pairwise(taken):
        if after.first <= before.last:
            raise PoolError(
                f'CIDR "{_text(after)}" in pool "{other}" overlaps with already defined CIDR "{_text(before)}"'
                + (f" (of pool {owner})" if owner != other else "")
            )
    return Configuration(found)


def selector_from(document: Mapping[str, Any]) -> Selector:
    """A Kubernetes LabelSelector. Raises PoolError on an operator that is none."""
    found: list[Requirement] = []
    for key, value in sorted(_mapping(document.get("matchLabels")).items()):
        found.append(Requirement(key, "=", (str(value),)))
    for expression in _list(document.get("matchExpressions")):
        entry = _mapping(expression)
        operator = _OPERATORS.get(str(entry.get("operator")))
        values = tuple(map(str, _list(entry.get("values"))))
        if operator is None or (operator in ("in", "notin")) != bool(values):
            raise PoolError(f"invalid label selector {dict(document)!r}")
        found.append(Requirement(str(entry.get("key")), operator, values))  # type: ignore[arg-type]
    return Selector(tuple(found), ",".join(f"{r.key} {r.operator} {','.join(r.values)}" for r in found))


def _allocation(
    value: object, version: Version, namespaces: Namespaces, known: Pool | None
) -> ServiceAllocation | None:
    if not isinstance(value, dict) or not has_service_allocation(version):
        return None
    names = [str(n) for n in _list(value.get("namespaces"))]
    if len(set(names)) < len(names) and refuses_duplicates(version):
        raise PoolError("duplicate definition in namespaces field")
    by_label = [selector_from(_mapping(s)) for s in _distinct(value, "namespaceSelectors", version)]
    selectors = [selector_from(_mapping(s)) for s in _distinct(value, "serviceSelectors", version)]
    if picks_priority_only(version) and not names and not by_label and not selectors:
        selectors = [Selector((), "")]
    chosen = set(names)
    if by_label:
        rendered = known.allocation.namespaces if known and known.allocation else frozenset()
        chosen.update(n for n in rendered if n not in namespaces)
        chosen.update(n for n, labels in namespaces.items() if any(s.matches(labels) for s in by_label))
    priority = value.get("priority")
    return ServiceAllocation(priority if isinstance(priority, int) else 0, frozenset(chosen), tuple(selectors))


def _distinct(value: Mapping[str, Any], field: str, version: Version) -> list[Any]:
    found = _list(value.get(field))
    if refuses_duplicates(version) and any(entry in found[:i] for i, entry in enumerate(found)):
        raise PoolError(f"duplicate definition of {field}")
    return found


def _text(span: AddressRange) -> str:
    """As Go prints a network; pools are made of such."""
    width = 32 if span.family == "ipv4" else 128
    return f"{format_address(span.first)}/{width - (span.size.bit_length() - 1)}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
