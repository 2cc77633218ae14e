"""One service over all nodes: who answers for it, why the others don't, and how it came to that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import inf
from typing import Final

from msgspec import Struct, field

from loganalyzer.correlator.announcements.chronicle import ENDED
from loganalyzer.correlator.announcements.found import Announcement, Ground, Session, Story
from loganalyzer.correlator.announcements.phrases import NOWHERE, headline, naming, pods_by_node, why
from loganalyzer.correlator.announcements.remedies import remedy, silencing
from loganalyzer.correlator.announcements.times import clock, seconds, span
from loganalyzer.metallb.versions import V0_14
from loganalyzer.model.speakers.endpoints import usable_nodes
from loganalyzer.model.state import Place

SPLIT_SECONDS: Final = 10.0
"""Two nodes that announce one address for longer are no handover: clocks and whole seconds explain less."""
UNANSWERED: Final = "No client's ARP or NDP request for it was answered so far: none asked, or none reached the node."
CLEARED_SECONDS: Final = 5.0
"""A withdrawal this soon after the controller took the address away is its consequence."""
GONE: Final = ("serviceDeleted", "notLoadBalancer")
MOVES: Final = 3
"""Changes of the owner from which it is said that it moves."""


class Scene(Struct, frozen=True, dict=True):
    """What the stories draw on beside the episodes of a service.

    `answered` are addresses for which a client's request was answered; `listening` are nodes whose logs would
    show such answers. `unseen` are nodes with speakers whose logs are not among the inputs; there are no others if
    the logs are of the `whole` cluster. `causes` are the
    codes for which services got no address; `restarts` are the later starts of speakers
    by node, `losses` when memberlist first saw a node leave; `departed` are those that no other speaker saw again.
    `peers` are the BGP peers that a service is advertised to from a node, where these are named; `peerless` are nodes
    all of whose peers were removed.
    """

    sessions: tuple[Session, ...] = ()
    grounds: Mapping[str, Ground] = field(default_factory=dict)
    chronicle: Mapping[str, Iterable[tuple[Place, str]]] = field(default_factory=dict)
    answered: frozenset[str] = frozenset()
    listening: frozenset[str | None] = frozenset()
    unseen: tuple[str, ...] = ()
    whole: bool = True
    causes: Mapping[str, str | None] = field(default_factory=dict)
    restarts: tuple[tuple[str | None, Place], ...] = ()
    losses: tuple[tuple[str, Place], ...] = ()
    departed: frozenset[str] = frozenset()
    peers: Mapping[tuple[str, str | None], frozenset[str]] = field(default_factory=dict)
    peerless: frozenset[str | None] = frozenset()


def stories(episodes: Iterable[Announcement], scene: Scene) -> tuple[Story, ...]:
    """The stories of all services that speakers' logs tell about, by name."""
    by_service: dict[str, list[Announcement]] = {}
    for episode in episodes:
        by_service.setdefault(episode.service, []).append(episode)
    return tuple(_story(service, found, scene) for service, found in sorted(by_service.items()))


def _story(service: str, episodes: list[Announcement], scene: Scene) -> Story:
    standing = [e for e in episodes if e.current]
    lost = [e for e in standing if _is_lost(e, standing, scene)]
    now = [e for e in standing if e not in lost]
    ground = scene.grounds.get(service)
    addresses = next((e.addresses for e in sorted(now, key=_is_silent) if e.addresses), ())
    verdict, why = ("gone", ()) if _is_gone(service, now, scene) else _verdict(now, ground, scene)
    cause = scene.causes.get(service) if verdict == "no-address" else None
    rules = silencing(verdict, now)
    return Story(
        service=service,
        addresses=addresses,
        verdict=verdict,
        headline=headline(now, verdict, cause, scene.unseen, whole=scene.whole),
        sentences=(
            *why,
            *(f"{_who(e)} announced it when its log ends, and was then lost to the other speakers." for e in lost),
            *_cut_off(now, ground),
            *_past(episodes, scene),
            *_cleared(service, episodes, scene),
        ),
        timeline=tuple(_timeline(service, episodes, scene)),
        ground=ground,
        rules=rules,
        remedy=remedy(service, rules),
    )


def _is_silent(episode: Announcement) -> bool:
    return episode.state != "announced"


def _is_lost(episode: Announcement, standing: list[Announcement], scene: Scene) -> bool:
    """Whether it stands only as its log just ends: its speaker went, and another node took over in layer 2."""
    if _is_silent(episode) or episode.ended or episode.protocol != "layer2" or episode.node not in scene.departed:
        return False
    until = seconds(episode.until)
    took_over = [e for e in standing if e.protocol == "layer2" and not _is_silent(e) and e.node not in scene.departed]
    return until is not None and any((seconds(e.first) or 0.0) >= until for e in took_over)


