"""The first part of the text report: who announces each service, and how the BGP sessions stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loganalyzer.correlator.announcements.found import Announcements, Session, Story
from loganalyzer.correlator.announcements.phrases import pods_by_node
from loganalyzer.correlator.announcements.times import clock, span

MOST_EVENTS: Final = 12
"""Events of a service's timeline that are printed: the latest."""

MOST_INTERFACES: Final = 8

_ORDER: Final = {"no-address": 0, "nobody": 0, "no-meeting": 0, "no-live-peer": 0, "split": 0, "unknown": 1, "gone": 3}
_WITH_PODS: Final = frozenset({"nobody", "no-meeting", "unknown"})


def announcement_lines(found: Announcements, *, timelines: bool = False) -> list[str]:
    """The report's first lines, without colour; empty where no speaker's log was read.

    Services that nobody answers for come first. `timelines` adds what happened to each, in the order of times.
    """
    lines: list[str] = []
    for story in sorted(found.stories, key=lambda s: (_ORDER.get(s.verdict, 2), s.service)):
        lines += story_lines(story, timelines=timelines)
    if found.sessions:
        lines += ["", *_sessions(found.sessions)]
    lines += _interfaces(found)
    lines += _lacking(found)
    for name in found.mixed:
        lines.append(
            f"{name}: lines of several pods alternate and do not tell whose they are, so nothing is said of its "
            "announcements; collect one file per pod, or use kubectl logs --prefix"
        )
    if found.omitted:
        lines.append(f"({found.omitted:,} earlier changes are not listed)")
    return lines


def _lacking(found: Announcements) -> Iterator[str]:
    """What would settle what the logs do not tell of how things stand, each once, its command on a line of its own."""
    texts = dict.fromkeys(m for e in found.episodes if e.current and e.state != "announced" for m in e.missing)
    for text in texts:
        sentence, _, command = text.rpartition(": ")
        yield f"{sentence}:"
        yield f"  {command}"


def story_lines(story: Story, *, timelines: bool = False) -> Iterator[str]:
    """One service: who announces it, and why the others don't."""
    at = f", {', '.join(story.addresses)}" if story.addresses else ""
    yield f"{story.service}{at}: {story.headline}"
    for sentence in story.sentences:
        yield f"  {sentence}"
    if story.ground is not None and story.ground.pods and story.verdict in _WITH_PODS:
        yield f"  Pods: {pods_by_node(story.ground.pods)}."
    if timelines:
        events = story.timeline[-MOST_EVENTS:]
        if len(story.timeline) > len(events):
            yield f"  … {len(story.timeline) - len(events)} earlier events"
        for at_line, what in events:
            yield f"  {clock(at_line)}  {what}"


def _sessions(sessions: tuple[Session, ...]) -> Iterator[str]:
    yield "BGP sessions:"
    if all(s.state == "unknown" for s in sessions) and any(s.mode in ("frr", "frr-k8s") for s in sessions):
        yield "  FRR holds them, and MetalLB's log does not tell how they stand:"
        yield "  kubectl -n metallb-system exec DAEMONSET-POD -c frr -- vtysh -c 'show bgp summary'"
        return
    for session in sessions:
        yield f"  {session_line(session)}"


def session_line(session: Session) -> str:
    """How one session stands."""
    return f"{session.node or 'a node that the log does not name'} to {_peer(session)}: {_state(session)}"


def _interfaces(found: Announcements) -> Iterator[str]:
    """On which interfaces nodes answer, nodes that have the same ones together."""
    if not any(e.protocol == "layer2" for e in found.episodes):
        return
    alike: dict[tuple[str, ...], list[str]] = {}
    for node, interfaces in found.interfaces:
        alike.setdefault(interfaces, []).append(node)
    for interfaces, nodes in alike.items():
        shown = ", ".join(interfaces[:MOST_INTERFACES])
        more = f" and {len(interfaces) - MOST_INTERFACES} more" if len(interfaces) > MOST_INTERFACES else ""
        yield f"ARP and NDP requests are listened for on {shown}{more} ({', '.join(nodes)})."


def _peer(session: Session) -> str:
    name = session.peer if session.peer == session.address else f"{session.peer} ({session.address})"
    if session.local_asn is None or session.peer_asn is None:
        return name
    return f"{name}, AS {session.local_asn} to {session.peer_asn}"


def _state(session: Session) -> str:
    if session.state == "unknown":
        return "the log does not tell"
    times = f"went down {session.drops} time{'s' if session.drops != 1 else ''}" if session.drops else ""
    how = "last changed" if session.state == "flapping" else "since"
    since = f"{how} {clock(session.since)}" if session.since is not None else ""
    if session.state == "up":
        return ", ".join(p for p in ("up", since, times) if p)
    lasted = span(session.since, session.last) if session.state == "down" and session.since is not None else None
    held = f"for at least {lasted.least:.0f} s" if lasted is not None and lasted.least >= 1 else ""
    refused = f"refused {session.refusals} time{'s' if session.refusals != 1 else ''}" if session.refusals else ""
    reason = f": {session.reason}" if session.reason else ""
    code = " (MLB508)" if session.rule else ""
    return ", ".join(p for p in (session.state, since, held, times, refused) if p) + reason + code
