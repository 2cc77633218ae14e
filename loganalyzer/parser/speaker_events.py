"""What speakers' lines mean: one immutable class for each kind of event.

Texts and versions: metallb v0.9.8 to v0.16.1 speaker/main.go, speaker/layer2_controller.go,
speaker/bgp_controller.go, internal/layer2, internal/speakerlist, internal/bgp/native.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from loganalyzer.metallb.endpoints import EndpointSlice
from loganalyzer.parser.events import SpeakerLine, What


@dataclass(frozen=True, slots=True)
class Bulky(SpeakerLine):
    """Events that hold much and come once each: their meaning is not kept."""


@dataclass(frozen=True, slots=True)
class Chatter(SpeakerLine):
    """Lines that repeat by the million and say something only the first time: later ones give no event."""


# A pass over one service.


@dataclass(frozen=True, slots=True)
class Announcing(SpeakerLine):
    """`service has IP, announcing`; `protocol` is `layer2` or `bgp`. Repeated on every pass."""

    protocol: str
    addresses: tuple[str, ...]
    pool: str


@dataclass(frozen=True, slots=True)
class Withdrawing(SpeakerLine):
    """`withdrawing service announcement`: the last protocol ended. No addresses up to 0.13.9."""

    protocol: str
    addresses: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class NoActiveEndpoints(SpeakerLine):
    """Layer 2: no usable endpoint anywhere; checked before anything else, whatever advertises the pool."""

    addresses: tuple[str, ...]
    pool: str


@dataclass(frozen=True, slots=True)
class Candidates(SpeakerLine):
    """Layer 2, 0.13.10 and later: the nodes among which the election is."""

    nodes: tuple[str, ...]
    addresses: tuple[str, ...]
    pool: str


@dataclass(frozen=True, slots=True)
class Skipping(SpeakerLine):
    """`skipping should announce`; for layer 2 some reasons are about any candidate's node."""

    protocol: str
    reason: str
    addresses: tuple[str, ...]
    pool: str


@dataclass(frozen=True, slots=True)
class InterfacesMissing(SpeakerLine):
    """The node won and has none of the interfaces that the advertisement names (0.13.6 and later)."""

    interfaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdvertisementsConflict(SpeakerLine):
    """0.16 and later: BGP advertisements of the pool contradict each other for this service."""

    error: str


@dataclass(frozen=True, slots=True)
class BalancerRefused(SpeakerLine):
    """`op: setBalancer` with an error; `protocol` empty where it came before any."""

    error: str
    protocol: str
    addresses: tuple[str, ...]


# The process and its node.


@dataclass(frozen=True, slots=True)
class ShutdownStarted(SpeakerLine):
    """The speaker was told to end: what it says afterwards is not how things stood."""


@dataclass(frozen=True, slots=True)
class NodeLabelsChanged(SpeakerLine):
    """About the speaker's own node: also at its first sight."""


@dataclass(frozen=True, slots=True)
class DiscoveryTriggered(SpeakerLine):
    """The member list is looked up anew, from 0.13.10 on because the speaker's own node was seen."""


@dataclass(frozen=True, slots=True)
class MemberSeen(SpeakerLine):
    """A speaker joined, left or changed, as memberlist tells."""

    node: str
    how: str


@dataclass(frozen=True, slots=True)
class InterfaceSeen(SpeakerLine):
    """An ARP or NDP responder was created on an interface, or deleted from it."""

    interface: str
    created: bool


@dataclass(frozen=True, slots=True)
class AddressAnswered(Chatter):
    """A request for an address was answered. `own`: the echo of the node's own gratuitous one."""

    address: str
    own: bool


# BGP sessions.


@dataclass(frozen=True, slots=True)
class PeerChanged(SpeakerLine):
    """A peer was configured for this node, or is no more."""

    peer: str
    added: bool


@dataclass(frozen=True, slots=True)
class SessionChanged(SpeakerLine):
    """Native mode: `how` is `up`, `down`, `refused` (no connection came about) or `closed` (by the peer)."""

    how: str
    peer: str
    local_asn: int | None
    peer_asn: int | None
    error: str


@dataclass(frozen=True, slots=True)
class ModeSeen(SpeakerLine):
    """BGP is FRR's: `frr` or `frr-k8s`; sessions are then not in MetalLB's log."""

    mode: str


# Dumps.


@dataclass(frozen=True, slots=True)
class EndpointsSeen(Bulky):
    """An EndpointSlice changed: on an update the old one is printed too, before the new one."""

    slice: EndpointSlice


@dataclass(frozen=True, slots=True)
class AdvertisementsRendered(Bulky):
    """A speaker's parsed configuration, not yet in force: the text of the dump."""

    text: str


@dataclass(frozen=True, slots=True)
class AdvertisementsUnchanged(SpeakerLine):
    """The configuration that was rendered last is the one in force."""


PASS_LINES: Final[frozenset[type[What]]] = frozenset(
    {
        Announcing,
        Withdrawing,
        NoActiveEndpoints,
        Candidates,
        Skipping,
        InterfacesMissing,
        AdvertisementsConflict,
        BalancerRefused,
    }
)
"""What a speaker says of the service whose pass it is in."""
