"""The judgement of random small states, compared with the catalogue's text written out plainly."""

from collections.abc import Iterable
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import structs

from loganalyzer.correlator.candidates import Candidate
from loganalyzer.correlator.judge import candidates, judge
from loganalyzer.metallb.addresses import FAMILIES, Address, Family, format_address, parse_address
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.services import Port, Service
from loganalyzer.metallb.versions import Version
from loganalyzer.model.allocator import Allocator
from loganalyzer.model.outcomes import Attempt
from loganalyzer.model.state import Allocation, Table
from tests.building import CONFIGURATIONS, SERVICES, VERSIONS, configuration, debug_source, place, service, span
from tests.correlator import reference
from tests.samples import FIXTURES, diagnosis_of


class World(NamedTuple):
    """A configuration, who holds what, and who asks."""

    version: Version
    pools: Configuration
    allocator: Allocator
    allocations: list[Allocation]
    asking: Service

    @property
    def held(self) -> reference.Held:
        """Who is on which address, the asking service left out as MetalLB has it when it looks."""
        return reference.held_by(self.allocations)

    def attempt(self, error: str, *, complete: bool = True, seen: bool = True) -> Attempt:
        """A failed pass over the asking service."""
        source = debug_source()
        table = Table(
            version=self.version,
            version_known=True,
            configuration=self.pools,
            configured=True,
            complete=complete,
            pools={name: self.allocator.table(pool) for name, pool in self.pools.pools.items()},
            allocations=dict(self.allocator.allocations),
        )
        here = place(99, source)
        return Attempt(self.asking.key, here, error, self.asking if seen else None, here, table)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Holders are placed as MetalLB would: only where nothing refuses them; then somebody else asks."""
    version = draw(st.sampled_from(VERSIONS))
    pools = draw(CONFIGURATIONS)
    allocator = Allocator()
    allocator.configure(pools, version)
    allocations: list[Allocation] = []
    for line, holder in enumerate(draw(st.lists(SERVICES, min_size=2, max_size=6)), 1):
        if holder.key in allocator.allocations:
            continue
        claim = holder.claim(version)
        free = [
            address
            for pool in pools.pools.values()
            for r in pool.ranges
            if r.family in claim.families
            for address in range(r.first, r.last + 1)
            if not allocator.refusal(holder.key, (address,), claim)
        ]
        if free:
            held = Allocation(holder.key, (draw(st.sampled_from(free)),), claim, place(line))
            allocator.assign(held)
            allocations.append(held)
    asking = draw(SERVICES.filter(lambda s: s.key not in allocator.allocations))
    return World(version, pools, allocator, allocations, asking)


def expanded(found: Iterable[Candidate]) -> list[tuple[str, Address, tuple[str, ...], tuple[str, ...]]]:
    """Runs of candidates as single addresses."""
    return [(c.pool, a, c.holders, c.violations) for c in found for a in range(c.first, c.last + 1)]


@settings(max_examples=250)
@given(worlds())
def test_exhausted_has_the_cause_that_the_catalogue_says(world: World) -> None:
    """`no available IPs`: rule, address, pool and holders are those of the plain walk over all addresses."""
    requested = world.asking.requested_pool(world.version)
    assume(not requested or requested in world.pools.pools)
    judgement = judge(world.attempt("no available IPs"))
    expected = reference.cause(world.pools, world.asking, world.held, world.version)
    assert (judgement.rule, judgement.address, judgement.pool, judgement.holders) == tuple(expected)
    assert judgement.certainty == ("proven" if expected.rule else "unknown")


@settings(max_examples=120)
@given(worlds())
def test_candidates_are_the_blocked_addresses(world: World) -> None:
    """The candidates are the blocked addresses of the eligible pools, each with all rules that it breaks."""
    requested = world.asking.requested_pool(world.version)
    assume(not requested or requested in world.pools.pools)
    attempt = world.attempt("no available IPs")
    judgement = judge(attempt)
    assume(judgement.rule is not None)
    found, omitted = candidates(attempt, judgement)
    everywhere, _, _ = reference.blocked_addresses(world.pools, world.asking, world.held, world.version)
    assert omitted == 0
    assert sorted(expanded(found)) == sorted((b.pool, b.address, b.holders, b.violations) for b in everywhere)
    assert all(c.rule == c.violations[0] for c in found)


@settings(max_examples=120)
@given(worlds())
def test_pools_carry_the_rule_that_passed_them_over(world: World) -> None:
    """A pool is eligible, or has the lowest code of the rules against it, or was merely not asked for."""
    requested = world.asking.requested_pool(world.version)
    assume(not requested or requested in world.pools.pools)
    assume(world.pools.pools)
    judgement = judge(world.attempt("no available IPs"))
    expected = reference.eligible_pools(world.pools, world.asking, world.version)
    assert {p.name: p.rule or (None if p.eligible else "") for p in judgement.pools} == expected


@settings(max_examples=120)
@given(worlds(), st.data())
def test_a_refused_request_has_the_rule_of_its_address(world: World, data: st.DataObject) -> None:
    """Asked for one address that others hold, the rule is the one that MetalLB's text and the state agree on."""
    assume(world.held)
    address = data.draw(st.sampled_from(sorted(world.held)))
    pool = world.pools.pool_containing(address)
    assert pool is not None
    world = world._replace(asking=structs.replace(world.asking, load_balancer_ip=format_address(address)))
    broken = [v for v in reference.violations(pool, address, world.asking, world.held, world.version) if v != "MLB207"]
    assume(broken)
    holders = tuple(sorted(h.service for h in world.held[address]))
    if broken[0] == "MLB105":
        port = next(p for p in world.asking.ports if any(p in h.ports for h in world.held[address]))
        error = f'port {port} is already in use on ["{format_address(address)}"]'
    else:
        listed = ",".join(data.draw(st.permutations(holders)))
        error = f'can\'t change sharing key for "{world.asking.key}", address also in use by {listed}'
    judgement = judge(world.attempt(error))
    assert (judgement.rule, judgement.certainty) == (broken[0], "proven")
    assert (judgement.address, judgement.pool, judgement.holders) == (address, pool.name, holders)


