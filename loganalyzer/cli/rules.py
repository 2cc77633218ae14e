"""`loganalyzer rules`: the catalogue."""

from __future__ import annotations

import sys
from typing import Annotated, Final

import typer

from loganalyzer.cli.console import interruptible, wants_colour, width, write_out
from loganalyzer.errors import UsageError

FORMATS: Final = ("text", "json")


@interruptible
def rules(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="A rule's code or name.", show_default=False)
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="text|json", help="The catalogue's form.")] = "text",
) -> None:
    """Print the catalogue of rules, or one rule's page."""
    import orjson

    from loganalyzer.report import rules as report
    from loganalyzer.report.terminal import Style
    from loganalyzer.rules.catalogue import page, rule

    if form not in FORMATS:
        raise UsageError(f"--format {form!r} is not known; choose one of {', '.join(FORMATS)}")
    if form == "json":
        entries = report.catalogue_data()
        data = entries if code is None else next(e for e in entries if e["rule"] == rule(code).code)
        write_out([orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)])
    elif code is not None:
        write_out([page(rule(code)).encode()])
    else:
        style = Style(wants_colour("auto", sys.stdout))
        write_out([report.listing(width(), style).encode()])
