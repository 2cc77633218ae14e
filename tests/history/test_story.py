"""Stories of real logs and of logs made by hand."""

import csv
import io
import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from msgspec import structs

from loganalyzer.chronology import timeline
from loganalyzer.history.entries import KINDS, Entry, Focus
from loganalyzer.history.story import Told
from loganalyzer.metallb.addresses import format_address, parse_address
from loganalyzer.parser.stamps import moment
from loganalyzer.pipeline import Reading
from loganalyzer.report import timeline_forms, timeline_text
from loganalyzer.sources.inputs import Input
from tests.history.samples import controllers, history_of, label
from tests.samples import EDITED_LOGS, FIXTURES, RULES

ARTICLE = FIXTURES / "article-0.14.8.log"
SPEAKERS = sorted((FIXTURES / "speakers" / "0.13.12-seed_article").glob("*.log"))
REFUSED = RULES / "MLB401/positive-0.13.12-bad_configuration.log"
EXHAUSTED = RULES / "MLB201/positive-0.14.8-exhausted.log"
FLAPPING = RULES / "MLB508/positive-0.14.8-speakers-bgp_down-node-1.log"

every_log = pytest.mark.parametrize("path", controllers(), ids=label)


@cache
def told(path: Path) -> Told:
    """The whole story of a log, made once."""
    return timeline([path])


def of(inputs: list[Input], **focus: str) -> Told:
    """The story of one service, address, pool or node."""
    kinds = {"service": "services", "address": "addresses", "pool": "pools", "node": "nodes"}
    wanted = {kinds[k]: frozenset({parse_address(v) if k == "address" else v}) for k, v in focus.items()}
    return timeline(inputs, Focus(**wanted), reading=Reading())  # type: ignore[arg-type]


def brief(found: Told) -> list[tuple[str, int]]:
    """The kinds of a story's entries with their lines."""
    return [(e.kind, e.at.line) for e in found.entries]


@every_log
def test_every_attempt_is_told_once(path: Path) -> None:
    """The attempts of a story's failures are those of the diagnosis, and each of its episodes is one entry."""
    diagnosis = history_of(path)[0]
    failed = [e for e in told(path).entries if e.kind == "failed"]
    assert Counter((e.service, e.times) for e in failed) == Counter((f.service, f.attempts) for f in diagnosis.failures)


@every_log
def test_every_allocation_is_told_once(path: Path) -> None:
    """Each address that is newly allocated is in one entry of its line."""
    spans = [s for s in history_of(path)[1].spans if not s.kept]
    expected = Counter((s.service, format_address(s.address), s.since.line) for s in spans)
    entries = [e for e in told(path).entries if e.kind == "allocated"]
    found = Counter((e.service, a, e.at.line) for e in entries for a in e.addresses)
    edited = Counter((s.service, format_address(s.address), s.until.line) for s in spans if s.why == "edited")
    assert found == expected - edited


@every_log
def test_it_is_in_order_and_of_known_kinds(path: Path) -> None:
    """Lines of one input follow each other, times don't go back where the log's don't, and kinds are listed."""
    entries = told(path).entries
    assert {e.kind for e in entries} <= KINDS.keys()
    lines = [e.at.line for e in entries]
    assert lines == sorted(lines)
    times = [m for e in entries if (m := moment(e.at.stamp))]
    assert times == sorted(times) or any(e.kind == "clock" for e in entries)


@every_log
def test_a_service_is_told_wholly(path: Path) -> None:
    """The story of one service has every entry of it that the story of everything has, unless many were made one."""
    whole = [e for e in told(path).entries if e.service and e.kind not in ("kept", "waiting")]
    for service in sorted({e.service for e in whole if e.service})[:2]:
        own = of([str(path)], service=service).entries
        mine = [e for e in own if e.service == service and e.kind not in ("kept", "waiting", "made-room")]
        assert mine == [
            structs.replace(e, at=m.at, last=m.last) for e, m in zip(_of(whole, service), mine, strict=True)
        ]


def _of(entries: list[Entry], service: str) -> list[Entry]:
    return [e for e in entries if e.service == service]


