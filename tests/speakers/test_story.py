"""One story for each service over all nodes, and the text that tells it."""

import io
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from loganalyzer.correlator.announcements.found import Announcements
from loganalyzer.correlator.announcements.story import Scene, stories
from loganalyzer.correlator.announcements.times import Span
from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.pipeline import Reading, diagnose
from loganalyzer.report.announcements import announced
from tests.samples import FIXTURES
from tests.speakers.building import (
    NO_BGP,
    announcing,
    candidates,
    configuration,
    debug_pass,
    diagnosis,
    endpoints,
    gokit,
    info_pass,
    own_node,
    service,
    skipping,
    started,
    withdrawing,
)

PEER: dict[str, Any] = {"peer": "192.0.2.254:179", "localASN": 64501, "peerASN": 64500}


def speaker(node: str, *passes: list[str], second: int = 0) -> list[str]:
    """A speaker's log with these passes."""
    return [started(second=second), *own_node(node), *(line for p in passes for line in p)]


def told(*logs: list[str]) -> list[str]:
    """The text about these logs."""
    return lines_of(diagnosis(*logs).announcements)


def lines_of(found: Announcements) -> list[str]:
    """The text about announcements, what stands below something indented."""
    return [
        line
        for item in announced(found)
        for line in (f"{item.about}: {item.text}".removeprefix(": "), *(f"  {step.text}" for step in item.below))
    ]


def test_gap_is_a_range() -> None:
    """Whole seconds make a gap between two lines a range."""
    one = speaker(
        "node-1",
        info_pass(announcing(second=10), second=10),
        info_pass(withdrawing("noLocalEndpoints", second=20), second=20),
    )
    two = speaker("node-2", info_pass(announcing(second=32), second=32))
    assert told(one, two) == [
        "default/web, 192.0.2.10: announced by node-2 (layer2). node-1: no ready pod (Local).",
        "  Nobody announced it for 11 to 13 s, from 12:00:20 to 12:00:32.",
    ]


def test_no_gap_where_another_node_took_over() -> None:
    """A node that announces meanwhile leaves no gap."""
    one = speaker(
        "node-1", info_pass(announcing(second=10), second=10), info_pass(withdrawing("notOwner", second=40), second=40)
    )
    two = speaker("node-2", info_pass(announcing(second=30), second=30))
    assert [line for line in told(one, two) if "Nobody" in line] == []


LAST = gokit(12, op="shutdown", msg="starting shutdown")
ENDS = {
    "it was killed, or had nothing to say": ([], []),
    "it was told to end": ([LAST], ["  Nobody announced it for 77 to 79 s, from 12:00:12 to 12:01:30."]),
}


@pytest.mark.parametrize(("last", "gap"), ENDS.values(), ids=ENDS)
def test_gap_needs_a_line_that_ends_the_announcement(last: list[str], gap: list[str]) -> None:
    """A log that just ends does not tell how long its speaker went on; the next run begins anew."""
    first = speaker("node-1", info_pass(announcing(second=10), second=10), last)
    second = speaker("node-1", info_pass(announcing(second=90), second=90), second=90)
    assert told([*first, *second])[1:] == gap


@pytest.mark.parametrize("lost", [True, False])
def test_gap_behind_a_node_whose_log_just_ends(lost: bool) -> None:
    """Whether that node still announced is not known, until another speaker sees it leave."""
    leave = gokit(20, msg="x", node__event="NodeLeave", node__name="node-1", node__addr="192.0.2.1")
    one = speaker("node-1", info_pass(announcing(second=10), second=10))
    two = speaker(
        "node-2",
        [leave] if lost else [],
        info_pass(announcing(second=22), second=22),
        info_pass(withdrawing("noEndpoints", second=30), second=30),
        info_pass(announcing(second=50), second=50),
    )
    assert any("Nobody announced it for 19 to 21 s" in line for line in told(one, two)) == lost


def test_gap_may_be_filled_by_a_node_without_a_log() -> None:
    """Where a speaker's log is missing, a gap is only one as far as these logs show."""
    join = gokit(msg="node event - forcing sync", node__event="NodeJoin", node__name="node-3", node__addr="192.0.2.3")
    ended = info_pass(withdrawing("notOwner", second=20), second=20)
    one = speaker(
        "node-1",
        [join],
        info_pass(announcing(second=10), second=10),
        ended,
        info_pass(announcing(second=40), second=40),
    )
    assert "node-3 is not among them" in told(one)[1]


