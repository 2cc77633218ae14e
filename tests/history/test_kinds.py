"""Why intervals ended and what made room: one real log for each kind."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.history.spans import ENDS, REMOVALS
from loganalyzer.history.unused import unused
from loganalyzer.metallb.pools import Pool
from loganalyzer.pipeline import history
from tests.building import span
from tests.history.samples import history_of
from tests.parser.lines import line, v12
from tests.samples import FIXTURES, RULES

EDITS = FIXTURES / "history" / "edit_breaks_sharing-v0.15.3.log"
RESHAPED = FIXTURES / "history" / "random-102-v0.14.8.log"
OSCILLATING = FIXTURES / "history" / "fit-2008-v0.15.3.log"
NOT_OURS = RULES / "MLB307/positive-0.14.8-not_ours.log"

ENDINGS = [
    pytest.param(RESHAPED, "default/proxy-0", 89, "deleted", "", id="deleted"),
    pytest.param(RESHAPED, "default/sip", 134, "edited", "", id="edited: Local instead of Cluster"),
    pytest.param(RESHAPED, "default/sip", 151, "reconfigured", "", id="reconfigured: the pool shrank"),
    pytest.param(RESHAPED, "default/cart-1", 213, "restarted", "", id="restarted"),
    pytest.param(RESHAPED, "default/dns-6", 417, "held", "", id="held"),
    pytest.param(NOT_OURS, "default/web", 71, "not-load-balancer", "", id="not-load-balancer"),
    pytest.param(OSCILLATING, "ops/ntp-3", 194, "dropped", "", id="dropped: its status was of another family"),
    pytest.param(OSCILLATING, "ops/ntp-3", 208, "moved", "", id="moved"),
    pytest.param(
        EDITS,
        "default/dns-udp",
        162,
        "cleared",
        'can\'t change sharing key for "default/dns-udp", address also in use by default/dns-tcp',
        id="cleared, with the reason",
    ),
]


@pytest.mark.parametrize(("path", "service", "at", "why", "reason"), ENDINGS)
def test_why_an_interval_ended(path: Path, service: str, at: int, why: str, reason: str) -> None:
    """An interval of this service ended on this line, for this reason."""
    found = [(s.why, s.reason) for s in history_of(path)[1].spans if (s.service, s.until.line) == (service, at)]
    assert set(found) == {(why, reason)}


def test_every_ending_has_its_log() -> None:
    """Each kind that a log without losses can show is in the table above."""
    assert {case.values[3] for case in ENDINGS} == ENDS.keys() - {"displaced"}


MADE_ROOM = [
    pytest.param(
        FIXTURES / "controllers/exhausted-v0.12.1.log",
        *("default/three", "holder-deleted", "default/one", 29),
        id="holder-deleted, without pools in the log",
    ),
    pytest.param(
        RULES / "MLB201/positive-0.14.8-exhausted.log",
        *("default/three", "holder-deleted", "default/one", 86),
        id="holder-deleted",
    ),
    pytest.param(EDITS, "default/dns-udp", "holder-edited", "default/dns-tcp", 223, id="holder-edited"),
    pytest.param(
        FIXTURES / "history/holder-2128-v0.15.3.log",
        *("default/web-12", "holder-left", "kube-system/sip-9", 561),
        id="holder-left",
    ),
    pytest.param(
        RULES / "MLB202/positive-0.14.8-no_pools_then_pool.log",
        *("default/early", "pool-added", "production", 44),
        id="pool-added",
    ),
    pytest.param(
        FIXTURES / "history/create-2015-v0.13.12.log",
        *("shop/proxy-3", "pool-grown", "dmz", 127),
        id="pool-grown",
    ),
    pytest.param(
        RULES / "MLB203/positive-0.14.8-auto_assign_off.log",
        *("default/web", "pool-edited", "reserved", 64),
        id="pool-edited",
    ),
    pytest.param(
        RULES / "MLB103/positive-0.14.8-keys_differ.log",
        *("default/mail", "service-edited", "default/mail", 74),
        id="service-edited",
    ),
    pytest.param(
        FIXTURES / "history/sharing-1009-v0.13.12.log",
        *("default/git-6", "controller-restarted", "", 139),
        id="controller-restarted",
    ),
]


@pytest.mark.parametrize(("path", "service", "what", "who", "at"), MADE_ROOM)
def test_what_made_room(path: Path, service: str, what: str, who: str, at: int) -> None:
    """The service got its address because of this change, made on this line."""
    found = [w.removal for w in history_of(path)[1].waits if w.service == service and w.removal]
    assert [(r.what, r.who, r.at.line) for r in found] == [(what, who, at)]


def test_every_removal_has_its_log() -> None:
    """Each kind is in the table above."""
    assert {case.values[2] for case in MADE_ROOM} == REMOVALS.keys()


def test_nothing_made_room_where_the_log_does_not_tell() -> None:
    """Up to 0.12 no configuration is in the log: a pool that was added is not guessed."""
    found = history_of(FIXTURES / "controllers/random-201-v0.12.1-info.log")[1]
    assert all(w.removal is None or w.removal.what == "holder-deleted" for w in found.waits)


START = line(msg="MetalLB controller starting version 0.12.1", version="0.12.1", caller="level.go:63", level="info")
BEGIN = v12(event="startUpdate", msg="start of service update", level="debug")
FAILED = v12(op="allocateIPs", msg="IP allocation failed", error="no available IPs", level="error")
NOT_SYNCED = v12(op="allocateIPs", error="controller not synced", level="error")
END = v12(event="endUpdate", msg="end of service update", level="debug")


def test_a_restart_ends_no_wait() -> None:
    """Up to 0.12 the passes before the first load say nothing of a service: it is not deleted, it still waits."""
    log = b"\n".join([START, BEGIN, FAILED, END, START, BEGIN, NOT_SYNCED, END])
    (wait,) = history([("controller.log", io.BytesIO(log))])[1].waits
    assert (wait.why, wait.since.line, wait.until.line) == ("waiting", 3, 8)


RANGES = [("192.0.2.0", "192.0.2.9"), ("192.0.2.250", "192.0.3.5")]


@given(st.sets(st.integers(0, 40)), st.booleans())
def test_what_was_never_held(held: set[int], avoid: bool) -> None:
    """As many as walking the pool finds; and the runs have them all, where they are few."""
    pool = Pool("blue", tuple(span(*r) for r in RANGES), avoid_buggy=avoid)
    every = [a for r in pool.ranges for a in range(r.first, r.last + 1)]
    ever = {every[0] + n for n in held}
    (found,) = unused(0, [pool], ever)
    free = [a for a in every if pool.owns(a) and a not in ever]
    assert found.number == len(free)
    shown = {a for run in found.runs for a in range(run.first, run.last + 1)}
    assert not shown & ever
    assert len(found.runs) == 8 or shown >= set(free)
