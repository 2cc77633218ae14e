"""MLB100 to MLB105: why a service may not share an address.

The checks and their order: metallb v0.14.8 internal/allocator/allocator.go, checkSharing and sharingOK;
the same from v0.9.0 to v0.16.1.
"""

from __future__ import annotations

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import ALLOW_SHARED_IP, Claim
from loganalyzer.metallb.versions import V0_15
from loganalyzer.replay.state import AddressUse
from loganalyzer.rules.rule import AddressRule, Finding, Row, TextRule, annotate, listing, nudge


def _key(text: str) -> str:
    return f'"{text}"' if text else "no key"


def _policy(backend_key: str) -> str:
    return f"externalTrafficPolicy Local, selector {backend_key}" if backend_key else "externalTrafficPolicy Cluster"


def _wake(f: Finding) -> tuple[str, ...]:
    """Before 0.15 a change to a holder does not make MetalLB look at the waiting service again."""
    return (
        () if f.version >= V0_15 else ("then touch the waiting service, which MetalLB does not do by itself:", nudge(f))
    )


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
    return use is not None and use.port_taken(claim.ports) is not None


MLB100 = TextRule(
    code="MLB100",
    name="sharing-refused",
    holds_when="MetalLB refused to share an address and the log does not tell by which of MLB101 to MLB104",
    summary=lambda f: (
        f"MetalLB refused to let it share {_address(f)} with {f.held_by}; the log does not tell by which rule"
    ),
    remedy=lambda f: (
        f"compare the {f.prefix}{ALLOW_SHARED_IP} annotation, externalTrafficPolicy and selector of {f.service} "
        f"with those of {f.held_by}: all must be equal, and ports must differ",
    ),
    error_kinds=frozenset(),
)


def _existing_rows(f: Finding) -> tuple[Row, ...]:
    return (*((h, "no sharing key") for h in f.holders), (f.service, f"key {_key(_own_key(f))}"))


MLB101 = AddressRule(
    code="MLB101",
    name="existing-no-sharing-key",
    holds_when="a service on the address has no allow-shared-ip value",
    summary=lambda f: (
        f"{_address(f)} is held by {f.held_by}, which has no {ALLOW_SHARED_IP} key, so nobody may share it"
    ),
    details=_existing_rows,
    remedy=lambda f: (
        "give it an address of its own (add one to the pool), or let both share: the holder, which is "
        "somebody else's service, needs the same key",
        *(annotate(h, f.prefix + ALLOW_SHARED_IP, _own_key(f) or "shared") for h in list(f.holders)[:1]),
        *(() if _own_key(f) else (annotate(f.service, f.prefix + ALLOW_SHARED_IP, "shared"),)),
        *_wake(f),
    ),
    order=1,
    blocks=_no_existing_key,
)


def _holder_key(f: Finding) -> str:
    return f.use.sharing_key if f.use else ""


MLB102 = AddressRule(
    code="MLB102",
    name="new-no-sharing-key",
    holds_when="the asking service has no allow-shared-ip value",
    summary=lambda f: (
        f"{_address(f)} is held by {f.held_by} under the key {_key(_holder_key(f))}, and {f.service} has no key"
    ),
    details=lambda f: (
        *((h, f"key {_key(_holder_key(f))}") for h in f.holders),
        (f.service, "no sharing key"),
    ),
    remedy=lambda f: (
        "give it the holders' key (it then shares their address):",
        annotate(f.service, f.prefix + ALLOW_SHARED_IP, _holder_key(f) or "shared"),
    ),
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
        *((h, f"key {_key(_holder_key(f))}") for h in f.holders),
        (f.service, f"key {_key(_own_key(f))}"),
    ),
    remedy=lambda f: (
        "give it the holders' key (it then shares their address), or add an address to the pool:",
        annotate(f.service, f.prefix + ALLOW_SHARED_IP, _holder_key(f) or "shared"),
    ),
    order=3,
    blocks=_keys_differ,
)


def _backend_why(f: Finding) -> str:
    theirs, own = (f.use.backend_key if f.use else ""), (f.claim.backend_key if f.claim else "")
    if theirs and own:
        return "but both are externalTrafficPolicy: Local and their selectors differ"
    local, cluster = (f.held_by, f.service) if theirs else (f.service, f.held_by)
    return f"but {local} is externalTrafficPolicy: Local and {cluster} is Cluster"


def _backend_rows(f: Finding) -> tuple[Row, ...]:
    theirs, own = (f.use.backend_key if f.use else ""), (f.claim.backend_key if f.claim else "")
    if theirs and own:
        return (*((h, theirs) for h in f.holders), (f.service, own))
    return (*((h, _policy(theirs)) for h in f.holders), (f.service, _policy(own)))


def _backend_remedy(f: Finding) -> tuple[str, ...]:
    theirs, own = (f.use.backend_key if f.use else ""), (f.claim.backend_key if f.claim else "")
    dedicated = (
        f"give {f.service} an address of its own, as MetalLB's documentation advises for Local: add one to "
        f"{'the pool ' + f.pool if f.pool else 'a pool'} and take its {ALLOW_SHARED_IP} key away"
    )
    if not theirs:
        return (
            f"set {f.service} to externalTrafficPolicy: Cluster (its pods then see nodes' addresses, not clients'):",
            _to_cluster(f.service),
            "or " + dedicated,
        )
    both = " and ".join(listing(tuple(s), 3) for s in ((f.service,) if not own else (f.service, *f.holders),))
    if own:
        return (
            dedicated,
            f"or set {both} to externalTrafficPolicy: Cluster, the waiting one first (their pods then see "
            "nodes' addresses, not clients'; the holder edited before it would lose the address):",
            _to_cluster(f.service),
            *(_to_cluster(h) for h in list(f.holders)[:3]),
            *_wake(f),
        )
    return (
        dedicated,
        f"or set {f.held_by} to externalTrafficPolicy: Cluster (a change to somebody else's service):",
        *(_to_cluster(h) for h in list(f.holders)[:3]),
        *_wake(f),
    )


def _to_cluster(service: str) -> str:
    namespace, _, name = service.partition("/")
    return f'kubectl -n {namespace} patch service {name} -p \'{{"spec":{{"externalTrafficPolicy":"Cluster"}}}}\''


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
    summary=lambda f: f"{_taken(f)} on {_address(f)} is taken by {f.held_by}",
    details=_port_rows,
    remedy=lambda f: (
        f"give {f.service} another port than {_taken(f)}, or an address of its own: add one to "
        f"{'the pool ' + f.pool if f.pool else 'a pool'}",
        f"kubectl -n {f.namespace} edit service {f.name}",
    ),
    order=5,
    blocks=_port_taken,
)
