"""However bytes arrive and however much is remembered, the same is read."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.errors import InputError
from loganalyzer.metallb.services import Service
from loganalyzer.parser.records import CACHED_SHAPES, Record
from loganalyzer.pipeline import Reading, diagnose
from loganalyzer.report.document import document
from loganalyzer.sources.lines import batches
from tests.samples import EDITED_LOGS, VARIED_LOGS, diagnosed, diagnosis_of, edited, events_of, records_of

PIECES = st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"\n\n", b'{"caller":"x"}', b"\x00", b" "]), max_size=30)


def cut(data: bytes, at: list[int]) -> list[bytes]:
    """The bytes in pieces that end at these positions."""
    ends = sorted({min(a, len(data)) for a in at} | {len(data)})
    return [data[a:b] for a, b in zip([0, *ends], ends, strict=False) if b > a]


def flat(pieces: list[bytes], longest: int = 1 << 20) -> list[bytes]:
    """All lines of all batches."""
    return [line for batch in batches(pieces, longest) for line in batch]


@given(PIECES.map(b"".join), st.lists(st.integers(0, 60), max_size=10))
@settings(max_examples=200)
def test_lines_do_not_depend_on_the_chunks(data: bytes, at: list[int]) -> None:
    """Bytes cut anywhere give the lines that a plain split gives, the last one without a line feed included."""
    expected = data.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert flat(cut(data, at)) == expected


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(1, 12), st.lists(st.integers(0, 240), max_size=10))
@settings(max_examples=200)
def test_long_lines_are_cut_alike_in_any_chunks(lengths: list[int], longest: int, at: list[int]) -> None:
    """Of a line that is too long the first bytes are kept; how many does not depend on the chunks."""
    lines = [bytes(97 + i % 26 for i in range(length)) for length in lengths]
    data = b"".join(line + b"\n" for line in lines)
    assert flat(cut(data, at), longest) == [line[:longest] for line in lines]


@pytest.mark.parametrize("path", VARIED_LOGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("chunk", [1, 7, 4096, 1 << 20])
def test_events_do_not_depend_on_the_chunks(path: Path, chunk: int) -> None:
    """A real log gives the same events in chunks of any size."""
    data = path.read_bytes()[:20000] if chunk == 1 else path.read_bytes()
    assert told(data, chunk=chunk) == told(data)


@given(EDITED_LOGS, st.integers(1, 5000))
@settings(max_examples=25)
def test_edited_logs_give_the_same_events_in_any_chunks(data: bytes, chunk: int) -> None:
    """So does a log with broken lines."""
    assert told(data, chunk=chunk) == told(data)


def told(data: bytes, **how: int) -> list[tuple[object, ...]]:
    """The events as plain values, comparable between two readings."""
    found: list[tuple[object, ...]] = []
    for event in events_of(data, **how):
        what = event.what
        parts = tuple(plain(getattr(what, name)) for name in getattr(what, "__struct_fields__", ()))
        found.append((event.line, event.stamp, event.service, type(what).__name__, *parts))
    return found


def plain(value: object) -> object:
    """A configuration by its pools, as equal ones of two readings need not be one object."""
    return getattr(value, "pools", value)


def shape(record: Record) -> tuple[object, ...]:
    """A record as plain values."""
    dumps = {k: v if isinstance(v, Service) else type(v).__name__ for k, v in record.shape.dumps.items()}
    return record.line, record.stamp, record.shape.family, record.shape.fields, dumps


CACHES = [pytest.param(0, id="none"), pytest.param(1, id="one"), pytest.param(7, id="few")]


@pytest.mark.parametrize("path", VARIED_LOGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("cached", CACHES)
def test_records_do_not_depend_on_what_is_remembered(path: Path, cached: int) -> None:
    """Decoding each line anew gives the records that remembering lines gives."""
    data = path.read_bytes()
    anew = [shape(r) for r in records_of(data, cached=cached)]
    assert anew == [shape(r) for r in records_of(data, cached=CACHED_SHAPES)]


@pytest.mark.parametrize("path", VARIED_LOGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("cached", CACHES)
def test_the_diagnosis_does_not_depend_on_what_is_remembered(path: Path, cached: int) -> None:
    """Nor does the document that is made of them."""
    found = diagnosis_of(path.read_bytes(), Reading(cached=cached, chunk=999))
    assert document(found) == document(diagnosed(path))


@given(st.integers(0, 2**32))
@settings(max_examples=15)
def test_edited_logs_are_remembered_rightly(seed: int) -> None:
    """A line that differs from an earlier one by a few bytes is never taken for it."""
    data = edited(VARIED_LOGS[2].read_bytes(), seed, 40)
    assert told(data, cached=0) == told(data)
    assert document(diagnosis_of(data, Reading(cached=0))) == document(diagnosis_of(data))


def at(second: int, message: str = "start of service update") -> bytes:
    """A short line of that second."""
    return b'{"caller":"main.go:52","level":"debug","msg":"%b","ts":"2026-05-04T08:00:%02dZ"}\n' % (
        message.encode(),
        second,
    )


TIMES = [
    pytest.param(at(1) + at(2) + at(1), 0, id="seen before, anew"),
    pytest.param(at(1) + at(2) + at(1), CACHED_SHAPES, id="seen before"),
    pytest.param(at(1) + at(2)[:30], CACHED_SHAPES, id="cut"),
    pytest.param(at(1) + at(2).replace(b'{"caller"', b"{caller"), CACHED_SHAPES, id="broken"),
    pytest.param(at(1) + b"\n", CACHED_SHAPES, id="blank"),
    pytest.param(at(1) + b"W0101 10:00:00.617434       1 a.go:1] x\n", CACHED_SHAPES, id="no time"),
]


@pytest.mark.parametrize(("data", "cached"), TIMES)
def test_an_input_ends_at_its_last_record_with_a_time(data: bytes, cached: int) -> None:
    """`last_ts` is the time of the last record that has one, however it was read."""
    (summary,) = diagnosis_of(data, Reading(cached=cached)).to_dict()["inputs"]
    assert summary["last_ts"] == "2026-05-04T08:00:01Z"


@pytest.mark.parametrize("between", [0, 1, 2, 20])
@pytest.mark.parametrize("chunk", [100, 1000, 1 << 18])
def test_a_frame_far_from_a_panic_is_none_of_its_own(between: int, chunk: int) -> None:
    """However the lines between them were read, in runs of plain ones or together with others."""
    data = b"panic: x\n" + at(1) * between + b"\t/go/allocator.go:304 +0x4c5\n"
    (summary,) = diagnosis_of(data + at(2), Reading(chunk=chunk)).to_dict()["inputs"]
    assert summary["unparsed"] == (between > 1)


FRAGMENTS = st.sampled_from([
    b'{"caller":"main.go:1","level":"debug","msg":"x","ts":"2026-01-01T00:00:00Z"}\n',
    b'{"caller":"service.go:143","error":"no available IPs","op":"allocateIPs","ts":"2026-01-01T00:00:00Z"}\n',
    b'{"level":"info","ts":"2026-01-01T00:00:00Z","msg":"x"}\n',
    b'{"caller":"a","controller":"ServiceReconciler","processing service":"{\\"metadata\\":5}","ts":"x"}\n',
    b'{"caller":"a","controller":"ServiceReconciler","level":"debug","processing service":"{}","ts":"x"}\n',
    b'{"caller":"a","controller":"ServiceReconciler","start reconcile":"a/b","ts":1}\n',
    b'{"caller":"a","event":"ipAllocated","ip":["999.1.1.1",4,null],"ts":"x"}\n',
    b'{"caller":"a","event":["x"],"op":{"y":1},"controller":7}\n',
    b'{"caller":"a","controller":"PoolReconciler","rendered config":"(config.Config) {"}\n',
    b"panic: x\n",
    b"goroutine 1 [running]:\n",
    b"W0101 10:00:00.617434       1 reflector.go:561] x\n",
    b"\n",
    b"   \n",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b'{"caller":' + b"[" * 2000 + b"\n",
    b"\xff\xfe\x00",
    b'"ts":"',
])  # fmt: skip
HOSTILE = st.lists(st.one_of(FRAGMENTS, FRAGMENTS, st.binary(max_size=40)), max_size=25).map(b"".join)


@given(HOSTILE)
@settings(max_examples=200)
def test_any_bytes_yield_a_diagnosis_or_a_problem(data: bytes) -> None:
    """Nothing that an input says stops the analysis, and every line of it is counted."""
    reading = Reading()
    found = diagnose([data], reading=reading)
    if not reading.sources:
        # It looked compressed, and is not.
        assert reading.problems
        return
    (source,) = reading.sources
    assert source.lines == len(data.split(b"\n")) - (not data or data.endswith(b"\n"))
    assert source.lines == source.records + source.blank + source.unparsed
    assert bool(found.inputs) != bool(reading.problems)
    document(found)


@given(HOSTILE)
@settings(max_examples=100)
def test_a_problem_is_raised_where_nobody_collects_it(data: bytes) -> None:
    """Without a Reading the library raises InputError for an input without a MetalLB line, else it returns."""
    reading = Reading()
    diagnose([data], reading=reading)
    if reading.problems:
        with pytest.raises(InputError):
            diagnose([data])
    else:
        assert document(diagnose([data])) == document(diagnose([data], reading=Reading()))


@given(st.integers(0, 2**32), st.integers(0, 40000))
@settings(max_examples=30)
def test_counts_hold_of_every_prefix(seed: int, length: int) -> None:
    """The counts add up wherever a log is cut."""
    data = VARIED_LOGS[seed % len(VARIED_LOGS)].read_bytes()[:length]
    reading = Reading()
    diagnose([data], reading=reading)
    if not reading.sources:
        # It looked compressed, and is not.
        assert reading.problems
        return
    (source,) = reading.sources
    assert source.lines == source.records + source.blank + source.unparsed
    assert source.lines == data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
