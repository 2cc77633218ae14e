"""One record's meaning: a table from what a line says to the event that it is.

A pure function of a record's shape: who it is about, where the line does not say, is `attribution`'s to find.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from loganalyzer.metallb.addresses import Address, parse_address
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import Service
from loganalyzer.parser import events as e
from loganalyzer.parser.dumps import RENDERED, RESOURCES, Unreadable
from loganalyzer.parser.records import Shape
from loganalyzer.parser.speaker_interpret import speaker_line

RELOAD: Final = "metallbreload/reload"
"""The request that stands for all services (metallb v0.13.0 internal/k8s/controllers/service_controller_reload.go)."""

PAUSE: Final = "pause"
"""The family of what stands in for a line where a followed input has no more for now."""

Fields = Mapping[str, Any]


class Meaning(Struct, frozen=True):
    """What a line says, and the service that it names itself (up to 0.12 every line of a pass does)."""

    what: e.What
    service: str | None


def interpret(shape: Shape) -> Meaning | None:
    """The meaning of a record; None for lines that say nothing about addresses."""
    fields = shape.fields
    if shape.family == "panic":
        return Meaning(e.Panicked(_text(fields, "text")), None)
    if shape.family == "zap":
        return _zap(fields)
    if shape.family == "memberlist":
        return Meaning(e.SpeakerLine(), None)
    if shape.family != "gokit":
        return Meaning(e.Paused(), None) if shape.family == PAUSE else None
    named = fields.get("service")
    what = _gokit(shape)
    if isinstance(what, e.AllocationFailed | e.AssignmentCleared):
        named = named or _named_in(what.error)
    return Meaning(what, named if isinstance(named, str) else None) if what is not None else None


_ASKING: Final = r'can\'t change sharing key for "([^"\\/]+/[^"\\/]+)", '


def _named_in(error: str) -> str | None:
    """The asking service, which one of the error texts names: stronger than what the lines around it say."""
    # Most errors are others: for them the pattern need not be compiled.
    found = re.match(_ASKING, error) if error.startswith("can't change sharing key") else None
    return found[1] if found else None


def _gokit(shape: Shape) -> e.What | None:
    fields = shape.fields
    found = speaker_line(fields, shape.dumps)
    if found is not None:
        return found
    if isinstance(fields.get("controller"), str):
        found = _reconciler(shape, fields["controller"])
        if found is not None:
            return found
    event = fields.get("event")
    if isinstance(event, str) and event in EVENTS:
        return EVENTS[event](fields)
    op = fields.get("op")
    if isinstance(op, str) and op in OPERATIONS:
        return OPERATIONS[op](fields)
    if "version" in fields and " starting" in _text(fields, "msg"):
        component = "speaker" if "speaker" in _text(fields, "msg") else "controller"
        return e.Started(component, _text(fields, "version"), _text(fields, "commit"))
    return None


def _reconciler(shape: Shape, controller: str) -> e.What | None:
    """Lines of the reconcilers, 0.13 and later (metallb v0.13.0 internal/k8s/controllers)."""
    fields, dumps = shape.fields, shape.dumps
    reprocess = controller.endswith("reprocessAll")
    if "start reconcile" in fields:
        return e.ReconcileStarted(controller, _text(fields, "start reconcile"), reprocess)
    if "end reconcile" in fields:
        return e.ReconcileEnded(controller, _text(fields, "end reconcile"), reprocess)
    if RENDERED in fields:
        rendered = dumps.get(RENDERED)
        return e.ConfigurationRendered(rendered if isinstance(rendered, Configuration) else None)
    if controller.startswith("ServiceReconciler"):
        return _service_reconciler(shape, reprocess=reprocess)
    if controller == "PoolReconciler":
        packed = dumps.get(RESOURCES)
        if isinstance(packed, bytes):
            return e.ResourcesSeen(packed)
        event = fields.get("event")
        if event == "configuration did not change, ignoring":
            return e.ConfigurationUnchanged()
        if event == "force service reload":
            return e.ReloadForced()
        # `error` is passed twice there, so that only the wrapped text is left
        # (metallb v0.13.0 internal/k8s/controllers/pool_controller.go).
        if "error" in fields and fields.get("level") == "error":
            return e.ConfigurationRejected(_text(fields, "error"))
    return None


def _service_reconciler(shape: Shape, *, reprocess: bool) -> e.What | None:
    fields, dumps = shape.fields, shape.dumps
    for key in ("reprocessing service", "processing service"):
        if key in fields:
            seen = dumps.get(key)
            if isinstance(seen, Service):
                return e.ServiceSeen(seen, reprocess)
            return e.ServiceSeen(None, reprocess, seen.name if isinstance(seen, Unreadable) else "")
    if "processing deletion on service" in fields:
        return e.ServiceDeletionSeen(_text(fields, "processing deletion on service"))
    if "filtered service" in fields:
        name = _text(fields, "filtered service")
        return e.ServiceFiltered(name if name != RELOAD else None)
    event = _text(fields, "event")
    if event.startswith("failed to handle service"):
        seen = dumps.get("service")
        retry = fields.get("level") == "info" or event.endswith(", retry")
        shown = seen if isinstance(seen, Service) else None
        return e.ServiceFailed(_text(fields, "name") or (shown.key if shown is not None else ""), shown, retry)
    if event == "force service reload":
        return e.ReloadForced()
    return None


def _start(fields: Fields) -> e.What:
    # Service and configuration updates share their event's name: only the message tells them apart.
    return e.ConfigurationStarted() if "config" in _text(fields, "msg") else e.PassStarted()


def _end(fields: Fields) -> e.What:
    return e.ConfigurationEnded() if "config" in _text(fields, "msg") else e.PassEnded()


def _updated(fields: Fields) -> e.What | None:
    message = _text(fields, "msg")
    if message == "updated service object":
        return e.ServiceWritten()
    return e.AddressReleased() if message.startswith("removed loadbalancer") else e.NothingChanged()


def _allocated(fields: Fields) -> e.What | None:
    value = fields.get("ip")
    texts = value if isinstance(value, list) else [value]
    found = tuple(a for a in map(_address, texts) if a is not None)
    return e.AddressAllocated(found, "Additional" in _text(fields, "msg")) if found else None


def _cleared(fields: Fields) -> e.What:
    return e.AssignmentCleared(_text(fields, "reason"), _text(fields, "error"))


def _stale(fields: Fields) -> e.What | None:
    # With a null error the allocator refused it, and op=setConfig has said why.
    return e.ConfigurationRejected(_text(fields, "error")) if fields.get("error") else None


EVENTS: Final[Mapping[str, Callable[[Fields], e.What | None]]] = {
    "startUpdate": _start,
    "endUpdate": _end,
    "noConfig": lambda _: e.Unconfigured(),
    "noChange": lambda _: e.NothingChanged(),
    "serviceUpdated": _updated,
    "serviceDeleted": lambda _: e.ServiceDeleted(),
    "ipAllocated": _allocated,
    "clearAssignment": _cleared,
    "loadbalancerIP": lambda f: e.RequestInvalid(_text(f, "error")),
    "allocation key changed": lambda _: e.KeyChanged(),
    "deprecatedAnnotation": lambda f: e.AnnotationDeprecated(_text(f, "annotation")),
    "stateSynced": lambda _: e.StateSynced(),
    "configLoaded": lambda _: e.ConfigurationLoaded(),
    "configStale": _stale,
    "force service reload": lambda _: e.ReloadForced(),
}
"""By `event`: an event is one entry."""


def _failed(fields: Fields) -> e.What | None:
    error = _text(fields, "error")
    if error == "controller not synced":
        return e.NotSynced()
    return e.AllocationFailed(error) if error else None


OPERATIONS: Final[Mapping[str, Callable[[Fields], e.What | None]]] = {
    "allocateIP": _failed,
    "allocateIPs": _failed,
    "updateService": lambda f: e.UpdateFailed(_text(f, "error")),
    "updateServiceStatus": lambda f: e.UpdateFailed(_text(f, "error")),
    "setConfig": lambda f: e.ConfigurationRejected(_text(f, "error")),
}
"""By `op`: an operation is one entry."""


def _zap(fields: Fields) -> Meaning | None:
    message = _text(fields, "msg")
    if fields.get("logger") == "events":
        target = fields.get("object")
        if isinstance(target, dict) and target.get("kind") == "Service":
            name = f"{target.get('namespace')}/{target.get('name')}"
            return Meaning(e.KubernetesEvent(name, _text(fields, "reason"), message), name)
        return None
    if message == "Reconciler error" and "panic: " in _text(fields, "error"):
        return Meaning(e.Panicked(_text(fields, "error")), None)
    if message.startswith(("Stopping and waiting for", "Shutdown signal received")):
        return Meaning(e.Stopping(), None)
    return None


def _text(fields: Fields, key: str) -> str:
    value = fields.get(key)
    return value if isinstance(value, str) else ""


def _address(value: object) -> Address | None:
    if not isinstance(value, str):
        return None
    try:
        return parse_address(value)
    except ValueError:
        return None
