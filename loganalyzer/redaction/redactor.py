"""Inputs redacted as a whole: read once to learn what there is, and then as often as anybody reads them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

from msgspec import Struct

from loganalyzer.errors import InputError
from loganalyzer.model.speakers.identity import node_of_file
from loganalyzer.parser.reading import Planned, Reading, plan
from loganalyzer.redaction.changes import changed
from loganalyzer.redaction.lines import LEFT_OUT, Lines
from loganalyzer.redaction.names import REDACTED
from loganalyzer.redaction.prose import Prose
from loganalyzer.redaction.streams import Member, opened, renamed
from loganalyzer.redaction.values import Values
from loganalyzer.sources import archives
from loganalyzer.sources.archives import UNREADABLE, spooled, unreadable
from loganalyzer.sources.inputs import Input, Reopenable, distinct, named
from loganalyzer.sources.lines import Stream, chunks
from loganalyzer.sources.origin import Origin, origin_of_path

_SHORTEST: Final = 4
"""Names of inputs that are found within texts; `-` stands in any."""

_UNSURE: Final = {
    "line": ("lines that are no record", "line that is no record"),
    "object": ("objects nested too deeply", "object nested too deeply"),
    "dump": ("dumps that could not be read", "dump that could not be read"),
    "configuration": ("configurations that could not be read", "configuration that could not be read"),
    "selector": ("selectors that could not be read", "selector that could not be read"),
    "field": ("unknown fields", "unknown field"),
    "value": ("values of unknown fields", "value of an unknown field"),
    "number": ("numbers of unknown fields", "number of an unknown field"),
    "word": ("words of free text", "word of free text"),
}
"""What can't be judged, in words, many and one; of each of them nothing is left."""


class _Found(Struct, frozen=True):
    """One member as it was found: its name, how it is opened, and whether it is an INPUT itself."""

    name: str
    open: archives.Opener
    asked: bool
    size: int | None


