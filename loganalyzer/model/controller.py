"""One controller's history: events in, outcomes out; the allocator's state between them.

Transitions that leave no line of their own are made here, in MetalLB's order
(metallb v0.14.8 controller/service.go, convergeBalancer).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import structs

from loganalyzer.metallb.services import ALLOCATED_FROM_POOL, NEW_PREFIX, Claim, Service, without_class
from loganalyzer.metallb.versions import RUNTIMES, V0_14_9, V0_15, Version, dumps_objects
from loganalyzer.model import outcomes as o
from loganalyzer.model.allocator import Allocator
from loganalyzer.model.configuring import Configuring
from loganalyzer.model.known_version import KnownVersion
from loganalyzer.model.passes import Pass, failure_text
from loganalyzer.model.state import Allocation, Place, Table, place_of
from loganalyzer.model.tables import Tables
from loganalyzer.model.watched import watched
from loganalyzer.model.wholeness import Wholeness
from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event, What, WholePass
from loganalyzer.sources.inputs import Source


class Model:
    """A controller's allocator as its log shows it.

    `version` overrides what the log says. `feed` takes the events of one history in order.
    """

    def __init__(self, version: Version | None = None) -> None:
        self._version = KnownVersion(version)
        self.allocator = Allocator()
        self.divergences = 0
        self.retries_all = False  # whether MetalLB tries the last pass over all services again, by a clock
        self.services: dict[str, tuple[Service, Place]] = {}
        self.resources = b""  # custom resources as last shown, packed (metallb.documents)
        self.configuring = Configuring()
        self.wholeness = Wholeness()
        self._stopped = self._running = self._began_fresh = False
        self._first: Source | None = None
        self._seen: tuple[Service | None, Event | None] = (None, None)
        self._pass = Pass(None, None, None)
        self._tables = Tables()
        handlers: dict[type[What], Callable[[Event, Any], Iterator[o.Told] | None]] = {
            e.Started: self._started,
            e.Stopping: self._stopping,
            e.Panicked: self._panicked,
            e.ReconcileStarted: self._reconcile_started,
            e.ReconcileEnded: self._reconcile_ended,
            e.ServiceSeen: self._service_seen,
            e.ServiceDeletionSeen: self._deletion_seen,
            e.ServiceFiltered: self._filtered,
            e.ServiceFailed: self._service_failed,
            e.PassesOver: self._passes_over,
            e.PassStarted: self._pass_started,
            e.PassEnded: self._pass_ended,
            e.NothingChanged: self._settled,
            e.NotSynced: self._settled,
            e.ServiceWritten: self._written,
            e.AddressReleased: self._settled,
            e.Unconfigured: self._unconfigured,
            e.UpdateFailed: self._update_failed,
            e.AddressAllocated: self._allocated,
            e.AllocationFailed: self._failed,
            e.AssignmentCleared: self._cleared,
            e.RequestInvalid: self._request_invalid,
            e.ServiceDeleted: self._deleted,
            e.ConfigurationRendered: lambda _, what: self.configuring.rendered(what.configuration),
            e.ResourcesSeen: self._resources_seen,
            e.ConfigurationStarted: lambda *_: self.configuring.started(),
            e.ConfigurationEnded: self._config_ended,
            e.ConfigurationUnchanged: self._config_unchanged,
            e.ConfigurationRejected: self._config_rejected,
            e.ConfigurationLoaded: lambda *_: self.configuring.loaded(),
            e.ReloadForced: lambda *_: None,
            e.KeyChanged: lambda *_: self._hint(V0_15),
            e.AnnotationDeprecated: lambda *_: self._hint(V0_14_9),
        }
        self.handlers = watched(self, handlers)

    @property
    def version(self) -> Version:
        """The version whose rules are replayed."""
        return self._version.rules

    @property
    def version_known(self) -> bool:
        """Whether the version was told or found."""
        return self._version.known

    @property
    def version_told(self) -> Version | None:
        """The version by any sign, be it that only newer ones do what was seen; None where nothing tells it."""
        return self._version.signed

    @property
    def started_as(self) -> str | None:
        """The version that the last start line gave, None where there was none."""
        return self._version.found if self.wholeness.started else None

    def began_late(self, source: Source) -> bool:
        """Whether this history was joined, with this source, after the controller had started."""
        return self._first is source and not self._began_fresh

    def join(self, event: Event) -> None:
        """A source's first event: tells whether the history is seen from the controller's start."""
        if self._first is None:
            self._first = event.source
            self._began_fresh = isinstance(event.what, e.Started)

    def feed(self, event: Event) -> Iterator[o.Told] | None:
        """What the event brings about; None or an iterator, to be exhausted before the next event."""
        on = self.handlers.get(type(event.what))
        return on(event, event.what) if on is not None else None

    def table(self) -> Table:
        """The state now; the same object until it changes."""
        return self._tables.now(
            self.allocator,
            self._version,
            configured=self.configuring.known,
            complete=self.wholeness.complete,
            rejected=self.configuring.rejected,
        )

    # The process.

    def _started(self, event: Event, what: e.Started) -> Iterator[o.Outcome]:
        if what.component != "controller":
            return
        crashed = self._running and not self._stopped
        self._version.start(what.version)
        self.allocator.reset()
        self.configuring = Configuring(known=dumps_objects(self.version))
        self.wholeness.start()
        self._running, self._stopped = True, False
        self._seen, self._pass = (None, None), Pass(None, None, None)
        if crashed and dumps_objects(self.version):
            yield o.Crashed(None, place_of(event), "")

    def _stopping(self, *_: object) -> None:
        self._stopped = True

    def _panicked(self, event: Event, what: e.Panicked) -> Iterator[o.Outcome]:
        self._stopped = True
        yield o.Crashed(None, place_of(event), what.text)

    # Reconcilers.

    def _reconcile_started(self, event: Event, what: e.ReconcileStarted) -> None:
        self._running = True
        if self._version.open:
            if event.source.runtime is not None:
                self._reread(changed=self._version.find(RUNTIMES.get(event.source.runtime)))
            elif what.controller == "PoolStatusReconciler":
                self._hint(V0_15)
        if what.controller.startswith("ServiceReconciler"):
            self._seen = (None, None)
            self.wholeness.pass_started(over_all=what.reprocess)

    def _reread(self, *, changed: bool) -> None:
        """The version's rules show late: what is held is read anew by them."""
        for service, held in list(self.allocator.allocations.items()) if changed else ():
            seen = self.services.get(service)
            if seen is not None:
                self.allocator.assign(structs.replace(held, claim=self._claim(seen[0])))

    def _hint(self, version: Version) -> None:
        self._reread(changed=self._version.open and self._version.hint(version))

    def _claim(self, seen: Service) -> Claim | None:
        """What a service asks; None where that depends on the version and no line tells it."""
        return None if seen.prefixes_matter and self.version_told is None else seen.claim(self.version)

    def _reconcile_ended(self, event: Event, what: e.ReconcileEnded) -> None:
        self.wholeness.pass_ended(over_all=what.reprocess, debug=event.source.level == "debug")

    def _service_seen(self, event: Event, what: e.ServiceSeen) -> Iterator[o.Outcome] | None:
        seen = what.seen
        self._seen = (seen, event)
        if seen is None:
            self.wholeness.dump_lost()
            return None
        self.wholeness.dump_seen()
        if NEW_PREFIX + ALLOCATED_FROM_POOL in seen.annotations:
            self._hint(V0_14_9)
        before = self.services.get(seen.key)
        if before is not None and before[0] is seen:
            return None
        at = place_of(event)
        self.services[seen.key] = (seen, at)
        self.allocator.steady.forget(seen.key)
        return iter((o.Sighted(seen.key, at, seen),))

    def _deletion_seen(self, event: Event, what: e.ServiceDeletionSeen) -> Iterator[o.Outcome]:
        self._seen = (None, None)
        self.services.pop(what.name, None)
        self.allocator.steady.forget(what.name)
        yield o.Gone(what.name, place_of(event), "deleted")

    def _filtered(self, event: Event, what: e.ServiceFiltered) -> Iterator[o.Outcome]:  # noqa: ARG002
        name, at = event.service, place_of(event)
        yield o.Filtered(name, at)
        if name in self.services and name in self.allocator.allocations:
            self.services[name] = (without_class(self.services[name][0]), self.services[name][1])
        elif name in self.services:
            # The class of a load balancer is not changed: it was made anew, and waits here no more.
            del self.services[name]
            yield o.Gone(name, at, "not-load-balancer")

    def _service_failed(self, event: Event, what: e.ServiceFailed) -> Iterator[o.Outcome]:
        if what.seen is not None and what.name not in self.services:
            at = place_of(event)
            self.services[what.name] = (what.seen, at)
            yield o.Sighted(what.name, at, what.seen)

    # A pass.

    def _pass_started(self, event: Event, what: e.PassStarted) -> Iterator[o.Outcome] | None:  # noqa: ARG002
        seen, asked = self._seen
        if seen is not None and seen.key != event.service:
            seen, asked = None, None
        self._pass = Pass(event.service, seen, asked)
        self._seen = (None, None)
        if seen is None:
            return None
        held = self.allocator.allocations.get(seen.key)
        if held is not None and held.origin is seen:
            return None
        return self._converge(seen, event)

    def _converge(self, seen: Service, event: Event) -> Iterator[o.Outcome] | None:
        """The silent part of a pass: what the status holds is taken over, or dropped."""
        allocator = self.allocator
        configuration = allocator.configuration
        if self.configuring.known and configuration is None:
            return None
        wanted = seen.status_addresses
        if (
            not seen.is_load_balancer
            or not wanted
            or (configuration is not None and not configuration.pools)
            or not seen.cluster_ips
            or seen.status_of_other_family(self.version)
        ):
            allocator.release(seen.key)
            return None
        claim = self._claim(seen)
        held = allocator.allocations.get(seen.key)
        if held is not None and held.addresses == wanted and held.claim == claim:
            allocator.confirm(seen.key, seen)
        elif allocator.refusal(seen.key, wanted, claim):
            # MetalLB should clear it now, with a line that says so.
            self._pass.doubt = True
            return None
        elif held is not None and held.addresses == wanted:
            allocator.assign(structs.replace(held, claim=claim, origin=seen))
        else:
            allocator.assign(self._as_shown(seen, event))
        return iter((o.Obtained(seen.key, place_of(event), wanted, kept=True),))

    def _as_shown(self, seen: Service, event: Event) -> Allocation:
        at = place_of(self._pass.asked or event)
        return Allocation(seen.key, seen.status_addresses, self._claim(seen), at, seen, kept=True)

    def _passes_over(self, event: Event, what: e.PassesOver) -> Iterator[o.Told]:
        """Whole passes that changed nothing of MetalLB's: nor anything here, where the model had it so before."""
        source, steady, find = event.source, self.allocator.steady.all, self.handlers.get
        self.wholeness.dump_seen()
        self._seen, self._pass = (None, None), Pass(None, None, None)
        passes, refused = what.passes, list[int]()
        for place, whole in enumerate(passes.wholes):
            if whole in steady or self._is_steady(whole):
                if whole.failed is not None:
                    refused.append(place)
                continue
            if refused:
                yield o.Attempts(source, passes, refused, self.table())
                refused = []
            for line in passes[place].events(source):
                # As `feed`, without a call for each.
                on = find(type(line.what))
                if on is not None and (told := on(line, line.what)) is not None:
                    yield from told
        if refused:
            yield o.Attempts(source, passes, refused, self.table())

    def _is_steady(self, whole: WholePass) -> bool:
        known = self.services.get(whole.key)
        is_as_shown = known is not None and known[0] is whole.seen and not self._version.open
        return is_as_shown and self.allocator.is_steady(whole)

    def _settled(self, event: Event, what: What) -> None:  # noqa: ARG002
        """The pass is over for the allocator: an assignment that the replay doubted did happen."""
        now = self._pass
        now.quiet = False
        if now.doubt and now.seen is not None:
            now.doubt = False
            self.divergences += 1
            self.allocator.assign(self._as_shown(now.seen, event), doubtful=True)

    def _pass_ended(self, event: Event, what: e.PassEnded) -> Iterator[o.Outcome] | None:  # noqa: ARG002
        now, self._pass = self._pass, Pass(None, None, None)
        # Up to 0.12 a pass that says nothing at all is one over a deleted service that held nothing.
        if now.quiet and now.service and event.service and not dumps_objects(self.version):
            return iter((o.Gone(now.service, place_of(event), "deleted"),))
        return None

    def _written(self, event: Event, what: e.ServiceWritten) -> Iterator[o.Outcome]:
        self._settled(event, what)
        if event.service:
            yield o.Written(event.service, place_of(event))

    def _unconfigured(self, event: Event, what: e.Unconfigured) -> Iterator[o.Outcome]:  # noqa: ARG002
        self._pass.quiet = False
        yield o.Waiting(event.service, place_of(event))

    def _update_failed(self, event: Event, what: e.UpdateFailed) -> Iterator[o.Outcome]:
        self._settled(event, what)
        yield o.WriteFailed(event.service, place_of(event), what.error, self._pass.allocated)

    def _allocated(self, event: Event, what: e.AddressAllocated) -> Iterator[o.Outcome]:
        now = self._pass
        now.quiet, now.doubt = False, False
        service = event.service
        if service is None:
            return
        held = self.allocator.allocations.get(service)
        addresses = what.addresses
        if what.additional and held is not None:
            addresses = tuple(sorted({*held.addresses, *addresses}))
        self.allocator.release(service)
        seen = now.seen if now.service == service else None
        claim = self._claim(seen) if seen else None
        impossible = self.allocator.refusal(service, addresses, claim)
        if impossible and not self.allocator.in_a_pool(addresses):
            # The log lacks the configuration in force.
            self.configuring.known = False
        self.divergences += impossible
        now.allocated = addresses
        self.allocator.assign(Allocation(service, addresses, claim, place_of(event)), doubtful=impossible)
        yield o.Obtained(service, place_of(event), addresses, kept=False)

    def _failed(self, event: Event, what: e.AllocationFailed) -> Iterator[o.Outcome]:
        self._pass.quiet, self._pass.doubt = False, False
        yield self._attempt(event, what.error)

    def _cleared(self, event: Event, what: e.AssignmentCleared) -> Iterator[o.Outcome]:
        now = self._pass
        now.quiet, now.doubt = False, False
        if event.service is not None:
            self.allocator.release(event.service)
        if what.reason == "notLoadBalancer":
            yield o.Gone(event.service, place_of(event), "not-load-balancer")
        elif (error := failure_text(what)) is not None:
            yield self._attempt(event, error)

    def _attempt(self, event: Event, error: str) -> o.Attempt:
        now = self._pass
        if event.service is not None:
            self.allocator.release(event.service)
        seen, asked = (now.seen, now.asked) if now.service == event.service else (None, None)
        return o.Attempt(event.service, place_of(event), error, seen, place_of(asked) if asked else None, self.table())

    def _request_invalid(self, event: Event, what: e.RequestInvalid) -> Iterator[o.Outcome]:
        self._settled(event, what)
        yield o.InvalidRequest(event.service, place_of(event), what.error)

    def _deleted(self, event: Event, what: e.ServiceDeleted) -> Iterator[o.Outcome]:  # noqa: ARG002
        self._pass.quiet = False
        if event.service is not None:
            self.allocator.release(event.service)
            self.services.pop(event.service, None)
            self.allocator.steady.forget(event.service)
            yield o.Gone(event.service, place_of(event), "deleted")

    # The configuration.

    def _resources_seen(self, event: Event, what: e.ResourcesSeen) -> None:  # noqa: ARG002
        self.resources = what.packed

    def _config_ended(self, event: Event, what: e.ConfigurationEnded) -> None:  # noqa: ARG002
        if (changed := self.configuring.ended()) is not None:
            self.allocator.configure(changed[0], self.version)

    def _config_unchanged(self, event: Event, what: e.ConfigurationUnchanged) -> None:  # noqa: ARG002
        if (found := self.configuring.unchanged(self.allocator.configuration)) is not None:
            self.allocator.configure(found, self.version)

    def _config_rejected(self, event: Event, what: e.ConfigurationRejected) -> Iterator[o.Outcome]:
        at = place_of(event)
        self.configuring.refused(at)
        yield o.Rejected(None, at, what.error)
