"""What the text report says to do: fixes that were tried, else why there is none and the rule's remedy."""

from pathlib import Path

import pytest
from msgspec import structs

from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.correlator.fix import Fix
from loganalyzer.report.fixes import heading, steps
from loganalyzer.report.groups import failing
from loganalyzer.report.text import render
from tests.samples import FIXTURES, diagnosed
from tests.whatif.samples import SAMPLES

ARTICLE = FIXTURES / "article-0.14.8.log"
NONE = Fix("no change to existing objects helps", (), verified=False, why="there is no pool to change")


def _fix(number: int) -> Fix:
    return Fix(
        f"change {number}",
        ({"kind": "Service", "name": f"a/{number}", "delete": True},),
        verified=True,
        predicted=("192.0.2.1", "192.0.2.2")[:number],
        why=f"cost {number}",
        commands=(f"kubectl -n a delete service {number}",),
    )


def _failure(*fixes: Fix) -> Failure:
    found = next(f for f in diagnosed(ARTICLE).failures if f.ended is None)
    return structs.replace(found, fixes=fixes)


def test_the_first_fix_is_told_in_full_and_two_more_in_short() -> None:
    """Its cost is there; of the others what they change, their commands, and how many are left."""
    assert list(steps(_failure(*map(_fix, (1, 2, 3, 4, 5))))) == [
        "1. change 1 (gets 192.0.2.1): cost 1",
        "kubectl -n a delete service 1",
        "2. change 2 (gets 192.0.2.1 or another)",
        "kubectl -n a delete service 2",
        "3. change 3 (gets 192.0.2.1 or another)",
        "kubectl -n a delete service 3",
        "…and 2 more (--format json)",
    ]


def test_up_to_three_leave_none_out() -> None:
    """Nothing is left to look for in the document."""
    assert not [line for line in steps(_failure(*map(_fix, (1, 2, 3)))) if "more" in line]


def test_without_a_fix_the_reason_and_the_rules_remedy_are_told() -> None:
    """The remedy is not called tried."""
    failure = _failure(NONE)
    assert failure.cause is not None
    assert list(steps(failure)) == [
        "no change to existing objects helps: there is no pool to change",
        *failure.cause.remedy,
    ]
    assert "tried" not in heading(failure.cause, failure.fixes)
    assert "tried" in heading(failure.cause, (_fix(1),))


def test_a_failure_of_unknown_cause_has_no_steps() -> None:
    """What would settle it is told elsewhere."""
    assert list(steps(structs.replace(_failure(), cause=None))) == []


@pytest.mark.parametrize("width", [50, 80, 200])
@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_commands_stand_whole_on_their_lines(folder: Path, width: int) -> None:
    """A command is one line of the text at any width: it can be copied."""
    found = diagnosed(folder / "controller.log")
    lines = {line.strip() for line in render(found, width).splitlines()}
    groups = failing(found.failures)
    for group in groups[:8]:
        for fix in [fix for fix in group.lead.fixes if fix.verified][:3]:
            assert lines.issuperset(fix.commands)
    assert groups or not [line for line in lines if line.startswith("kubectl")]


def test_where_nothing_is_in_the_way_any_more_a_touch_is_the_fix() -> None:
    """The holder moved to Cluster after the last attempt: 0.14.8 has not looked at the other one since."""
    [failure] = [f for f in diagnosed(ARTICLE).failures if f.ended is None]
    [fix] = failure.fixes
    assert fix.verified
    assert fix.predicted == ("192.168.10.200",)
    assert fix.changes[0]["patch"][0]["path"] == "/metadata/annotations/loganalyzer~1touched"
    assert fix.commands == (
        'kubectl -n default annotate service git-ssh --overwrite loganalyzer/touched="$(date +%s)"',
    )
