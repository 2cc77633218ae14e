"""What was found about announcements and sessions, as plain data.

Every diagnosis has it, so it loads fast: nothing of the speakers' models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from loganalyzer.metallb.versions import Version
from loganalyzer.model.state import Place

if TYPE_CHECKING:
    from loganalyzer.model.speakers.endpoints import Counts, View


class Announcement(Struct, frozen=True):
    """One episode of a service's addresses on one speaker.

    `state` is `announced`, `withdrawn` or `skipped`; `rule` None: announced, or the log does not tell.
    `owner` is the node that won a layer 2 election, where the candidates were printed. `until` is the line
    that ended it, or where none did (`ended` is false) the last one of the run's log. `shown` is the line that
    tells it, where one does; `first` is the first one of its pass.
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
    ended: bool = False
    owner: str | None = None
    policy: str = ""
    shown: Place | None = None

    @property
    def at(self) -> Place:
        """The line to look at."""
        return self.shown or self.first


class Session(Struct, frozen=True):
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


class Ground(Struct, frozen=True):
    """What decides about a service, as the latest pass that printed it had it.

    `selected` are the nodes that advertisements of its pool select, None where the configuration is not in the
    log; `pods` are None where no dump tells them. `history` are the pods before, from which line on.
    """

    at: Place
    policy: str
    version: Version | None
    selected: frozenset[str] | None
    pods: Counts | None
    history: tuple[View, ...] = ()


class Story(Struct, frozen=True):
    """One service over all nodes.

    `verdict` is `announced`, `nobody`, `no-address`, `no-meeting` (pods and advertisements on different nodes),
    `no-live-peer`, `unanswered`, `split`, `gone` or `unknown`. `headline` answers who announces and why the others
    don't; `sentences` say the rest; `timeline` are its events in the order of their times. Where no node answers for
    it `rules` are those that keep the nodes silent, and `remedy` what to do about them, in steps.
    """

    service: str
    addresses: tuple[str, ...]
    verdict: str
    headline: str
    sentences: tuple[str, ...] = ()
    timeline: tuple[tuple[Place, str], ...] = ()
    ground: Ground | None = None
    rules: tuple[str, ...] = ()
    remedy: tuple[str, ...] = ()


class Risk(Struct, frozen=True):
    """Something that holds now and that the loss of one node would break."""

    service: str
    at: Place
    text: str


class Announcements(Struct, frozen=True):
    """Everything that speakers' logs told, for a diagnosis.

    `mixed` are inputs in which lines of several processes alternate; `omitted` counts what was too much to keep;
    `interfaces` are those on which each node answers ARP or NDP requests at the end.
    """

    episodes: tuple[Announcement, ...] = ()
    sessions: tuple[Session, ...] = ()
    stories: tuple[Story, ...] = ()
    risks: tuple[Risk, ...] = ()
    mixed: tuple[str, ...] = ()
    omitted: int = 0
    interfaces: tuple[tuple[str, tuple[str, ...]], ...] = ()


NOTHING: Final = Announcements()
"""What inputs without a speaker's log tell."""
