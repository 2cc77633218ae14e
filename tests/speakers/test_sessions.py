"""BGP sessions at the end of a speaker's log."""

from typing import Any

import pytest

from loganalyzer.model.speakers.sessions import without_port
from tests.speakers.building import diagnosis, gokit, info_pass, own_node, started

HEAD = [started(), *own_node("node-1")]
PEER: dict[str, Any] = {"peer": "192.0.2.254:179", "localASN": 64501, "peerASN": 64500}


def up(second: int) -> str:
    """The session came up."""
    return gokit(second, event="sessionUp", msg="BGP session established", **PEER)


def down(second: int) -> list[str]:
    """The router closed the session."""
    return [
        gokit(second, "error", event="peerNotification", error="got BGP notification code 0x0602", msg="x", **PEER),
        gokit(second, "warn", event="sessionDown", msg="BGP session down", **PEER),
    ]


def refused(second: int) -> str:
    """No session came about."""
    return gokit(second, "error", op="connect", error="connection refused", msg="failed to connect to peer", **PEER)


ADDED = gokit(event="peerAdded", peer="192.0.2.254", msg="peer configured, starting BGP session")
REMOVED = gokit(event="peerRemoved", peer="192.0.2.254", reason="removedFromConfig", msg="peer deconfigured")
HOUR_LATER = info_pass(second=2 * 3600 - 1)
FLAPS = [line for s in (1, 2, 3) for line in (up(s), *down(s))]

CASES = {
    "up": ([ADDED, up(1)], "up", 1, None),
    "down": ([ADDED, up(1), *down(2)], "down", 2, "got BGP notification code 0x0602"),
    "refused from the beginning": ([ADDED, refused(1), refused(3)], "down", 1, "connection refused"),
    "up again": ([up(1), *down(2), refused(3), up(4)], "up", 3, None),
    "flapping, up in the end": ([*FLAPS, up(9)], "flapping", 7, None),
    "flapping, down in the end": (FLAPS, "flapping", 6, "got BGP notification code 0x0602"),
    "its flapping is long past": ([*FLAPS, up(9), *HOUR_LATER], "up", 7, None),
    "configured, and nothing more is told": ([ADDED], "unknown", 0, None),
    "what comes after the shutdown does not count": (
        [up(1), gokit(op="shutdown", msg="starting shutdown"), *down(2)], "up", 1, None,
    ),
    "error level: only the router's words": (
        [line for s in (1, 2, 3) for line in down(s)[:1]], "flapping", 0, "got BGP notification code 0x0602",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "state", "changes", "reason"), CASES.values(), ids=CASES)
def test_state_at_the_end(lines: list[str], state: str, changes: int, reason: str | None) -> None:
    """A session is up, down, flapping or unknown, and what is not up has MLB508."""
    (session,) = diagnosis([*HEAD, *lines]).announcements.sessions
    assert (session.state, session.changes, session.reason) == (state, changes, reason)
    assert session.rule == ("MLB508" if state in ("down", "flapping") else None)
    assert (session.peer, session.address, session.node) == ("192.0.2.254", "192.0.2.254", "node-1")


def test_session_of_a_removed_peer_is_gone() -> None:
    """A peer that is configured no more has no session that could be down."""
    assert diagnosis([*HEAD, ADDED, up(1), *down(2), REMOVED]).announcements.sessions == ()


def test_each_port_is_a_session() -> None:
    """Two peers on one address are two sessions."""
    other = gokit(event="sessionUp", msg="x", peer="192.0.2.254:1179", localASN=64501, peerASN=64499)
    assert len(diagnosis([*HEAD, ADDED, up(1), other]).announcements.sessions) == 2


def test_frr_tells_nothing_of_sessions() -> None:
    """In FRR mode a configured peer is all that MetalLB's log has."""
    (session,) = diagnosis(
        [*HEAD, ADDED, gokit(op="reload-validate", success="reloaded config")]
    ).announcements.sessions
    assert (session.state, session.mode, session.rule) == ("unknown", "frr", None)


CLOSED = gokit(level="debug", event="peerRemoved", peer="192.0.2.254", msg="peer deconfigured, BGP session closed")
OTHER = up(2).replace("64501", "64777")
REMOVALS = {
    "its last attempt fails later": ([ADDED, refused(1), REMOVED, refused(9)], []),
    "at debug level it is told twice": ([ADDED, up(1), REMOVED, CLOSED, refused(9)], []),
    "configured again": ([ADDED, up(1), REMOVED, ADDED, refused(9), refused(12)], ["down"]),
    "edited": ([ADDED, refused(1), REMOVED, ADDED, up(8).replace("64501", "64777"), refused(9)], ["up"]),
    "one of two at its address": ([ADDED, ADDED, up(1), OTHER, REMOVED, CLOSED], ["unknown", "unknown"]),
    "one of two, and the other goes on": ([ADDED, ADDED, up(1), OTHER, REMOVED, up(9)], ["up", "unknown"]),
    "one of two, of which one was not told to be added": ([ADDED, up(1), OTHER, REMOVED], ["unknown", "unknown"]),
    "both at its address": ([ADDED, ADDED, up(1), OTHER, REMOVED, REMOVED], []),
    "one of two, in a log that begins late": ([up(1), OTHER, REMOVED], ["unknown", "unknown"]),
}


@pytest.mark.parametrize(("lines", "states"), REMOVALS.values(), ids=REMOVALS)
def test_removed_peer(lines: list[str], states: list[str]) -> None:
    """A removed peer has no session; of several at one address it is not known whose it was."""
    assert [s.state for s in diagnosis([*HEAD, *lines]).announcements.sessions] == states


PEERS = {
    "192.0.2.1:179": "192.0.2.1",
    "[2001:db8::1]:179": "2001:db8::1",
    "192.0.2.1": "192.0.2.1",
    "2001:db8::1": "2001:db8::1",
    "eth0": "eth0",
    "": "",
}


@pytest.mark.parametrize(("peer", "address"), PEERS.items())
def test_address_of_a_peer(peer: str, address: str) -> None:
    """A peer's address is told from its port in every form; from 0.15 on there is none."""
    assert without_port(peer) == address
