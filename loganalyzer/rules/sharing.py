"""MLB100 to MLB105: why a service may not share an address.

The checks and their order: metallb v0.14.8 internal/allocator/allocator.go, checkSharing and sharingOK;
the same from v0.9.0 to v0.16.1.
"""

from __future__ import annotations

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import ALLOW_SHARED_IP, Claim
from loganalyzer.metallb.versions import V0_15
from loganalyzer.model.state import AddressUse
from loganalyzer.rules.rule import AddressRule, Finding, Row, TextRule, annotate, edit_pool, listing, nudge, quoted


def _key(text: str) -> str:
    return f'"{text}"' if text else "no key"


def _with_key(text: str) -> str:
    return f"key {_key(text)}" if text else "no sharing key"


def _policy(backend_key: str) -> str:
    return f"externalTrafficPolicy Local, selector {backend_key}" if backend_key else "externalTrafficPolicy Cluster"


def _wake(f: Finding) -> tuple[str, ...]:
    """Before 0.15 a change to a holder does not make MetalLB look at the waiting service again."""
    return (
        ()
        if f.version >= V0_15
        else (
            f"then touch the waiting service: MetalLB {f.version} does not look at it again by itself",
            nudge(f),
        )
    )


def _could_share(f: Finding) -> bool:
    """Whether equal keys alone would do: same backend, no port taken."""
    return (
        f.use is not None
        and f.claim is not None
        and f.use.backend_key == f.claim.backend_key
        and f.use.port_taken(f.claim.ports) is None
    )


def _dedicated(f: Finding) -> str:
    pool = f"the pool {f.pool}" if f.pool else "a pool that it may use"
    return f"give {f.service} an address of its own: add one to {pool}"


def _edit_pool(f: Finding) -> str:
    return edit_pool(f.version, f.pool or "NAME")


def _own_key(f: Finding) -> str:
    return f.claim.sharing_key if f.claim else ""


def _address(f: Finding) -> str:
    return f.address or "the address"


def _no_existing_key(pool: Pool, address: Address, use: AddressUse | None, claim: Claim) -> bool:  # noqa: ARG001
    return use is not None and use.sharing_key == ""


def _no_new_key(pool: Pool, address: Address, use: AddressUse | None, claim: Claim) -> bool:  # noqa: ARG001
    return use is not None and claim.sharing_key == ""


def _keys_differ(pool: Pool, address: Address, use: AddressUse | None, claim: Claim) -> bool:  # noqa: ARG001
    return use is not None and "" not in (use.sharing_key, claim.sharing_key) and use.sharing_key != claim.sharing_key


def _backends_differ(pool: Pool, address: Address, use: AddressUse | None, claim: Claim) -> bool:  # noqa: ARG001
    return use is not None and "" not in (use.sharing_key, claim.sharing_key) and use.backend_key != claim.backend_key


def _port_taken(pool: Pool, address: Address, use: AddressUse | None, claim: Claim) -> bool:  # noqa: ARG001
    return use is not None and not use.taken.isdisjoint(claim.ports)


MLB100 = TextRule(
    code="MLB100",
    name="sharing-refused",
    holds_when="MetalLB refused to share an address and the log does not tell by which of MLB101 to MLB104",
    summary=lambda f: (
        f"MetalLB refused to let it share {_address(f)} with {f.held_by}; the log does not tell by which rule"
    ),
    remedy=lambda f: (
        f"compare the {f.prefix}{ALLOW_SHARED_IP} annotation and externalTrafficPolicy of {f.service} with those of "
        f"{f.held_by}, and under Local the selectors: all must be equal, and ports must differ",
    ),
    error_kinds=frozenset(),
)


def _existing_rows(f: Finding) -> tuple[Row, ...]:
    return (*((h, "no sharing key") for h in f.holders), (f.service, _with_key(_own_key(f))))


def _let_both_share(f: Finding) -> tuple[str, ...]:
    own = (_dedicated(f), _edit_pool(f))
    if not _could_share(f) or not f.holders:
        return own
    key = _own_key(f) or "shared"
    return (
        *own,
        "or let both share it: the holder, somebody else's service, needs the same key",
        annotate(next(iter(f.holders)), f.prefix + ALLOW_SHARED_IP, key),
        *(_wake(f) if _own_key(f) else (annotate(f.service, f.prefix + ALLOW_SHARED_IP, key),)),
    )


MLB101 = AddressRule(
    code="MLB101",
    name="existing-no-sharing-key",
    holds_when="a service on the address has no allow-shared-ip value",
    summary=lambda f: (
        f"{_address(f)} is held by {f.held_by}, which has no {ALLOW_SHARED_IP} key, so nobody may share it"
    ),
    details=_existing_rows,
    remedy=_let_both_share,
    order=1,
    blocks=_no_existing_key,
)


def _holder_key(f: Finding) -> str:
    return f.use.sharing_key if f.use else ""


def _take_their_key(f: Finding) -> tuple[str, ...]:
    own = (_dedicated(f), _edit_pool(f))
    if not _could_share(f):
        return own
    return (
        "give it the holders' key (it then shares their address):",
        annotate(f.service, f.prefix + ALLOW_SHARED_IP, _holder_key(f)),
        "or " + own[0],
        own[1],
    )


