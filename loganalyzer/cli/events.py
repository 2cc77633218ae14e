"""`loganalyzer events`: what the parser made of the lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from loganalyzer.cli.clusters import ClusterOption, EachOption, JobsOption, framed, given_clusters
from loganalyzer.cli.console import Status, interruptible, warn, write_file, write_out
from loganalyzer.cli.options import LogsArgument, OutputOption, ZoneOption, zone_of
from loganalyzer.cli.output import form_of
from loganalyzer.cli.redacting import Redact, given
from loganalyzer.errors import UsageError

if TYPE_CHECKING:
    from loganalyzer.pipeline import Reading
    from loganalyzer.sources.inputs import Input
    from loganalyzer.tables.frames import Frames

FORMATS: Final = ("table", "jsonl", "csv")
SUFFIXES: Final = {".csv": "csv", ".jsonl": "jsonl", ".txt": "table"}


@interruptible
def events(
    inputs: LogsArgument = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="table|jsonl|csv",
            help="The events' form.  [default: table]",
            show_default=False,
        ),
    ] = None,
    output: OutputOption = None,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Another table: attempts, episodes, candidates, allocations, announcements, sessions, pool_use, …",
            show_default=False,
        ),
    ] = None,
    cluster: ClusterOption = None,
    cluster_each: EachOption = None,
    jobs: JobsOption = None,
    tz: ZoneOption = None,
    *,
    redact: Redact = False,
) -> None:
    """Print the events that the lines mean, or another table of what was found."""
    from loganalyzer.pipeline import Reading

    chosen = form_of(form, output, SUFFIXES, FORMATS)
    reading = Reading(zone=zone_of(tz))
    clusters = given_clusters(cluster, cluster_each)
    if redact and clusters is not None:
        raise UsageError("--redact takes one cluster at a time: leave --cluster out")
    with given(tuple(inputs or (("-",) if clusters is None else ())), redact=redact) as read:
        if table is None and clusters is None:
            pieces = _rendered(read.inputs, chosen, reading)
        else:
            pieces = _table(
                framed(read.inputs, clusters, [table or "events"], reading, jobs), table or "events", chosen
            )
        _print(pieces, output, reading, failed=read.failed)


def _print(pieces: Iterator[bytes], output: Path | None, reading: Reading, *, failed: bool = False) -> None:
    """Writes the pieces; `failed`: an input could not be opened before."""
    if output is not None:
        write_file(output, pieces)
    else:
        write_out(pieces)
    for problem in reading.problems:
        warn(problem)
    if reading.problems or failed:
        raise typer.Exit(Status.INPUT)


def _table(frames: Frames, name: str, form: str) -> Iterator[bytes]:
    from loganalyzer.report import tables

    pieces = frames.pieces(name)
    if form == "jsonl":
        return tables.jsonl_pieces(pieces)
    return tables.csv_pieces(pieces) if form == "csv" else tables.table_pieces(pieces)


def _rendered(inputs: Sequence[Input], form: str, reading: object) -> Iterator[bytes]:
    from loganalyzer.parser.attribution import events as attributed
    from loganalyzer.pipeline import Reading, read
    from loganalyzer.report import events as report

    if not isinstance(reading, Reading):
        raise TypeError(reading)
    found = attributed(read(inputs, reading))
    if form == "jsonl":
        yield from report.jsonl(found)
    elif form == "csv":
        for text in report.csv_lines(found):
            yield text.encode("utf-8", "replace")
    else:
        for line in report.table(found):
            yield line.encode("utf-8", "replace") + b"\n"
