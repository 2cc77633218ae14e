"""Whole passes over one service, found in a batch of records without a look at each line.

Each line has a mark, one byte for what it means; a pass is then a pattern over a string of marks. Only passes
that give nothing and take nothing are found: the service converged as it was, or was refused an address. They make
up nearly all of a long log.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from loganalyzer.metallb.services import Service
from loganalyzer.parser import events as e

NEW: Final = ord("?")
"""The mark of what was not looked at yet."""

OTHER: Final = ord(".")
"""The mark of what is in no such pass."""

_QUIET: Final = ord("k")
"""Lines that say nothing about the pass: MetalLB's Kubernetes Events lag behind and stand anywhere."""

TRACED: Final = b"r"
"""Such lines with a stack trace, which tells the version to who does not know it: for others they are quiet."""

QUIET: Final = bytes((_QUIET,))

OTHERS: Final = b"o"
"""Where other reconcilers than services' and pools' begin and end: quiet, but for what it tells of an unknown version.

From 0.15 on the pools' status is reconciled with every pass over a service that has an address
(metallb v0.15.0 internal/k8s/controllers/pool_status_controller.go).
"""

_TELLING: Final = ("ServiceReconciler", "PoolReconciler")

_SEEN: Final = ord("D")
_FAILED: Final = ord("F")
_HANDLED: Final = ord("H")
_MARKS: Final[Mapping[type[e.What], int]] = {
    e.KubernetesEvent: _QUIET,
    e.PassStarted: ord("S"),
    e.AllocationFailed: _FAILED,
    e.NothingChanged: ord("N"),
    e.PassEnded: ord("E"),
    e.ServiceFailed: _HANDLED,
}

# metallb v0.14.8 internal/k8s/controllers/service_controller_reload.go and controller/main.go, SetBalancer.
_PASS: Final = re.compile(rb"Dk*Sk*(?:(F)k*)?Nk*E(?:k*(H))?k*")


def mark(what: e.What | None, service: str | None, *, traced: bool = False) -> int:
    """The mark of a line that means this; `service` is the one that it names itself, `traced`: it has a stack trace."""
    found = _QUIET if what is None else _mark(what, service)
    return TRACED[0] if traced and found == _QUIET else found


def _mark(what: e.What, service: str | None) -> int:
    if isinstance(what, e.ServiceSeen):
        return _SEEN if isinstance(what.seen, Service) else OTHER
    if isinstance(what, e.ReconcileStarted | e.ReconcileEnded) and not what.controller.startswith(_TELLING):
        return OTHERS[0]
    if service is not None and type(what) is e.AllocationFailed:
        # It says itself whose failure it is.
        return OTHER
    return _MARKS.get(type(what), OTHER)


def whole_passes(marks: bytes) -> Iterator[tuple[int, int, int, int]]:
    """The passes in a string of marks: first line, line after the last, the refusal's and the handler's (-1: none)."""
    for found in _PASS.finditer(marks):
        yield found.start(), found.end(), found.start(1), found.start(2)