def _is_gone(service: str, now: list[Announcement], scene: Scene) -> bool:
    """Whether a controller saw it end, and no speaker anything of it later."""
    at, what = next(reversed(list(scene.chronicle.get(service, ()))), (None, ""))
    ended = seconds(at) if at is not None and what in ENDED else None
    if ended is None or not all(map(_is_silent, now)):
        return False
    return all((seconds(e.last) or inf) <= ended + CLEARED_SECONDS for e in now)


def _verdict(now: list[Announcement], ground: Ground | None, scene: Scene) -> tuple[str, tuple[str, ...]]:
    announced = [e for e in now if e.state == "announced"]
    if all(e.state == "withdrawn" and e.reason in GONE for e in now):
        return "gone", ()
    if not announced:
        return _nobody(now, ground, scene)
    split = _split(announced)
    if split:
        return "split", (split,)
    if all(e.protocol == "bgp" for e in announced):
        dead = _without_peers(announced, scene)
        if dead:
            return "no-live-peer", (dead,)
    layer2 = [e for e in announced if e.protocol == "layer2"]
    asked = {a for e in layer2 for a in e.addresses}
    heard = len(layer2) == len(announced) and all(e.node in scene.listening for e in layer2)
    if layer2 and heard and not asked & scene.answered:
        return "unanswered", (UNANSWERED,)
    return "announced", ()


def _nobody(now: list[Announcement], ground: Ground | None, scene: Scene) -> tuple[str, tuple[str, ...]]:
    rules = {e.rule for e in now}
    if rules == {"MLB503"}:
        return "no-address", ()
    if ground is not None and ground.pods is not None and ground.selected is not None and ground.policy == "Local":
        have = usable_nodes(ground.pods, ground.version or V0_14) - {""}
        if have and ground.selected and not have & ground.selected:
            text = (
                f"Ready pods are on {naming(have)}, advertisements select {naming(ground.selected)}: they never meet."
            )
            return "no-meeting", (text,)
    # What keeps the nodes silent that are shown need not keep others.
    anywhere = (scene.whole and not scene.unseen) or all(why(e) == NOWHERE for e in now)
    return ("nobody" if now and None not in rules and anywhere else "unknown"), ()


def _split(announced: list[Announcement]) -> str | None:
    """Layer 2: two nodes that both announce, for longer than a handover takes."""
    layer2 = [e for e in announced if e.protocol == "layer2" and e.node]
    for i, one in enumerate(layer2):
        for other in layer2[i + 1 :]:
            both = _overlap(one, other)
            if one.node != other.node and both is not None and both > SPLIT_SECONDS:
                nodes = naming({one.node or "", other.node or ""})
                return f"{nodes} announce one address at once, for {both:.0f} s by their logs: split brain."
    return None


def _overlap(one: Announcement, other: Announcement) -> float | None:
    times = [seconds(p) for p in (one.first, other.first, one.until, other.until)]
    begin_one, begin_other, end_one, end_other = times
    if begin_one is None or begin_other is None or end_one is None or end_other is None:
        return None
    return min(end_one, end_other) - max(begin_one, begin_other)


def _without_peers(announced: list[Announcement], scene: Scene) -> str | None:
    if not all(_reaches_nobody(e, scene) for e in announced):
        return None
    names = naming({e.node or "a node that the log does not name" for e in announced})
    named = any((e.service, e.node) in scene.peers for e in announced)
    peers = " with a peer that its advertisements name" if named else ""
    return f"It is announced to nobody: no BGP session of {names}{peers} is up."


def _reaches_nobody(episode: Announcement, scene: Scene) -> bool:
    if episode.node in scene.peerless:
        return True
    peers = scene.peers.get((episode.service, episode.node))
    # A session whose peer's name is not known may be of any peer.
    known = [
        s
        for s in scene.sessions
        if s.node == episode.node and (peers is None or s.peer in peers or s.peer == s.address)
    ]
    return bool(known) and all(s.state == "down" for s in known)


