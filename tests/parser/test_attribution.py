"""Whose line is it, and where that can't be known."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from loganalyzer.parser import events as e
from loganalyzer.parser.attribution import HANDLER, events
from loganalyzer.parser.events import Event
from loganalyzer.pipeline import read
from tests.parser.lines import event, line, old, reconciler, v12, zap
from tests.samples import RULES, events_of

SINGLE, ALL = "ServiceReconciler", "ServiceReconciler - reprocessAll"


def start(name: str) -> bytes:
    """A single pass begins."""
    return reconciler(SINGLE, **{"start reconcile": name})


def end(name: str) -> bytes:
    """A single pass ends."""
    return reconciler(SINGLE, **{"end reconcile": name})


def dump(name: str, *, every: bool = False) -> bytes:
    """A Service is printed, in a single pass or in one over all services."""
    namespace, _, short = name.partition("/")
    text = f'{{"metadata":{{"name":"{short}","namespace":"{namespace}"}}}}'
    return reconciler(ALL if every else SINGLE, **{"reprocessing service" if every else "processing service": text})


def handled(name: str, *, every: bool = False, text: str = "") -> bytes:
    """`failed to handle service` names the service of the pass that failed."""
    tail = text or (", no retry" if every else "")
    return reconciler(
        ALL if every else SINGLE, event="failed to handle service" + tail, level="error", name=name, service="{}"
    )


START_ALL = reconciler(ALL, **{"start reconcile": "metallbreload/reload"})
END_ALL = reconciler(ALL, **{"end reconcile": "metallbreload/reload"})
POOL = [reconciler("PoolReconciler", **{f"{edge} reconcile": "metallb-system/blue"}) for edge in ("start", "end")]
BEGIN, FINISH = event("startUpdate", msg="start of service update"), event("endUpdate", msg="end of service update")
CONFIG = [event(f"{edge}Update", msg=f"{edge} of config update") for edge in ("start", "end")]
GOT = event("ipAllocated", ip=["192.0.2.1"])
FAILED = line(op="allocateIPs", error="no available IPs", level="error")
REFUSED = line(op="allocateIPs", error='can\'t change sharing key for "a/b", address also in use by x/y', level="error")
CLEARED = event("clearAssignment", error="x")
TAKEN = event("clearAssignment", error='can\'t change sharing key for "a/b", address also in use by x/y')
WRITTEN = event("serviceUpdated", msg="updated service object")
NOTED = zap(logger="events", msg="x", object={"kind": "Service", "namespace": "x", "name": "other"}, reason="y")

HANDLED_KINDS = (e.AllocationFailed, e.AddressAllocated, e.AssignmentCleared, e.ServiceWritten, e.ServiceDeleted)


def owners(lines: Iterable[bytes]) -> list[str | None]:
    """Whose the handler's telling lines are, in the order of lines."""
    found = events_of(b"\n".join(lines) + b"\n")
    return [f.service for f in sorted(found, key=lambda f: f.line) if isinstance(f.what, HANDLED_KINDS)]


