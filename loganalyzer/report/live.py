"""What has changed while logs are followed: as text for a person, as JSON lines for a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Final

from loganalyzer.correlator.announcements.document import announcement_entry, session_entry
from loganalyzer.correlator.announcements.found import Announcements
from loganalyzer.correlator.diagnosis import Diagnosis, Failure, failure_entry
from loganalyzer.correlator.live import Change, Told
from loganalyzer.report import document
from loganalyzer.report.announcements import session_line, told_of
from loganalyzer.report.compose import end_of, entry_of, rule_of
from loganalyzer.report.groups import Past, failing, led
from loganalyzer.report.naming import Naming, short_names
from loganalyzer.report.terminal import Style, plural
from loganalyzer.report.text import MOST_GROUPS, NARROWEST, Page, entry_lines, more_entries, told_lines

Fixing = Callable[[Iterable[Failure]], list[Failure]]
"""Adds to failures the fixes that the state now allows."""

STATE: Final = "the state now"

AT_ONCE: Final = 4
"""Failures whose fixes are tried before they are told; of more at once the causes come first."""


class LiveText:
    """Changes for a reader: a failure with its cause and what to do, and a line when it is over.

    `inputs` gives the names of all inputs, and `clock` the time: lines of today need no date.
    """

    def __init__(
        self,
        width: int,
        *,
        colour: bool,
        fixing: Fixing,
        inputs: Callable[[], Iterable[str]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._width = max(width, NARROWEST)
        self._style = Style(colour)
        self._fixing = fixing
        self._inputs = inputs
        self._clock = clock
        self._stories: dict[str, int] = {}
        self._sessions: dict[str, int] = {}

    def told(self, told: Told) -> Iterator[bytes]:
        """The text of some changes, block by block as it is ready; each is followed by an empty line."""
        page, names = Page(self._width, self._style), Naming(short_names(self._inputs()), self._clock(), "")
        announced = self._announced(told.announcements, page) if told.announcements is not None else ()
        for lines in chain(self._over(told, page, names), self._failing(told.changes, page, names), announced):
            yield ("\n".join(lines) + "\n\n").encode("utf-8", "replace")

    def owed(self) -> Iterator[bytes]:
        """Nothing: what is told is whole."""
        yield from ()

    def _over(self, told: Told, page: Page, names: Naming) -> Iterator[list[str]]:
        """What has ended; of what had ended before anybody looked only how much it is."""
        over = [c for c in told.changes if c.failure.ended not in (None, "changed")]
        if told.past:
            if over:
                services = len({c.failure.service for c in over})
                yield page.wrap(f"{plural(services, 'service')} failed before and got over it; the summary has them.")
            return
        for change in over:
            failure = change.failure
            how = end_of(Past(failure.service or "", (failure,)), names)
            attempts = plural(failure.attempts, "attempt")
            text = f"{failure.service} {how} ({rule_of(failure.cause)}, {attempts})"
            line = page.wrap(text, "", "  ")
            yield [self._style.good(line[0]), *line[1:]]

    def _failing(self, changes: tuple[Change, ...], page: Page, names: Naming) -> Iterator[list[str]]:
        groups = failing(c.failure for c in changes)
        before = led(c.failure for c in changes)
        for group in groups[:MOST_GROUPS]:
            lead = self._fixing(group.failures[:1])
            whole = type(group)((*lead, *group.failures[1:]))
            yield entry_lines(entry_of(whole, before, names, STATE), page)
        if len(groups) > MOST_GROUPS:
            yield page.wrap(more_entries([entry_of(g, before, names, STATE) for g in groups[MOST_GROUPS:]]))

    def _announced(self, found: Announcements, page: Page) -> Iterator[list[str]]:
        """Services and sessions of which something else is to be said than before."""
        lines: list[str] = []
        stories = {s.service: hash(told_of(s)) for s in found.stories}
        first: dict[tuple[str, ...], str] = {}
        for story in found.stories:
            if self._stories.get(story.service) != stories[story.service]:
                alike = first.setdefault(story.rules, story.service)
                lines += told_lines(told_of(story, alike="" if alike == story.service else alike), page)
        self._stories = stories
        sessions = {f"{s.node} {s.peer}": (s.state, session_line(s)) for s in found.sessions}
        for key, (state, text) in sessions.items():
            if self._sessions.get(key) != hash(state):
                lines += page.wrap(text, "", "    ")
        self._sessions = {key: hash(state) for key, (state, _) in sessions.items()}
        if lines:
            yield lines


class LiveLines:
    """Changes for a program: each failure, announcement and session that changed, whole, as one JSON line.

    A later line replaces an earlier one of the same `type`, `first` and `service` (and `node`, `protocol` or `peer`).
    """

    def __init__(self, fixing: Fixing) -> None:
        self._fixing = fixing
        self._told: dict[object, int] = {}
        self._stated: dict[object, int] = {}
        self._owed: dict[object, Failure] = {}

    def told(self, told: Told) -> Iterator[bytes]:
        """The lines of some changes, in their order; where many came at once, without fixes yet."""
        lasting = [c.failure for c in told.changes if c.failure.ended is None]
        at_once = len(lasting) <= AT_ONCE
        for change in told.changes:
            failure = change.failure
            key = _identity(failure)
            self._owed.pop(key, None)
            if failure.ended is not None:
                self._told.pop(key, None)
                yield _failure(failure)
            elif at_once:
                yield from self._failures([failure])
            else:
                self._owed[key] = failure
                yield _failure(failure)
        if told.announcements is not None:
            yield from self._announced(told.announcements)

    def owed(self) -> Iterator[bytes]:
        """One by one the lines with fixes that were too many at once."""
        while self._owed:
            key = next(iter(self._owed))
            yield from self._failures([self._owed.pop(key)])

    def rest(self, diagnosis: Diagnosis) -> Iterator[bytes]:
        """At the end: what is not as it was told last. What has ended was told then."""
        for failure in diagnosis.failures:
            line = _failure(failure)
            if failure.ended is None and self._told.get(_identity(failure)) != hash(line):
                yield line
        for key, line, _ in _standing(diagnosis.announcements):
            if self._told.get(key) != hash(line):
                yield line

    def _failures(self, failures: Iterable[Failure]) -> Iterator[bytes]:
        for failure in self._fixing(failures):
            line = _failure(failure)
            self._told[_identity(failure)] = hash(line)
            yield line

    def _announced(self, found: Announcements) -> Iterator[bytes]:
        stated: dict[object, int] = {}
        for key, line, state in _standing(found):
            stated[key] = state
            if self._stated.get(key) != state:
                self._told[key] = hash(line)
                yield line
        for key in self._stated.keys() - stated.keys():
            self._told.pop(key, None)
        self._stated = stated


def _identity(failure: Failure) -> object:
    return failure.service, failure.first.source.name, failure.first.line


def _failure(failure: Failure) -> bytes:
    return document.line("failure", failure_entry(failure))


def _standing(found: Announcements) -> Iterator[tuple[object, bytes, int]]:
    """Announcements and sessions: what identifies them, their lines, and what of them is worth a line if it changes."""
    entries: list[tuple[str, dict[str, Any]]] = [("announcement", announcement_entry(a)) for a in found.episodes]
    entries += [("session", session_entry(s)) for s in found.sessions]
    seen: Counter[object] = Counter()
    for kind, entry in entries:
        first = entry["first"]
        names = (entry.get("service"), entry["node"], entry.get("protocol"), entry.get("peer"))
        key = (kind, *names, first["input"], first["line"])
        seen[key] += 1
        state = {name: value for name, value in entry.items() if name != "last"}
        yield (key, seen[key]), document.line(kind, entry), hash(document.line(kind, state))