class Redaction:
    """One run: everything in it has one replacement wherever it stands.

    `inputs` are what to read instead of what was given; `problems` tells, under other names, what could not be
    opened, `nothing` in what there was nothing to be read. A context manager: leaving it closes archives and temporary
    files.
    """

    def __init__(self, inputs: Iterable[Input]) -> None:
        self._values = Values()
        self._lines = Lines(self._values)
        self._stack = ExitStack()
        self.problems: list[InputError] = []
        self.nothing: list[InputError] = []
        self.new_names: dict[str, str] = {}
        given = distinct(inputs)
        self._width = len(str(len(given)))
        try:
            found = [list(self._members(one)) for one in given]
            for member in (m for members in found for m in members):
                self._learn(member)
            self._lines.freeze()
            self.inputs: list[Reopenable] = []
            self._of: dict[str, list[Reopenable]] = {}
            for number, (one, members) in enumerate(zip(given, found, strict=True), 1):
                self._name(named(one), members, number)
                made = [Reopenable(self.new_names[m.name], partial(self._open, m), m.asked) for m in members]
                self._of[named(one)] = made
                self.inputs.extend(made)
            self.problems = [self.problem(p) for p in self.problems]
            self.nothing = [self.problem(p) for p in self.nothing]
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def text(self, text: str) -> str:
        """A text of this program's own: a message, a command line. Names of inputs become those that they have now."""
        for name in sorted((n for n in self.new_names if len(n) >= _SHORTEST), key=len, reverse=True):
            text = text.replace(name, self.new_names[name])
        before = self._values.unsure.copy()
        found = Prose(self._values, own=True).text(text)
        # Nothing of the logs was judged.
        self._values.unsure.clear()
        self._values.unsure.update(before)
        return found

    def named(self, kind: str, text: str) -> str:
        """What a user names, as the inputs have it now: a `service` as namespace/name, a `pool`, an `address`."""
        return self._values.address(text) or self._values.path(kind, text)

    def input(self, name: str) -> str:
        """The name that an INPUT, or a member of one, has now."""
        return self.new_names.get(name, REDACTED)

    def inputs_of(self, name: str) -> list[Reopenable]:
        """What is to be read instead of an INPUT."""
        return self._of.get(name, [])

    def manifest(self, name: str) -> bytes:
        """The objects of an INPUT, as one YAML stream."""
        found: list[bytes] = []
        for one in self.inputs_of(name):
            with one.open() as stream:
                found.extend(line for line in stream.read().split(b"\n") if line)
        # A comment is no document; where nothing is one, the error is to be the same as without redaction.
        return b"\n---\n".join([line for line in found if line != LEFT_OUT] or found)

    def changes(self, data: bytes) -> bytes:
        """A list of changes, as `check --change` reads it; what is none stays none."""
        return changed(data, self._values, self._lines.documents)

    def problem(self, problem: InputError) -> InputError:
        """What went wrong with an input, under its other name."""
        name = self.new_names.get(problem.name)
        if name is None:
            name = next((new for old, new in self.new_names.items() if problem.name.startswith(old)), "an input")
        return InputError(name, self._lines.text(problem.problem), problem.advice)

    def notes(self) -> Iterator[str]:
        """What was replaced, and what could not be judged and was left out, in sentences."""
        counts = self._values.names.counts()
        told = [f"{n:,} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items() if kind in _TOLD]
        networks = self._values.networks.count
        told.append(f"{networks:,} network{'' if networks == 1 else 's'}")
        yield f"--redact replaced {', '.join(told)}, and every secret"
        unsure = [f"{n:,} {_UNSURE[what][n == 1]}" for what, n in self._values.unsure.items() if n]
        if unsure:
            yield f"--redact could not be sure of {', '.join(unsure)}: nothing is left of them"

    def table(self) -> dict[str, str]:
        """Each name and what it became. It undoes the redaction: not for those who get the redacted logs."""
        return self._values.names.table()

    def _members(self, given: Input) -> Iterator[_Found]:
        reading = Reading(problems=self.problems)
        for planned in plan([given], reading, self._stack):
            member = planned.member
            yield _Found(member.name, self._reopened(planned), member.asked, member.size)

    def _reopened(self, planned: Planned) -> archives.Opener:
        """How a member is opened; a pipe's bytes are kept until they were read twice."""
        member = planned.member
        if member.again:
            return member.open
        spool = self._stack.enter_context(spooled(member.open()))

        def again() -> BinaryIO:
            spool.seek(0)
            return opened(chunks(cast(Stream, spool)), io.BytesIO())

        return again

    def _learn(self, member: _Found) -> None:
        """Reads a member for what it names. What is wrong with it will be told by who reads it for good."""
        self._names_of_path(member.name)
        try:
            with member.open() as stream:
                useful = False
                for piece in Member(member.name, self._values, self._lines).pieces(stream):
                    useful = useful or any(line not in (b"", LEFT_OUT) for line in piece.split(b"\n"))
        except (InputError, *UNREADABLE):
            return
        if member.asked and not useful:
            advice = "pass logs of MetalLB, or Kubernetes objects"
            self.nothing.append(InputError(member.name, "has no MetalLB line and no Kubernetes object", advice))

    def _names_of_path(self, name: str) -> tuple[Origin, str | None]:
        node = node_of_file(name)
        return renamed(origin_of_path(name), self._values), node and self._values.of("node", node)

    def _name(self, given: str, members: list[_Found], number: int) -> None:
        """Names for the members of an input, which tell what their paths told, and no more."""
        outer = f"input-{number:0{self._width}d}"
        width = len(str(len(members)))
        self.new_names[given] = f"{outer}.log"
        for at, member in enumerate(members, 1):
            inner = "" if member.asked else f"!{at:0{width}d}"
            origin, node = self._names_of_path(member.name)
            if origin.pod:
                place = f"namespaces/{origin.namespace or REDACTED}/pods/{origin.pod}/{origin.container or 'pod'}"
                self.new_names[member.name] = f"{outer}{inner}!{place}/current.log"
            elif node:
                self.new_names[member.name] = f"{outer}{inner}-speaker-{node}.log"
            else:
                self.new_names[member.name] = f"{outer}{inner}.log"

    def _open(self, member: _Found) -> BinaryIO:
        stream = member.open()
        return opened(self._guarded(member, stream), stream)

    def _guarded(self, member: _Found, stream: BinaryIO) -> Iterator[bytes]:
        """The redacted bytes; problems come up under the new name."""
        try:
            yield from Member(member.name, self._values, self._lines).pieces(stream)
        except InputError as problem:
            raise self.problem(problem) from None
        except UNREADABLE as problem:
            raise self.problem(unreadable(member.name, problem)) from None


_TOLD: Final = ("service", "namespace", "pool", "node", "pod", "key", "label", "interface", "peer", "uid", "mac")
"""Kinds of names that the notes count."""


def redact(inputs: Iterable[Input]) -> Redaction:
    """The inputs with names, addresses and secrets replaced: its `inputs` go wherever inputs go.

    Reads them once at once. Close it, or use it in a `with`, as it holds archives open.
    """
    return Redaction(inputs)
