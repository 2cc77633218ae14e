"""What commands that read logs share: what a person is told before, progress meanwhile, the status at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from loganalyzer.cli.console import Status, message, warn

if TYPE_CHECKING:
    from loganalyzer.pipeline import Reading
    from loganalyzer.sources.inputs import Input

R = TypeVar("R")

STANDARD_INPUT: Final = "-"

FORMS: Final = ("text", "json", "markdown", "csv")
"""The forms of tables and stories."""


def tell_terminal(inputs: Sequence[Input]) -> None:
    """Says that standard input is read where that is a terminal: else it looks as if nothing happened."""
    if STANDARD_INPUT in inputs and sys.stdin.isatty():
        message("loganalyzer: reading standard input; end with Ctrl-D")


def read_with_progress(reading: Reading, run: Callable[[], R]) -> R:
    """What `run` gives; on a terminal, progress shows meanwhile."""
    from loganalyzer.cli.progress import progress_on

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
        raise SystemExit(Status.INPUT)
