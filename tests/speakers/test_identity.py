"""Which node a speaker runs on."""

import json

import pytest

from loganalyzer.metallb.election import winner
from loganalyzer.model.speakers.identity import node_of_file
from tests.speakers.building import (
    NO_BGP,
    announcing,
    candidates,
    configuration,
    debug_pass,
    diagnosis,
    gokit,
    info_pass,
    only,
    own_node,
    started,
)

NAMES = {
    "speaker-node-1.log": "node-1",
    "logs/2025/speaker-worker3.example.com.log": "worker3.example.com",
    "speaker-node-1.log.1": "node-1",
    "metallb-speaker-node-1.txt": "node-1",
    "C:\\logs\\speaker-node-1.log": "node-1",
    "cluster.tar.gz!logs/speaker-node-1.log": "node-1",
}
NO_NAMES = [
    "speaker-x7k2p.log",
    "metallb-speaker-x7k2p.log",
    "speaker-x7k2p-previous.log",
    "speaker-x7k2p_speaker.log",
    "speaker.log",
    "speaker-.log",
    "speaker-all.log",
    "speaker-previous.log",
    "speaker-Node_1.log",
    "node-1.log",
    "controller.log",
    "-",
    "<bytes>",
]


@pytest.mark.parametrize(("name", "node"), NAMES.items())
def test_file_that_is_named_after_its_node(name: str, node: str) -> None:
    """`speaker-NODE.log` tells the node, whatever folder it lies in."""
    assert node_of_file(name) == node


@pytest.mark.parametrize("name", NO_NAMES)
def test_file_that_is_not(name: str) -> None:
    """A pod's random suffix, or a word, is no node."""
    assert node_of_file(name) is None


EVENT = json.dumps(
    {
        "level": "debug", "ts": "2025-01-01T12:00:00Z", "logger": "events", "type": "Normal", "reason": "nodeAssigned",
        "msg": 'announcing from node "by-event" with protocol "layer2"',
        "object": {"kind": "Service", "namespace": "default", "name": "web"},
    },
    separators=(",", ":"),
)  # fmt: skip
JOIN = gokit(msg="node event - forcing sync", node__event="NodeJoin", node__name="by-join", node__addr="192.0.2.1")
ELECTION = [*configuration(("a", "b")), *debug_pass(NO_BGP, candidates("a", "b"), announcing())]
TOLD = {
    "event over all else": ([JOIN, *own_node("by-labels"), *info_pass(announcing()), EVENT], "by-event"),
    "own NodeReconciler pass over a join": ([JOIN, *own_node("by-labels"), *info_pass(announcing())], "by-labels"),
    "first join over the file": ([JOIN, *info_pass(announcing())], "by-join"),
    "an election that it won": (ELECTION, winner(["a", "b"], "192.0.2.10")),
    "the file, where nothing else tells": (info_pass(announcing()), "by-file"),
}


@pytest.mark.parametrize(("lines", "node"), TOLD.values(), ids=TOLD)
def test_the_strongest_claim_counts(lines: list[str], node: str) -> None:
    """Lines about the node are weighed in a fixed order, and the file's name counts least."""
    assert only(diagnosis([started(), *lines], names=("speaker-by-file.log",))).node == node


def test_file_named_after_no_node_of_the_cluster() -> None:
    """A name that is none of the nodes that logs show is not believed."""
    log = [started(), *configuration(("node-1", "node-2")), *info_pass(announcing())]
    assert only(diagnosis(log, names=("speaker-mine.log",))).node is None


def test_join_in_a_log_that_begins_late_is_another_node() -> None:
    """The first join is the speaker's own only where its start is in the log."""
    assert only(diagnosis([JOIN, *info_pass(announcing())])).node is None


@pytest.mark.parametrize("version", ["0.13.7", "0.13.9"])
def test_discovery_tells_nothing_where_every_node_triggers_it(version: str) -> None:
    """Up to 0.13.9 the sight of any node triggers a discovery."""
    passes = [
        gokit(controller="NodeReconciler", start__reconcile="/other"),
        gokit(op="memberDiscovery", msg="triggering discovery"),
        gokit(controller="NodeReconciler", end__reconcile="/other"),
    ]
    assert only(diagnosis([started(version), *passes, *info_pass(announcing())])).node is None
    assert only(diagnosis([started("0.14.8"), *passes, *info_pass(announcing())])).node == "other"


def test_winner_is_the_one_that_real_speakers_chose() -> None:
    """The hash is MetalLB's: winners as real logs of 0.13.12 to 0.15.3 have them."""
    assert winner(["node-2", "node-3", "node-1"], "192.168.10.201") == "node-3"
    assert winner(["node-1", "node-2"], "192.168.10.200") == "node-2"
    assert winner(["node-3", "node-1", "node-2"], "192.168.10.200") == "node-3"
    assert winner([], "192.168.10.200") is None
