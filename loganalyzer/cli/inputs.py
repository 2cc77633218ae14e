"""What commands that read logs share: the inputs, how they are read, progress, and where the report goes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import typer

from loganalyzer.cli.console import Status, message, warn, write_file, write_out
from loganalyzer.errors import UsageError
from loganalyzer.metallb.versions import Version, parse_version

if TYPE_CHECKING:
    from datetime import tzinfo

    from loganalyzer.pipeline import Reading

R = TypeVar("R")

STANDARD_INPUT: Final = "-"
TABLES: Final = {
    ".txt": "text",
    ".text": "text",
    ".json": "json",
    ".md": "markdown",
    ".markdown": "markdown",
    ".csv": "csv",
}
"""The forms of tables and stories, by a file's suffix."""

FILE_WIDTH: Final = 160
"""Columns of a text that goes to a file."""


def known_version(text: str | None) -> Version | None:
    """The version that `--metallb-version` names. Raises UsageError where it names none."""
    version = parse_version(text) if text else None
    if text and version is None:
        raise UsageError(f"--metallb-version {text!r} is no version; write it as 0.14.8")
    return version


def zone_of(text: str | None) -> tzinfo | None:
    """The zone that `--tz` names; None where it was not given."""
    if text is None:
        return None
    from loganalyzer.correlator.choosing import parse_zone

    return parse_zone(text)


def form_of(form: str | None, output: Path | None, suffixes: Mapping[str, str]) -> str:
    """The report's form: as `--format` says, else as the suffix of `--output` does, else text.

    Raises UsageError for a form or suffix that is not among `suffixes`.
    """
    known = tuple(dict.fromkeys(suffixes.values()))
    if form is not None:
        if form not in known:
            raise UsageError(f"--format {form!r} is not known; choose one of {', '.join(known)}")
        return form
    if output is None:
        return "text"
    found = suffixes.get(output.suffix.lower())
    if found is None:
        raise UsageError(f"--output {output}: no form has the suffix {output.suffix!r}; use {', '.join(suffixes)}")
    return found


def read_with_progress(inputs: tuple[str, ...], reading: Reading, run: Callable[[], R]) -> R:
    """What `run` gives; on a terminal, progress shows meanwhile."""
    from loganalyzer.cli.progress import progress_on

    if STANDARD_INPUT in inputs and sys.stdin.isatty():
        message("loganalyzer: reading standard input; end with Ctrl-D")
    # Next to nothing here refers to itself, and the default would look for that all the time.
    gc.set_threshold(200000, 20, 20)
    progress = progress_on(sys.stderr)
    if progress is None:
        return run()
    reading.progress, clear = progress
    try:
        return run()
    finally:
        clear()


def deliver(pieces: Iterable[bytes], output: Path | None, reading: Reading) -> None:
    """The report to its file or to standard output; then what went wrong, and the status that it gives."""
    if output is not None:
        write_file(output, pieces)
    else:
        write_out(pieces)
    for problem in reading.problems:
        warn(problem)
    if reading.problems:
        raise typer.Exit(Status.INPUT)
