"""What changed between two moments of one controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct

from loganalyzer.history.changes import changed_pools, ports_text
from loganalyzer.history.table import Held, InUse, StateTable
from loganalyzer.metallb.addresses import Address, format_address
from loganalyzer.model.state import Place


class Difference(NamedTuple):
    """One property of a service, an address, a pool or the controller, before and after; empty: there was none.

    `kind` is `service`, `address`, `pool` or `controller`, `of` its name. `at` is the line that shows the later one,
    where one line does.
    """

    kind: str
    of: str
    what: str
    before: str
    after: str
    at: Place | None = None


def differences(before: StateTable, after: StateTable) -> list[Difference]:
    """The controller's own, then pools and services by name, then addresses ascending. Equal tables have none."""
    return [*_controller(before, after), *_pools(before, after), *_services(before, after), *_addresses(before, after)]


def _controller(before: StateTable, after: StateTable) -> Iterator[Difference]:
    pairs = (
        ("version", before.version or "", after.version or ""),
        ("newest configuration", _refused(before), _refused(after)),
    )
    for what, one, other in pairs:
        if one != other:
            yield Difference("controller", "", what, one, other, after.rejected)


def _refused(table: StateTable) -> str:
    return "refused" if table.rejected is not None else "in force"


def _pools(before: StateTable, after: StateTable) -> Iterator[Difference]:
    pools = [{p.pool.name: p.pool for p in table.pools} for table in (before, after)]
    for name, edits in changed_pools(*pools):
        for edit in edits:
            yield Difference("pool", name, *edit)
    room = [{(p.pool.name, r.family): r.free for p in t.pools for r in p.rooms} for t in (before, after)]
    for key in sorted({*room[0], *room[1]}):
        one, other = (_count(found.get(key)) for found in room)
        if one != other:
            yield Difference("pool", key[0], f"free {key[1]} addresses", one, other)


def _count(number: int | None) -> str:
    return "" if number is None else str(number)


class _Holding(Struct, frozen=True):
    """What one service holds; `at` is the line since which it does."""

    addresses: tuple[Address, ...]
    ports: str
    at: Place | None


def _services(before: StateTable, after: StateTable) -> Iterator[Difference]:
    held = [_by_service(table) for table in (before, after)]
    waits = [dict(table.waiting) for table in (before, after)]
    for service in sorted({*held[0], *held[1], *waits[0], *waits[1]}):
        one, other = held[0].get(service), held[1].get(service)
        at = other.at if other is not None else None
        if _texts(one) != _texts(other):
            yield Difference("service", service, "address", _texts(one), _texts(other), at)
        if one is not None and other is not None and one.ports != other.ports:
            yield Difference("service", service, "ports", one.ports, other.ports)
        errors = [w[service].error if service in w else "" for w in waits]
        if errors[0] != errors[1]:
            last = waits[1][service].last if service in waits[1] else None
            yield Difference("service", service, "waits", errors[0], errors[1], last)


def _by_service(table: StateTable) -> Mapping[str, _Holding]:
    rows: dict[str, list[tuple[Address, Held]]] = {}
    for use in table.in_use:
        for held in use.holders:
            rows.setdefault(held.service, []).append((use.address, held))
    return {
        service: _Holding(tuple(a for a, _ in found), ports_text(found[0][1].ports), found[0][1].since)
        for service, found in rows.items()
    }


def _texts(holding: _Holding | None) -> str:
    return ", ".join(map(format_address, holding.addresses)) if holding is not None else ""


def _addresses(before: StateTable, after: StateTable) -> Iterator[Difference]:
    """Keys of addresses that somebody holds at both moments."""
    uses: list[dict[Address, InUse]] = [{u.address: u for u in table.in_use} for table in (before, after)]
    for address in sorted(uses[0].keys() & uses[1].keys()):
        one, other = uses[0][address], uses[1][address]
        for what in ("sharing_key", "backend_key", "pool"):
            values = [getattr(u, what) or "" for u in (one, other)]
            if values[0] != values[1]:
                yield Difference("address", format_address(address), what.replace("_", " "), values[0], values[1])
