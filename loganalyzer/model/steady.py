"""Which services are just as the log showed them last: a pass over one that says no more changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from loganalyzer.metallb.services import Service
from loganalyzer.model.allocator import Allocator
from loganalyzer.model.state import Place


class Steady:
    """Remembers which they are for as long as nobody's addresses change."""

    __slots__ = ("_allocator", "_known", "_revision", "_services")

    def __init__(self, allocator: Allocator, services: Mapping[str, tuple[Service, Place]]) -> None:
        self._allocator = allocator
        self._services = services
        self._known: dict[str, Service] = {}
        self._revision = -1

    def known(self) -> Mapping[str, Service]:
        """Those that are known to be, by their names, as the log showed them."""
        if self._revision != self._allocator.revision:
            self._revision = self._allocator.revision
            self._known.clear()
        return self._known

    def add(self, seen: Service) -> bool:
        """Whether the service is as this object of the log shows it."""
        before, held = self._services.get(seen.key), self._allocator.allocations.get(seen.key)
        if before is None or before[0] is not seen:
            return False
        if held.origin is not seen if held is not None else seen.status_addresses:
            return False
        self._known[seen.key] = seen
        return True

    def forget(self, service: str) -> None:
        """The service was shown anew, or is gone."""
        self._known.pop(service, None)
