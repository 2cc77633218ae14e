"""`loganalyzer explain`: why services have no address."""

# No `from __future__ import annotations`: of texts typer would evaluate every option twice, at every start.

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer
from msgspec import structs

from loganalyzer.cli.console import Status, check_writable, interruptible, warn
from loganalyzer.cli.forms import FORMS, QUOTING, Inputs, Reports, Watched, readable
from loganalyzer.cli.inputs import read_with_progress, tell_terminal
from loganalyzer.cli.options import LogsArgument, OutputsOption, VersionOption, ZoneOption, known_version, zone_of
from loganalyzer.cli.output import Outputs, command_line, deliver, outputs
from loganalyzer.cli.redacting import Redact, redacting
from loganalyzer.cli.request import Request, Wanted, check_nodes, chooser, concealed, no_such_input, nodes_told, times
from loganalyzer.errors import InputError, UsageError

if TYPE_CHECKING:
    from loganalyzer.cli.follow import Follower
    from loganalyzer.correlator.diagnosis import Diagnosis
    from loganalyzer.pipeline import Reading

COLOURS: Final = ("auto", "always", "never")
FAIL_ON: Final = ("unresolved", "any")


@interruptible
def explain(
    inputs: LogsArgument = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="|".join(FORMS),
            help="The report's form.  [default: text]",
            show_default=False,
        ),
    ] = None,
    output: OutputsOption = None,
    max_size: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1000,
            help="Leave out what is least important beyond N characters.  [default: 65536 in Markdown, 30000 for Jira]",
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
    tz: ZoneOption = None,
    node: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=INPUT", help="The node whose speaker wrote this input; repeatable.", show_default=False
        ),
    ] = None,
    metallb_version: VersionOption = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="unresolved|any", help="Exit with 1 if the report has such a failure.", show_default=False
        ),
    ] = None,
    *,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Read on as the inputs grow, and tell at once what changes.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 if any line of the inputs could not be read.")
    ] = False,
    redact: Redact = False,
    color: Annotated[str, typer.Option(metavar="auto|always|never", help="Colours in the text.")] = "auto",
) -> None:
    """Tell which services have no address, by which rule, who is in the way, and what proves it."""
    version = known_version(metallb_version)
    _check("--fail-on", fail_on, FAIL_ON)
    _check("--color", color, COLOURS)
    run(
        Request(
            inputs=tuple(inputs or ("-",)),
            format=form,
            outputs=tuple(output or ()),
            max_size=max_size,
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
            follow=follow,
            redact=redact,
        )
    )


