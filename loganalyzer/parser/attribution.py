"""Whose line is it: records become events, each with the service that it is about.

Up to 0.12 the lines of a pass name their service. From 0.13 on they don't: the owner is the service of the
enclosing pass, which the dump before it names at debug level and `start reconcile` at info level. Inside a pass
over all services at info level only a failure can be named, by the `failed to handle service` line after it.
What can't be known stays None; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

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
        e.ServiceSeen,
        e.ReconcileStarted,
        e.ReconcileEnded,
        e.Started,
    }
)
"""What shows that a failure without a name is not the one that the next `failed to handle service` names."""


class Attribution:
    """The owner of the lines of one source, as they pass by. `held` is a failure that waits for its name."""

    __slots__ = ("held", "owner", "reprocess")

    def __init__(self) -> None:
        self.owner: str | None = None
        self.reprocess = False
        self.held: Event | None = None

    def release(self, what: What) -> Event | None:
        """The failure that waited, if this event tells its name or that it has none."""
        held = self.held
        if held is None:
            return None
        if isinstance(what, e.ServiceFailed):
            held = held._replace(service=what.name)
        elif type(what) not in OTHERS_PASS or (
            isinstance(what, e.ReconcileStarted | e.ReconcileEnded)
            and not what.controller.startswith("ServiceReconciler")
        ):
            return None
        self.held = None
        return held

    def follow(self, what: What, named: str | None) -> str | None:
        """The service that the event is about, after what it changes of the owner; `named`: the line's own."""
        change = _CHANGES.get(type(what))
        if change is not None:
            return change(self, what)
        return named


def _seen(now: Attribution, what: e.ServiceSeen) -> str | None:
    now.owner = what.seen.key if what.seen else None
    return now.owner


def _deletion(now: Attribution, what: e.ServiceDeletionSeen) -> str | None:
    now.owner = what.name
    return now.owner


def _reconcile(now: Attribution, what: e.ReconcileStarted) -> str | None:
    if what.controller.startswith("ServiceReconciler"):
        now.reprocess = what.reprocess
        now.owner = None if what.reprocess else what.name
    return None


def _over(now: Attribution, what: e.ReconcileEnded | e.Started) -> str | None:
    if isinstance(what, e.Started) or what.controller.startswith("ServiceReconciler"):
        now.reprocess, now.owner = False, None
    return None


_CHANGES: Final[Mapping[type[What], Callable[[Attribution, Any], str | None]]] = {
    e.ServiceSeen: _seen,
    e.ServiceDeletionSeen: _deletion,
    e.ServiceFailed: lambda _, what: what.name,
    e.ServiceFiltered: lambda _, what: what.name,
    e.ReconcileStarted: _reconcile,
    e.ReconcileEnded: _over,
    e.Started: _over,
}
"""Events that name a service or change the owner."""


class _Reader:
    """What is kept for one source: the meanings of its shapes, and whose lines are whose."""

    __slots__ = ("attribution", "meanings")

    def __init__(self) -> None:
        self.attribution = Attribution()
        self.meanings: dict[Shape, Any] = {}


_UNSEEN: Final = object()


def events(records: Iterable[Record]) -> Iterator[Event]:
    """The events of the records, in their order.

    A failure whose service is named by a later line only is given out when that line comes, with its own place.
    """
    readers: dict[Source, _Reader] = {}
    current: Source | None = None
    new = tuple.__new__  # what Event(...) comes to, without its detour
    reader = _Reader()
    find, now = reader.meanings.get, reader.attribution
    for source, line, stamp, shape in records:
        if source is not current:
            current = source
            reader = readers.setdefault(source, _Reader())
            find, now = reader.meanings.get, reader.attribution
        meaning = find(shape, _UNSEEN)
        if meaning is _UNSEEN:
            meaning = _learn(reader, source, shape)
        if meaning is None:
            continue
        what, service, is_handler = meaning
        if now.held is not None and (held := now.release(what)) is not None:
            yield held
        if is_handler:
            if service is None:
                service = now.owner
            else:
                now.owner = service
            if now.reprocess and type(what) is e.PassEnded:
                now.owner = None
            elif service is None and type(what) is e.AllocationFailed:
                now.held = Event(source, line, stamp, None, what)
                continue
        else:
            service = now.follow(what, service)
        yield new(Event, (source, line, stamp, service, what))
    for reader in readers.values():
        if reader.attribution.held is not None:
            yield reader.attribution.held


def _learn(reader: _Reader, source: Source, shape: Shape) -> tuple[What, str | None, bool] | None:
    """The meaning of a new shape, and whether the handler says it; what it tells about its source is noted."""
    if len(reader.meanings) >= MEANINGS:
        reader.meanings.clear()
    meaning = interpret(shape)
    _note_source(source, shape, meaning)
    known = None if meaning is None else (*meaning, type(meaning.what) in HANDLER)
    reader.meanings[shape] = known
    return known


_LEVELS: Final = ("unknown", "error", "warn", "info", "debug")


def _note_source(source: Source, shape: Shape, meaning: Meaning | None) -> None:
    """Level, version and component, from the first line of each kind."""
    if shape.family == "gokit":
        level = shape.fields.get("level", "debug")
        # 0.9 and 0.10 have no levels and print everything.
        if level in _LEVELS and _LEVELS.index(level) > _LEVELS.index(source.level):
            source.level = level
    if shape.family == "zap" and source.runtime is None:
        source.runtime = shape.fields.get("runtime")
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