def test_split_brain() -> None:
    """Two nodes that both announce for longer than a handover takes."""
    one = speaker("node-1", info_pass(announcing(second=10), second=10), info_pass(announcing(second=90), second=90))
    two = speaker("node-2", info_pass(announcing(second=20), second=20), info_pass(announcing(second=95), second=95))
    assert told(one, two)[1] == "  node-1 and node-2 announce one address at once, for 70 s by their logs: split brain."


def test_handover_is_no_split_brain() -> None:
    """A few seconds are explained by clocks and whole seconds."""
    one = speaker("node-1", info_pass(announcing(second=10), second=10))
    two = speaker("node-2", info_pass(announcing(second=12), second=12))
    assert not any("split" in line for line in told(one, two))


@pytest.mark.parametrize("how", ["NodeLeave", "NodeJoin"])
def test_owner_that_is_lost(how: str) -> None:
    """A node whose log just ends is no owner any more where others saw it leave and one of them took over."""
    seen = gokit(19, msg="x", node__event=how, node__name="node-1", node__addr="192.0.2.1")
    one = speaker("node-1", info_pass(announcing(second=10), second=10))
    two = speaker("node-2", [seen], info_pass(announcing(second=20), second=20))
    lost = [
        "default/web, 192.0.2.10: announced by node-2 (layer2).",
        "  node-1 (layer2) announced it when its log ends, and was then lost to the other speakers.",
    ]
    both = ["default/web, 192.0.2.10: announced by node-1 and node-2 (layer2)."]
    assert told(one, two) == (lost if how == "NodeLeave" else both)


def test_partition_is_not_a_loss() -> None:
    """A node that goes on announcing after others saw it leave is half of a split brain."""
    leave = gokit(20, msg="x", node__event="NodeLeave", node__name="node-1", node__addr="192.0.2.1")
    one = speaker("node-1", info_pass(announcing(second=10), second=10), info_pass(announcing(second=90), second=90))
    two = speaker("node-2", [leave], info_pass(announcing(second=20), second=20), info_pass(second=95))
    assert any("split brain" in line for line in told(one, two))


def test_address_is_the_announced_one() -> None:
    """What a node that is silent now had once is not the service's address."""
    one = speaker("node-1", info_pass(announcing()), info_pass(withdrawing("serviceDeleted")))
    two = speaker("node-2", info_pass(announcing(address="192.0.2.11", second=10), second=10))
    assert told(one, two)[0].startswith("default/web, 192.0.2.11: announced by node-2")


@pytest.mark.parametrize(("second", "verdict"), [(25, "gone"), (2, "unknown")])
def test_service_that_a_controller_saw_end(second: int, verdict: str) -> None:
    """It is gone, whatever the last withdrawal said, unless speakers told of it later."""
    log = speaker(
        "node-1", info_pass(announcing(second=10), second=10), info_pass(withdrawing("notOwner", second=20), second=20)
    )
    found = diagnosis(log).announcements.episodes
    at = structs.replace(found[-1].last, stamp=f"2025-01-01T12:00:{second:02d}Z".encode())
    (story,) = stories(found, Scene(chronicle={"default/web": [(at, "deleted")]}))
    assert story.verdict == verdict
    assert story.headline.startswith("the service is gone. node-1: withdrawn") == (verdict == "gone")


def test_owner_that_moves() -> None:
    """An owner that changes time and again is told."""

    def spells(*seconds: int) -> list[list[str]]:
        """Announced at each of these seconds, withdrawn five later."""
        return [
            p
            for s in seconds
            for p in (
                info_pass(announcing(second=s), second=s),
                info_pass(withdrawing("notOwner", second=s + 5), second=s + 5),
            )
        ]

    one, two = speaker("node-1", *spells(10, 30, 50, 70)), speaker("node-2", *spells(16, 36, 56))
    assert any(line.startswith("  Its owner changed 6 times: node-1, node-2, node-1") for line in told(one, two))


def test_pods_and_advertisement_never_meet() -> None:
    """Local: the pods are on one node, the advertisement selects another."""
    head = [*configuration(("node-1",)), endpoints(node_2="ready")]
    one = speaker("node-1", head, debug_pass(NO_BGP, skipping("layer2", "no available nodes")))
    two = speaker("node-2", head, debug_pass(NO_BGP, skipping("layer2", "pool not matching my node")))
    assert told(one, two) == [
        "default/web, 192.0.2.10: announced by nobody. node-1: no ready pod (Local). "
        "node-2: not selected by any advertisement.",
        "  Ready pods are on node-2, advertisements select node-1: they never meet.",
        "  Pods: 1 ready on node-2.",
        "  What to do (loganalyzer rules MLB501, MLB504): look where its ready pods are: without any no node "
        "announces, under Local only those that have one:",
        "  kubectl -n default get endpointslices -l kubernetes.io/service-name=web -o yaml",
        "  compare the advertisements' pools and node selectors with the nodes' labels:",
        "  kubectl -n metallb-system get l2advertisements,bgpadvertisements -o yaml",
        "  kubectl get nodes --show-labels",
    ]


