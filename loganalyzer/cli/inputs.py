"""What commands that read logs share: the version that is told, progress while they are read, the status at the end."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import typer

from loganalyzer.cli.console import Status, message, warn
from loganalyzer.errors import UsageError
from loganalyzer.metallb.versions import Version, parse_version

if TYPE_CHECKING:
    from loganalyzer.pipeline import Reading
    from loganalyzer.sources.inputs import Input

R = TypeVar("R")

STANDARD_INPUT: Final = "-"

FORMS: Final = ("text", "json", "markdown", "csv")
"""The forms of tables and stories."""


def known_version(text: str | None) -> Version | None:
    """The version that `--metallb-version` names. Raises UsageError where it names none."""
    version = parse_version(text) if text else None
    if text and version is None:
        raise UsageError(f"--metallb-version {text!r} is no version; write it as 0.14.8")
    return version


def read_with_progress(inputs: Sequence[Input], reading: Reading, run: Callable[[], R]) -> R:
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


def tell_problems(reading: Reading, *, nothing: str = "", failed: bool = False) -> None:
    """What went wrong with inputs, and the status that it gives; `failed`: something did before they were read.

    `nothing` says what is missing where nothing went wrong and there is still nothing to report.
    """
    for problem in reading.problems:
        warn(problem)
    if nothing and not reading.problems and not failed:
        warn(nothing)
    if nothing or reading.problems or failed:
        raise typer.Exit(Status.INPUT)