@settings(max_examples=80)
@given(worlds())
def test_unknown_holders_are_never_proven(world: World) -> None:
    """Where not every holder is in the log, nothing that rests on holders is called proven."""
    requested = world.asking.requested_pool(world.version)
    assume(not requested or requested in world.pools.pools)
    judgement = judge(world.attempt("no available IPs", complete=False))
    if judgement.rule not in ("MLB202", "MLB203", "MLB204", "MLB205", "MLB206", "MLB207"):
        assert judgement.certainty != "proven"
        assert judgement.rule in (None, "MLB201")


ONE_FAMILY = configuration(Pool("blue", (span("192.0.2.1", "192.0.2.1"),)))
DUAL = [
    pytest.param("PreferDualStack", Version(0, 14, 8), "MLB206", id="preferred, before 0.14.9"),
    pytest.param("PreferDualStack", Version(0, 14, 9), "MLB201", id="preferred, from 0.14.9 on"),
    pytest.param("PreferDualStack", Version(0, 15, 3), "MLB201", id="preferred, 0.15"),
    pytest.param("RequireDualStack", Version(0, 14, 8), "MLB206", id="required"),
    pytest.param("RequireDualStack", Version(0, 15, 3), "MLB206", id="required, 0.15"),
]


@pytest.mark.parametrize(("policy", "version", "rule"), DUAL)
def test_both_families_or_either(policy: str, version: Version, rule: str) -> None:
    """A pool of one family is enough for PreferDualStack from 0.14.9 on, and never for RequireDualStack."""
    allocator = Allocator()
    allocator.configure(ONE_FAMILY, version)
    holder = service("team-a/b")
    held = Allocation(holder.key, (parse_address("192.0.2.1"),), holder.claim(version), place(1))
    allocator.assign(held)
    asking = service("team-a/a", cluster="dual", family_policy=policy)
    judgement = judge(World(version, ONE_FAMILY, allocator, [held], asking).attempt("no available IPs"))
    assert (judgement.rule, judgement.certainty) == (rule, "proven")


@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_is_known_of_a_service_that_was_not_seen(family: Family) -> None:
    """Without the service's own object `no available IPs` has no cause."""
    asking = service("team-a/a", cluster=family)
    world = World(Version(0, 14, 8), configuration(), Allocator(), [], asking)
    judgement = judge(world.attempt("no available IPs", seen=False))
    assert (judgement.rule, judgement.certainty) == (None, "unknown")
    assert judgement.lacks