def test_announced_to_no_live_peer() -> None:
    """BGP: the node announces, and no session of it is up."""
    refused = gokit(5, "error", op="connect", error="connection refused", msg="failed to connect to peer", **PEER)
    lines = told(speaker("node-1", [refused], info_pass(announcing("bgp"))))
    assert lines[1] == "  It is announced to nobody: no BGP session of node-1 is up."
    assert lines[2].startswith("  What to do (loganalyzer rules MLB508): compare address, port, AS numbers")
    assert lines[-1].endswith("down, since 12:00:05, refused 1 time: connection refused (MLB508)")


def test_announced_to_a_live_peer() -> None:
    """One session that is up is enough."""
    up = gokit(5, event="sessionUp", msg="x", **PEER)
    assert not any("nobody" in line for line in told(speaker("node-1", [up], info_pass(announcing("bgp")))))


PEERS = {"tor": "192.0.2.254", "spare": "192.0.2.253"}
UP = gokit(5, event="sessionUp", msg="x", **PEER)
SPARE = {**PEER, "peer": "192.0.2.253:179"}
REFUSED = gokit(5, "error", op="connect", error="connection refused", msg="failed to connect to peer", **SPARE)
ADVERTISED = {
    "to the peer that is down": (("spare",), [UP, REFUSED], True),
    "to the peer that is up": (("tor",), [UP, REFUSED], False),
    "to either": (("spare", "tor"), [UP, REFUSED], False),
    "to all": ((), [UP, REFUSED], False),
    "to a peer of which nothing is told": (("spare",), [UP], False),
}


@pytest.mark.parametrize(("to", "lines", "nobody"), ADVERTISED.values(), ids=ADVERTISED)
def test_peers_that_the_advertisement_names(to: tuple[str, ...], lines: list[str], nobody: bool) -> None:
    """Only sessions with peers that the advertisement is for count."""
    config = configuration(None, ("node-1",), peers=PEERS, to=to)
    log = speaker("node-1", config, lines, debug_pass(announcing("bgp")))
    assert any("It is announced to nobody" in line for line in told(log)) == nobody


@pytest.mark.parametrize("again", [True, False])
def test_announced_where_every_peer_was_removed(again: bool) -> None:
    """No label of the node that the peers select: nothing is announced to anybody."""
    added = gokit(event="peerAdded", peer="192.0.2.254", msg="peer configured, starting BGP session")
    removed = gokit(
        9, event="peerRemoved", peer="192.0.2.254", reason="filteredByNodeSelector", msg="peer deconfigured"
    )
    log = speaker("node-1", [added, UP], info_pass(announcing("bgp")), [removed, *([added] if again else [])])
    assert any("It is announced to nobody" in line for line in told(log)) == (not again)


def arp(sender: str) -> str:
    """An ARP request that was answered."""
    return gokit(
        level="debug", ip="192.0.2.10", senderIP=sender, msg="got ARP request for service IP, sending response"
    )


ASKED = {
    "nobody": ([], True),
    "the node's own echo": ([arp("192.0.2.10")], True),
    "a client": ([arp("192.0.2.77")], False),
}


@pytest.mark.parametrize(("lines", "unanswered"), ASKED.values(), ids=ASKED)
def test_requests_of_clients(lines: list[str], unanswered: bool) -> None:
    """At debug level it is told where no client's request was ever answered."""
    log = speaker("node-1", configuration(("node-1",)), debug_pass(NO_BGP, candidates("node-1"), announcing()), lines)
    assert any("answered so far" in line for line in told(log)) == unanswered


def test_info_level_does_not_tell_of_requests() -> None:
    """At info level no request is printed, so none can be missed."""
    assert not any("answered" in line for line in told(speaker("node-1", info_pass(announcing()))))


def test_owner_without_a_log_is_named_by_the_election() -> None:
    """One of two speakers' logs: who won is known all the same."""
    joins = [gokit(msg="x", node__event="NodeJoin", node__name=n, node__addr="192.0.2.1") for n in ("node-1", "node-2")]
    log = speaker("node-2", joins, configuration(), debug_pass(NO_BGP, candidates("node-1", "node-2")))
    entry = diagnosis(log).announcements.episodes[0]
    assert entry.owner == "node-1"
    assert told(log)[0] == (
        "default/web, 192.0.2.10: announced by node-1 (layer2) by the election, of whose speaker there is no log. "
        "node-2: another node is the owner."
    )