def _past(episodes: list[Announcement], scene: Scene) -> Iterator[str]:
    """Gaps in which nobody announced, and owners that move, as far as these logs show."""
    held = sorted(
        ((begin, e) for e in episodes if e.state == "announced" and (begin := seconds(e.first)) is not None),
        key=lambda pair: pair[0],
    )
    caveat = f" (as far as these logs show; {naming(scene.unseen)} is not among them)" if scene.unseen else ""
    owners: list[str] = []
    latest: Announcement | None = None
    lasted = 0.0
    for begin, episode in held:
        if episode.protocol == "layer2" and episode.node and (not owners or owners[-1] != episode.node):
            owners.append(episode.node)
        if latest is not None and latest.ended and begin > lasted:
            gap = span(latest.until, episode.first)
            if gap is not None and gap.most > 1:
                yield f"Nobody announced it for {gap}, from {clock(latest.until)} to {clock(episode.first)}{caveat}."
        end = _latest_end(episode, scene)
        if latest is None or end >= lasted:
            latest, lasted = episode, end
    if len(owners) > MOVES:
        yield f"Its owner changed {len(owners) - 1} times: {', '.join(owners[:6])}{' …' if len(owners) > 6 else ''}."


def _latest_end(episode: Announcement, scene: Scene) -> float:
    """Until when it may have been announced: without a line of its end not just until the last one."""
    until = seconds(episode.until)
    if until is None:
        return inf
    if episode.ended:
        return until
    gone = (seconds(at) for node, at in (*scene.restarts, *scene.losses) if node == episode.node)
    return min((t for t in gone if t is not None and t >= until), default=inf)


def _cut_off(now: list[Announcement], ground: Ground | None) -> Iterator[str]:
    """Nodes with ready pods of a Local service that no advertisement selects, where another node announces."""
    if ground is None or ground.policy != "Local" or ground.pods is None or ground.selected is None:
        return
    have = usable_nodes(ground.pods, ground.version or V0_14) - {""}
    lost = have - ground.selected
    if lost and have & ground.selected and any(e.state == "announced" for e in now):
        yield f"Ready pods on {naming(lost)} get no traffic: no advertisement selects that node."


def _cleared(service: str, episodes: list[Announcement], scene: Scene) -> Iterator[str]:
    """Withdrawals that follow from what the controller did just before."""
    lost = [at for at, what in scene.chronicle.get(service, ()) if not what.startswith(("allocated", "asked"))]
    before: dict[tuple[str | None, str | None], str] = {}
    for episode in episodes:
        who = (episode.node, episode.protocol)
        had, before[who] = before.get(who, "announced"), episode.state
        # What was withdrawn already does not go once more.
        if had != "announced" or episode.state != "withdrawn" or episode.rule != "MLB503":
            continue
        took = min((t for at in lost if (t := span(at, episode.first)) is not None), default=None)
        if took is not None and took.least <= CLEARED_SECONDS:
            yield f"{_who(episode)} withdrew it {took} after the controller took the address away."


def _timeline(service: str, episodes: list[Announcement], scene: Scene) -> Iterator[tuple[Place, str]]:
    lines = [(at, what) for at, what in scene.chronicle.get(service, ())]
    allocated = [at for at, what in lines if what.startswith("allocated")]
    before: dict[tuple[str | None, str | None], str] = {}
    for episode in episodes:
        who = (episode.node, episode.protocol)
        if episode.state == "announced":
            lines.append((episode.at, f"announced by {_who(episode)}{_delay(episode.at, allocated)}"))
        elif before.get(who, "announced") == "announced" and episode.state == "withdrawn":
            because = f": {episode.reason}" if episode.reason else ""
            lines.append((episode.at, f"withdrawn by {_who(episode)}{because}"))
        before[who] = episode.state
    nodes = {e.node for e in episodes if e.state == "announced"}
    lines += [(at, f"the speaker of {node} started anew") for node, at in scene.restarts if node in nodes]
    lines += [(at, f"{node} left, as another speaker saw it") for node, at in scene.losses if node in nodes]
    ground = scene.grounds.get(service)
    lines += [(view.at, f"pods: {pods_by_node(view.counts)}") for view in (ground.history if ground else ())]
    # Of one second the lines of one input stand in its order.
    inputs = {source: number for number, source in enumerate(dict.fromkeys(at.source for at, _ in lines))}
    yield from sorted(lines, key=lambda line: (seconds(line[0]) or 0.0, inputs[line[0].source], line[0].line))


def _who(episode: Announcement) -> str:
    node = episode.node or f"the speaker of {episode.first.source.name}"
    return f"{node} ({episode.protocol})" if episode.protocol else node


def _delay(announced: Place, allocated: list[Place]) -> str:
    before = [(took.least, took) for at in allocated if (took := span(at, announced)) is not None]
    return f", {min(before)[1]} after it was allocated" if before else ""
