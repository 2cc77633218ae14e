"""The history, collected while a replay runs: from the allocator's changes, and from outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

from msgspec import structs

from loganalyzer.history.book import Book
from loganalyzer.history.removal import Waiting, removal
from loganalyzer.history.spans import FirstAddress, History, Wait
from loganalyzer.model import outcomes as o
from loganalyzer.model.controller import Model
from loganalyzer.model.run import Replay
from loganalyzer.model.state import Place, place_of
from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event
from loganalyzer.sources.inputs import Source

Key = tuple[int, str]
"""A history's number and a service."""


_PROCESS: Final = (e.Started, e.Stopping)


class Spans:
    """The history of a run. `watch` its events and `take` its outcomes, then ask for `history`.

    Allocations also change without an outcome (a restart, a new configuration, an edit), so the allocator itself is
    looked at after each event that changed it.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self._books: dict[int, Book] = {}
        self._waiting: dict[Key, Waiting] = {}
        self._waits: list[Wait] = []
        self._asked: dict[Key, Place] = {}
        self._seen: set[Key] = set()
        self._firsts: list[FirstAddress] = []

    def watch(self, events: Iterable[Event], run: Replay) -> Iterator[Event]:
        """The events as they are; the run that they go to has dealt with one when it asks for the next."""
        source: Source | None = None
        for event in events:
            if event.source is not source:
                source = event.source
                book = self.book(run.model(source))
                allocator = book.model.allocator
            yield event
            book.last = event
            if allocator.revision != book.revision:
                book.settle(event)
            if type(event.what) in _PROCESS:
                _mark_process(book, event)

    def book(self, model: Model) -> Book:
        """The book of a model's history."""
        found = self._books.get(id(model))
        if found is None:
            found = self._books[id(model)] = Book(self._numbers, model)
        return found

    def take(self, model: Model, outcome: o.Outcome, episodes: object = None) -> None:  # noqa: ARG002
        """One outcome, while its model is in that state."""
        book = self.book(model)
        if isinstance(outcome, o.Crashed | o.Rejected):
            crashed = isinstance(outcome, o.Crashed)
            text = outcome.text if isinstance(outcome, o.Crashed) else outcome.error
            book.mark(outcome.at, "crashed" if crashed else "rejected", text)
        elif outcome.service is None:
            return
        elif isinstance(outcome, o.Attempt):
            self._failed(book, outcome.service, outcome)
        elif isinstance(outcome, o.Obtained):
            self._obtained(book, outcome.service, outcome)
        elif isinstance(outcome, o.Gone):
            key = (book.number, outcome.service)
            self._over(book, key, outcome.at, outcome.how)
            self._seen.discard(key)
            asked = self._asked.pop(key, None)
            if asked is not None:
                self._firsts.append(FirstAddress(*key, asked, None))
        elif isinstance(outcome, o.Sighted):
            self._sighted(book, outcome.service, outcome)

    def history(self) -> History:
        """Everything collected; what has not ended lasts to the end of its history."""
        books = [b for b in self._books.values() if b.told]
        ends = {b.number: b.end() for b in books}
        still = [_wait(key, now, ends[key[0]] or now.last.at, "waiting") for key, now in self._waiting.items()]
        return History(
            spans=tuple(s for b in books for s in b.all_spans()),
            waits=(*self._waits, *still),
            firsts=(*self._firsts, *(FirstAddress(*key, at, None) for key, at in self._asked.items())),
            pool_use=tuple(u for b in books for u in b.pool_use),
            unused=tuple(u for b in books for u in b.unused()),
            marks=tuple(m for b in books for m in b.marks),
        )

    def _failed(self, book: Book, service: str, attempt: o.Attempt) -> None:
        key = (book.number, service)
        now = self._waiting.get(key)
        if now is None:
            now = self._waiting[key] = Waiting(attempt)
            self._ask(key, attempt.at)
        now.last, now.count, now.clock = attempt, now.count + 1, book.clock

    def _obtained(self, book: Book, service: str, outcome: o.Obtained) -> None:
        key = (book.number, service)
        self._over(book, key, outcome.at, "allocated", outcome.addresses)
        if not outcome.kept:
            # Where no dump shows who asks, the pass that gave the address is the first that is seen of it.
            self._ask(key, outcome.at)
        self._seen.add(key)
        asked = self._asked.pop(key, None)
        if asked is not None:
            self._firsts.append(FirstAddress(*key, asked, outcome.at))

    def _sighted(self, book: Book, service: str, outcome: o.Sighted) -> None:
        key = (book.number, service)
        now = self._waiting.get(key)
        if now is not None:
            book.clock += 1
            now.edited = (book.clock, outcome.at)
        if outcome.seen.is_load_balancer and not outcome.seen.status:
            self._ask(key, outcome.at)
        elif outcome.seen.is_load_balancer:
            self._seen.add(key)

    def _ask(self, key: Key, at: Place) -> None:
        """A service asks for an address; only the first time of each counts."""
        if key not in self._seen:
            self._asked.setdefault(key, at)
        self._seen.add(key)

    def _over(self, book: Book, key: Key, at: Place, why: str, addresses: tuple[int, ...] = ()) -> None:
        now = self._waiting.pop(key, None)
        if now is None:
            return
        found = removal(now, addresses, book) if addresses else None
        self._waits.append(structs.replace(_wait(key, now, at, why), addresses=addresses, removal=found))


def _mark_process(book: Book, event: Event) -> None:
    """A controller's process began or was asked to stop."""
    what = event.what
    if isinstance(what, e.Stopping):
        book.mark(place_of(event), "stopping", "")
    elif isinstance(what, e.Started) and what.component == "controller":
        book.mark(place_of(event), "started", what.version)


def _wait(key: Key, now: Waiting, until: Place, why: str) -> Wait:
    return Wait(*key, now.since, now.last.at, until, why, now.count, now.last.error)
