"""Real logs with lines lost, repeated, out of place or cut: the replay stays sound and never stops."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from loganalyzer.model.run import Replay
from tests.model.invariants import check, doubled_ports
from tests.samples import EDITED_LOGS, VARIED_LOGS, diagnosed, diagnosis_of, events_of


@given(EDITED_LOGS)
@settings(max_examples=40)
def test_the_replay_of_an_edited_log_is_sound(data: bytes) -> None:
    """At every outcome all views of the allocator agree, and a doubled port is marked as doubtful and counted."""
    for model, _ in Replay(events_of(data)):
        check(model.allocator)
        assert list(doubled_ports(model.allocator, doubtful=False)) == []
        assert model.divergences or not list(doubled_ports(model.allocator))


@given(EDITED_LOGS)
@settings(max_examples=40)
def test_an_edited_log_is_still_counted_whole(data: bytes) -> None:
    """Every line of an edited log is a record, blank, or unparsed; never lost."""
    for summary in diagnosis_of(data).inputs:
        source = summary.source
        assert source.lines == len(data.split(b"\n")) - data.endswith(b"\n")
        assert source.lines == source.records + source.blank + source.unparsed


@pytest.mark.parametrize("path", VARIED_LOGS, ids=lambda path: path.stem)
def test_a_log_twice_in_a_row_tells_the_same_causes(path: Path) -> None:
    """The same log a second time, as of a second process, names the same causes again and contradicts nothing."""
    data = path.read_bytes()
    twice = diagnosis_of(data + data)
    once = diagnosed(path)
    causes = {(f.service, f.error, f.cause) for f in once.failures}
    assert {(f.service, f.error, f.cause) for f in twice.failures} == causes
    assert [i.divergences for i in twice.inputs] == [0]
