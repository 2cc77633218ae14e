"""The first part of the text report: who announces each service, and how the BGP sessions stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loganalyzer.correlator.announcements.found import Announcements, Session, Story
from loganalyzer.correlator.announcements.phrases import pods_by_node
from loganalyzer.correlator.announcements.times import clock, span
from loganalyzer.report.content import Step, Told
from loganalyzer.report.terminal import plural

MOST_EVENTS: Final = 12
"""Events of a service's timeline that are printed: the latest."""

MOST_INTERFACES: Final = 8

MOST_SESSIONS: Final = 12
"""BGP sessions that are up and are told one by one; of more it is said how many."""

_TROUBLE: Final = "that no node answers for as it should"
_KINDS: Final = {
    "nobody": _TROUBLE,
    "no-meeting": _TROUBLE,
    "no-live-peer": _TROUBLE,
    "split": _TROUBLE,
    "no-address": "without an address",
    "unknown": "of which the logs do not tell enough",
    "announced": "that are announced",
    "unanswered": "that are announced",
    "gone": "that are gone",
}
"""What services have in common by their verdicts, the order in which they are told."""
_PLACES: Final = {kind: place for place, kind in enumerate(dict.fromkeys(_KINDS.values()))}
_WITH_PODS: Final = frozenset({"nobody", "no-meeting", "unknown"})


def announced(found: Announcements, *, timelines: bool = False) -> tuple[Told, ...]:
    """What a report begins with where speakers' logs were read, else empty: those that nobody answers for come first.

    `timelines` adds what happened to each service, in the order of times.
    """
    told: list[Told] = []
    first: dict[tuple[str, ...], str] = {}
    for story in sorted(found.stories, key=lambda s: (_PLACES[_KINDS[s.verdict]], s.service)):
        alike = first.setdefault(story.rules, story.service) if story.rules else ""
        told.append(told_of(story, timelines=timelines, alike="" if alike == story.service else alike))
    if found.sessions:
        told.append(Told("", "BGP sessions:", tuple(_sessions(found.sessions))))
    told += (Told("", text) for text in _interfaces(found))
    told += _lacking(found)
    for name in found.mixed:
        text = (
            "lines of several pods alternate and do not tell whose they are, so nothing is said of its "
            "announcements; collect one file per pod, or use kubectl logs --prefix"
        )
        told.append(Told(name, text))
    if found.omitted:
        told.append(Told("", f"({found.omitted:,} earlier changes are not listed)"))
    return tuple(told)


def _lacking(found: Announcements) -> Iterator[Told]:
    """What would settle what the logs do not tell of how things stand, each once, with its command."""
    texts = dict.fromkeys(m for e in found.episodes if e.current and e.state != "announced" for m in e.missing)
    for text in texts:
        sentence, _, command = text.rpartition(": ")
        yield Told("", f"{sentence}:", (Step(command, command=True),))


def told_of(story: Story, *, timelines: bool = False, alike: str = "") -> Told:
    """One service: who announces it, and why the others don't.

    `alike` is a service for which it was said what to do, which is the same here.
    """
    at = f", {', '.join(story.addresses)}" if story.addresses else ""
    below = [Step(sentence) for sentence in story.sentences]
    if story.ground is not None and story.ground.pods and story.verdict in _WITH_PODS:
        below.append(Step(f"Pods: {pods_by_node(story.ground.pods)}."))
    below += _to_do(story, alike)
    if timelines:
        events = story.timeline[-MOST_EVENTS:]
        if len(story.timeline) > len(events):
            below.append(Step(f"… {len(story.timeline) - len(events)} earlier events"))
        below += (Step(f"{clock(line)}  {what}") for line, what in events)
    return Told(f"{story.service}{at}", story.headline, tuple(below), story.service, _KINDS[story.verdict])


def _to_do(story: Story, alike: str) -> Iterator[Step]:
    if not story.rules:
        return
    pages = f"(loganalyzer rules {', '.join(story.rules)})"
    if alike:
        yield Step(f"What to do: as for {alike} {pages}.")
        return
    first, *rest = story.remedy
    yield Step(f"What to do {pages}: {first}")
    yield from (Step(text, command=text.startswith("kubectl ")) for text in rest)


def _sessions(sessions: tuple[Session, ...]) -> Iterator[Step]:
    if all(s.state == "unknown" for s in sessions) and any(s.mode in ("frr", "frr-k8s") for s in sessions):
        yield Step("FRR holds them, and MetalLB's log does not tell how they stand:")
        yield Step("kubectl -n metallb-system exec DAEMONSET-POD -c frr -- vtysh -c 'show bgp summary'", command=True)
        return
    up = [s for s in sessions if s.state == "up"]
    left = {id(s) for s in up[MOST_SESSIONS:]}
    yield from (Step(session_line(session)) for session in sessions if id(session) not in left)
    if left:
        yield Step(f"… and {plural(len(left), 'more session')}, all of them up")


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
