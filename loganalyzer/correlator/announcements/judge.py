"""One pass of a speaker judged: for each protocol whether the node announces, and if not, by which rule.

The orders of checks are those of metallb v0.13.0 to v0.16.1 speaker/layer2_controller.go and
speaker/bgp_controller.go, ShouldAnnounce.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from loganalyzer.metallb.election import winner
from loganalyzer.metallb.versions import V0_13_10, V0_14, Version, tells_of_nodes
from loganalyzer.model.speakers.endpoints import usable_nodes
from loganalyzer.model.speakers.facts import EXCLUDED, NETWORK_UNAVAILABLE, NODE_TROUBLE, Facts

NOT_SELECTED: Final = frozenset(
    {
        "pool not matching my node",
        "no advertisement matching service on my node",
        "no advertisement matching service",
    }
)
NOBODY: Final = "no available nodes"
NO_INTERFACE: Final = "the specified interfaces used to announce LB IP don't exist"

REASONS: Final[Mapping[str, str]] = {
    "noLocalEndpoints": "MLB501",
    "noEndpoints": "MLB501",
    "noIPAllocated": "MLB503",
    "noMatchingAdvertisement": "MLB504",
    "nodeNetworkUnavailable": "MLB505",
    "nodeLabeledExcludeBalancers": "MLB506",
    "ipNotAllowed": "MLB509",
}
"""Withdrawal reasons that stand for one cause; `notOwner` stands for any of five."""

NEEDS_DEBUG: Final = "debug"
NEEDS_NODE: Final = "node"
NEEDS_OBJECTS: Final = "objects"
NEEDS_PODS: Final = "pods"
NEEDS_OWN: Final = "reason"
"""What would settle a verdict without a rule: a key of `missing.TEXTS`."""


class Verdict(Struct, frozen=True):
    """`announced`, or why not; `missing` where the log does not tell why."""

    announced: bool
    rule: str | None = None
    reason: str | None = None
    missing: str | None = None
    owner: str | None = None


Verdicts = Mapping[str | None, Verdict]
"""By protocol; None where no protocol came into play."""

ANNOUNCED: Final = Verdict(announced=True)


def judge(facts: Facts, node: str | None, version: Version | None, elsewhere: frozenset[str] = frozenset()) -> Verdicts:
    """The verdicts of one pass at debug level of 0.13 and later; a protocol that no one uses has none.

    `elsewhere` are pools that BGP advertises on other nodes, of which this speaker's configuration need not tell.
    """
    if facts.refused and not facts.refused[1]:
        return {None: _refused(facts)}
    if not facts.has_address:
        return {None: Verdict(announced=False, rule="MLB503", reason=facts.withdrawn)}
    both = {"bgp": _bgp(facts, elsewhere), "layer2": _layer2(facts, node, version)}
    found: dict[str | None, Verdict] = {p: verdict for p, verdict in both.items() if verdict is not None}
    if not found and facts.no_endpoints and facts.advertising is None:
        found[None] = Verdict(announced=False, rule="MLB501", reason="failed no active endpoints")
    return found


def _refused(facts: Facts) -> Verdict:
    error = facts.refused[0] if facts.refused else ""
    known = "not allowed by config" in error
    return Verdict(
        announced=False, rule="MLB509" if known else None, reason=error, missing=None if known else NEEDS_OWN
    )


def _used(facts: Facts, protocol: str) -> bool | None:
    """Whether an advertisement uses the protocol for the pool; None: the log does not tell."""
    if facts.advertising is None:
        return None
    pool = facts.advertising.pools.get(facts.pool or facts.advertising.pool_of(facts.addresses))
    return bool(pool and pool.of(protocol))


def _bgp(facts: Facts, elsewhere: frozenset[str]) -> Verdict | None:
    if "bgp" in facts.announced:
        return ANNOUNCED
    if facts.conflict is not None:
        return Verdict(announced=False, reason=facts.conflict, missing=NEEDS_OWN)
    if facts.refused and facts.refused[1] == "bgp":
        return Verdict(announced=False, reason=facts.refused[0], missing=NEEDS_OWN)
    for reason in facts.reasons("bgp"):
        if reason in NOT_SELECTED:
            used = _used(facts, "bgp") or facts.pool in elsewhere
            sure = reason == "no advertisement matching service" or used
            return Verdict(announced=False, rule="MLB504", reason=reason) if sure else None
        rule = NODE_TROUBLE.get(reason)
        return Verdict(announced=False, rule=rule, reason=reason, missing=None if rule else NEEDS_OWN)
    # Every other refusal has a line: what is left is the last check, which has none.
    reason = "noLocalEndpoints" if facts.policy == "Local" else "noEndpoints"
    return Verdict(announced=False, rule="MLB501", reason=reason)


def _layer2(facts: Facts, node: str | None, version: Version | None) -> Verdict | None:
    reasons = facts.reasons("layer2")
    if "layer2" in facts.announced:
        if facts.interfaces is None:
            return ANNOUNCED
        return Verdict(announced=False, rule="MLB507", reason=NO_INTERFACE)
    if facts.refused and facts.refused[1] in ("bgp", "layer2"):
        return Verdict(announced=False, reason=facts.refused[0], missing=NEEDS_OWN)
    if facts.no_endpoints:
        used = _used(facts, "layer2")
        return Verdict(announced=False, rule="MLB501", reason="failed no active endpoints") if used else None
    if reasons & NOT_SELECTED:
        reason = next(iter(reasons & NOT_SELECTED))
        return Verdict(announced=False, rule="MLB504", reason=reason) if _used(facts, "layer2") else None
    candidates = () if NOBODY in reasons else facts.candidates
    if candidates is None:
        return _without_candidates(facts, node, version)
    if node is None and candidates:
        return Verdict(announced=False, reason=None, missing=NEEDS_NODE, owner=_winner(candidates, facts))
    if node in candidates:
        return Verdict(announced=False, rule="MLB502", reason="notOwner", owner=_winner(candidates, facts))
    return _absent(facts, node, version, reasons, candidates)


def _without_candidates(facts: Facts, node: str | None, version: Version | None) -> Verdict | None:
    """0.13.0 to 0.13.9 do not print who took part: endpoints decide, as nothing else kept a node out then."""
    if _used(facts, "layer2") is False:
        return None
    if version is None or version >= V0_13_10:
        return Verdict(announced=False, missing=NEEDS_OWN)
    if facts.policy != "Local":
        return Verdict(announced=False, rule="MLB502", reason="notOwner")
    has = _has_endpoint(facts, node, version)
    if has is None:
        return Verdict(announced=False, missing=NEEDS_NODE if node is None else NEEDS_PODS)
    return Verdict(announced=False, rule="MLB502" if has else "MLB501", reason="notOwner")


def _has_endpoint(facts: Facts, node: str | None, version: Version | None) -> bool | None:
    if facts.endpoints is None or node is None:
        return None
    return node in usable_nodes(facts.endpoints, version or V0_14)


def _absent(
    facts: Facts, node: str | None, version: Version | None, reasons: frozenset[str], candidates: tuple[str, ...]
) -> Verdict:
    """An advertisement selects the node, and it is not among the candidates: the node is kept out, or has no pods."""
    texts = reasons & {NETWORK_UNAVAILABLE, EXCLUDED}
    rule = facts.node_trouble or (None if facts.past_node else facts.trouble or None)
    if rule is None and facts.policy == "Local" and _lacks_pods(facts, node, version, told_of_nodes=bool(texts)):
        rule, texts = "MLB501", frozenset()
    reason = "; ".join(sorted(texts)) or "notOwner"
    missing, owner = None if rule else NEEDS_OBJECTS, _winner(candidates, facts)
    return Verdict(announced=False, rule=rule, reason=reason, missing=missing, owner=owner)


def _lacks_pods(facts: Facts, node: str | None, version: Version | None, *, told_of_nodes: bool) -> bool:
    """Whether it is for want of pods that a node is no candidate for a Local service.

    `told_of_nodes`: lines of the pass are about some candidate's node (0.14.9 and later), which may be this one: that
    is looked at before pods are.
    """
    has = _has_endpoint(facts, node, version)
    if has:
        return False
    if facts.past_node or facts.trouble == "" or (facts.present is not None and node in facts.present):
        return True
    if not told_of_nodes and version is not None and tells_of_nodes(version):
        return True
    # Else it takes that the pods are known, and that from the start on no line says that the node was kept out: up to
    # 0.14.8 its first sight has one (metallb v0.14.8 speaker/main.go, SetNode).
    steady = facts.turned is not None and node not in facts.turned
    return has is not None and facts.present is None and steady and not (facts.unsure or told_of_nodes)


def _winner(candidates: tuple[str, ...], facts: Facts) -> str | None:
    return winner(candidates, facts.addresses[0]) if facts.addresses else None
