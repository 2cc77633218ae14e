"""The order of a story, and what is told once."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from loganalyzer.history.entries import KINDS, Entry, Focus, folded, ordered
from loganalyzer.metallb.addresses import parse_address
from loganalyzer.model.state import Place
from loganalyzer.sources.inputs import Source


def source(name: str, component: str = "controller") -> Source:
    """An input of a controller or a speaker."""
    found = Source(name)
    found.components.add(component)
    return found


CONTROLLER, OTHER = source("controller.log"), source("other.log")
NODE_1, NODE_2 = source("speaker-1.log", "speaker"), source("speaker-2.log", "speaker")
ORDER = {s: (i, 0) for i, s in enumerate((NODE_2, NODE_1, OTHER, CONTROLLER))}


def entry(where: Source, line: int, time: str, kind: str = "asked", service: str | None = None) -> Entry:
    """An entry that is named after its place; `time` is of one day."""
    stamp = f"2024-05-04T{time}Z".encode() if time else b""
    return Entry(Place(where, line, stamp), kind, f"{where.name}:{line}", service)


def names(entries: list[Entry]) -> list[str]:
    """The entries' places without the files' suffixes."""
    return [e.what.replace(".log", "") for e in entries]


CASES = [
    pytest.param(
        [entry(NODE_1, 1, "08:00:02"), entry(CONTROLLER, 9, "08:00:01")],
        ["controller:9", "speaker-1:1"],
        id="by time, not by input",
    ),
    pytest.param(
        [entry(NODE_1, 1, "08:00:01"), entry(NODE_2, 1, "08:00:01"), entry(CONTROLLER, 9, "08:00:01")],
        ["controller:9", "speaker-2:1", "speaker-1:1"],
        id="of one second the controller's first, then by input",
    ),
    pytest.param(
        [entry(NODE_1, 1, "08:00:01.2"), entry(CONTROLLER, 9, "08:00:01.3")],
        ["speaker-1:1", "controller:9"],
        id="fractions on both sides order within a second",
    ),
    pytest.param(
        [entry(NODE_1, 1, "08:00:01.2"), entry(CONTROLLER, 9, "08:00:01")],
        ["controller:9", "speaker-1:1"],
        id="a fraction on one side tells nothing",
    ),
    pytest.param(
        [entry(CONTROLLER, 9, "08:00:00"), entry(CONTROLLER, 5, "08:10:00"), entry(NODE_1, 1, "08:05:00")],
        ["speaker-1:1", "controller:5", "controller:9"],
        id="lines keep their order where the clock goes back",
    ),
    pytest.param(
        [entry(CONTROLLER, 2, ""), entry(CONTROLLER, 1, "08:00:00"), entry(NODE_1, 1, "08:00:01")],
        ["controller:1", "controller:2", "speaker-1:1"],
        id="a line without a time follows the one before it",
    ),
    pytest.param(
        [entry(CONTROLLER, 1, "nonsense"), entry(NODE_1, 1, "08:00:01")],
        ["controller:1", "speaker-1:1"],
        id="a time that can't be read is none",
    ),
]


@pytest.mark.parametrize(("entries", "expected"), CASES)
def test_order(entries: list[Entry], expected: list[str]) -> None:
    """Entries are in the order of time as far as the logs tell it, however they come."""
    assert names(ordered(entries, ORDER)) == expected
    assert names(ordered(list(reversed(entries)), ORDER)) == expected


def test_newest_first_logs_are_turned() -> None:
    """Where the newest line comes first, the higher number is the earlier line."""
    entries = [entry(CONTROLLER, 1, "08:00:02"), entry(CONTROLLER, 2, "08:00:01"), entry(CONTROLLER, 3, "08:00:01")]
    assert names(ordered(entries, {CONTROLLER: (0, 1)})) == ["controller:3", "controller:2", "controller:1"]


TIMES = st.lists(st.sampled_from(["", "08:00:00", "08:00:01", "08:00:01.5", "07:59:00", "09:00:00"]), max_size=12)


@given(TIMES, TIMES, st.integers(0, 1000))
def test_lines_of_one_input_never_change_places(one: list[str], other: list[str], seed: int) -> None:
    """Whatever the times are, each input's entries stay in the order of their lines, and none is lost."""
    entries = [entry(CONTROLLER, i, t) for i, t in enumerate(one)] + [entry(NODE_1, i, t) for i, t in enumerate(other)]
    random.Random(seed).shuffle(entries)  # noqa: S311 - no secret
    found = ordered(entries, ORDER)
    for where, count in ((CONTROLLER, len(one)), (NODE_1, len(other))):
        assert [e.at.line for e in found if e.at.source is where] == list(range(count))


def _run(kind: str, count: int) -> list[Entry]:
    return [entry(CONTROLLER, i, "08:00:00", kind, f"default/s{i}") for i in range(count)]


def test_many_services_that_do_the_same_are_one_entry() -> None:
    """A run of services that keep their addresses is one entry from its first line to its last, with their number."""
    found = list(folded([*_run("kept", 9), *_run("allocated", 2)]))
    assert [(e.kind, e.times) for e in found] == [("kept", 9), ("allocated", 1), ("allocated", 1)]
    assert (found[0].at.line, found[0].last and found[0].last.line) == (0, 8)
    assert found[0].what.startswith("9 services")


@pytest.mark.parametrize(("kind", "count"), [("kept", 3), ("allocated", 9), ("failed", 9)])
def test_few_and_others_are_told_one_by_one(kind: str, count: int) -> None:
    """Three services are told one by one, and what differs from service to service always is."""
    entries = _run(kind, count)
    assert list(folded(entries)) == entries


def test_every_kind_of_a_case_is_listed() -> None:
    """The kinds that tests use are kinds that exist."""
    assert {"asked", "kept", "allocated", "failed"} <= KINDS.keys()


FOCUS = [
    pytest.param(Focus(services=frozenset({"default/web"})), True, id="a service"),
    pytest.param(Focus(services=frozenset({"web"})), True, id="a service in any namespace"),
    pytest.param(Focus(services=frozenset({"kube-system/web"})), False, id="another service"),
    pytest.param(Focus(addresses=frozenset({parse_address("2001:db8::1")})), True, id="an address, however written"),
    pytest.param(Focus(addresses=frozenset({parse_address("2001:db8::2")})), False, id="another address"),
    pytest.param(Focus(pools=frozenset({"a"})), True, id="a pool"),
    pytest.param(Focus(nodes=frozenset({"n"})), True, id="a node"),
    pytest.param(Focus(nodes=frozenset({"m"})), False, id="another node"),
]


@pytest.mark.parametrize(("focus", "named"), FOCUS)
def test_focus(focus: Focus, named: bool) -> None:
    """An entry is of what was asked for by its service, address, pool or node."""
    found = structs.replace(
        entry(CONTROLLER, 1, ""), service="default/web", addresses=("2001:db8:0::1",), pool="a", node="n"
    )
    assert focus.names(found) is named


def test_odd_addresses_are_nobodys() -> None:
    """What a hostile line has in an address' place is no address, and no error."""
    found = structs.replace(entry(CONTROLLER, 1, ""), addresses=("not an address", ""))
    assert Focus(addresses=frozenset({1})).names(found) is False
