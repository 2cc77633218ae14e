"""`loganalyzer redact`: the logs themselves, for others to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from loganalyzer.cli.console import Status, interruptible, warn, write_file, write_out
from loganalyzer.cli.output import apart
from loganalyzer.cli.redacting import redacting
from loganalyzer.errors import InputError, UsageError

if TYPE_CHECKING:
    from loganalyzer.sources.inputs import Reopenable

_PIECE: Final = 1 << 18


@interruptible
def redact(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT]...", help="Logs and objects, as explain reads them; - or nothing is standard input."
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            metavar="OUTPUT",
            help="Write there: a file, or a new folder (FOLDER/, several inputs).  [default: standard output]",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write logs and objects with names, addresses and secrets replaced; they can be explained as before."""
    goal = Path(output) if output is not None else None
    if goal is not None and goal.is_dir() and any(goal.iterdir()):
        raise UsageError(f"--output {output}: the folder has files in it; name a new one")
    if goal is not None:
        apart([goal], inputs or ())
    with redacting(tuple(inputs or ("-",))) as redaction:
        found = [one for given in (inputs or ["-"]) for one in redaction.inputs_of(given)]
        problems = [
            *redaction.problems,
            *redaction.nothing,
            *_written(found, goal, folder=(output or "").endswith("/")),
        ]
        for problem in redaction.nothing:
            warn(problem)
    if problems:
        raise SystemExit(Status.INPUT)


def _written(found: list[Reopenable], output: Path | None, *, folder: bool) -> list[InputError]:
    """Writes everything; what could not be read of an input is told, and what came before it is written."""
    problems: list[InputError] = []
    if output is not None and (folder or output.is_dir() or len(found) > 1):
        for one in found:
            path = output / one.name.replace("!", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, _pieces(one, problems))
    elif len(found) > 1:
        raise UsageError(f"there are {len(found)} files; name a folder with --output")
    elif found and output is not None:
        write_file(output, _pieces(found[0], problems))
    elif found:
        write_out(_pieces(found[0], problems))
    for problem in problems:
        warn(problem)
    return problems


def _pieces(one: Reopenable, problems: list[InputError]) -> Iterator[bytes]:
    try:
        with one.open() as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except InputError as problem:
        problems.append(problem)
