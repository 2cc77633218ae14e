"""What makes MetalLB look at a waiting service again, by version."""

import pytest

from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.state import State
from tests.whatif.samples import key, patch, pool, service, state, to_cluster

ONE = [pool("p", "192.0.2.1-192.0.2.1")]


def _shared_and_waiting(version: str, *, local: bool = False) -> State:
    """`a` holds the only address under a key; `w` waits with another one; `idle` is no load balancer."""
    idle = service("idle")
    idle["spec"]["type"] = "ClusterIP"
    return state(
        version,
        ONE,
        {"a": "192.0.2.1"},
        [service("a", key="one", port=80, local=local), service("w", key="two", port=81), idle],
    )


HOLDERS_KEY = [
    ("0.13.0", False),
    ("0.13.12", False),
    ("0.14.8", False),
    ("0.14.9", False),
    ("0.15.0", True),
    ("0.15.3", True),
    ("0.16.1", True),
]


@pytest.mark.parametrize(("version", "wakes"), HOLDERS_KEY, ids=[v for v, _ in HOLDERS_KEY])
def test_a_holders_new_key_wakes_the_waiting_from_0_15_on(version: str, wakes: bool) -> None:
    """The waiting service fits then; before 0.15 it has to be touched."""
    fate = _shared_and_waiting(version).with_change(key("a", "two")).fate("default/w")
    assert (fate.allocates, fate.by_itself) == (True, wakes)


RELEASE = [
    ("0.13.0", False),
    ("0.13.7", False),
    ("0.13.8", True),
    ("0.13.12", True),
    ("0.14.8", True),
    ("0.16.1", True),
]


@pytest.mark.parametrize(("version", "wakes"), RELEASE, ids=[v for v, _ in RELEASE])
def test_a_service_that_gives_up_its_address_wakes_the_waiting_from_0_13_8_on(version: str, wakes: bool) -> None:
    """The holder becomes a ClusterIP service."""
    fate = _shared_and_waiting(version).with_change(patch("a", "/spec/type", "ClusterIP")).fate("default/w")
    assert (fate.allocates, fate.by_itself) == (True, wakes)


ANY_DELETION = [("0.13.0", True), ("0.13.9", True), ("0.13.10", False), ("0.14.8", False), ("0.16.1", False)]


@pytest.mark.parametrize(("version", "wakes"), ANY_DELETION, ids=[v for v, _ in ANY_DELETION])
def test_any_deletion_wakes_the_waiting_up_to_0_13_9(version: str, wakes: bool) -> None:
    """The key was changed before; then a service without an address is deleted."""
    changes = (key("a", "two"), Change("Service", "default/idle"))
    if version >= "0.15":
        changes = (patch("a", "/spec/ports/0/port", 79), *changes[1:])
    fate = _shared_and_waiting(version).with_change(*changes).fate("default/w")
    assert bool(fate.by_itself) is wakes


UNCHANGED = [
    ("0.13.0", "192.0.2.1-192.0.2.1", True),
    ("0.13.10", "192.0.2.1-192.0.2.1", True),
    ("0.13.11", "192.0.2.1-192.0.2.1", False),
    ("0.13.12", "192.0.2.1/32", True),
    ("0.14.8", "192.0.2.1/32", True),
    ("0.14.8", "192.0.2.1-192.0.2.1", False),
    ("0.15.0", "192.0.2.1/32", False),
    ("0.16.1", "192.0.2.1/32", False),
]


