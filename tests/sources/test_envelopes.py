"""Envelopes: what is remembered of those met before changes no answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.parser.reading import Reading
from loganalyzer.pipeline import diagnose
from loganalyzer.sources import envelopes
from loganalyzer.sources.columns import columns_of_lines, opened
from loganalyzer.sources.envelopes import Envelopes
from loganalyzer.sources.lines import lines_of
from loganalyzer.sources.moments import moment_of, moments_of
from tests.sources.forms import WRAPPINGS, stamped
from tests.sources.test_forms import FIXTURES, as_stream, findings

SHORT = st.sampled_from(
    ["", "a", "b-1", "node-2", "true", "P", "k8s_c_pod-1_ns_uid_0", "/var/log/pods/n_p-1_0a0b0c0d/c/0.log"]
)
VALUES = SHORT | st.none() | st.integers(0, 300) | st.lists(st.integers(0, 300) | SHORT, max_size=2)
INNER = st.dictionaries(st.sampled_from(["pod_name", "host", "name", "pod", "file", "labels"]), VALUES, max_size=3)
KEYS = [
    "log", "message", "line", "stream", "time", "date", "kubernetes", "kubernetes.pod_name", "pod", "host", "labels",
    "CONTAINER_NAME", "logtag", "_p", "partial_message", "file", "path", "_source", "fields", "resource", "caller",
]  # fmt: skip
DOCUMENTS = st.dictionaries(
    st.sampled_from(KEYS),
    VALUES | INNER | st.dictionaries(st.sampled_from(KEYS), INNER | VALUES, max_size=3),
    max_size=6,
)


DIGITS = st.text("0123456789", min_size=9, max_size=20)
TIMES = st.one_of(
    st.lists(DIGITS, min_size=1, max_size=4),
    st.integers(9, 20).flatmap(
        lambda n: st.lists(st.text("0123456789²", min_size=n, max_size=n), min_size=1, max_size=4)
    ),
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=4),
    st.lists(
        DIGITS | st.integers(0, 10**19) | st.floats(0, 2e9) | st.booleans() | st.just(None), min_size=1, max_size=4
    ),
)


@given(TIMES)
def test_times_at_once_are_those_one_by_one(values: list[Any]) -> None:
    """Texts of digits and numbers, alike or not."""
    assert moments_of(values) == [moment_of(value) for value in values]


RECORD = '{"caller":"a","level":"info","msg":"x","ts":"2026-01-01T00:00:00Z"}'
TEXTS = st.sampled_from([RECORD, RECORD + "\n", RECORD.replace("x", "\n"), "", "x", "\n"])


@given(st.lists(st.sampled_from(["", "x", "x\n", "\n", "x\nx", "x\nx\n"]), min_size=1, max_size=3), st.booleans())
def test_texts_are_a_line_each(texts: list[str], each_ends: bool) -> None:
    """A block has as many lines as there are texts, all of which end as the others do; else there is none."""
    found = columns_of_lines(texts, each_ends=each_ends)
    ended = [text.endswith("\n") for text in texts]
    alike = all(ended) or (not any(ended) and not each_ends)
    if alike and not any("\n" in text.removesuffix("\n") for text in texts):
        assert found == (texts, b"".join(text.removesuffix("\n").encode() + b"\n" for text in texts))
    else:
        assert found is None


@given(
    st.lists(TEXTS | st.lists(TEXTS, max_size=2), min_size=1, max_size=4)
    | st.lists(st.lists(TEXTS, min_size=1, max_size=1), min_size=1, max_size=4),
    st.data(),
)
def test_columns_are_what_each_document_carries(texts: list[Any], data: st.DataObject) -> None:
    """Lines and times of documents that are opened together, texts or lists of them as Kibana has; or none are."""
    times = data.draw(
        st.lists(VALUES | DIGITS, min_size=len(texts), max_size=len(texts)) | st.just([["1"]] * len(texts))
    )
    documents = [{"message": text, "timestamp": time} for text, time in zip(texts, times, strict=True)]
    found = opened(Envelopes(), documents)
    if found is not None:
        singly = [Envelopes().opened(document) for document in documents]
        assert lines_of(found.block) == [one.text for one in singly if one is not None]
        assert (found.stamps or [b""] * len(texts)) == [one.stamp for one in singly if one is not None]


@given(st.lists(DOCUMENTS, max_size=8))
def test_what_was_met_before_changes_nothing(documents: list[dict[str, Any]]) -> None:
    """Each is opened as it would be alone."""
    known = Envelopes()
    for document in documents * 2:
        assert known.carried(document) == Envelopes().carried(document)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many writers and kinds there are, and each is answered for rightly."""
    monkeypatch.setattr(envelopes, "_KEPT", 4000)
    known = Envelopes()
    for i in range(100):
        for j in range(i % 7):
            found = known.carried({"log": "x", "pod": f"pod-{i}", f"key-{j}": 1})
            assert found is not None
            assert found.origin.pod == f"pod-{i}"
            assert sum(len(kind.origins) + 1 for kind in known._kinds.values()) <= 8


@pytest.mark.parametrize(
    "form", ["stern-json", "fluent-bit", "logcli-jsonl", "kibana-fields", "elasticsearch-hits", "vector"]
)
def test_writers_are_told_apart_whose_envelopes_are_alike(form: str) -> None:
    """Documents with the same keys name their own pod each."""
    lines = WRAPPINGS[form]((FIXTURES / "port_taken-v0.14.8.log").read_bytes()).splitlines(keepends=True)
    two = b"".join(line + line.replace(b"x7k2p", b"q9z8y") for line in lines)
    found = diagnose([("x", as_stream(two))], reading=Reading())
    one = diagnose([("x", as_stream(b"".join(lines)))], reading=Reading())
    assert [n.kind for n in found.notes].count("several-models") == 1
    assert len(found.failures) == 2 * len(one.failures)


@pytest.mark.parametrize("name", ["_source", "fields", "log"])
def test_envelopes_may_be_nested_as_deep_as_they_like(name: str) -> None:
    """What is deeper than any chain of tools makes is no envelope, and no reason to stop."""
    plain = (FIXTURES / "port_taken-v0.14.8.log").read_bytes()
    deep = (b'{"%s":' % name.encode()) * 1000 + b'{"log":"x"}' + b"}" * 1000 + b"\n"
    assert findings(deep + plain)[0] == findings(plain)[0]


def test_a_part_waits_for_its_rest_among_whole_lines() -> None:
    """A line in pieces is joined where whole lines of another pipe come in between."""
    plain = (FIXTURES / "port_taken-v0.14.8.log").read_bytes()
    made = []
    for t, line in stamped(plain):
        half = len(line) // 2
        for text, pipe in ((line[:half], "stdout"), ("hello\n", "stderr"), (line[half:] + "\n", "stdout")):
            made.append(json.dumps({"log": text, "stream": pipe, "time": t}))
    found = diagnose([as_stream("\n".join(made).encode())], reading=Reading())
    assert [(f.service, f.attempts) for f in found.failures] == [
        (f.service, f.attempts) for f in diagnose([as_stream(plain)]).failures
    ]
