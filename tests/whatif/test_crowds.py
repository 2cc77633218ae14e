"""Of many that are in each other's way two orders are tried: what is said then holds in all the others, too."""

from typing import Any
from unittest.mock import patch as replaced

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loganalyzer.errors import UsageError
from loganalyzer.whatif import orders
from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.state import Fate, Outcome, State
from tests.whatif.samples import key, patch, pool, service, state, to_cluster

VERSIONS = ["0.13.0", "0.13.12", "0.14.8", "0.14.9", "0.15.3", "0.16.1"]
NAMES = "abcdef"
ADDRESSES = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
POOLS = [pool("p", "192.0.2.1-192.0.2.2"), pool("q", "192.0.2.3/32")]
ASKED = "/metadata/annotations/metallb.universe.tf~1loadBalancerIPs"
CHANGES = st.lists(
    st.sampled_from(
        [
            *(Change("Service", f"default/{n}") for n in NAMES),
            *(key(n, k) for n in NAMES[:3] for k in ("k", "other")),
            *(to_cluster(n) for n in NAMES[:2]),
            *(patch(n, "/spec/type", "ClusterIP") for n in NAMES[:2]),
            *(patch(n, ASKED, a) for n in NAMES[:3] for a in (ADDRESSES[2], "198.51.100.1")),
            Change(
                "IPAddressPool",
                "metallb-system/p",
                patch=({"op": "add", "path": "/spec/addresses/-", "value": "192.0.2.9/32"},),
            ),
            Change(
                "IPAddressPool",
                "metallb-system/p",
                patch=({"op": "replace", "path": "/spec/addresses/0", "value": "192.0.2.2/32"},),
            ),
        ]
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda change: change.name,
)


@st.composite
def states(draw: st.DrawFn) -> State:
    """Up to six services, some of which hold an address of their own or share one."""
    services: list[dict[str, Any]] = []
    held: dict[str, str] = {}
    for number, name in enumerate(NAMES[: draw(st.integers(3, 6))]):
        asked = draw(st.sampled_from(["", "", "", *ADDRESSES]))
        sharing = draw(st.sampled_from(["", "k", "k", "other"]))
        request = {"loadBalancerIPs": asked} if asked else {}
        services.append(service(name, key=sharing, port=80 + number % 3, local=draw(st.booleans()), **request))
        if number < 3 and not asked and draw(st.booleans()):
            held[name] = ADDRESSES[number]
    return state(draw(st.sampled_from(VERSIONS)), POOLS, held, services)


def _fates(before: State, changes: list[Change], enumerated: int) -> tuple[Outcome, dict[str, Fate]]:
    with replaced.object(orders, "ENUMERATED", enumerated):
        outcome = before.with_change(*changes)
        names = {name for world in outcome.worlds for name in world.services}
        return outcome, {name: outcome.fate(name) for name in sorted(names)}


@settings(max_examples=400, deadline=None)
@given(states(), CHANGES, st.sampled_from([0, 1, 2]))
def test_what_two_orders_tell_holds_in_every_order(before: State, changes: list[Change], enumerated: int) -> None:
    """A service that surely gets an address, or surely none, or surely keeps its own, does; each is changed once."""
    try:
        exact, fates = _fates(before, changes, 6)
    except UsageError:
        return
    # Of too many worlds some are left out.
    assume(not any(course.unsure for course in exact.tried.courses))
    told, guessed = _fates(before, changes, enumerated)
    assert fates.keys() == guessed.keys()
    for name, fate in fates.items():
        if guessed[name].allocates is not None:
            assert guessed[name].allocates == fate.allocates, name
    sure = {name for name, fate in guessed.items() if fate.allocates}
    assert sure & {loss.service for loss in exact.losses} <= {loss.service for loss in told.losses}


def test_a_request_is_for_its_own_address() -> None:
    """Whatever others leave free."""
    waiting = [service(f"w{i}") for i in range(9)]
    asks = service("asks", loadBalancerIPs="192.0.2.9")
    before = state("0.14.8", [pool("p", "192.0.2.1-192.0.2.9")], {"a": "192.0.2.1"}, [service("a"), asks, *waiting])
    gone, other = Change("Service", "default/a"), patch("asks", ASKED, "192.0.2.1")
    outcome = before.with_change(gone, other)
    assert outcome.fate("default/asks").addresses == (3221225985,)
    elsewhere = before.with_change(gone, patch("asks", ASKED, "198.51.100.1")).fate("default/asks")
    assert (elsewhere.allocates, elsewhere.addresses) == (False, ())


def test_what_becomes_no_load_balancer_gets_none() -> None:
    """Though it was among those that contend."""
    before = state("0.14.8", [pool("p", "192.0.2.1/32")], {"a": "192.0.2.1"}, [service(n) for n in "abcdefghij"])
    changes = Change("Service", "default/a"), patch("b", "/spec/type", "ClusterIP")
    assert before.with_change(*changes).fate("default/b").addresses == ()


def test_room_is_counted_for_those_that_look_there() -> None:
    """Ten new addresses for ten that wait: who asks for another pool, or for an address of its own, takes none."""
    waiting = [service(f"w{i}") for i in range(10)]
    others = [service("asks", loadBalancerIPs="192.0.2.1"), service("elsewhere", address_pool="q")]
    pools = [pool("p", "192.0.2.1/32"), pool("q", "198.51.100.1/32", autoAssign=False)]
    holders = {"h": "192.0.2.1", "k": "198.51.100.1"}
    before = state("0.14.8", pools, holders, [service("h"), service("k"), *waiting, *others])
    more = Change(
        "IPAddressPool",
        "metallb-system/p",
        patch=({"op": "add", "path": "/spec/addresses/-", "value": "192.0.2.11-192.0.2.20"},),
    )
    outcome = before.with_change(more)
    assert {outcome.fate(f"default/w{i}").allocates for i in range(10)} == {True}
    assert {outcome.fate(f"default/{name}").allocates for name in ("asks", "elsewhere")} == {False}
    then = before.with_change(more, patch("asks", ASKED, op="remove"))
    assert then.fate("default/asks").allocates is not True
