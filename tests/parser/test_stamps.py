"""Times as logs write them."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.parser.stamps import rfc3339

HITS: list[Any] = [
    pytest.param("2024-07-01T10:00:00Z", "2024-07-01T10:00:00Z", id="whole seconds"),
    pytest.param("2021-05-01T12:00:00.6172Z", "2021-05-01T12:00:00.6172Z", id="fraction"),
    pytest.param("2021-05-01T12:00:00.617284721Z", "2021-05-01T12:00:00.617284721Z", id="nanoseconds"),
    pytest.param("2024-07-01T12:00:00+02:00", "2024-07-01T10:00:00Z", id="offset"),
    pytest.param("2024-07-01T00:30:00+0530", "2024-06-30T19:00:00Z", id="offset without a colon"),
    pytest.param("2024-07-01T05:00:00.5-05:00", "2024-07-01T10:00:00.5Z", id="offset and fraction"),
    pytest.param("2024-07-01T10:00:00", "2024-07-01T10:00:00Z", id="no zone: UTC"),
    pytest.param("2024-07-01 10:00:00Z", "2024-07-01T10:00:00Z", id="a space for the T"),
    pytest.param("1657036800.1234", "2022-07-05T16:00:00.123400Z", id="seconds since 1970"),
    pytest.param("1657036800", "2022-07-05T16:00:00.000000Z", id="whole seconds since 1970"),
    pytest.param("1.6570368001234e+09", "2022-07-05T16:00:00.123400Z", id="seconds in scientific notation"),
    pytest.param("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z", id="leap day"),
]


@pytest.mark.parametrize(("stamp", "utc"), HITS)
def test_times_become_utc(stamp: str, utc: str) -> None:
    """A time is told in UTC with the fraction that the log had."""
    assert rfc3339(stamp.encode()) == utc


MISSES: list[Any] = [
    "",
    "now",
    "2024-07-01",
    "2024-07-01T10:00Z",
    "2024-13-01T10:00:00Z",
    "2023-02-29T10:00:00Z",
    "2024-07-01T25:00:00Z",
    "2024-07-01T10:00:61Z",
    "2024-07-01T10:00:00.1234567890Z",
    "2024-07-01T10:00:00Zx",
    "2024-07-01T10:00:00Z\n",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "-1657036800",
    "999999999999",
    "1e99",
    "NaN",
    "٢٠٢٤-07-01T10:00:00Z",
]


@pytest.mark.parametrize("stamp", MISSES)
def test_what_is_no_time_has_none(stamp: str) -> None:
    """A text that is no time gives none, and raises nothing."""
    assert rfc3339(stamp.encode()) is None


@given(st.binary(max_size=64))
def test_any_bytes_are_a_time_or_none(stamp: bytes) -> None:
    """Whatever stands where the time should be, nothing is raised."""
    found = rfc3339(stamp)
    assert found is None or found.endswith("Z")


MOMENTS = st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30))


@given(MOMENTS, st.integers(-14 * 60, 14 * 60))
def test_a_time_keeps_its_moment(moment: datetime, minutes: int) -> None:
    """A time with an offset is the same moment in UTC."""
    local = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    found = rfc3339(local.isoformat().encode())
    assert found is not None
    assert datetime.fromisoformat(found) == local


def test_gos_zero_time_is_a_time() -> None:
    """Go's zero time, which a broken clock or an unset field gives, has four digits for its year."""
    assert rfc3339(b"0001-01-01T00:00:00Z") == "0001-01-01T00:00:00Z"
