"""Frames as a table for reading, as CSV, as JSON lines: piece by piece."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from loganalyzer.report.events import cell
from loganalyzer.report.terminal import clean, table

if TYPE_CHECKING:
    from pandas import DataFrame, Series

NO_ROWS = "(no rows)\n"


def csv_pieces(frames: Iterable[DataFrame]) -> Iterator[bytes]:
    """CSV with one header; text that a spreadsheet would take for a formula begins with an apostrophe."""
    header = True
    for frame in frames:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        if header:
            writer.writerow(frame.columns)
        header = False
        writer.writerows([cell(value) for value in row] for row in rows(frame))
        yield buffer.getvalue().encode("utf-8", "replace")


def jsonl_pieces(frames: Iterable[DataFrame]) -> Iterator[bytes]:
    """One JSON object a line; what is not known is null."""
    import orjson

    for frame in frames:
        names = [str(c) for c in frame.columns]
        for row in rows(frame):
            yield orjson.dumps(dict(zip(names, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE)


def table_pieces(frames: Iterable[DataFrame]) -> Iterator[bytes]:
    """A table for reading, without columns that tell a reader nothing."""
    any_rows = False
    for frame in frames:
        if not len(frame):
            continue
        any_rows = True
        told = _telling(frame)
        lines = table((map(_shown, row) for row in rows(told)), map(str, told.columns))
        yield "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    if not any_rows:
        yield NO_ROWS.encode()


def _telling(frame: DataFrame) -> DataFrame:
    """Without columns in which no row has anything, and those that say where from where that is the same for all."""
    told = frame.dropna(axis="columns", how="all").drop(columns="namespace", errors="ignore")
    places = [c for c in told.columns if str(c) == "history" or str(c).endswith("input")]
    one = [c for c in places if told[c].nunique() <= 1]
    return told.drop(columns=one) if len(told.columns) > len(one) + 1 else told


def rows(frame: DataFrame) -> Iterator[tuple[Any, ...]]:
    """The rows as Python's own values: times as RFC 3339 text in UTC, None for what is not known."""
    return zip(*(_values(frame[name]) for name in frame.columns), strict=True)


def _values(column: Series[Any]) -> list[Any]:
    """A column's values; the whole column at once, as that is a hundred times as fast as one by one."""
    if str(column.dtype).startswith("datetime64"):
        return [rfc3339(value) for value in column.astype("int64").tolist()]
    return [None if missing else value for value, missing in zip(column.tolist(), column.isna().tolist(), strict=True)]


def rfc3339(nanoseconds: int) -> str | None:
    """A time as text, with the digits of its second that are not zero; None where there is none."""
    from datetime import UTC, datetime

    from loganalyzer.tables.times import NO_TIME

    if nanoseconds == NO_TIME:
        return None
    whole, fraction = divmod(nanoseconds, 1_000_000_000)
    digits = f".{fraction:09d}".rstrip("0") if fraction else ""
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}{digits}Z"


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}"
    return clean(str(value))
