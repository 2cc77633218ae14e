"""Times compare as they follow each other, however tools write them, and put lines in order."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.pipeline import Reading, diagnose
from loganalyzer.sources.exported import cells_of, header_of
from loganalyzer.sources.framing import framed
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.moments import comparable, compared, own_time
from loganalyzer.sources.reversing import newest_first
from loganalyzer.sources.unwrapping import Unwrapper
from tests.sources.forms import WRAPPINGS
from tests.sources.test_forms import FIXTURES, check_counts, findings

PLAIN = (FIXTURES / "port_taken-v0.14.8.log").read_bytes()

MOMENTS = st.datetimes(datetime(2001, 9, 10), datetime(2200, 1, 1))
WRITTEN: list[Callable[[datetime], str]] = [
    lambda m: m.isoformat() + "Z",
    lambda m: m.isoformat(sep=" "),
    lambda m: m.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z",
    lambda m: m.strftime("%Y-%m-%dT%H:%M:%S,%f000+0000"),
    lambda m: m.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=-3, minutes=-30))).isoformat(),
    lambda m: m.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=13, minutes=45))).isoformat(),
    lambda m: m.strftime("%b %d, %Y @ %H:%M:%S.%f"),
    lambda m: f"{int(m.replace(tzinfo=UTC).timestamp())}.{m.microsecond:06}",
]


@given(MOMENTS, MOMENTS, st.sampled_from(WRITTEN), st.sampled_from(WRITTEN))
def test_times_compare_however_they_are_written(
    one: datetime, other: datetime, write: Callable[[datetime], str], otherwise: Callable[[datetime], str]
) -> None:
    """Of two times the earlier one is less, in whatever form each is."""
    first, second = comparable(write(one).encode()), comparable(otherwise(other).encode())
    assert (first < second) == (one < other)
    assert (first == second) == (one == other)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01T00:00:00+01:00", "9999-12-31T23:59:59-23:59", "May 04 08:00:01", "NaN", "1e9"]
)
def test_what_is_no_time_has_none(text: str) -> None:
    """Nothing is guessed."""
    assert comparable(text.encode()) == b""


@given(st.lists(MOMENTS, min_size=1), st.sampled_from(WRITTEN))
def test_times_of_one_form_compare_together(moments: list[datetime], write: Callable[[datetime], str]) -> None:
    """Times that are compared as they are written compare as they do one by one."""
    found = compared([write(m).encode() for m in moments])
    order = sorted(range(len(moments)), key=lambda i: (moments[i], i))
    assert sorted(range(len(moments)), key=lambda i: (found[i], i)) == order


def trimmed(log: bytes, step: int) -> Iterator[tuple[str, str]]:
    """The lines with times so many microseconds apart, without the zeros at the end, as Go writes them."""
    moment = datetime(2026, 1, 1, 23, 59, 59)
    for line in log.decode().splitlines():
        moment += timedelta(microseconds=step)
        yield moment.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".") + "Z", line


@pytest.mark.parametrize("step", [20_000, 50_000])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("form", ["array", "answer", "lines"])
def test_fractions_without_their_zeros_keep_lines_in_order(form: str, step: int, *, turned: bool) -> None:
    """`08:00:00.1Z` comes before `08:00:00.12Z`, though the text does not."""
    found = [{"@timestamp": t, "message": line} for t, line in trimmed(PLAIN, step)][:: -1 if turned else 1]
    if form == "array":
        data = json.dumps(found).encode()
    elif form == "answer":
        data = json.dumps({"hits": {"hits": [{"_source": one} for one in found]}}).encode()
    else:
        data = "".join(json.dumps(one) + "\n" for one in found).encode()
    assert findings(data)[0] == findings(PLAIN)[0]


def test_times_without_an_order_keep_lines_as_they_are() -> None:
    """What is no time puts nothing in another order."""
    found = [{"@timestamp": f"{i % 7} days ago", "message": line} for i, line in enumerate(PLAIN.decode().splitlines())]
    assert findings(json.dumps(found).encode())[0] == findings(PLAIN)[0]


@pytest.mark.parametrize("form", ["kibana-csv", "splunk-results", "grafana-json", "plain-newest-first"])
def test_a_byte_order_mark_does_not_hide_the_order(form: str) -> None:
    """What is newest first is told behind a byte order mark."""
    assert findings(b"\xef\xbb\xbf" + WRAPPINGS[form](PLAIN))[0] == findings(PLAIN)[0]


def test_two_logs_one_behind_the_other_are_not_turned() -> None:
    """A single step back in MetalLB's own times is where another log begins."""
    line = b'{"caller":"main.go:1","level":"info","msg":"x","ts":"2026-01-01T08:00:0%dZ"}'
    assert not newest_first([line % 9, line % 9, line % 8, line % 8])
    assert newest_first([line % 9, line % 8, line % 7])
    assert not newest_first([line % 9, line % 8, line % 7, line % 8])


