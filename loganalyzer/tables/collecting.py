"""Collects the tables while inputs are diagnosed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from loganalyzer.correlator.diagnosis import Diagnosis, Failure
from loganalyzer.correlator.episodes import Episodes
from loganalyzer.correlator.judge import Judgement
from loganalyzer.history.collect import Spans
from loganalyzer.history.spans import History
from loganalyzer.metallb.addresses import format_address
from loganalyzer.model.controller import Model
from loganalyzer.model.outcomes import Attempt, Outcome
from loganalyzer.model.run import Replay
from loganalyzer.model.state import Place
from loganalyzer.parser.events import Event, What
from loganalyzer.tables.columns import Columns
from loganalyzer.tables.events import detail
from loganalyzer.tables.rows import ROWS, Row, at, cause_columns, joined, service_columns
from loganalyzer.tables.schema import TABLES

_REMEMBERED = 4096
"""Events whose texts are kept: equal lines share what they say."""

Begin = tuple[str, int, str | None]
"""The input and line on which an episode begins, and its service."""


class Collector:
    """An observer of a diagnosis that fills the tables `wanted`."""

    def __init__(self, wanted: Iterable[str] = tuple(TABLES)) -> None:
        self.columns: dict[str, Columns] = {name: Columns(TABLES[name]) for name in wanted}
        self._spans = Spans()
        self._texts: dict[int, tuple[What, str, str]] = {}
        self._begun: dict[Begin, int] = {}

    def watch(self, events: Iterable[Event], run: Replay) -> Iterator[Event]:
        """The events as they are; each becomes a row."""
        columns = self.columns.get("events")
        found = events if columns is None else self._noted(events, columns)
        return self._spans.watch(found, run)

    def take(self, model: Model, outcome: Outcome, episodes: Episodes) -> None:
        """One outcome; an attempt becomes a row, with the cause that it was judged to have."""
        self._spans.take(model, outcome)
        if isinstance(outcome, Attempt) and "attempts" in self.columns:
            judgement, first = episodes.judged(model, outcome)
            episode = self._episode(first, outcome.service)
            self.columns["attempts"].add(_attempt(outcome, judgement, episode))

    @cached_property
    def history(self) -> History:
        """What happened over time, now that the diagnosis is complete."""
        return self._spans.history()

    def tables(self, diagnosis: Diagnosis) -> Mapping[str, Columns]:
        """The tables, complete, now that the diagnosis is."""
        history = self.history
        for name, make in ROWS.items():
            if name in self.columns:
                for row in make(diagnosis, history):
                    self.columns[name].add(row)
        if "attempts" in self.columns:
            self._number(diagnosis)
        return self.columns

    def _noted(self, events: Iterable[Event], columns: Columns) -> Iterator[Event]:
        for event in events:
            name, says = self._text(event.what)
            columns.add((event.source.name, event.line, event.stamp, name, event.service, says))
            yield event

    def _text(self, what: What) -> tuple[str, str]:
        known = self._texts.get(id(what))
        if known is None:
            if len(self._texts) >= _REMEMBERED:
                self._texts.clear()
            # What it says is kept with its text: else its identity might be another's later.
            known = self._texts[id(what)] = (what, type(what).__name__, detail(what))
        return known[1], known[2]

    def _episode(self, first: Place, service: str | None) -> int:
        return self._begun.setdefault((first.source.name, first.line, service), len(self._begun))

    def _number(self, diagnosis: Diagnosis) -> None:
        """Gives attempts the numbers that their episodes have in the document, and adds those without a line.

        Failures that only objects or a write tell of have no attempt in the log: one row stands for all of each.
        """
        columns = self.columns["attempts"]
        place = columns.table.names.index("episode")
        numbers = [0] * len(self._begun)
        for number, failure in enumerate(diagnosis.failures):
            begun = self._begun.get((failure.first.source.name, failure.first.line, failure.service))
            if begun is not None:
                numbers[begun] = number
            else:
                columns.add(_whole(failure, len(numbers)))
                numbers.append(number)
        known = columns.columns[place].numbers
        for row, begun in enumerate(known):
            known[row] = numbers[begun]


def _attempt(attempt: Attempt, judgement: Judgement, episode: int) -> Row:
    address = format_address(judgement.address) if judgement.address is not None else None
    return (
        *at(attempt.at),
        *service_columns(attempt.service),
        attempt.error,
        judgement.rule,
        judgement.certainty,
        address,
        judgement.pool,
        joined(judgement.holders),
        episode,
        1,
    )


def _whole(failure: Failure, episode: int) -> Row:
    return (*at(failure.last), *service_columns(failure.service), *cause_columns(failure), episode, failure.attempts)
