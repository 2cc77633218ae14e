"""Events in, outcomes out: a model for each controller's history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from loganalyzer.metallb.versions import Version
from loganalyzer.model.controller import Model
from loganalyzer.model.outcomes import Attempts, Outcome, Told
from loganalyzer.parser.events import Event
from loganalyzer.sources.inputs import Source


class Step(NamedTuple):
    """An outcome, or many, and the model that it came from, in the state in which it happened."""

    model: Model
    outcome: Told


class Replay:
    """The replay of a stream of events: iterate over it to run it.

    Each step is given out while its model is in that state. Afterwards `models` holds each history's state at
    the end. A source continues a history where `histories` says so, else it has its own.
    """

    def __init__(self, events: Iterable[Event], version: Version | None = None) -> None:
        self.events = events
        self._version = version
        self.models: dict[Source, Model] = {}

    def __iter__(self) -> Iterator[Step]:
        current: Source | None = None
        new = tuple.__new__  # what Step(...) comes to, without its detour
        model = Model(self._version)
        find = model.handlers.get
        for event in self.events:
            if event.source is not current:
                current = event.source
                model = self.model(current)
                model.join(event)
                find = model.handlers.get
            # Model.feed, without a call for the many events that bring nothing about.
            on = find(type(event.what))
            if on is not None and (outcomes := on(event, event.what)) is not None:
                for outcome in outcomes:
                    yield new(Step, (model, outcome))

    def singly(self) -> Iterator[tuple[Model, Outcome]]:
        """As iterating over it, each outcome by itself."""
        for model, told in self:
            for outcome in told.singly() if isinstance(told, Attempts) else (told,):
                yield model, outcome

    def model(self, source: Source) -> Model:
        """The model of a source's history."""
        found = self.models.get(source)
        if found is None:
            found = self.models[source] = Model(self._version)
        return found

    def told(self, writers: Iterable[Source]) -> list[tuple[Model, list[Source]]]:
        """The histories that these writers told something of, each with those; what only repeats another tells none."""
        found: dict[int, tuple[Model, list[Source]]] = {}
        for writer in writers:
            model = self.models.get(writer)
            if model is not None:
                found.setdefault(id(model), (model, []))[1].append(writer)
        return list(found.values())

    def follow(self, source: Source, earlier: Source) -> None:
        """The source's lines come after those of the earlier one: one history, one model."""
        self.models[source] = self.model(earlier)

    def run(self) -> Replay:
        """Runs it to the end, for callers that want the state only."""
        for _ in self:
            pass
        return self


def replay(events: Iterable[Event], version: Version | None = None) -> Replay:
    """The replay of these events; `version` overrides what the log tells."""
    return Replay(events, version)
