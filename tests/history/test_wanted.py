"""Moments as people write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from loganalyzer.errors import UsageError
from loganalyzer.history.wanted import AtEnd, AtLine, AtTime, BeforeEnd, Wanted, parse_wanted

BERLIN = timezone(timedelta(hours=2))

MOMENTS = [
    pytest.param("end", AtEnd(), id="end"),
    pytest.param(" end ", AtEnd(), id="spaces around it"),
    pytest.param("120", AtLine("120", "", 120), id="a line"),
    pytest.param("2024", AtLine("2024", "", 2024), id="a number is a line, not a year"),
    pytest.param("controller.log:120", AtLine("controller.log:120", "controller.log", 120), id="a line of a file"),
    pytest.param("a.tgz!x/y.log:3", AtLine("a.tgz!x/y.log:3", "a.tgz!x/y.log", 3), id="a line of an archive's member"),
    pytest.param("2024-05-04.log:7", AtLine("2024-05-04.log:7", "2024-05-04.log", 7), id="a file named for a day"),
    pytest.param("90m", BeforeEnd("90m", timedelta(minutes=90)), id="a duration"),
    pytest.param(
        "2024-05-04 08:00", AtTime("2024-05-04 08:00", datetime(2024, 5, 4, 6, 0, tzinfo=UTC)), id="in the zone"
    ),
    pytest.param(
        "2024-05-04T08:00:00Z",
        AtTime("2024-05-04T08:00:00Z", datetime(2024, 5, 4, 8, 0, tzinfo=UTC)),
        id="RFC 3339, which ends like FILE:LINE",
    ),
    pytest.param("2024-05-04", AtTime("2024-05-04", datetime(2024, 5, 3, 22, 0, tzinfo=UTC)), id="a day"),
]


@pytest.mark.parametrize(("text", "expected"), MOMENTS)
def test_a_moment_is_read(text: str, expected: Wanted) -> None:
    """Each way to write a moment means what it looks like; times without a zone are in the one that is given."""
    assert parse_wanted(text, BERLIN) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "controller.log:", ":", "-5", "2024-13-04 08:00", "end:end", "20:40"]
)
def test_anything_else_is_refused(text: str) -> None:
    """What is no moment is told so."""
    with pytest.raises(UsageError):
        parse_wanted(text)


NAMES = [
    pytest.param("controller.log", "controller.log", True, id="whole"),
    pytest.param("controller.log", "/var/log/controller.log", True, id="the last part of a path"),
    pytest.param("log/controller.log", "/var/log/controller.log", True, id="the last two parts"),
    pytest.param("y.log", "a.tgz!x/y.log", True, id="a member by its last part"),
    pytest.param("x/y.log", "a.tgz!x/y.log", True, id="a member by its path"),
    pytest.param("", "anything", True, id="no file: any"),
    pytest.param("roller.log", "controller.log", False, id="a part of a name"),
    pytest.param("speaker.log", "controller.log", False, id="another"),
]


@pytest.mark.parametrize(("file", "name", "fits"), NAMES)
def test_a_file_names_an_input(file: str, name: str, fits: bool) -> None:
    """An input is named by its name, or by whole parts from the end of its path."""
    assert AtLine("", file, 1).names(name) is fits
