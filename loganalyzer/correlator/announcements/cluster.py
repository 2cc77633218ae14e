"""What Nodes and EndpointSlices tell of what a speaker's log leaves open at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, field, structs

from loganalyzer.correlator.announcements.found import Announcement
from loganalyzer.correlator.announcements.judge import NEEDS_OBJECTS, NEEDS_PODS
from loganalyzer.correlator.announcements.missing import TEXTS
from loganalyzer.correlator.evidence import by_kind
from loganalyzer.metallb.endpoints import Endpoint, slice_from_object
from loganalyzer.metallb.objects import KnownNode, mapping, node_of, text
from loganalyzer.metallb.versions import V0_13_10, V0_14, Version, tells_of_nodes
from loganalyzer.model.speakers.endpoints import Counts, counted, usable_nodes
from loganalyzer.model.speakers.facts import EXCLUDED, NETWORK_UNAVAILABLE, Facts
from loganalyzer.sources.inputs import Source

_TEXT_OF: Final = {"MLB505": NETWORK_UNAVAILABLE, "MLB506": EXCLUDED}


class Cluster(Struct, frozen=True):
    """Nodes by name and pods by service, when the objects were fetched."""

    nodes: Mapping[str, KnownNode] = field(default_factory=dict)
    pods: Mapping[str, Counts] = field(default_factory=dict)

    def settled(self, entry: Announcement, facts: Facts, version: Version | None) -> Announcement:
        """The entry, which stands at the end of a log, with the rule that these objects decide, if they do.

        `facts` are those of its last pass: objects that contradict it are of another moment.
        """
        rule = self._rule(entry, facts, version)
        return entry if rule is None else structs.replace(entry, rule=rule, missing=())

    def _rule(self, entry: Announcement, facts: Facts, version: Version | None) -> str | None:
        if version is None or entry.node is None:
            return None
        counts = facts.endpoints if facts.endpoints is not None else self.pods.get(entry.service)
        has = None if counts is None else entry.node in usable_nodes(counts, version)
        if TEXTS[NEEDS_PODS] in entry.missing:
            return None if has is None else "MLB502" if has else "MLB501"
        node = self.nodes.get(entry.node)
        if node is None or TEXTS[NEEDS_OBJECTS] not in entry.missing:
            return None
        rule = _kept_out_by(node, version)
        if rule is None:
            return "MLB501" if facts.policy == "Local" and has is False else None
        if tells_of_nodes(version):
            return rule if _TEXT_OF[rule] in facts.reasons("layer2") else None
        steady = facts.turned is not None and entry.node not in facts.turned
        return None if steady else rule


def _kept_out_by(node: KnownNode, version: Version) -> str | None:
    if node.network_unavailable and version >= V0_13_10:
        return "MLB505"
    return "MLB506" if node.excluded and version >= V0_14 else None


def cluster_of(found: Iterable[tuple[Source, dict[str, Any], int]]) -> Cluster:
    """The cluster that these objects show."""
    of_kind = by_kind(found)
    pods: dict[str, list[Endpoint]] = {}
    for document, _ in of_kind.get("EndpointSlice", []):
        known = slice_from_object(document)
        if known is not None:
            pods.setdefault(known.service, []).extend(known.endpoints)
    return Cluster(
        nodes={text(mapping(d.get("metadata")).get("name")): node_of(d) for d, _ in of_kind.get("Node", [])},
        pods={service: counted(endpoints) for service, endpoints in pods.items()},
    )
