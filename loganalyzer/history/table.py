"""The allocator's table at one moment, made into rows: addresses in use, pools, who waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from loganalyzer.history.moments import Moment, Wait
from loganalyzer.metallb.addresses import FAMILIES, Address, AddressRange, Family
from loganalyzer.metallb.free import free_ranges
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import Port
from loganalyzer.model.state import AddressUse, Place, PoolTable, Table


class Held(NamedTuple):
    """One service on an address. `known`: its ports and keys are in the log.

    `allocated`: `since` is the line at which it got the address; else the one that first shows it with the address.
    """

    service: str
    ports: tuple[Port, ...]
    since: Place | None
    allocated: bool
    known: bool


class InUse(Struct, frozen=True):
    """One address in use, under the keys stored for it; `pool` None: it lies in no known pool.

    `doubtful`: the log contradicted the replay about it.
    """

    address: Address
    pool: str | None
    sharing_key: str
    backend_key: str
    holders: tuple[Held, ...]
    known: bool
    doubtful: bool


class Room(Struct, frozen=True):
    """One family of a pool: addresses that it can hand out, in use and free, and those that it avoids.

    `ranges` are the free ones; addresses that the pool avoids are in them and not in `free`.
    """

    family: Family
    usable: int
    used: int
    free: int
    avoided: int
    ranges: tuple[AddressRange, ...]


class PoolState(Struct, frozen=True):
    """One pool with its room in each family that it has."""

    pool: Pool
    rooms: tuple[Room, ...]


class StateTable(Struct, frozen=True):
    """One controller's table.

    `configured`: its pools are in the log. `complete`: so is every holder. `began` is the first line of its log,
    `at` the last one up to the moment (None: the log begins later), `over`: the log ends before the moment.
    """

    at: Place | None
    began: Place | None
    over: bool
    version: str | None
    configured: bool
    complete: bool
    rejected: Place | None
    in_use: tuple[InUse, ...]
    pools: tuple[PoolState, ...]
    waiting: tuple[tuple[str, Wait], ...]


class ControllerTables(Struct, frozen=True):
    """One controller, by the inputs that its history is in, with its table at each moment that was asked for.

    None where the moment is a line of another controller's log.
    """

    inputs: tuple[str, ...]
    tables: tuple[StateTable | None, ...]


def state_table(moment: Moment) -> StateTable:
    """The rows of a moment: addresses ascending, pools and services by name."""
    table = moment.table
    # Above debug level a start shows that there was no pool then, and nothing shows those that came.
    shows_pools = bool(table.pools) or moment.at is None or moment.at.source.level in ("debug", "unknown")
    return StateTable(
        at=moment.at,
        began=moment.began,
        over=moment.over,
        version=str(table.version) if table.version_known else None,
        configured=table.configured and shows_pools,
        complete=table.complete,
        rejected=table.rejected,
        in_use=tuple(_in_use(a, moment.uses[a], moment) for a in sorted(moment.uses)),
        pools=tuple(_pool_state(table.pools[name]) for name in sorted(table.pools)),
        waiting=tuple(sorted(moment.waiting.items())),
    )


def _in_use(address: Address, use: AddressUse, moment: Moment) -> InUse:
    owner = _owner(address, moment.table)
    holders = tuple(sorted(_held(h.service, h.ports, moment) for h in use.holders))
    return InUse(address, owner, use.sharing_key, use.backend_key, holders, use.known, use.doubtful)


def _owner(address: Address, table: Table) -> str | None:
    pool = table.configuration.pool_containing(address) if table.configuration is not None else None
    return pool.name if pool is not None else None


def _held(service: str, ports: tuple[Port, ...], moment: Moment) -> Held:
    held = moment.table.allocations.get(service)
    if held is None:
        return Held(service, ports, None, allocated=False, known=False)
    got = moment.allocated.get(service)
    if got is not None and set(got.addresses) == set(held.addresses):
        return Held(service, ports, got.at, allocated=True, known=held.claim is not None)
    return Held(service, ports, held.at, allocated=False, known=held.claim is not None)


def _pool_state(table: PoolTable) -> PoolState:
    return PoolState(table.pool, tuple(_rooms(table)))


def _rooms(table: PoolTable) -> Iterator[Room]:
    pool = table.pool
    for family in FAMILIES:
        if family not in pool.families:
            continue
        ranges = [r for r in pool.ranges if r.family == family]
        usable, used = pool.usable(family), table.in_use[family]
        avoided = pool.size(family) - usable
        yield Room(family, usable, used, max(0, usable - used), avoided, tuple(free_ranges(ranges, table.uses)))
