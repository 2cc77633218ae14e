"""The texts that MetalLB's controller gives as `error` when a service gets no address, of all versions.

Sources: metallb v0.9.8 to v0.16.1 internal/allocator/allocator.go, internal/allocator/allocation.go,
internal/ipfamily/ipfamily.go, controller/service.go.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from loganalyzer.metallb.goquote import QUOTED, unquote
from loganalyzer.metallb.services import Port

if TYPE_CHECKING:
    from pyparsing import ParserElement, ParseResults

ErrorKind = Literal[
    "no-available-ips",
    "nil-address",
    "not-allowed",
    "unknown-pool",
    "pool-not-compatible",
    "sharing-refused",
    "port-in-use",
    "too-many-addresses",
    "same-family",
    "request-family-mismatch",
    "request-pool-mismatch",
    "invalid-request",
    "both-requests",
    "ip-family",
    "requires-dual-stack",
    "pools-empty",
    "no-cluster-ips",
    "not-synced",
    "wrong-family-assigned",
    "unrecognised",
]


class ErrorText(Struct, frozen=True):
    """What an error text says. What it doesn't say is empty.

    `addresses`: as printed; `holders`: the services that hold the address, sorted; `reason`: why sharing was
    refused (only 0.10 and 0.11 tell), or the field and value of an invalid request.
    """

    kind: ErrorKind
    pool: str = ""
    family: str = ""
    addresses: tuple[str, ...] = ()
    service: str = ""
    holders: tuple[str, ...] = ()
    reason: str = ""
    port: Port | None = None


_FIXED: Final = {
    "no available IPs": ErrorText("no-available-ips"),
    '["<nil>"] is not allowed in config': ErrorText("nil-address", addresses=("<nil>",)),
    "controller not synced": ErrorText("not-synced"),
    "pools are empty": ErrorText("pools-empty"),
    "No ClusterIP": ErrorText("no-cluster-ips"),
    "No ClusterIPs": ErrorText("no-cluster-ips"),
    "requires dual stack but clusterips are not dual stack": ErrorText("requires-dual-stack"),
}
_COMMON: Final[tuple[tuple[ErrorKind, str], ...]] = (
    ("no-available-ips", r'no available IPs in pool "(?P<pool>[-.\w]+)"(?: for (?P<family>ipv4|ipv6|dual) IPFamily)?'),
    ("unknown-pool", r'unknown pool "(?P<pool>[-.\w]+)"'),
    ("not-allowed", r'\["(?P<address>[0-9a-f.:]+)"\] is not allowed in config'),
    (
        "sharing-refused",
        r"can't change sharing key for \"(?P<service>[-./\w]+)\", address also in use by (?P<holders>[-.,/\w]+)",
    ),
)
"""Whole texts that most logs have; they are templates of the grammar too, which takes longer to import than to use."""

_UNRECOGNISED: Final = ErrorText("unrecognised")
_SHARING_REASON: Final = r": (?=(?:existing service|new service|sharing key|backend key|services can't) )"
_HOLDERS: Final = rf"(?s:(?:(?!{_SHARING_REASON}).)*+)"
_SHARES: Final = "can't change sharing key for "
_SHARING: Final = rf"{_SHARES}{QUOTED}, address also in use by (?P<holders>{_HOLDERS})"


@lru_cache(maxsize=8192)
def parse_error(text: str) -> ErrorText:
    """Read an error text; its kind is `unrecognised` where it fits no template. Never raises."""
    fixed = _FIXED.get(text)
    if fixed is not None:
        return fixed
    return _common(text) or _by_grammar(text)


def _common(text: str) -> ErrorText | None:
    """Read a text of a common form; None for any other."""
    for kind, form in _COMMON:
        found = re.fullmatch(form, text, re.ASCII)
        if found is not None:
            told = found.groupdict("")
            return ErrorText(
                kind,
                pool=told.get("pool", ""),
                family=told.get("family", ""),
                addresses=(told["address"],) if "address" in told else (),
                service=told.get("service", ""),
                holders=tuple(sorted(told["holders"].split(","))) if "holders" in told else (),
            )
    return None


def _by_grammar(text: str) -> ErrorText:
    """Read a text of any form."""
    from pyparsing import ParseBaseException

    try:
        found: ErrorText = _grammar().parse_string(text, parse_all=True)[0]
    except ParseBaseException:
        return _UNRECOGNISED
    return found


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Put the holders that a text lists in order; MetalLB lists them in any."""
    # Patterns are compiled for a text that may have a list only.
    sharing = re.search(_SHARING, text) if _SHARES in text else None
    if sharing is None:
        return text
    start, end = sharing.span("holders")
    return f"{text[:start]}{','.join(sorted(sharing['holders'].split(',')))}{text[end:]}"


@lru_cache(maxsize=1)
def _grammar() -> ParserElement:
    """Build the grammar: one alternative for each template."""
    from pyparsing import MatchFirst

    return MatchFirst([*_pool_errors(), *_address_errors(), *_request_errors()]).parse_with_tabs()


