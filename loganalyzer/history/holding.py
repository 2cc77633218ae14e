"""What services got, kept and lost, as entries of a story: intervals told by their ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import structs

from loganalyzer.correlator.announcements.times import seconds
from loganalyzer.history.entries import Entry
from loganalyzer.history.spans import REMOVALS, History, Span, Wait
from loganalyzer.metallb.addresses import Address, format_address
from loganalyzer.model.state import Place
from loganalyzer.rules.rule import listing

Key = tuple[int, str]
"""A history's number and a service."""

_LOST: Final = {
    "cleared": "MetalLB takes {} away",
    "dropped": "{} is dropped: the service's status does not have it",
    "reconfigured": "{} is lost: the new configuration has it in no pool",
    "displaced": "{} is lost: the log shows another service on its port",
}
_GONE: Final = {"deleted": "deleted", "not-load-balancer": "no load balancer any more"}


def holdings(history: History) -> Iterator[Entry]:
    """One entry for all addresses that a service got, kept or lost at one line."""
    waits = {(w.history, w.service, w.until): w for w in history.waits if w.why == "allocated"}
    by_service: dict[Key, list[Span]] = {}
    for span in history.spans:
        by_service.setdefault((span.history, span.service), []).append(span)
    for (number, service), spans in by_service.items():
        ended, before = _grouped(spans, by_end=True), dict(zip(map(id, spans[1:]), spans, strict=False))
        begins = _begins(spans)
        for since, begun in _grouped(spans, by_end=False).items():
            yield from _begun(since, begun, ended, before, waits.get((number, service, since)))
        for until, over in ended.items():
            yield from _over(until, over, begins)
        if spans[-1].why == "restarted":
            yield from _not_given_back(spans, history, begins)


def _begins(spans: list[Span]) -> Mapping[int, Place]:
    """Since when the service has had the address of each interval, by its identity: an edit or a start ends none."""
    latest: dict[Address, Span] = {}
    found: dict[int, Place] = {}
    for span in spans:
        before = latest.get(span.address)
        goes_on = before is not None and (
            (before.why in ("edited", "reconfigured") and before.until == span.since)
            or (before.why == "restarted" and span.kept)
        )
        found[id(span)] = found[id(before)] if before is not None and goes_on else span.since
        latest[span.address] = span
    return found


def _grouped(spans: list[Span], *, by_end: bool) -> dict[Place, list[Span]]:
    found: dict[Place, list[Span]] = {}
    for span in spans:
        found.setdefault(span.until if by_end else span.since, []).append(span)
    return found


def _begun(
    since: Place, begun: list[Span], ended: Mapping[Place, list[Span]], earlier: Mapping[int, Span], wait: Wait | None
) -> Iterator[Entry]:
    """What a service has from one line on; parts of an interval that was only edited are no news.

    `earlier` has the span before each, by its identity.
    """
    before = ended.get(since, [])
    edited = {s.address for s in before if s.why == "edited"}
    for span in begun:
        if span.address in {s.address for s in before if s.why == "reconfigured"}:
            what = f"{format_address(span.address)} belongs to pool {span.pool or 'none'} now"
            yield _entry(since, "configuration", what, [span])
            edited.add(span.address)
    new = [s for s in begun if s.address not in edited]
    if not new:
        return
    if new[0].kept:
        yield _entry(since, "kept", f"has {_texts(new)}, as its status says", new)
        return
    moved = [s for s in before if s.why == "moved"] or _before_restart(earlier.get(id(new[0])))
    instead = f" instead of {_texts(moved)}" if moved and _texts(moved) != _texts(new) else ""
    entry = _entry(since, "allocated", f"gets {_texts(new)}{instead}", new)
    yield structs.replace(entry, seconds=between(wait.since, since) if wait is not None else None)


def _before_restart(earlier: Span | None) -> list[Span]:
    """What the service held when the controller last ended, where nothing came in between."""
    return [earlier] if earlier is not None and earlier.why == "restarted" else []


def room_made(history: History) -> Iterator[Entry]:
    """What made room for services that had waited, as entries of their stories."""
    for wait in history.waits:
        found = wait.removal
        if found is not None:
            who = f" ({found.who})" if found.who else ""
            addresses = tuple(map(format_address, wait.addresses))
            what = f"room for {listing(addresses)}: {REMOVALS[found.what]}{who}"
            yield Entry(found.at, "made-room", what, wait.service, addresses=addresses)


def _not_given_back(spans: list[Span], history: History, begins: Mapping[int, Place]) -> Iterator[Entry]:
    """What a service held when the controller started anew, and found it given to another when its turn came."""
    last = spans[-1]
    lost = [s for s in spans if s.why == "restarted" and s.until == last.until]
    own = [w for w in history.waits if (w.history, w.service) == (last.history, last.service)]
    wait = next((w for w in own if _is_behind(w.since, last.until)), None)
    if wait is None:
        return
    held = {s.address for s in lost}
    others = dict.fromkeys(
        s.service
        for s in history.spans
        if s.address in held and s.history == last.history and s.service != last.service
        if _is_behind(s.since, last.until) and not _is_behind(s.since, wait.since)
    )
    who = f": {listing(tuple(others))} got it first" if others else ""
    entry = _entry(wait.since, "lost", f"{_texts(lost)} is lost over the controller's start{who}", lost)
    yield structs.replace(entry, seconds=between(begins[id(lost[0])], last.until))


def _is_behind(one: Place, other: Place) -> bool:
    """Whether a line comes after another: in one input by their order, else by their times."""
    if one.source is other.source:
        return one.line > other.line
    first, second = seconds(other), seconds(one)
    return first is not None and second is not None and second >= first


def _over(until: Place, over: list[Span], begins: Mapping[int, Place]) -> Iterator[Entry]:
    """What a service has no more from one line on."""
    for why in dict.fromkeys(s.why for s in over):
        spans = [s for s in over if s.why == why]
        held = between(begins[id(spans[0])], until)
        if why in _GONE:
            yield structs.replace(_entry(until, why, f"{_GONE[why]}; gives up {_texts(spans)}", spans), seconds=held)
        elif why in _LOST:
            because = f": {spans[0].reason}" if spans[0].reason else ""
            yield structs.replace(
                _entry(until, "lost", _LOST[why].format(_texts(spans)) + because, spans), seconds=held
            )


def _entry(at: Place, kind: str, what: str, spans: list[Span]) -> Entry:
    addresses = tuple(format_address(s.address) for s in spans)
    return Entry(at, kind, what, spans[0].service, addresses=addresses, pool=spans[0].pool)


def _texts(spans: list[Span]) -> str:
    return listing(tuple(dict.fromkeys(format_address(s.address) for s in spans)))


def between(first: Place, last: Place) -> float | None:
    """Seconds from one line to the other; None where a time is missing or they go back."""
    begin, end = seconds(first), seconds(last)
    return end - begin if begin is not None and end is not None and end >= begin else None