def test_the_article() -> None:
    """A service that waits for another's address: asked, refused, edited, refused still, and waiting at the end."""
    found = of([ARTICLE], service="git-ssh")
    assert brief(found) == [
        ("started", 1),
        ("configuration", 16),
        ("asked", 61),
        ("failed", 63),
        ("edited", 70),
        ("stopping", 84),
        ("waiting", 93),
    ]
    failed = found.entries[3]
    assert (failed.rule, failed.times, failed.addresses) == ("MLB104", 2, ("192.168.10.200",))
    assert "held by default/ingress" in failed.what
    assert (found.waited, found.attempts) == (1841.0, 2)


def test_what_made_room_is_told_in_the_story_of_the_service() -> None:
    """A holder's deletion comes before the address that it made free, with its line."""
    found = of([EXHAUSTED], service="default/three")
    kinds = [(e.kind, e.at.line, e.seconds) for e in found.entries if e.service]
    assert kinds == [("asked", 66, None), ("failed", 68, 0.0), ("made-room", 86, None), ("allocated", 97, 302.0)]
    assert "default/one" in next(e.what for e in found.entries if e.kind == "made-room")


def test_an_address_is_told_by_its_holders() -> None:
    """Who held an address when, and for how long."""
    found = of([EXHAUSTED], address="192.168.10.200")
    assert [(e.kind, e.service, e.seconds) for e in found.entries if e.service] == [
        ("allocated", "default/one", None),
        ("deleted", "default/one", 328.0),
        ("allocated", "default/three", 302.0),
    ]


def test_a_pool_is_told_by_its_use_and_its_changes() -> None:
    """A pool's story has its configuration, who got and who was refused its addresses, and when it was full."""
    found = of([EXHAUSTED], pool="production")
    assert [e.kind for e in found.entries][:5] == ["started", "configuration", "allocated", "allocated", "pool-full"]
    assert {e.rule for e in found.entries if e.kind == "failed"} == {"MLB201"}
    assert of([EXHAUSTED], pool="nowhere").named is False


def test_a_refused_configuration_and_the_next_are_told() -> None:
    """Refusals that repeat are one entry; the configuration that follows is told by what changed."""
    found = timeline([REFUSED])
    refused = [e for e in found.entries if e.kind == "rejected"]
    assert len(refused) == 1
    changes = [e.what for e in found.entries if e.kind == "configuration"]
    assert changes == [
        "loaded: pool production with 192.168.10.200",
        "pool broken with 192.168.10.210-192.168.10.212",
    ]


def test_a_node_is_told_by_its_sessions() -> None:
    """A node's story has its announcements and each change of its sessions; refusals that repeat are one entry."""
    found = of([FLAPPING], node="node-1")
    assert {e.node for e in found.entries} == {"node-1"}
    refused = [e.times for e in found.entries if e.kind == "session" and "could not be had" in e.what]
    assert refused == [6, 6]
    turns = [
        e.what.rpartition(" ")[2] for e in found.entries if "127.0.0.3" in e.what and e.what[-3:] in (" up", "own")
    ]
    assert turns[:3] == ["up", "down", "up"]


def test_controller_and_speakers_are_one_story() -> None:
    """What the controller gives comes before what speakers make of it, whatever the order of the inputs."""
    for inputs in (SPEAKERS, list(reversed(SPEAKERS))):
        found = of(list(map(str, inputs)), service="default/ingress")
        kinds = [e.kind for e in found.entries if e.service]
        assert kinds.index("asked") < kinds.index("allocated") < kinds.index("announced")
        assert next(e.node for e in found.entries if e.kind == "announced") == "node-2"
        assert not found.exact


def test_a_clock_that_goes_back_is_told_and_orders_nothing_anew() -> None:
    """Lines after the jump stay behind those before it, and the jump is an entry of its own."""
    data = ARTICLE.read_bytes().replace(b"2026-03-07T00:5", b"2026-03-07T02:5")
    found = of([("controller.log", io.BytesIO(data))], service="git-ssh")
    assert "clock" in [e.kind for e in found.entries]
    lines = [e.at.line for e in found.entries]
    assert lines == sorted(lines)
    jump = next(e for e in found.entries if e.kind == "clock")
    assert jump.seconds is not None
    assert jump.seconds > 3600


