"""`loganalyzer`: its commands, joined."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from loganalyzer.cli import check, events, explain, redact, rules, state, stats, timeline
from loganalyzer.cli.console import guarded, message
from loganalyzer.cli.request import Request
from loganalyzer.version import __version__

app = typer.Typer(
    name="loganalyzer",
    help="Reads MetalLB's logs and names the rule that refused a Service its address.",
    epilog="Example: kubectl -n metallb-system logs deployment/controller | loganalyzer",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("explain")(explain.explain)
app.command("rules")(rules.rules)
app.command("events")(events.events)
app.command("stats")(stats.stats)
check.register(app)
state.register(app)
timeline.register(app)
redact.register(app)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        message(f"loganalyzer {__version__}", sys.stdout)
        raise typer.Exit
    if context.invoked_subcommand is None:
        if sys.stdin.isatty():
            message(context.get_help(), sys.stdout)
            raise typer.Exit
        explain.run(Request(inputs=("-",)))


@guarded
def main() -> None:
    """The entry point."""
    app(args=_with_command(sys.argv[1:]), prog_name="loganalyzer")


def _with_command(arguments: list[str]) -> list[str]:
    """`loganalyzer a.log` and `loganalyzer --format json` mean `explain`, which is the main job."""
    commands = {command.name for command in app.registered_commands}
    first = arguments[0] if arguments else ""
    if not first or first in commands or first in ("-h", "--help", "--version"):
        return arguments
    return ["explain", *arguments]
