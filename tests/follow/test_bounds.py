"""What a stream without end would let grow, and does not."""

import pytest

from loganalyzer.correlator import advice, episodes
from loganalyzer.correlator.announcements import chronicle
from loganalyzer.correlator.announcements.chronicle import Chronicle
from loganalyzer.metallb.versions import Version
from loganalyzer.model import outcomes as o
from tests.benchmark_follow import churn
from tests.building import place
from tests.follow.telling import Rehearsal
from tests.samples import diagnosis_of

COMING_AND_GOING = 40
VERSION = Version(0, 14, 8)


def test_failures_that_are_over_are_told_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of many failures is told as it ends; the last few are kept, and the summary says how many are not."""
    monkeypatch.setattr(episodes, "MOST_ENDED", 5)
    run = Rehearsal([("controller.log", list(churn(COMING_AND_GOING)))], monkeypatch)
    ended = [line for line in run.lines if line["ended"] == "deleted"]
    assert len({line["service"] for line in ended}) == COMING_AND_GOING
    assert sum(f.ended is not None for f in run.diagnosis.failures) == 5
    # One more is of the log that the churn begins with.
    assert [n.text.split()[0] for n in run.diagnosis.notes if n.kind == "omitted"] == [str(COMING_AND_GOING + 1 - 5)]


def test_nothing_is_let_go_without_following(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that is read at once is reported whole, however much has ended."""
    monkeypatch.setattr(episodes, "MOST_ENDED", 5)
    found = diagnosis_of(b"".join(churn(COMING_AND_GOING)))
    assert sum(f.ended == "deleted" for f in found.failures) == COMING_AND_GOING
    assert "omitted" not in {n.kind for n in found.notes}


def test_a_chronicle_forgets_services_that_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of deleted services the last ones are kept; one that exists is never forgotten."""
    monkeypatch.setattr(chronicle, "MOST_GONE", 3)
    kept = Chronicle()
    kept.take(o.Obtained("default/stays", place(1), (), kept=False))
    for number in range(20):
        kept.take(o.Obtained(f"default/web-{number}", place(2), (), kept=False))
        kept.take(o.Gone(f"default/web-{number}", place(3), "deleted"))
    assert list(kept.events) == ["default/stays", "default/web-17", "default/web-18", "default/web-19"]


def test_advice_is_bounded_where_the_log_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """While following the oldest advice makes room; else all of it is kept."""
    monkeypatch.setattr(advice, "MOST", 4)

    def found(*, endless: bool) -> int:
        adviser = advice.Adviser(endless=endless)
        for number in range(9):
            adviser._add("MLB402", f"default/{number}", place(1), VERSION, service=f"default/{number}")
        return len(adviser.advice([], []))

    assert (found(endless=True), found(endless=False)) == (4, 9)