def test_a_restart_keeps_the_story() -> None:
    """After a start the services have the addresses of their status; a configuration that is the same is no news."""
    path = RULES / "MLB404/negative-0.14.8-restart_reshuffles.log"
    found = timeline([path])
    kinds = [e.kind for e in found.entries]
    assert kinds.count("started") == 2
    assert kinds.count("configuration") == 1
    assert any(e.kind in ("kept", "allocated") for e in found.entries[kinds.index("stopping") :])


@given(EDITED_LOGS)
def test_damaged_logs_have_a_story(data: bytes) -> None:
    """A log with lines lost, doubled, moved or cut gives a story in the order of its lines, without an error."""
    found = timeline([("controller.log", io.BytesIO(data))], reading=Reading())
    lines = [e.at.line for e in found.entries]
    assert lines == sorted(lines)


HOSTILE = "\x1b[2J\x1b]0;title\x07=cmd|' /C calc'!A0<script>\u202egnp.exe`|`\r\n"


def hostile() -> bytes:
    """A 0.12 log in which every text is made to do harm."""
    entry = {"caller": "main.go:1", "level": "info", "ts": "2024-05-04T08:00:00Z", "service": HOSTILE}
    failed = {**entry, "op": "allocateIPs", "error": HOSTILE, "msg": "IP allocation failed"}
    stale = {**entry, "event": "configStale", "error": HOSTILE, "msg": "config (re)load failed, config marked stale"}
    got = {**entry, "event": "ipAllocated", "ip": [HOSTILE, "192.0.2.1"], "msg": "IP address assigned by controller"}
    lines = [failed, stale, got, {**got, "ip": ["192.0.2.1"]}]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def test_hostile_texts_come_out_as_they_are() -> None:
    """Names and errors that are made to do harm are in the story as data: what shows them makes them harmless."""
    found = timeline([("controller.log", io.BytesIO(hostile()))], reading=Reading())
    assert HOSTILE in {e.service for e in found.entries}
    for shown in (timeline_text.as_text(found, 80), timeline_text.as_markdown(found)):
        assert all(c.isprintable() or c == "\n" for c in shown)
        assert "\u202e" not in shown
    assert "<script>" not in timeline_text.as_markdown(found)
    rows = list(csv.reader(io.StringIO(b"".join(timeline_forms.csv_document(found)).decode())))
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r") or "\x1b" in cell]
    assert json.loads(timeline_forms.document(found))["entries"]


RESTARTED = FIXTURES / "history" / "random-102-v0.14.8.log"
TAKEN = FIXTURES / "controllers" / "restart_takes_address-v0.12.1.log"


def test_an_address_is_held_over_edits_and_starts() -> None:
    """From the line that gave it to the one that took it, whatever the service changed meanwhile."""
    ended = {(e.service, e.kind): e for e in told(RESTARTED).entries if e.kind in ("lost", "deleted")}
    given = {e.service: e for e in told(RESTARTED).entries if e.kind == "allocated"}
    deleted = ended["default/cart-1", "deleted"]
    assert deleted.seconds == 3033
    assert given["default/cart-1"].at.line < deleted.at.line


def test_what_a_start_gave_to_another_is_lost() -> None:
    """Before the service asks for another, and in the story of the address, too."""
    entries = [e for e in told(TAKEN).entries if e.service == "default/git"]
    assert [e.kind for e in entries] == ["allocated", "lost", "failed", "waiting"]
    assert (entries[1].what, round(entries[1].seconds or 0)) == (
        "192.168.10.200 is lost over the controller's start: default/mail got it first",
        120,
    )
    story = timeline([TAKEN], Focus(addresses=frozenset({parse_address("192.168.10.200")})))
    assert [e.kind for e in story.entries if e.service == "default/git"].count("lost") == 1


def test_attempts_are_counted_whoever_they_are_of() -> None:
    """The header counts what its entries and the diagnosis count, services that the log does not name included."""
    log = FIXTURES / "controllers" / "pass_tried_again-v0.13.7.log"
    info = b"".join(line for line in log.read_bytes().splitlines(keepends=True) if b'"level":"debug"' not in line)
    story = timeline([info])
    assert any(f.service is None for f in story.diagnosis.failures)
    assert story.attempts == sum(f.attempts for f in story.diagnosis.failures)
    assert story.attempts == sum(e.times for e in story.entries if e.kind == "failed")
