"""`loganalyzer explain`: why services have no address."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from loganalyzer.cli.console import (
    Status,
    interruptible,
    message,
    wants_colour,
    warn,
    width,
    write_file,
    write_out,
)
from loganalyzer.errors import UsageError
from loganalyzer.metallb.versions import Version, parse_version

if TYPE_CHECKING:
    from loganalyzer.correlator.diagnosis import Diagnosis

FORMATS: Final = ("text", "json", "jsonl")
SUFFIXES: Final = {".txt": "text", ".text": "text", ".log": "text", ".json": "json", ".jsonl": "jsonl"}
COLOURS: Final = ("auto", "always", "never")
FAIL_ON: Final = ("unresolved", "any")


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for."""

    inputs: tuple[str, ...]
    format: str | None = None
    outputs: tuple[Path, ...] = ()
    version: Version | None = None
    services: tuple[str, ...] = ()
    fail_on: str | None = None
    colour: str = "auto"


@interruptible
def explain(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[INPUT]...", help="Log files; - or nothing is standard input.", show_default=False),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="text|json|jsonl",
            help="The report's form.  [default: text]",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Write there, in the form that the suffix names; repeatable.",
            show_default=False,
        ),
    ] = None,
    service: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMESPACE/NAME", help="Report on this service only; repeatable.", show_default=False),
    ] = None,
    metallb_version: Annotated[
        str | None,
        typer.Option(metavar="VERSION", help="Take the logs for this MetalLB version's.", show_default=False),
    ] = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="unresolved|any", help="Exit with 1 if the report has such a failure.", show_default=False
        ),
    ] = None,
    color: Annotated[str, typer.Option(metavar="auto|always|never", help="Colours in the text.")] = "auto",
) -> None:
    """Tell which services have no address, by which rule, who is in the way, and what proves it."""
    version = parse_version(metallb_version) if metallb_version else None
    if metallb_version and version is None:
        raise UsageError(f"--metallb-version {metallb_version!r} is no version; write it as 0.14.8")
    _check("--format", form, FORMATS)
    _check("--fail-on", fail_on, FAIL_ON)
    _check("--color", color, COLOURS)
    run(
        Request(
            inputs=tuple(inputs or ("-",)),
            format=form,
            outputs=tuple(output or ()),
            version=version,
            services=tuple(service or ()),
            fail_on=fail_on,
            colour=color,
        )
    )


def _check(option: str, value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise UsageError(f"{option} {value!r} is not known; choose one of {', '.join(known)}")


@interruptible
def run(request: Request) -> None:
    """Reads, diagnoses, reports, and exits with the status that the result has."""
    # The stages are imported here so that --help need not wait for them.
    from loganalyzer.correlator.choose import by_service
    from loganalyzer.pipeline import Reading, diagnose

    if "-" in request.inputs and sys.stdin.isatty():
        message("loganalyzer: reading standard input; end with Ctrl-D")
    forms = [(path, _form_of(path, request)) for path in request.outputs]
    reading = Reading()
    import gc

    gc.set_threshold(200000, 20, 20)
    diagnosis = diagnose(request.inputs, version=request.version, reading=reading)
    if request.services:
        diagnosis = by_service(diagnosis, request.services)
    for problem in reading.problems:
        warn(problem)
    # Where nothing at all could be read, a report of nothing would only hide that.
    if diagnosis.inputs or request.format in ("json", "jsonl"):
        _write(diagnosis, request, forms)
    if reading.problems:
        raise typer.Exit(Status.INPUT)
    if request.fail_on and any(f.ended is None or request.fail_on == "any" for f in diagnosis.failures):
        raise typer.Exit(Status.FAILURES)


def _form_of(path: Path, request: Request) -> str:
    if request.format and len(request.outputs) == 1:
        return request.format
    form = SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"--output {path}: no form has the suffix {path.suffix!r}; use {', '.join(SUFFIXES)}")
    return form


def _write(diagnosis: Diagnosis, request: Request, forms: list[tuple[Path, str]]) -> None:
    for path, form in forms:
        write_file(path, _rendered(diagnosis, form, request.services, colour=False, columns=100))
    if not forms:
        colour = wants_colour(request.colour, sys.stdout)
        write_out(_rendered(diagnosis, request.format or "text", request.services, colour=colour, columns=width()))


def _rendered(
    diagnosis: Diagnosis, form: str, services: tuple[str, ...], *, colour: bool, columns: int
) -> Iterator[bytes]:
    from loganalyzer.report import document, text

    if form == "json":
        yield document.document(diagnosis)
    elif form == "jsonl":
        yield from document.lines(diagnosis)
    else:
        yield text.render(diagnosis, columns, colour=colour, services=services).encode("utf-8", "replace")
