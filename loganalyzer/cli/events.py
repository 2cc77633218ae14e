"""`loganalyzer events`: what the parser made of the lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from loganalyzer.cli.console import Status, interruptible, warn, write_file, write_out
from loganalyzer.cli.redacting import Redact, redacting
from loganalyzer.errors import UsageError

if TYPE_CHECKING:
    from loganalyzer.sources.inputs import Input

FORMATS: Final = ("table", "jsonl", "csv")
SUFFIXES: Final = {".csv": "csv", ".jsonl": "jsonl", ".txt": "table"}


@interruptible
def events(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INPUT]...", help="Log files; - or nothing is standard input.", show_default=False),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="table|jsonl|csv",
            help="The events' form.  [default: table]",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write there instead.", show_default=False)
    ] = None,
    *,
    redact: Redact = False,
) -> None:
    """Print the events that the lines mean, with the service that each is about."""
    chosen = form or (SUFFIXES.get(output.suffix.lower()) if output else None) or "table"
    if chosen not in FORMATS:
        raise UsageError(f"--format {chosen!r} is not known; choose one of {', '.join(FORMATS)}")
    given = tuple(inputs or ("-",))
    if redact:
        with redacting(given) as redaction:
            _print(redaction.inputs, chosen, output, failed=bool(redaction.problems))
    else:
        _print(given, chosen, output)


def _print(inputs: Sequence[Input], chosen: str, output: Path | None, *, failed: bool = False) -> None:
    """Reads and prints; `failed`: an input could not be opened before."""
    from loganalyzer.pipeline import Reading

    reading = Reading()
    pieces = _rendered(inputs, chosen, reading)
    if output is not None:
        write_file(output, pieces)
    else:
        write_out(pieces)
    for problem in reading.problems:
        warn(problem)
    if reading.problems or failed:
        raise typer.Exit(Status.INPUT)


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
