"""The allocator's table under any sequence of changes."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from loganalyzer.correlator.candidates import violations
from loganalyzer.metallb.addresses import Address, parse_address
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import Service
from loganalyzer.metallb.versions import Version
from loganalyzer.model.allocator import Allocator
from loganalyzer.model.state import AddressUse, Allocation, Holder
from loganalyzer.rules.catalogue import of_kind
from loganalyzer.rules.rule import AddressRule
from tests.building import CONFIGURATIONS, NAMES, SERVICES, configuration, place, service, span
from tests.model.invariants import check, doubled_ports, uses

V = Version(0, 14, 8)
ADDRESSES = [*map(parse_address, ("192.0.2.1", "198.51.100.7", "198.51.100.255", "203.0.113.4", "2001:db8::1"))]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("assign"), SERVICES, st.sampled_from(ADDRESSES)),
        st.tuples(st.just("release"), st.sampled_from(NAMES)),
        st.tuples(st.just("configure"), CONFIGURATIONS),
        st.tuples(st.just("reset")),
    ),
    max_size=12,
)


def allocation(seen: Service, *addresses: Address) -> Allocation:
    """What a service that was seen holds."""
    return Allocation(seen.key, addresses, seen.claim(V), place(1))


@given(STEPS)
@settings(max_examples=80)
def test_all_views_of_the_table_agree(steps: list[tuple[object, ...]]) -> None:
    """Whatever happens, allocations, holders, taken ports and the pools' counts tell the same."""
    allocator = Allocator()
    for step in steps:
        match step:
            case "assign", Service() as seen, int(address):
                allocator.assign(allocation(seen, address))
            case "release", str(name):
                allocator.release(name)
            case "configure", pools:
                allocator.configure(pools, V)  # type: ignore[arg-type]
            case _:
                allocator.reset()
        check(allocator)


@given(STEPS)
def test_permitted_assignments_never_double_a_port(steps: list[tuple[object, ...]]) -> None:
    """If only what nothing refuses is assigned, no two services have one port of one address."""
    allocator = Allocator()
    for step in steps:
        match step:
            case "assign", Service() as seen, int(address):
                if not allocator.refusal(seen.key, (address,), seen.claim(V)):
                    allocator.assign(allocation(seen, address))
            case "release", str(name):
                allocator.release(name)
        assert list(doubled_ports(allocator)) == []


@given(st.lists(SERVICES, max_size=5, unique_by=lambda s: s.key), SERVICES, st.sampled_from(ADDRESSES))
def test_release_undoes_assign(holders: list[Service], last: Service, address: Address) -> None:
    """After assigning and releasing a newcomer, the same services are on the address with the same ports."""
    assume(last.key not in {s.key for s in holders})
    allocator = Allocator()
    for seen in holders:
        if not allocator.refusal(seen.key, (address,), seen.claim(V)):
            allocator.assign(allocation(seen, address))
    # A newcomer on a port that is taken turns its holder out, and that is not undone.
    assume(address not in uses(allocator) or uses(allocator)[address].taken.isdisjoint(last.ports))
    before, held = uses(allocator), dict(allocator.allocations)
    allocator.assign(allocation(last, address))
    allocator.release(last.key)
    assert allocator.allocations == held
    after = uses(allocator)
    assert {a: (u.holders, u.taken) for a, u in after.items()} == {a: (u.holders, u.taken) for a, u in before.items()}


@given(SERVICES, SERVICES, st.sampled_from(ADDRESSES))
def test_a_newcomer_on_a_taken_port_turns_its_holder_out(holder: Service, newcomer: Service, address: Address) -> None:
    """Whoever had one of the newcomer's ports holds nothing after it: a port has one owner at any moment."""
    assume(holder.key != newcomer.key)
    allocator = Allocator()
    allocator.assign(allocation(holder, address))
    allocator.assign(allocation(newcomer, address))
    stays = not set(holder.ports) & set(newcomer.ports)
    assert (holder.key in allocator.allocations) == stays
    assert list(doubled_ports(allocator)) == []


@given(SERVICES, SERVICES)
def test_assigning_replaces_what_the_service_held(first: Service, second: Service) -> None:
    """A service that is given another address holds that one only."""
    second = service(first.key, ports=second.ports)
    allocator = Allocator()
    allocator.assign(allocation(first, *ADDRESSES[:2]))
    allocator.assign(allocation(second, ADDRESSES[2]))
    assert set(uses(allocator)) == {ADDRESSES[2]}
    assert uses(allocator)[ADDRESSES[2]].taken == set(second.ports)


USES = st.lists(SERVICES, min_size=1, max_size=3).map(
    lambda seen: AddressUse(
        sharing_key=seen[-1].claim(V).sharing_key,
        backend_key=seen[-1].claim(V).backend_key,
        holders=tuple(Holder(s.key, s.ports) for s in seen),
        services=tuple(sorted(s.key for s in seen)),
        taken=frozenset(p for s in seen for p in s.ports),
    )
)


@given(USES, SERVICES, st.sampled_from([*ADDRESSES, parse_address("192.0.2.0")]), st.booleans())
@settings(max_examples=250)
def test_an_address_admits_a_claim_if_no_rule_blocks_it(
    use: AddressUse, asking: Service, address: Address, avoid: bool
) -> None:
    """The allocator's one expression and the rules that explain a refusal agree on every case."""
    pool = Pool("blue", (span("192.0.2.0", "192.0.2.255"),), avoid_buggy=avoid)
    claim = asking.claim(V)
    sharing = [r for r in of_kind(AddressRule) if r.code != "MLB207"]
    assert use.admits(claim) == (not any(r.blocks(pool, address, use, claim) for r in sharing))
    for r in sharing:
        assert not r.blocks(pool, address, None, claim)


@given(USES, SERVICES)
def test_all_rules_that_hold_are_listed_in_metallbs_order(use: AddressUse, asking: Service) -> None:
    """`violations` lists each rule that holds, the one that MetalLB stops at first."""
    pool = Pool("blue", (span("192.0.2.0", "192.0.2.255"),), avoid_buggy=True)
    allocator = Allocator()
    allocator.configure(configuration(pool), V)
    broken = violations(allocator.table(pool), parse_address("192.0.2.0"), use, asking.claim(V))
    assert broken[0] == "MLB207"
    order = ["MLB207", "MLB101", "MLB102", "MLB103", "MLB104", "MLB105"]
    assert list(broken) == sorted(broken, key=order.index)
