"""The commands, joined by typer. Only the one that is run is loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import typer

from loganalyzer.cli.commands import COMMANDS
from loganalyzer.cli.console import message
from loganalyzer.version import __version__


def run_program(arguments: list[str]) -> None:
    """What the arguments ask for. Raises SystemExit where that is not done, or failures were found."""
    arguments = _with_command(arguments)
    program(arguments[0] if arguments else "")(args=arguments, prog_name="loganalyzer")


def program(command: str = "") -> typer.Typer:
    """The program with one command that can be run; of the others there is only what its help says."""
    app = typer.Typer(
        name="loganalyzer",
        help="Reads MetalLB's logs and names the rule that refused a Service its address.",
        epilog="Example:\n\nkubectl -n metallb-system logs deploy/controller -c controller | loganalyzer",
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    for name, text in COMMANDS.items():
        app.command(name, help=text)(function(name) if name == command else _elsewhere)
    return app


def function(command: str) -> Callable[..., Any]:
    """What a command runs."""
    found: Callable[..., Any] = getattr(import_module(f"loganalyzer.cli.{command}"), command)
    return found


def _elsewhere() -> None:
    """Stands for a command that is not run: reading the options of all would take half of a start."""


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
        from loganalyzer.cli.explaining import run
        from loganalyzer.cli.request import Request

        run(Request(inputs=("-",)))


def _with_command(arguments: list[str]) -> list[str]:
    """`loganalyzer a.log` and `loganalyzer --format json` mean `explain`, which is the main job."""
    first = arguments[0] if arguments else ""
    if not first or first in COMMANDS or first in ("-h", "--help", "--version"):
        return arguments
    return ["explain", *arguments]
