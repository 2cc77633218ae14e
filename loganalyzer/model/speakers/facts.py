"""What one pass of a speaker over one service said, as plain data, and runs of passes that said the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from loganalyzer.metallb.advertisements import Advertising
from loganalyzer.model.speakers.endpoints import Counts
from loganalyzer.model.state import Place

MOST_STRETCHES: Final = 256
"""Runs kept for one service of one speaker: beyond it the oldest are dropped and counted."""

NETWORK_UNAVAILABLE: Final = "speaker's node has NodeNetworkUnavailable condition"
EXCLUDED: Final = "speaker's node has labeled 'node.kubernetes.io/exclude-from-external-load-balancers'"
"""Reasons of both protocols (metallb v0.14.8 speaker/bgp_controller.go, v0.14.9 speaker/layer2_controller.go)."""

NODE_TROUBLE: Final = {
    NETWORK_UNAVAILABLE: "MLB505",
    "nodeNetworkUnavailable": "MLB505",
    EXCLUDED: "MLB506",
    "nodeLabeledExcludeBalancers": "MLB506",
}
"""What a BGP line says of the speaker's own node."""


class Facts(Struct, frozen=True):
    """One pass. Two passes that said the same are equal.

    `told`: at debug level, from its first line to its last, with the service's dump; else the pass may have had
    reasons that were not printed. `policy`, `has_address`, `wanted` (it is a load balancer) are the dump's.
    `candidates` is None where no list was printed. `endpoints` is None where they are not known.
    `coming` are addresses that a withdrawal names as the service's new ones.
    `trouble` is the code of what keeps this node out, empty where nothing does, as a pass over this or another service
    tells while the node is as it was then; None where none does. `present` are the nodes that were candidates of a
    Cluster service then: nothing keeps those out, something does any other. `unsure`: it was known of the node as it
    was before. `turned` are nodes whose network or exclude label changed since the start, the own one among them if
    it is any; None where the start is not in the log.
    """

    addresses: tuple[str, ...] = ()
    pool: str = ""
    announced: frozenset[str] = frozenset()
    withdrawn: str | None = None
    withdrawn_protocol: str = ""
    coming: tuple[str, ...] = ()
    skipped: frozenset[tuple[str, str]] = frozenset()
    candidates: tuple[str, ...] | None = None
    no_endpoints: bool = False
    interfaces: tuple[str, ...] | None = None
    refused: tuple[str, str] | None = None
    conflict: str | None = None
    waiting: bool = False
    deleted: bool = False
    told: bool = False
    whole: bool = False
    policy: str = ""
    has_address: bool = False
    wanted: bool = True
    advertising: Advertising | None = None
    endpoints: Counts | None = None
    trouble: str | None = None
    present: frozenset[str] | None = None
    unsure: bool = False
    turned: frozenset[str] | None = None

    def reasons(self, protocol: str) -> frozenset[str]:
        """The reasons for which the protocol was passed over."""
        return frozenset(reason for told, reason in self.skipped if told == protocol)

    @property
    def node_trouble(self) -> str | None:
        """The code of what keeps this node out, as a BGP line of the pass tells it."""
        return next((NODE_TROUBLE[r] for r in self.reasons("bgp") if r in NODE_TROUBLE), None)

    @property
    def past_node(self) -> bool:
        """Whether BGP's checks got beyond those of the node, each of which has a line (0.13.10 and later)."""
        looked = self.told and self.wanted and self.has_address and not (self.waiting or self.deleted)
        return looked and not (self.reasons("bgp") or self.refused or self.conflict)

    @property
    def broken_off(self) -> bool:
        """Whether a protocol failed to announce: the pass ends there, and none after it is looked at."""
        return self.refused is not None and bool(self.refused[1])

    @property
    def silent(self) -> bool:
        """Whether nothing was said that tells anything."""
        return not (
            self.announced
            or self.withdrawn
            or self.skipped
            or self.no_endpoints
            or self.candidates is not None
            or self.refused
            or self.conflict
            or self.deleted
            or self.told
            or not self.wanted
        )


class Stretch(Struct):
    """A run of passes that said the same, from its first line to its last.

    `said`: the line of the first that told of a protocol, by its name, or of all (""); `withdrawn`: that it ended.
    """

    facts: Facts
    first: Place
    last: Place
    said: Mapping[str, Place] = MappingProxyType({})

    def shown(self, protocol: str | None, *, withdrawn: bool = False) -> Place:
        """The line that shows best how it stands with a protocol: without one of its own the pass' first."""
        own = ("withdrawn",) if withdrawn else ()
        return next((self.said[of] for of in (*own, protocol or "", "") if of in self.said), self.first)


class Journal(Struct):
    """The stretches of one service in one run of a speaker, in order; the oldest may have been dropped."""

    stretches: deque[Stretch]
    dropped: int = 0

    @classmethod
    def new(cls) -> Journal:
        """An empty one."""
        return cls(deque(maxlen=MOST_STRETCHES))

    def add(self, passed: Stretch, *, apart: bool = False) -> Stretch:
        """One more pass, and its stretch; `apart` keeps it from being joined with an equal one before it."""
        latest = self.stretches[-1] if self.stretches else None
        if latest is not None and not apart and latest.facts == passed.facts:
            latest.last = passed.last
            return latest
        if len(self.stretches) == MOST_STRETCHES:
            self.dropped += 1
        self.stretches.append(passed)
        return passed