MLB102 = AddressRule(
    code="MLB102",
    name="new-no-sharing-key",
    holds_when="the asking service has no allow-shared-ip value",
    summary=lambda f: (
        f"{_address(f)} is held by {f.held_by} under the key {_key(_holder_key(f))}, and {f.service} has no key"
    ),
    details=lambda f: (
        *((h, _with_key(_holder_key(f))) for h in f.holders),
        (f.service, "no sharing key"),
    ),
    remedy=_take_their_key,
    order=2,
    blocks=_no_new_key,
)


MLB103 = AddressRule(
    code="MLB103",
    name="sharing-key-mismatch",
    holds_when="both have a value, the values differ",
    summary=lambda f: (
        f"{_address(f)} is held by {f.held_by} under the key {_key(_holder_key(f))}, "
        f"and {f.service} asks with the key {_key(_own_key(f))}"
    ),
    details=lambda f: (
        *((h, _with_key(_holder_key(f))) for h in f.holders),
        (f.service, _with_key(_own_key(f))),
    ),
    remedy=_take_their_key,
    order=3,
    blocks=_keys_differ,
)


def _verb(names: str) -> str:
    return "are" if " and " in names else "is"


def _backend_why(f: Finding) -> str:
    theirs, own = (f.use.backend_key if f.use else ""), (f.claim.backend_key if f.claim else "")
    if theirs and own:
        return "but both are externalTrafficPolicy: Local and their selectors differ"
    local, cluster = (f.held_by, f.service) if theirs else (f.service, f.held_by)
    return f"but {local} {_verb(local)} externalTrafficPolicy: Local and {cluster} {_verb(cluster)} Cluster"


def _backend_rows(f: Finding) -> tuple[Row, ...]:
    theirs, own = (f.use.backend_key if f.use else ""), (f.claim.backend_key if f.claim else "")
    if theirs and own:
        return (*((h, theirs) for h in f.holders), (f.service, own))
    return (*((h, _policy(theirs)) for h in f.holders), (f.service, _policy(own)))


def _backend_remedy(f: Finding) -> tuple[str, ...]:
    theirs, own = (f.use.backend_key if f.use else ""), (f.claim.backend_key if f.claim else "")
    dedicated = (
        f"{_dedicated(f)}, as MetalLB's documentation advises for Local, and take its {ALLOW_SHARED_IP} key away"
    )
    seen = "pods then see nodes' addresses, not clients'"
    if not theirs:
        step = f"set {f.service} to externalTrafficPolicy: Cluster (its {seen}):"
        return (step, _to_cluster(f.service), "or " + dedicated)
    if len(f.holders) != 1:
        # The first of several Local holders to be edited would no longer fit the others, and lose the address.
        return (dedicated, _edit_pool(f))
    holder = next(iter(f.holders))
    both = f"{holder} and then {f.service}" if own else holder
    return (
        dedicated,
        _edit_pool(f),
        f"or set {both} to externalTrafficPolicy: Cluster, a change to somebody else's service (the {seen}):",
        _to_cluster(holder),
        *((_to_cluster(f.service),) if own else _wake(f)),
    )


def _to_cluster(service: str) -> str:
    namespace, _, name = service.partition("/")
    patch = quoted('{"spec":{"externalTrafficPolicy":"Cluster"}}')
    return f"kubectl -n {quoted(namespace)} patch service {quoted(name)} -p {patch}"


MLB104 = AddressRule(
    code="MLB104",
    name="backend-mismatch",
    holds_when=(
        "same value; externalTrafficPolicy: Local on either side and the pod selectors differ, "
        "or one side is Local and the other is Cluster"
    ),
    summary=lambda f: f"{_address(f)} is held by {f.held_by} under the same key {_key(_own_key(f))}, {_backend_why(f)}",
    details=_backend_rows,
    remedy=_backend_remedy,
    order=4,
    blocks=_backends_differ,
)


def _taken(f: Finding) -> str:
    port = f.error.port or (f.use.port_taken(f.claim.ports) if f.use and f.claim else None)
    return f"{port.protocol} {port.number}" if port else "a port"


def _taker(f: Finding) -> str:
    """The holder that has the port; all holders where the log does not tell which."""
    port = f.error.port or (f.use.port_taken(f.claim.ports) if f.use and f.claim else None)
    return next((h.service for h in f.use.holders if port in h.ports), f.held_by) if f.use else f.held_by


def _port_rows(f: Finding) -> tuple[Row, ...]:
    rows = [(h.service, _ports(h.ports)) for h in f.use.holders] if f.use else []
    own = [(f.service, _ports(f.claim.ports))] if f.claim else []
    return tuple(rows + own)


def _ports(ports: tuple[object, ...]) -> str:
    return listing(tuple(str(p).replace("/", " ") for p in ports), 8) or "no ports"


MLB105 = AddressRule(
    code="MLB105",
    name="port-conflict",
    holds_when="a protocol/port pair is taken on the address by another service",
    summary=lambda f: f"{_taken(f)} on {_address(f)} is taken by {_taker(f)}",
    details=_port_rows,
    remedy=lambda f: (
        f"give {f.service} another port than {_taken(f)}:",
        f"kubectl -n {quoted(f.namespace)} edit service {quoted(f.name)}",
        "or " + _dedicated(f),
        _edit_pool(f),
    ),
    order=5,
    blocks=_port_taken,
)
