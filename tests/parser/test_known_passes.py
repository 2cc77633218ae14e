"""Whole passes that were read before are known again, and nothing else is ever taken for one."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.parser import events as e
from loganalyzer.parser import known_passes
from loganalyzer.parser.attribution import unfolded
from loganalyzer.parser.folding import folded
from loganalyzer.parser.known_passes import Repeated
from loganalyzer.parser.passes import OTHERS, QUIET, mark
from loganalyzer.parser.reading import plan, read_folded, read_member
from loganalyzer.parser.records import Batch, Block
from loganalyzer.pipeline import Reading
from loganalyzer.report.document import document
from tests.samples import FIXTURES, diagnosis_of, edited

LOGS = [
    pytest.param(FIXTURES / "history/create-2015-v0.13.12.log", id="0.13.12"),
    pytest.param(FIXTURES / "history/random-102-v0.14.8.log", id="0.14.8"),
    pytest.param(FIXTURES / "history/holder-2128-v0.15.3.log", id="0.15.3"),
]
CHUNK = 1 << 13


def last_pass(text: bytes) -> bytes:
    """The last pass over all services, from its first line to its last."""
    lines = text.splitlines(keepends=True)
    end = max(i for i, line in enumerate(lines) if b'"end reconcile":"metallbreload/reload"' in line)
    start = max(i for i, line in enumerate(lines[:end]) if b'"start reconcile":"metallbreload/reload"' in line)
    return b"".join(lines[start : end + 1])


def longer(path: Path, times: int = 12) -> bytes:
    """The log of a controller that goes on so many times as it did last."""
    text = path.read_bytes()
    return text + last_pass(text) * times


def batches_of(data: bytes, chunk: int = CHUNK) -> list[Batch | Repeated]:
    """The batches of a log, each given out once what came before it was learnt from."""
    found: list[Batch | Repeated] = []
    with ExitStack() as stack:
        reading = Reading(chunk=chunk)
        (planned,) = plan([data], reading, stack)

        def noted() -> Iterator[Batch | Repeated | Block]:
            for batch in read_folded(planned, reading):
                found.extend(batch.parts if isinstance(batch, Block) else (batch,))
                yield batch

        for _ in folded(noted()):
            pass
    return found


def known_in(data: bytes, chunk: int = CHUNK) -> int:
    """How many passes are known again as the log is read."""
    return sum(len(batch.passes) for batch in batches_of(data, chunk) if isinstance(batch, Repeated))


def both(data: bytes, chunk: int = CHUNK) -> tuple[Diagnosis, Diagnosis]:
    """The diagnosis where passes are known again, and that where every line is decoded anew."""
    return diagnosis_of(data, Reading(chunk=chunk)), diagnosis_of(data, Reading(cached=0))


@pytest.mark.parametrize("path", LOGS)
def test_passes_that_say_what_they_said_are_known(path: Path) -> None:
    """Of a log that goes on as it did most passes are known, and the diagnosis is the same."""
    data = longer(path, 40)
    passes = last_pass(path.read_bytes()).count(b'"reprocessing service":"')
    assert known_in(data) > 40 * passes * 0.6
    known, anew = both(data)
    assert document(known) == document(anew)


def told(data: bytes, chunk: int, *, folds: bool) -> list[tuple[int, bytes, str | None, str]]:
    """What each line says of passes and requests, whichever way it was read."""
    with ExitStack() as stack:
        reading = Reading(chunk=chunk)
        (planned,) = plan([data], reading, stack)
        found = folded(read_folded(planned, reading)) if folds else unfolded(read_member(planned, reading))
        singly = chain.from_iterable(
            chain.from_iterable(one.events(event.source) for one in event.what.passes)
            if isinstance(event.what, e.PassesOver)
            else (event,)
            for event in found
        )
        loud = (one for one in singly if mark(one.what, None, traced=False) not in QUIET + OTHERS)
        return [(one.line, one.stamp, one.service, type(one.what).__name__) for one in loud]


@given(st.sampled_from([p.values[0] for p in LOGS]), st.floats(0, 1), st.sampled_from([999, 5000, 1 << 18]))
@example(LOGS[0].values[0], 0, 5000)
@settings(max_examples=20, deadline=None)
def test_a_log_may_end_anywhere(path: Path, left: float, chunk: int) -> None:
    """Its last line may have no line feed, be it whole or cut in the middle of a known pass."""
    data = longer(path)
    data = data[: len(data) - 1 - int(left * len(last_pass(data)))]
    assert told(data, chunk, folds=True) == told(data, chunk, folds=False)


@pytest.mark.parametrize("path", LOGS)
@pytest.mark.parametrize("chunk", [999, 5000, 1 << 18])
def test_what_is_known_does_not_depend_on_the_chunks(path: Path, chunk: int) -> None:
    """Passes that the end of a block cuts are read whole."""
    known, anew = both(longer(path), chunk)
    assert document(known) == document(anew)


@given(
    st.sampled_from([p.values[0] for p in LOGS]), st.integers(0, 2**32), st.integers(1, 60), st.integers(2000, 40000)
)
@example(LOGS[2].values[0], 10022, 29, 2000)  # a pass begins at another time than its other lines have
@example(LOGS[1].values[0], 1, 37, 4260)  # a line without its dump behind a pass that failed
@settings(max_examples=20, deadline=None)
def test_edited_logs_are_read_as_if_nothing_were_known(path: Path, seed: int, edits: int, chunk: int) -> None:
    """Lines that are dropped, doubled, moved, cut or garbled are never taken for a pass that was met."""
    data = edited(longer(path), seed, edits)
    known, anew = both(data, chunk)
    assert document(known) == document(anew)
    assert told(data, chunk, folds=True) == told(data, chunk, folds=False)


def _sub(pattern: bytes, by: bytes) -> Callable[[bytes], bytes]:
    return lambda text: re.sub(pattern, by, text, count=1)


EDITS = [
    pytest.param(lambda t: t, id="nothing"),
    pytest.param(_sub(rb'\\"clusterIP\\":\\"10', rb'\\"clusterIP\\":\\"11'), id="a byte of the dump"),
    pytest.param(_sub(rb'\\"kind\\":\\"Service', b'\\\\"kind\\\\":\\\\"Serv\xffce'), id="no UTF-8 in the dump"),
    pytest.param(_sub(rb'("start of service update","ts":")\d{4}', rb"\g<1>none"), id="no time"),
    pytest.param(_sub(rb'("start of service update","ts":"....-..-..T..:..:)..', rb"\g<1>59"), id="another second"),
    pytest.param(_sub(rb'{"caller":"[^"]*","event":"noChange"[^\n]*\n', b""), id="a line less"),
    pytest.param(_sub(rb'({"caller":"[^"]*","event":"noChange"[^\n]*\n)', rb"\g<1>\g<1>"), id="a line twice"),
    pytest.param(_sub(rb'({"caller":"[^"]*","event":"noChange"[^\n]*\n)', rb"\g<1>\n"), id="a blank line"),
    pytest.param(_sub(rb'({"caller":"[^"]*","event":"noChange"[^\n]*\n)', rb"\g<1>panic: x\n"), id="a panic"),
    pytest.param(_sub(rb'("event":"noChange"[^\n]*)\n', rb"\g<1>\r\n"), id="a Windows line end"),
    pytest.param(_sub(rb'("event":"noChange"[^\n]*)\n', b"\\g<1>\0\n"), id="a NUL byte"),
    pytest.param(_sub(rb'("event":"noChange"[^\n]*)\n', rb"\g<1> \n"), id="a space at the end"),
    pytest.param(_sub(rb'{"caller":"[^"]*","event":"endUpdate"[^\n]*\n\Z', b""), id="the end is missing"),
    pytest.param(_sub(rb'(processing service":"{)', rb"\g<1>\g<1>"), id="a dump begins twice"),
    pytest.param(_sub(rb"\n{", rb'\n{"processing service":"{",'), id="a line that is no dump begins as one"),
    pytest.param(lambda t: t[:-200], id="cut off"),
    pytest.param(lambda t: t.rstrip(b"\n"), id="no line feed"),
]


@pytest.mark.parametrize("path", LOGS)
@pytest.mark.parametrize("edit", EDITS)
def test_what_differs_is_not_taken_for_what_is_known(path: Path, edit: Callable[[bytes], bytes]) -> None:
    """A pass that differs anywhere from the one that was met is read for itself, and so are its counts."""
    again = last_pass(path.read_bytes())
    known, anew = both(longer(path) + edit(again) + again)
    assert document(known) == document(anew)


@pytest.mark.parametrize("path", LOGS)
@pytest.mark.parametrize("cut", [0.3, 0.5, 0.7, 0.9, 0.99])
def test_what_came_before_damage_counts(path: Path, cut: float) -> None:
    """Of a compressed log that breaks off each whole line is read, those of a pass that was begun included."""
    packed = gzip.compress(longer(path, 40))
    known, anew = both(packed[: int(len(packed) * cut)])
    assert document(known) == document(anew)
    assert known.to_dict()["inputs"][0]["lines"]


@pytest.mark.parametrize("path", LOGS)
def test_passes_are_forgotten_where_they_are_too_many(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded: what was forgotten is read, and learnt, anew."""
    monkeypatch.setattr(known_passes, "CACHED_BYTES", 12_000)
    monkeypatch.setattr(known_passes, "CACHED_LINES", 1_000)
    known, anew = both(longer(path))
    assert document(known) == document(anew)


