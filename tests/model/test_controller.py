"""The model under events in any order, those of no real log included."""

from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loganalyzer.metallb.addresses import parse_address
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import Port, Service
from loganalyzer.model.controller import Model
from loganalyzer.model.outcomes import Attempt, Obtained
from loganalyzer.model.run import Replay
from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event, What
from loganalyzer.sources.inputs import Source
from tests.building import CONFIGURATIONS, NAMES, SERVICES, configuration, debug_source, service, span
from tests.model.invariants import check, doubled_ports

ADDRESSES = st.sampled_from([*map(parse_address, ("192.0.2.1", "198.51.100.7", "203.0.113.4", "2001:db8::1"))])
ERRORS = st.sampled_from(["no available IPs", 'port TCP/80 is already in use on ["192.0.2.1"]', "", "nonsense"])

ENDINGS: st.SearchStrategy[list[What]] = st.one_of(
    ADDRESSES.map(lambda a: [e.AddressAllocated((a,), additional=False), e.ServiceWritten()]),
    ADDRESSES.map(lambda a: [e.AddressAllocated((a,), additional=True), e.UpdateFailed("conflict")]),
    ERRORS.map(lambda text: [e.AllocationFailed(text), e.NothingChanged()]),
    ADDRESSES.map(lambda a: [e.AssignmentCleared("", "not allowed"), e.AddressAllocated((a,), additional=False)]),
    st.sampled_from([
        [e.NothingChanged()],
        [],
        [e.ServiceDeleted()],
        [e.AssignmentCleared("notLoadBalancer", ""), e.NothingChanged()],
        [e.AssignmentCleared("noConfig", "")],
        [e.AssignmentCleared("noClusterIPs", "")],
        [e.Unconfigured()],
        [e.RequestInvalid("bad")],
    ]),
)  # fmt: skip


def one_pass(seen: Service, status: tuple[str, ...], ending: list[What]) -> list[tuple[str | None, What]]:
    """The events of a pass over one service."""
    dumped = service(seen.key, key=seen.sharing_key((0, 14, 8)), ports=seen.ports, status=status)  # type: ignore[arg-type]
    return [
        (None, e.ReconcileStarted("ServiceReconciler", seen.key, reprocess=False)),
        (seen.key, e.ServiceSeen(dumped, reprocess=False)),
        (seen.key, e.PassStarted()),
        *((seen.key, what) for what in ending),
        (seen.key, e.PassEnded()),
        (None, e.ReconcileEnded("ServiceReconciler", seen.key, reprocess=False)),
    ]


PASSES = st.builds(
    one_pass,
    SERVICES,
    st.sampled_from([(), ("192.0.2.1",), ("198.51.100.7",), ("192.0.2.1", "2001:db8::1")]),
    ENDINGS,
)
OTHERS: st.SearchStrategy[list[tuple[str | None, What]]] = st.one_of(
    CONFIGURATIONS.map(
        lambda c: [
            (None, e.ConfigurationRendered(c)),
            (None, e.ConfigurationStarted()),
            (None, e.ConfigurationEnded()),
        ]
    ),
    st.sampled_from([
        [(None, e.Started("controller", "0.14.8", "")), (None, e.StateSynced())],
        [(None, e.Started("controller", "0.13.12", ""))],
        [(None, e.Stopping())],
        [(None, e.Panicked("panic: x"))],
        [(None, e.ConfigurationRendered(None)), (None, e.ConfigurationEnded())],
        [(None, e.ConfigurationRejected("bad pool"))],
        [(None, e.ConfigurationUnchanged())],
        [(None, e.PassStarted()), (None, e.AllocationFailed("no available IPs"))],
        [(None, e.AddressAllocated((1,), additional=False))],
    ]),
    st.sampled_from(NAMES).map(lambda name: [(name, e.ServiceDeletionSeen(name)), (name, e.ServiceDeleted())]),
)  # fmt: skip
HISTORIES = st.lists(st.one_of(PASSES, PASSES, OTHERS), max_size=12).map(
    lambda parts: [item for part in parts for item in part]
)


def numbered(items: list[tuple[str | None, What]], source: Source) -> Iterator[Event]:
    """Events at the lines of a source."""
    for line, (name, what) in enumerate(items, 1):
        yield Event(source, line, b"2026-05-04T08:00:00Z", name, what)


BLUE = configuration(Pool("blue", (span("192.0.2.1", "192.0.2.9"),)))
CONTRADICTION = [
    (None, e.Started("controller", "0.14.8", "")),
    (None, e.ConfigurationRendered(BLUE)),
    (None, e.ConfigurationEnded()),
    *one_pass(service("team-a/a"), (), [e.AddressAllocated((parse_address("192.0.2.1"),), additional=False)]),
    *one_pass(service("team-a/b"), (), [e.AddressAllocated((parse_address("192.0.2.1"),), additional=False)]),
]
"""A log that says what cannot be: one port of one address given to two services."""