CASES: list[Any] = [
    pytest.param([old(op="allocateIP", error="no available IPs")], ["team-a/web"], id="0.9 names it"),
    pytest.param([v12(op="allocateIPs", error="no available IPs")], ["team-a/web"], id="0.12 names it"),
    pytest.param([start("a/b"), FAILED, end("a/b")], ["a/b"], id="info, single pass, failure"),
    pytest.param([start("a/b"), GOT, WRITTEN, end("a/b")], ["a/b", "a/b"], id="info, single pass, success"),
    pytest.param([start("a/b"), *POOL, *CONFIG, FAILED, end("a/b")], ["a/b"], id="pools and configuration between"),
    pytest.param([start("a/b"), end("a/b"), FAILED], [None], id="after the end of a pass"),
    pytest.param([start("a/b"), START_ALL, FAILED, END_ALL], [None], id="a pass over all hides the earlier owner"),
    pytest.param(
        [START_ALL, FAILED, FAILED, END_ALL], [None, None], id="0.13.0 to 0.13.9: never named in a pass over all"
    ),
    pytest.param([START_ALL, GOT, WRITTEN, END_ALL], [None, None], id="info, pass over all, success"),
    pytest.param([START_ALL, FAILED, handled("a/b", every=True), END_ALL], ["a/b"], id="named by the next line"),
    pytest.param(
        [START_ALL, FAILED, FAILED, handled("a/b", every=True), END_ALL], [None, "a/b"], id="of two the last is named"
    ),
    pytest.param(
        [START_ALL, FAILED, GOT, handled("a/b", every=True), END_ALL],
        [None, None],
        id="a success between: another pass",
    ),
    pytest.param(
        [START_ALL, FAILED, CLEARED, handled("a/b", every=True), END_ALL], [None, None], id="a clearing between"
    ),
    pytest.param(
        [START_ALL, FAILED, END_ALL, START_ALL, handled("a/b", every=True)],
        [None],
        id="the pass over all ended between",
    ),
    pytest.param([START_ALL, FAILED, *POOL, handled("a/b", every=True)], ["a/b"], id="another reconciler between"),
    pytest.param([START_ALL, FAILED, NOTED, handled("a/b", every=True)], ["a/b"], id="an event line between"),
    pytest.param(
        [START_ALL, GOT, FAILED, handled("a/b", every=True)], [None, "a/b"], id="a success before is somebody else's"
    ),
    pytest.param(
        [START_ALL, FAILED, handled("a/b", every=True), FAILED, handled("c/d", every=True)],
        ["a/b", "c/d"],
        id="two in a row",
    ),
    pytest.param([FAILED, handled("a/b", every=True)], ["a/b"], id="error level"),
    pytest.param([FAILED], [None], id="error level, nothing follows"),
    pytest.param([REFUSED, FAILED], ["a/b", None], id="error level, the first says whose it is"),
    pytest.param(
        [START_ALL, TAKEN, FAILED, WRITTEN, FAILED, END_ALL],
        ["a/b", "a/b", None, None],
        id="a pass over all, whose first line says whose it is",
    ),
    pytest.param(
        [START_ALL, TAKEN, GOT, WRITTEN, GOT, END_ALL], ["a/b", "a/b", "a/b", None], id="the same where it gets one"
    ),
    pytest.param([FAILED, handled("a/b", text=", retry")], [None], id="what is tried again is another's"),
    pytest.param(
        [REFUSED, handled("a/b", every=True), FAILED, handled("c/d", every=True)],
        ["a/b", "c/d"],
        id="a pass over all without its beginning",
    ),
    pytest.param([start("a/b"), dump("a/b"), BEGIN, FAILED, FINISH], ["a/b"], id="debug, single pass"),
    pytest.param(
        [
            START_ALL,
            dump("a/b", every=True),
            BEGIN,
            FAILED,
            FINISH,
            dump("c/d", every=True),
            BEGIN,
            GOT,
            FINISH,
            END_ALL,
        ],
        ["a/b", "c/d"],
        id="debug, pass over all",
    ),
    pytest.param(
        [START_ALL, dump("a/b", every=True), BEGIN, GOT, FINISH, BEGIN, GOT, FINISH],
        ["a/b", None],
        id="debug, the second dump is lost",
    ),
    pytest.param(
        [start("a/b"), reconciler(SINGLE, **{"processing service": "{cut"}), BEGIN, FAILED],
        [None],
        id="unreadable dump",
    ),
    pytest.param(
        [start("a/b"), reconciler(SINGLE, **{"processing deletion on service": "a/b"}), BEGIN, event("serviceDeleted")],
        ["a/b"],
        id="deletion",
    ),
    pytest.param([start("a/b"), NOTED, FAILED], ["a/b"], id="an event line names another and changes nothing"),
    pytest.param(
        [start("a/b"), line(msg="MetalLB controller starting version 0.14.8", version="0.14.8"), FAILED],
        [None],
        id="a restart between",
    ),
    pytest.param(
        [start("a/b"), handled("c/d"), FAILED], ["a/b"], id="a named failure of another service changes no owner"
    ),
    pytest.param([GOT], [None], id="middle of a log, success"),
]


