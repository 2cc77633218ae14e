"""What worlds of one origin share is what each of them would find by itself."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.metallb.addresses import FAMILIES, Address, AddressRange, Family
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.services import Claim
from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.choice import allocate
from loganalyzer.whatif.orders import restless, unsettled
from loganalyzer.whatif.state import Outcome
from loganalyzer.whatif.world import World
from tests.whatif.samples import SAMPLES, pool, service, state, state_at

KNOWN = [folder for folder in SAMPLES if (folder / "controller.log").exists()]


def _anew(world: World) -> World:
    """The same state, which came of no other."""
    return World(
        world.version,
        world.allocator.copy(),
        dict(world.services),
        dict(world.status),
        dict(world.pools),
        world.namespaces,
        handled=world.handled,
    )


def _walked(world: World, pool: Pool, claim: Claim, family: Family) -> Address | None:
    """What MetalLB would take, by a look at the whole pool."""
    table = world.allocator.table(pool)
    free = table.first_free[family]
    return min(
        [*table.all_admitting(claim, family), *([] if free is None else [free])],
        key=lambda a: (next(i for i, r in enumerate(pool.ranges) if a in r), a),
        default=None,
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KNOWN), st.data())
def test_a_world_answers_as_one_that_came_of_no_other(folder: Path, data: st.DataObject) -> None:
    """Whatever happens in it."""
    found = state_at(folder)
    world = found.world.copy()
    pools = (found.world.allocator.configuration or Configuration({})).pools
    names = st.sampled_from(sorted(world.services))
    for _ in range(data.draw(st.integers(1, 6))):
        name = data.draw(names)
        if name not in world.services:
            continue
        how = data.draw(st.sampled_from(("get", "get", "release", "drop", "show", "copy")))
        if how == "get":
            options = allocate(world, world.services[name]).options
            if options and not world.held(name):
                world.assign(world.services[name], options[0])
                world.show(name, options[0])
        elif how == "release":
            world.release(name)
        elif how == "drop":
            world.drop(name)
        elif how == "show":
            world.show(name, ())
        else:
            world = world.copy()
    alone = _anew(world)
    for other in world.services.values():
        claim = other.claim(world.version)
        for made in pools.values():
            for family in FAMILIES:
                assert world.fit(made, claim, family) == _walked(world, made, claim, family)
                assert world.free_in(made, family) == alone.free_in(made, family)
        assert allocate(world, other) == allocate(alone, other)
    assert restless(world) == {n for n in alone.services if alone.status.get(n) and unsettled(alone, n)}


@pytest.mark.parametrize("spare", [0, 1, 6, 7, 8])
def test_a_rush_is_told_only_where_no_order_is_sure(spare: int) -> None:
    """Not of what a deletion frees in a pool that nobody who waits looks into, however much room there is."""
    waiting = [service(f"w{i}") for i in range(8)]
    pools = [pool("a", "192.0.2.1/32"), pool("b", f"198.51.100.0-198.51.100.{spare}", autoAssign=False)]
    began = state("0.14.8", pools, {"h": "192.0.2.1", "k": "198.51.100.0"}, [service("h"), service("k"), *waiting])
    for holder in ("default/h", "default/k"):
        outcome = Outcome(began, (Change("Service", holder),))
        told = {name for name in began.waiting if outcome.contends(name)}
        assert told == (set(began.waiting) if holder == "default/h" else set())
        assert all(began.with_change(*outcome.changes).fate(name).allocates is not True for name in told)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6), st.booleans()), max_size=6), st.lists(st.integers(-2, 50))
)
def test_the_pool_of_an_address_is_the_first_that_has_it(
    spans: list[tuple[int, int, bool]], addresses: list[int]
) -> None:
    """Also where several have it."""
    pools = [
        Pool(str(i), (AddressRange(first, first + more), AddressRange(100 + i, 100 + i)), avoid_buggy=avoid)
        for i, (first, more, avoid) in enumerate(spans)
    ]
    made = Configuration({p.name: p for p in pools})
    for address in addresses:
        assert made.pool_containing(address) is next((p for p in pools if p.contains(address)), None)
    some = tuple(addresses[:2])
    assert made.pool_for(some) is next((p for p in pools if all(p.owns(a) for a in some)), None)
