"""Choosing leaves findings out and changes none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from loganalyzer.correlator.announcements.found import Announcement, Announcements, Session, Story
from loganalyzer.correlator.choosing import (
    Choice,
    addresses_named,
    before,
    choose,
    last_time,
    parse_when,
    parse_zone,
    rules_named,
)
from loganalyzer.errors import UsageError
from loganalyzer.pipeline import diagnose

LOG = Path(__file__).parents[2] / "fixtures" / "controllers" / "restart_reshuffles-v0.14.8.log"
WHOLE = diagnose([LOG, LOG.with_name("requested_pool_full-v0.15.3.log")])
LAST = datetime(2024, 5, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("2h", LAST - timedelta(hours=2), id="hours"),
        pytest.param("1h30m", LAST - timedelta(minutes=90), id="several units"),
        pytest.param("1.5h", LAST - timedelta(minutes=90), id="fraction"),
        pytest.param("300ms", LAST - timedelta(milliseconds=300), id="milliseconds"),
        pytest.param("2024-05-04T08:00:00Z", datetime(2024, 5, 4, 8, tzinfo=UTC), id="RFC 3339"),
        pytest.param("2024-05-04T08:00:00.123456789+02:00", datetime(2024, 5, 4, 6, 0, 0, 123456, UTC), id="offset"),
        pytest.param("2024-05-04 08:00", datetime(2024, 5, 4, 8, tzinfo=UTC), id="no zone"),
        pytest.param("2024-05-04", datetime(2024, 5, 4, tzinfo=UTC), id="day"),
    ],
)
def test_times_that_are_understood(text: str, found: datetime) -> None:
    """Durations count back from the last record; times without a zone are UTC."""
    assert before(parse_when(text), LAST) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "h",
        "2d",
        "-2h",
        "yesterday",
        "2024-13-01",
        "2024-05-04T08",
        "2h ago",
        "08:00",
        "0001-01-01T00:00:00+14:00",
        "٢h",
    ],
)
def test_times_that_are_not_understood(text: str) -> None:
    """Anything else is a wrong use, told in one line."""
    with pytest.raises(UsageError):
        parse_when(text)


def test_zone_applies_to_times_without_one() -> None:
    """A zone that was asked for is that of times that name none."""
    assert parse_when("2024-05-04 08:00", timezone(timedelta(hours=2))) == datetime(2024, 5, 4, 6, tzinfo=UTC)
    assert parse_when("2024-05-04T08:00:00Z", timezone(timedelta(hours=2))) == datetime(2024, 5, 4, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("choice", "keeps"),
    [
        pytest.param(Choice(), lambda _: True, id="nothing chosen"),
        pytest.param(Choice(services=frozenset({"lab-four"})), lambda f: f.service == "default/lab-four", id="name"),
        pytest.param(
            Choice(services=frozenset({"default/lab-two"})),
            lambda f: f.service == "default/lab-two",
            id="full name",
        ),
        pytest.param(Choice(namespaces=frozenset({"nobody"})), lambda _: False, id="empty namespace"),
        pytest.param(
            Choice(rules=rules_named(["port-conflict"])),
            lambda f: f.cause and f.cause.rule == "MLB105",
            id="rule by name",
        ),
        pytest.param(Choice(pools=frozenset({"lab"})), lambda f: "lab" in f.service, id="pool"),
        pytest.param(
            Choice(addresses=addresses_named(["10.10.0.7"])),
            lambda f: (
                any(c.pool == "lab" and "10.10.0.7" in c.addresses for c in f.candidates)
                or "10.10.0.7" in f.resolved_addresses
            ),
            id="address",
        ),
        pytest.param(
            Choice(addresses=addresses_named(["10.10.0.7", "203.0.113.1"])),
            lambda f: any(c.pool == "lab" for c in f.candidates) or "10.10.0.7" in f.resolved_addresses,
            id="either address",
        ),
    ],
)
def test_choices(choice: Choice, keeps: object) -> None:
    """Each choice keeps the failures that it names, as they are, and no other."""
    assert [f for f in WHOLE.failures if keeps(f)] == [*choose(WHOLE, choice).failures]  # type: ignore[operator]


@pytest.mark.parametrize("address", ["192.168.10.200", "192.168.10.201"])
def test_any_candidate_may_be_the_address(address: str) -> None:
    """A failure is about each of the addresses that it might have got."""
    found = diagnose([LOG.with_name("edit_breaks_sharing-v0.13.7.log")])
    chosen = choose(found, Choice(addresses=addresses_named([address]))).failures
    assert [f for f in chosen if len(f.candidates) > 1] == [f for f in found.failures if len(f.candidates) > 1] != []


def test_holdings_are_chosen_by_service_and_address() -> None:
    """What a service has is chosen with it, and with any of its addresses."""
    (web,) = (h for h in WHOLE.holdings if h.service == "default/web")
    assert choose(WHOLE, Choice(services=frozenset({"default/web"}))).holdings == (web,)
    by_address = choose(WHOLE, Choice(addresses=addresses_named(web.addresses[:1]))).holdings
    assert web in by_address
    assert {h.addresses for h in by_address} == {web.addresses}


def test_windows_keep_what_lasts_into_them() -> None:
    """A failure that ended before the window, or began behind it, is left out; one that never ended is not."""
    end = last_time(WHOLE)
    assert end is not None
    later = choose(WHOLE, Choice(since=end + timedelta(hours=1))).failures
    assert {f.ended for f in later} == {None}
    assert len(later) == sum(f.ended is None for f in WHOLE.failures)
    assert not choose(WHOLE, Choice(until=datetime(2000, 1, 1, tzinfo=UTC))).failures
    assert choose(WHOLE, Choice(since=datetime(2000, 1, 1, tzinfo=UTC), until=end)).failures == WHOLE.failures


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    st.sampled_from(["lab-one", "web", "x"]),
)
def test_choosing_twice_is_choosing_once(when: datetime, name: str) -> None:
    """What was chosen stays chosen, and nothing comes in."""
    choice = Choice(since=when, services=frozenset({name}))
    once = choose(WHOLE, choice)
    assert choose(once, choice) == once
    assert all(f in WHOLE.failures for f in once.failures)


def test_wrong_names_are_told() -> None:
    """Rules and addresses that don't exist are a wrong use."""
    with pytest.raises(UsageError):
        rules_named(["MLB999"])
    with pytest.raises(UsageError):
        addresses_named(["10.0.0"])


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        pytest.param("+02:00", 2, id="offset"),
        pytest.param("-0330", -3.5, id="offset without a colon"),
        pytest.param("UTC", 0, id="name"),
    ],
)
def test_zones(text: str, hours: float) -> None:
    """A zone is a name or an offset."""
    assert parse_zone(text).utcoffset(LAST) == timedelta(hours=hours)


