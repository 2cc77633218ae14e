"""The timeline for programs: JSON, CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from loganalyzer.correlator.announcements.document import position
from loganalyzer.history.entries import Entry
from loganalyzer.history.story import Told
from loganalyzer.metallb.addresses import format_address
from loganalyzer.parser.stamps import rfc3339
from loganalyzer.report.rows import csv_pieces
from loganalyzer.version import __version__

SCHEMA: Final = "loganalyzer/timeline/1"
COLUMNS: Final = (
    "ts",
    "input",
    "line",
    "kind",
    "service",
    "node",
    "addresses",
    "pool",
    "rule",
    "times",
    "last_ts",
    "last_input",
    "last_line",
    "seconds",
    "text",
)


def document(told: Told) -> bytes:
    """The story as a JSON document, ending in a line feed."""
    focus = told.focus
    found = {
        "schema": SCHEMA,
        "tool": {"name": "loganalyzer", "version": __version__},
        "inputs": [i.source.name for i in told.diagnosis.inputs],
        "about": {
            "services": sorted(focus.services),
            "addresses": [format_address(a) for a in sorted(focus.addresses)],
            "pools": sorted(focus.pools),
            "nodes": sorted(focus.nodes),
        },
        "found": told.named,
        "waited_seconds": told.waited,
        "failed_attempts": told.attempts,
        "entries": [_entry(e) for e in told.entries],
        "omitted": told.dropped,
        "notes": [n.text for n in told.diagnosis.notes],
    }
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def csv_document(told: Told) -> Iterator[bytes]:
    """One row for each entry."""
    return csv_pieces(COLUMNS, (_row(e) for e in told.entries))


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "at": position(entry.at),
        "kind": entry.kind,
        "service": entry.service,
        "node": entry.node,
        "addresses": list(entry.addresses),
        "pool": entry.pool,
        "rule": entry.rule,
        "times": entry.times,
        "last": position(entry.last) if entry.last is not None else None,
        "seconds": entry.seconds,
        "text": entry.what,
    }


def _row(entry: Entry) -> tuple[object, ...]:
    last = entry.last
    return (
        rfc3339(entry.at.stamp) if entry.at.stamp else None,
        entry.at.source.name,
        entry.at.line,
        entry.kind,
        entry.service,
        entry.node,
        " ".join(entry.addresses),
        entry.pool,
        entry.rule,
        entry.times,
        rfc3339(last.stamp) if last is not None and last.stamp else None,
        last.source.name if last is not None else None,
        last.line if last is not None else None,
        entry.seconds,
        entry.what,
    )
