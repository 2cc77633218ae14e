"""Times as logs have them: zones, summer time, none at all, a clock that is set back, whole seconds."""

import io
import json
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from msgspec import structs

from loganalyzer import Reading, frames
from loganalyzer.tables.frames import Frames
from loganalyzer.tables.stats import figures
from loganalyzer.tables.times import NO_TIME, nanoseconds, seconds_between
from tests.building import place
from tests.parser.lines import v12

STAMPS = [
    pytest.param(b"1970-01-01T00:00:01Z", 1_000_000_000, id="whole seconds"),
    pytest.param(b"1970-01-01T00:00:00.5Z", 500_000_000, id="fraction"),
    pytest.param(b"1970-01-01T00:00:00.123456789Z", 123_456_789, id="nine digits"),
    pytest.param(b"1970-01-01T02:00:00+02:00", 0, id="offset"),
    pytest.param(b"1970-01-01 00:00:01", 1_000_000_000, id="no zone: UTC"),
    pytest.param(b"1", 1_000_000_000, id="seconds since 1970"),
    pytest.param(b"1969-12-31T23:59:59.5Z", -500_000_000, id="before 1970"),
    pytest.param(b"", NO_TIME, id="none"),
    pytest.param(b"Mar 29 02:30:00", NO_TIME, id="no year"),
    pytest.param(b"0001-01-01T00:00:00Z", NO_TIME, id="too early for 64 bits"),
    pytest.param(b"9999-12-31T23:59:59Z", NO_TIME, id="too late for 64 bits"),
    pytest.param(b"2024-02-30T00:00:00Z", NO_TIME, id="no such day"),
]


@pytest.mark.parametrize(("stamp", "found"), STAMPS)
def test_nanoseconds(stamp: bytes, found: int) -> None:
    """A time as written is nanoseconds since 1970 in UTC, or none."""
    assert nanoseconds(stamp) == found


def test_lengths_are_never_negative() -> None:
    """Where the clock was set back between two lines the time between them is 0; without a time it is not known."""
    early, late = (
        structs.replace(place(1), stamp=b"2026-01-01T00:00:00Z"),
        structs.replace(place(2), stamp=b"2026-01-01T00:00:01.5Z"),
    )
    assert seconds_between(early, late) == 1.5
    assert seconds_between(late, early) == 0
    assert pd.isna(seconds_between(early, structs.replace(late, stamp=b"")))


def attempt(ts: str) -> list[bytes]:
    """A failed attempt of team-a/web at a time."""
    begin = v12(event="startUpdate", msg="start of service update", level="debug")
    failed = v12(op="allocateIPs", msg="IP allocation failed", error="no available IPs", level="error")
    return [b.replace(b"2022-03-01T08:00:00.12Z", ts.encode()) for b in (begin, failed)]


def success(ts: str) -> list[bytes]:
    """An address for team-a/web at a time."""
    given = v12(event="ipAllocated", ip=["192.0.2.1"], msg="IP address assigned by controller")
    return [given.replace(b"2022-03-01T08:00:00.12Z", ts.encode())]


def framed(lines: list[bytes], zone: str | None = None) -> Frames:
    """The frames of a log; `zone` is that of times without one."""
    reading = Reading(zone=ZoneInfo(zone) if zone else None)
    return frames([("a.log", io.BytesIO(b"\n".join(lines)))], reading=reading)


def wrapped(lines: list[bytes], stamp: str) -> list[bytes]:
    """The lines as a log store gives them out, with a time of its own that names no zone."""
    return [json.dumps({"message": line.decode(), "timestamp": stamp}).encode() for line in lines]


def test_summer_time_begins() -> None:
    """In Berlin an hour was left out on 29 March 2026: from 01:59 to 03:01 two minutes passed."""
    lines = wrapped(attempt("x"), "2026-03-29 01:59:00") + wrapped(success("x"), "2026-03-29 03:01:00")
    (wait,) = framed(lines, "Europe/Berlin").waits.itertuples()
    assert (str(wait.since_ts), wait.seconds) == ("2026-03-29 00:59:00+00:00", 120)


def test_summer_time_ends() -> None:
    """The hour that a clock shows twice is taken for its first pass: lengths across its end are an hour short."""
    lines = wrapped(attempt("x"), "2026-10-25 02:30:00") + wrapped(success("x"), "2026-10-25 03:00:00")
    (wait,) = framed(lines, "Europe/Berlin").waits.itertuples()
    assert (str(wait.since_ts), wait.seconds) == ("2026-10-25 00:30:00+00:00", 90 * 60)


def test_offsets_need_no_zone() -> None:
    """A time that names its offset means the same in every zone, and at the end of summer time too."""
    lines = attempt("2026-10-25T02:59:00+02:00") + success("2026-10-25T02:01:00+01:00")
    for zone in (None, "Europe/Berlin", "Asia/Tokyo"):
        (wait,) = framed(lines, zone).waits.itertuples()
        assert (str(wait.since_ts), wait.seconds) == ("2026-10-25 00:59:00+00:00", 120)


def test_a_clock_set_back() -> None:
    """Lines are the order: an attempt later in the log but earlier by its clock is the later one."""
    found = framed(attempt("2026-05-04T08:00:00Z") + attempt("2026-05-04T07:00:00Z") + success("2026-05-04T07:00:30Z"))
    (wait,) = found.waits.itertuples()
    assert (wait.attempts, wait.why, wait.since_line, wait.until_line, wait.seconds) == (2, "allocated", 2, 5, 0)
    (episode,) = found.episodes.itertuples()
    assert (episode.attempts, episode.first_line, episode.last_line, episode.seconds) == (2, 2, 4, 0)
    assert all(column >= 0 for column in found.allocations["seconds"])


def test_whole_seconds_do_not_change_the_order() -> None:
    """Where everything happened in one second, what the lines say happened in the order of the lines."""
    second = "2026-05-04T08:00:00Z"
    found = framed(attempt(second) + success(second) + attempt(second))
    assert list(found.waits["why"]) == ["allocated", "waiting"]
    assert list(found.waits["seconds"]) == [0, 0]


def test_no_times_at_all() -> None:
    """A log without a time that can be read has lines and causes, and no lengths; figures say so, and nothing fails."""
    found = framed(attempt("Mar 29 02:30:00") + success("Mar 29 02:31:00"))
    assert found.attempts["ts"].isna().all()
    assert list(found.waits["seconds"].isna()) == [True]
    made = figures(found)
    assert made["by_rule"]["episodes"].sum() == 1
    assert made["attempts_an_hour"].empty


def test_klog_lines_have_no_time() -> None:
    """Klog writes no year: its lines are events without a time, in their place."""
    lines = [*attempt("2026-05-04T08:00:00Z"), b"W0504 08:00:01.617434       1 reflector.go:561] watch ended"]
    assert list(framed(lines).events["ts"].isna()) == [False, False]
    assert framed([*lines, b"panic: boom"]).events["ts"].isna().sum() == 1
