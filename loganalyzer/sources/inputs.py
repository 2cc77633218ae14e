"""Inputs as the user names them: files, standard input, open streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from os import PathLike, fspath
from typing import BinaryIO, Final

from msgspec import Struct, field

from loganalyzer.errors import InputError
from loganalyzer.sources.lines import Stream
from loganalyzer.sources.origin import NOWHERE, Origin

STANDARD_INPUT: Final = "-"
MOST_STREAMS: Final = 4096
"""Writers told apart within one input, so that memory stays bounded whatever an input says."""


class Source(Struct, eq=False):
    """One input while it is read: its name, and how many of its lines were what.

    `version` is what the start line says, `runtime` the controller-runtime that stack traces name.
    `node` is the node that the user says it is of; empty: not told.
    `cut`: it has a line so long that its end was not kept. `carried`: lines that looked like records when they were
    taken out of a long document.
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
    objects: int = 0
    cut: bool = False
    carried: int = 0
    origin: Origin = NOWHERE
    node: str = ""
    streams: dict[tuple[str, ...], Source] = field(default_factory=dict)

    def stream(self, origin: Origin) -> Source:
        """The part of this input that one writer wrote: its lines are this input's, its history is its own."""
        key = origin.key
        if origin is NOWHERE:
            return self
        if key == self.origin.key:
            if origin.node and not self.origin.node:
                # Its path named the pod, and the wrapping names the node too.
                self.origin = self.origin.filled(origin)
            return self
        found = self.streams.get(key)
        if found is None:
            if len(self.streams) >= MOST_STREAMS:
                return self
            found = self.streams[key] = Source(self.name, origin=origin.filled(self.origin), node=self.node)
        return found

    def found_cut(self) -> None:
        """A line was too long to be kept whole."""
        self.cut = True

    @property
    def writers(self) -> list[Source]:
        """What has a history of its own: the parts that others wrote, and this input where lines name no writer."""
        others = [*self.streams.values()]
        return [self, *others] if self.last_stamp or not others else others

    @property
    def component(self) -> str:
        """`controller`, `speaker`, `mixed` or `unknown`."""
        if len(self.components) > 1:
            return "mixed"
        return next(iter(self.components), "unknown")


def controllers(sources: Iterable[Source]) -> list[Source]:
    """The writers of MetalLB's lines that are no speakers, in the order in which they were read."""
    return [w for s in sources for w in s.writers if w.recognised and w.component != "speaker"]


class Reopenable(Struct, frozen=True, eq=False):
    """Bytes under a name that can be had as often as they are needed; `asked`: as an INPUT, not a member of one."""

    name: str
    open: Callable[[], BinaryIO]
    asked: bool = True


Input = str | PathLike[str] | bytes | Stream | tuple[str, Stream] | Reopenable
"""What the library reads: a path (`-` is standard input), bytes, an open binary stream, or a named one."""


def named(given: Input) -> str:
    """The name by which positions refer to the input; text that is no UTF-8 is replaced."""
    if isinstance(given, bytes):
        return "<bytes>"
    name = given[0] if isinstance(given, tuple) else fspath(given) if isinstance(given, str | PathLike) else None
    if name is None:
        name = str(getattr(given, "name", "<stream>"))
    return name.encode("utf-8", "replace").decode("utf-8")


def opened_path(path: str) -> BinaryIO:
    """The open file. Raises InputError where it can't be opened."""
    try:
        return open(path, "rb")
    except FileNotFoundError:
        raise InputError(path, "there is no such file", "check the name") from None
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise InputError(path, f"can't be opened ({reason})", "check its permissions") from None


def distinct(inputs: Iterable[Input]) -> list[Input]:
    """The inputs without those that are named twice, in their order."""
    seen: set[str] = set()
    kept: list[Input] = []
    for given in inputs:
        if isinstance(given, str | PathLike):
            if fspath(given) in seen:
                continue
            seen.add(fspath(given))
        kept.append(given)
    return kept
