"""The sentence that answers who announces a service's address, and why the others don't."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from loganalyzer.correlator.announcements.found import Announcement
from loganalyzer.correlator.announcements.judge import NEEDS_OBJECTS
from loganalyzer.correlator.announcements.missing import TEXTS
from loganalyzer.model.speakers.endpoints import Counts
from loganalyzer.rules.rule import listing

_WHY: Final = {
    "MLB502": "another node is the owner",
    "MLB503": "no address to announce",
    "MLB504": "not selected by any advertisement",
    "MLB505": "its network is unavailable",
    "MLB506": "labelled out of external load balancers",
    "MLB507": "won, and answers nothing: it has none of the advertisement's interfaces",
    "MLB509": "its configuration does not have the address",
}
_NO_ENDPOINTS: Final = ("failed no active endpoints", "noEndpoints")
NOWHERE: Final = "no ready pod anywhere"
"""Why no node at all announces a service."""

NOBODY: Final = "announced by nobody"
"""How a headline begins where every node's log is there and none announces."""


def naming(nodes: Iterable[str]) -> str:
    """Nodes as part of a sentence, sorted."""
    return listing(tuple(sorted(nodes)), 8)


def headline(
    now: list[Announcement], verdict: str, cause: str | None, unseen: tuple[str, ...], *, whole: bool = True
) -> str:
    """Who announces and why the others don't: `announced by node-2 (layer2). node-1: no ready pod (Local).`."""
    if verdict == "no-address":
        because = f" ({cause})" if cause else ""
        return f"no address{because}, so there is nothing to announce (MLB503)."
    announced = [e for e in now if e.state == "announced"]
    parts = [_announced(announced)] if announced else []
    if not announced and verdict != "gone":
        parts = [_nobody(now, verdict, unseen, whole=whole)]
    if verdict == "gone" and not all(e.reason in _WITHDRAWN for e in now):
        parts = ["the service is gone"]
    used = {e.protocol for e in now if e.protocol}
    reasons: dict[str, dict[str, set[str]]] = {}
    for episode in now:
        if episode.state != "announced":
            reasons.setdefault(why(episode), {}).setdefault(_name(episode), set()).add(episode.protocol or "")
    for reason, nodes in reasons.items():
        groups: dict[str, list[str]] = {}
        for node, protocols in nodes.items():
            part = "" if "" in protocols or protocols == used else f" ({' and '.join(sorted(protocols))})"
            groups.setdefault(part, []).append(node)
        parts += [f"{', '.join(sorted(group))}: {reason}{part}" for part, group in groups.items()]
    return ". ".join(parts or ["the service is gone"]) + "."


def _announced(announced: list[Announcement]) -> str:
    protocols: dict[str, set[str]] = {}
    for episode in announced:
        protocols.setdefault(episode.protocol or "", set()).add(_name(episode))
    groups: dict[tuple[str, ...], list[str]] = {}
    for protocol, nodes in sorted(protocols.items(), reverse=True):
        groups.setdefault(tuple(sorted(nodes)), []).append(protocol)
    return "announced by " + ", and by ".join(
        naming(nodes) + (f" ({' and '.join(named)})" if (named := list(filter(None, by))) else "")
        for nodes, by in groups.items()
    )


def _nobody(now: list[Announcement], verdict: str, unseen: tuple[str, ...], *, whole: bool) -> str:
    if not now:
        return "not announced any more"
    if verdict != "unknown":
        return NOBODY
    owners = {e.owner for e in now if e.owner} & set(unseen)
    if owners:
        return f"announced by {naming(owners)} (layer2) by the election, of whose speaker there is no log"
    return "announced by none of these nodes" if unseen or not whole else NOBODY


_WITHDRAWN: Final = {
    "serviceDeleted": "the service is gone",
    "notLoadBalancer": "no load balancer any more",
    "protocolChanged": "its pool has another protocol now",
}
"""What needs no more said, by MetalLB's reason (metallb v0.12.1 speaker/main.go)."""


def why(episode: Announcement) -> str:
    """Why a node does not announce, in a few words."""
    if episode.rule == "MLB501":
        if episode.reason in _NO_ENDPOINTS:
            return NOWHERE
        return (
            "no ready pod (Local)"
            if episode.policy == "Local" or episode.reason == "noLocalEndpoints"
            else "no ready pod"
        )
    if episode.rule is not None:
        return _WHY.get(episode.rule, episode.rule)
    if episode.reason in _WITHDRAWN:
        return f"withdrawn, {_WITHDRAWN[episode.reason]}"
    if TEXTS[NEEDS_OBJECTS] in episode.missing:
        # It is no candidate, and no line names it.
        pods = ", or the want of a ready pod" if episode.policy == "Local" else ""
        return f"out of the election by its label or its network{pods} (kubectl get nodes tells)"
    told = f" ({episode.reason})" if episode.reason else ""
    return f"{'withdrawn' if episode.state == 'withdrawn' else 'does not announce'}, the log does not tell why{told}"


def _name(episode: Announcement) -> str:
    return episode.node or f"the speaker of {episode.first.source.name}"


def pods_by_node(counts: Counts) -> str:
    """`2 ready on node-2; 1 not ready on node-3`."""
    parts = []
    for node, ready, ending, waiting in counts:
        kinds = ((ready, "ready"), (ending, "serving while terminating"), (waiting, "not ready"))
        said = ", ".join(f"{n} {what}" for n, what in kinds if n)
        parts.append(f"{said} on {node or 'no node'}")
    return "; ".join(parts) or "none"
