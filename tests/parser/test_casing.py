"""Whole passes that were read before are known again among wrapped lines, and nothing else is ever taken for one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.parser import casing
from loganalyzer.parser.casing import Casing, casing_of
from loganalyzer.parser.reading import Reading
from loganalyzer.report.document import document
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import block_of
from loganalyzer.sources.moments import moments_of
from tests.parser.test_known_passes import LOGS, both, known_in, last_pass, longer
from tests.samples import FIXTURES, diagnosis_of, edited
from tests.sources.forms import DAMAGE, POD, WRAPPINGS, Form, lines


def trimmed(time: str) -> str:
    """As Go writes it: without zeros at the end."""
    return time[:-1].rstrip("0").rstrip(".") + "Z"


def numbered(log: bytes) -> bytes:
    """As stores do that give each line a number of its own."""
    made = (json.dumps({"_id": str(n), "message": line.decode()}) for n, line in enumerate(log.splitlines()))
    return "".join(line + "\n" for line in made).encode()


CASED = [
    "cri", "docker", "kubectl-prefix", "kubectl-timestamps", "kubectl-prefix-timestamps", "stern", "stern-json",
    "stern-timestamps", "kail", "journald-json", "syslog", "logcli", "logcli-jsonl", "elasticsearch-hits",
    "kibana-fields", "filebeat", "fluent-bit", "vector", "docker-compose",
]  # fmt: skip
LOG = FIXTURES / "history/random-102-v0.14.8.log"
FORMS: dict[str, Form] = {name: WRAPPINGS[name] for name in CASED} | {
    "docker, Go's times": lines(
        lambda t, line: json.dumps(
            {"log": line + "\n", "stream": "stdout", "time": trimmed(f"{t[:20]}{line[-9:-8]}00Z")}
        )
    ),
    "numbered": numbered,
    **{name: WRAPPINGS[name] for name in ("kibana-newest-first", "logcli-newest-first", "array", "loki-answer")},
}


@pytest.mark.parametrize("form", [*CASED, "docker, Go's times"])
@pytest.mark.parametrize("path", LOGS)
def test_passes_are_known_again_in_any_wrapping(path: Path, form: str) -> None:
    """Of a log that goes on as it did most passes are known, and the diagnosis is that of line by line."""
    data = FORMS[form](longer(path, 40))
    passes = last_pass(path.read_bytes()).count(b'"reprocessing service":"')
    assert known_in(data) > 40 * passes * 0.6
    known, anew = both(data)
    assert document(known) == document(anew)


@given(
    st.sampled_from([p.values[0] for p in LOGS]),
    st.sampled_from(sorted(FORMS)),
    st.integers(0, 2**32),
    st.integers(0, 30),
    st.sampled_from([3000, 20000, 1 << 18]),
)
@settings(max_examples=40, deadline=None)
def test_edited_logs_are_read_as_if_nothing_were_known(
    path: Path, form: str, seed: int, edits: int, chunk: int
) -> None:
    """Lines that are dropped, doubled, moved, cut or garbled are never taken for a pass that was met."""
    known, anew = both(edited(FORMS[form](longer(path)), seed, edits), chunk)
    assert document(known) == document(anew)


@given(
    st.lists(st.sampled_from([*sorted(FORMS), "plain", "quote", "loki-answer", "array"]), min_size=2, max_size=3),
    st.integers(0, 2**32),
    st.integers(0, 6),
    st.sampled_from([3000, 20000]),
)
@settings(max_examples=25, deadline=None)
def test_a_file_may_have_several_forms(names: list[str], seed: int, edits: int, chunk: int) -> None:
    """One behind the other, edited: each line keeps its number, whoever reads it."""
    made: dict[str, Form] = {**FORMS, **WRAPPINGS, "plain": bytes, "quote": DAMAGE["quote"]}
    data = edited(b"".join(made[name](longer(LOG, 3)) for name in names), seed, edits)
    known, anew = both(data, chunk)
    assert document(known) == document(anew)


@given(st.integers(0, 2**32), st.sampled_from(["kubectl-prefix", "stern-json", "fluent-bit", "cri"]))
@settings(max_examples=10, deadline=None)
def test_pods_between_each_other_are_told_apart(seed: int, form: str) -> None:
    """A pass of one pod with a line of another among its own is that of its pod."""
    log = FORMS[form](longer(LOG, 4)).splitlines(keepends=True)
    other = [line.replace(POD.encode(), b"controller-0f98465b6b-aaaaa") for line in log]
    step = seed % 40 + 1
    both_pods = [line for i in range(0, len(log), step) for line in (*log[i : i + step], *other[i : i + step])]
    known, anew = both(b"".join(both_pods), 20000)
    assert document(known) == document(anew)


def test_envelopes_that_number_their_lines_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no casing is met twice, whole passes are known by the lines within."""
    monkeypatch.setattr(casing, "MOST_CASINGS", 4)
    assert known_in(numbered(longer(LOG, 40))) > 50


