"""Why an allocation ended: read from the event that ended it."""

from __future__ import annotations

from typing import NamedTuple

from loganalyzer.metallb.services import Service
from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event


class Ending(NamedTuple):
    """Why, and MetalLB's reason or error text."""

    why: str
    reason: str = ""


def ending(event: Event, service: str, seen: Service | None, *, has_another: bool) -> Ending:
    """Why the service no longer holds what it held before this event.

    `seen` is the service as last shown, None where it is gone; `has_another`: it holds another address now.
    """
    what = event.what
    if isinstance(what, e.Started):
        return Ending("restarted")
    if isinstance(what, e.ServiceDeleted | e.ServiceDeletionSeen):
        return Ending("deleted")
    if isinstance(what, e.ConfigurationEnded | e.ConfigurationUnchanged):
        return Ending("reconfigured")
    if event.service not in (service, None):
        return Ending("displaced")
    if isinstance(what, e.AssignmentCleared):
        reason = what.reason or what.error
        return Ending("not-load-balancer") if reason == "notLoadBalancer" else Ending("cleared", reason)
    if has_another:
        return Ending("moved")
    if seen is not None and not seen.is_load_balancer:
        return Ending("not-load-balancer")
    return Ending("dropped", what.error if isinstance(what, e.AllocationFailed) else "")
