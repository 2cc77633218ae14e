"""Where a command's report goes: files in the form that their suffix names, or standard output."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from loganalyzer.cli.console import wants_colour, width, write_file, write_out
from loganalyzer.errors import UsageError

SUFFIXES: Final = {
    ".txt": "text",
    ".text": "text",
    ".log": "text",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".markdown": "markdown",
    ".jira": "jira",
    ".html": "html",
    ".htm": "html",
    ".csv": "csv",
    ".sarif": "sarif",
    ".xml": "junit",
}
"""The form that a file's suffix names; a command takes those that it has."""

_OF_OUTPUT: Final = ("--output", "--format", "--max-size", "--color")
"""Options that say how a report is written, not what is in it."""


class Surface(Struct, frozen=True):
    """What a report is set on: its width in columns, whether it shows colours, whether it is a file of its own."""

    columns: int
    colour: bool
    file: bool = False


FILE: Final = Surface(100, colour=False, file=True)

Renderer = Callable[[Surface], Iterable[bytes]]
"""Makes a report in one form; it is called once for each output of that form."""


class Outputs(Struct, frozen=True):
    """What is to be written: files with their forms; without any, standard output in `form`."""

    form: str
    files: tuple[tuple[Path, str], ...] = ()

    @property
    def forms(self) -> frozenset[str]:
        """The forms that are wanted."""
        return frozenset(form for _, form in self.files) or frozenset([self.form])


def outputs(form: str | None, files: Sequence[Path], known: Collection[str], default: str = "text") -> Outputs:
    """What `--format` and `--output` ask for; `known` are the forms that the command has.

    Raises UsageError for a form or suffix that it doesn't have: before anything is read, as that may take long.
    """
    if form is not None and form not in known:
        raise UsageError(f"--format {form!r} is not known; choose one of {', '.join(known)}")
    single = form if len(files) == 1 else None
    return Outputs(form or default, tuple((path, single or _form_of(path, known)) for path in files))


def outputs_by(form: str | None, files: Sequence[Path], suffixes: Mapping[str, str], known: Sequence[str]) -> Outputs:
    """As `outputs`, of a command that has suffixes of its own; a file without any has the first form known."""
    if form is not None and form not in known:
        raise UsageError(f"--format {form!r} is not known; choose one of {', '.join(known)}")
    single = form if len(files) == 1 else None
    wanted = []
    for path in files:
        found = single or (suffixes.get(path.suffix.lower()) if path.suffix else known[0])
        if found is None:
            raise UsageError(f"--output {path}: no form has the suffix {path.suffix!r}; use {', '.join(suffixes)}")
        wanted.append((path, found))
    return Outputs(form or known[0], tuple(wanted))


def deliver(wanted: Outputs, formats: Mapping[str, Renderer], colour: str = "auto") -> None:
    """Writes what is wanted: each file whole or not at all, a FIFO or device directly; colours on a terminal only."""
    for path, form in wanted.files:
        write_file(path, formats[form](FILE))
    if not wanted.files:
        surface = Surface(width(), wants_colour(colour, sys.stdout))
        write_out(formats[wanted.form](surface))


def command_line() -> str:
    """The command line as it was given, without what says how and where the report is written."""
    kept: list[str] = []
    given = iter(sys.argv[1:])
    for argument in given:
        name, equals, _ = argument.partition("=")
        if name not in _OF_OUTPUT:
            kept.append(argument)
        elif not equals:
            next(given, None)
    return shlex.join(["loganalyzer", *kept])


def _form_of(path: Path, known: Collection[str]) -> str:
    form = SUFFIXES.get(path.suffix.lower())
    if form not in known:
        suffixes = ", ".join(suffix for suffix, named in SUFFIXES.items() if named in known)
        raise UsageError(f"--output {path}: no form has the suffix {path.suffix!r}; use {suffixes}")
    return str(form)
