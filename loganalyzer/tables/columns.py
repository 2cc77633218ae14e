"""Tables while they grow: a few arrays of machine numbers, whatever the number of rows.

A text is stored once and its number in each row, a time as nanoseconds. So a row costs a few dozen bytes and no
Python object of its own, and a table goes from one process to another as it is.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from typing import Any, Final, Literal

from msgspec import Struct

from loganalyzer.tables.times import nanoseconds

Kind = Literal["text", "whole", "number", "yes", "time"]

DTYPES: Final[dict[Kind, str]] = {
    "text": "category",
    "whole": "Int64",
    "number": "float64",
    "yes": "bool",
    "time": "datetime64[ns, UTC]",
}
"""The pandas dtype of each kind of column. Text that is not known, whole numbers and times may be missing."""

NOTHING: Final = -1
"""The number of a text that is not there."""


class Column(Struct, frozen=True):
    """A column of a table: its name, its kind, and what it says, in which unit."""

    name: str
    kind: Kind
    says: str


class Table(Struct, frozen=True):
    """A table: its name, what a row is, and its columns."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(c.name for c in self.columns)


class Texts:
    """A column of texts: `numbers` into `known`, NOTHING for None."""

    def __init__(self) -> None:
        self.numbers = array("i")
        self.known: dict[str, int] = {}

    def put(self, text: str | None) -> None:
        """One more row."""
        if text is None:
            self.numbers.append(NOTHING)
        else:
            self.numbers.append(self.known.setdefault(text, len(self.known)))


class Numbers:
    """A column of machine numbers; `missing` are the rows of whole numbers that have none."""

    def __init__(self, code: str) -> None:
        self.numbers: array[Any] = array(code)
        self.missing: list[int] = []

    def put(self, number: float | None) -> None:
        """One more row."""
        if number is None:
            self.missing.append(len(self.numbers))
            number = 0
        self.numbers.append(number)


class Times(Numbers):
    """A column of times, in nanoseconds since 1970."""

    def put(self, stamp: bytes) -> None:  # type: ignore[override]
        """One more row: the time as the log wrote it."""
        self.numbers.append(nanoseconds(stamp))


_MADE: Final[dict[Kind, Callable[[], Texts | Numbers]]] = {
    "text": Texts,
    "whole": lambda: Numbers("q"),
    "number": lambda: Numbers("d"),
    "yes": lambda: Numbers("b"),
    "time": lambda: Times("q"),
}


class Columns:
    """The rows of one table, column by column."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.columns = tuple(_MADE[c.kind]() for c in table.columns)

    def __len__(self) -> int:
        return len(self.columns[0].numbers)

    def add(self, row: Iterable[Any]) -> None:
        """One more row: a value for each column, times as bytes as the log wrote them."""
        for column, value in zip(self.columns, row, strict=True):
            column.put(value)
