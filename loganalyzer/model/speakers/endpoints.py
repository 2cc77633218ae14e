"""The endpoints of services as one speaker's dumps tell them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from loganalyzer.metallb.endpoints import Endpoint, EndpointSlice
from loganalyzer.metallb.versions import V0_14, Version
from loganalyzer.model.state import Place

MOST_VIEWS: Final = 64
"""Changes of one service's pods that are kept."""

Counts = tuple[tuple[str, int, int, int], ...]
"""Pods by node: (node, ready, serving while terminating, not ready)."""


class View(Struct, frozen=True):
    """Where a service's pods were from one line on."""

    at: Place
    counts: Counts


class _Known(Struct):
    slice: EndpointSlice
    doubted: bool = False


class Endpoints:
    """The slices of each service.

    An update prints the old slice and then the new one, a deletion the last one alone: one that comes again
    as it was is doubted until its successor comes.
    """

    def __init__(self) -> None:
        self._slices: dict[str, dict[str, _Known]] = {}
        self._buried: dict[str, dict[str, EndpointSlice]] = {}
        self._counts: dict[str, Counts] = {}
        self.history: dict[str, deque[View]] = {}

    def seen(self, found: EndpointSlice, at: Place) -> None:
        """A slice was printed."""
        slices = self._slices.setdefault(found.service, {})
        known = slices.get(found.name)
        if known is not None and known.slice == found:
            known.doubted = not known.doubted
            return
        if self._buried.get(found.service, {}).get(found.name) == found:
            return
        slices[found.name] = _Known(found)
        self._counts.pop(found.service, None)
        counts = self.of(found.service)
        history = self.history.setdefault(found.service, deque(maxlen=MOST_VIEWS))
        if counts is not None and (not history or history[-1].counts != counts):
            history.append(View(at, counts))

    def gone(self, service: str) -> None:
        """The service was deleted: its slices count no more, though their end may be printed yet."""
        slices = self._slices.pop(service, {})
        self._buried[service] = {name: known.slice for name, known in slices.items()}
        self._counts.pop(service, None)

    def forget(self, service: str) -> None:
        """Nothing of this service is kept."""
        for known in (self._slices, self._buried, self._counts, self.history):
            known.pop(service, None)

    def of(self, service: str) -> Counts | None:
        """The pods of a service by node; None where they are not known."""
        slices = self._slices.get(service)
        if not slices or any(k.doubted for k in slices.values()):
            return None
        counts = self._counts.get(service)
        if counts is None:
            endpoints = (e for k in slices.values() for e in k.slice.endpoints)
            counts = self._counts[service] = counted(endpoints)
        return counts


def counted(endpoints: Iterable[Endpoint]) -> Counts:
    """The endpoints by node and readiness, sorted by node."""
    found: dict[str, list[int]] = {}
    places = {"ready": 0, "terminating": 1, "not-ready": 2}
    for endpoint in endpoints:
        found.setdefault(endpoint.node, [0, 0, 0])[places[endpoint.readiness]] += 1
    return tuple((node, n[0], n[1], n[2]) for node, n in sorted(found.items()))


def usable_nodes(counts: Counts, version: Version) -> frozenset[str]:
    """The nodes with an endpoint that MetalLB counts (empty name: a pod whose node is not told)."""
    terminating = version >= V0_14
    return frozenset(node for node, ready, ends, _ in counts if ready or (ends and terminating))
