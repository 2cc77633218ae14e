"""What controllers' logs tell of a service's address over time, for one story with the speakers'."""

from __future__ import annotations

from collections import deque
from typing import Final

from loganalyzer.metallb.addresses import format_address
from loganalyzer.model import outcomes as o
from loganalyzer.model.state import Place

MOST_EVENTS: Final = 64
"""Events kept for each service; the oldest go first."""


MOST_GONE: Final = 1024
"""Deleted services whose events are kept: names that come and go all day must not add up."""


_DELETED: Final = "deleted"
_NO_BALANCER: Final = "no load balancer any more"
ENDED: Final = (_DELETED, _NO_BALANCER)
"""Events after which a service has nothing to announce."""


class Chronicle:
    """Collects, as outcomes pass by, when services asked, got and lost addresses."""

    def __init__(self) -> None:
        self.events: dict[str, deque[tuple[Place, str]]] = {}
        self._gone: dict[str, None] = {}
        self._refused: dict[str, str] = {}

    def take(self, outcome: o.Outcome) -> None:
        """One outcome of a controller's replay."""
        service = outcome.service
        if service is None:
            return
        if isinstance(outcome, o.Attempt):
            # The same once more, nearly always.
            if self._refused.get(service) != outcome.error:
                self._add(service, outcome.at, f"refused an address: {outcome.error}")
                self._refused[service] = outcome.error
            return
        if isinstance(outcome, o.Obtained):
            if not outcome.kept:
                got = ", ".join(map(format_address, outcome.addresses))
                self._add(service, outcome.at, f"allocated {got}")
        elif isinstance(outcome, o.Gone):
            self._add(service, outcome.at, _DELETED if outcome.how == "deleted" else _NO_BALANCER)
            self._went(service)
        elif isinstance(outcome, o.Sighted) and service not in self.events and outcome.seen.is_load_balancer:
            self._add(service, outcome.at, "asked for an address")

    def _add(self, service: str, at: Place, what: str) -> None:
        known = self.events.get(service)
        if known is None:
            known = self.events[service] = deque(maxlen=MOST_EVENTS)
        if not known or known[-1][1] != what:
            self._refused.pop(service, None)
            known.append((at, what))
            self._gone.pop(service, None)

    def _went(self, service: str) -> None:
        self._gone[service] = None
        if len(self._gone) > MOST_GONE:
            oldest = next(iter(self._gone))
            del self._gone[oldest], self.events[oldest]
            self._refused.pop(oldest, None)
