"""What decides about each service, as the latest dumps of any speaker have it; and what logs would show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from loganalyzer.correlator.announcements.found import Ground
from loganalyzer.correlator.announcements.times import seconds
from loganalyzer.metallb.versions import Version, has_levels
from loganalyzer.model.speakers.facts import Stretch
from loganalyzer.model.speakers.life import Life
from loganalyzer.model.state import Place


def grounds(lives: Iterable[Life]) -> dict[str, Ground]:
    """By service, from the run whose dump of it is the latest."""
    found: dict[str, Ground] = {}
    for life in lives:
        for service, journal in life.journals.items():
            latest = next((s for s in reversed(journal.stretches) if s.facts.told), None)
            if latest is None or (journal.stretches[-1].facts.deleted):
                continue
            before = found.get(service)
            if before is None or _age(latest.last) > _age(before.at):
                found[service] = _ground(service, life, latest)
    return found


def _age(at: Place) -> tuple[float, int]:
    """What is later; of one second what stands further down, so that it does not depend on the order of inputs."""
    return seconds(at) or 0.0, at.line


def _ground(service: str, life: Life, stretch: Stretch) -> Ground:
    facts = stretch.facts
    # What was dumped after the last pass counts as well: no pass need follow an update that changes no node.
    pods = life.endpoints.of(service)
    return Ground(
        at=stretch.last,
        policy=facts.policy,
        version=life.version,
        selected=facts.advertising.selected(facts.pool) if facts.advertising and facts.pool else None,
        pods=pods if pods is not None else facts.endpoints,
        history=tuple(life.endpoints.history.get(service, ())),
    )


def named_peers(life: Life, node: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The services whose BGP advertisements on this node are for named peers alone, with these."""
    for service, journal in life.journals.items():
        facts = journal.stretches[-1].facts
        pool = facts.advertising.pools.get(facts.pool) if facts.advertising is not None else None
        own = [a for a in pool.bgp if node in a.nodes] if pool is not None else []
        if own and all(a.peers for a in own):
            yield service, frozenset(name for a in own for name in a.peers)


def shows_requests(life: Life, version: Version | None) -> bool:
    """Whether this log would have a line for a request that was answered: debug level, or up to 0.10 any."""
    return life.first.source.level == "debug" or (version is not None and not has_levels(version))
