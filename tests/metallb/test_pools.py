"""Whom a pool lets in, and which of its addresses it hands out."""

import pytest

from loganalyzer.metallb.addresses import parse_address
from loganalyzer.metallb.pools import Pool, ServiceAllocation
from loganalyzer.metallb.selectors import parse_selector
from tests.building import configuration, span

GOLD, SILVER = parse_selector("tier=gold"), parse_selector("tier=silver")
LET_IN = [
    pytest.param(None, "team-a", {}, True, id="a pool for everybody"),
    pytest.param(ServiceAllocation(0, frozenset(), ()), "team-a", {}, True, id="names nobody"),
    pytest.param(ServiceAllocation(0, frozenset({"team-a"}), ()), "team-a", {}, True, id="its namespace"),
    pytest.param(ServiceAllocation(0, frozenset({"team-b"}), ()), "team-a", {}, False, id="another namespace"),
    pytest.param(
        ServiceAllocation(0, frozenset(), (GOLD, SILVER)), "team-a", {"tier": "silver"}, True, id="one of two"
    ),
    pytest.param(ServiceAllocation(0, frozenset(), (GOLD, SILVER)), "team-a", {"tier": "tin"}, False, id="none of two"),
    pytest.param(ServiceAllocation(0, frozenset({"team-a"}), (GOLD,)), "team-a", {}, False, id="its namespace alone"),
    pytest.param(ServiceAllocation(0, frozenset({"b"}), (GOLD,)), "a", {"tier": "gold"}, False, id="its labels alone"),
]


@pytest.mark.parametrize(("allocation", "namespace", "labels", "let_in"), LET_IN)
def test_who_is_let_in(
    allocation: ServiceAllocation | None, namespace: str, labels: dict[str, str], let_in: bool
) -> None:
    """The namespace must be named, if any is, and one of the selectors must match, if there are any."""
    assert Pool("blue", (), allocation=allocation).compatible(namespace, labels) == let_in


@pytest.mark.parametrize("overlapping", [False, True], ids=["apart", "overlapping"])
def test_an_avoided_address_is_in_its_pool_and_not_handed_out(overlapping: bool) -> None:
    """With avoidBuggyIPs a pool has .0 and .255, and hands them out to nobody, asked for or not."""
    blue = Pool("blue", (span("192.0.2.0", "192.0.2.3"),), avoid_buggy=True)
    others = [Pool("red", (span("192.0.2.2", "192.0.2.9"),))] if overlapping else []
    pools = configuration(blue, *others)
    first, second = parse_address("192.0.2.0"), parse_address("192.0.2.1")
    assert pools.pool_containing(first) is blue
    assert pools.pool_for((first,)) is None
    assert pools.pool_for((second,)) is blue
    assert pools.pool_for((second, first)) is None
    assert (blue.usable("ipv4"), blue.size("ipv4")) == (3, 4)
