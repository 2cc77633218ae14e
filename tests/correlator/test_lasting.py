"""A judgement that is said to hold still is the one that judging anew gives."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from loganalyzer.correlator import episodes
from loganalyzer.correlator.lasting import holds
from loganalyzer.pipeline import Reading
from loganalyzer.report.document import document
from tests.samples import FIXTURES, VARIED_LOGS, diagnosis_of

BUSY = FIXTURES / "load" / "busy-v0.14.8.log.xz"
LOGS = [*VARIED_LOGS, *sorted((FIXTURES / "history").glob("*.log"))]


def anew(data: bytes, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The document where no judgement is taken over from the attempt before."""
    with monkeypatch.context() as patched:
        patched.setattr(episodes, "holds", lambda *_: None)
        return document(diagnosis_of(data, Reading()))


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_what_still_holds_is_what_judging_anew_gives(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real logs, each followed by itself as after a restart."""
    data = path.read_bytes() * 2
    assert document(diagnosis_of(data, Reading())) == anew(data, monkeypatch)


def test_in_a_busy_cluster_most_attempts_are_judged_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where addresses change hands all the time, few of the changes matter to who waits; the answers are the same."""
    data = lzma.decompress(BUSY.read_bytes())[:12_000_000]
    asked: list[bool] = []

    def counted(*given: object) -> object:
        found = holds(*given)  # type: ignore[arg-type]
        asked.append(found is not None)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(episodes, "holds", counted)
        found = document(diagnosis_of(data, Reading()))
    assert sum(asked) > len(asked) / 2 > 100
    assert found == anew(data, monkeypatch)
