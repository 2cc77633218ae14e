"""Inputs that are read more than once: what comes through a pipe goes to a temporary file without a name."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import IO, Any, Final, cast

from loganalyzer.errors import InputError
from loganalyzer.sources.inputs import STANDARD_INPUT, Input, Reopenable, named, opened_path
from loganalyzer.sources.lines import Stream

_PIECE: Final = 1 << 18


class Again:
    """The inputs, as often as they are wanted; temporary files are there until `stack` is closed.

    Raises InputError where a pipe can't be opened or kept.
    """

    def __init__(self, inputs: Iterable[Input], stack: ExitStack) -> None:
        self._stack = stack
        self._kept = [(given, self._keep(given)) for given in inputs]

    def inputs(self) -> list[Input]:
        """All of them from their beginning."""
        found: list[Input] = []
        for given, kept in self._kept:
            found.append(given if kept is None else (named(given), cast(Stream, self._anew(kept))))
        return found

    def _keep(self, given: Input) -> IO[bytes] | None:
        """A copy of what can be read once only; None for what can be read again."""
        if isinstance(given, bytes | Reopenable):
            return None
        if isinstance(given, str | PathLike):
            path = Path(given)
            if str(path) == STANDARD_INPUT:
                return self._copy(named(given), sys.stdin.buffer)
            if not path.exists() or path.is_file() or path.is_dir():
                return None
            with opened_path(str(path)) as stream:
                return self._copy(named(given), stream)
        return self._copy(named(given), given[1] if isinstance(given, tuple) else given)

    def _copy(self, name: str, stream: Any) -> IO[bytes]:  # noqa: ANN401 - whatever can be read
        try:
            kept = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
            shutil.copyfileobj(stream, kept, _PIECE)
            kept.flush()
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise InputError(name, f"can't be kept to be read twice ({reason})", "save it to a file") from None
        return kept

    def _anew(self, kept: IO[bytes]) -> IO[bytes]:
        os.lseek(kept.fileno(), 0, os.SEEK_SET)
        return self._stack.enter_context(os.fdopen(os.dup(kept.fileno()), "rb"))
