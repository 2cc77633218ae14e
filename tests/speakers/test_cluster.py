"""Nodes and EndpointSlices decide what the end of a speaker's log leaves open."""

import json
from typing import Any

import pytest

from loganalyzer.correlator.diagnosis import Diagnosis
from tests.speakers.building import (
    ADDRESS,
    NO_BGP,
    announcing,
    candidates,
    configuration,
    debug_pass,
    diagnosis,
    endpoints,
    own_node,
    service,
    skipping,
    slice_of,
    standing,
    started,
)

NETWORK = "speaker's node has NodeNetworkUnavailable condition"
LABEL = {"node.kubernetes.io/exclude-from-external-load-balancers": ""}
CLUSTER = service(policy="Cluster")
AWAY = [endpoints(node_2="ready")]
ABSENT = [NO_BGP, candidates("node-2")]


def node(*, labels: dict[str, str] | None = None, network: str = "False") -> dict[str, Any]:
    """The Node of the speaker."""
    conditions = [{"type": "Ready", "status": "True"}, {"type": "NetworkUnavailable", "status": network}]
    metadata = {"name": "node-1", "labels": labels or {}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "status": {"conditions": conditions}}


def pods(**nodes: Any) -> dict[str, Any]:
    """The EndpointSlice of the service."""
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", **json.loads(slice_of(**nodes))}


def with_objects(log: list[str], *objects: dict[str, Any]) -> Diagnosis:
    """What is made of a log and objects."""
    given = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}, indent=4).split("\n")
    return diagnosis(log, given, names=("speaker-node-1.log", "objects.json"))


CASES = {
    "labelled out": ("0.14.8", True, CLUSTER, [], ABSENT, [node(labels=LABEL)], "MLB506"),
    "network unavailable comes first": (
        "0.14.8", True, CLUSTER, [], ABSENT, [node(labels=LABEL, network="True")], "MLB505",
    ),
    "the label counts from 0.14 on": ("0.13.12", True, CLUSTER, [], ABSENT, [node(labels=LABEL)], None),
    "nothing is wrong with the node": ("0.14.8", True, CLUSTER, [], ABSENT, [node()], None),
    "labelled out after the log's end": ("0.14.8", False, CLUSTER, [], ABSENT, [node(labels=LABEL)], None),
    "lines of the pass tell of another trouble": (
        "0.15.3", False, CLUSTER, [], [NO_BGP, skipping("layer2", NETWORK), candidates("node-2")],
        [node(labels=LABEL)], None,
    ),
    "lines of the pass may be about this node": (
        "0.15.3", False, CLUSTER, [], [NO_BGP, skipping("layer2", NETWORK), candidates("node-2")],
        [node(network="True")], "MLB505",
    ),
    "Local, let in again, and no pod here": ("0.14.8", True, service(), AWAY, ABSENT, [node()], "MLB501"),
    "Local, and the slices show no pod here": (
        "0.14.8", True, service(), [], ABSENT, [node(), pods(node_2="ready")], "MLB501",
    ),
    "Local, and the slices show a pod here": (
        "0.14.8", True, service(), [], ABSENT, [node(), pods(node_1="ready")], None,
    ),
    "0.13.7: the slices show a pod here": ("0.13.7", False, service(), [], [NO_BGP], [pods(node_1="ready")], "MLB502"),
    "0.13.7: the slices show no pod here": ("0.13.7", False, service(), [], [NO_BGP], [pods(node_2="ready")], "MLB501"),
}  # fmt: skip


@pytest.mark.parametrize(("version", "turned", "dump", "seen", "lines", "objects", "rule"), CASES.values(), ids=CASES)
def test_objects_decide_what_the_end_of_the_log_leaves_open(
    version: str,
    turned: bool,
    dump: str,
    seen: list[str],
    lines: list[str],
    objects: list[dict[str, Any]],
    rule: str | None,
) -> None:
    """The log alone has no rule; with objects it has that which they decide, unless the log contradicts them."""
    head = [started(version), *own_node("node-1", turned=turned), *configuration(), *seen]
    log = [*head, *debug_pass(*lines, dump=dump)]
    assert [standing(with_objects(log, *given))[0][-1] for given in ((), objects)] == [None, rule]
    assert bool(with_objects(log, *objects).announcements.episodes[0].missing) == (rule is None)


def test_objects_say_nothing_of_earlier_episodes() -> None:
    """They are of a later moment than what the log itself shows to be over."""
    head = [started(), *own_node("node-1", turned=True), *configuration()]
    log = [*head, *debug_pass(*ABSENT, dump=CLUSTER), *debug_pass(NO_BGP, candidates("node-1"), announcing())]
    found = with_objects(log, node(labels=LABEL)).announcements.episodes
    assert [(a.state, a.rule, a.addresses) for a in found] == [
        ("skipped", None, (ADDRESS,)),
        ("announced", None, (ADDRESS,)),
    ]
