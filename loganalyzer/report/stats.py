"""Figures as text, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from loganalyzer.report.content import Counted, Table
from loganalyzer.report.escape import for_markdown
from loganalyzer.report.events import cell
from loganalyzer.report.fitting import fitted_table
from loganalyzer.report.tables import rows
from loganalyzer.report.terminal import wrap
from loganalyzer.report.times import length

if TYPE_CHECKING:
    from pandas import DataFrame

    from loganalyzer.tables.stats import Figure

SCHEMA: Final = "loganalyzer/stats/1"
MOST_ROWS: Final = 20
"""Rows of a table in the text; the other forms have all."""

WIDEST: Final = 1000
"""Columns of a table that nobody has to see on a terminal."""
_SPARE: Final = (
    "p95", "median", "peak ts", "peak size", "until ts", "since ts", "removed ts", "used at end", "attempts",
    "removed after", "never used",
)  # fmt: skip
"""Columns that a narrow terminal can do without, what says least first."""
_WRAPPED: Final = frozenset({"removed by", "addresses", "unused"})
"""Columns whose cells may be set in several lines, as those of the first one."""

_HEADINGS: Final = {"seconds": "in all", "seconds_full": "full", "seconds_without": "without an address"}
_SECONDS: Final = frozenset({"seconds", "median", "p95", "longest", "removed_after"})


def text(
    found: Mapping[str, DataFrame], figures: Mapping[str, Figure], columns: int, widest: int = WIDEST
) -> Iterator[bytes]:
    """For reading: each figure under its title, lengths of time in words; of several long ones their beginnings.

    `columns` is the width of running text. Of a table that is wider than `widest` columns are left out, and told.
    """
    said: set[str] = set()
    most = MOST_ROWS if len(found) > 1 else None
    for name, frame in found.items():
        figure = figures[name]
        header, body = _for_people(name, frame)
        if not body:
            continue
        spare = [header.index(heading) for heading in _SPARE if heading in header]
        wrapped = [i for i, heading in enumerate(header) if not i or heading in _WRAPPED]
        table = fitted_table(header, body[:most], widest, wrapped, spare, indent="  ")
        lines = ["" if said else None, figure.title, *table.lines]
        if table.left_out:
            left_out = ", ".join(header[i] for i in table.left_out)
            lines += wrap(f"Not shown: {left_out}; a wider terminal has them.", columns, "  ")
        if most is not None and len(body) > most:
            lines.append(f"  and {len(body) - most:,} more: --table {name}, or another --format")
        if figure.says not in said:
            lines += wrap(figure.says.replace("`", ""), columns, "  ")
        said.add(figure.says)
        yield "".join(f"{line}\n" for line in lines if line is not None).encode("utf-8", "replace")
    if not said:
        yield _nothing(found, figures).encode("utf-8", "replace")


def _nothing(found: Mapping[str, DataFrame], figures: Mapping[str, Figure]) -> str:
    """What to say where no table has a row."""
    if "overview" in found:
        return "Nothing to count: no service asked for an address.\n"
    return "".join(f"{figures[name].title}: none.\n" for name in found)


def markdown(found: Mapping[str, DataFrame], figures: Mapping[str, Figure]) -> Iterator[bytes]:
    """A section for each figure, to be pasted into a review."""
    for name, frame in found.items():
        figure = figures[name]
        header, body = _for_people(name, frame)
        lines = [f"## {figure.title}", "", figure.says, ""]
        if body:
            lines += [_row(header), _row(["---"] * len(header))]
            lines += [_row([for_markdown(value) for value in row]) for row in body]
        else:
            lines.append("None.")
        yield ("\n".join(lines) + "\n\n").encode("utf-8", "replace")


def counted(found: Mapping[str, DataFrame], figures: Mapping[str, Figure]) -> tuple[Counted, ...]:
    """Titles and tables for another report, of long ones their beginnings; empty ones are left out."""
    made = []
    for name, frame in found.items():
        header, body = _for_people(name, frame)
        more = f"{len(body) - MOST_ROWS:,} more: loganalyzer stats --table {name}. " if len(body) > MOST_ROWS else ""
        if body:
            table = Table(
                tuple(header), tuple(map(tuple, body[:MOST_ROWS])), more + figures[name].says.replace("`", "")
            )
            made.append(Counted(figures[name].title, table))
    return tuple(made)


def csv_pieces(found: Mapping[str, DataFrame]) -> Iterator[bytes]:
    """CSV: of one figure a plain table; of several each under a line with its name, an empty line between them."""
    for number, (name, frame) in enumerate(found.items()):
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        if len(found) > 1:
            buffer.write("\n" if number else "")
            writer.writerow([name])
        writer.writerow(frame.columns)
        writer.writerows([cell(value) for value in row] for row in rows(frame))
        yield buffer.getvalue().encode("utf-8", "replace")


def json_document(found: Mapping[str, DataFrame], clusters: tuple[str, ...]) -> bytes:
    """One document: each figure a list of objects; lengths of time in seconds, null for what is not known."""
    import orjson

    document = {"schema": SCHEMA, "clusters": list(clusters), "figures": {n: _objects(f) for n, f in found.items()}}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _objects(frame: DataFrame) -> list[dict[str, Any]]:
    names = [str(c) for c in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in rows(frame)]


def _for_people(name: str, frame: DataFrame) -> tuple[list[str], list[list[str]]]:
    """Header and cells; the overview has its figures one below the other."""
    names = [str(c) for c in frame.columns]
    body = [[_cell(column, value) for column, value in zip(names, row, strict=True)] for row in rows(frame)]
    header = [_HEADINGS.get(name, name.replace("_", " ")) for name in names]
    if name == "overview":
        turned = [list(column) for column in zip(header, *body, strict=True)]
        has_clusters = header[0] == "cluster"
        return (turned[0], turned[1:]) if has_clusters else (["figure", "value"], turned)
    return header, body


def _cell(column: str, value: object) -> str:
    if value is None:
        return ""
    if column in _SECONDS or column.startswith(("seconds_", "outage_", "first_address_", "address_")):
        return length(float(value)) if isinstance(value, int | float) else str(value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
