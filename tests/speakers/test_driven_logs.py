"""Logs of MetalLB's own speakers, called through scenarios that a cluster meets rarely: who announces at their end."""

import pytest

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.pipeline import Reading, diagnose
from tests.samples import FIXTURES

LOGS = FIXTURES / "speakers"
Entry = tuple[str, str | None, str | None, str, str | None]

WEB, API = "default/web", "default/api"
ENDS: dict[str, list[Entry]] = {
    # A pass that withdraws and announces anew ends with an announcement, at another address or by the other protocol.
    "address_changed-v0.14.8-info": [
        (WEB, "node-1", None, "skipped", None),
        (WEB, "node-2", "layer2", "announced", None),
    ],
    "protocol_changed-v0.12.1": [
        (WEB, "node-3", "bgp", "announced", None),
        (WEB, "node-3", "layer2", "withdrawn", None),
    ],
    # A line that names its service says nothing of the next service, whose lines name none.
    "named_line_in_a_pass_over_all-v0.14.8-info": [
        (API, "node-1", "bgp", "withdrawn", "MLB506"),
        (API, "node-2", "bgp", "announced", None),
        (WEB, "node-1", "layer2", "withdrawn", None),
        (WEB, "node-2", "layer2", "announced", None),
    ],
    # What is said in each pass while it lasts is over with the first whole pass that does not say it.
    "let_in_again-v0.14.8-info": [
        (WEB, "node-1", "bgp", "announced", None),
        (WEB, "node-2", "bgp", "skipped", None),
    ],
    "let_in_again_pass_over_all-v0.14.8-info": [
        (WEB, "node-1", "bgp", "announced", None),
        (WEB, "node-2", "bgp", "skipped", None),
    ],
    "foreign_address_for_a_while-v0.14.8-info": [
        (WEB, "node-1", "layer2", "announced", None),
        (WEB, "node-2", None, "skipped", None),
    ],
    # A pass over all services has one line for each protocol by which a service goes on.
    "one_of_two_protocols_lost-v0.14.8-info": [
        (WEB, "node-1", "bgp", "announced", None),
        (WEB, "node-1", "layer2", "withdrawn", None),
        (WEB, "node-2", "bgp", "announced", None),
        (WEB, "node-2", "layer2", "announced", None),
    ],
    # All that the logs tell of nodes is that another one left: files are named after theirs.
    "begins_late-v0.14.8-info": [
        (WEB, "node-1", None, "skipped", None),
        (WEB, "node-2", "layer2", "announced", None),
    ],
    # The node is excluded, as a Cluster service shows; by what the log does not tell.
    "local_on_excluded_node-v0.14.8": [
        (API, "node-1", "layer2", "announced", None),
        (API, "node-2", "layer2", "withdrawn", None),
        (WEB, "node-1", "layer2", "announced", None),
        (WEB, "node-2", "layer2", "skipped", None),
    ],
    "pods_not_in_the_log-v0.14.8": [
        (WEB, "node-1", "layer2", "announced", None),
        (WEB, "node-2", "layer2", "skipped", None),
    ],
    # BGP looked at the pods: nothing keeps the node out.
    "bgp_shows_the_node-v0.15.3": [
        (WEB, "node-1", "bgp", "announced", None),
        (WEB, "node-1", "layer2", "announced", None),
        (WEB, "node-2", "bgp", "skipped", "MLB501"),
        (WEB, "node-2", "layer2", "skipped", "MLB501"),
        (WEB, "node-3", "bgp", "skipped", "MLB506"),
        (WEB, "node-3", "layer2", "skipped", "MLB506"),
    ],
    "let_in_again-v0.14.8": [
        (API, "node-1", "bgp", "announced", None),
        (API, "node-1", "layer2", "withdrawn", "MLB502"),
        (API, "node-2", "bgp", "announced", None),
        (API, "node-2", "layer2", "announced", None),
        (WEB, "node-1", "bgp", "announced", None),
        (WEB, "node-1", "layer2", "announced", None),
        (WEB, "node-2", "bgp", "skipped", "MLB501"),
        (WEB, "node-2", "layer2", "skipped", "MLB501"),
    ],
    "excluded_meanwhile-v0.15.3": [
        (API, "node-1", "layer2", "announced", None),
        (API, "node-2", "layer2", "withdrawn", None),
        (WEB, "node-1", "layer2", "announced", None),
        (WEB, "node-2", "layer2", "skipped", None),
    ],
    # The service had no address for a while; BGP does not serve the pool of the one that it has now.
    "moved_to_a_layer2_pool-v0.14.8": [
        (WEB, "node-1", "bgp", "withdrawn", None),
        (WEB, "node-1", "layer2", "skipped", "MLB502"),
        (WEB, "node-2", "bgp", "withdrawn", None),
        (WEB, "node-2", "layer2", "announced", None),
    ],
    # From 0.16 on a speaker's configuration has only the BGPAdvertisements that select its own node.
    "bgp_elsewhere-v0.16.1": [
        (WEB, "node-1", "bgp", "announced", None),
        (WEB, "node-2", "bgp", "skipped", "MLB504"),
    ],
    # No line names the pool: whose address it is tells which one it is.
    "local_both_protocols-v0.13.7": [
        (WEB, "node-1", "bgp", "announced", None),
        (WEB, "node-1", "layer2", "announced", None),
        (WEB, "node-2", "bgp", "skipped", "MLB501"),
        (WEB, "node-2", "layer2", "skipped", "MLB501"),
    ],
    "new_address_told_by_withdrawal-v0.14.8-info": [(WEB, "node-1", "layer2", "announced", None)],
    "refused_then_announced-v0.12.1-info": [(WEB, "node-1", "bgp", "announced", None)],
}


def of(name: str) -> Diagnosis:
    """What is made of all logs of a scenario."""
    return diagnose(sorted((LOGS / name).glob("*.log")), reading=Reading())


@pytest.mark.parametrize("name", ENDS)
def test_who_announces_at_the_end(name: str) -> None:
    """Each is what the speakers' own answers were, or left open where no log tells it."""
    found = of(name)
    standing = [(a.service, a.node, a.protocol, a.state, a.rule) for a in found.announcements.episodes if a.current]
    assert sorted(standing, key=str) == sorted(ENDS[name], key=str)
    assert all(i.source.unparsed == 0 for i in found.inputs)


def test_address_of_what_is_announced_anew() -> None:
    """The entry has the address that the service has now."""
    (entry,) = [a for a in of("address_changed-v0.14.8-info").announcements.episodes if a.current and a.protocol]
    assert entry.addresses == ("10.1.0.3",)


def test_what_keeps_a_node_out_is_named_as_far_as_it_is_known() -> None:
    """A node that is no candidate has a label or no network: who reads it learns that, and what tells which."""
    told = {story.service: story.headline for story in of("local_on_excluded_node-v0.14.8").announcements.stories}
    assert "node-2: out of the election by its label or its network (kubectl get nodes tells)" in told[API]
    assert "by its label or its network, or the want of a ready pod (kubectl get nodes tells)" in told[WEB]