def test_a_line_that_says_nothing_between_passes_is_known_with_them() -> None:
    """An event of Kubernetes that comes late stands between passes, in none: it ends no run of them."""
    path = FIXTURES / "history/random-102-v0.14.8.log"
    text = path.read_bytes()
    parts = [rb'"reprocessing service":"', b'"startUpdate"', b'"noChange"', b'"endUpdate"']
    one = re.search(b"".join(rb"[^\n]*%b[^\n]*\n" % part for part in parts), text)
    event = re.search(rb'[^\n]*"logger":"events"[^\n]*\n', text)
    assert one is not None
    assert event is not None
    data = text + (one[0] + event[0]) * 100
    looked_at = [n for batch in batches_of(data) if isinstance(batch, Batch) for n in batch.numbers]
    assert 0 < sum(n > text.count(b"\n") for n in looked_at) < 25
    known, anew = both(data)
    assert document(known) == document(anew)


def test_a_speakers_line_ends_it() -> None:
    """Where a speaker's lines are among a controller's no pass is one event any more, and nothing is lost."""
    path = FIXTURES / "history/random-102-v0.14.8.log"
    again = last_pass(path.read_bytes())
    speaker = (
        b'{"caller":"main.go:420","event":"serviceAnnounced","ips":["192.0.2.1"],"level":"info",'
        b'"msg":"service has IP, announcing","pool":"pool-a","protocol":"layer2","ts":"2025-01-01T10:00:00Z"}\n'
    )
    known, anew = both(longer(path) + speaker + again * 3)
    assert document(known) == document(anew)
