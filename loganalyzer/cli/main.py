"""`loganalyzer`: how it starts and ends."""

from __future__ import annotations

import sys
from typing import NoReturn

from loganalyzer.cli.console import Status, guarded, leave, open_streams
from loganalyzer.cli.plain import plain


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
    request = plain(sys.argv[1:])
    if request is not None:
        from loganalyzer.cli.explaining import run

        run(request)
        return
    # To load what reads options takes as long as all else that a start takes.
    from loganalyzer.cli.program import run_program

    run_program(sys.argv[1:])
