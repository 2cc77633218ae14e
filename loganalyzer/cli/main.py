"""`loganalyzer`: its commands, joined. Only the one that is run is loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any, Final, NoReturn

import typer

from loganalyzer.cli.console import Status, guarded, leave, message, open_streams
from loganalyzer.version import __version__

COMMANDS: Final = {
    "explain": "Tell which services have no address, by which rule, who is in the way, and what proves it.",
    "rules": "Print the catalogue of rules, or one rule's page.",
    "events": "Print the events that the lines mean, or another table of what was found.",
    "stats": "Print figures: how long services were without an address, by what, how full pools were, what helped.",
    "check": "Tell which services would get an address, and which would lose theirs, before applying anything.",
    "state": "Print the allocator's table at one moment: who holds which address, since when, and what is free.",
    "timeline": "Tell what happened in one order: controller and speakers together, attempts that repeat told once.",
    "redact": "Write logs and objects with names, addresses and secrets replaced; they can be explained as before.",
}
"""Each is the function of its name in the module of its name, which begins its docstring so."""


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
        from loganalyzer.cli.explain import run
        from loganalyzer.cli.request import Request

        run(Request(inputs=("-",)))


def command() -> NoReturn:
    """The installed command."""
    open_streams()
    try:
        main()
    except SystemExit as end:
        leave(end.code if isinstance(end.code, int) else Status.OK)
    leave(Status.OK)


@guarded
def main() -> None:
    """What the command line asks for. Raises SystemExit where that is not done, or failures were found."""
    arguments = _with_command(sys.argv[1:])
    program(arguments[0] if arguments else "")(args=arguments, prog_name="loganalyzer")


def _with_command(arguments: list[str]) -> list[str]:
    """`loganalyzer a.log` and `loganalyzer --format json` mean `explain`, which is the main job."""
    first = arguments[0] if arguments else ""
    if not first or first in COMMANDS or first in ("-h", "--help", "--version"):
        return arguments
    return ["explain", *arguments]
