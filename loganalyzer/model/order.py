"""Whether a log has all lines: MetalLB writes them in an order, and where it is broken some are missing.

From 0.13 on one worker takes up one request at a time, and says so when it begins and when it is done
(metallb v0.14.8 internal/k8s/controllers). Whoever holds an address since then may be in what is missing, and so may
another configuration: nothing is called proven from there on, until a start or a full pass over all services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.services import Service
from loganalyzer.metallb.versions import V0_14, dumps_objects
from loganalyzer.model.passes import PassesMet, ends_at_once
from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event, What
from loganalyzer.parser.stamps import seconds_between

if TYPE_CHECKING:
    from loganalyzer.model.controller import Model

_SERVICES: Final = "ServiceReconciler"
_POOLS: Final = "PoolReconciler"
_WATCHED: Final = frozenset({_SERVICES, _POOLS})
"""The workers whose requests tell something; what the others write between may be passed over."""
_LONGEST: Final = 5
"""Seconds between the beginning of a pass and what the allocator says: it only looks into memory in between."""


class Order:
    """The order of one process' lines.

    `owned`: the pass under way is known to be that of the service last dumped. `lost`: lines are missing, and since
    then no pass over all services has shown who is there. `gone`: who the last such pass shows to be there no more.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self.gone: tuple[str, ...] = ()
        self._restart()

    def _restart(self) -> None:
        self._requests: dict[str, str] = {}
        self._met: set[str] = set()
        self._dumped = self._within = self._over_all = self._settled = self._deleting = False
        self._loaded = self._forced = self._again = self._model.retries_all = False
        self._last: str | None = None
        self._began = self._stopping = b""
        self._given: dict[str, set[Address]] = {}
        self._known = PassesMet()  # of services in `_given`
        self.owned = True
        self.lost = False
        self._earlier: dict[str, str] = {}  # uids of those that the process before knew
        self._met_again = False
        self._shown: set[str] | None = None

    def _debug(self, event: Event) -> bool:
        # Up to 0.12 there are no requests, and each line names its service.
        is_new = (bool(self._met) or self._model.version_known) and dumps_objects(self._model.version)
        return is_new and event.source.level == "debug"

    # Each says whether lines are missing before this one.

    def started(self, event: Event, what: e.Started | e.Panicked) -> bool:  # noqa: ARG002
        """A new process: nothing of the one before it counts. Who went while there was none, no line tells."""
        if not isinstance(what, e.Started) or what.component == "controller":
            self._restart()
            self._earlier = {name: seen.uid for name, (seen, _) in self._model.services.items()}
        return False

    def stopping(self, event: Event, what: e.Stopping) -> bool:  # noqa: ARG002
        """The process stops: what is under way is done, and nothing else begun."""
        self._stopping = event.stamp
        return False

    def request_started(self, event: Event, what: e.ReconcileStarted) -> bool:
        """A worker takes up a request: it has none."""
        worker = _worker(what.controller)
        if worker not in _WATCHED:
            return False
        broken = worker in self._requests or seconds_between(self._stopping, event.stamp) > 1
        self._requests[worker] = what.name
        self._met.add(worker)
        if worker == _POOLS:
            self._loaded = False
        if worker == _SERVICES:
            self._over_all = what.reprocess
            broken, self.owned = broken or self._within, True
            self._shown = set() if what.reprocess and (self.lost or broken or self._earlier) else None
            self._within = self._dumped = self._met_again = self._again = False
        return broken

    def request_ended(self, event: Event, what: e.ReconcileEnded) -> bool:
        """A worker is done with the request that it has."""
        worker = _worker(what.controller)
        if worker not in _WATCHED:
            return False
        broken = self._requests.pop(worker, None) != what.name and worker in self._met
        self._met.add(worker)
        if worker == _POOLS:
            # What it read is in force by now, or was there before, or was refused.
            configuring = self._model.configuring
            broken = broken or (configuring.read and configuring.rejected is None)
            # What is taken over makes all services be looked at, and a line says so.
            broken = broken or (self._loaded and not self._forced)
        if worker == _SERVICES:
            broken = broken or self._within
            self._within = self._dumped = False
            if self._over_all:
                self._model.retries_all = self._again
            if self._shown is not None and not broken and self._debug(event):
                # A log of another cluster may follow upon one that has ended: it shows nobody who was met before.
                if self._met_again or self.lost:
                    self._forget(self._shown)
                self._earlier = {}
        return broken

    def _forget(self, shown: set[str]) -> None:
        """After a pass over all services: who was not shown went while lines were missing, or before the start."""
        self.lost, self._shown = False, None
        allocator, services = self._model.allocator, self._model.services
        self.gone = tuple(sorted((services.keys() | allocator.allocations.keys()) - shown))
        for service in self.gone:
            allocator.release(service)
            allocator.steady.forget(service)
            services.pop(service, None)

    def dumped(self, event: Event, what: e.ServiceSeen) -> bool:  # noqa: ARG002
        """A service is shown before its pass, in the request that it is of."""
        seen = what.seen
        self._met_again = self._met_again or (seen is not None and self._is_known(seen))
        broken = self._before_pass(what.name if seen is None else seen.key, reprocess=what.reprocess)
        return (seen is not None and self._unexplained(seen)) or broken

    def _is_known(self, seen: Service) -> bool:
        """Whether this very service, and not just one of its name, was there before the start."""
        return self._earlier.get(seen.key) == seen.uid != ""

    def deletion_seen(self, event: Event, what: e.ServiceDeletionSeen) -> bool:  # noqa: ARG002
        """A deletion takes the place of the dump."""
        self._given.pop(what.name, None)
        self._known.forget(what.name)
        broken = self._before_pass(what.name, reprocess=False)
        self._deleting = True
        return broken

    def _before_pass(self, name: str, *, reprocess: bool) -> bool:
        request = self._requests.get(_SERVICES)
        broken = self._within or (request is None and _SERVICES in self._met)
        if request is not None:
            other = bool(name) and request != name
            broken = broken or (not self._over_all and (reprocess or other))
        self._within, self._dumped, self.owned, self._last = False, True, True, name
        self._deleting = False
        if self._shown is not None:
            self._shown.add(name)
        return broken

    def _unexplained(self, seen: Service) -> bool:
        """Whether a service that this process has met before has an address that no line gave to it."""
        given = self._given.get(seen.key)
        held = self._model.allocator.allocations.get(seen.key)
        shown = set(seen.status_addresses)
        known = (given or set()) | set(held.addresses if held is not None else ())
        self._given[seen.key] = known | shown
        return given is not None and not shown <= known

    def pass_started(self, event: Event, what: e.PassStarted) -> bool:  # noqa: ARG002
        """A pass begins behind a dump, and outside of any other."""
        if not self._debug(event):
            return False
        broken = self._within or not self._dumped
        self._within, self._dumped, self.owned, self._began = True, False, not broken, event.stamp
        self._settled = self._deleting
        return broken

    def pass_ended(self, event: Event, what: e.PassEnded) -> bool:  # noqa: ARG002
        """It ends behind the line that says what became of it; a deletion may say nothing."""
        broken = self._debug(event) and not (self._within and self._settled)
        self._within = False
        return broken

    def settled(self, event: Event, what: What) -> bool:
        """The pass' last line but one: nothing changed, or what changed was written."""
        self._settled = True
        return self.within(event, what)

    def cleared(self, event: Event, what: e.AssignmentCleared) -> bool:
        """An address is taken away; the pass may end with that."""
        self._settled = self._settled or ends_at_once(what)
        return self.within(event, what)

    def within(self, event: Event, what: What) -> bool:  # noqa: ARG002
        """What only a pass says."""
        broken = self._debug(event) and not self._within
        self.owned = self.owned and not broken
        return broken

    def told(self, event: Event, what: What) -> bool:
        """The allocator has given an address, or refused one: there are pools."""
        late = self._within and seconds_between(self._began, event.stamp) > _LONGEST
        broken = self.within(event, what) or (late and self._debug(event))
        self.owned = self.owned and not broken
        if isinstance(what, e.AddressAllocated) and self.owned and event.service is not None:
            self._given.setdefault(event.service, set()).update(what.addresses)
        return self._without_pools(event, what) or broken

    def _without_pools(self, event: Event, what: What) -> bool:
        model = self._model
        configuration = model.allocator.configuration
        if not model.configuring.known or not self._debug(event):
            return False
        if configuration is None:
            return True
        # Before 0.14 a configuration without pools refuses like any other.
        return not configuration.pools and (isinstance(what, e.AddressAllocated) or model.version >= V0_14)

    def configured(self, event: Event, what: e.ConfigurationEnded) -> bool:  # noqa: ARG002
        """What was read is taken over, unless it was refused."""
        configuring = self._model.configuring
        self._loaded, self._forced = not configuring.refused_now, False
        return self._debug(event) and not (configuring.begun and (configuring.read or not self._loaded))

    def reload_forced(self, event: Event, what: e.ReloadForced) -> bool:  # noqa: ARG002
        """All services will be looked at; a pass over all of them that says so is tried again until it need not be."""
        self._forced = True
        self._again = self._over_all and _SERVICES in self._requests
        return False

    def rejected(self, event: Event, what: e.ConfigurationRejected) -> bool:  # noqa: ARG002
        """What was taken over in one request is not refused in the same one."""
        return self._loaded and _POOLS in self._requests

    def failed(self, event: Event, what: e.ServiceFailed) -> bool:
        """The service whose pass failed is the one that was shown."""
        return bool(what.name) and self._debug(event) and self._last is not None and what.name != self._last

    def broken_at(self, event: Event, what: e.PassesOver) -> int | None:
        """The first of whole passes before or within which lines are missing; None where none are.

        As if each of their lines had been looked at.
        """
        request, known, shown = self._requests.get(_SERVICES), self._known.all, self._shown
        single = request is not None and not self._over_all
        poolless = self._without_pools(event, e.AllocationFailed(""))
        found = 0 if self._within or (request is None and _SERVICES in self._met) else None
        wholes = what.passes.wholes
        for whole in () if known.issuperset(wholes) else wholes:
            if whole not in known:
                self._know(whole)
        if shown is not None:
            shown.update([whole.key for whole in wholes])
            self._met_again = self._met_again or any(self._is_known(whole.seen) for whole in wholes)
        if found is not None or not (single or poolless):
            return found
        for number, whole in enumerate(wholes):
            of_another = single and (request != whole.key or getattr(whole.lines[0], "reprocess", False))
            if of_another or (poolless and whole.failed is not None):
                return number
        return None

    def _know(self, whole: e.WholePass) -> None:
        """A pass whose service is one that has been met by now."""
        self._known.add(whole)
        if whole.key not in self._given:
            self._unexplained(whole.seen)

    def late(self, what: e.PassesOver) -> list[int]:
        """Which passes took longer than any does: their beginning and their end are of two."""
        passes, wholes = what.passes, what.passes.wholes
        if not passes.others and not passes.told:
            return []
        return [
            place
            for place in (range(len(wholes)) if passes.told else passes.others)
            if (refused := wholes[place].refused) > 1
            and seconds_between(passes.time_of(place, 1), passes.time_of(place, refused)) > _LONGEST
        ]

    def passed(self, what: e.PassesOver) -> None:
        """Whole passes are over."""
        self._within = self._dumped = self._deleting = False
        self.owned = self._settled = True
        passes = what.passes
        place = len(passes) - 1
        self._last = passes.wholes[place].key
        self._began = passes.time_of(place, 1)


def _worker(controller: str) -> str:
    """A controller's worker; one does single services and all of them."""
    return _SERVICES if controller.startswith(_SERVICES) else controller
