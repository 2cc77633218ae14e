"""What speakers tell as entries of a story: announcements by node, sessions, members, starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import structs

from loganalyzer.correlator.announcements.collect import Run, named_runs
from loganalyzer.correlator.announcements.found import Announcement, Story
from loganalyzer.correlator.announcements.phrases import pods_by_node, why
from loganalyzer.correlator.announcements.times import seconds
from loganalyzer.history.entries import Entry
from loganalyzer.history.holding import between
from loganalyzer.history.overheard import Overheard
from loganalyzer.model.state import Place

EXPECTED: Final = frozenset({"MLB502", "MLB503"})
"""Why most speakers are silent about most services: another node is the owner, or there is no address."""

SAME_EVENT: Final = 30.0
"""Seconds within which several speakers see one node join or leave: memberlist gossips."""


def announced(episodes: Iterable[Announcement]) -> Iterator[Entry]:
    """Each announcement and withdrawal, and why a node is silent."""
    standing: dict[tuple[str, str | None, str | None], Announcement] = {}
    for episode in episodes:
        key = (episode.service, episode.node, episode.protocol)
        before = standing.get(key)
        standing[key] = episode
        entry = _episode(episode, before)
        if entry is not None:
            yield entry


def _episode(episode: Announcement, before: Announcement | None) -> Entry | None:
    by = f" by {episode.protocol}" if episode.protocol else ""
    if episode.state == "announced":
        kind, what = "announced", f"announces {', '.join(episode.addresses) or 'it'}{by}"
        if episode.rule is not None:
            what += f", and answers nothing: {why(episode)}"
    elif episode.state == "withdrawn" and (before is None or before.state == "announced"):
        kind, what = "withdrawn", f"announces {', '.join(episode.addresses) or 'it'} no more{by}: {why(episode)}"
    else:
        kind, what = "silent", f"does not announce it{by}: {why(episode)}"
    held = between(before.first, episode.first) if before is not None and kind == "withdrawn" else None
    return Entry(
        episode.at,
        kind,
        what,
        episode.service,
        episode.node or f"the speaker of {episode.first.source.name}",
        episode.addresses,
        rule=episode.rule,
        seconds=held,
    )


def pods(stories: Iterable[Story]) -> Iterator[Entry]:
    """Where services' pods were, as speakers' dumps show it."""
    for story in stories:
        for view in story.ground.history if story.ground is not None else ():
            yield Entry(view.at, "pods", f"pods: {pods_by_node(view.counts)}", story.service)


def spoken(told: Overheard) -> Iterator[Entry]:
    """What was overheard, with the node whose speaker said it; a node that several saw join or leave is told once."""
    runs = list(named_runs(told.lives()))
    members: list[Entry] = []
    for entry in told.entries():
        if entry.kind == "clock":
            yield entry
        elif entry.kind == "member":
            members.append(entry)
        else:
            yield structs.replace(entry, node=_node_at(entry.at, runs) or f"the speaker of {entry.at.source.name}")
    yield from _members(members, runs)


def _node_at(at: Place, runs: Sequence[Run]) -> str | None:
    """The node whose speaker wrote a line."""
    own = [r for r in runs if r.source is at.source]
    inside = next((r for r in own if r.life.first.line <= at.line <= r.life.last.line), None)
    return inside.node if inside is not None else next((r.node for r in own if r.node is not None), None)


def _members(entries: Iterable[Entry], runs: Sequence[Run]) -> Iterator[Entry]:
    """Those of other nodes, by the speaker that saw it first; the first time that a node joins is no news."""
    latest: dict[str | None, tuple[str, float]] = {}
    left: set[str | None] = set()
    for entry in sorted(entries, key=lambda e: seconds(e.at) or 0.0):
        by = _node_at(entry.at, runs)
        before = latest.get(entry.node)
        now = seconds(entry.at) or 0.0
        if by == entry.node or (before is not None and before[0] == entry.what and now - before[1] <= SAME_EVENT):
            continue
        latest[entry.node] = (entry.what, now)
        if entry.what.endswith("left"):
            left.add(entry.node)
        elif entry.node not in left:
            continue
        yield structs.replace(entry, what=f"{entry.what}, as {by or 'the speaker of ' + entry.at.source.name} saw it")
