"""All speakers' runs made into one set of findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, field

from loganalyzer.correlator.announcements.cluster import Cluster
from loganalyzer.correlator.announcements.episodes import Builder, Known
from loganalyzer.correlator.announcements.found import Announcement, Announcements, Session
from loganalyzer.correlator.announcements.grounds import grounds, named_peers, shows_requests
from loganalyzer.correlator.announcements.risk import risks
from loganalyzer.correlator.announcements.sessions import sessions
from loganalyzer.correlator.announcements.story import Scene, stories
from loganalyzer.correlator.announcements.times import seconds
from loganalyzer.correlator.announcements.unnamed import Owners, resolved
from loganalyzer.metallb.versions import shows_own_advertisements
from loganalyzer.model.speakers.facts import Journal, Stretch
from loganalyzer.model.speakers.identity import node_of_file
from loganalyzer.model.speakers.life import Life
from loganalyzer.model.speakers.watch import Speakers
from loganalyzer.model.state import Place
from loganalyzer.sources.inputs import Source


class Elsewhere(Struct, frozen=True):
    """What controllers' logs tell at their end.

    `holds` are services with an address, `owners` the services by address, `waits` since when others wait for
    one, `causes` the codes for which they wait, `chronicle` each service's events. `cluster` is what objects show.
    """

    holds: frozenset[str] = frozenset()
    waits: Mapping[str, Place] = field(default_factory=dict)
    owners: Mapping[str, frozenset[str]] = field(default_factory=dict)
    causes: Mapping[str, str | None] = field(default_factory=dict)
    chronicle: Mapping[str, Iterable[tuple[Place, str]]] = field(default_factory=dict)
    cluster: Cluster | None = None


class Run(Struct, frozen=True):
    """One run with the node that it is of; `latest`: no later run of that node is known."""

    source: Source
    life: Life
    node: str | None
    latest: bool


def announcements(speakers: Speakers, elsewhere: Elsewhere, *, ended: bool = True) -> Announcements:
    """What the speakers' logs told, in the order of services and nodes; not `ended`: up to now, more is to come."""
    lives = named_runs(speakers.lives(ended=ended))
    runs = [r for r in lives if not (r.life.tangled or r.life.identity.contradicted)]
    owners = _owners(runs, elsewhere)
    # What a speaker was silent about counts only where someone else shows that there is something to announce.
    by_bgp = _advertised_by_bgp(runs)
    standing = {e.service for r in runs for e in _episodes(r, owners, lambda _: Known(by_bgp=by_bgp)) if _stands(e)}
    episodes = [e for r in runs for e in _episodes(r, owners, _known(standing, elsewhere, r, by_bgp))]
    found = [s for r in runs if r.latest for s in sessions(r.life, r.node)]
    order = {id(r.source): i for i, r in enumerate(runs)}
    episodes.sort(key=lambda a: (a.service, a.node or "", a.protocol or "", order[id(a.first.source)], a.first.line))
    found.sort(key=lambda s: (s.node or "", s.peer, s.first.line))
    scene = _scene(runs, tuple(found), elsewhere, {e.owner for e in episodes if e.current and e.owner})
    return Announcements(
        tuple(episodes),
        tuple(found),
        stories=stories(episodes, scene),
        risks=tuple(risks(scene.grounds.items(), episodes)),
        mixed=tuple(s.name for s in speakers.mixed()),
        omitted=sum(r.life.forgotten + sum(j.dropped for j in r.life.journals.values()) for r in runs),
        interfaces=tuple(
            (r.node or "a node that the log does not name", tuple(sorted(r.life.interfaces)))
            for r in sorted(runs, key=lambda r: r.node or "")
            if r.latest and r.life.interfaces
        ),
    )


def _stands(episode: Announcement) -> bool:
    """Whether it shows that there is something to announce."""
    if not episode.current or not episode.addresses or episode.rule == "MLB503":
        return False
    return episode.state == "announced" or episode.rule is not None


def _scene(runs: list[Run], found: tuple[Session, ...], elsewhere: Elsewhere, owners: set[str]) -> Scene:
    latest = [r for r in runs if r.latest]
    seen = {r.node for r in latest}
    # A run without a node may be any that is missing.
    alive = owners | {node for r in latest for node, how in r.life.members.items() if how != "NodeLeave"}
    others = [(node, how) for r in latest for node, how in r.life.members.items() if node != r.node]
    return Scene(
        sessions=found,
        grounds=grounds(r.life for r in latest),
        chronicle=elsewhere.chronicle,
        answered=frozenset(a for r in runs for a in r.life.answered),
        listening=frozenset(r.node for r in latest if shows_requests(r.life, r.life.version)),
        unseen=() if None in seen else tuple(sorted(alive - seen)),
        # Whether there are others only a start tells, or a configuration.
        whole=len(alive | _selected(latest)) <= len(latest) and any(r.life.fresh or r.life.advertising for r in latest),
        causes=elsewhere.causes,
        restarts=_restarts(runs),
        losses=_losses(runs),
        peers={(service, r.node): names for r in latest if r.node for service, names in named_peers(r.life, r.node)},
        peerless=frozenset(r.node for r in latest if r.life.fresh and r.life.sessions.all_removed),
        departed=frozenset(n for n, _ in others) - {n for n, how in others if how != "NodeLeave"},
    )


