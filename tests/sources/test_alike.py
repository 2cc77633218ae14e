"""Batches whose lines were all wrapped alike: taken off a column at a time gives what line by line gives."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.parser.reading import Reading
from loganalyzer.report.document import document
from loganalyzer.sources.alike import Alike
from loganalyzer.sources.columns import Columns
from loganalyzer.sources.envelopes import Envelopes
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import lines_of
from loganalyzer.sources.origin import NOWHERE
from loganalyzer.sources.unwrapping import Unwrapper
from loganalyzer.sources.wrappings import Prefixes
from tests.samples import diagnosis_of, edited
from tests.sources.forms import WRAPPINGS
from tests.sources.test_forms import FIXTURES

LOG = FIXTURES / "port_taken-v0.14.8.log"
DOCUMENTS = {
    *("loki-answer", "elasticsearch-answer", "elasticsearch-responses", "array", "array-indented", "jq"),
    *("grafana-csv", "kibana-csv", "azure-csv", "grafana-json", "splunk-results", "datadog"),
    *("cloudwatch-insights", "cloud-logging"),
}
NOT_ALIKE = {
    *("docker-parts", "cri-parts", "grep-n", "grep-with-context", "array-by-line", "azure", "stern-extjson"),
    "plain-newest-first",
}
"""Lines in pieces; a document's brackets; records that are no texts, or have nothing around them.

What `grep -n` counts is no data: its lines are alike but for it."""


def records(text: bytes) -> list[bytes]:
    """The lines of a log that are records: what an ordinary batch has nothing but."""
    return [line for line in text.splitlines() if line.startswith((b'{"caller"', b'{"level"'))]


def slowly(lines: list[bytes], monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What the unwrapper gives out line by line."""
    source = Source("x")
    with monkeypatch.context() as patch:
        patch.setattr(Alike, "unwrapped", lambda *_: None)
        unwrapper = Unwrapper(source)
        groups = [*unwrapper.feed(list(lines)), *unwrapper.finish()]
    return [
        (text, writer.origin.key, stamp, number, span)
        for group in groups
        if not isinstance(group, list)
        for text, writer, stamp, number, span in zip(
            group.texts, group.streams, group.stamps, group.numbers, group.spans, strict=True
        )
    ]


@pytest.mark.parametrize("form", sorted(set(WRAPPINGS) - DOCUMENTS - NOT_ALIKE))
def test_a_batch_is_unwrapped_as_its_lines_are(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts, writer and times of every form whose lines are records are the same, and the batch is taken at once."""
    plain = b"".join(line + b"\n" for line in records(LOG.read_bytes()))
    lines = lines_of(WRAPPINGS[form](plain))
    found = Alike(Prefixes(), Envelopes()).unwrapped(lines)
    assert found is not None
    assert found.block.split(b"\n")[:-1] == [text for text, *_ in slowly(lines, monkeypatch)]
    expected = slowly(lines, monkeypatch)
    assert [found.origin.key] * len(lines) == [key for _, key, *_ in expected] or found.origin == NOWHERE
    assert (found.stamps or [b""] * len(lines)) == [stamp for _, _, stamp, *_ in expected]
    assert [number for *_, number, _ in expected] == list(range(1, len(lines) + 1))


RECORD = '{"caller":"main.go:1","level":"info","msg":"x","ts":"2026-01-01T00:00:00Z"}'
PLAIN = [RECORD.replace('"x"', f'"{i}"') for i in range(4)]
TIMES = [f"2026-01-01T00:00:0{i}.5Z" for i in range(4)]


def enveloped(**changed: Callable[[int], object]) -> list[bytes]:
    """Four of Docker's lines, with other values under some names; None: without the name."""
    documents = [{"log": PLAIN[i] + "\n", "stream": "stdout", "time": TIMES[i]} for i in range(4)]
    for i, envelope in enumerate(documents):
        envelope |= {name: value(i) for name, value in changed.items()}  # type: ignore[misc]
    return [json.dumps(d).encode() for d in documents]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(enveloped(pod=lambda i: f"pod-{i}"), id="two writers"),
        pytest.param(enveloped(log=lambda i: PLAIN[i] + "\n" * (i != 2)), id="a piece of a line"),
        pytest.param(enveloped(log=lambda i: "x\n" if i == 1 else PLAIN[i] + "\n"), id="no record"),
        pytest.param(enveloped(log=lambda i: PLAIN[i] + "\n" + PLAIN[i] + "\n" * (i > 0)), id="two lines in one"),
        pytest.param(enveloped(log=lambda i: i if i == 3 else PLAIN[i] + "\n"), id="no text"),
        pytest.param(enveloped(time=lambda i: None if i == 1 else TIMES[i]), id="no time"),
        pytest.param(enveloped(_p=lambda i: "P" if i == 1 else "F"), id="a part"),
        pytest.param(enveloped(level=lambda _: "info", msg=lambda _: "x", ts=lambda _: 1), id="a record itself"),
        pytest.param(enveloped(kind=lambda _: "Event", apiVersion=lambda _: "v1"), id="an object"),
        pytest.param([*enveloped()[:2], b"not JSON", *enveloped()[2:]], id="a line of another kind"),
        pytest.param([*enveloped()[:2], b'{"log":1}', *enveloped()[2:]], id="other names"),
        pytest.param([f"{TIMES[i]} stdout {'FP'[i == 1]} {PLAIN[i]}".encode() for i in range(4)], id="CRI, a part"),
        pytest.param([f"[pod/a-{i}/controller] {PLAIN[i]}".encode() for i in range(4)], id="a prefix of several pods"),
        pytest.param([f"{TIMES[i]} {'x' * (i == 2)}{PLAIN[i]}".encode() for i in range(4)], id="text before a record"),
        pytest.param([f"{TIMES[i]} {PLAIN[i]}\r".encode() for i in range(4)], id="Windows line ends"),
        pytest.param([f"{TIMES[i]} {PLAIN[i]},".encode() for i in range(4)], id="commas behind records"),
        pytest.param(enveloped(log=lambda i: "" if i == 1 else PLAIN[i] + "\n"), id="an empty text"),
        pytest.param(
            [json.dumps({"line": f'{{"level":"info","n":{i}}}', "timestamp": TIMES[i]}).encode() for i in range(4)],
            id="an envelope within",
        ),
    ],
)
def test_what_differs_is_left_to_who_looks_at_each_line(lines: list[bytes]) -> None:
    """A batch in which any line is another's, no record, or a part of one."""
    assert Alike(Prefixes(), Envelopes()).unwrapped(lines) is None