@given(HISTORIES)
@settings(max_examples=100)
@example(CONTRADICTION)
def test_one_port_of_an_address_is_never_given_to_two_services(items: list[tuple[str | None, What]]) -> None:
    """Whatever a log says, no protocol/port pair of an address is held by two services at any moment."""
    for step in Replay(numbered(items, debug_source())):
        assert list(doubled_ports(step.model.allocator)) == []


@given(HISTORIES)
@settings(max_examples=100)
@example(CONTRADICTION)
def test_what_cannot_be_is_counted_and_marked(items: list[tuple[str | None, What]]) -> None:
    """A port is doubled, if at all, only on an address marked as doubtful, and then a divergence was counted."""
    run = Replay(numbered(items, debug_source()))
    for step in run:
        assert list(doubled_ports(step.model.allocator, doubtful=False)) == []
        if list(doubled_ports(step.model.allocator)):
            assert step.model.divergences


def test_a_contradiction_is_a_divergence() -> None:
    """An allocation that the model holds impossible is counted once, and its address is doubtful."""
    run = Replay(numbered(CONTRADICTION, debug_source())).run()
    (model,) = run.models.values()
    assert model.divergences == 1
    assert not model.table().pools["blue"].certain


@given(HISTORIES)
@settings(max_examples=80)
def test_the_table_is_sound_at_every_outcome(items: list[tuple[str | None, What]]) -> None:
    """At each outcome all views of the allocator agree, and an attempt's service holds nothing."""
    for model, outcome in Replay(numbered(items, debug_source())).singly():
        check(model.allocator)
        if isinstance(outcome, Attempt):
            assert outcome.service not in outcome.table.allocations
            assert outcome.seen is None or outcome.seen.key == outcome.service
        if isinstance(outcome, Obtained) and outcome.service is not None:
            assert model.allocator.allocations[outcome.service].addresses == outcome.addresses


@given(HISTORIES)
def test_the_replay_is_a_function_of_its_events(items: list[tuple[str | None, What]]) -> None:
    """The same events give the same outcomes and the same state at the end."""
    source = debug_source()
    runs = [Replay(numbered(items, source)) for _ in range(2)]
    told = [[(type(o), o.service, o.at) for _, o in run.singly()] for run in runs]
    assert told[0] == told[1]
    ends = [[m.allocator.allocations for m in run.models.values()] for run in runs]
    assert ends[0] == ends[1]


@given(HISTORIES)
def test_a_start_forgets_everything(items: list[tuple[str | None, What]]) -> None:
    """After a start of the controller nobody holds anything and nothing is configured."""
    source = debug_source()
    run = Replay(numbered([*items, (None, e.Started("controller", "0.14.8", ""))], source)).run()
    allocator = run.models[source].allocator
    assert allocator.allocations == {}
    assert allocator.configuration is None
    assert not run.models[source].table().complete


@given(HISTORIES)
def test_an_attempts_table_is_not_changed_later(items: list[tuple[str | None, What]]) -> None:
    """The table that an attempt carries stays as it was, whatever happens afterwards."""
    kept = []
    for _, outcome in Replay(numbered(items, debug_source())).singly():
        if isinstance(outcome, Attempt):
            table = outcome.table
            kept.append((table, dict(table.allocations), {n: dict(t.uses) for n, t in table.pools.items()}))
    for table, allocations, in_use in kept:
        assert table.allocations == allocations
        assert {n: dict(t.uses) for n, t in table.pools.items()} == in_use


START: list[tuple[str | None, What]] = [(None, e.Started("controller", "0.14.8", ""))]
ONE = one_pass(service("team-a/a"), (), [e.NothingChanged()])
EVERY = "ServiceReconciler - reprocessAll"
OPENED: list[tuple[str | None, What]] = [(None, e.ReconcileStarted(EVERY, "metallbreload/reload", reprocess=True))]
CLOSED: list[tuple[str | None, What]] = [(None, e.ReconcileEnded(EVERY, "metallbreload/reload", reprocess=True))]
UNREADABLE: list[tuple[str | None, What]] = [(None, e.ServiceSeen(None, reprocess=True))]
KNOWN = [
    pytest.param([*START, *ONE], "debug", True, id="from the start on"),
    pytest.param(ONE, "debug", False, id="begun late"),
    pytest.param([*ONE, *OPENED, *ONE[1:-1]], "debug", False, id="begun late, inside a pass over all"),
    pytest.param([*ONE, *OPENED, *ONE[1:-1], *CLOSED], "debug", True, id="begun late, after a pass over all"),
    pytest.param([*OPENED, *ONE[1:-1], *CLOSED], "info", False, id="a pass over all at info level"),
    pytest.param([*ONE[1:-1], *CLOSED], "debug", False, id="a pass over all whose beginning is missing"),
    pytest.param([*OPENED, *UNREADABLE, *CLOSED], "debug", False, id="a pass over all with an unreadable service"),
    pytest.param([*START, *ONE, *UNREADABLE], "debug", False, id="a service that could not be read"),
    pytest.param(
        [*START, *UNREADABLE, *ONE],
        "debug",
        False,
        id="a service that could not be read, then others",
    ),
]


