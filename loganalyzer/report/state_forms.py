"""The allocator's table for programs: JSON, CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson

from loganalyzer.correlator.announcements.document import position
from loganalyzer.history.difference import Difference
from loganalyzer.history.table import ControllerTables, Held, InUse, PoolState, Room, StateTable
from loganalyzer.metallb.addresses import AddressRange, format_address, format_range
from loganalyzer.model.state import Place
from loganalyzer.parser.stamps import rfc3339
from loganalyzer.report.rows import csv_pieces
from loganalyzer.version import __version__

SCHEMA: Final = "loganalyzer/state/1"
DIFF_SCHEMA: Final = "loganalyzer/state-diff/1"
_PRETTY: Final = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_EXACT: Final = 1 << 53
"""Numbers from here on are written as text: readers of JSON would round them."""

COLUMNS: Final = (
    "controller",
    "state",
    "first",
    "last",
    "count",
    "pool",
    "service",
    "ports",
    "sharing_key",
    "backend_key",
    "since",
    "since_input",
    "since_line",
    "allocated",
)
DIFF_COLUMNS: Final = ("controller", "kind", "of", "what", "before", "after", "ts", "input", "line")

Compared = Sequence[tuple[ControllerTables, Sequence[Difference]]]
"""Each controller with what changed between its two moments."""


def document(asked: str, found: Sequence[ControllerTables]) -> bytes:
    """The tables at one moment as a JSON document."""
    controllers = [{"inputs": list(c.inputs), **_table(t)} for c in found for t in c.tables[:1] if t is not None]
    return orjson.dumps({**_head(SCHEMA), "asked": asked, "controllers": controllers}, option=_PRETTY)


def diff_document(asked: Sequence[str], found: Compared) -> bytes:
    """What changed between two moments as a JSON document."""
    controllers = []
    for controller, changes in found:
        moments = [_moment(t) if t is not None else None for t in controller.tables]
        entry = {"inputs": list(controller.inputs), "from": moments[0], "to": moments[1]}
        controllers.append({**entry, "changes": [_difference(c) for c in changes]})
    return orjson.dumps({**_head(DIFF_SCHEMA), "asked": list(asked), "controllers": controllers}, option=_PRETTY)


def csv_document(found: Sequence[ControllerTables]) -> Iterator[bytes]:
    """One row for each service on an address, each range of free addresses and each service that waits."""
    return csv_pieces(COLUMNS, (row for c in found for t in c.tables[:1] if t is not None for row in _rows(c, t)))


def diff_csv(found: Compared) -> Iterator[bytes]:
    """One row for each difference."""
    return csv_pieces(DIFF_COLUMNS, ((*_name(c), *d[:5], *_placed(d.at)) for c, changes in found for d in changes))


def _head(schema: str) -> dict[str, Any]:
    return {"schema": schema, "tool": {"name": "loganalyzer", "version": __version__}}


def _moment(table: StateTable) -> dict[str, Any]:
    return {
        "at": _position(table.at),
        "log_begins": _position(table.began),
        "log_ends_before": table.over,
        "metallb_version": table.version,
        "configured": table.configured,
        "complete": table.complete,
        "configuration_refused": _position(table.rejected),
    }


def _table(table: StateTable) -> dict[str, Any]:
    return {
        **_moment(table),
        "addresses": [_in_use(u) for u in table.in_use],
        "pools": [_pool(p) for p in table.pools],
        "waiting": [
            {
                "service": service,
                "first": position(wait.first),
                "last": position(wait.last),
                "attempts": wait.attempts,
                "error": wait.error,
            }
            for service, wait in table.waiting
        ],
    }


def _in_use(use: InUse) -> dict[str, Any]:
    return {
        "address": format_address(use.address),
        "pool": use.pool,
        "sharing_key": use.sharing_key,
        "backend_key": use.backend_key,
        "known": use.known,
        "doubtful": use.doubtful,
        "holders": [_holder(h) for h in use.holders],
    }


def _holder(held: Held) -> dict[str, Any]:
    return {
        "service": held.service,
        "ports": [str(p) for p in held.ports],
        "since": _position(held.since),
        "allocated": held.allocated,
        "known": held.known,
    }


def _pool(state: PoolState) -> dict[str, Any]:
    pool, wanted = state.pool, state.pool.allocation
    allocation = None
    if wanted is not None:
        allocation = {
            "priority": wanted.priority,
            "namespaces": sorted(wanted.namespaces),
            "selectors": [str(s) for s in wanted.selectors],
        }
    return {
        "name": pool.name,
        "ranges": [format_range(r) for r in pool.ranges],
        "auto_assign": pool.auto_assign,
        "avoid_buggy_ips": pool.avoid_buggy,
        "service_allocation": allocation,
        "families": [_room(r) for r in state.rooms],
    }


def _room(room: Room) -> dict[str, Any]:
    return {
        "family": room.family,
        "usable": _number(room.usable),
        "in_use": room.used,
        "free": _number(room.free),
        "avoided": _number(room.avoided),
        "free_ranges": [{"range": format_range(r), "addresses": _number(r.size)} for r in room.ranges],
    }


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "of": found.of,
        "what": found.what,
        "before": found.before,
        "after": found.after,
        "at": _position(found.at),
    }


def _position(place: Place | None) -> dict[str, Any] | None:
    return position(place) if place is not None else None


def _number(value: int) -> int | str:
    return value if value < _EXACT else str(value)


def _rows(controller: ControllerTables, table: StateTable) -> Iterator[tuple[object, ...]]:
    for use in table.in_use:
        address = format_address(use.address)
        for held in use.holders:
            claim = (" ".join(map(str, held.ports)), use.sharing_key, use.backend_key)
            since = _placed(held.since)
            head = (*_name(controller), "in use", address, address, 1, use.pool)
            yield (*head, held.service, *claim, *since, "yes" if held.allocated else "no")
    for state in table.pools:
        for span in (r for room in state.rooms for r in room.ranges):
            yield (*_name(controller), "free", *_ends(span), span.size, state.pool.name, *_blank(8))
    for service, wait in table.waiting:
        yield (*_name(controller), "waits", *_blank(4), service, *_blank(3), *_placed(wait.first), None)


def _name(controller: ControllerTables) -> tuple[str]:
    return (" ".join(controller.inputs),)


def _ends(span: AddressRange) -> tuple[str, str]:
    return format_address(span.first), format_address(span.last)


def _blank(count: int) -> tuple[None, ...]:
    return (None,) * count


def _placed(place: Place | None) -> tuple[str | None, str | None, int | None]:
    """A line's time, input and number."""
    if place is None:
        return None, None, None
    return rfc3339(place.stamp) if place.stamp else None, place.source.name, place.line
