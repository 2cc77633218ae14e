"""What was found about announcements and sessions, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from loganalyzer.replay.speakers.endpoints import Counts
from loganalyzer.replay.state import Place


@dataclass(frozen=True, slots=True)
class Announcement:
    """One episode of a service's addresses on one speaker.

    `state` is `announced`, `withdrawn` or `skipped`; `rule` None: announced, or the log does not tell.
    `owner` is the node that won a layer 2 election, where the candidates were printed. `until` is the end of
    the run's log where it stands at the end.
    """

    service: str
    node: str | None
    protocol: str | None
    addresses: tuple[str, ...]
    state: str
    rule: str | None
    reason: str | None
    missing: tuple[str, ...]
    first: Place
    last: Place
    current: bool
    until: Place
    owner: str | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """One BGP session of one speaker as it stood at the end of its log."""

    peer: str
    address: str
    node: str | None
    local_asn: int | None
    peer_asn: int | None
    state: str
    changes: int
    rule: str | None
    reason: str | None
    first: Place
    last: Place
    since: Place | None
    drops: int
    refusals: int
    mode: str | None


@dataclass(frozen=True, slots=True)
class Pods:
    """Where a service's pods are, as the latest dump says, and how it was before."""

    at: Place
    counts: Counts
    before: tuple[tuple[Place, Counts], ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """One service over all nodes.

    `verdict` is a code (`announced`, `nobody`, `no-address`, `no-live-peer`, `unanswered`, `split`, `unknown`),
    `sentences` say it for people, best first; `timeline` are its events in the order of their times.
    """

    service: str
    addresses: tuple[str, ...]
    verdict: str
    sentences: tuple[str, ...]
    timeline: tuple[tuple[Place, str], ...] = ()
    pods: Pods | None = None


@dataclass(frozen=True, slots=True)
class Announcements:
    """Everything that speakers' logs told, for a diagnosis."""

    episodes: tuple[Announcement, ...] = ()
    sessions: tuple[Session, ...] = ()
    stories: tuple[Story, ...] = ()
    mixed: tuple[str, ...] = ()
    omitted: int = 0
