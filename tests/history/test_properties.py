"""What holds of the history of every real log."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings

from loganalyzer.history.collect import Spans
from loganalyzer.history.spans import ENDS, REMOVALS, WAIT_ENDS, Span
from loganalyzer.metallb.addresses import Address, format_address, parse_address
from loganalyzer.metallb.services import Port
from loganalyzer.model.run import Replay
from tests.history.samples import controllers, history_of, label
from tests.samples import EDITED_LOGS, events_of

every_log = pytest.mark.parametrize("path", controllers(), ids=label)


def overlaps(found: Iterable[Span]) -> Iterator[tuple[Span, Span]]:
    """Intervals that have one port of an address at once."""
    by_port: dict[tuple[int, Address, Port], list[Span]] = defaultdict(list)
    for span in found:
        for port in span.ports or ():
            by_port[span.history, span.address, port].append(span)
    for spans in by_port.values():
        spans.sort(key=lambda s: (s.since.line, s.until.line))
        for one, following in pairwise(spans):
            if one.until.line > following.since.line:
                yield one, following


@every_log
def test_no_two_services_have_one_port_of_an_address_at_once(path: Path) -> None:
    """On one address and port an interval ends at the latest where the next one begins."""
    assert list(overlaps(history_of(path)[1].spans)) == []


@every_log
def test_what_is_held_at_the_end_is_what_the_diagnosis_says(path: Path) -> None:
    """The intervals that last to the end are the diagnosis' holdings, address by address."""
    diagnosis, history = history_of(path)
    held = {(s.service, s.address) for s in history.spans if s.why == "held"}
    assert held == {(h.service, parse_address(a)) for h in diagnosis.holdings for a in h.addresses}


@every_log
def test_a_service_waits_or_holds(path: Path) -> None:
    """A service that waits holds nothing, and gets what it waited for where the wait says so."""
    history = history_of(path)[1]
    for wait in history.waits:
        mine = [s for s in history.spans if s.service == wait.service and s.history == wait.history]
        assert wait.since.line <= wait.last.line <= wait.until.line
        for span in mine:
            assert span.until.line <= wait.since.line or span.since.line >= wait.until.line or wait.why == "waiting"
        if wait.why == "allocated":
            got = {s.address for s in mine if s.until.line >= wait.until.line >= s.since.line}
            assert set(wait.addresses) <= got


@every_log
def test_attempts_of_waits_are_those_of_the_episodes(path: Path) -> None:
    """Waits count the attempts that the diagnosis' episodes count, writes that failed and nameless ones apart."""
    diagnosis, history = history_of(path)
    named = [f for f in diagnosis.failures if f.service and not (f.cause and f.cause.rule == "MLB403")]
    assert sum(w.attempts for w in history.waits) == sum(f.attempts for f in named)
    unresolved = {f.service for f in named if f.ended is None}
    assert {w.service for w in history.waits if w.why == "waiting"} == unresolved


@every_log
def test_pool_use_is_never_more_than_the_pool(path: Path) -> None:
    """Addresses in use are between none and all, and each entry changes something."""
    last: dict[tuple[int, str, str], tuple[int, int]] = {}
    for use in history_of(path)[1].pool_use:
        assert 0 <= use.used <= use.size
        key = (use.history, use.pool, use.family)
        assert last.get(key) != (use.used, use.size)
        last[key] = (use.used, use.size)


@every_log
def test_pool_use_at_the_end_is_what_is_held(path: Path) -> None:
    """The last entry of a pool counts the addresses of it that are held at the end."""
    history = history_of(path)[1]
    last = {(u.history, u.pool, u.family): u.used for u in history.pool_use}
    held = {(s.history, s.pool, s.address) for s in history.spans if s.why == "held" and s.pool}
    assert sum(last.values()) == len(held), [format_address(a) for _, _, a in held]


@every_log
def test_every_reason_is_listed(path: Path) -> None:
    """Intervals end for the reasons that the tables explain."""
    history = history_of(path)[1]
    assert {s.why for s in history.spans} <= ENDS.keys()
    assert {w.why for w in history.waits} <= WAIT_ENDS.keys()
    assert {w.removal.what for w in history.waits if w.removal} <= REMOVALS.keys()


@given(EDITED_LOGS)
@settings(max_examples=25)
def test_the_history_of_an_edited_log_follows_the_allocator(data: bytes) -> None:
    """Of a log with lines lost or moved too, what is held at the end is the allocator's table, and nothing overlaps."""
    spans = Spans()
    run = Replay(())
    run.events = spans.watch(events_of(data), run)
    for model, outcome in run.singly():
        spans.take(model, outcome)
    found = spans.history().spans
    held = {(s.service, s.address) for s in found if s.why == "held"}
    assert list(overlaps(found)) == []
    models = set(run.models.values())
    assert held == {(n, a) for m in models for n, h in m.allocator.allocations.items() for a in h.addresses}
