"""What is told last of each thing is what the whole log tells."""

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.follow.telling import Rehearsal, by_lines, cut, identity, last_of_each, name_of, whole
from tests.samples import EDITED_LOGS, FIXTURES, distinct_logs

SCHEMA = json.loads((FIXTURES / "contract" / "diagnosis.schema.json").read_text())
LOGS = sorted([*distinct_logs(), *(FIXTURES / "controllers").glob("*.log"), FIXTURES / "article-0.14.8.log"])
SPEAKERS = sorted((FIXTURES / "speakers").glob("*/"))


@pytest.mark.parametrize("path", LOGS, ids=name_of)
def test_the_last_told_state_is_the_whole_logs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fed line by line, with a pause behind each, every finding ends as the log read at once has it, and no other."""
    data = path.read_bytes()
    run = Rehearsal([("controller.log", by_lines(data))], monkeypatch)
    assert failures(run.lines) == failures(whole([("controller.log", data)]))


@pytest.mark.parametrize("path", LOGS[::4], ids=name_of)
def test_a_line_counts_when_it_has_ended(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing changes where pauses fall into the middle of lines."""
    data = path.read_bytes()
    run = Rehearsal([("controller.log", cut(data, len(data), 700))], monkeypatch)
    assert failures(run.lines) == failures(whole([("controller.log", data)]))


@pytest.mark.parametrize("folder", SPEAKERS, ids=lambda p: p.name)
def test_announcements_end_as_the_whole_logs_have_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What speakers tell: each announcement and session of the whole log was told last as it is there."""
    any_told = False
    for path in sorted(folder.glob("speaker-*.log")):
        data = path.read_bytes()
        run = Rehearsal([(path.name, cut(data, 7, 20_000))], monkeypatch)
        told, expected = last_of_each(run.lines), last_of_each(whole([(path.name, data)]))
        assert {key: told.get(key) for key in expected} == expected
        any_told = any_told or bool(expected)
    assert any_told


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=EDITED_LOGS, seed=st.integers(0, 1000))
def test_damaged_logs_end_alike(data: bytes, seed: int) -> None:
    """Lines lost, doubled, moved or cut: following and reading at once agree on what failed."""
    with pytest.MonkeyPatch.context() as patch:
        run = Rehearsal([("controller.log", cut(data, seed, 4000))], patch)
    assert failures(run.lines) == failures(whole([("controller.log", data)]))


def test_every_line_fits_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each JSON line is an entry of the document, with its type."""
    of_kind = {
        kind: jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{kind}", "required": ["type"]})
        for kind in ("failure", "announcement", "session")
    }
    for path in [*LOGS[::3], *FIXTURES.glob("speakers/*/speaker-node-1.log")]:
        for line in Rehearsal([(path.name, cut(path.read_bytes(), 3, 9000))], monkeypatch).lines:
            of_kind[line["type"]].validate(line)


def test_nothing_is_told_twice_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is never followed by an equal one of the same thing."""
    for path in LOGS[::5]:
        before: dict[object, object] = {}
        for line in Rehearsal([("controller.log", by_lines(path.read_bytes()))], monkeypatch).lines:
            assert before.get(identity(line)) != line
            before[identity(line)] = line


def failures(lines: list[dict[str, object]]) -> dict[tuple[object, ...], dict[str, object]]:
    """The failures among the lines, each as it was told last."""
    return last_of_each([line for line in lines if line["type"] == "failure"])
