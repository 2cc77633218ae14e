"""Why a node does not announce, judged from one pass of its speaker at debug level."""

from typing import Any

import pytest

from tests.speakers.building import (
    NO_BGP,
    all_services,
    announcing,
    candidates,
    configuration,
    debug_pass,
    diagnosis,
    endpoints,
    gokit,
    nobody,
    own_node,
    service,
    skipping,
    standing,
    started,
    withdrawing,
)

NETWORK = "speaker's node has NodeNetworkUnavailable condition"
EXCLUDED = "speaker's node has labeled 'node.kubernetes.io/exclude-from-external-load-balancers'"
BOTH = configuration(("node-1", "node-2"), ("node-1", "node-2"))
NO_INTERFACE = gokit(
    level="warn", op="SetBalancer", protocol="layer2", service="default/web", localIfs=["lo", "eth0"],
    msg="the specified interfaces used to announce LB IP don't exist",
)  # fmt: skip
CLUSTER = service(policy="Cluster")

CASES = {
    "announced": ("0.14.8", configuration(), None, [NO_BGP, candidates("node-1"), announcing()], {"layer2": None}),
    "another node won": (
        "0.14.8", configuration(), None, [NO_BGP, candidates("node-1", "node-2")], {"layer2": "MLB502"},
    ),
    "no pod here under Local": (
        "0.14.8", [*configuration(), endpoints(node_2="ready")], None, [NO_BGP, candidates("node-2")],
        {"layer2": "MLB501"},
    ),
    "Local, and where the pods are is not in the log": (
        "0.14.8", configuration(), None, [NO_BGP, candidates("node-2")], {"layer2": None},
    ),
    "Local, where lines would tell of the node": (
        "0.15.3", configuration(), None, [NO_BGP, candidates("node-2")], {"layer2": "MLB501"},
    ),
    "no pod anywhere": ("0.14.8", configuration(), None, [NO_BGP, nobody()], {"layer2": "MLB501"}),
    "no pod anywhere, and layer 2 is not configured": (
        "0.14.8", configuration(None, ("node-1",)), None, [nobody()], {"bgp": "MLB501"},
    ),
    "not selected": (
        "0.14.8", configuration(("node-2",)), None, [NO_BGP, skipping("layer2", "pool not matching my node")],
        {"layer2": "MLB504"},
    ),
    "0.16: no advertisement for the service": (
        "0.16.0", configuration(), None,
        [NO_BGP, skipping("layer2", "no advertisement matching service on my node")], {"layer2": "MLB504"},
    ),
    "0.16: no BGP advertisement for the service": (
        "0.16.0", BOTH, None,
        [skipping("bgp", "no advertisement matching service"), candidates("node-1", "node-2")],
        {"bgp": "MLB504", "layer2": "MLB502"},
    ),
    "network unavailable, told by BGP for both": (
        "0.14.8", BOTH, CLUSTER, [skipping("bgp", NETWORK), candidates("node-2")],
        {"bgp": "MLB505", "layer2": "MLB505"},
    ),
    "excluded, told by BGP for both": (
        "0.14.8", BOTH, CLUSTER, [skipping("bgp", EXCLUDED), candidates("node-2")],
        {"bgp": "MLB506", "layer2": "MLB506"},
    ),
    "kept out of layer 2, and nothing tells by what": (
        "0.14.8", configuration(), CLUSTER, [NO_BGP, candidates("node-2")], {"layer2": None},
    ),
    "0.13.12: the absence alone does not say why": (
        "0.13.12", configuration(), CLUSTER, [NO_BGP, candidates("node-2")], {"layer2": None},
    ),
    "0.15: a text that names no node does not say which": (
        "0.15.3", configuration(), CLUSTER, [NO_BGP, skipping("layer2", EXCLUDED), candidates("node-2")],
        {"layer2": None},
    ),
    "0.15: two texts about some nodes": (
        "0.15.3", configuration(), CLUSTER,
        [NO_BGP, skipping("layer2", EXCLUDED), skipping("layer2", NETWORK), candidates("node-2")], {"layer2": None},
    ),
    "0.15: under Local a text may be about another node": (
        "0.15.3", configuration(), None, [NO_BGP, skipping("layer2", EXCLUDED), candidates("node-2")],
        {"layer2": None},
    ),
    "0.14.9: cordoned": (
        "0.14.9", configuration(None, ("node-1",)), CLUSTER, [skipping("bgp", "nodeUnschedulable")], {"bgp": None},
    ),
    "BGP by elimination": ("0.14.8", configuration(None, ("node-1",)), None, [], {"bgp": "MLB501"}),
    "layer 2 lost silently, BGP goes on": (
        "0.14.8", BOTH, None, [announcing("bgp"), candidates("node-2")], {"bgp": None, "layer2": "MLB501"},
    ),
    "won, and none of the interfaces": (
        "0.14.8", configuration(), None, [NO_BGP, candidates("node-1"), NO_INTERFACE, announcing()],
        {"layer2": "MLB507"},
    ),
    "no address": ("0.14.8", configuration(), service(address=""), [], {None: "MLB503"}),
    "no pool has the address": (
        "0.14.8", configuration(), None,
        [gokit(level="error", op="setBalancer", error="assigned IP not allowed by config", ips=["192.0.2.10"],
               msg="IP allocated by controller not allowed by config")],
        {None: "MLB509"},
    ),
    "0.16: advertisements contradict each other": (
        "0.16.0", configuration(None, ("node-1",)), None,
        [gokit(level="error", event="conflictingAdvertisements", service="default/web", error="two local prefs")],
        {"bgp": None},
    ),
    "still waiting for the configuration": (
        "0.14.8", [], None,
        [gokit(level="debug", event="noConfig", msg="not processing, still waiting for config")], {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("version", "config", "dump", "lines", "expected"), CASES.values(), ids=CASES)
def test_rule_of_each_protocol(
    version: str, config: list[str], dump: str | None, lines: list[str], expected: dict[str | None, str | None]
) -> None:
    """Each protocol that is used has the rule by which MetalLB's order of checks stopped."""
    log = [started(version), *own_node("node-1"), *config, *debug_pass(*lines, dump=dump)]
    assert {p: rule for _, _, p, _, rule in standing(diagnosis(log))} == expected


@pytest.mark.parametrize(("version", "config", "dump", "lines", "expected"), CASES.values(), ids=CASES)
def test_only_what_has_no_rule_lacks_something(
    version: str, config: list[str], dump: str | None, lines: list[str], expected: dict[str | None, str | None]
) -> None:
    """An entry without a rule is announced, or names what would settle it, with a command."""
    log = [started(version), *own_node("node-1"), *config, *debug_pass(*lines, dump=dump)]
    entries = diagnosis(log).announcements.episodes
    assert len(entries) == len(expected)
    for entry in entries:
        assert bool(entry.missing) == (entry.rule is None and entry.state != "announced")
        assert all(": kubectl " in sentence or "node's labels" in sentence for sentence in entry.missing)


OLD = {
    "this node has a ready pod": ({"node_1": "ready", "node_2": "ready"}, "Local", "MLB502"),
    "this node has none": ({"node_2": "ready"}, "Local", "MLB501"),
    "a pod that ends does not count before 0.14": ({"node_1": "serving", "node_2": "ready"}, "Local", "MLB501"),
    "Cluster looks at no node": ({"node_2": "ready"}, "Cluster", "MLB502"),
}


@pytest.mark.parametrize(("pods", "policy", "rule"), OLD.values(), ids=OLD)
def test_before_candidates_were_printed_endpoints_decide(pods: dict[str, Any], policy: str, rule: str | None) -> None:
    """0.13.0 to 0.13.9 print no candidates: the EndpointSlices tell whether the node could take part."""
    head = [started("0.13.7"), *own_node("node-1"), *configuration(), endpoints(**pods)]
    log = [*head, *debug_pass(NO_BGP, dump=service(policy=policy))]
    assert standing(diagnosis(log)) == [("default/web", "node-1", "layer2", "skipped", rule)]


def test_deleted_slice_is_no_proof() -> None:
    """A slice that is printed again as it was may have been deleted: then nothing is concluded from it."""
    head = [started("0.13.7"), *own_node("node-1"), *configuration(), endpoints(node_1="ready")]
    log = [*head, endpoints(node_1="ready"), *debug_pass(NO_BGP)]
    assert standing(diagnosis(log)) == [("default/web", "node-1", "layer2", "skipped", None)]


def test_earlier_line_of_another_service_tells_what_keeps_the_node_out() -> None:
    """What BGP said of the node in one service's pass holds for layer 2 in the next one's."""
    first = debug_pass(skipping("bgp", EXCLUDED), candidates("node-2"), dump=CLUSTER)
    other = service("default/api", policy="Cluster", address="192.0.2.11")
    no_bgp = skipping("bgp", "pool not matching my node", "default/api")
    second = debug_pass(no_bgp, candidates("node-2", name="default/api"), name="default/api", dump=other)
    found = standing(diagnosis([started(), *own_node("node-1"), *BOTH, *first, *second]))
    assert ("default/api", "node-1", "layer2", "skipped", "MLB506") in found


def test_no_pod_here_is_not_sure_where_the_node_was_kept_out() -> None:
    """A line of the node's own pass says that its label or its network was wrong: it need not be the want of pods."""
    head = [started("0.14.8"), *own_node("node-1", turned=True), *configuration(), endpoints(node_2="ready")]
    log = [*head, *debug_pass(NO_BGP, candidates("node-2"))]
    assert standing(diagnosis(log)) == [("default/web", "node-1", "layer2", "skipped", None)]


def test_no_pod_here_is_not_sure_any_more_where_the_node_changes() -> None:
    """A node that is kept out from the middle of the log on ends what was sure; another node's change does not."""
    head = [started("0.14.8"), *own_node("node-1"), *configuration(), endpoints(node_2="ready")]
    passed = debug_pass(NO_BGP, candidates("node-2"))
    own = own_node("node-1", turned=True)
    other = [line.replace("node-1", "node-2") for line in own if "nodeLabelsChanged" not in line]
    rules = [
        [a.rule for a in diagnosis([*head, *passed, *turn, *passed]).announcements.episodes] for turn in (own, other)
    ]
    assert rules == [["MLB501", None], ["MLB501"]]


def test_no_pod_here_is_not_sure_where_the_log_begins_late() -> None:
    """Without the start the node may have been kept out since before the log."""
    log = [*configuration(), endpoints(node_2="ready"), *debug_pass(NO_BGP, candidates("node-2"))]
    found = diagnosis(log, names=("speaker-node-1.log",))
    assert standing(found) == [("default/web", "node-1", "layer2", "skipped", None)]


def test_protocol_that_takes_over_within_a_pass_over_all_services() -> None:
    """BGP is withdrawn and layer 2 announces in one pass, whose line about interfaces counts."""
    controller = "ServiceReconciler - reprocessAll"
    taken_over = all_services(
        gokit(level="debug", controller=controller, reprocessing__service=CLUSTER),
        gokit(level="debug", event="startUpdate", msg="start of service update"),
        NO_BGP,
        withdrawing("notOwner"),
        candidates("node-1"),
        NO_INTERFACE,
        announcing(),
        gokit(level="debug", event="endUpdate", msg="end of service update"),
    )
    before = [*configuration(None, ("node-1",)), *debug_pass(announcing("bgp"), dump=CLUSTER)]
    found = standing(diagnosis([started(), *own_node("node-1"), *before, *configuration(), *taken_over]))
    assert ("default/web", "node-1", "layer2", "skipped", "MLB507") in found


WON = [NO_BGP, candidates("node-1")]
NAMED = debug_pass(*WON, NO_INTERFACE, announcing())
ANSWER = gokit(level="debug", ip="192.0.2.10", senderIP="192.0.2.77", msg="got ARP request for service IP, sending")
INTERFACES = {
    "announced before": ([*debug_pass(*WON, announcing()), *NAMED, *NAMED], None),
    "withdrawn meanwhile": (
        [*debug_pass(*WON, announcing()), *debug_pass(NO_BGP, candidates("node-2"), withdrawing("notOwner")), *NAMED],
        "MLB507",
    ),
    "another address before": (
        [*debug_pass(*WON, announcing(address="192.0.2.11"), dump=service(address="192.0.2.11")), *NAMED], "MLB507",
    ),
    "it answers all the same": ([*NAMED, ANSWER], None),
    "it answered before": ([ANSWER, *NAMED], "MLB507"),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "rule"), INTERFACES.values(), ids=INTERFACES)
def test_node_without_the_interfaces_that_answers(lines: list[str], rule: str | None) -> None:
    """A node that announced the address keeps answering where it did, whatever interfaces are named now."""
    found = standing(diagnosis([started(), *own_node("node-1"), *configuration(), *lines]))
    assert found[0][4] == rule
    assert (found[0][3] == "announced") == (rule is None)
