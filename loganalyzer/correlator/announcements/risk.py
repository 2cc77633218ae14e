"""Local's own risk: a service that the loss of one node would take off the net."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loganalyzer.correlator.announcements.found import Announcement, Ground, Risk
from loganalyzer.metallb.versions import V0_14
from loganalyzer.model.speakers.endpoints import usable_nodes


def risks(services: Iterable[tuple[str, Ground]], episodes: Iterable[Announcement]) -> Iterator[Risk]:
    """What one lost node would break, of services under `externalTrafficPolicy: Local` that have an address."""
    alive = {e.service for e in episodes if e.current and e.addresses and e.rule not in ("MLB503", "MLB509")}
    for service, ground in services:
        text = single_node(ground) if service in alive else None
        if text is not None:
            yield Risk(service, ground.at, text)


def single_node(ground: Ground) -> str | None:
    """Why one node decides about the service; None where more than one can announce, or nothing is known."""
    if ground.policy != "Local" or ground.pods is None:
        return None
    have = sorted(usable_nodes(ground.pods, ground.version or V0_14) - {""})
    if not have:
        return None
    # A pod that is ready serves; not every one that serves is ready: some are terminating.
    ready = {node for node, number, _, _ in ground.pods if number}
    pods = "ready pods" if ready.issuperset(have) else "serving pods"
    if ground.selected is not None:
        can = [node for node in have if node in ground.selected]
        if not can:
            # No node announces it as it is: its story says so.
            return None
        if len(can) < len(have) and len(can) == 1:
            return f"of the nodes with {pods} ({_nodes(have)}) an advertisement selects {can[0]} alone"
    return f"all of its {pods} are on {have[0]}" if len(have) == 1 else None


def _nodes(names: list[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
