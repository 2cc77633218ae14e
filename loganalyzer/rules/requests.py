"""MLB301 to MLB307: requests that MetalLB refuses, each named by its error text.

Source: metallb v0.14.8 controller/service.go (allocateIPs, getDesiredLbIPs), internal/allocator/allocator.go (Assign).
"""

from __future__ import annotations

from loganalyzer.metallb.addresses import FAMILY_NAMES
from loganalyzer.metallb.services import ADDRESS_POOL, LOAD_BALANCER_IPS, NEW_PREFIX, OLD_PREFIX
from loganalyzer.metallb.versions import V0_12, reads_new_prefix
from loganalyzer.rules.rule import Finding, TextRule, listing, quoted, show_pools


def _asked(f: Finding) -> str:
    return listing(f.error.addresses) or "the requested address"


def _needed(f: Finding) -> str:
    """What it would have to ask for, as far as that is known."""
    if f.seen is None or not f.seen.families(f.version):
        return f", which {'are' if len(f.error.addresses) > 1 else 'is'} not of the families of its cluster IPs"
    families = (f"an {FAMILY_NAMES[family]}" for family in f.seen.families(f.version))
    return f", and needs {' and '.join(families)} address"


def _drop(f: Finding, annotation: str) -> str:
    """Drops it under every prefix that this version reads: without the newer one the older one counts."""
    read = [p + annotation for p in ((NEW_PREFIX, OLD_PREFIX) if reads_new_prefix(f.version) else (OLD_PREFIX,))]
    there = [name for name in read if f.seen is not None and name in f.seen.annotations]
    dropped = " ".join(f"{name}-" for name in there or read)
    return f"kubectl -n {quoted(f.namespace)} annotate service {quoted(f.name)} {dropped}"


def _withdraw(f: Finding) -> tuple[str, ...]:
    """Steps that take the request for an address back where it stands; in both places where that is not known.

    The annotation came with metallb v0.12.0 (controller/service.go).
    """
    patch = '{"spec":{"loadBalancerIP":null}}'
    field = f"kubectl -n {quoted(f.namespace)} patch service {quoted(f.name)} --type=merge -p {quoted(patch)}"
    if f.version < V0_12:
        return (field,)
    if f.seen is None:
        either = "or take the request back: the annotation, or the field, whichever holds it:"
        return (either, _drop(f, LOAD_BALANCER_IPS), field)
    return (field,) if f.seen.load_balancer_ip else (_drop(f, LOAD_BALANCER_IPS),)


MLB301 = TextRule(
    code="MLB301",
    name="unknown-pool",
    holds_when="the service asks for a pool that is not configured",
    summary=lambda f: f'{f.service} asks for the pool "{f.error.pool}", and no pool has that name',
    remedy=lambda f: (
        "ask for a pool that exists, or drop the request and take any:",
        show_pools(f.version),
        _drop(f, ADDRESS_POOL),
    ),
    error_kinds=frozenset({"unknown-pool"}),
)

MLB302 = TextRule(
    code="MLB302",
    name="address-not-in-pools",
    holds_when=(
        "the service asks for, or holds, an address that no pool has for it: none contains it, "
        "the pool avoids it (.0, .255), or two addresses lie in different pools"
    ),
    summary=lambda f: (
        f"{f.service} asks for {_asked(f)}, and no pool has "
        + ("both" if len(f.error.addresses) > 1 else "it")
        + " to give"
    ),
    remedy=lambda f: (
        "ask for an address of a pool, or add this one to a pool:",
        show_pools(f.version),
        *_withdraw(f),
    ),
    error_kinds=frozenset({"not-allowed"}),
)

MLB303 = TextRule(
    code="MLB303",
    name="pool-refuses-service",
    holds_when="the asked-for address is in a pool whose serviceAllocation leaves the service out",
    summary=lambda f: (
        f'the pool "{f.error.pool}" has what {f.service} asks for, but its serviceAllocation leaves it out'
    ),
    remedy=lambda f: (
        "give the service a label or namespace that the pool's serviceAllocation names, or ask for another address:",
        f"kubectl -n metallb-system get ipaddresspool {quoted(f.error.pool)} -o yaml",
    ),
    error_kinds=frozenset({"pool-not-compatible"}),
)

MLB304 = TextRule(
    code="MLB304",
    name="invalid-request",
    holds_when=(
        "the request cannot be read: bad address, annotation and spec.loadBalancerIP both set, "
        "too many or same-family addresses"
    ),
    summary=lambda f: (
        f"{f.service} asks for two addresses of one family"
        if f.error.kind == "same-family"
        else f"the address that {f.service} asks for cannot be read" + (f": {f.error.reason}" if f.error.reason else "")
    ),
    remedy=lambda f: (
        f"mend {f.prefix}{LOAD_BALANCER_IPS} or spec.loadBalancerIP, one of them alone:",
        f"kubectl -n {quoted(f.namespace)} edit service {quoted(f.name)}",
    ),
    error_kinds=frozenset({"invalid-request", "both-requests", "too-many-addresses", "same-family"}),
)

MLB305 = TextRule(
    code="MLB305",
    name="requested-family-mismatch",
    holds_when="the asked-for addresses are of another family than the service",
    summary=lambda f: f"{f.service} asks for {_asked(f)}{_needed(f)}",
    remedy=lambda f: (
        "ask for one address of each family that its clusterIPs have, no more and no less:",
        f"kubectl -n {quoted(f.namespace)} get service {quoted(f.name)} -o jsonpath='{{.spec.clusterIPs}}'",
    ),
    error_kinds=frozenset({"request-family-mismatch"}),
)

MLB306 = TextRule(
    code="MLB306",
    name="requested-address-and-pool-disagree",
    holds_when="the asked-for address is not in the asked-for pool",
    summary=lambda f: f'{f.service} asks for {_asked(f)} and for the pool "{f.error.pool}", which does not have it',
    remedy=lambda f: ("drop one of the two requests:", _drop(f, ADDRESS_POOL)),
    error_kinds=frozenset({"request-pool-mismatch"}),
)

MLB307 = TextRule(
    code="MLB307",
    name="not-enough-cluster-ips",
    holds_when="dual stack is required and the service has one cluster IP, or none at all",
    summary=lambda f: (
        f"{f.service} requires dual stack and has fewer than two cluster IPs"
        if f.error.kind == "requires-dual-stack"
        else f"{f.service} has no cluster IP that can be read, and MetalLB takes the families from it"
    ),
    remedy=lambda f: (
        (
            "set its ipFamilyPolicy to SingleStack, or give the cluster a second service range:"
            if f.error.kind == "requires-dual-stack"
            else "create it anew without spec.clusterIP and spec.clusterIPs, which can't be changed in place:"
        ),
        f"kubectl -n {quoted(f.namespace)} get service {quoted(f.name)} -o yaml",
    ),
    error_kinds=frozenset({"requires-dual-stack", "no-cluster-ips"}),
)