WRITER = Source("x")
LINE = rb'{"log":"{\"caller\":\"a\",\"processing service\":\"{\\\"k\\\":1}\",\"ts\":\"2026-01-01T00:00:00Z\"}\n",'
TEXT = rb'{"caller":"a","processing service":"{\"k\":1}","ts":"2026-01-01T00:00:00Z"}'
OWN = b"2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("line", "stamp"),
    [
        (LINE + rb'"time":"2026-01-01T00:00:01.5Z"}', b"2026-01-01T00:00:01.5Z"),
        (LINE + rb'"stream":"stdout"}', b""),
        (rb'{"date":1767225601.5,' + LINE[1:-1] + b"}", b"1767225601.5"),
        (rb'{"at":"1767225601500000",' + LINE[1:-1] + b"}", b"1767225601.500000"),
        (b"2026-01-01T00:00:01.5Z stdout F " + TEXT, b"2026-01-01T00:00:01.5Z"),
        (b"[pod/controller-1/controller] " + TEXT, b""),
    ],
)
def test_what_stands_around_lines_comes_off(line: bytes, stamp: bytes) -> None:
    """Their times, and the rest."""
    found = casing_of(line, stamp, OWN, WRITER)
    assert found is not None
    cut = found.cut([line] * 3)
    assert cut is not None
    assert cut.stamps == [stamp] * (3 if stamp else 0)
    records = found.records(cut.texts)
    assert (block_of(records) if isinstance(records, list) else records) == (TEXT + b"\n") * 3
    other = found.cut([line, b"another line"])
    assert other is None or found.records(other.texts) is None


@pytest.mark.parametrize(
    ("line", "stamp"),
    [
        (TEXT.replace(b"processing", b"x"), b""),
        (LINE + rb'"time":"2026-01-01T00:00:01Z","at":"2026-01-01T00:00:01Z"}', b"2026-01-01T00:00:01Z"),
        (LINE + rb'"time":"1 January"}', b"1 January"),
        (LINE + rb'"time":"2026-01-01T00:00:01Z"}', b"2026-01-01T00:00:02Z"),
        (TEXT[:-1], b""),
    ],
)
def test_what_is_not_certain_has_no_casing(line: bytes, stamp: bytes) -> None:
    """No dump, two times, a time that is none, another time, no end."""
    assert casing_of(line, stamp, OWN, WRITER) is None


def test_a_time_that_is_none_is_found() -> None:
    """A line among known ones whose time no tool would write is not taken for one of theirs."""
    found = casing_of(b"2026-01-01T00:00:01.5Z stdout F " + TEXT, b"2026-01-01T00:00:01.5Z", OWN, WRITER)
    assert isinstance(found, Casing)
    assert found.cut([b"2026-01-01T00:00:0x.5Z stdout F " + TEXT]) is None
    twice = b"2026-01-01T00:00:01.5Z stdout F " + TEXT + b" stdout F "
    cut = found.cut([twice])
    assert cut is not None
    assert found.records(cut.texts) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TEXT[:-1] + rb",\"a\":{}", id="no end"),
        pytest.param(rb"x" + TEXT, id="no record"),
        pytest.param(rb"{\"caller\":\"a\",\"msg\":\"\n\",\"ts\":\"\"}\n{\"caller\":\"a\"}", id="two lines"),
        pytest.param(rb"{\"caller\":\"a\"}" + b'","' + rb"{\"caller\":\"a\"}", id="a quote mark that ends the text"),
        pytest.param(rb"{\"caller\":\"a\\", id="a backslash"),
        pytest.param(b'{\\"caller\\":\\"\xff\\"}', id="no UTF-8"),
        pytest.param(rb"{\\\"caller\\\":1}", id="escaped once more"),
    ],
)
def test_what_is_no_record_is_left_to_who_looks_at_each_line(text: bytes) -> None:
    """A line in the same casing as records, of which any is something else."""
    line = LINE + rb'"time":"2026-01-01T00:00:01.5Z"}'
    found = casing_of(line, b"2026-01-01T00:00:01.5Z", OWN, WRITER)
    assert found is not None
    own = line[len(found.head) : line.index(found.before_time)]
    other = line.replace(own, text)
    cut = found.cut([line, other])
    assert cut is not None
    assert found.records(cut.texts) is None


@given(st.lists(st.tuples(st.integers(10**9, 4 * 10**9), st.integers(0, 10**6 - 1)), min_size=1, max_size=5))
def test_times_are_what_the_numbers_would_be_read_as(times: list[tuple[int, int]]) -> None:
    """Those of many lines at once, and what is decoded one by one."""
    for form, point, read in ((b'{"date":%b,', b".", float), (b'{"date":"%b",', b"", str)):
        values = [b"%d%b%06d" % (seconds, point, rest) for seconds, rest in times]
        stamps = moments_of([read(value.decode()) for value in values])
        found = casing_of(form % values[0] + LINE[1:-1] + b"}", stamps[0], OWN, WRITER)
        assert found is not None
        assert found.told(values) == stamps
        assert [found.told([value]) for value in values] == [[stamp] for stamp in stamps]


@pytest.mark.parametrize("form", ["docker", "cri", "fluent-bit"])
def test_a_line_without_a_time_where_one_should_be_is_read_by_itself(form: str) -> None:
    """What is known of its casing is forgotten, and learnt again."""
    data = FORMS[form](longer(LOG, 30))
    places = [found.start() for found in re.finditer(rb"(?m)^\d{4}|\"(?:time|date)\": \"?\d", data)]
    at = places[len(places) * 3 // 4]
    spoiled = data[:at] + re.sub(rb"\d", b"x", data[at : at + 10], count=1) + data[at + 10 :]
    known, anew = both(spoiled)
    assert document(known) == document(anew)
    assert 0 < known_in(spoiled) < known_in(data)


def test_what_was_written_in_another_zone_stays_so() -> None:
    """Both ways give the same for times with a zone."""
    log = longer(LOG, 4)
    data = lines(lambda t, line: f"{t[:-1]}+02:00 {line}")(log)
    assert document(diagnosis_of(data, Reading())) == document(diagnosis_of(data, Reading(cached=0)))
