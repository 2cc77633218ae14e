"""What is said of pools that assign nothing by themselves: asking by name is no way into one that is closed, too."""

import pytest

from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.check import check
from tests.whatif.samples import pool, service, state

ELSEWHERE = {"autoAssign": False, "serviceAllocation": {"namespaces": ["other"]}}
OPEN, CLOSED = pool("open", "192.0.2.1/32", autoAssign=False), pool("closed", "192.0.2.2/32", **ELSEWHERE)
CASES = [
    pytest.param([OPEN], "it by name", "address-pool=open", id="open"),
    pytest.param(
        [CLOSED], "its serviceAllocation leaves the service out, too", "edit ipaddresspool closed", id="closed"
    ),
    pytest.param([CLOSED, OPEN], "the serviceAllocation of closed leaves", "address-pool=open", id="one of two"),
]


@pytest.mark.parametrize(("pools", "said", "step"), CASES)
def test_a_pool_that_is_reserved_may_be_closed_too(pools: list[dict[str, object]], said: str, step: str) -> None:
    """The first command is what has to be done first."""
    report = check(state("0.14.8", pools, {}, [service("w")]), [Change("Service", "default/x", document=service("x"))])
    cause = report.services[0].cause
    assert cause is not None
    assert cause.rule == "MLB203"
    assert said in cause.summary
    assert step in next(text for text in cause.remedy if text.startswith("kubectl"))
