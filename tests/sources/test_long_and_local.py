"""Lines that are too long to keep, wrappings' times without a zone, and the node that a wrapping names."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest

from loganalyzer.parser.reading import Reading, read
from loganalyzer.parser.streams import in_utc
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import batches, blocks
from loganalyzer.sources.origin import Origin

CUTS = [
    pytest.param([b"abc\n"], False, id="just as long"),
    pytest.param([b"abcd\n"], True, id="too long"),
    pytest.param([b"ab", b"cd\nx\n"], True, id="too long in two pieces"),
    pytest.param([b"x\nab", b"c\n"], False, id="whole in two pieces"),
    pytest.param([b"x\nab", b"cd"], True, id="too long and without its line feed"),
    pytest.param([b"ab", b"cd", b"ef\n"], True, id="three pieces"),
]


@pytest.mark.parametrize(("pieces", "cut"), CUTS)
def test_a_line_that_is_cut_is_told(pieces: list[bytes], cut: bool) -> None:
    """Of a line that is too long the beginning is kept, and it is said so."""
    told: list[bool] = []
    lines = [line for batch in batches(pieces, 3, lambda: told.append(True)) for line in batch]
    assert bool(told) == cut
    assert lines == [line[:3] for line in b"".join(pieces).removesuffix(b"\n").split(b"\n")]


def test_an_array_on_one_long_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An array on a line that is too long, with something before it, is told as what it is, with a way out."""
    # The bound itself is 64 MiB; a test need not write that much to reach it.
    monkeypatch.setattr(blocks, "__defaults__", (1000, None))
    path = tmp_path / "array.json"
    path.write_bytes(b"answer: [" + b",".join([b'{"message":"x"}'] * 200) + b"]\n")
    reading = Reading()
    assert not list(read([path], reading))
    (problem,) = reading.problems
    assert "more than 64 MiB" in str(problem)
    assert "jq -c" in str(problem)


ZONE = timezone(timedelta(hours=2))
STAMPS = [
    pytest.param(b"2024-05-04T08:00:00", b"2024-05-04T06:00:00Z", id="none"),
    pytest.param(b"2024-05-04 08:00:00.123456789", b"2024-05-04T06:00:00.123456789Z", id="fraction"),
    pytest.param(b"2024-05-04T08:00:00Z", b"2024-05-04T08:00:00Z", id="UTC"),
    pytest.param(b"2024-05-04T08:00:00+05:00", b"2024-05-04T08:00:00+05:00", id="an offset"),
    pytest.param(b"1714809600.5", b"1714809600.5", id="since 1970"),
    pytest.param(b"0001-01-01T00:00:00", b"0001-01-01T00:00:00", id="before all times"),
    pytest.param(b"2024-13-01T00:00:00", b"2024-13-01T00:00:00", id="no month"),
]


@pytest.mark.parametrize(("stamp", "utc"), STAMPS)
def test_times_without_a_zone_get_the_one_that_was_told(stamp: bytes, utc: bytes) -> None:
    """Only a time that names no zone is moved."""
    assert in_utc(stamp, ZONE) == utc


LINE = '{"caller":"a.go:1","level":"info","msg":"x","ts":"2024-05-04T08:00:00Z"}'
LINES = [
    pytest.param('{"message":%s,"timestamp":"2024-05-04 08:00:00"}', b"2024-05-04T06:00:00Z", id="no zone"),
    pytest.param("Sat 2024-05-04 08:00:00 UTC node-1 controller[1]: %s", b"2024-05-04 08:00:00Z", id="it says UTC"),
]


@pytest.mark.parametrize(("form", "stamp"), LINES)
def test_a_zone_applies_to_wrappings(form: str, stamp: bytes) -> None:
    """The zone that was told is that of a wrapping's time; a line that says UTC keeps it."""
    import json

    text = form % (json.dumps(LINE) if form.startswith("{") else LINE)
    (record,) = read([text.encode() + b"\n"], Reading(zone=ZONE))
    assert record.stamp == stamp
    assert next(iter(read([text.encode() + b"\n"], Reading(zone=UTC)))).stamp.startswith(b"2024-05-04")


def test_a_wrapping_adds_the_node_to_what_the_path_tells() -> None:
    """Where path and wrapping name one pod, the wrapping's node is kept."""
    source = Source("x", origin=Origin(pod="speaker-x7k2p"))
    assert source.stream(Origin(pod="speaker-x7k2p", node="node-1")) is source
    assert source.origin == Origin(pod="speaker-x7k2p", node="node-1")
