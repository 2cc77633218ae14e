"""Of many that are in each other's way two orders are tried: what is said then holds in all the others, too."""

from typing import Any
from unittest.mock import patch as replaced

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loganalyzer.errors import UsageError
from loganalyzer.whatif import orders
from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.check import check
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
            *(patch(n, ASKED, op="remove") for n in NAMES[:3]),
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
    """A service that surely gets an address, or surely none, or surely keeps its own, does; no other than is named."""
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
        assert set(fate.addresses) <= set(guessed[name].addresses), name
        if guessed[name].allocates and guessed[name].by_itself is not None:
            assert guessed[name].by_itself == fate.by_itself, name
    losses = {loss.service: loss for loss in told.losses}
    for loss in exact.losses:
        assert loss.service in losses or guessed[loss.service].allocates is not True, loss
        assert loss.service not in losses or set(loss.gets) <= {*losses[loss.service].gets, *loss.address}, loss


def test_a_world_that_is_reached_twice_is_as_open_as_on_either_way() -> None:
    """Both edits of b may end in the same, once behind others that contend for what it has given up."""
    services = [
        service("a"),
        service("b", port=81, loadBalancerIPs=ADDRESSES[1]),
        service("c", port=82, local=True, loadBalancerIPs=ADDRESSES[2]),
        service("d", key="other", local=True, loadBalancerIPs=ADDRESSES[0]),
    ]
    before = state("0.13.12", POOLS, {"a": ADDRESSES[0]}, services)
    changes = [patch("b", ASKED, op="remove"), patch("a", ASKED, ADDRESSES[2]), patch("b", ASKED, "198.51.100.1")]
    for enumerated in (6, 0):
        _, fates = _fates(before, changes, enumerated)
        assert {n[-1]: f.allocates for n, f in fates.items() if n[-1] in "abc"} == {"a": None, "b": False, "c": None}


def test_what_an_edit_may_move_to_is_counted_beside_all_that_were_in_a_crowd() -> None:
    """Not beside those that contend now: in another order any of them may hold what is free in this one."""
    services = [service("a", key="k", loadBalancerIPs=ADDRESSES[1]), service("f", port=82)]
    services += [service("b", key="other", port=81, local=True, loadBalancerIPs=ADDRESSES[2])]
    services += [
        service(name, key="k", port=port, local=port != 81) for name, port in (("c", 82), ("d", 80), ("e", 81))
    ]
    operation = {"op": "add", "path": "/spec/addresses/-", "value": "192.0.2.9/32"}
    changes = [Change("IPAddressPool", "metallb-system/p", patch=(operation,)), patch("a", ASKED, op="remove")]
    before = state("0.13.12", POOLS, {}, services)
    exact, told = (_fates(before, changes, n)[1]["default/a"].addresses for n in (6, 1))
    assert len(exact) == 4
    assert set(exact) <= set(told)


def test_what_was_given_up_and_had_again_may_be_had_by_another() -> None:
    """In both orders that are tried b has its own address again; in another it has not."""
    services = [
        service("a", key="k", local=True, loadBalancerIPs=ADDRESSES[2]),
        service("b", key="k", port=81),
        service("c", key="k", local=True, port=82),
    ]
    before = state("0.14.9", POOLS, {"b": ADDRESSES[1]}, services)
    changes = [patch("b", ASKED, "198.51.100.1"), patch("a", "/metadata/labels", {}), patch("b", ASKED, op="remove")]
    for enumerated in (6, 0):
        outcome, _ = _fates(before, changes, enumerated)
        assert [loss.service for loss in outcome.losses] == ["default/b"]


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


