"""What made room for a service that had waited: the last change since its last failed attempt that touches what it got.

Before that change MetalLB refused the service, or would have: so the last of several that were needed counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from loganalyzer.history.book import Book
from loganalyzer.history.spans import Removal
from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.pools import Pool
from loganalyzer.model.outcomes import Attempt
from loganalyzer.model.state import Place

_LEFT: Final = {
    "deleted": "holder-deleted",
    "edited": "holder-edited",
    "restarted": "controller-restarted",
}


class Waiting:
    """A service that waits: its first failed attempt, and the last with the state that it met.

    `clock` is that of the book at the last attempt, `edited` that of the last edit of the service and its line.
    """

    __slots__ = ("clock", "count", "edited", "last", "since")

    def __init__(self, attempt: Attempt) -> None:
        self.since = attempt.at
        self.last = attempt
        self.count = 0
        self.clock = 0
        self.edited: tuple[int, Place] | None = None


class _Change(Struct, frozen=True):
    """A change and when it was made, by the book's clock."""

    clock: int
    removal: Removal


def removal(waiting: Waiting, addresses: tuple[Address, ...], book: Book) -> Removal | None:
    """What made room for these addresses; None where nothing that the log tells did."""
    found = [c for a in addresses for c in (*_holders(waiting, a, book), *_pools(waiting, a, book))]
    found.extend(_own(waiting, book))
    return max(found, key=lambda c: c.clock).removal if found else None


def _holders(waiting: Waiting, address: Address, book: Book) -> Iterator[_Change]:
    """Holders that are gone from the address since the last attempt, or hold it otherwise."""
    table = waiting.last.table
    uses = (t.uses[address] for t in table.pools.values() if address in t.uses)
    met = {name for use in uses for name in use.services}
    for holder, ended in book.ended.get(address, {}).items():
        # Up to 0.12 no log shows the pools, and so no table has their addresses.
        was_in_the_way = holder in met or not table.configured
        if ended.clock > waiting.clock and holder != waiting.last.service and was_in_the_way:
            what = _LEFT.get(ended.span.why, "holder-left")
            who = "" if what == "controller-restarted" else holder
            yield _Change(ended.clock, Removal(what, who, ended.span.until))


def _pools(waiting: Waiting, address: Address, book: Book) -> Iterator[_Change]:
    """The configuration's change that gave the service the pool of the address."""
    table, now = waiting.last.table, book.model.allocator.configuration
    pool = now.pool_containing(address) if now is not None else None
    if book.configured is None or pool is None or not table.configured or book.configured[0] <= waiting.clock:
        return
    clock, at = book.configured
    before = table.configuration.pools.get(pool.name) if table.configuration is not None else None
    if before is None:
        yield _Change(clock, Removal("pool-added", pool.name, at))
    elif not before.owns(address):
        yield _Change(clock, Removal("pool-grown", pool.name, at))
    elif _terms(before) != _terms(pool):
        yield _Change(clock, Removal("pool-edited", pool.name, at))


def _terms(pool: Pool) -> tuple[object, ...]:
    """Whom a pool lets in."""
    return (pool.auto_assign, pool.allocation)


def _own(waiting: Waiting, book: Book) -> Iterator[_Change]:
    """The service's own edit, where it asks for something else now than at its last attempt."""
    service, before = waiting.last.service, waiting.last.seen
    known = book.model.services.get(service) if service is not None else None
    if waiting.edited is None or waiting.edited[0] <= waiting.clock or before is None or known is None:
        return
    version = book.model.version
    if before.claim(version) != known[0].claim(version):
        clock, at = waiting.edited
        yield _Change(clock, Removal("service-edited", before.key, at))
