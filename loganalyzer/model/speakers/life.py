"""One run of one speaker: its events in, what they say of services, node and sessions kept.

Texts and order of lines: metallb v0.13.0 to v0.16.1 speaker/main.go, up to 0.12.1 the same file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from loganalyzer.metallb.advertisements import Advertising, parse_advertising
from loganalyzer.metallb.versions import Version
from loganalyzer.model.speakers.endpoints import Endpoints
from loganalyzer.model.speakers.facts import Journal
from loganalyzer.model.speakers.identity import DISCOVERY, EVENT, JOINED, LABELS, Identity
from loganalyzer.model.speakers.passing import Passing
from loganalyzer.model.speakers.sessions import Sessions
from loganalyzer.model.state import Place, place_of
from loganalyzer.parser import events as e
from loganalyzer.parser import speaker_events as s
from loganalyzer.parser.events import Event, What

MOST_UNNAMED: Final = 4096
MOST_MEMBER_EVENTS: Final = 256
MOST_AFTER_END: Final = 8
"""Requests that reconcilers may still take up between the call to end and their end."""


class Unnamed(Struct, frozen=True):
    """An announcement or (`reason`) withdrawal in a pass over all services, which at info level names none.

    `pass_line` is the line at which the pass over all services began; 0: its beginning is not in the log.
    """

    at: Place
    addresses: tuple[str, ...]
    pool: str
    protocol: str
    reason: str | None
    pass_line: int


class Life:
    """What one process told. `fresh`: its log begins with its start."""

    def __init__(self, first: Place, version: Version | None, *, fresh: bool) -> None:
        self.first = self.last = first
        self.version = version
        self.fresh = fresh
        self.stopped = False
        self.tangled = False
        self.identity = Identity()
        self.journals: dict[str, Journal] = {}
        self.forgotten = 0
        self.unnamed: deque[Unnamed] = deque(maxlen=MOST_UNNAMED)
        self.unnamed_seen = 0
        self.sessions = Sessions()
        self.endpoints = Endpoints()
        self.members: dict[str, str] = {}
        self.member_events: deque[tuple[Place, str, str]] = deque(maxlen=MOST_MEMBER_EVENTS)
        self.interfaces: set[str] = set()
        self.answered: dict[str, Place] = {}
        self.advertising: Advertising | None = None
        self._rendered: str | None = None
        self._refused = False
        self._node_pass: str | None = None
        self._reprocess_from = 0
        self._after_end = 0
        # Whole passes over all services: where they begin and end.
        self.whole_passes: deque[tuple[Place, Place]] = deque(maxlen=MOST_UNNAMED)
        self._all_from: Place | None = None
        self.passing = Passing(self)

    def feed(self, event: Event) -> None:
        """One event of this run, in order."""
        if self.stopped:
            # A process that ends takes up nothing new: these are another one's lines.
            self._after_end += isinstance(event.what, e.ReconcileStarted)
            self.tangled = self.tangled or self._after_end > MOST_AFTER_END
            return
        self.last = at = place_of(event)
        on = _ON.get(type(event.what))
        if on is not None:
            on(self, event, event.what, at)

    def close(self) -> None:
        """The log ends, or a new run begins."""
        self.passing.close()

    def forget(self, service: str) -> None:
        """A service that was deleted long ago makes room."""
        journal = self.journals.pop(service, None)
        self.forgotten += journal.dropped + len(journal.stretches) if journal is not None else 0
        self.endpoints.forget(service)

    # The process.

    def _stop(self, event: Event, what: What, at: Place) -> None:  # noqa: ARG002
        self.close()
        self.stopped = True

    def _kubernetes_event(self, event: Event, what: e.KubernetesEvent, at: Place) -> None:  # noqa: ARG002
        # metallb v0.14.8 speaker/main.go: announcing from node "node-1" with protocol "layer2"
        if what.reason == "nodeAssigned":
            self.identity.told(EVENT, what.message.partition('from node "')[2].partition('"')[0])

    def _labels(self, event: Event, what: What, at: Place) -> None:  # noqa: ARG002
        self.identity.told(LABELS, self._node_pass or "")

    def _discovery(self, event: Event, what: What, at: Place) -> None:  # noqa: ARG002
        # Up to 0.13.9 every node's sight triggers it (metallb v0.13.9 speaker/layer2_controller.go).
        if self.version is None or self.version >= (0, 13, 10):
            self.identity.told(DISCOVERY, self._node_pass or "")

    def _turned(self, event: Event, what: What, at: Place) -> None:  # noqa: ARG002
        if self._node_pass:
            self.passing.node_turned(self._node_pass)

    def _member(self, event: Event, what: s.MemberSeen, at: Place) -> None:  # noqa: ARG002
        if what.how == "NodeJoin" and self.fresh:
            self.identity.told(JOINED, what.node)
        self.members[what.node] = what.how
        self.member_events.append((at, what.node, what.how))

    def _interface(self, event: Event, what: s.InterfaceSeen, at: Place) -> None:  # noqa: ARG002
        (self.interfaces.add if what.created else self.interfaces.discard)(what.interface)

    def _answered(self, event: Event, what: s.AddressAnswered, at: Place) -> None:  # noqa: ARG002
        if not what.own:
            self.answered[what.address] = at

    # The configuration.

    def _render(self, event: Event, what: s.AdvertisementsRendered, at: Place) -> None:  # noqa: ARG002
        self._rendered = what.text

    def _config_started(self, event: Event, what: What, at: Place) -> None:  # noqa: ARG002
        self._refused = False

    def _config_refused(self, event: Event, what: What, at: Place) -> None:  # noqa: ARG002
        self._refused = True

    def _config_ended(self, event: Event, what: What, at: Place) -> None:  # noqa: ARG002
        if not self._refused:
            self._in_force()

    def _config_unchanged(self, event: Event, what: What, at: Place) -> None:  # noqa: ARG002
        if self.advertising is None:
            self._in_force()

    def _in_force(self) -> None:
        text, self._rendered = self._rendered, None
        if text is None:
            self.advertising = None
            return
        try:
            found = parse_advertising(text)
        except (ValueError, RecursionError):
            self.advertising = None
            return
        if found != self.advertising:
            self.advertising = found

    # Reconcilers and passes.

    def _reconcile(self, event: Event, what: e.ReconcileStarted, at: Place) -> None:
        if what.controller == "NodeReconciler":
            self._node_pass = what.name.lstrip("/")
            self.passing.node_seen()
        elif what.controller.startswith("ServiceReconciler"):
            if what.reprocess:
                self._reprocess_from = event.line
            self._all_from = at if what.reprocess else None
            self.passing.reconcile(what, at)

    def _reconciled(self, event: Event, what: e.ReconcileEnded, at: Place) -> None:  # noqa: ARG002
        if what.controller == "NodeReconciler":
            self._node_pass = None
        elif what.controller.startswith("ServiceReconciler"):
            if what.reprocess and self._all_from is not None:
                self.whole_passes.append((self._all_from, at))
            self._all_from = None
            self.passing.reconciled(at)

    def _pass_line(self, event: Event, what: What, at: Place) -> None:
        service = event.service or (self.passing.expecting if isinstance(what, s.Announcing) else None)
        if service is None:
            self._without_name(what, at)
        else:
            self.passing.line(service, what, at)

    def _without_name(self, what: What, at: Place) -> None:
        if isinstance(what, s.Announcing):
            found = Unnamed(at, what.addresses, what.pool, what.protocol, None, self._reprocess_from)
        elif isinstance(what, s.Withdrawing):
            found = Unnamed(at, what.addresses, "", what.protocol, what.reason, self._reprocess_from)
        else:
            return
        self.unnamed.append(found)
        self.unnamed_seen += 1

    def _endpoints(self, event: Event, what: s.EndpointsSeen, at: Place) -> None:  # noqa: ARG002
        self.endpoints.seen(what.slice, at)

    def _session(self, event: Event, what: s.SessionChanged, at: Place) -> None:  # noqa: ARG002
        self.sessions.changed(what, at)

    def _peer(self, event: Event, what: s.PeerChanged, at: Place) -> None:  # noqa: ARG002
        self.sessions.configured(what, at)

    def _mode(self, event: Event, what: s.ModeSeen, at: Place) -> None:  # noqa: ARG002
        self.sessions.mode = what.mode


_ON: Final[dict[type[What], Callable[[Life, Event, Any, Place], None]]] = {
    e.Stopping: Life._stop,
    s.ShutdownStarted: Life._stop,
    e.KubernetesEvent: Life._kubernetes_event,
    s.NodeLabelsChanged: Life._labels,
    s.DiscoveryTriggered: Life._discovery,
    s.NodeTurned: Life._turned,
    s.MemberSeen: Life._member,
    s.InterfaceSeen: Life._interface,
    s.AddressAnswered: Life._answered,
    s.AdvertisementsRendered: Life._render,
    s.AdvertisementsUnchanged: Life._config_unchanged,
    e.ConfigurationStarted: Life._config_started,
    e.ConfigurationRejected: Life._config_refused,
    e.ConfigurationEnded: Life._config_ended,
    e.ReconcileStarted: Life._reconcile,
    e.ReconcileEnded: Life._reconciled,
    e.ServiceSeen: lambda life, _, what, at: life.passing.seen(what, at),
    e.ServiceDeletionSeen: lambda life, _, what, at: life.passing.deletion(what, at),
    e.ServiceFiltered: lambda life, *_: life.passing.drop(),
    e.PassStarted: lambda life, event, _, at: life.passing.started(event.service, at),
    e.PassEnded: lambda life, event, _, at: life.passing.ended(event.service, at),
    e.Unconfigured: lambda life, event, _, at: life.passing.waits(event.service, at),
    s.EndpointsSeen: Life._endpoints,
    s.SessionChanged: Life._session,
    s.PeerChanged: Life._peer,
    s.ModeSeen: Life._mode,
    **dict.fromkeys(s.PASS_LINES, Life._pass_line),
}
"""What each event does."""
