"""A speaker's record's meaning: a table from what a line says to the event that it is.

Texts: metallb v0.9.8 to v0.16.1 speaker/main.go, speaker/layer2_controller.go, speaker/bgp_controller.go,
internal/layer2, internal/speakerlist/speakerlist.go, internal/bgp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from loganalyzer.parser import speaker_events as s
from loganalyzer.parser.events import SpeakerLine, What

Fields = Mapping[str, Any]

_TELLING: Final = frozenset({"event", "op", "epslice", "rendered config", "node event", "component", "msg"})
"""Fields that may show a speaker."""


def speaker_line(fields: Fields, dumps: Mapping[str, object]) -> What | None:
    """The event of a go-kit line that only a speaker writes; None for any other line."""
    if _TELLING.isdisjoint(fields):
        return None
    for key, table in (("event", EVENTS), ("op", OPERATIONS)):
        value = fields.get(key)
        if isinstance(value, str) and value in table:
            found = table[value](fields)
            if found is not None:
                return found
    if "epslice" in dumps:
        from loganalyzer.metallb.endpoints import EndpointSlice

        seen = dumps["epslice"]
        return s.EndpointsSeen(seen) if isinstance(seen, EndpointSlice) else SpeakerLine()
    if fields.get("controller") == "ConfigReconciler" and isinstance(dumps.get("rendered config"), str):
        return s.AdvertisementsRendered(str(dumps["rendered config"]))
    if "node event" in fields:
        return s.MemberSeen(_text(fields, "node name"), _text(fields, "node event"))
    if fields.get("component") == "frrk8s":
        return s.ModeSeen("frr-k8s")
    message = _text(fields, "msg")
    if message.startswith(("got ARP request", "got NDP request")):
        address = _text(fields, "ip")
        return s.AddressAnswered(address, _text(fields, "senderIP") == address)
    return SpeakerLine() if "ARP" in message or "NDP" in message else None


def _announcing(fields: Fields) -> What:
    return s.Announcing(_text(fields, "protocol"), _addresses(fields), _text(fields, "pool"))


def _withdrawing(fields: Fields) -> What:
    # metallb v0.14.8 speaker/main.go, deleteBalancerProtocol: `ip` is what it had, `ips` what it has now.
    had, has = _list(fields.get("ip")), _list(fields.get("ips"))
    return s.Withdrawing(_text(fields, "protocol"), had or has, _text(fields, "reason"), has if had else ())


def _should(fields: Fields) -> What:
    addresses, pool = _addresses(fields), _text(fields, "pool")
    if "nodes" in fields:
        from loganalyzer.metallb.election import in_order

        return s.Candidates(in_order(_list(fields["nodes"])), addresses, pool)
    return s.NoActiveEndpoints(addresses, pool)


def _skipping(protocol: str) -> Callable[[Fields], What]:
    return lambda f: s.Skipping(protocol, _text(f, "reason"), _addresses(f), _text(f, "pool"))


def _interface(fields: Fields) -> What:
    created = _text(fields, "event").startswith("create")
    return s.InterfaceSeen(_text(fields, "interface"), created)


def _peer(fields: Fields) -> What:
    if _text(fields, "msg").endswith("BGP session closed"):
        # At debug level once more, when it is done (metallb v0.14.8 speaker/bgp_controller.go).
        return SpeakerLine()
    return s.PeerChanged(_text(fields, "peer"), fields["event"] == "peerAdded")


def _session(how: str) -> Callable[[Fields], What]:
    return lambda f: s.SessionChanged(
        how, _text(f, "peer"), _number(f.get("localASN")), _number(f.get("peerASN")), _text(f, "error")
    )


def _unchanged(fields: Fields) -> What | None:
    return s.AdvertisementsUnchanged() if fields.get("controller") == "ConfigReconciler" else None


def _turned(fields: Fields) -> What | None:
    return s.NodeTurned() if fields.get("controller") == "NodeReconciler" else None


EVENTS: Final[Mapping[str, Callable[[Fields], What | None]]] = {
    "serviceAnnounced": _announcing,
    "serviceWithdrawn": _withdrawing,
    "shouldannounce": _should,
    "skipping should announce l2": _skipping("layer2"),
    "skipping should announce bgp": _skipping("bgp"),
    "conflictingAdvertisements": lambda f: s.AdvertisementsConflict(_text(f, "error")),
    "force service reload": _turned,
    "nodeLabelsChanged": lambda _: s.NodeLabelsChanged(),
    "peerAdded": _peer,
    "peerRemoved": _peer,
    "sessionUp": _session("up"),
    "sessionDown": _session("down"),
    "peerNotification": _session("closed"),
    "createARPResponder": _interface,
    "createNDPResponder": _interface,
    "deleteARPResponder": _interface,
    "deleteNDPResponder": _interface,
    "configuration did not change, ignoring": _unchanged,
    "updatedAdvertisements": lambda _: SpeakerLine(),
}
"""By `event`: an event is one entry."""


def _refused(fields: Fields) -> What:
    return s.BalancerRefused(_text(fields, "error"), _text(fields, "protocol"), _addresses(fields))


def _interfaces(fields: Fields) -> What | None:
    if "specified interfaces" not in _text(fields, "msg"):
        return None
    return s.InterfacesMissing(_list(fields.get("localIfs")))


def _discovery(fields: Fields) -> What:
    return s.DiscoveryTriggered() if _text(fields, "msg") == "triggering discovery" else SpeakerLine()


OPERATIONS: Final[Mapping[str, Callable[[Fields], What | None]]] = {
    "setBalancer": _refused,
    "SetBalancer": _interfaces,
    "connect": _session("refused"),
    "shutdown": lambda _: s.ShutdownStarted(),
    "memberDiscovery": _discovery,
    "Member detection": lambda _: SpeakerLine(),
    "gratuitousAnnounce": lambda _: SpeakerLine(),
    "arpRequestIgnore": lambda _: SpeakerLine(),
    "ndpRequestIgnore": lambda _: SpeakerLine(),
    "reload": lambda _: s.ModeSeen("frr"),
    "reload-validate": lambda _: s.ModeSeen("frr"),
}
"""By `op`: an operation is one entry."""


def _addresses(fields: Fields) -> tuple[str, ...]:
    # A string up to 0.11, an array from 0.12 on.
    return _list(fields.get("ips")) or _list(fields.get("ip"))


def _list(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _text(fields: Fields, key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
