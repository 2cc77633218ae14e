"""Events as a table, as JSON lines, as CSV: one row for each, streaming."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from loganalyzer.metallb.addresses import format_address
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import Service
from loganalyzer.parser.events import Event
from loganalyzer.parser.stamps import rfc3339
from loganalyzer.report.terminal import clean, pad

COLUMNS: Final = ("input", "line", "ts", "event", "service", "detail")


def row(event: Event) -> tuple[str, int, str | None, str, str | None, str]:
    """An event's columns: input, line, UTC time, name of the event, service, what it says."""
    name = type(event.what).__name__
    ts = rfc3339(event.stamp) if event.stamp else None
    return event.source.name, event.line, ts, name, event.service, _detail(event)


def _detail(event: Event) -> str:
    what = event.what
    found = []
    for name in getattr(what, "_fields", ()):
        value = getattr(what, name)
        if value in ("", None, False, ()):
            continue
        found.append(_value(name, value))
    return "; ".join(found)


def _value(name: str, value: object) -> str:
    if isinstance(value, Service):
        return f"{value.key} (resourceVersion {value.resource_version or 'unknown'})"
    if isinstance(value, Configuration):
        return "pools " + (", ".join(sorted(value.pools)) or "none")
    if name == "addresses" and isinstance(value, tuple):
        # A speaker's events have them as it printed them.
        return ", ".join(a if isinstance(a, str) else format_address(a) for a in value)
    return name if value is True else str(value)


def table(events: Iterable[Event]) -> Iterator[str]:
    """Lines of a table for reading, one event each; columns are set for usual names."""
    yield f"{'line':>8}  {'time':20}  {'event':22}  {'service':32}  detail"
    for event in events:
        _, line, ts, name, service, detail = row(event)
        yield f"{line:>8}  {ts or '':20}  {name:22}  {pad(clean(service or ''), 32)}  {clean(detail)}".rstrip()


def jsonl(events: Iterable[Event]) -> Iterator[bytes]:
    """One JSON object a line."""
    for event in events:
        found: dict[str, Any] = dict(zip(COLUMNS, row(event), strict=True))
        yield orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE)


def csv_lines(events: Iterable[Event]) -> Iterator[str]:
    """CSV with a header; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for event in events:
        writer.writerow([_cell(value) for value in row(event)])
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = clean(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t") and text != "-" else text
