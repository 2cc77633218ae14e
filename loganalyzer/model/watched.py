"""Each line is looked at before the model takes it: MetalLB's order tells whether lines are missing there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from loganalyzer.model.order import Order
from loganalyzer.model.outcomes import Gone, Told
from loganalyzer.model.state import place_of
from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event, What

if TYPE_CHECKING:
    from loganalyzer.model.controller import Model

Handler = Callable[[Event, Any], Iterator[Told] | None]
Check = Callable[[Order, Event, Any], bool]


def watched(model: Model, handlers: dict[type[What], Handler]) -> dict[type[What], Handler]:
    """The handlers of a model, which learns before each line whether some are missing there."""
    return _Watch(model, handlers).handlers


class _Watch:
    """What each line is looked at by before the model takes it."""

    def __init__(self, model: Model, handlers: dict[type[What], Handler]) -> None:
        self._model = model
        self._order = Order(model)
        self._whole = handlers[e.PassesOver]
        self.handlers = {k: self._checked(_CHECKS[k], on) if k in _CHECKS else on for k, on in handlers.items()}
        self.handlers[e.PassesOver] = self._over
        self.handlers[e.ReconcileEnded] = self._request_over(self.handlers[e.ReconcileEnded])

    def _lose(self) -> None:
        self._order.lost = True
        self._model.wholeness.dump_lost()
        self._model.configuring.known = False

    def _checked(self, check: Check, handler: Handler) -> Handler:
        order = self._order

        def on(event: Event, what: Any) -> Iterator[Told] | None:  # noqa: ANN401  (as each handler has it)
            if check(order, event, what):
                self._lose()
            if not order.owned and event.service is not None and check in _OWNED:
                event = structs.replace(event, service=None)
            return handler(event, what)

        return on

    def _request_over(self, ended: Handler) -> Handler:
        order = self._order

        def on(event: Event, what: Any) -> Iterator[Told] | None:  # noqa: ANN401  (as each handler has it)
            found = ended(event, what)
            if not order.gone:
                return found
            gone, order.gone = order.gone, ()
            return iter([*(found or ()), *(Gone(name, place_of(event), "deleted") for name in gone)])

        return on

    def _over(self, event: Event, what: e.PassesOver) -> Iterator[Told]:
        """Whole passes; those that took too long line by line."""
        done = 0
        for number in self._order.late(what):
            if done < number:
                yield from self._together(event, e.PassesOver(what.passes.part(done, number)))
            for line in what.passes[number].events(event.source):
                yield from self._model.feed(line) or ()
            done = number + 1
        passes = what.passes
        if done < len(passes):
            yield from self._together(event, e.PassesOver(passes.part(done, len(passes))) if done else what)

    def _together(self, event: Event, what: e.PassesOver) -> Iterator[Told]:
        passes, broken = what.passes, self._order.broken_at(event, what)
        self._order.passed(what)
        if broken is not None:
            if broken:
                yield from self._whole(event, e.PassesOver(passes.part(0, broken))) or ()
            self._lose()
        yield from self._whole(event, e.PassesOver(passes.part(broken, len(passes))) if broken else what) or ()
        self._order.passed(what)


_CHECKS: Final[dict[type[What], Check]] = {
    e.Started: Order.started,
    e.Panicked: Order.started,
    e.Stopping: Order.stopping,
    e.ReconcileStarted: Order.request_started,
    e.ReconcileEnded: Order.request_ended,
    e.ServiceSeen: Order.dumped,
    e.ServiceDeletionSeen: Order.deletion_seen,
    e.ServiceFailed: Order.failed,
    e.PassStarted: Order.pass_started,
    e.PassEnded: Order.pass_ended,
    e.NothingChanged: Order.settled,
    e.ServiceWritten: Order.settled,
    e.AddressReleased: Order.within,
    e.Unconfigured: Order.settled,
    e.UpdateFailed: Order.settled,
    e.AddressAllocated: Order.told,
    e.AllocationFailed: Order.told,
    e.AssignmentCleared: Order.cleared,
    e.RequestInvalid: Order.within,
    e.ServiceDeleted: Order.within,
    e.ConfigurationEnded: Order.configured,
    e.ConfigurationRejected: Order.rejected,
    e.ReloadForced: Order.reload_forced,
}
_OWNED: Final = frozenset({Order.within, Order.settled, Order.cleared, Order.told})
