"""Tables as pandas frames. Nothing but this module and the figures made from it imports pandas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from msgspec import Struct

from loganalyzer.tables.columns import DTYPES, Columns, Kind, Numbers, Texts
from loganalyzer.tables.schema import CLUSTER, TABLES

if TYPE_CHECKING:
    from pandas import DataFrame, Series


class Part(Struct, frozen=True):
    """What one cluster's inputs gave; `cluster` None where all inputs are of one."""

    cluster: str | None
    tables: Mapping[str, Columns]


class Frames:
    """The tables as pandas frames, each an attribute by its name, made when it is first asked for.

    `frames.attempts` is a DataFrame with the columns of `loganalyzer.tables.schema.TABLES["attempts"]`: texts as
    categoricals, times as UTC with nanoseconds, lengths of time in seconds as floats. Of several clusters each
    table has a first column `cluster`; `history` and `episode` count within one.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = tuple(parts)
        self._made: dict[str, DataFrame] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The tables that there are."""
        return tuple(name for name in TABLES if all(name in p.tables for p in self._parts))

    @property
    def clusters(self) -> tuple[str, ...]:
        """The clusters that are told apart; none where all inputs are of one."""
        return tuple(p.cluster for p in self._parts if p.cluster is not None)

    @cached_property
    def key(self) -> list[str]:
        """The columns that tell clusters apart, to group by: `["cluster"]`, or none."""
        return [CLUSTER.name] if self.clusters else []

    def __getitem__(self, name: str) -> DataFrame:
        if name not in self._made:
            if name not in self.names:
                raise KeyError(name)
            self._made[name] = _concatenated([_frame(p, name) for p in self._parts])
        return self._made[name]

    def __getattr__(self, name: str) -> DataFrame:
        if name.startswith("_") or name not in TABLES:
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the table {name} was not collected") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.names]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def pieces(self, name: str, rows: int = 65536) -> Iterator[DataFrame]:
        """A table in pieces of so many rows, cluster by cluster, without ever making the whole frame."""
        for part in self._parts:
            for first in range(0, max(len(part.tables[name]), 1), rows):
                yield _frame(part, name, slice(first, first + rows))


def _frame(part: Part, name: str, rows: slice = slice(None)) -> DataFrame:
    """One cluster's table, or some of its rows. Numbers are not copied, but where pandas needs another form."""
    columns = part.tables[name]
    found: dict[str, Any] = {}
    if part.cluster is not None:
        size = len(range(*rows.indices(len(columns))))
        found[CLUSTER.name] = pd.Categorical.from_codes(np.zeros(size, dtype="i1"), [part.cluster])  # type: ignore[call-overload]
    for column, filled in zip(columns.table.columns, columns.columns, strict=True):
        found[column.name] = _series(column.kind, filled, rows)
    return pd.DataFrame(found)


def _series(kind: Kind, filled: Texts | Numbers, rows: slice) -> Any:  # noqa: ANN401 - one of several pandas arrays
    numbers = np.frombuffer(filled.numbers, dtype=filled.numbers.typecode)[rows] if filled.numbers else _EMPTY
    if isinstance(filled, Texts):
        return pd.Categorical.from_codes(numbers.astype("i4", copy=False), pd.Index(list(filled.known), dtype="str"))
    if kind == "time":
        return pd.DatetimeIndex(numbers.view("datetime64[ns]")).tz_localize("UTC")
    if kind == "whole":
        missing = np.zeros(len(filled.numbers), dtype=bool)
        missing[filled.missing] = True
        return pd.arrays.IntegerArray(numbers.astype("i8", copy=False), missing[rows].copy())
    return numbers.astype(DTYPES[kind])


_EMPTY = np.zeros(0, dtype="i8")


def _concatenated(frames: list[DataFrame]) -> DataFrame:
    """One frame of several; a text column's categories are those of all, in their order."""
    if len(frames) == 1:
        return frames[0]
    found: dict[str, Any] = {}
    for name in frames[0].columns:
        columns: list[Series[Any]] = [f[name] for f in frames]
        if isinstance(columns[0].dtype, pd.CategoricalDtype):
            found[name] = pd.api.types.union_categoricals(columns)
        else:
            found[name] = pd.concat(columns, ignore_index=True)
    return pd.DataFrame(found)
