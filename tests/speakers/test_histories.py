"""What stands at the end after announcements, withdrawals, deletions and restarts."""

from collections.abc import Callable

import pytest

from tests.speakers.building import (
    ADDRESS,
    NO_BGP,
    SERVICE,
    all_services,
    announcing,
    candidates,
    configuration,
    debug_pass,
    diagnosis,
    endpoints,
    gokit,
    info_pass,
    nobody,
    only,
    own_node,
    standing,
    started,
    withdrawing,
)

HEAD = [started(), *own_node("node-1")]
DEBUG = [*HEAD, *configuration()]
WON = debug_pass(NO_BGP, candidates("node-1"), announcing())
ELSEWHERE = endpoints(node_2="ready")
LOST = [ELSEWHERE, *debug_pass(NO_BGP, candidates("node-2"), withdrawing("notOwner"))]
GONE = [
    gokit(controller="ServiceReconciler", start__reconcile=SERVICE),
    gokit(level="debug", controller="ServiceReconciler", processing__deletion__on__service=SERVICE),
]
SHUTDOWN = [gokit(op="shutdown", msg="starting shutdown")]

REASONS = {
    "noLocalEndpoints": "MLB501",
    "noEndpoints": "MLB501",
    "noIPAllocated": "MLB503",
    "noMatchingAdvertisement": "MLB504",
    "nodeNetworkUnavailable": "MLB505",
    "nodeLabeledExcludeBalancers": "MLB506",
    "ipNotAllowed": "MLB509",
    "notOwner": None,
    "nodeUnschedulable": None,
    "serviceDeleted": None,
    "notLoadBalancer": None,
}


@pytest.mark.parametrize(("reason", "rule"), REASONS.items())
def test_withdrawal_at_info_level_has_the_rule_of_its_reason(reason: str, rule: str | None) -> None:
    """A reason that stands for one cause names it; `notOwner` stands for five and names none."""
    log = [*HEAD, *info_pass(announcing()), *info_pass(withdrawing(reason))]
    assert standing(diagnosis(log)) == [(SERVICE, "node-1", "layer2", "withdrawn", rule)]


def test_withdrawal_that_a_debug_log_explains() -> None:
    """At debug level the lines before `notOwner` tell why."""
    found = only(diagnosis([*DEBUG, *WON, *LOST]))
    assert (found.state, found.rule) == ("withdrawn", "MLB501")


def test_first_and_last_line_of_each_episode() -> None:
    """An episode begins with the first line of its pass and ends with the last that shows it."""
    log = [*DEBUG, *WON, *WON, *LOST]
    first, second = diagnosis(log).announcements.episodes
    begin = len(DEBUG) + 1
    assert (first.state, first.first.line, first.last.line) == ("announced", begin, begin + 2 * len(WON) - 1)
    last = log.index(LOST[1], begin + 2 * len(WON) - 1) + 1
    assert (second.state, second.first.line, second.last.line) == ("withdrawn", last, len(log))
    assert [first.current, second.current] == [False, True]


def test_deleted_service_leaves_a_withdrawal_without_a_rule() -> None:
    """A deletion is no fault: the announcement ended, and no rule says why."""
    log = [*DEBUG, *WON, *GONE, withdrawing("serviceDeleted")]
    assert standing(diagnosis(log)) == [(SERVICE, "node-1", "layer2", "withdrawn", None)]


def test_deleted_service_that_was_never_announced_leaves_nothing() -> None:
    """What was only skipped ends with the service."""
    assert standing(diagnosis([*DEBUG, *debug_pass(NO_BGP, nobody()), *GONE])) == []


def test_service_that_comes_back_was_announced_before() -> None:
    """Announced once in this run, a service of the same name is withdrawn rather than skipped."""
    log = [*DEBUG, *WON, *GONE, withdrawing("serviceDeleted"), ELSEWHERE, *debug_pass(NO_BGP, candidates("node-2"))]
    assert standing(diagnosis(log)) == [(SERVICE, "node-1", "layer2", "withdrawn", "MLB501")]


