"""Whose line is it: records become events, each with the service that it is about.

Up to 0.12 the lines of a pass name their service. From 0.13 on they don't: the owner is the service of the
enclosing pass, which the dump before it names at debug level and `start reconcile` at info level. Inside a pass
over all services at info level only a failure can be named, by the `failed to handle service` line after it.
What can't be known stays None; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event, What
from loganalyzer.parser.interpret import Meaning, interpret
from loganalyzer.parser.records import Record, Shape
from loganalyzer.sources.inputs import Source

MEANINGS: Final = 32768

HANDLER: Final[frozenset[type[What]]] = frozenset(
    {
        e.PassStarted,
        e.PassEnded,
        e.Unconfigured,
        e.NothingChanged,
        e.ServiceWritten,
        e.AddressReleased,
        e.UpdateFailed,
        e.AddressAllocated,
        e.AllocationFailed,
        e.AssignmentCleared,
        e.RequestInvalid,
        e.ServiceDeleted,
        e.KeyChanged,
        e.AnnotationDeprecated,
    }
)
"""What the handler says of the service whose pass it is in (metallb v0.14.8 controller/main.go, service.go)."""

OTHERS_PASS: Final[frozenset[type[What]]] = frozenset(
    {
        e.AllocationFailed,
        e.AddressAllocated,
        e.AssignmentCleared,
        e.AddressReleased,
        e.RequestInvalid,
        e.UpdateFailed,
        e.PassStarted,
    }
)
"""What shows that a failure without a name is not the one that the next `failed to handle service` names."""


class Attribution:
    """The owner of the lines of one source, as they pass by."""

    __slots__ = ("_held", "_owner", "_reprocess")

    def __init__(self) -> None:
        self._owner: str | None = None
        self._reprocess = False
        self._held: Event | None = None

    def feed(self, event: Event) -> Iterator[Event]:
        """The event with its owner, and those that waited for it."""
        what = event.what
        if type(what) in HANDLER:
            yield from self._handler(event)
        elif isinstance(what, e.ServiceFailed):
            if self._held is not None:
                yield self._held._replace(service=what.name)
                self._held = None
            yield event._replace(service=what.name)
        else:
            yield from self._reconciler(event)

    def flush(self) -> Iterator[Event]:
        """What still waits for a name, without one."""
        if self._held is not None:
            yield self._held
            self._held = None

    def _handler(self, event: Event) -> Iterator[Event]:
        what = event.what
        if event.service is None:
            event = event._replace(service=self._owner)
        if self._held is not None and type(what) in OTHERS_PASS:
            yield from self.flush()
        if event.service is None and isinstance(what, e.AllocationFailed):
            self._held = event
            return
        if self._reprocess and isinstance(what, e.PassEnded):
            self._owner = None
        yield event

    def _reconciler(self, event: Event) -> Iterator[Event]:
        what = event.what
        if isinstance(what, e.ServiceSeen):
            yield from self.flush()
            self._owner = what.seen.key if what.seen else what.name or None
            event = event._replace(service=self._owner)
        elif isinstance(what, e.ServiceDeletionSeen):
            self._owner = what.name
            event = event._replace(service=what.name)
        elif isinstance(what, e.ReconcileStarted):
            if what.controller.startswith("ServiceReconciler"):
                yield from self.flush()
                self._reprocess = what.reprocess
                self._owner = None if what.reprocess else what.name
        elif isinstance(what, e.ReconcileEnded):
            if what.controller.startswith("ServiceReconciler"):
                yield from self.flush()
                self._reprocess, self._owner = False, None
        elif isinstance(what, e.Started):
            yield from self.flush()
            self._reprocess, self._owner = False, None
        elif isinstance(what, e.ServiceFiltered):
            event = event._replace(service=what.name or None)
        yield event


class _Reader:
    """What is kept for one source: the meanings of its shapes, and whose lines are whose."""

    __slots__ = ("attribution", "meanings")

    def __init__(self) -> None:
        self.attribution = Attribution()
        self.meanings: dict[Shape, Meaning | None] = {}


_UNSEEN: Final = object()


def events(records: Iterable[Record]) -> Iterator[Event]:
    """The events of the records, in their order.

    A failure whose service is named by a later line only is given out when that line comes, with its own place.
    """
    readers: dict[Source, _Reader] = {}
    current: Source | None = None
    reader = _Reader()
    for source, line, stamp, shape in records:
        if source is not current:
            current = source
            reader = readers.setdefault(source, _Reader())
        meaning = reader.meanings.get(shape, _UNSEEN)
        if meaning is _UNSEEN:
            meaning = _learn(reader, source, shape)
        if meaning is not None:
            what, service = meaning  # type: ignore[misc]
            yield from reader.attribution.feed(Event(source, line, stamp, service, what))
    for reader in readers.values():
        yield from reader.attribution.flush()


def _learn(reader: _Reader, source: Source, shape: Shape) -> Meaning | None:
    """The meaning of a new shape, and what it tells about its source."""
    if len(reader.meanings) >= MEANINGS:
        reader.meanings.clear()
    meaning = reader.meanings[shape] = interpret(shape)
    _note_source(source, shape, meaning)
    return meaning


LEVELS: Final = ("unknown", "error", "warn", "info", "debug")


def _note_source(source: Source, shape: Shape, meaning: Meaning | None) -> None:
    """Level, version and component, from the first line of each kind."""
    if shape.family == "gokit":
        level = shape.fields.get("level", "debug")
        # 0.9 and 0.10 have no levels and print everything.
        if level in LEVELS and LEVELS.index(level) > LEVELS.index(source.level):
            source.level = level
    if meaning is None:
        return
    what = meaning.what
    if isinstance(what, e.Started):
        source.components.add(what.component)
        source.version = what.version or source.version
    elif isinstance(what, e.SpeakerLine):
        source.components.add("speaker")
    elif isinstance(what, CONTROLLER_ONLY):
        source.components.add("controller")
    elif isinstance(what, e.ReconcileStarted) and what.controller in ("ConfigReconciler", "NodeReconciler"):
        source.components.add("speaker")
    elif isinstance(what, e.ReconcileStarted) and what.controller.startswith("Pool"):
        source.components.add("controller")


CONTROLLER_ONLY: Final = (e.AddressAllocated, e.AllocationFailed, e.AssignmentCleared, e.NothingChanged)
"""What only a controller says."""
