"""The plainest command lines, which are most: `explain` with inputs, and the form of its report.

They are known without what reads options. Whatever is not so plain, help and mistakes included, is left to that.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from loganalyzer.cli.commands import COMMANDS
from loganalyzer.cli.request import Request

_FORMAT: Final = "--format"


def plain(arguments: Sequence[str]) -> Request | None:
    """What these arguments ask for; None where they are not plain."""
    if sys.platform == "win32" or (not arguments and sys.stdin.isatty()):
        # There names of files may be patterns; and who types no more than the name wants help.
        return None
    if arguments and arguments[0] in COMMANDS and arguments[0] != "explain":
        return None
    form: str | None = None
    inputs: list[str] = []
    given = iter(arguments[1:] if arguments[:1] == ["explain"] else arguments)
    for argument in given:
        if argument == _FORMAT:
            form = next(given, "-")
            if form.startswith("-"):
                return None
        elif not argument or (argument.startswith("-") and argument != "-"):
            return None
        else:
            inputs.append(argument)
    return Request(inputs=tuple(inputs) or ("-",), format=form)