def _check(option: str, value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise UsageError(f"{option} {value!r} is not known; choose one of {', '.join(known)}")


@interruptible
def run(request: Request) -> None:
    """Reads, diagnoses, reports, and exits with the status that the result has."""
    # Before anything is read: a wrong option should not cost the time of a long log.
    wanted = outputs(request.format, request.outputs, FORMS, read=request.inputs)
    chooser(times(request))
    nodes_told(request.nodes)
    if request.redact and request.follow:
        raise UsageError("--redact has to know all names first: it can't be used with --follow")
    tell_terminal(request.inputs)
    if request.redact:
        with redacting(request.inputs) as redaction:
            _report(concealed(request, redaction), wanted, redaction.text(command_line()), redaction.problems)
    else:
        _report(request, wanted, command_line())


def _report(request: Request, wanted: Outputs, command: str, problems: Sequence[InputError] = ()) -> None:
    """As `run`; `command` makes the report again, `problems` are those that inputs had before."""
    check_nodes(request)
    check_writable(path for path, _ in wanted.files)
    from loganalyzer.pipeline import Reading

    chosen = chooser(times(request))
    nodes = nodes_told(request.nodes)
    reading = Reading(zone=zone_of(request.wanted.zone), nodes=nodes)
    with readable(request.inputs, wanted.forms, followed=request.follow) as inputs:
        follower = _follower(request, inputs, reading, chosen)
        watched = Watched() if "html" in wanted.forms and follower is None else None
        found = follower.diagnosis() if follower is not None else _diagnosed(inputs, request, reading, watched)
        diagnosis = chosen(found)
        if wanted.forms & QUOTING:
            diagnosis = follower.quoted(diagnosis) if follower is not None else inputs.quoted(diagnosis)
    _tell_misspelt(request.wanted.services, found)
    unknown = nodes.keys() - {s.name for s in reading.sources}
    if unknown and follower is None:
        raise no_such_input(min(unknown))
    for name in sorted(unknown):
        # A file that may have come to a folder, and did not.
        warn(no_such_input(name))
    if follower is not None:
        follower.tell_problems()
    else:
        for problem in reading.problems:
            warn(problem)
    # Where nothing at all could be read, a report of nothing would only hide that.
    if diagnosis.inputs or request.format in ("json", "jsonl"):
        reports = _reports(diagnosis, request, command)
        if watched is not None:
            # Of a part there are no figures: they are counted over the whole.
            whole = not any(note.kind == "chosen" for note in diagnosis.notes)
            figures = watched.figures(found) if whole else ()
            reports = structs.replace(reports, history=watched.history(), figures=figures)
        formats = reports.formats
        rest = follower.rest(diagnosis) if follower is not None and not wanted.files else None
        if rest is not None:
            formats[wanted.form] = lambda _: rest
        deliver(wanted, formats, request.colour)
    if reading.problems or problems or (request.strict and _has_loss(diagnosis)):
        raise typer.Exit(Status.INPUT)
    if request.fail_on and any(f.ended is None or request.fail_on == "any" for f in diagnosis.failures):
        raise typer.Exit(Status.FAILURES)


_ALIKE: Final = 0.8


def _tell_misspelt(wanted: Sequence[str], found: "Diagnosis") -> None:
    """Says which services have a name like one that was asked for and that nothing mentions."""
    if not wanted:
        return
    known = {*found.services, *found.gone, *(f.service for f in found.failures if f.service)}
    known |= {e.service for e in found.announcements.episodes}
    for name in wanted:
        alike = {s if "/" in name else s.partition("/")[2]: s for s in sorted(known)}
        if name in alike:
            continue
        from difflib import get_close_matches

        near = [alike[match] for match in get_close_matches(name, alike, cutoff=_ALIKE)]
        if near:
            warn(f"--service {name}: there is none of that name; there is {', '.join(near)}")


def _follower(
    request: Request, inputs: Inputs, reading: "Reading", chosen: "Callable[[Diagnosis], Diagnosis]"
) -> "Follower | None":
    if not request.follow:
        return None
    from loganalyzer.cli.follow import Follower

    return Follower(request, inputs.once(), reading, chosen)


def _diagnosed(inputs: Inputs, request: Request, reading: "Reading", watched: Watched | None) -> "Diagnosis":
    """The diagnosis of all inputs; on a terminal, progress shows meanwhile."""
    from loganalyzer.pipeline import observed

    observers = watched.observers if watched is not None else ()
    version, wanted = request.version, request.wanted.services
    return read_with_progress(
        reading, lambda: observed(inputs.once(), observers, version=version, reading=reading, wanted=wanted)
    )


def _has_loss(diagnosis: "Diagnosis") -> bool:
    """Whether lines could not be read; each input that has such is told."""
    found = [i.source for i in diagnosis.inputs if i.source.unparsed]
    for source in found:
        warn(f"{source.name}: {source.unparsed:,} of {source.lines:,} lines could not be read (--strict)")
    return bool(found)


def _reports(diagnosis: "Diagnosis", request: Request, command: str) -> Reports:
    services = _asked_for(diagnosis, request.wanted)
    return Reports(
        diagnosis,
        services,
        nothing="" if services else _nothing_of_it(diagnosis),
        command=command,
        most=request.max_size,
    )


def _asked_for(diagnosis: "Diagnosis", wanted: Wanted) -> tuple[str, ...]:
    """The services that the report is to answer for one by one.

    Those that were named; where others were left out and no failure remains, those of what remains, as the report
    must not say then that nothing fails.
    """
    if wanted.services or diagnosis.failures or not any(n.kind == "chosen" for n in diagnosis.notes):
        return wanted.services
    told = {e.service for e in diagnosis.announcements.episodes} | {a.service for a in diagnosis.advice if a.service}
    return tuple(sorted(told))


def _nothing_of_it(diagnosis: "Diagnosis") -> str:
    """What to say where findings were left out and none remains; empty otherwise."""
    told = diagnosis.announcements
    left = [n.text for n in diagnosis.notes if n.kind == "chosen"]
    if not left or diagnosis.failures or told.episodes or told.sessions or diagnosis.advice:
        return ""
    return f"Nothing of what was asked for was found. {left[0]}."
