"""Events as a table, as JSON lines, as CSV: one row for each, streaming."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from loganalyzer.parser.events import Event
from loganalyzer.report.terminal import clean, pad
from loganalyzer.tables.events import row

COLUMNS: Final = ("input", "line", "ts", "event", "service", "detail")


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
        writer.writerow([cell(value) for value in row(event)])
        if buffer.tell() > 1 << 16:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def cell(value: object) -> object:
    """A value for a cell of CSV: text without controls, and nothing that a spreadsheet would work out."""
    if not isinstance(value, str):
        return value
    text = clean(value)
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t") and text != "-" else text
