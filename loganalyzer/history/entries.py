"""The lines of a story: what happened at one line of one input, or at a run of lines that say the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from msgspec import Struct

from loganalyzer.correlator.choosing import is_one_of
from loganalyzer.metallb.addresses import Address
from loganalyzer.model.state import Place
from loganalyzer.parser.stamps import moment
from loganalyzer.sources.inputs import Source

KINDS: Final = {
    "started": "a controller or speaker began",
    "stopping": "it was asked to stop",
    "crashed": "the controller panicked, or began anew without having been stopped",
    "clock": "the times of an input go back",
    "configuration": "a new configuration is in force, or a part of it changed",
    "rejected": "MetalLB refuses a configuration",
    "asked": "a service asks for an address",
    "edited": "what a service asks for changed",
    "failed": "attempts that failed for one cause; `times` of them up to `last`",
    "write-failed": "writing a service failed; `times` times up to `last`",
    "allocated": "a service got an address",
    "kept": "a service has the address of its status: taken over, not newly allocated",
    "lost": "a service lost an address that it held",
    "made-room": "what let a service that waited have its address; told in the stories of services only",
    "deleted": "a service was deleted",
    "not-load-balancer": "a service is no load balancer any more",
    "waiting": "a service still has no address at the end of the log",
    "announced": "a speaker announces a service",
    "withdrawn": "a speaker announces it no more",
    "silent": "a speaker does not announce it, with the reason",
    "pods": "where a service's pods are",
    "session": "a BGP session went up or down, or could not be had",
    "peer": "a BGP peer was configured, or is no more",
    "member": "a node joined or left the memberlist, as another speaker saw it",
    "pool-full": "a pool has no free address of a family any more",
    "pool-free": "it has one again",
}
"""What `Entry.kind` may be."""


class Entry(Struct, frozen=True):
    """One line of the story.

    `what` says it in words, without the service or node whose it is. `times` lines say so, the last at `last`.
    `seconds` is the length of time that it tells of, None where none or not known.
    """

    at: Place
    kind: str
    what: str
    service: str | None = None
    node: str | None = None
    addresses: tuple[str, ...] = ()
    pool: str | None = None
    rule: str | None = None
    times: int = 1
    last: Place | None = None
    seconds: float | None = None


class Focus(Struct, frozen=True):
    """What the story is about; nothing given: everything. Services are `namespace/name` or names in any namespace."""

    services: frozenset[str] = frozenset()
    addresses: frozenset[Address] = frozenset()
    pools: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Focus()

    def takes_service(self, service: str | None) -> bool:
        """Whether the service is one of those that were named."""
        if service is None or not self.services:
            return False
        return service in self.services or service.partition("/")[2] in self.services

    def holds_any(self, entry: Entry) -> bool:
        """Whether an entry is about one of the addresses that were named."""
        return bool(self.addresses) and any(is_one_of(a, self.addresses) for a in entry.addresses)

    def names(self, entry: Entry) -> bool:
        """Whether an entry is of one of those that were named, and not only of what concerns them."""
        return (
            self.takes_service(entry.service)
            or entry.pool in self.pools
            or entry.node in self.nodes
            or self.holds_any(entry)
        )


Order = Mapping[Source, tuple[int, int]]
"""Of each source its place among the inputs, and 1 where its lines come newest first, else 0."""


def ordered(entries: Iterable[Entry], order: Order) -> list[Entry]:
    """The entries in the order of their times.

    Lines of one source stay in their order, whatever its clock says: a time that goes back counts as the latest
    before it. Where any source writes whole seconds, those of one second are not ordered by fractions:
    the controller's come first, as what it does brings about what speakers say; then by input.
    """
    found = list(entries)
    exact = all(b"." in e.at.stamp for e in found if e.at.stamp)
    keyed = [pair for _, own in _by_source(found, order) for pair in _keyed(own, order, exact=exact)]
    return [entry for _, entry in sorted(keyed, key=lambda pair: pair[0])]


_BEFORE: Final = {"clock": 0, "lost": 1}
"""What of one line comes before all else that it tells: who lost an address asks for another."""

_Key = tuple[str, int, str, int, int]


def _by_source(entries: list[Entry], order: Order) -> Iterator[tuple[int, list[Entry]]]:
    """The entries of each source, oldest line first."""
    rows = [(id(e.at.source), _line(e, order), _BEFORE.get(e.kind, 2), i) for i, e in enumerate(entries)]
    for source, group in groupby(sorted(rows), key=lambda row: row[0]):
        yield source, [entries[row[-1]] for row in group]


def _line(entry: Entry, order: Order) -> int:
    return -entry.at.line if order.get(entry.at.source, (0, 0))[1] else entry.at.line


def _keyed(own: list[Entry], order: Order, *, exact: bool) -> Iterator[tuple[_Key, Entry]]:
    """Each with what it is ordered by; `own` are those of one source."""
    latest = ""
    for number, entry in enumerate(own):
        source = entry.at.source
        latest = max(latest, moment(entry.at.stamp))
        rank = int(source.component == "speaker")
        yield (latest if exact else latest[:19], rank, latest, order.get(source, (0, 0))[0], number), entry


_FOLDED: Final = frozenset({"kept", "waiting"})
MOST_ALIKE: Final = 3
"""Entries of one kind in a row that are told one by one, where the story is not of one service."""
MOST_NAMES: Final = 6


def folded(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries with runs that say the same of many services made one."""
    for (kind, _), group in groupby(entries, key=lambda e: (e.kind, e.at.source)):
        run = list(group)
        if kind not in _FOLDED or len(run) <= MOST_ALIKE:
            yield from run
            continue
        names = [e.service or "?" for e in run]
        shown = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
        say = "services have the addresses of their status" if kind == "kept" else "services still have no address"
        addresses = tuple(dict.fromkeys(a for e in run for a in e.addresses))
        yield Entry(run[0].at, kind, f"{len(run)} {say}: {shown}", addresses=addresses, times=len(run), last=run[-1].at)