def _pool_errors() -> list[ParserElement]:
    """Build the templates about pools; whether they quote the name differs by version."""
    from pyparsing import Opt

    pool, bare_pool = _quoted("pool"), '(?![" ])(?s:.+)'
    family = _token("ipv4|ipv6|dual|unknown")("family")
    for_family = _text(" for ") + family + _text(" IPFamily")
    exhausted, refusal = _text("no available IPs in pool "), " not compatible for ip assignment"
    return [
        _template("no-available-ips", exhausted + pool + Opt(for_family)),
        _template(
            "no-available-ips",
            exhausted + _token(rf"{bare_pool}(?= for \S+ IPFamily\Z)")("pool") + for_family,
        ),
        _template("no-available-ips", exhausted + _token(bare_pool)("pool")),
        _template("no-available-ips", _text("no suitable pool") + for_family),
        _template("unknown-pool", _text("unknown pool ") + pool),
        _template("pool-not-compatible", _text("pool ") + _token(rf"(?s:.+)(?={refusal})")("pool") + _text(refusal)),
    ]


def _address_errors() -> list[ParserElement]:
    """Build the templates about one address or two, and who holds them."""
    from pyparsing import Opt

    service = _text("can't change sharing key for ") + _quoted("service") + _text(", address also in use by ")
    reason = Opt(_text(": services can't share key") | _text(": ") + _token(r"(?s:.+)")("reason"))
    port = _token(r"[A-Za-z]{1,20}")("protocol") + _text("/") + _token(r"[0-9]{1,5}")("port")
    wrong = _text("IP for wrong family assigned ")
    family = _token(r"\S+")("family")
    return [
        _template("not-allowed", _addresses(_IP) + _text(" is not allowed in config")),
        _template("sharing-refused", service + _token(_HOLDERS)("holders") + reason),
        _template("port-in-use", _text("port ") + port + _text(" is already in use on ") + _addresses()),
        _template("too-many-addresses", _token("[Mm]ore than two addresses ") + _addresses()),
        _template(
            "same-family",
            _quoted("addresses*") + _text(" ") + _quoted("addresses*") + _text(" has the same family"),
        ),
        _template(
            "wrong-family-assigned",
            wrong + _token(r"alloc \S+")("reason") + _text(" service family ") + family,
        ),
        _template("wrong-family-assigned", wrong + _token(r"\S+")("addresses*")),
        _template("wrong-family-assigned", _text("unknown allocated IP Family ") + family),
    ]


def _request_errors() -> list[ParserElement]:
    """Build the templates about what a service asks for, and about its cluster IPs."""
    requested = _text("requested loadBalancer IP(s) ") + _addresses()
    mismatch = _text(" does not match the ipFamily of the service")
    clashing = requested + _text(" is not compatible with requested address pool ")
    fault = _token(r"Invalid address|same address family|invalid ips length [0-9]+")("reason")
    cluster_ips = _text("Service requires dual stack but not enough clusterips [") + _token(r"[^][]*")
    annotation = r"[^\s/]+/loadBalancerIPs"
    return [
        _template("request-family-mismatch", requested + mismatch),
        _template("request-family-mismatch", _text("requested spec.loadBalancerIP ") + _addresses() + mismatch),
        _template("request-pool-mismatch", clashing + _token(r"(?s:.+)")("pool")),
        _template(
            "invalid-request",
            _text("invalid ") + _token(rf"(?:spec\.loadBalancerIP|{annotation}:) {QUOTED}")("reason"),
        ),
        _template(
            "both-requests",
            _text("service can not have both ") + _token(annotation)("reason") + _text(" and svc.Spec.LoadBalancerIP"),
        ),
        _template("ip-family", _text("IPFamilyForAddresses: ") + fault + _text(" ") + _addresses()),
        _template(
            "ip-family",
            _token(r"invalid ClusterIPs? (?s:.+)(?=, can't determine family\Z)")("reason")
            + _text(", can't determine family"),
        ),
        _template("requires-dual-stack", cluster_ips + _text("]")),
    ]


def _template(kind: ErrorKind, body: ParserElement) -> ParserElement:
    """Build the alternative of one kind; it must fit the whole text."""
    from pyparsing import StringEnd

    def made(found: ParseResults) -> ErrorText:
        addresses = tuple(found.addresses)
        return ErrorText(
            kind="nil-address" if kind == "not-allowed" and "<nil>" in addresses else kind,
            pool=found.pool,
            family=found.family,
            addresses=addresses,
            service=found.service,
            holders=tuple(sorted(found.holders.split(","))) if found.holders else (),
            reason=found.reason,
            port=Port(found.protocol, int(found.port)) if found.port else None,
        )

    return (body + StringEnd().leave_whitespace()).set_parse_action(made)


def _text(text: str) -> ParserElement:
    """Build a token of fixed text."""
    from pyparsing import Literal, Suppress

    return Suppress(Literal(text).leave_whitespace())


def _token(pattern: str | re.Pattern[str]) -> ParserElement:
    """Build a token of a pattern, before which no space is skipped."""
    from pyparsing import Regex

    return Regex(pattern).leave_whitespace()


def _quoted(name: str, pattern: str = QUOTED) -> ParserElement:
    """Build a string in Go's quotes."""
    return _token(pattern).set_parse_action(lambda found: unquote(found[0]))(name)


_IP: Final = r'"(?:[0-9A-Fa-f.:]*|<nil>|\?[0-9a-f]*)"'
"""As Go's net.IP prints itself: anything else was altered on its way, and is no address that a service asked for."""


def _addresses(quoted: str = QUOTED) -> ParserElement:
    """Build a quoted address, or a list of them in brackets (from 0.12 on)."""
    from pyparsing import DelimitedList, Opt

    several = Opt(DelimitedList(_quoted("addresses*", quoted), delim=_text(" ")))
    return _text("[") + several + _text("]") | _quoted("addresses*", quoted)
