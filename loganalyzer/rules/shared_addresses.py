"""MLB605 and MLB606: shared addresses that work and are easily broken."""

from __future__ import annotations

from collections.abc import Callable

from loganalyzer.model.state import AddressUse
from loganalyzer.rules.rule import Finding, Rule, listing


class SharedAddressRule(Rule, frozen=True, eq=False, dict=True):
    """Advice on one address that several services hold: `finds` says what, empty where nothing."""

    finds: Callable[[AddressUse], str] = lambda _: ""


def _two_protocols(use: AddressUse) -> str:
    if len(use.holders) < 2:
        return ""
    protocols: dict[int, set[str]] = {}
    services: dict[int, set[str]] = {}
    for holder in use.holders:
        for port in holder.ports:
            protocols.setdefault(port.number, set()).add(port.protocol)
            services.setdefault(port.number, set()).add(holder.service)
    doubled = sorted(n for n, p in protocols.items() if len(p) > 1 and len(services[n]) > 1)
    if not doubled:
        return ""
    number = doubled[0]
    return (
        f"{listing(tuple(sorted(services[number])))} use port {number} on {' and '.join(sorted(protocols[number]))} "
        "of one address: allowed, and broken by the first edit that adds the other protocol"
    )


def _local(use: AddressUse) -> str:
    if len(use.holders) < 2 or not use.backend_key:
        return ""
    return (
        f"{listing(use.services)} share an address under externalTrafficPolicy: Local, "
        "which works only while their selectors stay identical; a dedicated address is safer"
    )


def _sentence(f: Finding) -> str:
    return f"{f.address}: {f.error.reason}"


MLB605 = SharedAddressRule(
    code="MLB605",
    name="one-port-two-protocols",
    holds_when="services sharing an address use one port number on several protocols",
    summary=_sentence,
    remedy=lambda f: ("keep the two protocols in one service, or give one of them its own address",),  # noqa: ARG005
    finds=_two_protocols,
)
MLB606 = SharedAddressRule(
    code="MLB606",
    name="local-policy-on-shared-address",
    holds_when="externalTrafficPolicy: Local on a shared address",
    summary=_sentence,
    remedy=lambda f: ("give each of them an address of its own, or set all of them to Cluster",),  # noqa: ARG005
    finds=_local,
)
