"""`loganalyzer state`: who held what at one moment, and what changed between two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loganalyzer.cli.console import interruptible
from loganalyzer.cli.inputs import FORMS, read_with_progress, tell_problems, tell_terminal
from loganalyzer.cli.options import LogsArgument, OutputsOption, RedactOption, VersionOption, ZoneOption
from loganalyzer.cli.output import Renderer, deliver, outputs
from loganalyzer.cli.redacting import given
from loganalyzer.cli.values import known_version, zone_of
from loganalyzer.errors import UsageError

if TYPE_CHECKING:
    from loganalyzer.history.table import ControllerTables


@interruptible
def state(
    inputs: LogsArgument = None,
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
    output: OutputsOption = None,
    tz: ZoneOption = None,
    metallb_version: VersionOption = None,
    *,
    redact: RedactOption = False,
) -> None:
    """Print the allocator's table at one moment: who holds which address, since when, and what is free."""
    from loganalyzer.chronology import state_tables
    from loganalyzer.history.wanted import parse_wanted
    from loganalyzer.pipeline import Reading

    if at is not None and diff is not None:
        raise UsageError("--at and --diff can't both be given: --diff names two moments itself")
    version, zone = known_version(metallb_version), zone_of(tz)
    reports = outputs(form, output or (), FORMS, read=inputs or ())
    for text in diff or (at or "end",):
        parse_wanted(text, zone or UTC)
    with given(tuple(inputs or ("-",)), redact=redact) as read:
        asked = [_moment(text, read.input) for text in diff or (at or "end",)]
        wanted = [parse_wanted(text, zone or UTC) for text in asked]
        reading = Reading(zone=zone)
        tell_terminal(read.inputs)
        found = read_with_progress(reading, lambda: state_tables(read.inputs, wanted, version=version, reading=reading))
        if not found:
            nothing = "the inputs have no line of a controller; pass the log of one"
            tell_problems(reading, nothing=nothing, failed=read.failed)
        deliver(reports, _differences(found, asked) if diff is not None else _tables(found, asked[0]))
    tell_problems(reading, failed=read.failed)


def _moment(text: str, shown: Callable[[str], str]) -> str:
    """A moment in the words of the inputs that are read: `FILE:120` with the name that FILE has there."""
    name, colon, line = text.rpartition(":")
    return f"{shown(name)}:{line}" if colon and line.isdigit() and Path(name).exists() else text


def _tables(found: Sequence[ControllerTables], asked: str) -> Mapping[str, Renderer]:
    """The report on one moment, by its form."""
    from loganalyzer.report import state_forms, state_text

    sections = state_text.state_sections(found)
    return {
        "text": lambda surface: [_bytes(state_text.as_text(sections, surface.columns))],
        "markdown": lambda _: [_bytes(state_text.as_markdown(sections))],
        "json": lambda _: [state_forms.document(asked, found)],
        "csv": lambda _: state_forms.csv_document(found),
    }


def _differences(found: Sequence[ControllerTables], asked: Sequence[str]) -> Mapping[str, Renderer]:
    """The report on what changed between two moments, by its form. Raises UsageError where these can't be compared."""
    from loganalyzer.history.difference import differences
    from loganalyzer.report import state_forms, state_text

    compared = [(c, differences(a, b)) for c in found for a, b in [c.tables] if a is not None and b is not None]
    if not compared:
        raise UsageError("--diff: these are lines of different controllers; what one holds says nothing of the other")
    sections = state_text.diff_sections(compared)
    return {
        "text": lambda surface: [_bytes(state_text.as_text(sections, surface.columns))],
        "markdown": lambda _: [_bytes(state_text.as_markdown(sections))],
        "json": lambda _: [state_forms.diff_document(asked, compared)],
        "csv": lambda _: state_forms.diff_csv(compared),
    }


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