@pytest.mark.parametrize(("items", "level", "complete"), KNOWN)
def test_when_every_holder_is_known(items: list[tuple[str | None, What]], level: str, complete: bool) -> None:
    """Every holder is in the log from a start on, or after one whole pass over all services at debug level."""
    source = debug_source()
    source.level = level
    run = Replay(numbered(items, source)).run()
    assert run.models[source].table().complete == complete


def after(*items: tuple[str | None, What], version: str = "0.14.9") -> Model:
    """The model at the end of a log that begins with a start and these pools: blue and green."""
    pools = [Pool("blue", (span("192.0.2.1", "192.0.2.9"), span("2001:db8::1", "2001:db8::9")))]
    begin: list[tuple[str | None, What]] = [(None, e.Started("controller", version, "")), *configured(*pools)]
    run = Replay(numbered([*begin, *items], debug_source())).run()
    (model,) = run.models.values()
    return model


def configured(*pools: Pool) -> list[tuple[str | None, What]]:
    """The events of a configuration that is taken over."""
    found = e.ConfigurationRendered(configuration(*pools))
    return [
        (None, e.ReconcileStarted("PoolReconciler", "metallb-system/blue", reprocess=False)),
        (None, found),
        (None, e.ConfigurationStarted()),
        (None, e.ConfigurationEnded()),
        (None, e.ReloadForced()),
        (None, e.ReconcileEnded("PoolReconciler", "metallb-system/blue", reprocess=False)),
    ]


FIRST, SECOND = parse_address("192.0.2.1"), parse_address("2001:db8::1")
GIVEN = one_pass(service("team-a/a"), (), [e.AddressAllocated((FIRST,), additional=False), e.ServiceWritten()])


def test_an_additional_address_comes_beside_the_first() -> None:
    """From 0.14.9 on a service that has one address may get one of the other family in a later pass."""
    more = one_pass(
        service("team-a/a"), ("192.0.2.1",), [e.AddressAllocated((SECOND,), additional=True), e.ServiceWritten()]
    )
    assert after(*GIVEN, *more).allocator.allocations["team-a/a"].addresses == (FIRST, SECOND)


@pytest.mark.parametrize(("version", "held"), [("0.13.12", True), ("0.14.0", False)])
def test_new_pools_drop_what_is_outside_them(version: str, held: bool) -> None:
    """From 0.14 on an allocation that no pool has any more is gone at once, and no line says so."""
    elsewhere = configured(Pool("green", (span("198.51.100.1", "198.51.100.9"),)))
    assert ("team-a/a" in after(*GIVEN, *elsewhere, version=version).allocator.allocations) == held


def test_an_address_of_no_pool_tells_of_pools_that_no_line_shows() -> None:
    """What MetalLB gives is in a pool: the one that is known is not the configuration in force."""
    outside: list[What] = [e.AddressAllocated((parse_address("203.0.113.7"),), additional=False), e.ServiceWritten()]
    model = after(*one_pass(service("team-a/b"), (), outside))
    assert not model.table().configured
    assert after(*GIVEN).table().configured


def test_an_address_that_was_kept_against_the_replay_is_held_and_doubtful() -> None:
    """MetalLB let a service keep its address where the replay has another without a key on it: one of them is wrong."""
    kept = one_pass(service("team-a/b", ports=(Port("TCP", 22),)), ("192.0.2.1",), [e.NothingChanged()])
    model = after(*GIVEN, *kept)
    assert model.divergences == 1
    use = model.allocator.on(FIRST)
    assert use is not None
    assert (use.services, use.doubtful) == (("team-a/a", "team-a/b"), True)


@pytest.mark.parametrize(("name", "complete"), [("team-a/a", True), ("team-a/x", False)])
def test_who_is_said_to_have_failed_is_who_was_shown_last(name: str, complete: bool) -> None:
    """Another service's pass, of which no line is there, may have given it any address."""
    model = after(*GIVEN[:-1], (name, e.ServiceFailed(name, None, retry=False)), GIVEN[-1])
    assert model.table().complete == complete