def test_deletion_line_before_the_service_was_seen_means_nothing() -> None:
    """A slice that comes before its service is printed as a deletion."""
    log = [*DEBUG, endpoints(node_1="ready"), *GONE, *debug_pass(NO_BGP, candidates("node-1", "node-2"))]
    assert standing(diagnosis(log)) == [(SERVICE, "node-1", "layer2", "skipped", "MLB502")]


def test_restart_begins_anew() -> None:
    """What was announced before a restart does not stand after it."""
    log = [*DEBUG, *WON, *SHUTDOWN, *DEBUG, *debug_pass(NO_BGP, candidates("node-1", "node-2"))]
    assert standing(diagnosis(log)) == [(SERVICE, "node-1", "layer2", "skipped", "MLB502")]
    assert [a.state for a in diagnosis(log).announcements.episodes] == ["announced", "skipped"]


def test_shutdown_changes_nothing() -> None:
    """Withdrawals of a speaker that ends are not how things stood."""
    log = [*DEBUG, *WON, *SHUTDOWN, *info_pass(withdrawing("notOwner"))]
    assert only(diagnosis(log)).state == "announced"


def test_later_input_of_a_node_makes_the_earlier_one_past() -> None:
    """Two files of one node are one history, in the order of their times."""
    later = [started(second=600), *own_node("node-1"), *info_pass(second=610)]
    found = diagnosis([*HEAD, *info_pass(announcing())], later)
    assert standing(found) == []
    assert len(found.announcements.episodes) == 1


def test_one_protocol_of_two_ends_without_a_line() -> None:
    """A pass that names one protocol shows that the other one is over; at info level not why."""
    log = [*HEAD, *info_pass(announcing("bgp"), announcing()), *info_pass(announcing("bgp"))]
    assert standing(diagnosis(log)) == [
        (SERVICE, "node-1", "bgp", "announced", None),
        (SERVICE, "node-1", "layer2", "withdrawn", None),
    ]


@pytest.mark.parametrize("passed", [debug_pass, info_pass])
def test_failed_announcement_takes_nothing_back(passed: Callable[..., list[str]]) -> None:
    """BGP's failure ends the pass before layer 2 is looked at: both go on as they were."""
    failed = gokit(level="error", op="setBalancer", protocol="bgp", ips=[ADDRESS], error="no route", msg="failed")
    found = diagnosis([*HEAD, *passed(announcing("bgp"), announcing()), *passed(failed)])
    assert standing(found) == [
        (SERVICE, "node-1", "bgp", "announced", None),
        (SERVICE, "node-1", "layer2", "announced", None),
    ]


def test_announcement_that_failed_from_the_first() -> None:
    """What was not announced before is not announced now, for MetalLB's own reason."""
    failed = gokit(level="error", op="setBalancer", protocol="bgp", ips=[ADDRESS], error="no route", msg="failed")
    found = diagnosis([*DEBUG, *debug_pass(failed)]).announcements.episodes
    assert {(a.state, a.reason) for a in found} == {("skipped", "no route")}


def test_new_address_is_a_new_episode() -> None:
    """An episode is about addresses: others begin another one."""
    log = [
        *HEAD,
        *info_pass(announcing()),
        *info_pass(withdrawing("loadBalancerIPChanged"), announcing(address="192.0.2.11")),
    ]
    assert [(a.addresses, a.current) for a in diagnosis(log).announcements.episodes][-1] == (("192.0.2.11",), True)


def test_silent_speaker_alone_says_nothing() -> None:
    """At info level a pass without a line may be over any service: no entry is made of it."""
    assert standing(diagnosis([*HEAD, *info_pass()])) == []


def test_silent_speaker_beside_one_that_announces() -> None:
    """Where another node shows that there is something to announce, silence is told, without a rule."""
    other = [started(), *own_node("node-2"), *info_pass(announcing())]
    assert standing(diagnosis([*HEAD, *info_pass()], other)) == [
        (SERVICE, "node-1", None, "skipped", None),
        (SERVICE, "node-2", "layer2", "announced", None),
    ]


