"""`loganalyzer events`: what the parser made of the lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import tee
from typing import TYPE_CHECKING, Annotated, Final

import typer

from loganalyzer.cli.clusters import ClusterOption, EachOption, JobsOption, framed, given_clusters, read_from
from loganalyzer.cli.console import Status, interruptible, warn
from loganalyzer.cli.options import LogsArgument, OutputOption, RedactOption, ZoneOption
from loganalyzer.cli.output import outputs, put
from loganalyzer.cli.redacting import given
from loganalyzer.cli.values import zone_of
from loganalyzer.errors import UsageError

if TYPE_CHECKING:
    from loganalyzer.parser.events import Event
    from loganalyzer.sources.inputs import Input
    from loganalyzer.tables.frames import Frames

FORMATS: Final = ("table", "jsonl", "csv")
SUFFIXES: Final = {"": "table", ".csv": "csv", ".jsonl": "jsonl", ".txt": "table"}


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
    redact: RedactOption = False,
) -> None:
    """Print the events that the lines mean, or another table of what was found."""
    from loganalyzer.pipeline import Reading

    clusters = given_clusters(cluster, cluster_each)
    wanted = outputs(form, output or (), FORMATS, "table", SUFFIXES, read=read_from(inputs, clusters))
    reading = Reading(zone=zone_of(tz))
    if redact and clusters is not None:
        raise UsageError("--redact takes one cluster at a time: leave --cluster out")
    with given(tuple(inputs or (("-",) if clusters is None else ())), redact=redact) as read:
        if table is None and clusters is None:
            rendered = _rendered(read.inputs, wanted.each, reading)
        else:
            frames = framed(read.inputs, clusters, [table or "events"], reading, jobs)
            rendered = [_table(frames, table or "events", each) for each in wanted.each]
        put(wanted, rendered)
        for problem in reading.problems:
            warn(problem)
    if reading.problems or read.failed:
        raise SystemExit(Status.INPUT)


def _table(frames: Frames, name: str, form: str) -> Iterator[bytes]:
    from loganalyzer.report import tables

    pieces = frames.pieces(name)
    if form == "jsonl":
        return tables.jsonl_pieces(pieces)
    return tables.csv_pieces(pieces) if form == "csv" else tables.table_pieces(pieces)


def _rendered(inputs: Sequence[Input], forms: Sequence[str], reading: object) -> list[Iterator[bytes]]:
    """The events in each of these forms, which take them in step."""
    from loganalyzer.parser.attribution import events as attributed
    from loganalyzer.pipeline import Reading, read
    from loganalyzer.report import events as report

    if not isinstance(reading, Reading):
        raise TypeError(reading)
    copies = tee(attributed(read(inputs, reading)), len(forms))
    made: dict[str, Callable[[Iterator[Event]], Iterator[bytes]]] = {
        "jsonl": report.jsonl,
        "csv": lambda found: (text.encode("utf-8", "replace") for text in report.csv_lines(found)),
        "table": lambda found: (line.encode("utf-8", "replace") + b"\n" for line in report.table(found)),
    }
    return [made[form](found) for form, found in zip(forms, copies, strict=True)]
