"""One story out of what controllers and speakers tell: entries chosen by what it is about, in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

from msgspec import Struct

from loganalyzer.correlator.diagnosis import Diagnosis, Failure
from loganalyzer.history.announcers import EXPECTED, announced, pods, spoken
from loganalyzer.history.entries import Entry, Focus, folded, ordered
from loganalyzer.history.holding import between, holdings, room_made
from loganalyzer.history.notes import Notes
from loganalyzer.history.overheard import Overheard
from loganalyzer.history.spans import History
from loganalyzer.history.trouble import ends_of_waits, failures, fullness, marks
from loganalyzer.parser.stamps import moment

ALWAYS = frozenset({"started", "stopping", "crashed", "clock", "rejected"})
"""Kinds that concern everybody, where a controller tells of them."""


class Told(Struct, frozen=True):
    """A story with what it is about and what it was made from.

    `named`: something of what it is about is in the inputs. `waited` are the seconds that its services were without
    an address, `attempts` those that failed. `dropped` counts changes of sessions that were too many to keep.
    `exact`: the order of lines of different inputs is known, as no two of one second have no fraction of it.
    """

    focus: Focus
    entries: tuple[Entry, ...]
    diagnosis: Diagnosis
    named: bool = True
    exact: bool = True
    waited: float = 0.0
    attempts: int = 0
    dropped: int = 0


def story(diagnosis: Diagnosis, history: History, notes: Notes, told: Overheard, focus: Focus) -> Told:
    """The story of what was asked for."""
    entries = [
        *marks(history),
        *notes.entries,
        *failures(diagnosis.failures),
        *holdings(history),
        *(room_made(history) if focus.services else ()),
        *ends_of_waits(history),
        *fullness(history.pool_use),
        *announced(diagnosis.announcements.episodes),
        *pods(diagnosis.announcements.stories),
        *spoken(told),
    ]
    chooser = _chooser(focus, entries, diagnosis.failures)
    found = ordered((e for e in entries if chooser(e)), told.order())
    own = [w for w in history.waits if focus.everything or focus.takes_service(w.service)]
    return Told(
        focus,
        tuple(found if focus.services else folded(found)),
        diagnosis,
        focus.everything or any(focus.names(e) for e in found),
        _exact(found),
        sum(between(w.since, w.until) or 0.0 for w in own),
        sum(_attempts(f) for f in diagnosis.failures if focus.everything or focus.takes_service(f.service)),
        told.dropped,
    )


def _attempts(failure: Failure) -> int:
    """How many attempts failed; that an address could not be written is none."""
    return 0 if failure.cause is not None and failure.cause.rule == "MLB403" else failure.attempts


def _exact(found: list[Entry]) -> bool:
    """Whether no two neighbours of different inputs have the same second and one of them no fraction of it."""
    for one, other in pairwise(found):
        apart = one.at.source is not other.at.source and b"." not in one.at.stamp + other.at.stamp
        if apart and moment(one.at.stamp) == moment(other.at.stamp) != "":
            return False
    return True


Chooser = Callable[[Entry], bool]


def _chooser(focus: Focus, entries: list[Entry], found: Iterable[Failure]) -> Chooser:
    """Whether an entry belongs to the story."""
    if focus.nodes:
        return lambda entry: entry.node in focus.nodes or (entry.kind == "clock" and _of_speaker(entry))
    if focus.services:
        return _of_services(focus, entries)
    if focus.addresses:
        return _of_addresses(focus, entries)
    if focus.pools:
        return _of_pools(focus, found)
    return lambda entry: entry.kind != "silent" or entry.rule not in EXPECTED


def _of_speaker(entry: Entry) -> bool:
    return entry.at.source.component == "speaker"


def _of_services(focus: Focus, entries: list[Entry]) -> Chooser:
    """Their own entries, those of the nodes that announce them, and what concerns all."""
    own = [e for e in entries if focus.takes_service(e.service)]
    nodes = {e.node for e in own if e.kind == "announced"}

    def chosen(entry: Entry) -> bool:
        if entry.service is not None:
            return focus.takes_service(entry.service) and (entry.kind != "silent" or entry.rule not in EXPECTED)
        if entry.node is not None:
            return entry.node in nodes
        return entry.kind in ALWAYS or entry.kind == "configuration"

    return chosen


def _of_addresses(focus: Focus, entries: list[Entry]) -> Chooser:
    """Who held them, asked for them or was refused them; what those services changed; and what concerns all."""
    services = {e.service for e in entries if focus.holds_any(e) and e.service is not None}

    def chosen(entry: Entry) -> bool:
        if entry.addresses and entry.service is not None:
            return focus.holds_any(entry) and entry.kind != "silent"
        if entry.service is not None:
            return entry.service in services and entry.kind in ("edited", "not-load-balancer")
        return entry.node is None and (entry.kind in ALWAYS or entry.kind == "configuration")

    return chosen


def _of_pools(focus: Focus, found: Iterable[Failure]) -> Chooser:
    """Their use and their changes, who got an address of them or was refused one, and what concerns all."""
    looked = {
        (f.service, f.first) for f in found if any(p.name in focus.pools and (p.eligible or p.rule) for p in f.pools)
    }

    def chosen(entry: Entry) -> bool:
        if entry.pool is not None:
            return entry.pool in focus.pools
        if entry.kind == "failed":
            return (entry.service, entry.at) in looked
        return entry.service is None and entry.node is None and entry.kind in ALWAYS

    return chosen