def looked_at(lines: list[bytes], monkeypatch: pytest.MonkeyPatch) -> int:
    """How many of these lines are looked at one by one."""
    found: list[bytes] = []
    line = Unwrapper._line

    def looking(self: Unwrapper, raw: bytes) -> None:
        found.append(raw)
        line(self, raw)

    with monkeypatch.context() as patch:
        patch.setattr(Unwrapper, "_line", looking)
        groups = list(Unwrapper(Source("x")).feed(list(lines)))
    assert sum(map(len, groups)) == len(lines)
    return len(found)


def test_a_line_unlike_the_others_does_not_slow_them_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those next to it are looked at one by one."""
    lines = enveloped() * 100
    assert looked_at(lines, monkeypatch) == 0
    lines[150] = b"not JSON"
    assert 0 < looked_at(lines, monkeypatch) <= 32


def test_lines_that_are_all_unlike_are_not_halved_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it finds nothing it is given up, until lines are alike again."""
    lines = [*enveloped()[:1], *enveloped(pod=lambda i: f"pod-{i}")[:1]] * 400
    tried: list[int] = []
    unwrapped = Alike.unwrapped

    def trying(self: Alike, some: list[bytes]) -> Columns | None:
        tried.append(len(some))
        return unwrapped(self, some)

    monkeypatch.setattr(Alike, "unwrapped", trying)
    assert looked_at(lines, monkeypatch) == len(lines)
    assert sum(tried) < 4 * len(lines)


FORMS = sorted(set(WRAPPINGS) - DOCUMENTS)


@given(
    st.sampled_from(FORMS),
    st.integers(0, 2**32),
    st.sampled_from([0, 1, 3, 20]),
    st.sampled_from([1500, 9000, 1 << 18]),
)
@settings(max_examples=40, deadline=None)
def test_edited_logs_are_read_as_line_by_line(form: str, seed: int, edits: int, chunk: int) -> None:
    """Lines that are dropped, doubled, moved, cut or garbled are the same, however batches are taken."""
    data = edited(WRAPPINGS[form](LOG.read_bytes()), seed, edits)
    at_once = document(diagnosis_of(data, Reading(chunk=chunk)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Alike, "unwrapped", lambda *_: None)
        assert at_once == document(diagnosis_of(data, Reading(cached=0)))
