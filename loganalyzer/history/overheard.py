"""What inputs tell that no diagnosis keeps: each change of speakers' sessions and members, and clocks that go back."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct, field, structs

from loganalyzer.correlator.announcements.times import seconds
from loganalyzer.history.entries import Entry, Order
from loganalyzer.metallb.versions import Version
from loganalyzer.model.speakers.sessions import without_port
from loganalyzer.model.speakers.watch import Speakers
from loganalyzer.model.state import place_of
from loganalyzer.parser import events as e
from loganalyzer.parser import speaker_events as s
from loganalyzer.parser.events import Event
from loganalyzer.sources.inputs import Source

MOST_KEPT: Final = 2048
"""Entries kept of one source; the oldest go first."""
MOST_JUMPS: Final = 64
_NUMBER: Final = re.compile(r"\d+")
GRAIN: Final = 2.0
"""Seconds by which lines of one process may be out of order: two pipes, whole seconds."""


class _Heard(Struct):
    """One source: its entries, its first and latest line, its clock."""

    first: int
    last: int = 0
    stamp: bytes = b""
    latest: float | None = None
    jumps: int = 0
    dropped: int = 0
    entries: deque[list[Entry]] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))
    running: dict[tuple[str, str], list[Entry]] = field(default_factory=dict)


class Overheard(Speakers):
    """All speakers of the inputs, and what is said along the way. Memory is bounded for each source."""

    def __init__(self, version: Version | None = None) -> None:
        super().__init__(version)
        self._heard: dict[Source, _Heard] = {}

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        """As `Speakers` does it, after a look at every event of every input."""
        return super().watch(self._listen(events))

    def order(self) -> Order:
        """The sources in the order in which they were read, with 1 where the newest line came first."""
        return {s: (i, int(h.first > h.last)) for i, (s, h) in enumerate(self._heard.items())}

    def entries(self) -> Iterator[Entry]:
        """What was kept, source by source; `node` is still to be found."""
        for heard in self._heard.values():
            yield from (entry for one in heard.entries for entry in one)

    @property
    def dropped(self) -> int:
        """How many entries were too many to keep."""
        return sum(h.dropped for h in self._heard.values())

    def _listen(self, events: Iterable[Event]) -> Iterator[Event]:
        current: Source | None = None
        find = _HEARD.get
        for event in events:
            if event.source is not current:
                current = event.source
                heard = self._heard.setdefault(current, _Heard(event.line))
            heard.last = event.line
            if event.stamp != heard.stamp:
                _tick(heard, event)
            words = find(type(event.what))
            if words is not None:
                _keep(heard, getattr(event.what, "peer", ""), words(event))
            yield event


def _tick(heard: _Heard, event: Event) -> None:
    """The time changed: an entry where it went back."""
    heard.stamp = event.stamp
    at = place_of(event)
    now = seconds(at)
    if now is None:
        return
    if heard.latest is not None and now < heard.latest - GRAIN and heard.jumps < MOST_JUMPS:
        heard.jumps += 1
        _add(heard, Entry(at, "clock", "the times of this input go back", seconds=heard.latest - now))
    heard.latest = now


def _keep(heard: _Heard, peer: str, entry: Entry | None) -> None:
    """One more entry, or one more line that says what the last one of its kind and peer says."""
    if entry is None:
        return
    if entry.kind == "started":
        heard.running.clear()
    latest = heard.running.get((entry.kind, peer))
    if latest is not None and entry.kind in ("session", "stopping") and _alike(latest[0].what, entry.what):
        latest[0] = structs.replace(latest[0], times=latest[0].times + 1, last=entry.at)
        return
    heard.running[entry.kind, peer] = _add(heard, entry)


def _add(heard: _Heard, entry: Entry) -> list[Entry]:
    heard.dropped += len(heard.entries) == MOST_KEPT
    heard.entries.append([entry])
    return heard.entries[-1]


def _alike(one: str, other: str) -> bool:
    """Whether two texts differ in numbers only: a refused connection's own port is another one each time."""
    return one == other or _NUMBER.sub("", one) == _NUMBER.sub("", other)


def _entry(event: Event, kind: str, what: str) -> Entry:
    return Entry(place_of(event), kind, what)


def _started(event: Event) -> Entry | None:
    what: e.Started = event.what  # type: ignore[assignment]
    if what.component != "speaker":
        return None
    return _entry(event, "started", f"the speaker {what.version} started".replace("  ", " "))


def _stopping(event: Event) -> Entry | None:
    return _entry(event, "stopping", "the speaker was asked to stop") if event.source.component == "speaker" else None


_HOW: Final = {
    "up": "is up",
    "down": "is down",
    "refused": "could not be had",
    "closed": "was closed by the peer",
}


def _session(event: Event) -> Entry:
    what: s.SessionChanged = event.what  # type: ignore[assignment]
    because = f": {what.error}" if what.error else ""
    numbers = f" (AS {what.local_asn} to {what.peer_asn})" if None not in (what.local_asn, what.peer_asn) else ""
    peer = without_port(what.peer) or "a peer"
    return _entry(event, "session", f"the BGP session to {peer}{numbers} {_HOW.get(what.how, what.how)}{because}")


def _peer(event: Event) -> Entry:
    what: s.PeerChanged = event.what  # type: ignore[assignment]
    return _entry(event, "peer", f"the BGP peer {what.peer} was {'configured' if what.added else 'removed'}")


def _member(event: Event) -> Entry | None:
    what: s.MemberSeen = event.what  # type: ignore[assignment]
    verb = {"NodeJoin": "joined", "NodeLeave": "left"}.get(what.how)
    return structs.replace(_entry(event, "member", f"{what.node} {verb}"), node=what.node) if verb else None


_HEARD: Final[dict[type, Callable[[Event], Entry | None]]] = {
    e.Started: _started,
    e.Stopping: _stopping,
    s.ShutdownStarted: _stopping,
    s.SessionChanged: _session,
    s.PeerChanged: _peer,
    s.MemberSeen: _member,
}
"""Whose words each event becomes."""
