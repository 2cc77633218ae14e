"""What a report says, in its order, as plain data: made once of a diagnosis, set by each form in its own way.

Texts are as the log has them: each form escapes them itself. Nothing is left out that any form shows; a form that
has less room says what it left out.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct


class Table(Struct, frozen=True):
    """Rows under headers; `rest` says below it what the rows leave out."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    rest: str = ""


class Counted(Struct, frozen=True):
    """Figures under one title; the table's `rest` says what they count."""

    title: str
    table: Table


class Step(NamedTuple):
    """A sentence, or a command to be copied as it is; `number` counts fixes from 1, 0 is none of them."""

    text: str
    number: int = 0
    command: bool = False


class Line(Struct, frozen=True):
    """A line of an input: `place` is its short name, `input` and `number` find it."""

    place: str
    input: str
    number: int


class Proof(Struct, frozen=True):
    """A line that proves, and what it shows."""

    line: Line
    what: str


class Unknown(NamedTuple):
    """Something that the inputs don't tell, and the command that would."""

    text: str
    command: str


class Told(Struct, frozen=True):
    """Something that speakers' logs tell: what it is about, if anything of its own, and what is said of it.

    Where `services` is not empty it is about a service, and says what it has in common with others after it: of those
    a form that has less room may show the first ones only.
    """

    about: str
    text: str
    below: tuple[Step, ...] = ()
    service: str = ""
    services: str = ""


class Entry(Struct, frozen=True):
    """Services that fail for one cause; `title` says who and since when, `rule` is its code and name or `unknown`.

    `sentence` says why, `details` show it. `members` lists the services where there are several, `history` is what
    kept a single one without an address before.
    """

    title: str
    rule: str
    code: str | None
    services: tuple[str, ...]
    sentence: str
    details: tuple[tuple[str, str], ...]
    members: Table | None
    history: str
    candidates: Table | None
    proofs: tuple[Proof, ...]
    to_do: str
    steps: tuple[Step, ...]
    unknown: tuple[Unknown, ...]


class Advised(Struct, frozen=True):
    """A rule's advice: one sentence for each finding."""

    rule: str
    code: str
    sentences: tuple[str, ...]


class Quote(Struct, frozen=True):
    """A line of an input as it is written, shortened."""

    line: Line
    text: str


class Report(Struct, frozen=True):
    """Everything that a report says. Its fields are in the order in which it says them.

    `read` is what was read, `verdict` the answer in one line. `command` is the command line that makes the report
    again, empty where not known.
    """

    read: str
    verdict: str
    announced: tuple[Told, ...]
    overview: Table | None
    entries: tuple[Entry, ...]
    past: tuple[str, ...]
    answers: tuple[str, ...]
    holdings: Table | None
    advice: tuple[Advised, ...]
    notes: tuple[str, ...]
    quotes: tuple[Quote, ...]
    environment: tuple[tuple[str, str], ...]
    tool: str
    command: str
