"""What MetalLB does again and again by itself: allocate anew, go round in circles, try a refused configuration."""

from typing import Any

import pytest

from loganalyzer.metallb.addresses import parse_address
from loganalyzer.metallb.pool_objects import configuration_from, pool_from_object
from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.fixes import Search, _found
from loganalyzer.whatif.proposal import Case
from loganalyzer.whatif.state import State
from tests.whatif.samples import key, patch, pool, service, state

BOTH = pool("p", "192.0.2.1-192.0.2.3", "fd00::1-fd00::3")


def _prefers(name: str, **annotations: Any) -> dict[str, Any]:
    """A service of one cluster IP that prefers two families."""
    found = service(name, **annotations)
    found["spec"]["ipFamilyPolicy"] = "PreferDualStack"
    return found


def test_a_service_of_one_family_with_two_addresses_is_allocated_anew_at_each_pass() -> None:
    """0.14.9 gives it both families, and then takes that for a change of family: a lower address that is free is taken.

    Seen on the allocator of metallb v0.14.9: an unrelated change of a pool moves the service.
    """
    before = state("0.14.9", [BOTH], {"a": "192.0.2.3"}, [_prefers("a"), service("b", key="k")])
    world = before.world.copy()
    held = (parse_address("192.0.2.3"), parse_address("fd00::1"))
    world.assign(world.services["default/a"], held)
    world.show("default/a", held)
    world.moved.clear()
    restless = State(before.version, version_known=True, known=True, at=before.at, world=world)
    wider = Change(
        "IPAddressPool",
        "metallb-system/p",
        patch=({"op": "add", "path": "/spec/addresses/-", "value": "192.0.2.9/32"},),
    )
    [loss] = restless.with_change(wider).losses
    assert loss.service == "default/a"
    assert restless.at_once("default/b", (patch("b", "/metadata/labels", {"x": "y"}),)) is None


@pytest.mark.parametrize("version", ["0.15.0", "0.16.1"])
def test_a_service_that_goes_round_in_circles_may_have_either(version: str) -> None:
    """One address, then a second family, then one again: both are among what it may get."""
    before = state(version, [BOTH], {}, [_prefers("a", address_pool="gone")])
    drop = patch("a", "/metadata/annotations/metallb.universe.tf~1address-pool", op="remove")
    fate = before.with_change(drop).fate("default/a")
    assert fate.allocates is True
    assert {parse_address("192.0.2.1"), parse_address("fd00::1")} <= set(fate.addresses)


def _refused(version: str) -> State:
    """`a` holds an address that the newer configuration, which MetalLB keeps trying, has not."""
    services = [service("a"), service("w", key="k", port=81)]
    before = state(version, [pool("p", "192.0.2.1/32")], {"a": "192.0.2.1"}, services)
    newer = pool("p", "198.51.100.1/32")
    world = before.world.copy()
    world.pools = {"p": newer}
    world.stale = frozenset({"p"})
    world.pending = configuration_from([pool_from_object("p", newer["spec"], before.version, {})])
    return State(before.version, version_known=True, known=True, at=before.at, world=world)


@pytest.mark.parametrize("version", ["0.13.0", "0.13.7", "0.13.12"])
def test_a_refused_configuration_is_in_force_as_soon_as_it_fits(version: str) -> None:
    """The holder goes: what waits gets the old address or the new one, as either pass may come first."""
    outcome = _refused(version).with_change(Change("Service", "default/a"))
    fate = outcome.fate("default/w")
    assert parse_address("198.51.100.1") in fate.addresses
    assert not outcome.rejected


def test_a_key_for_the_holder_is_offered_while_a_configuration_is_refused() -> None:
    """It changes nothing about that the new configuration does not fit."""
    before = _refused("0.13.12")
    titles = [fix.title for fix in _found(Case(before, before.world.services["default/w"]), Search())]
    assert "give default/a the sharing key 'k'" in titles
    assert before.with_change(key("a", "k")).losses == ()
