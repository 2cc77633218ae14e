"""The lines themselves: found again in the inputs, and shortened."""

import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.correlator.quoting import with_quotes
from loganalyzer.pipeline import Reading, diagnose
from loganalyzer.report.quotes import MOST_CHARACTERS, shortened
from loganalyzer.sources.quoting import lines_at
from tests.samples import FIXTURES

ARTICLE = FIXTURES / "article-0.14.8.log"


def test_every_proof_of_what_fails_is_quoted(tmp_path: Path) -> None:
    """Each line that the evidence names is there as the log has it."""
    log = tmp_path / "controller.log"
    log.write_bytes(ARTICLE.read_bytes())
    found = with_quotes(diagnose([log]), [log])
    lines = log.read_text().splitlines()
    wanted = {(str(log), e.at.line) for f in found.failures if f.ended is None for e in f.evidence}
    assert {(q.input, q.number) for q in found.quotes} == wanted
    assert all(q.text == lines[q.number - 1] for q in found.quotes)


INPUTS = [
    pytest.param("a.log", b"one\ntwo\nthree\n", id="plain"),
    pytest.param("a.log", b"one\r\ntwo\r\nthree", id="line ends of Windows"),
    pytest.param("a.log.gz", gzip.compress(b"one\ntwo\nthree\n"), id="compressed"),
    pytest.param("a.log", "one\ntwo\nthree\n".encode("utf-16"), id="UTF-16"),
]


@pytest.mark.parametrize(("name", "data"), INPUTS)
def test_lines_at(name: str, data: bytes, tmp_path: Path) -> None:
    """Lines are counted as the diagnosis counts them, whatever the input is wrapped in."""
    path = tmp_path / name
    path.write_bytes(data * 1)
    member = str(path)
    assert lines_at([path], {member: {2, 3, 99}}) == {(member, 2): "two", (member, 3): "three"}


def test_a_brace_is_quoted_with_what_follows_it(tmp_path: Path) -> None:
    """The first line of an indented document says nothing by itself."""
    path = tmp_path / "events.json"
    path.write_text(json.dumps([{"reason": "AllocationFailed", "count": 2}], indent=2))
    assert lines_at([path], {str(path): {2}})[str(path), 2].startswith('{ "reason": "AllocationFailed", "count": 2')


def test_what_is_gone_is_not_quoted(tmp_path: Path) -> None:
    """An input that can't be read any more costs the quotes, not the report."""
    found = diagnose([("controller.log", io.BytesIO(ARTICLE.read_bytes()))], reading=Reading())
    assert with_quotes(found, [tmp_path / "controller.log"]).quotes == ()


SHORTENED = [
    pytest.param('{"a":"b"}', '{"a":"b"}', id="short"),
    pytest.param('{"a":"' + "x" * 300 + '","b":1}', '{"a":"' + "x" * 80 + '…","b":1}', id="a long text"),
    pytest.param('{"a":"' + r"\"" * 300 + '"}', '{"a":"' + r"\"" * 80 + '…"}', id="escapes stay whole"),
    pytest.param('{"a":"' + r"\\\"" * 300 + '"}', '{"a":"' + r"\\\"" * 40, id="escapes of two levels"),
    pytest.param("x" * 400, "x" * (MOST_CHARACTERS - 1) + "…", id="no JSON"),
]


@pytest.mark.parametrize(("line", "expected"), SHORTENED)
def test_shortened(line: str, expected: str) -> None:
    """Long texts within a line are cut where an escape ends, so that the keys behind them stay."""
    assert shortened(line).startswith(expected[:200])
    assert len(shortened(line)) <= MOST_CHARACTERS


@given(st.text(st.sampled_from('{}[]":,\\ux0 aé🎉'), max_size=900))
def test_any_line_is_shortened_at_once(line: str) -> None:
    """Whatever a line is made of, it is shortened in a moment, and short ones stay as they are."""
    found = shortened(line)
    assert len(found) <= MOST_CHARACTERS
    assert found == line or "…" in found


def test_a_run_of_backslashes_takes_no_time() -> None:
    """No line makes the search try one way after the other."""
    for line in ('"' + "\\" * 60_000, '"' + "\\u00e9" * 10_000, '"' * 60_000, ('"' + "\\" * 99) * 600):
        assert len(shortened(line)) <= MOST_CHARACTERS
