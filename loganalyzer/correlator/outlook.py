"""What a log tells later than it is needed: read once before the replay, where objects are to fill what it lacks.

Its size depends on the services, pools and edits, not on the log's length.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.objects import KnownService, resource_version
from loganalyzer.metallb.services import Service
from loganalyzer.model.state import Place
from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event
from loganalyzer.parser.stamps import moment

Position = tuple[int, int]
"""The input's place among all, and the line."""


class Outlook(Struct):
    """Positions that matter, by service or pool.

    `dumps`: from which failed attempt on its dump was another one. `settled`: the last line about a service in the
    second of its last edit: from there on it is as it was at the end. `passes`: the last pass that was its own.
    `first`: its first line since it was created. `since`: the last line that may have given a service an address
    that it holds at the end: from there on it held it, as getting it again would have been another such line.
    `mentions`: first and last time that the pool reconciler looked at a pool; `namespaces` likewise at any namespace.
    `standing`: pools that it last looked at when the controller started, so that their deletion is not in the log.
    `versions`: rising resourceVersions that the log shows, each where it does so first.
    `loaded`: the last configuration of 0.12 and before, refused ones included: the object was another before it.
    """

    order: Mapping[str, int]
    dumps: dict[str, list[tuple[Position, Service]]] = field(default_factory=dict)
    settled: dict[str, Position] = field(default_factory=dict)
    first: dict[str, Position] = field(default_factory=dict)
    passes: dict[str, Position] = field(default_factory=dict)
    since: dict[tuple[str, Address], Position] = field(default_factory=dict)
    mentions: dict[str, tuple[Position, Position]] = field(default_factory=dict)
    standing: set[str] = field(default_factory=set)
    versions: list[tuple[int, Position]] = field(default_factory=list)
    namespaces: Position = (-1, -1)
    loaded: Position = (-1, -1)
    begins: str = ""
    from_start: bool = False

    def position(self, place: Place) -> Position:
        """Where a place is in all inputs."""
        return self.order.get(place.source.name, -1), place.line

    def shows(self, version: int, at: Position | None = None) -> bool:
        """Whether the log, up to a position, shows that the cluster had come to a resourceVersion."""
        found = bisect_left(self.versions, version, key=lambda entry: entry[0])
        return version >= 0 and found < len(self.versions) and (at is None or self.versions[found][1] <= at)

    def dump(self, service: str, at: Position) -> Service | None:
        """The service as the log dumped it for the failed attempt at this position."""
        known = self.dumps.get(service, [])
        found = bisect_right(known, at, key=lambda entry: entry[0])
        return known[found - 1][1] if found else None


def outlook(
    found: Iterable[Event], services: Mapping[str, tuple[KnownService, Place]], order: Mapping[str, int]
) -> Outlook:
    """Reads the events of all controllers' inputs."""
    made = Outlook(order)
    watcher = _Watcher(made, services)
    for event in found:
        if not made.begins and event.stamp:
            made.begins = moment(event.stamp)[:19]
            made.from_start = isinstance(event.what, e.Started)
        watcher.take(event, (order.get(event.source.name, -1), event.line))
    return made


class _Watcher:
    """What an event means is told by those before it: the attempt that a dump is of, the start of a process."""

    def __init__(self, made: Outlook, services: Mapping[str, tuple[KnownService, Place]]) -> None:
        self._made = made
        self._services = services
        self._held: dict[Address, list[str]] = {}
        for name, (known, _) in services.items():
            for address in known.final.status_addresses:
                self._held.setdefault(address, []).append(name)
        self._pending: tuple[str, Position] | None = None
        self._starting = False

    def take(self, event: Event, at: Position) -> None:
        """One event, in order."""
        made, what = self._made, event.what
        if isinstance(what, e.ReconcileStarted):
            self._reconciling(what, at)
        elif isinstance(what, e.AllocationFailed):
            self._pending = (event.service, at) if event.service else None
        elif isinstance(what, e.ServiceSeen | e.ServiceFailed):
            self._dump(what, at)
        elif isinstance(what, e.ConfigurationLoaded | e.ConfigurationRejected):
            made.loaded = at
        elif isinstance(what, e.AddressAllocated):
            made.since.update(((n, a), at) for a in what.addresses for n in self._holders(a, event.service))
        elif isinstance(what, e.Started):
            self._starting = True
        passing = isinstance(what, e.ReconcileStarted) and what.controller == "ServiceReconciler"
        service = what.name if isinstance(what, e.ReconcileStarted) and passing else event.service
        if service is not None and service in self._services:
            _seen(made, event, self._services[service][0], at)

    def _holders(self, address: Address, service: str | None) -> list[str]:
        """The services that hold an address at the end and may be the one that got it."""
        return [name for name in self._held.get(address, ()) if service in (None, name)]

    def _reconciling(self, what: e.ReconcileStarted, at: Position) -> None:
        if what.controller == "PoolReconciler":
            _mentioned(self._made, what.name, at, starting=self._starting)
        elif what.controller == "ServiceReconciler":
            self._made.passes[what.name] = at
            self._starting = False

    def _dump(self, what: e.ServiceSeen | e.ServiceFailed, at: Position) -> None:
        if isinstance(what, e.ServiceFailed):
            if self._pending is not None and self._pending[0] == what.name and what.seen is not None:
                _dumped(self._made, what.name, self._pending[1], what.seen)
            self._pending = None
        if what.seen is not None:
            _shown(self._made, what.seen.resource_version, at)


def _dumped(made: Outlook, service: str, at: Position, seen: Service) -> None:
    known = made.dumps.setdefault(service, [])
    if not known or known[-1][1].resource_version != seen.resource_version or known[-1][1].uid != seen.uid:
        known.append((at, seen))


def _shown(made: Outlook, version: str, at: Position) -> None:
    number = resource_version(version)
    if number >= 0 and (not made.versions or number > made.versions[-1][0]):
        made.versions.append((number, at))


def _mentioned(made: Outlook, name: str, at: Position, *, starting: bool) -> None:
    namespace, _, pool = name.partition("/")
    if not namespace:
        made.namespaces = at
    else:
        made.mentions[pool] = (made.mentions.get(pool, (at, at))[0], at)
        (made.standing.add if starting else made.standing.discard)(pool)


def _seen(made: Outlook, event: Event, known: KnownService, at: Position) -> None:
    second = moment(event.stamp)[:19]
    key = known.final.key
    if second >= known.created and key not in made.first and known.created:
        made.first[key] = at
    if known.edited and second == known.edited:
        made.settled[key] = at
