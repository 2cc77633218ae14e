"""`loganalyzer explain`: why services have no address."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

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
    from loganalyzer.correlator.choosing import Choice, When
    from loganalyzer.correlator.diagnosis import Diagnosis
    from loganalyzer.pipeline import Reading

G = TypeVar("G")
R = TypeVar("R")

FORMATS: Final = ("text", "json", "jsonl")
SUFFIXES: Final = {".txt": "text", ".text": "text", ".log": "text", ".json": "json", ".jsonl": "jsonl"}
COLOURS: Final = ("auto", "always", "never")
FAIL_ON: Final = ("unresolved", "any")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be reported: the values of the options, as they were given."""

    since: str | None = None
    until: str | None = None
    namespaces: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked for."""

    inputs: tuple[str, ...]
    format: str | None = None
    outputs: tuple[Path, ...] = ()
    version: Version | None = None
    wanted: Wanted = Wanted()
    nodes: tuple[str, ...] = ()
    fail_on: str | None = None
    strict: bool = False
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
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Report what lasted beyond this time: 2h (before the last record), RFC 3339, or 2024-05-04 08:00.",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Report what began by this time.", show_default=False),
    ] = None,
    namespace: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMESPACE", help="Report on its services only; repeatable.", show_default=False),
    ] = None,
    service: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMESPACE/NAME", help="Report on this service only; repeatable.", show_default=False),
    ] = None,
    pool: Annotated[
        list[str] | None,
        typer.Option(metavar="POOL", help="Report on failures in this pool only; repeatable.", show_default=False),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Report on this address only; repeatable.", show_default=False),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE|NAME", help="Report on this rule only; repeatable.", show_default=False),
    ] = None,
    tz: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            help="The zone of times that name none: Europe/Berlin, +02:00.  [default: UTC]",
            show_default=False,
        ),
    ] = None,
    node: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=INPUT", help="The node whose speaker wrote this input; repeatable.", show_default=False
        ),
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
    *,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 if any line of the inputs could not be read.")
    ] = False,
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
            wanted=Wanted(
                since,
                until,
                tuple(namespace or ()),
                tuple(service or ()),
                tuple(pool or ()),
                tuple(address or ()),
                tuple(rule or ()),
                tz,
            ),
            nodes=tuple(node or ()),
            fail_on=fail_on,
            strict=strict,
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
    from loganalyzer.pipeline import Reading

    forms = [(path, _form_of(path, request)) for path in request.outputs]
    # Before anything is read: a wrong option should not cost the time of a long log.
    chosen = _chooser(request.wanted)
    nodes = _nodes(request.nodes)
    if "-" in request.inputs and sys.stdin.isatty():
        message("loganalyzer: reading standard input; end with Ctrl-D")
    reading = Reading(zone=_zone(request.wanted), nodes=nodes)
    diagnosis = chosen(_diagnosed(request, reading))
    unknown = nodes.keys() - {s.name for s in reading.sources}
    if unknown:
        raise UsageError(f"--node: there is no input {min(unknown)!r}; name it as the report does")
    for problem in reading.problems:
        warn(problem)
    # Where nothing at all could be read, a report of nothing would only hide that.
    if diagnosis.inputs or request.format in ("json", "jsonl"):
        _write(diagnosis, request, forms)
    if reading.problems or (request.strict and _has_loss(diagnosis)):
        raise typer.Exit(Status.INPUT)
    if request.fail_on and any(f.ended is None or request.fail_on == "any" for f in diagnosis.failures):
        raise typer.Exit(Status.FAILURES)


def _diagnosed(request: Request, reading: Reading) -> Diagnosis:
    """The diagnosis of all inputs; on a terminal, progress shows meanwhile."""
    import gc

    from loganalyzer.cli.progress import progress_on
    from loganalyzer.pipeline import diagnose

    # Next to nothing here refers to itself, and the default would look for that all the time.
    gc.set_threshold(200000, 20, 20)
    progress = progress_on(sys.stderr)
    if progress is None:
        return diagnose(request.inputs, version=request.version, reading=reading)
    reading.progress, clear = progress
    try:
        return diagnose(request.inputs, version=request.version, reading=reading)
    finally:
        clear()


def _has_loss(diagnosis: Diagnosis) -> bool:
    """Whether lines could not be read; each input that has such is told."""
    found = [i.source for i in diagnosis.inputs if i.source.unparsed]
    for source in found:
        warn(f"{source.name}: {source.unparsed:,} of {source.lines:,} lines could not be read (--strict)")
    return bool(found)


def _nodes(given: tuple[str, ...]) -> dict[str, str]:
    """The nodes that NAME=INPUT tells, by input; neither is empty. Raises UsageError for any other text."""
    found: dict[str, str] = {}
    for text in given:
        name, _, of = text.partition("=")
        if not name or not of:
            raise UsageError(f"--node {text!r} is not NAME=INPUT; write it as node-1=speaker.log")
        if found.setdefault(of, name) != name:
            raise UsageError(f"--node: {of} can't be of both {found[of]} and {name}")
    return found


def _zone(wanted: Wanted) -> tzinfo | None:
    if wanted.zone is None:
        return None
    from loganalyzer.correlator.choosing import parse_zone

    return parse_zone(wanted.zone)


def _chooser(wanted: Wanted) -> Callable[[Diagnosis], Diagnosis]:
    """What leaves out of a diagnosis what was not asked for. Raises UsageError where an option can't be read."""
    if wanted == Wanted(zone=wanted.zone):
        return lambda diagnosis: diagnosis
    from loganalyzer.correlator.choosing import Choice, addresses_named, choose, parse_when, rules_named

    zone = _zone(wanted) or UTC
    since = _option("--since", wanted.since, lambda text: parse_when(text, zone))
    until = _option("--until", wanted.until, lambda text: parse_when(text, zone))
    choice = Choice(
        namespaces=frozenset(wanted.namespaces),
        services=frozenset(wanted.services),
        pools=frozenset(wanted.pools),
        addresses=_option("--address", wanted.addresses, addresses_named) or frozenset(),
        rules=_option("--rule", wanted.rules, rules_named) or frozenset(),
    )
    return lambda diagnosis: choose(diagnosis, _within(choice, since, until, diagnosis))


