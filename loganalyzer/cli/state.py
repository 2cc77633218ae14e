"""`loganalyzer state`: who held what at one moment, and what changed between two."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loganalyzer.cli.console import Status, interruptible, warn, width
from loganalyzer.cli.inputs import FILE_WIDTH, TABLES, deliver, form_of, known_version, read_with_progress, zone_of
from loganalyzer.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loganalyzer.history.table import ControllerTables


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command("state")(state)


@interruptible
def state(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INPUT]...", help="Log files; - or nothing is standard input.", show_default=False),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="TIME|LINE|end",
            help="The moment: 2024-05-04 08:00, RFC 3339, 90m (before the last record), a line (120 or FILE:120), "
            "or end.  [default: end]",
            show_default=False,
        ),
    ] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="A B", help="Tell what changed between these two moments instead.", show_default=False),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="text|json|markdown|csv",
            help="The table's form.  [default: text]",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write there instead, in the form that the suffix names.", show_default=False
        ),
    ] = None,
    tz: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="The zone of times that name none: Europe/Berlin, +02:00.  [default: UTC]",
            show_default=False,
        ),
    ] = None,
    metallb_version: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Take the logs for this MetalLB version's.", show_default=False),
    ] = None,
) -> None:
    """Print the allocator's table at one moment: who holds which address, since when, and what is free."""
    from loganalyzer.chronology import state_tables
    from loganalyzer.history.wanted import parse_wanted
    from loganalyzer.pipeline import Reading

    if at is not None and diff is not None:
        raise UsageError("--at and --diff can't both be given: --diff names two moments itself")
    version, zone = known_version(metallb_version), zone_of(tz)
    chosen = form_of(form, output, TABLES)
    asked = diff or (at or "end",)
    wanted = [parse_wanted(text, zone or UTC) for text in asked]
    named = tuple(inputs or ("-",))
    reading = Reading(zone=zone)
    found = read_with_progress(named, reading, lambda: state_tables(named, wanted, version=version, reading=reading))
    if not found:
        for problem in reading.problems:
            warn(problem)
        if not reading.problems:
            warn("the inputs have no line of a controller; pass the log of one")
        raise typer.Exit(Status.INPUT)
    columns = FILE_WIDTH if output is not None else width()
    deliver(_rendered(found, asked, chosen, columns, differing=diff is not None), output, reading)


def _rendered(
    found: Sequence[ControllerTables], asked: Sequence[str], form: str, columns: int, *, differing: bool
) -> Iterable[bytes]:
    """The report in its form."""
    from loganalyzer.history.difference import differences
    from loganalyzer.report import state_forms, state_text

    if differing:
        compared = [(c, differences(a, b)) for c in found for a, b in [c.tables] if a is not None and b is not None]
        if not compared:
            raise UsageError(
                "--diff: these are lines of different controllers; what one holds says nothing of the other"
            )
        sections = state_text.diff_sections(compared)
        if form == "json":
            return [state_forms.diff_document(asked, compared)]
        if form == "csv":
            return state_forms.diff_csv(compared)
    else:
        sections = state_text.state_sections(found)
        if form == "json":
            return [state_forms.document(asked[0], found)]
        if form == "csv":
            return state_forms.csv_document(found)
    text = state_text.as_markdown(sections) if form == "markdown" else state_text.as_text(sections, columns)
    return [text.encode("utf-8", "replace")]
