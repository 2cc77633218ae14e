"""One controller's allocations as they come and go: intervals closed, pools counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from msgspec import Struct, structs

from loganalyzer.history.endings import ending
from loganalyzer.history.spans import Mark, PoolUse, Span, Unused
from loganalyzer.history.unused import unused
from loganalyzer.metallb.addresses import Address, family_of
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import Claim
from loganalyzer.model.controller import Model
from loganalyzer.model.state import Allocation, Place, end_of_log, place_of
from loganalyzer.parser.events import Event

_REPEATED: Final = frozenset({"stopping", "rejected"})

PoolKey = tuple[str, str]
"""A pool's name and a family."""


class Ended(Struct, frozen=True):
    """The last interval of a service on an address, and when it ended by `Book.clock`."""

    clock: int
    span: Span


class Book:
    """The intervals of one history. `settle` after each event that changed the allocator.

    `clock` counts what happened, for the order of things whose times may be equal.
    """

    def __init__(self, numbers: Iterator[int], model: Model) -> None:
        self._numbers = numbers
        self.model = model
        self.revision = model.allocator.revision
        self.last: Event | None = None
        self.clock = 0
        self.spans: list[Span] = []
        self.pool_use: list[PoolUse] = []
        self.marks: list[Mark] = []
        self.ended: dict[Address, dict[str, Ended]] = {}
        self.configured: tuple[int, Place] | None = None
        self._changed: set[str] = set()
        model.allocator.changed = self._changed
        self._open: dict[str, dict[Address, Span]] = {}
        self._holders: Counter[Address] = Counter()
        self._counted: dict[Address, PoolKey] = {}
        self._used: Counter[PoolKey] = Counter()
        self._configuration: Configuration | None = None
        self._sizes: dict[PoolKey, int] = {}
        self._shown: dict[PoolKey, tuple[int, int]] = {}

    @cached_property
    def number(self) -> int:
        """The history's number: given where it tells something for the first time."""
        return next(self._numbers)

    @property
    def told(self) -> bool:
        """Whether this history told anything."""
        return "number" in self.__dict__

    def settle(self, event: Event) -> None:
        """What the event changed of the allocator."""
        self.clock += 1
        self.revision = self.model.allocator.revision
        at = place_of(event)
        for service in sorted(self._changed):
            self._follow(service, event, at)
        self._changed.clear()
        configuration = self.model.allocator.configuration
        if configuration is not None and configuration is not self._configuration:
            self._reconfigure(configuration, at)
        self._show(at)

    def mark(self, at: Place, what: str, text: str) -> None:
        """Something that concerns all services; what MetalLB repeats counts once."""
        found = Mark(self.number, at, what, text)
        if what not in _REPEATED or not self.marks or structs.replace(self.marks[-1], at=at) != found:
            self.marks.append(found)

    def end(self) -> Place | None:
        """The last line of this history; None where it has none."""
        return end_of_log(place_of(self.last)) if self.last is not None else None

    def all_spans(self) -> list[Span]:
        """The intervals, those that are still held at the end included."""
        at = self.end()
        held = [s for mine in self._open.values() for s in mine.values()]
        return [*self.spans, *(structs.replace(s, until=at or s.since) for s in held)]

    def unused(self) -> Iterator[Unused]:
        """What of the pools, as they are at the end, nobody ever held."""
        pools = self._configuration.pools.values() if self._configuration is not None else ()
        return unused(self.number, pools, {*self.ended, *self._holders})

    def _follow(self, service: str, event: Event, at: Place) -> None:
        held = self.model.allocator.allocations.get(service)
        mine = self._open.setdefault(service, {})
        now = held.addresses if held is not None else ()
        seen = self.model.services.get(service)
        for address in [a for a in mine if a not in now]:
            why = ending(event, service, seen[0] if seen else None, has_another=bool(now))
            self._close(mine.pop(address), at, *why)
            self._uncount(address)
        if held is None:
            del self._open[service]
            return
        for address in now:
            known = mine.get(address)
            if known is None:
                mine[address] = self._begin(held, address, at)
                self._count(address)
            elif held.claim is not None:
                mine[address] = self._edit(known, held, held.claim, at)

    def _begin(self, held: Allocation, address: Address, since: Place) -> Span:
        configuration = self.model.allocator.configuration
        pool = configuration.pool_containing(address) if configuration is not None else None
        return _told(
            Span(self.number, held.service, address, pool.name if pool else None, since, since, "held"),
            held.claim,
            kept=held.origin is not None,
        )

    def _edit(self, known: Span, held: Allocation, claim: Claim, at: Place) -> Span:
        """The same address under what may be another claim."""
        told = _told(known, claim, kept=known.kept)
        if known.ports is None or told == known:
            return told
        self._close(known, at, "edited")
        return self._begin(held, known.address, at)

    def _close(self, span: Span, at: Place, why: str, reason: str = "") -> None:
        closed = structs.replace(span, until=at, why=why, reason=reason)
        self.spans.append(closed)
        self.ended.setdefault(span.address, {})[span.service] = Ended(self.clock, closed)

    def _reconfigure(self, configuration: Configuration, at: Place) -> None:
        known, self._configuration = self._configuration, configuration
        if known is not None and known.pools == configuration.pools:
            return
        self.configured = (self.clock, at)
        self.mark(at, "configured", ", ".join(sorted(configuration.pools)))
        self._sizes = {
            (p.name, family): p.usable(family) for p in configuration.pools.values() for family in sorted(p.families)
        }
        for mine in self._open.values():
            for address, span in mine.items():
                pool = configuration.pool_containing(address)
                mine[address] = self._rehome(span, pool.name if pool else None, at)
        self._counted = {a: key for a in self._holders if (key := self._key(a)) is not None}
        self._used = Counter(self._counted.values())

    def _rehome(self, span: Span, pool: str | None, at: Place) -> Span:
        if span.pool == pool:
            return span
        if span.pool is not None:
            self._close(span, at, "reconfigured")
            span = structs.replace(span, since=at)
        return structs.replace(span, pool=pool)

    def _count(self, address: Address) -> None:
        self._holders[address] += 1
        if self._holders[address] == 1 and (key := self._key(address)) is not None:
            self._counted[address] = key
            self._used[key] += 1

    def _uncount(self, address: Address) -> None:
        self._holders[address] -= 1
        if not self._holders[address]:
            del self._holders[address]
            key = self._counted.pop(address, None)
            if key is not None:
                self._used[key] -= 1

    def _key(self, address: Address) -> PoolKey | None:
        """Where an address in use counts; None where no pool would hand it out."""
        pool = self._configuration.pool_containing(address) if self._configuration is not None else None
        return (pool.name, family_of(address)) if pool is not None and pool.owns(address) else None

    def _show(self, at: Place) -> None:
        for key in sorted({*self._sizes, *self._shown}):
            found = (self._used[key], self._sizes.get(key, 0))
            if self._shown.get(key) != found:
                self._shown[key] = found
                self.pool_use.append(PoolUse(self.number, at, *key, *found))


def _told(span: Span, claim: Claim | None, *, kept: bool) -> Span:
    """The interval with what the service asks on the address."""
    if claim is None:
        return structs.replace(span, kept=kept)
    return structs.replace(
        span, ports=claim.ports, sharing_key=claim.sharing_key, backend_key=claim.backend_key, kept=kept
    )