ONE_POOL = [
    pytest.param(Version(0, 14, 9), "RequireDualStack", "one-pool", id="0.14.9 asks one pool alone"),
    pytest.param(Version(0, 14, 9), "PreferDualStack", "contradiction", id="no need of both"),
    pytest.param(Version(0, 14, 8), "SingleStack", "contradiction", id="a version that asks them all"),
]


@pytest.mark.parametrize(("version", "policy", "lack"), ONE_POOL)
def test_a_pool_of_one_family_may_have_been_the_only_one_asked(version: Version, policy: str, lack: str) -> None:
    """Where 0.14.9 may have met the wrong pool first, no line is missing, and nothing else is said to be."""
    pools = configuration(
        Pool("four", ranges=(span("10.0.0.1", "10.0.0.4"),)),
        Pool("six", ranges=(span("10.0.1.1", "10.0.1.4"), span("fd00::1", "fd00::4"))),
    )
    allocator = Allocator()
    allocator.configure(pools, version)
    world = World(version, pools, allocator, [], service("a/b", family_policy=policy))
    judgement = judge(world.attempt("no available IPs"))
    assert (judgement.rule, judgement.certainty, judgement.lacks) == (None, "unknown", (lack,))


def test_the_address_that_was_refused_may_not_be_the_one_asked_for() -> None:
    """Up to 0.13.7 a service stops at the address that it shows: whom it must not share with there is the cause."""
    log = (FIXTURES / "controllers" / "requested_while_sharing-v0.13.7.log").read_bytes()
    (failure,) = diagnosis_of(log).failures
    assert failure.cause is not None
    assert (failure.cause.rule, failure.cause.address, failure.certainty) == ("MLB103", "192.168.10.200", "proven")


def shared(
    *, known: bool = True, doubtful: bool = False, key: str = "edge", ports: tuple[Port, ...] = (Port("TCP", 80),)
) -> World:
    """Two holders of 192.0.2.1 under the key `edge`, somebody without a key on 192.0.2.2, and one more who asks."""
    pools = configuration(Pool("blue", (span("192.0.2.1", "192.0.2.2"),)))
    version, allocator = Version(0, 14, 8), Allocator()
    allocator.configure(pools, version)
    holders = [
        ("team-a/a", "192.0.2.1", "edge", (Port("TCP", 80),)),
        ("team-a/b", "192.0.2.1", "edge", (Port("TCP", 443),)),
        ("team-a/c", "192.0.2.2", "", (Port("TCP", 22),)),
    ]
    for line, (name, address, theirs, taken) in enumerate(holders, 1):
        claim = service(name, key=theirs, ports=taken).claim(version)
        unknown = name == "team-a/c" and not known
        held = Allocation(name, (parse_address(address),), None if unknown else claim, place(line))
        allocator.assign(held, doubtful=doubtful and name == "team-a/b")
    asking = service("team-b/d", key=key, ports=ports, requested="192.0.2.1")
    return World(version, pools, allocator, [], asking)


SHARED = 'can\'t change sharing key for "team-b/d", address also in use by team-a/a,team-a/b'
TAKEN = 'port TCP/80 is already in use on "192.0.2.1"'


@pytest.mark.parametrize(("error", "key", "rule"), [(TAKEN, "edge", "MLB105"), (SHARED, "web", "MLB103")])
@pytest.mark.parametrize(("doubtful", "certainty"), [(False, "proven"), (True, "partial")])
def test_what_the_state_adds_to_a_text_is_as_sure_as_the_state(
    error: str, key: str, rule: str, doubtful: bool, certainty: str
) -> None:
    """What a text does not name is proven only where nothing contradicted what is on its address."""
    judgement = judge(shared(doubtful=doubtful, key=key).attempt(error))
    assert (judgement.rule, judgement.holders, judgement.certainty) == (rule, ("team-a/a", "team-a/b"), certainty)


UNPLACED = [
    pytest.param('port TCP/80 is already in use on "10.9.9.9"', parse_address("10.9.9.9"), id="in no pool"),
    pytest.param('port TCP/80 is already in use on "web"', None, id="no address"),
    pytest.param('port TCP/22 is already in use on "192.0.2.1"', parse_address("192.0.2.1"), id="a port that is free"),
]


