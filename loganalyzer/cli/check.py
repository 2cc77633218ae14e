"""`loganalyzer check`: what manifests or changes would come to, before they are applied."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from loganalyzer.cli.console import Status, interruptible, warn, width
from loganalyzer.cli.inputs import STANDARD_INPUT
from loganalyzer.cli.options import OutputsOption, RedactOption, VersionOption
from loganalyzer.cli.output import Outputs, Renderer, deliver, outputs
from loganalyzer.cli.redacting import redacting
from loganalyzer.cli.values import known_version
from loganalyzer.errors import InputError, UsageError
from loganalyzer.metallb.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loganalyzer.sources.inputs import Input
    from loganalyzer.whatif.changes import Change
    from loganalyzer.whatif.check import CheckReport

FORMATS: Final = ("text", "json", "sarif", "junit")


@interruptible
def check(
    manifests: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[MANIFEST]...",
            help="Services and MetalLB resources to be applied, YAML or JSON; - is standard input.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="INPUT", help="Try them on the state at the end of this input; repeatable.", show_default=False
        ),
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="Changes to existing objects, as `fixes` of the diagnosis lists them; repeatable.",
            show_default=False,
        ),
    ] = None,
    metallb_version: VersionOption = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="|".join(FORMATS), help="The report's form.  [default: text]", show_default=False
        ),
    ] = None,
    output: OutputsOption = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="any",
            help="Exit with 1 if a service gets no address or loses its own, or configuration is refused.",
            show_default=False,
        ),
    ] = None,
    *,
    redact: RedactOption = False,
) -> None:
    """Tell which services would get an address, and which would lose theirs, before applying anything."""
    version = known_version(metallb_version)
    named = (*(against or ()), *(manifests or ()), *(change or ()))
    wanted = outputs(form, output or (), FORMATS, read=named)
    if fail_on not in (None, "any"):
        raise UsageError(f"--fail-on {fail_on!r} is not known; it can be any")
    if not against:
        raise UsageError("check needs --against INPUT: a log of the controller that the changes are for")
    if not manifests and not change:
        raise UsageError("check needs a MANIFEST or --change FILE")
    files, documents = tuple(change or ()), tuple(manifests or ())
    if sum(name == STANDARD_INPUT for name in (*documents, *files, *against)) > 1:
        raise UsageError("standard input can be read once only")
    if not redact:
        _run(_changes(documents, files, _read), tuple(against), version, wanted, fail_on)
        return
    with redacting((*against, *documents)) as redaction:

        def read(name: str) -> bytes:
            return redaction.changes(_read(name)) if name in files else redaction.manifest(name)

        given = [i for name in against for i in redaction.inputs_of(name)]
        changes = _changes(documents, files, read, redaction.input)
        _run(changes, given, version, wanted, fail_on, failed=bool(redaction.problems))


def _run(
    changes: list[Change],
    against: Sequence[Input],
    version: Version | None,
    wanted: Outputs,
    fail_on: str | None,
    *,
    failed: bool = False,
) -> None:
    """Tries and prints; `failed`: an input could not be opened before."""
    from loganalyzer.pipeline import Reading, states
    from loganalyzer.whatif.check import check as checked

    reading = Reading()
    found = states(against, version=version, reading=reading)
    for problem in reading.problems:
        warn(problem)
    if not found:
        if not reading.problems and not failed:
            warn("--against shows no controller; pass the log of one")
        raise SystemExit(Status.INPUT)
    if len(found) > 1:
        raise UsageError(f"--against shows {len(found)} controllers at once; pass the log of one")
    report = checked(found[0], changes)
    deliver(wanted, _formats(report))
    if reading.problems or failed:
        raise SystemExit(Status.INPUT)
    if fail_on and not report.clean:
        raise SystemExit(Status.FAILURES)


def _changes(
    manifests: tuple[str, ...],
    files: tuple[str, ...],
    read: Callable[[str], bytes],
    shown: Callable[[str], str] = str,
) -> list[Change]:
    """All changes: those of the files first, then what the manifests create or replace."""
    from loganalyzer.whatif.manifests import changes_from_file, changes_from_manifest, repeated

    changes = [change for name in files for change in changes_from_file(shown(name), read(name))]
    found: list[Change] = []
    for name in manifests:
        made, left = changes_from_manifest(shown(name), read(name))
        found.extend(made)
        if not made:
            warn(f"{shown(name)}: there is no Service, IPAddressPool or Namespace in it")
        for kind in sorted(set(left)):
            warn(f"{shown(name)}: {kind} does not decide who gets an address; it is left out")
    for name in repeated(found):
        warn(f"{name} is there more than once; the last one counts")
    return [*changes, *found]


def _read(name: str) -> bytes:
    from loganalyzer.whatif.manifests import MOST_BYTES

    try:
        if name == STANDARD_INPUT:
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise InputError(name, f"can't be read ({reason})", "check the file") from problem


def _formats(report: CheckReport) -> dict[str, Renderer]:
    from loganalyzer.report import check_forms, check_text

    return {
        "text": lambda _: [check_text.render(report, width()).encode("utf-8", "replace")],
        "json": lambda _: [check_forms.json_document(report)],
        "sarif": lambda _: [check_forms.sarif(report)],
        "junit": lambda _: [check_forms.junit(report)],
    }
