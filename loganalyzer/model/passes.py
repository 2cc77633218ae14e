"""The pass over one service that is under way, those that were met, and which endings are failed attempts."""

from __future__ import annotations

from typing import Final

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.services import Service
from loganalyzer.parser.events import AssignmentCleared, Event, WholePass

NO_ATTEMPT: Final = frozenset(
    {
        "differentPoolRequested",
        "differentIPRequested",
        "nolbIPsIPFamily",
        "noclusterIPsIPFamily",
        "notAllowedByConfig",
    }
)
MOST_MET: Final = 16384
"""Whole passes of which it is remembered that they were met."""

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


class PassesMet:
    """Whole passes that were met; `all` of them, forgotten by their services."""

    __slots__ = ("_of", "all")

    def __init__(self) -> None:
        self.all: set[WholePass] = set()
        self._of: dict[str, list[WholePass]] = {}

    def add(self, whole: WholePass) -> None:
        """One more; beyond a number the others are forgotten."""
        if len(self.all) >= MOST_MET:
            self.clear()
        self.all.add(whole)
        self._of.setdefault(whole.key, []).append(whole)

    def forget(self, service: str) -> None:
        """Those over one service."""
        self.all.difference_update(self._of.pop(service, ()))

    def clear(self) -> None:
        """All of them."""
        self.all.clear()
        self._of.clear()


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
