"""`loganalyzer explain`: its options."""

# No `from __future__ import annotations`: of texts typer would evaluate every option twice, at every start.

from typing import Annotated, Final

import typer

from loganalyzer.cli.console import interruptible
from loganalyzer.cli.explaining import run
from loganalyzer.cli.forms import FORMS
from loganalyzer.cli.options import LogsArgument, OutputsOption, RedactOption, VersionOption, ZoneOption
from loganalyzer.cli.request import Request, Wanted
from loganalyzer.cli.values import known_version
from loganalyzer.errors import UsageError

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
    redact: RedactOption = False,
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