@pytest.mark.parametrize(
    ("last", "begin"),
    [
        (candidates("node-1"), "announced by node-1 (layer2) by the election, of whose speaker there is no log. "),
        (skipping("layer2", "no available nodes"), "announced by none of these nodes. "),
    ],
)
def test_owner_of_an_election_that_the_node_has_no_part_in(last: str, begin: str) -> None:
    """A node without pods tells who won among the others too, by its last pass."""
    joins = [gokit(msg="x", node__event="NodeJoin", node__name=n, node__addr="192.0.2.1") for n in ("node-2", "node-1")]
    head = [*joins, *configuration(), endpoints(node_1="ready")]
    log = speaker("node-2", head, debug_pass(NO_BGP, candidates("node-1")), debug_pass(NO_BGP, last))
    assert told(log)[0] == f"default/web, 192.0.2.10: {begin}node-2: no ready pod (Local)."


RISKS = {
    "all pods on one node": (("node-1", "node-2"), {"node_1": "ready"}, "Local", "all of its ready pods are on node-1"),
    "one of two nodes is selected": (
        ("node-1",), {"node_1": "ready", "node_2": "ready"}, "Local",
        "of the nodes with ready pods (node-1, node-2) an advertisement selects node-1 alone",
    ),
    "no node with pods is selected: it is off the net as it is": (("node-2",), {"node_1": "ready"}, "Local", None),
    "one pod serves until it ends": (
        ("node-1", "node-2"), {"node_1": "serving"}, "Local", "all of its serving pods are on node-1",
    ),
    "two nodes": (("node-1", "node-2"), {"node_1": "ready", "node_2": "ready"}, "Local", None),
    "Cluster": (("node-1", "node-2"), {"node_1": "ready"}, "Cluster", None),
    "no pod at all": (("node-1", "node-2"), {"node_1": "down"}, "Local", None),
}  # fmt: skip


@pytest.mark.parametrize(("selected", "pods", "policy", "text"), RISKS.values(), ids=RISKS)
def test_one_lost_node(selected: tuple[str, ...], pods: dict[str, Any], policy: str, text: str | None) -> None:
    """A Local service that one node decides about is advised about, once."""
    lines = debug_pass(NO_BGP, candidates("node-1"), announcing(), dump=service(policy=policy))
    found = diagnosis(speaker("node-1", configuration(selected), [endpoints(**pods)], lines))
    summaries = [a.summary for a in found.advice if a.rule == "MLB608"]
    assert summaries == (
        [f"default/web is Local and the loss of one node takes it off the net: {text}"] if text else []
    )


SPANS = {
    Span(0.0, 0.5): "less than a second",
    Span(0.0, 2.0): "0 to 2 s",
    Span(4.0, 4.0): "4 s",
    Span(1.5, 2.5): "1.5 to 2.5 s",
}


@pytest.mark.parametrize(("span", "text"), SPANS.items())
def test_span_in_words(span: Span, text: str) -> None:
    """A length of time reads as a range where its bounds differ."""
    assert str(span) == text


def _fixture(*names: str) -> Diagnosis:
    """The diagnosis of fixtures, under the names that they came with."""
    paths = [FIXTURES / name for name in names]
    return diagnose([(p.name, io.BytesIO(p.read_bytes())) for p in paths], reading=Reading())


def test_article_is_one_problem() -> None:
    """The service without an address is told once, with the controller's rule, and not once for each node."""
    folder = Path("speakers/0.13.12-seed_article")
    found = _fixture(
        *(str(folder / n) for n in ("controller.log", "speaker-node-1.log", "speaker-node-2.log", "speaker-node-3.log"))
    )
    lines = lines_of(found.announcements)
    assert lines == [
        "default/git-ssh: no address (MLB104), so there is nothing to announce (MLB503).",
        "default/ingress, 192.168.10.200: announced by node-2 (layer2). node-1: another node is the owner. "
        "node-3: no ready pod (Local).",
        "  No client's ARP or NDP request for it was answered so far: none asked, or none reached the node.",
        "ARP and NDP requests are listened for on eth0, peer0 (node-1, node-2, node-3).",
    ]
    entries = [a for a in found.to_dict()["announcements"] if a["service"] == "default/git-ssh" and a["current"]]
    assert [(a["node"], a["rule"]) for a in entries] == [(f"node-{i}", "MLB503") for i in (1, 2, 3)]
    assert [f.cause.rule for f in found.failures if f.cause] == ["MLB104"]