def _selected(runs: list[Run]) -> set[str]:
    """The nodes that advertisements select, by the configurations that the logs show."""
    tables = [r.life.advertising for r in runs if r.life.advertising is not None]
    return {node for table in tables for pool in table.pools for node in table.selected(pool)}


def _losses(runs: list[Run]) -> tuple[tuple[str, Place], ...]:
    """When nodes left, each time by the log that shows it first."""
    seen: dict[tuple[str, float | None], Place] = {}
    for run in runs:
        for at, node, how in run.life.member_events:
            if how == "NodeLeave" and node != run.node:
                seen.setdefault((node, seconds(at)), at)
    return tuple((node, at) for (node, _), at in seen.items())


def _restarts(runs: list[Run]) -> tuple[tuple[str | None, Place], ...]:
    seen: set[object] = set()
    found = []
    for run in runs:
        if run.node is not None and run.node in seen:
            found.append((run.node, run.life.first))
        seen.add(run.node)
    return tuple(found)


def _episodes(run: Run, owners: Owners, known: Callable[[str], Known]) -> Iterator[Announcement]:
    named, doubts = resolved(run.life, owners)
    for service, stretches in named.items():
        builder = Builder(service, run.node, run.life.version, known(service), run.life.answered)
        for episode in builder.build(stretches, run.life.last, ended=run.life.stopped, current=run.latest):
            yield doubts.check(episode)


def _advertised_by_bgp(runs: list[Run]) -> frozenset[str]:
    """Pools that any speaker has a BGPAdvertisement for, where others' dumps may leave it out."""
    lives = [r.life for r in runs if r.latest and r.life.version and shows_own_advertisements(r.life.version)]
    return frozenset(
        name for life in lives if life.advertising for name, pool in life.advertising.pools.items() if pool.bgp
    )


def _known(standing: set[str], elsewhere: Elsewhere, run: Run, by_bgp: frozenset[str]) -> Callable[[str], Known]:
    end = seconds(run.life.last)

    def known(service: str) -> Known:
        since = elsewhere.waits.get(service)
        began = seconds(since) if since is not None else None
        waits = since is not None and end is not None and began is not None and end >= began
        return Known(service in standing or service in elsewhere.holds, waits, by_bgp, elsewhere.cluster)

    return known


def named_runs(lives: list[tuple[Source, Life]]) -> Iterator[Run]:
    """The runs with their nodes. A node's later run makes its earlier ones past."""
    nodes = _cluster_nodes(life for _, life in lives)
    named = [(source, life, _node(source, life, nodes)) for source, life in lives]
    last: dict[object, Life] = {}
    for source, life, node in named:
        last[node or source] = life
    for source, life, node in named:
        yield Run(source, life, node, last[node or source] is life)


def _cluster_nodes(lives: Iterable[Life]) -> frozenset[str]:
    """The nodes of the cluster, where a log shows all of them: a start does, not who comes or goes later."""
    found: set[str] = set()
    for life in lives:
        if life.fresh:
            found.update(life.members)
        if life.advertising is not None:
            for pool in life.advertising.pools:
                found.update(life.advertising.selected(pool))
    return frozenset(found)


def _node(source: Source, life: Life, nodes: frozenset[str]) -> str | None:
    """The node, strongest first: told by the user, by the lines, by their wrapping, by the file's name."""
    if source.node:
        return source.node
    if life.identity.node is not None or life.identity.contradicted:
        return life.identity.node
    # A name that is no node of the cluster that the logs show is a collector's host, a pod's or a person's own.
    told = (source.origin.node, node_of_file(source.name))
    return next((n for n in told if n and (not nodes or n in nodes)), None)


def _owners(runs: list[Run], elsewhere: Elsewhere) -> Owners:
    found: dict[str, set[str]] = {a: set(s) for a, s in elsewhere.owners.items()}
    for run in runs:
        for service, journal in run.life.journals.items():
            for address in _addresses(journal):
                found.setdefault(address, set()).add(service)
    return Owners({a: frozenset(s) for a, s in found.items()})


def _addresses(journal: Journal) -> Iterator[str]:
    stretches: Iterable[Stretch] = journal.stretches
    for stretch in stretches:
        yield from (*stretch.facts.addresses, *stretch.facts.coming)
