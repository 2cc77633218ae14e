"""Whose line is it: records become events, each with the service that it is about.

Up to 0.12 the lines of a pass name their service. From 0.13 on they don't: the owner is the service of the
enclosing pass, which the dump before it names at debug level and `start reconcile` at info level. Inside a pass
over all services at info level only a failure can be named, by the `failed to handle service` line after it.
What can't be known stays None; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, Final

from msgspec import structs

from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event, What
from loganalyzer.parser.interpret import interpret
from loganalyzer.parser.passes import NEW, mark
from loganalyzer.parser.records import Batch, Record, Shape
from loganalyzer.parser.speaker_events import BULKY, CHATTER, PASS_LINES, SPEAKER_LINES
from loganalyzer.parser.stamps import seconds_between
from loganalyzer.sources.inputs import Source

MEANINGS: Final = 8192

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
        *PASS_LINES,
    }
)
"""What the handler says of the service whose pass it is in (metallb v0.14.8 controller/main.go, service.go)."""

_LAST: Final = frozenset({e.AllocationFailed, e.ServiceWritten, e.UpdateFailed})
"""What is the last that a pass says above debug level."""

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
    """The owner of the lines of one source, as they pass by. `held` is a failure that waits for its name.

    `single`: they are of a request for one service, whose lines they all are; `reprocess`: of one for all services.
    """

    __slots__ = ("held", "owner", "reprocess", "single")

    def __init__(self) -> None:
        self.owner: str | None = None
        self.reprocess = self.single = False
        self.held: Event | None = None

    def release(self, what: What) -> Event | None:
        """The failure that waited, if this event tells its name or that it has none."""
        held = self.held
        if held is None:
            return None
        if isinstance(what, e.ServiceFailed):
            # What is tried again failed otherwise: who gets no address is not (metallb v0.13.12 controller/main.go).
            held = structs.replace(held, service=(what.name or None) if not what.retry else None)
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
    now.owner = what.seen.key if what.seen else what.name or None
    return now.owner


def _failed(now: Attribution, what: e.ServiceFailed) -> str | None:
    if now.reprocess or now.owner == what.name:
        # Its pass is over; in one over all services, whose beginning may not be in the log, the next is another's.
        now.owner = None
    return what.name or None


def _deletion(now: Attribution, what: e.ServiceDeletionSeen) -> str | None:
    now.owner = what.name
    return now.owner


def _reconcile(now: Attribution, what: e.ReconcileStarted) -> str | None:
    if what.controller.startswith("ServiceReconciler"):
        now.reprocess, now.single = what.reprocess, not what.reprocess
        now.owner = None if what.reprocess else what.name
    return None


def _over(now: Attribution, what: e.ReconcileEnded | e.Started) -> str | None:
    if isinstance(what, e.Started) or what.controller.startswith("ServiceReconciler"):
        now.reprocess, now.single, now.owner = False, False, None
    return None


_CHANGES: Final[Mapping[type[What], Callable[[Attribution, Any], str | None]]] = {
    e.ServiceSeen: _seen,
    e.ServiceDeletionSeen: _deletion,
    e.ServiceFailed: _failed,
    e.ServiceFiltered: lambda _, what: what.name,
    e.ReconcileStarted: _reconcile,
    e.ReconcileEnded: _over,
    e.Started: _over,
}
"""Events that name a service or change the owner."""


class Reader:
    """What is kept for one source: the meanings of its shapes, and whose lines are whose."""

    __slots__ = ("attribution", "meanings")

    def __init__(self) -> None:
        self.attribution = Attribution()
        self.meanings: dict[Shape, Any] = {}


class Readers:
    """What is kept for the sources of one input after the other; a pass that one leaves open goes on in the next.

    A log is rotated anywhere, also within a pass. Only what follows at once is the rest of it.
    """

    __slots__ = ("_left", "_of")

    def __init__(self) -> None:
        self._of: dict[Source, Reader] = {}
        self._left: dict[Source, Attribution] = {}

    def of(self, source: Source, stamp: bytes) -> Reader:
        """That of a source, whose next line is of this time."""
        found = self._of.get(source)
        if found is None:
            found = self._of[source] = Reader()
            before = [s for s in self._left if s.origin.key == source.origin.key and _at_once(s.last_stamp, stamp)]
            if len(before) == 1:
                found.attribution = self._left.pop(before[0])
        return found

    def over(self) -> Iterator[Event]:
        """The input has ended; the failures whose name never came."""
        ended, self._of = self._of, {}
        for source, reader in ended.items():
            held, reader.attribution.held = reader.attribution.held, None
            if held is not None:
                yield held
            if reader.attribution.owner is not None or reader.attribution.reprocess:
                self._left[source] = reader.attribution


def _at_once(before: bytes, after: bytes) -> bool:
    return bool(before and after) and 0 <= seconds_between(before, after) <= 1


_UNSEEN: Final = object()


def events(records: Iterable[Record], readers: Readers | None = None) -> Iterator[Event]:
    """The events of the records, in their order; `readers` are those of the inputs before.

    A failure whose service is named by a later line only is given out when that line comes, with its own place.
    """
    readers = readers or Readers()
    for source, run in groupby(records, attrgetter("source")):
        yield from _in_turn(readers, source, run)
    yield from readers.over()


def _in_turn(readers: Readers, source: Source, records: Iterator[Record]) -> Iterator[Event]:
    """The events of records of one source, of which there is one at least."""
    first = next(records)
    reader = readers.of(source, first.stamp)
    return singly(reader, source, map(attrgetter("line", "stamp", "shape"), chain((first,), records)))


def unfolded(batches: Iterable[Batch], readers: Readers | None = None) -> Iterator[Event]:
    """The events of the records in batches, line by line."""
    return events(chain.from_iterable(batch.records() for batch in batches), readers)


def singly(reader: Reader, source: Source, records: Iterable[tuple[int, bytes, Shape]]) -> Iterator[Event]:
    """The events of records of one source: their numbers, times and shapes."""
    find, now = reader.meanings.get, reader.attribution
    for line, stamp, shape in records:
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
            elif now.single or source.level == "debug" or type(what) not in PASS_LINES:
                # Above debug level nothing shows whose the lines behind it are, where a speaker looks at all services.
                now.owner = service
            if not now.single and (
                (type(what) in _LAST and source.level != "debug") or (now.reprocess and type(what) is e.PassEnded)
            ):
                # Nothing shows whose the next line is.
                now.owner = None
            if service is None and type(what) is e.AllocationFailed:
                now.held = Event(source, line, stamp, None, what)
                continue
        else:
            service = now.follow(what, service)
        yield Event(source, line, stamp, service, what)


def _learn(reader: Reader, source: Source, shape: Shape) -> tuple[What, str | None, bool] | None:
    """The meaning of a new shape, and whether the handler says it; what it tells about its source is noted."""
    if len(reader.meanings) >= MEANINGS:
        reader.meanings.clear()
    if shape.mark == NEW:
        look(shape)
    what = shape.what
    _note_source(source, shape, what)
    known = None if what is None else (what, shape.named, type(what) in HANDLER)
    if type(what) not in BULKY:
        reader.meanings[shape] = None if type(what) in CHATTER else known
    return known


def look(shape: Shape) -> None:
    """Has a new shape told what it means."""
    meaning = interpret(shape)
    if meaning is not None:
        shape.what, shape.named = meaning.what, meaning.service
    shape.mark = mark(shape.what, shape.named, traced=shape.family == "zap" and "runtime" in shape.fields)


LEVELS: Final = ("unknown", "error", "warn", "info", "debug")


def _note_source(source: Source, shape: Shape, what: What | None) -> None:
    """Level, version and component, from the first line of each kind."""
    if shape.family == "gokit":
        if source.level != LEVELS[-1]:
            # 0.9 and 0.10 have no levels and print everything.
            level = shape.fields.get("level", "debug")
            if level in LEVELS and LEVELS.index(level) > LEVELS.index(source.level):
                source.level = level
    elif shape.family == "zap" and source.runtime is None:
        source.runtime = shape.fields.get("runtime")
    tells = _TELLING.get(type(what))
    if tells is not None:
        tells(source, what)


def _started(source: Source, what: e.Started) -> None:
    source.components.add(what.component)
    source.version = what.version or source.version


def _reconciling(source: Source, what: e.ReconcileStarted) -> None:
    if what.controller in ("ConfigReconciler", "NodeReconciler"):
        source.components.add("speaker")
    elif what.controller.startswith("Pool"):
        source.components.add("controller")


CONTROLLER_ONLY: Final = (e.AddressAllocated, e.AllocationFailed, e.AssignmentCleared, e.NothingChanged)
"""What only a controller says."""

_TELLING: Final[Mapping[type[What] | None, Callable[[Source, Any], None]]] = {
    **dict.fromkeys(CONTROLLER_ONLY, lambda source, _: source.components.add("controller")),
    **dict.fromkeys(SPEAKER_LINES, lambda source, _: source.components.add("speaker")),
    e.Started: _started,
    e.ReconcileStarted: _reconciling,
}
"""What tells whose log it is."""