def test_what_was_left_out_is_counted() -> None:
    """A note says how many findings are not in the report, and none where all are."""
    (note,) = [n for n in choose(WHOLE, Choice(namespaces=frozenset({"nobody"}))).notes if n.kind == "chosen"]
    assert f"{len(WHOLE.failures)} of {len(WHOLE.failures)} failures" in note.text
    assert not [n for n in choose(WHOLE, Choice(since=LAST.replace(year=2000))).notes if n.kind == "chosen"]


PLACE = WHOLE.failures[0].first
EARLIER = structs.replace(PLACE, stamp=b"2024-05-04T08:00:00Z")
LATER = structs.replace(PLACE, stamp=b"2024-05-04T10:00:00Z")
ENDED = Announcement(
    "default/web", "a", "layer2", ("192.0.2.1",), "skipped", "MLB502", None, (), EARLIER, EARLIER, False, LATER
)
STANDING = structs.replace(
    ENDED, service="other/mail", protocol="bgp", rule=None, state="announced", current=True, node="b"
)
DOWN = Session("192.0.2.9", "192.0.2.9", "b", 1, 2, "down", 1, "MLB508", None, EARLIER, LATER, LATER, 1, 0, None)
UP = structs.replace(DOWN, node="c", state="up", rule=None)
TOLD = Announcements((ENDED, STANDING), (DOWN, UP), tuple(Story(s, (), "unknown", "") for s in ("default/web", "x/y")))
SPEAKERS = [
    pytest.param(Choice(namespaces=frozenset({"default"})), [ENDED], [], id="layer 2 has no sessions"),
    pytest.param(Choice(services=frozenset({"mail"})), [STANDING], [DOWN], id="BGP has those of its node"),
    pytest.param(Choice(rules=frozenset({"MLB502"})), [ENDED], [], id="a rule of announcements"),
    pytest.param(Choice(rules=frozenset({"MLB508"})), [], [DOWN], id="a rule of sessions"),
    pytest.param(Choice(addresses=addresses_named(["192.0.2.9"])), [], [DOWN, UP], id="a peer's address"),
    pytest.param(Choice(since=LAST), [STANDING], [DOWN, UP], id="what stands lasts"),
    pytest.param(Choice(until=LAST.replace(year=2000)), [], [], id="before all"),
    pytest.param(Choice(pools=frozenset({"lab"})), [], [], id="no speaker's line tells a pool"),
]


@pytest.mark.parametrize(("choice", "episodes", "sessions"), SPEAKERS)
def test_announcements_and_sessions_are_chosen(choice: Choice, episodes: object, sessions: object) -> None:
    """Announcements are chosen like failures; a session with the announcements that it carries, or by itself."""
    told = choose(structs.replace(WHOLE, announcements=TOLD), choice).announcements
    assert [*told.episodes] == episodes
    assert [*told.sessions] == sessions
    assert {s.service for s in told.stories} <= {e.service for e in told.episodes}


@pytest.mark.parametrize(
    ("choice", "events"),
    [
        pytest.param(Choice(until=datetime(2024, 5, 4, 9, tzinfo=UTC)), ["early"], id="until"),
        pytest.param(Choice(since=datetime(2024, 5, 4, 9, tzinfo=UTC)), ["late"], id="since"),
        pytest.param(Choice(services=frozenset({"mail"})), ["early", "late"], id="any time"),
    ],
)
def test_of_a_story_the_events_of_the_time_are_told(choice: Choice, events: list[str]) -> None:
    """What it comes to is as at the end, as it is of failures."""
    story = Story("other/mail", (), "announced", "by b", timeline=((EARLIER, "early"), (LATER, "late")))
    told = choose(structs.replace(WHOLE, announcements=structs.replace(TOLD, stories=(story,))), choice)
    assert [[text for _, text in s.timeline] for s in told.announcements.stories] == [events]