class TestUnnamed:
    """Passes over all services at info level, whose lines have no service's name."""

    NAMED = (*HEAD, *info_pass(announcing()))
    OTHER = info_pass(announcing(), name="default/api")

    def test_address_of_one_service(self) -> None:
        """An address that one service alone had names it."""
        log = [*self.NAMED, *all_services(withdrawing("notOwner"))]
        assert standing(diagnosis(log)) == [(SERVICE, "node-1", "layer2", "withdrawn", None)]

    def test_address_known_from_another_node(self) -> None:
        """Another speaker's log names the address as well."""
        other = [started(), *own_node("node-2"), *info_pass(announcing())]
        found = diagnosis([*HEAD, *all_services(announcing())], other)
        assert (SERVICE, "node-1", "layer2", "announced", None) in standing(found)

    def test_shared_address_with_a_line_for_each(self) -> None:
        """As many lines as services: each goes on."""
        log = [*self.NAMED, *self.OTHER, *all_services(announcing(), announcing())]
        assert {(s, state) for s, _, _, state, _ in standing(diagnosis(log))} == {
            (SERVICE, "announced"),
            ("default/api", "announced"),
        }

    def test_shared_address_with_one_line(self) -> None:
        """One line for two services: of neither is anything claimed any more."""
        log = [*self.NAMED, *self.OTHER, *all_services(withdrawing("notOwner"))]
        assert standing(diagnosis(log)) == []

    def test_withdrawal_without_an_address(self) -> None:
        """Up to 0.13.9 a withdrawal tells no address: who was not shown to go on is in doubt."""
        api = info_pass(announcing(address="192.0.2.11"), name="default/api")
        log = [*self.NAMED, *api, *all_services(announcing(), withdrawing("notOwner", None))]
        assert standing(diagnosis(log)) == [(SERVICE, "node-1", "layer2", "announced", None)]

    def test_interface_warning_names_the_next_announcement(self) -> None:
        """The warning has a name, and the announcement right after it is of the same service."""
        warning = gokit(
            level="warn", op="SetBalancer", protocol="layer2", service=SERVICE, localIfs=["lo"],
            msg="the specified interfaces used to announce LB IP don't exist",
        )  # fmt: skip
        log = [*HEAD, *all_services(warning, announcing())]
        assert standing(diagnosis(log)) == [(SERVICE, "node-1", "layer2", "skipped", "MLB507")]


def old(second: int = 0, level: str | None = None, **fields: object) -> str:
    """A line up to 0.12: it names its service."""
    return gokit(second, level, service=SERVICE, **fields)


@pytest.mark.parametrize(
    ("version", "level"), [("0.9.8", None), ("0.10.3", None), ("0.11.0", "info"), ("0.12.1", "info")]
)
def test_versions_that_name_the_service_on_each_line(version: str, level: str | None) -> None:
    """Up to 0.12 announcements and withdrawals are known, and why a node is silent is not."""
    announced = old(level=level, event="serviceAnnounced", ip=ADDRESS, pool="main", protocol="layer2", msg="x")
    ended = old(
        level=level, event="serviceWithdrawn", ip="", reason="notOwner", pool="main", protocol="layer2", msg="x"
    )
    join = gokit(level=level, node__event="NodeJoin", node__name="node-1", node__addr="192.0.2.1", msg="x")
    log = [started(version), join, announced]
    assert standing(diagnosis(log)) == [(SERVICE, "node-1", "layer2", "announced", None)]
    entry = only(diagnosis([*log, ended]))
    assert (entry.state, entry.rule, entry.reason) == ("withdrawn", None, "notOwner")
    assert "0.12 never prints" in entry.missing[0]
    assert entry.addresses == (ADDRESS,)


def test_lines_of_several_pods_in_one_input_claim_nothing() -> None:
    """Where two nodes call themselves the own one, nothing is claimed, and the input is named."""
    log = [started(), started(), *own_node("node-1"), *own_node("node-2"), *info_pass(announcing())]
    found = diagnosis(log).announcements
    assert found.episodes == ()
    assert found.mixed == ("log-0.log",)