def test_each_that_asks_for_an_address_of_its_own_gets_it() -> None:
    """Where nobody else may have it: who takes any address of the pool may be first."""
    asking = [service(f"w{i}", loadBalancerIPs=f"192.0.2.{i}") for i in range(10, 20)]
    more = [{"op": "add", "path": "/spec/addresses/-", "value": "192.0.2.10-192.0.2.19"}]
    change = Change("IPAddressPool", "metallb-system/p", patch=more)
    for others, allocates in (
        ([], True),
        ([service("any")], None),
        ([service("same", loadBalancerIPs="192.0.2.12")], None),
    ):
        before = state("0.14.8", [pool("p", "192.0.2.1/32")], {"h": "192.0.2.1"}, [service("h"), *asking, *others])
        outcome = before.with_change(change)
        assert outcome.fate("default/w12").allocates is allocates
        assert outcome.fate("default/w12").addresses == (3221225996,)


def test_many_that_fit_beside_each_other_need_one_address() -> None:
    """All of them get it, whoever comes first; not where two want the same port, or another may be before them."""
    sharing = [service(f"w{i}", key="k", port=1000 + i) for i in range(10)]
    for others, allocates in (([], True), ([service("x", key="k", port=1003)], None), ([service("any")], None)):
        before = state("0.14.8", [pool("p", "192.0.2.1/32")], {"h": "192.0.2.1"}, [service("h"), *sharing, *others])
        outcome = before.with_change(Change("Service", "default/h"))
        assert outcome.fate("default/w3").allocates is allocates


def test_many_that_fit_beside_one_that_stays_need_no_address() -> None:
    """Though another may be first for the one that is free."""
    sharing = [service(f"w{i}", key="k", port=1000 + i) for i in range(10)]
    services = [service("h", key="j"), service("gone"), service("any"), *sharing]
    before = state("0.15.3", [pool("p", "192.0.2.0/31")], {"h": "192.0.2.0", "gone": "192.0.2.1"}, services)
    outcome = before.with_change(key("h", "k"), Change("Service", "default/gone"))
    assert {outcome.fate(f"default/w{i}").allocates for i in range(10)} == {True}


def test_a_choice_among_pools_is_made() -> None:
    """Of what many get of one of two pools, one way goes on."""
    waiting = [service(f"w{i}") for i in range(10)]
    pools = [pool("p", "192.0.2.1/32"), pool("q", "198.51.100.0/24")]
    before = state("0.14.8", pools, {"h": "192.0.2.1"}, [service("h"), *waiting])
    more = [{"op": "add", "path": "/spec/addresses/-", "value": "192.0.2.128/25"}]
    outcome = before.with_change(Change("IPAddressPool", "metallb-system/p", patch=more))
    fates = [outcome.fate(f"default/w{i}") for i in range(10)]
    assert {(fate.allocates, fate.by_itself) for fate in fates} == {(True, True)}


def _too_few(*more: Change) -> tuple[dict[str, bool | None], set[str]]:
    """Who of eight that lose their addresses gets one of seven others: the verdicts, and who loses."""
    names = [f"h{i}" for i in range(8)]
    held = {name: f"192.0.2.{number}" for number, name in enumerate(names)}
    before = state("0.14.8", [pool("p", "192.0.2.0/29")], held, [service(name) for name in names])
    other = [{"op": "replace", "path": "/spec/addresses/0", "value": "198.51.100.1-198.51.100.7"}]
    report = check(before, [Change("IPAddressPool", "metallb-system/p", patch=other), *more])
    return {v.service: v.allocates for v in report.services}, {loss.service for loss in report.loses}


def test_who_gets_none_in_an_order_that_was_not_tried_is_named() -> None:
    """In both orders that are tried all but the first and the last get one."""
    verdicts, losses = _too_few()
    assert verdicts == {f"default/h{i}": None for i in range(8)}
    assert losses == verdicts.keys()


def test_who_was_in_a_crowd_and_is_deleted_loses_nothing() -> None:
    """It is no more."""
    verdicts, losses = _too_few(Change("Service", "default/h3"))
    assert losses == verdicts.keys() == {f"default/h{i}" for i in range(8)} - {"default/h3"}


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