def _within(choice: Choice, since: When | None, until: When | None, diagnosis: Diagnosis) -> Choice:
    """The choice with its times, now that the last record's is known."""
    from loganalyzer.correlator.choosing import before, last_time

    last = last_time(diagnosis)
    begin, end = (before(w, last) if w is not None else None for w in (since, until))
    if begin is not None and end is not None and begin > end:
        raise UsageError(f"--since ({begin.isoformat()}) is later than --until ({end.isoformat()})")
    return replace(choice, since=begin, until=end)


def _option(name: str, value: G | None, read: Callable[[G], R]) -> R | None:
    """What an option's value means; None where it was not given. Raises UsageError that names the option."""
    try:
        return read(value) if value is not None else None
    except UsageError as problem:
        raise UsageError(f"{name}: {problem}") from None


def _form_of(path: Path, request: Request) -> str:
    if request.format and len(request.outputs) == 1:
        return request.format
    form = SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"--output {path}: no form has the suffix {path.suffix!r}; use {', '.join(SUFFIXES)}")
    return form


def _write(diagnosis: Diagnosis, request: Request, forms: list[tuple[Path, str]]) -> None:
    services = _asked_for(diagnosis, request.wanted)
    for path, form in forms:
        write_file(path, _rendered(diagnosis, form, services, colour=False, columns=100))
    if not forms:
        colour = wants_colour(request.colour, sys.stdout)
        write_out(_rendered(diagnosis, request.format or "text", services, colour=colour, columns=width()))


def _asked_for(diagnosis: Diagnosis, wanted: Wanted) -> tuple[str, ...]:
    """The services that the report is to answer for one by one.

    Those that were named; where others were left out and no failure remains, those of what remains, as the report
    must not say then that nothing fails.
    """
    if wanted.services or diagnosis.failures or not any(n.kind == "chosen" for n in diagnosis.notes):
        return wanted.services
    told = {e.service for e in diagnosis.announcements.episodes} | {a.service for a in diagnosis.advice if a.service}
    return tuple(sorted(told))


def _nothing_of_it(diagnosis: Diagnosis) -> str:
    """What to say where findings were left out and none remains; empty otherwise."""
    told = diagnosis.announcements
    left = [n.text for n in diagnosis.notes if n.kind == "chosen"]
    if not left or diagnosis.failures or told.episodes or told.sessions or diagnosis.advice:
        return ""
    return f"Nothing of what was asked for was found. {left[0]}.\n"


def _rendered(
    diagnosis: Diagnosis, form: str, services: tuple[str, ...], *, colour: bool, columns: int
) -> Iterator[bytes]:
    from loganalyzer.report import document, text

    if form == "json":
        yield from document.pieces(diagnosis)
    elif form == "jsonl":
        yield from document.lines(diagnosis)
    elif not services and (nothing := _nothing_of_it(diagnosis)):
        yield nothing.encode()
    else:
        yield text.render(diagnosis, columns, colour=colour, services=services).encode("utf-8", "replace")