@pytest.mark.parametrize(("error", "address"), UNPLACED)
def test_a_port_that_nobody_has_is_named_without_a_holder(error: str, address: Address | None) -> None:
    """Where the state knows nobody who has the port, the text alone is the cause."""
    judgement = judge(shared(ports=(Port("TCP", 22),)).attempt(error))
    assert (judgement.rule, judgement.address, judgement.holders, judgement.certainty) == (
        "MLB105",
        address,
        (),
        "partial",
    )
    assert judgement.lacks == ("holders",)


def at_info(attempt: Attempt) -> Attempt:
    """The attempt as a log at info level tells it."""
    attempt.at.source.level = "info"
    nothing = structs.replace(attempt.table, complete=False, configured=False, configuration=None, pools={})
    return structs.replace(attempt, seen=None, table=nothing)


@pytest.mark.parametrize(("error", "rule"), [(TAKEN, "MLB105"), (SHARED, "MLB100"), ("no available IPs", None)])
def test_below_debug_level_that_is_what_is_lacking(error: str, rule: str | None) -> None:
    """At info level the state is not in the log; that of who holds what is only a part of it."""
    judgement = judge(at_info(shared().attempt(error)))
    assert (judgement.rule, judgement.lacks) == (rule, ("level",))


def test_a_refusal_by_key_is_not_explained_by_a_port() -> None:
    """MetalLB looks at ports only where the keys agree: a state in which they do contradicts it."""
    judgement = judge(shared().attempt(SHARED))
    assert (judgement.rule, judgement.certainty) == ("MLB100", "partial")


def test_who_asks_for_an_address_is_not_told_that_none_is_left() -> None:
    """MetalLB looks at that address alone, and says so: a request that it did not read tells no cause."""
    judgement = judge(shared(key="web").attempt("no available IPs"))
    assert (judgement.rule, judgement.certainty, judgement.lacks) == (None, "unknown", ("contradiction",))


def test_holders_that_the_state_does_not_have_contradict_it() -> None:
    """The text is MetalLB's: who is on the address it says, and by which rule the state can't say then."""
    judgement = judge(shared(key="web").attempt(SHARED.replace("team-a/b", "team-a/x")))
    assert (judgement.rule, judgement.holders, judgement.certainty) == ("MLB100", ("team-a/a", "team-a/x"), "partial")
    assert judgement.lacks == ("contradiction",)


@pytest.mark.parametrize(("known", "rule"), [(True, "MLB105"), (False, None)])
def test_one_holder_of_whom_nothing_is_known_leaves_the_cause_open(known: bool, rule: str | None) -> None:
    """Any address may be the one that came furthest."""
    world = shared(known=known)
    world = world._replace(asking=structs.replace(world.asking, load_balancer_ip=""))
    judgement = judge(world.attempt("no available IPs"))
    assert (judgement.rule, judgement.lacks) == (rule, () if known else ("start",))


FAMILY_TEXTS = [
    pytest.param('Invalid address ["None"]', ("None",), "MLB307", id="the cluster IP"),
    pytest.param('same address family ["10.0.0.1" "10.0.0.2"]', ("10.96.0.10",), "MLB304", id="the request"),
    pytest.param('same address family ["10.96.0.1" "10.96.0.2"]', ("10.96.0.1", "10.96.0.2"), "MLB307", id="both IPs"),
    pytest.param('Invalid address ["None"]', None, "MLB307", id="a text that only a cluster IP has"),
    pytest.param('same address family ["10.0.0.1" "10.0.0.2"]', None, None, id="either"),
]


@pytest.mark.parametrize(("text", "cluster_ips", "rule"), FAMILY_TEXTS)
def test_a_family_that_can_not_be_told_is_of_cluster_ips_or_of_the_request(
    text: str, cluster_ips: tuple[str, ...] | None, rule: str | None
) -> None:
    """MetalLB says the same of both: the service, where it is in the log, tells which of the two is at fault."""
    world = shared()
    world = world._replace(asking=structs.replace(world.asking, cluster_ips=cluster_ips or ()))
    judgement = judge(world.attempt(f"IPFamilyForAddresses: {text}", seen=cluster_ips is not None))
    assert (judgement.rule, judgement.certainty) == (rule, "proven" if rule else "unknown")
    assert [p.eligible for p in judgement.pools] == [False] * len(judgement.pools)
