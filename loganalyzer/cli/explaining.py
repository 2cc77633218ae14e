"""What `loganalyzer explain` does, whoever has read its options: why services have no address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import structs

from loganalyzer.cli.console import Status, check_writable, interruptible, warn
from loganalyzer.cli.forms import FORMS, QUOTING, Inputs, Reports, Watched, readable
from loganalyzer.cli.inputs import read_with_progress, tell_terminal
from loganalyzer.cli.output import Outputs, command_line, deliver, outputs
from loganalyzer.cli.redacting import redacting
from loganalyzer.cli.request import Request, Wanted, check_nodes, chooser, concealed, no_such_input, nodes_told, times
from loganalyzer.cli.values import zone_of
from loganalyzer.errors import InputError, UsageError

if TYPE_CHECKING:
    from loganalyzer.cli.follow import Follower
    from loganalyzer.correlator.diagnosis import Diagnosis
    from loganalyzer.pipeline import Reading


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
        raise SystemExit(Status.INPUT)
    if request.fail_on and any(f.ended is None or request.fail_on == "any" for f in diagnosis.failures):
        raise SystemExit(Status.FAILURES)


_ALIKE: Final = 0.8


def _tell_misspelt(wanted: Sequence[str], found: Diagnosis) -> None:
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
    request: Request, inputs: Inputs, reading: Reading, chosen: Callable[[Diagnosis], Diagnosis]
) -> Follower | None:
    if not request.follow:
        return None
    from loganalyzer.cli.follow import Follower

    return Follower(request, inputs.once(), reading, chosen)


def _diagnosed(inputs: Inputs, request: Request, reading: Reading, watched: Watched | None) -> Diagnosis:
    """The diagnosis of all inputs; on a terminal, progress shows meanwhile."""
    from loganalyzer.pipeline import observed

    observers = watched.observers if watched is not None else ()
    version, wanted = request.version, request.wanted.services
    return read_with_progress(
        reading, lambda: observed(inputs.once(), observers, version=version, reading=reading, wanted=wanted)
    )


def _has_loss(diagnosis: Diagnosis) -> bool:
    """Whether lines could not be read; each input that has such is told."""
    found = [i.source for i in diagnosis.inputs if i.source.unparsed]
    for source in found:
        warn(f"{source.name}: {source.unparsed:,} of {source.lines:,} lines could not be read (--strict)")
    return bool(found)


def _reports(diagnosis: Diagnosis, request: Request, command: str) -> Reports:
    services = _asked_for(diagnosis, request.wanted)
    return Reports(
        diagnosis,
        services,
        nothing="" if services else _nothing_of_it(diagnosis),
        command=command,
        most=request.max_size,
    )


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
    return f"Nothing of what was asked for was found. {left[0]}."
