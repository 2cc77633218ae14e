"""What changes while inputs are followed: collected as it occurs, told when the moment has come.

A failed attempt is a fact as soon as its line is read, as the state that it met is then known. But a pass over all
services changes others in the next lines. So what has changed is told when the inputs pause, or soon after it came.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct

from loganalyzer.correlator.announcements.found import Announcements
from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.correlator.episodes import Episodes, Key

SETTLE: Final = 0.015
"""Seconds without a byte after which what came is told: between the writes of one pass are fewer."""

LONGEST: Final = 0.05
"""Seconds after which it is told though bytes keep coming."""

IDLE: Final = 1.0
"""Seconds between two calls where nothing comes and nothing is to be told."""


SPOKEN: Final = 0.2
"""Seconds between two looks at what speakers told, and at least ten times as long as the last one took."""


class Change(Struct, frozen=True):
    """What is told of one failure, as it is now. `before`: as it was told last; None: it was not told yet."""

    failure: Failure
    before: Failure | None


class Told(Struct, frozen=True):
    """What has changed since the last time: failures that ended and then those that last, each in their order.

    `past`: it is what the inputs had when following began. `announcements` are all as they stand now; None where
    nothing came since.
    """

    changes: tuple[Change, ...]
    past: bool
    announcements: Announcements | None = None


class Live:
    """Collects changes for `tell`. One for each run."""

    def __init__(self, tell: Callable[[Told], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._episodes = Episodes()
        self._fixed: Callable[[list[Failure]], Iterable[Failure]] = iter
        self._spoken: Callable[[], Announcements | None] = lambda: None
        self._told: dict[Key, Failure] = {}
        self._ended: list[Change] = []
        self._lasting: dict[Key, None] = {}
        self._since: float | None = None
        self._look_at = 0.0
        self._unheard = False
        self._past = True

    def begin(
        self,
        episodes: Episodes,
        fixed: Callable[[list[Failure]], Iterable[Failure]],
        spoken: Callable[[], Announcements | None],
    ) -> None:
        """The run begins: its episodes, what adds fixes to failures, and what speakers told (None: there is none)."""
        self._episodes, self._fixed, self._spoken = episodes, fixed, spoken

    @property
    def waiting(self) -> int:
        """How many services wait for an address now."""
        return self._episodes.waiting

    def with_fixes(self, failures: Iterable[Failure]) -> list[Failure]:
        """The failures with the fixes that the state now allows."""
        return list(self._fixed(list(failures)))

    # What episodes tell (correlator.episodes.Watcher).

    def changed(self, key: Key) -> None:
        """An episode began, or was judged anew."""
        self._lasting[key] = None
        self._begin_waiting()

    def ended(self, key: Key, failure: Failure) -> None:
        """An episode is over."""
        self._lasting.pop(key, None)
        self._ended.append(Change(failure, self._told.pop(key, None)))
        self._begin_waiting()

    def _begin_waiting(self) -> None:
        if self._since is None:
            self._since = self._clock()

    # What inputs tell (sources.tailing.Following).

    def paused(self, came: int) -> float:
        """`came` bytes came since the last pause. Tells what has changed where it is time.

        Gives the seconds until it is, if nothing comes before.
        """
        self._unheard = self._unheard or came > 0
        if not came:
            self._past, past = False, self._past
            self._flush(past=past, lasting=True)
            return max(0.0, self._look_at - self._clock()) if self._unheard else IDLE
        if self._since is not None and self._clock() - self._since >= LONGEST:
            # What lasts while a log's past is read may be over before its end: that is told when it is reached.
            self._flush(past=self._past, lasting=not self._past)
        return SETTLE

    def finish(self) -> None:
        """The inputs have ended: tells what has ended; what lasts is in the diagnosis."""
        self._flush(past=self._past, lasting=False)

    def _flush(self, *, past: bool, lasting: bool) -> None:
        changes, self._ended, self._since = self._ended, [], None
        if lasting:
            changes += [self._now(key) for key in self._lasting if self._is_other(key)]
            self._lasting.clear()
        spoken = self._hear() if lasting else None
        if changes or spoken is not None or (past and lasting):
            self._tell(Told(tuple(changes), past, spoken))

    def _is_other(self, key: Key) -> bool:
        """Whether an episode is not as it was told last: another attempt that says the same is nothing new."""
        told = self._told.get(key)
        return told is None or (told.certainty, told.cause) != self._episodes.gist(key)

    def _now(self, key: Key) -> Change:
        """An episode as it is, which counts as told from here on."""
        failure, before = self._episodes.lasting(key), self._told.get(key)
        self._told[key] = failure
        return Change(failure, before)

    def _hear(self) -> Announcements | None:
        """What speakers told, where something came since, and the last look was not just now."""
        began = self._clock()
        if not self._unheard or began < self._look_at:
            return None
        spoken, self._unheard = self._spoken(), False
        self._look_at = began + max(SPOKEN, 10 * (self._clock() - began))
        return spoken
