"""BGP sessions of one run of a speaker, in native mode as its lines tell them.

Source: metallb v0.14.8 internal/bgp/native/native.go, speaker/bgp_controller.go.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from msgspec import Struct, field

from loganalyzer.model.state import Place
from loganalyzer.parser import speaker_events as s

MOST_DROPS: Final = 64
"""Times at which a session went down that are kept: enough to call it flapping and to say how often."""


class SessionState(Struct):
    """One session. `up` is None while nothing tells; `dropped_at` are the latest times it went down."""

    peer: str
    local_asn: int | None
    peer_asn: int | None
    first: Place
    last: Place
    up: bool | None = None
    since: Place | None = None
    changes: int = 0
    refusals: int = 0
    reason: str = ""
    closing: bool = False
    dropped_at: deque[Place] = field(default_factory=lambda: deque(maxlen=MOST_DROPS))

    @property
    def address(self) -> str:
        """The peer's address without the port."""
        return without_port(self.peer)


_Key = tuple[str, int | None, int | None]


class Sessions:
    """The sessions of one run, by peer and AS numbers."""

    def __init__(self) -> None:
        self.mode: str | None = None
        self._known: dict[_Key, SessionState] = {}
        # How many peers there are at an address, as far as lines tell.
        self._peers: dict[str, int] = {}
        # Sessions whose peers were removed and of which one more line may come.
        self._removed: set[_Key] = set()

    def __iter__(self):  # type: ignore[no-untyped-def]  # noqa: ANN204
        return iter(self._known.values())

    @property
    def all_removed(self) -> bool:
        """Whether there were peers, and lines tell that each of them was removed."""
        return bool(self._peers) and not any(self._peers.values())

    def configured(self, what: s.PeerChanged, at: Place) -> None:
        """A peer was added (its address comes without the port), or removed with its session.

        Of several at one address the line does not tell which was removed.
        """
        alike, peers = self._at(what.peer), self._peers.get(what.peer, 0)
        self._peers[what.peer] = peers + 1 if what.added else max(0, peers - 1)
        if what.added:
            if not alike:
                self._known[what.peer, None, None] = SessionState(what.peer, None, None, at, at)
            return
        for key in alike:
            if peers > 1:
                self._doubt(self._known[key])
            else:
                del self._known[key]
                self._removed.add(key)

    def _at(self, address: str) -> list[_Key]:
        return [key for key, known in self._known.items() if known.address == address]

    def _doubt(self, state: SessionState) -> None:
        state.up, state.since, state.reason, state.closing = None, None, "", False
        state.dropped_at.clear()

    def changed(self, what: s.SessionChanged, at: Place) -> None:
        """A session's own line."""
        key = (what.peer, what.local_asn, what.peer_asn)
        removed = key in self._removed or self._peers.get(without_port(what.peer)) == 0
        self._removed.discard(key)
        if what.how != "up" and removed:
            # Its last attempt ends after the peer was removed (metallb v0.14.8 internal/bgp/native/native.go, connect).
            return
        state = self._session(what, at)
        state.last = at
        self.mode = "native"
        if what.how == "up":
            self._turn(state, at, up=True)
            state.closing = False
            state.reason = ""
        elif what.how == "down":
            if not state.closing:
                state.dropped_at.append(at)
            state.closing = False
            self._turn(state, at, up=False)
        elif what.how == "refused":
            state.refusals += 1
            state.reason = what.error
            self._turn(state, at, up=False)
        else:
            # `sessionDown` follows, but at error level it is not printed.
            state.closing = True
            state.reason = what.error
            state.dropped_at.append(at)

    def _turn(self, state: SessionState, at: Place, *, up: bool) -> None:
        if state.up is not up:
            state.changes += 1
            state.up, state.since = up, at

    def _session(self, what: s.SessionChanged, at: Place) -> SessionState:
        key = (what.peer, what.local_asn, what.peer_asn)
        found = self._known.get(key)
        if found is None:
            configured = self._known.pop((without_port(what.peer), None, None), None)
            first = configured.first if configured else at
            found = self._known[key] = SessionState(what.peer, what.local_asn, what.peer_asn, first, at)
            sessions = len(self._at(found.address))
            self._peers[found.address] = max(self._peers.get(found.address, 0), sessions)
        return found


def without_port(peer: str) -> str:
    """`192.0.2.1:179` and `[2001:db8::1]:179` without the port; an address or interface name as it is."""
    if peer.startswith("["):
        return peer[1:].partition("]")[0]
    return peer.partition(":")[0] if peer.count(":") == 1 else peer
