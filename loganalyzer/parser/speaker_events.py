"""What speakers' lines mean: one immutable class for each kind of event.

Texts and versions: metallb v0.9.8 to v0.16.1 speaker/main.go, speaker/layer2_controller.go,
speaker/bgp_controller.go, internal/layer2, internal/speakerlist, internal/bgp/native.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from loganalyzer.parser.events import SpeakerLine

if TYPE_CHECKING:
    from loganalyzer.metallb.endpoints import EndpointSlice

# A pass over one service.


class Announcing(Struct, frozen=True):
    """`service has IP, announcing`; `protocol` is `layer2` or `bgp`. Repeated on every pass."""

    protocol: str
    addresses: tuple[str, ...]
    pool: str


class Withdrawing(Struct, frozen=True):
    """`withdrawing service announcement`: the last protocol ended. No addresses up to 0.13.9.

    `coming` are those that the service has now, where the line has both.
    """

    protocol: str
    addresses: tuple[str, ...]
    reason: str
    coming: tuple[str, ...] = ()


class NoActiveEndpoints(Struct, frozen=True):
    """Layer 2: no usable endpoint anywhere; checked before anything else, whatever advertises the pool."""

    addresses: tuple[str, ...]
    pool: str


class Candidates(Struct, frozen=True):
    """Layer 2, 0.13.10 and later: the nodes among which the election is."""

    nodes: tuple[str, ...]
    addresses: tuple[str, ...]
    pool: str


class Skipping(Struct, frozen=True):
    """`skipping should announce`; for layer 2 some reasons are about any candidate's node."""

    protocol: str
    reason: str
    addresses: tuple[str, ...]
    pool: str


class InterfacesMissing(Struct, frozen=True):
    """The node won and has none of the interfaces that the advertisement names (0.13.6 and later)."""

    interfaces: tuple[str, ...]


class AdvertisementsConflict(Struct, frozen=True):
    """0.16 and later: BGP advertisements of the pool contradict each other for this service."""

    error: str


class BalancerRefused(Struct, frozen=True):
    """`op: setBalancer` with an error; `protocol` empty where it came before any."""

    error: str
    protocol: str
    addresses: tuple[str, ...]


# The process and its node.


class ShutdownStarted(Struct, frozen=True):
    """The speaker was told to end: what it says afterwards is not how things stood."""


class NodeLabelsChanged(Struct, frozen=True):
    """About the speaker's own node: also at its first sight."""


class DiscoveryTriggered(Struct, frozen=True):
    """The member list is looked up anew, from 0.13.10 on because the speaker's own node was seen."""


class NodeTurned(Struct, frozen=True):
    """A node's network or its exclude label changed, up to 0.14.8 also from nothing at its first sight."""


class MemberSeen(Struct, frozen=True):
    """A speaker joined, left or changed, as memberlist tells."""

    node: str
    how: str


class InterfaceSeen(Struct, frozen=True):
    """An ARP or NDP responder was created on an interface, or deleted from it."""

    interface: str
    created: bool


class AddressAnswered(Struct, frozen=True):
    """A request for an address was answered. `own`: the echo of the node's own gratuitous one."""

    address: str
    own: bool


# BGP sessions.


class PeerChanged(Struct, frozen=True):
    """A peer was configured for this node, or is no more."""

    peer: str
    added: bool


class SessionChanged(Struct, frozen=True):
    """Native mode: `how` is `up`, `down`, `refused` (no connection came about) or `closed` (by the peer)."""

    how: str
    peer: str
    local_asn: int | None
    peer_asn: int | None
    error: str


class ModeSeen(Struct, frozen=True):
    """BGP is FRR's: `frr` or `frr-k8s`; sessions are then not in MetalLB's log."""

    mode: str


# Dumps.


class EndpointsSeen(Struct, frozen=True):
    """An EndpointSlice changed: on an update the old one is printed too, before the new one."""

    slice: EndpointSlice


class AdvertisementsRendered(Struct, frozen=True):
    """A speaker's parsed configuration, not yet in force: the text of the dump."""

    text: str


class AdvertisementsUnchanged(Struct, frozen=True):
    """The configuration that was rendered last is the one in force."""


PASS_LINES: Final[frozenset[type]] = frozenset(
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

BULKY: Final[frozenset[type]] = frozenset({EndpointsSeen, AdvertisementsRendered})
"""Events that hold much and come once each: their meaning is not kept."""

CHATTER: Final[frozenset[type]] = frozenset({AddressAnswered})
"""Lines that repeat by the million and say something only the first time: later ones give no event."""

SPEAKER_LINES: Final[frozenset[type]] = frozenset(
    {
        SpeakerLine,
        *PASS_LINES,
        *BULKY,
        *CHATTER,
        ShutdownStarted,
        NodeLabelsChanged,
        DiscoveryTriggered,
        NodeTurned,
        MemberSeen,
        InterfaceSeen,
        PeerChanged,
        SessionChanged,
        ModeSeen,
        AdvertisementsUnchanged,
    }
)
"""Everything that only a speaker says."""
