"""Inputs as the user names them: files, standard input, open streams."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from loganalyzer.errors import InputError
from loganalyzer.sources.lines import Stream

STANDARD_INPUT: Final = "-"


@dataclass(eq=False, slots=True)
class Source:
    """One input while it is read: its name, and how many of its lines were what.

    `version` is what the start line says, `runtime` the controller-runtime that stack traces name.
    `lines = records + blank + unparsed` holds at every moment at which a batch of lines is done.
    """

    name: str
    lines: int = 0
    records: int = 0
    blank: int = 0
    unparsed: int = 0
    mended: int = 0
    recognised: bool = False
    first_stamp: bytes = b""
    last_stamp: bytes = b""
    level: str = "unknown"
    version: str | None = None
    runtime: str | None = None
    components: set[str] = field(default_factory=set)

    @property
    def component(self) -> str:
        """`controller`, `speaker`, `mixed` or `unknown`."""
        if len(self.components) > 1:
            return "mixed"
        return next(iter(self.components), "unknown")


Input = str | Path | bytes | Stream | tuple[str, Stream]
"""What the library reads: a path (`-` is standard input), bytes, an open binary stream, or a named one."""


def named(given: Input) -> str:
    """The name by which positions refer to the input; text that is no UTF-8 is replaced."""
    if isinstance(given, bytes):
        return "<bytes>"
    name = given[0] if isinstance(given, tuple) else str(given) if isinstance(given, str | Path) else None
    if name is None:
        name = str(getattr(given, "name", "<stream>"))
    return name.encode("utf-8", "replace").decode("utf-8")


def head(given: Input, size: int = 1 << 17) -> bytes:
    """The first bytes of an input that can be read twice; empty for one that can't."""
    if isinstance(given, bytes):
        return given[:size]
    if isinstance(given, str | Path) and str(given) != STANDARD_INPUT and Path(given).is_file():
        with _open(Path(given)) as stream:
            return stream.read(size).rpartition(b"\n")[0]
    return b""


@contextlib.contextmanager
def opened(given: Input) -> Iterator[Stream]:
    """The input's open stream. Raises InputError where it can't be opened."""
    if isinstance(given, bytes):
        yield io.BytesIO(given)
    elif isinstance(given, tuple):
        yield given[1]
    elif isinstance(given, str | Path):
        if str(given) == STANDARD_INPUT:
            yield cast(Stream, sys.stdin.buffer)
        else:
            with _open(Path(given)) as stream:
                yield cast(Stream, stream)
    else:
        yield given


def _open(path: Path) -> BinaryIO:
    if path.is_dir():
        raise InputError(str(path), "is a folder", "name the log files in it")
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise InputError(str(path), "there is no such file", "check the name") from None
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise InputError(str(path), f"can't be opened ({reason})", "check its permissions") from None


def distinct(inputs: Iterable[Input]) -> list[Input]:
    """The inputs without those that are named twice, in their order."""
    seen: set[str] = set()
    kept: list[Input] = []
    for given in inputs:
        if isinstance(given, str | Path):
            if str(given) in seen:
                continue
            seen.add(str(given))
        kept.append(given)
    return kept
