"""The pass over one service that is under way, and which of its endings are failed attempts."""

from __future__ import annotations

from typing import Final

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.services import Service
from loganalyzer.parser.events import AssignmentCleared, Event

NO_ATTEMPT: Final = frozenset(
    {
        "differentPoolRequested",
        "differentIPRequested",
        "nolbIPsIPFamily",
        "noclusterIPsIPFamily",
        "notAllowedByConfig",
    }
)
ATTEMPT_TEXTS: Final = {
    "noConfig": "pools are empty",
    "noClusterIPs": "No ClusterIPs",
    "noClusterIP": "No ClusterIP",
}


class Pass:
    """The pass over one service that is under way."""

    __slots__ = ("allocated", "asked", "doubt", "quiet", "seen", "service")

    def __init__(self, service: str | None, seen: Service | None, asked: Event | None) -> None:
        self.service = service
        self.seen = seen
        self.asked = asked
        self.doubt = False
        self.quiet = True
        self.allocated: tuple[Address, ...] = ()


def failure_text(what: AssignmentCleared) -> str | None:
    """The error of an attempt that ends with this; None where the pass goes on, or nothing failed."""
    if what.error:
        return what.error if ends_at_once(what) else None
    if what.reason and what.reason not in NO_ATTEMPT:
        return ATTEMPT_TEXTS.get(what.reason, what.reason)
    return None


def ends_at_once(what: AssignmentCleared) -> bool:
    """Whether the pass ends with this, and no line says what became of it: only 0.13.0 to 0.13.7 have such.

    Source: metallb v0.13.7 controller/service.go convergeBalancer, controller/main.go SetBalancer.
    """
    return what.error.endswith("services can't share key")
