"""Every speaker of all inputs: which process a line belongs to, and the runs of each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from loganalyzer.metallb.versions import Version, parse_version
from loganalyzer.model.state import place_of
from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event
from loganalyzer.parser.speaker_events import SPEAKER_LINES
from loganalyzer.sources.inputs import Source

if TYPE_CHECKING:
    from loganalyzer.model.speakers.life import Life

MOST_LIVES: Final = 64
"""Runs kept of one input: a speaker that crashes all day says nothing new with its hundredth start."""

_CONTROLLERS: Final = (
    e.AddressAllocated,
    e.AllocationFailed,
    e.AssignmentCleared,
    e.NothingChanged,
    e.PassesOver,
    e.StateSynced,
)

_WAKING: Final = SPEAKER_LINES | {e.Started}


class _Input:
    """One input: whose process its lines are now, and the runs of speakers in it."""

    __slots__ = ("dropped", "lives", "role")

    def __init__(self) -> None:
        self.role = "unknown"
        self.lives: deque[Life] = deque(maxlen=MOST_LIVES)
        self.dropped = 0


class Speakers:
    """Takes the events of all inputs and keeps what speakers said. `version` overrides what logs tell."""

    def __init__(self, version: Version | None = None) -> None:
        self._told = version
        self._inputs: dict[Source, _Input] = {}

    def watch(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events as they come, without those that are surely a speaker's: no controller's state is in them."""
        quiet: Source | None = None
        for event in events:
            # A controller's log is long, and nothing in it is for speakers until another process begins.
            if event.source is quiet and type(event.what) not in _WAKING:
                yield event
                continue
            if not self.take(event):
                yield event
            quiet = event.source if self._inputs[event.source].role in ("controller", "both") else None

    def take(self, event: Event) -> bool:
        """Feeds an event to the speaker that it is of; whether it is surely a speaker's."""
        known = self._inputs.get(event.source)
        if known is None:
            known = self._inputs[event.source] = _Input()
        what = event.what
        if isinstance(what, e.Started):
            self._started(known, event, what)
        elif known.role == "controller":
            if type(what) in SPEAKER_LINES:
                known.role = "both"
            return False
        elif known.role == "both":
            return False
        elif known.role == "unknown":
            if type(what) in SPEAKER_LINES:
                known.role = "speaker"
            elif isinstance(what, _CONTROLLERS):
                known.role = "controller"
                known.lives.clear()
                return False
        elif isinstance(what, _CONTROLLERS):
            known.role = "both"
            return False
        if known.role == "controller":
            return False
        if not known.lives:
            known.lives.append(_life(event, self._told, fresh=False))
        known.lives[-1].feed(event)
        return known.role == "speaker" and not isinstance(what, e.Started)

    def _started(self, known: _Input, event: Event, what: e.Started) -> None:
        known.role = "speaker" if what.component == "speaker" else "controller"
        if known.lives:
            known.lives[-1].close()
        if known.role == "speaker":
            known.dropped += len(known.lives) == MOST_LIVES
            version = self._told or parse_version(what.version)
            known.lives.append(_life(event, version, fresh=True))

    @property
    def any(self) -> bool:
        """Whether there is anything of a speaker in the inputs."""
        return any(known.role in ("speaker", "both") or known.lives for known in self._inputs.values())

    def lives(self, *, ended: bool = True) -> list[tuple[Source, Life]]:
        """The runs of all speakers, input by input in the order of their lines.

        `ended`: no line comes any more, and passes under way are closed; else they are left out.
        """
        found: list[tuple[Source, Life]] = []
        for source, known in self._inputs.items():
            if known.role == "both":
                continue
            if known.role in ("unknown", "controller") and not any(life.fresh for life in known.lives):
                continue
            if known.lives and ended:
                known.lives[-1].close()
            found.extend((source, life) for life in known.lives)
        return found

    def mixed(self) -> list[Source]:
        """Inputs in which lines of several processes alternate without telling whose they are."""
        return [
            source
            for source, known in self._inputs.items()
            if known.role == "both" or any(life.tangled or life.identity.contradicted for life in known.lives)
        ]


def _life(event: Event, version: Version | None, *, fresh: bool) -> Life:
    # Loaded where the first speaker comes: a controller's log has no need of it.
    from loganalyzer.model.speakers.life import Life

    return Life(place_of(event), version, fresh=fresh)
