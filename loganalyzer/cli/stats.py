"""`loganalyzer stats`: figures for a review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Final

import typer

from loganalyzer.cli.clusters import ClusterOption, EachOption, JobsOption, framed, given_clusters, read_from
from loganalyzer.cli.console import Status, interruptible, warn, width
from loganalyzer.cli.options import LogsArgument, OutputOption, RedactOption, ZoneOption
from loganalyzer.cli.output import outputs, put
from loganalyzer.cli.redacting import given
from loganalyzer.cli.values import zone_of
from loganalyzer.errors import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame

FORMATS: Final = ("text", "json", "markdown", "csv")
SUFFIXES: Final = {
    "": "text", ".txt": "text", ".json": "json", ".md": "markdown", ".markdown": "markdown", ".csv": "csv",
}  # fmt: skip


@interruptible
def stats(
    inputs: LogsArgument = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="text|json|markdown|csv", help="The figures' form.  [default: text]", show_default=False
        ),
    ] = None,
    output: OutputOption = None,
    table: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Only these figures: by_rule, pools, resolutions, …; repeatable.", show_default=False
        ),
    ] = None,
    cluster: ClusterOption = None,
    cluster_each: EachOption = None,
    jobs: JobsOption = None,
    tz: ZoneOption = None,
    *,
    redact: RedactOption = False,
) -> None:
    """Print figures: how long services were without an address, by what, how full pools were, what helped."""
    clusters, zone = given_clusters(cluster, cluster_each), zone_of(tz)
    wanted = outputs(form, output or (), FORMATS, suffixes=SUFFIXES, read=read_from(inputs, clusters))
    from loganalyzer.pipeline import Reading
    from loganalyzer.tables.stats import FIGURES, NEEDED, OVER_ALL, figures

    unknown = set(table or ()) - FIGURES.keys()
    if unknown:
        raise UsageError(f"--table {min(unknown)!r} is not known; choose one of {', '.join(FIGURES)}")
    together = [name for name in table or () if name.startswith(OVER_ALL)]
    if together and (clusters is None or len(clusters) < 2):
        raise UsageError(f"--table {together[0]} is of several clusters together; name them with --cluster")
    if redact and clusters is not None:
        raise UsageError("--redact takes one cluster at a time: leave --cluster out")
    reading = Reading(zone=zone)
    with given(tuple(inputs or (("-",) if clusters is None else ())), redact=redact) as read:
        frames = framed(read.inputs, clusters, NEEDED, reading, jobs)
        for problem in reading.problems:
            warn(problem)
        if len(frames["inputs"]) or "json" in wanted.forms:
            found = figures(frames, tuple(table or ()))
            put(wanted, [_rendered(found, frames.clusters, each) for each in wanted.each])
    if reading.problems or read.failed:
        raise SystemExit(Status.INPUT)


def _rendered(found: Mapping[str, DataFrame], clusters: tuple[str, ...], form: str) -> Iterator[bytes]:
    from loganalyzer.report import stats as report
    from loganalyzer.tables.stats import FIGURES

    if form == "json":
        return iter([report.json_document(found, clusters)])
    if form == "csv":
        return report.csv_pieces(found)
    if form == "markdown":
        return report.markdown(found, FIGURES)
    return report.text(found, FIGURES, min(width(), 100), width(report.WIDEST))