@pytest.mark.parametrize(("lines", "expected"), CASES)
def test_owner(lines: list[bytes], expected: list[str | None]) -> None:
    """A line's service is told where it can be known, and left open where it can't."""
    assert owners(lines) == expected


def test_a_named_failure_keeps_its_own_place() -> None:
    """The failure that a later line names is given out at the line where it stands."""
    found = [f for f in events_of(b"\n".join([START_ALL, FAILED, *POOL, handled("a/b", every=True)])) if f.line == 2]
    (failed,) = found
    assert failed.service == "a/b"
    assert failed.what == e.AllocationFailed("no available IPs")


def test_no_failure_is_lost_or_doubled() -> None:
    """Each failed attempt is given out once, whether it is named at once, later or never."""
    lines = [START_ALL, FAILED, FAILED, handled("a/b", every=True), FAILED, END_ALL, start("c/d"), FAILED, FAILED]
    found = [f.line for f in events_of(b"\n".join(lines)) if isinstance(f.what, e.AllocationFailed)]
    assert sorted(found) == [2, 3, 5, 8, 9]


def test_inputs_do_not_name_each_others_lines() -> None:
    """Each input has an owner of its own, even where their records come mixed."""
    first = list(read([("one", _stream([start("a/b"), BEGIN, FAILED]))]))
    second = list(read([("two", _stream([start("c/d"), BEGIN, GOT]))]))
    mixed = [record for pair in zip(first, second, strict=True) for record in pair]
    found = {(f.source.name, f.service) for f in events(mixed) if type(f.what) in HANDLER}
    assert found == {("one", "a/b"), ("two", "c/d")}


def _stream(lines: list[bytes]) -> io.BytesIO:
    return io.BytesIO(b"\n".join(lines))


INFO = RULES / "MLB607/positive-0.14.8-speakers-endpoints_move-info.log"
LOGS = [
    RULES / "MLB104/positive-0.13.12-local_different_selectors.log",
    RULES / "MLB105/negative-0.14.8-local_against_cluster.log",
    RULES / "MLB402/negative-0.14.8-restart_reshuffles.log",
    RULES / "MLB302/negative-0.15.3-requested_pool_full.log",
]


def only(data: bytes, *levels: bytes) -> bytes:
    """The lines that a lower level of logging would have left, stack traces and all."""
    kept = [row for row in data.splitlines(keepends=True) if any(b'"level":"%b"' % level in row for level in levels)]
    return b"".join(kept)


def named(found: Iterable[Event]) -> dict[bytes, list[tuple[str, str | None]]]:
    """Kinds of the handler's events with their owners, by time."""
    by_time: dict[bytes, list[tuple[str, str | None]]] = {}
    for one in found:
        if isinstance(one.what, HANDLED_KINDS):
            by_time.setdefault(one.stamp, []).append((type(one.what).__name__, one.service))
    return by_time


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("levels", [(b"info", b"warn", b"error"), (b"error",)], ids=["info", "error"])
def test_a_lower_level_names_less_and_nothing_else(path: Path, levels: tuple[bytes, ...]) -> None:
    """What an info log names is what the same log at debug level names."""
    data = path.read_bytes()
    truth = named(events_of(data))
    found = named(events_of(only(data, *levels)))
    assert found
    for stamp, items in found.items():
        known = list(truth[stamp])
        for kind, owner in items:
            match = next((k for k in known if k[0] == kind and owner in (None, k[1])), None)
            assert match is not None, (stamp, kind, owner, known)
            known.remove(match)


def test_an_info_log_names_its_single_passes() -> None:
    """In a real info log the successes of single passes have their names."""
    found = [f.service for f in events_of(INFO.read_bytes()) if isinstance(f.what, e.AddressAllocated)]
    assert found
    assert None not in found