@pytest.mark.parametrize("first", ["status", "data", "response", "hits", "took", "results", "events"])
def test_an_envelope_may_begin_as_an_answer_does(first: str) -> None:
    """No line is lost whose first name is that of a log store's answer; nor are those behind it."""
    lines = PLAIN.decode().splitlines()
    data = "".join(json.dumps({first: {"a": 1}, "message": line}) + "\n" for line in lines).encode()
    found, counts = findings(data)
    assert found == findings(PLAIN)[0]
    assert (counts["records"], counts["mended"]) == (len(lines), 0)


def test_a_rows_cells_may_have_lines_of_their_own() -> None:
    """What stands in a table is told by its quote marks; a line that is no row is read by itself."""
    record = '{"caller":"main.go:1","level":"info","msg":"a","ts":"2026-01-01T08:00:0%dZ"}'
    cell = '"' + (record % 1).replace('"', '""') + '"'
    text = f'Time,message,note\n2026-01-01 08:00:02,{cell},"a\nb"\n{record % 2}\n2026-01-01 08:00:01,{cell},\n'
    source = Source("x")
    groups = [g for g in Unwrapper(source).groups(framed([text.encode()])) if not isinstance(g, list)]
    found = [(t, n, s) for g in groups for t, n, s in zip(g.texts, g.numbers, g.spans, strict=True)]
    carried = (record % 1).encode()
    assert sorted(found, key=lambda f: f[1]) == [
        (carried, 2, 2),
        ((record % 2).encode(), 4, 1),
        (carried, 5, 1),
    ]
    assert sum(s for _, _, s in found) + sum(g.structure for g in groups) == text.count("\n")


@given(st.lists(st.text(st.sampled_from('a",; é'), max_size=6), min_size=1, max_size=5))
def test_cells_are_those_that_were_written(cells: list[str]) -> None:
    """Cells come out of a row as they went in."""
    import csv

    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    assert cells_of(out.getvalue().encode(), b",") == [cell.encode() for cell in cells]


@pytest.mark.parametrize(
    "head",
    [
        b'a,b\n"x",y\n',
        b"message\nno quote mark\n",
        b'message,message\n"x",y\n',
        b'message: x\n"y"\n',
        b'May 04 08:00:01 node-1 log[1]: {"caller":"x"}\nMay "x"\n',
    ],
)
def test_prose_is_no_table(head: bytes) -> None:
    """A table is told by the name of a column that has the lines, and by its quote marks."""
    assert header_of(head) is None


@pytest.mark.parametrize("damage", [b'"', b"\x00", b"\xff\xfe", b"\r"])
def test_a_damaged_table_loses_only_the_row(damage: bytes, tmp_path: Path) -> None:
    """Wherever a table is damaged, each of its lines is counted, and what comes behind is read."""
    table = WRAPPINGS["grafana-csv"](PLAIN)
    half = table.index(b"\n", len(table) // 2) + 20
    path = tmp_path / "table.csv"
    path.write_bytes(table[:half] + damage + table[half:])
    counts = diagnose([path], reading=Reading()).to_dict()["inputs"][0]
    check_counts(counts, table.count(b"\n"))
    assert counts["unparsed"] <= 1


def test_the_time_of_a_line_is_found_however_it_is_quoted() -> None:
    """MetalLB's own time stands in quotes that other programs double or escape."""
    for text in (
        '"ts":"2026-01-01T08:00:01Z"',
        '""ts"":""2026-01-01T08:00:01Z""',
        '\\"ts\\":\\"2026-01-01T08:00:01Z\\"',
    ):
        assert own_time(text.encode()) == b"2026-01-01T08:00:01Z"
    assert own_time(b'"ts":1650000000.25') == b"1650000000.25"
    assert own_time(b'"msg":"ts"') == b""