@pytest.mark.parametrize(("version", "notation", "wakes"), UNCHANGED, ids=[f"{v}-{n}" for v, n, _ in UNCHANGED])
def test_an_event_without_new_configuration(version: str, notation: str, wakes: bool) -> None:
    """A pool's annotation changes: that wakes where MetalLB takes its configuration for changed."""
    before = state(
        version,
        [pool("p", notation)],
        {"a": "192.0.2.1"},
        [service("a", key="one"), service("w", key="two", port=81)],
    )
    world = before.world.copy()
    world.services["default/w"] = state(
        version, [pool("p", notation)], {}, [service("w", key="one", port=81)]
    ).world.services["default/w"]
    ready = State(before.version, version_known=True, known=True, at=before.at, world=world)
    noted = Change(
        "IPAddressPool",
        "metallb-system/p",
        patch=({"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}},),
    )
    assert ready.with_change(noted).fate("default/w").by_itself is wakes


PAIR = [("0.13.0", True), ("0.13.7", True), ("0.13.8", False), ("0.14.9", False), ("0.15.0", True), ("0.16.1", True)]


@pytest.mark.parametrize(("version", "back"), PAIR, ids=[v for v, _ in PAIR])
def test_two_that_share_under_local_both_move_to_cluster(version: str, back: bool) -> None:
    """The first loses the address; up to 0.13.7 MetalLB retries it, from 0.15 on the second edit wakes it."""
    before = state(
        version,
        ONE,
        {"a": "192.0.2.1", "b": "192.0.2.1"},
        [service("a", key="k", local=True), service("b", key="k", local=True, port=81)],
    )
    outcome = before.with_change(to_cluster("a"), to_cluster("b"))
    fate = outcome.fate("default/a")
    assert (fate.allocates, fate.by_itself) == (True, back)
    assert outcome.interrupted == (("default/a",) if back else ())
    assert [loss.service for loss in outcome.losses] == ([] if back else ["default/a"])


def test_a_change_that_changes_nothing_wakes_nobody() -> None:
    """The annotation already has that value."""
    before = _shared_and_waiting("0.16.1")
    outcome = before.with_change(key("a", "one"))
    assert outcome.worlds == (before.world,)


STRANDED = [("0.13.12", True), ("0.14.0", False), ("0.16.1", False)]


@pytest.mark.parametrize(("version", "refused"), STRANDED, ids=[v for v, _ in STRANDED])
def test_a_pool_without_an_address_in_use(version: str, refused: bool) -> None:
    """Up to 0.13 MetalLB refuses it and retries once the address is given up; later the service loses it."""
    before = state(version, ONE, {"a": "192.0.2.1"}, [service("a")])
    elsewhere = Change(
        "IPAddressPool",
        "metallb-system/p",
        patch=({"op": "replace", "path": "/spec/addresses", "value": ["192.0.2.9/32"]},),
    )
    outcome = before.with_change(elsewhere)
    assert bool(outcome.rejected) is refused
    assert [loss.service for loss in outcome.losses] == ([] if refused else ["default/a"])
    then = before.with_change(elsewhere, Change("Service", "default/a"))
    assert not then.rejected
    assert then.worlds[0].allocator.configuration is not None
    assert then.worlds[0].allocator.configuration.pools["p"].contains(3221225993)


def test_contention_is_not_decided() -> None:
    """One new address, two that wait for any: which gets it MetalLB's order decides."""
    before = state("0.14.8", ONE, {"a": "192.0.2.1"}, [service("a"), service("u"), service("w")])
    more = Change(
        "IPAddressPool",
        "metallb-system/p",
        patch=({"op": "add", "path": "/spec/addresses/-", "value": "192.0.2.2/32"},),
    )
    fate = before.with_change(more).fate("default/u")
    assert fate.allocates is None
    assert fate.contends_with == ("default/w",)


def test_many_that_contend_are_judged_without_trying_every_order() -> None:
    """Twenty wait: with twenty new addresses each is sure of one, with nineteen none is."""
    waiting = [service(f"w{i}") for i in range(20)]
    before = state("0.14.8", ONE, {"a": "192.0.2.1"}, [service("a"), *waiting])

    def more(last: int) -> Change:
        value = f"192.0.2.2-192.0.2.{last}"
        return Change(
            "IPAddressPool", "metallb-system/p", patch=({"op": "add", "path": "/spec/addresses/-", "value": value},)
        )

    assert {before.with_change(more(21)).fate(f"default/w{i}").allocates for i in range(20)} == {True}
    assert {before.with_change(more(20)).fate(f"default/w{i}").allocates for i in range(20)} == {None}


MANY = [pool("p", "192.0.2.1-192.0.2.9")]


def _many() -> State:
    """Nine hold what there is, twenty wait."""
    names = [f"h{i}" for i in range(1, 10)]
    services = [service(name) for name in (*names, *(f"w{i}" for i in range(20)))]
    return state("0.14.8", MANY, {name: f"192.0.2.{name[1:]}" for name in names}, services)


def test_many_changes_among_many_that_contend_take_no_more_worlds_each() -> None:
    """Each of the nine deletions gives one address to one of those that wait: any of them may get any."""
    outcome = _many().with_change(*(Change("Service", f"default/h{i}") for i in range(1, 10)))
    assert len(outcome.worlds) == 2
    for name in ("w0", "w5", "w19"):
        fate = outcome.fate(f"default/{name}")
        assert fate.allocates is None
        assert fate.addresses == tuple(3221225984 + i for i in range(1, 10))


def test_an_edit_behind_it_decides_nothing_for_those_that_contend() -> None:
    """What an order that was not tried may give a service it may give it still."""
    changes = Change("Service", "default/h1"), patch("h9", "/metadata/annotations/note", "y")
    assert _many().with_change(*changes).fate("default/w7").addresses == (3221225985,)
