"""Where a command's report goes: files in the form that their suffix names, or standard output."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from loganalyzer.cli.console import wants_colour, width, write_file, write_files, write_out
from loganalyzer.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from loganalyzer.sources.inputs import Input

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
"""The form that a file's suffix names; a command takes those that it has, or has suffixes of its own."""

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
    def each(self) -> tuple[str, ...]:
        """The form of each output."""
        return tuple(form for _, form in self.files) or (self.form,)

    @property
    def forms(self) -> frozenset[str]:
        """The forms that are wanted."""
        return frozenset(self.each)


def outputs(
    form: str | None,
    files: Sequence[Path],
    known: Collection[str],
    default: str = "text",
    suffixes: Mapping[str, str] = SUFFIXES,
    read: Iterable[Input] = (),
) -> Outputs:
    """What `--format` and `--output` ask for; `known` are the forms that the command has, `suffixes` what names them.

    Raises UsageError for a form or suffix that it doesn't have, and for a file that is to be `read`: before anything
    is, as that may take long.
    """
    apart(files, read)
    if form is not None and form not in known:
        raise UsageError(f"--format {form!r} is not known; choose one of {', '.join(known)}")
    single = form if len(files) == 1 else None
    named = {suffix: of for suffix, of in suffixes.items() if of in known}
    return Outputs(form or default, tuple((path, single or _form_of(path, named)) for path in files))


def apart(files: Iterable[Path], read: Iterable[Input]) -> None:
    """Raises UsageError where a file that is to be written is one that is read, whatever its name: it would be lost."""
    for path in (path for path in files if path.is_file()):
        # Only who names a file to be written pays for looking.
        from pathlib import Path

        for given in read:
            if isinstance(given, str | PathLike) and Path(given).is_file() and path.samefile(given):
                raise UsageError(f"--output {path}: it is an input, and would be lost; name a new one")


def deliver(wanted: Outputs, formats: Mapping[str, Renderer], colour: str = "auto") -> None:
    """Writes what is wanted: each file whole or not at all, a FIFO or device directly; colours on a terminal only."""
    for path, form in wanted.files:
        write_file(path, formats[form](FILE))
    if not wanted.files:
        columns = width() if wanted.form == "text" else FILE.columns
        surface = Surface(columns, wants_colour(colour, sys.stdout))
        write_out(formats[wanted.form](surface))


def put(wanted: Outputs, rendered: Sequence[Iterable[bytes]]) -> None:
    """Writes what was rendered, one for each of `wanted.each`, in step: they may come of one source."""
    if wanted.files:
        write_files(zip((path for path, _ in wanted.files), rendered, strict=True))
    else:
        write_out(rendered[0])


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


def _form_of(path: Path, named: Mapping[str, str]) -> str:
    form = named.get(path.suffix.lower())
    if form is None:
        raise UsageError(
            f"--output {path}: no form has the suffix {path.suffix!r}; use {', '.join(filter(None, named))}"
        )
    return form
