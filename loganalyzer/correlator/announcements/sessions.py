"""BGP sessions as they stood at the end of each speaker's log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loganalyzer.correlator.announcements.found import Session
from loganalyzer.correlator.announcements.times import seconds
from loganalyzer.metallb.advertisements import Advertising
from loganalyzer.model.speakers.life import Life
from loganalyzer.model.speakers.sessions import SessionState, without_port
from loganalyzer.model.state import Place

FLAPPING: Final = 3
"""Times down in the last hour from which a session is called flapping."""
_HOUR: Final = 3600.0


def sessions(life: Life, node: str | None) -> Iterator[Session]:
    """The sessions of one run of a speaker."""
    for state in life.sessions:
        yield _session(state, life, node)


def _session(state: SessionState, life: Life, node: str | None) -> Session:
    name = _name(state, life.advertising)
    recent = _recent(state, life.last)
    verdict = "unknown" if state.up is None else "up" if state.up else "down"
    if recent >= FLAPPING:
        verdict = "flapping"
    known = verdict in ("down", "flapping")
    return Session(
        peer=name or state.address,
        address=state.address,
        node=node,
        local_asn=state.local_asn,
        peer_asn=state.peer_asn,
        state=verdict,
        changes=state.changes,
        rule="MLB508" if known else None,
        reason=state.reason or None,
        first=state.first,
        last=state.last,
        since=state.since,
        drops=len(state.dropped_at),
        refusals=state.refusals,
        mode=life.sessions.mode,
    )


def _name(state: SessionState, advertising: Advertising | None) -> str | None:
    """The peer's name in the configuration, where just one peer is meant."""
    if advertising is None:
        return None
    port = state.peer.rpartition(":")[2] if without_port(state.peer) != state.peer else ""
    fits = [
        p.name
        for p in advertising.peers
        if p.address == state.address
        and (not port or p.port is None or str(p.port) == port)
        and (state.peer_asn is None or p.asn is None or p.asn == state.peer_asn)
    ]
    return fits[0] or None if len(fits) == 1 else None


def _recent(state: SessionState, end: Place) -> int:
    """How often it went down in the hour before the end of the log."""
    ended = seconds(end)
    if ended is None:
        return 0
    times = (seconds(p) for p in state.dropped_at)
    return sum(t is not None and ended - t <= _HOUR for t in times)
