"""Trying a change leaves the state as it was, and pools are read as MetalLB reads them."""

import io
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.errors import UsageError
from loganalyzer.metallb.addresses import format_address
from loganalyzer.metallb.pool_objects import PoolError, cidrs_of, configuration_from, pool_from_object, ranges_of
from loganalyzer.metallb.versions import Version, parse_version
from loganalyzer.pipeline import states
from loganalyzer.whatif.changes import Change, change_from, with_defaults
from loganalyzer.whatif.check import check
from loganalyzer.whatif.state import State
from tests.samples import FIXTURES
from tests.whatif.samples import SAMPLES, key, patch, pool, service, state, state_at, to_cluster

VERSION = Version(0, 14, 8)
CHANGES = st.lists(
    st.sampled_from(
        [
            *(to_cluster(n) for n in "abw"),
            *(key(n, k) for n in "abw" for k in ("k", "other", "")),
            *(Change("Service", f"default/{n}") for n in "b"),
            *(patch(n, "/spec/ports/0/port", 4242) for n in "aw"),
            *(patch(n, "/spec/type", "ClusterIP") for n in "a"),
        ]
    ),
    max_size=4,
    unique_by=lambda change: (change.name, str(change.patch)),
)


def _before(version: str) -> State:
    return state(
        version,
        [pool("p", "192.0.2.1-192.0.2.2")],
        {"a": "192.0.2.1", "b": "192.0.2.2"},
        [service("a", key="k", local=True), service("b", port=81), service("w", key="k", port=82)],
    )


@given(version=st.sampled_from(["0.13.0", "0.13.12", "0.14.8", "0.14.9", "0.15.3", "0.16.1"]), changes=CHANGES)
def test_trying_is_pure(version: str, changes: list[Change]) -> None:
    """Twice the same changes come to the same, and the state is what it was."""
    before = _before(version)
    held = {n: a.addresses for n, a in before.world.allocator.allocations.items()}
    try:
        first, second = before.with_change(*changes), before.with_change(*changes)
    except UsageError:
        return
    assert [w.signature for w in first.worlds] == [w.signature for w in second.worlds]
    assert {n: a.addresses for n, a in before.world.allocator.allocations.items()} == held
    assert before.waiting == ("default/w",)


@given(version=st.sampled_from(["0.13.0", "0.13.12", "0.14.8", "0.15.3", "0.16.1"]), changes=CHANGES)
def test_no_two_hold_what_can_not_be_shared(version: str, changes: list[Change]) -> None:
    """In every world the services on one address have one key and no port in common."""
    try:
        outcome = _before(version).with_change(*changes)
    except UsageError:
        return
    for world in outcome.worlds:
        for name, held in world.allocator.allocations.items():
            for address in held.addresses:
                use = world.allocator.others(address, name)
                assert use is None or (held.claim is not None and use.admits(held.claim))


WRONG: list[dict[str, Any]] = [
    {"kind": "Service", "name": "default/a"},
    {"kind": "Service", "name": "default/a", "patch": [], "delete": True},
    {"kind": "Service", "patch": []},
    {"kind": "Service", "name": "default/a", "patch": [1]},
    {"kind": "Service", "name": "default/a", "patch": [{"op": "remove", "path": "/spec/nothing"}]},
    {"kind": "Service", "name": "default/a", "patch": [{"op": "test", "path": "/spec/type", "value": "x"}]},
    {"kind": "Service", "name": "default/a", "patch": [{"op": "add", "path": "/spec/ports/9", "value": {}}]},
    {"kind": "Service", "name": "default/a", "patch": [{"op": "replace", "path": "", "value": 1}]},
    {"kind": "Service", "name": "default/a", "patch": [{"op": "replace", "path": "/metadata/name", "value": "z"}]},
    {"kind": "Service", "name": "default/none", "patch": []},
    {"kind": "IPAddressPool", "name": "metallb-system/none", "delete": True},
    {"kind": "Deployment", "name": "default/a", "patch": []},
]


@pytest.mark.parametrize("change", WRONG, ids=range(len(WRONG)))
def test_a_change_that_does_not_apply_is_a_wrong_use(change: dict[str, Any]) -> None:
    """Nothing is tried then."""
    with pytest.raises(UsageError):
        check(_before("0.14.8"), [change_from(change)])


def test_what_the_log_does_not_show_is_not_tried() -> None:
    """Every verdict is open, and says what would settle it."""
    before = _before("0.14.8")
    unknown = State(before.version, version_known=True, known=False, at=before.at, world=before.world)
    report = check(unknown, [Change("Service", "shop/elsewhere", patch=())])
    assert {v.service: v.allocates for v in report.services} == {"shop/elsewhere": None, "default/w": None}
    assert all(v.missing for v in report.services)


def test_a_service_of_another_class_is_left_alone() -> None:
    """MLB402, and the address that it would have got goes to the one that waits."""
    before = state("0.14.8", [pool("p", "192.0.2.1/32")], {}, [service("w")])
    other = service("other")
    other["spec"]["loadBalancerClass"] = "example.com/other"
    [verdict] = [v for v in check(before, [Change("Service", "default/other", document=other)]).services if v.cause]
    assert (verdict.service, verdict.allocates, verdict.cause and verdict.cause.rule) == (
        "default/other",
        False,
        "MLB402",
    )


def test_what_is_no_balancer_any_more_loses_what_only_balancers_have() -> None:
    """The API server drops the policy, so that it comes back as Cluster; of a NodePort service it keeps it."""
    services = [service("h", key="k", port=80), service("w", key="k", port=81, local=True)]
    before = state("0.14.8", [pool("p", "192.0.2.1/32")], {"h": "192.0.2.1"}, services)
    back = patch("w", "/spec/type", "LoadBalancer")
    for between, allocates in (("ClusterIP", True), ("NodePort", False)):
        assert before.with_change(patch("w", "/spec/type", between), back).fate("default/w").allocates is allocates


def test_what_is_of_no_class_any_more_keeps_its_address() -> None:
    """With the type the class is dropped: MetalLB no longer looks at the service, and never takes the address back."""
    services = [service("h"), service("w")]
    for document in services:
        document["spec"]["loadBalancerClass"] = "example.com/metallb"
    before = state("0.14.8", [pool("p", "192.0.2.1/32")], {"h": "192.0.2.1"}, services)
    before.world.handled = "example.com/metallb"
    outcome = before.with_change(patch("h", "/spec/type", "ClusterIP"))
    assert outcome.fate("default/w").allocates is False
    assert [world.held("default/h") for world in outcome.worlds] == [(3221225985,)]


def test_a_namespace_that_stays_as_it_is_is_no_event() -> None:
    """MetalLB does not look at its configuration again."""
    before = state("0.14.8", [pool("p", "192.0.2.1/32")], {"h": "192.0.2.1"}, [service("h"), service("w")])
    before.world.namespaces = {"default": {"kubernetes.io/metadata.name": "default", "team": "a"}}
    overlapping = Change("IPAddressPool", "metallb-system/q", document=pool("q", "192.0.2.0/31"))
    same = Change("Namespace", "default", document={"metadata": {"name": "default", "labels": {"team": "a"}}})
    other = Change("Namespace", "default", document={"metadata": {"name": "default", "labels": {"team": "b"}}})
    assert len(before.with_change(overlapping, same).rejected) == 1
    assert len(before.with_change(overlapping, other).rejected) == 2


ENTRIES = [
    ("192.0.2.0/24", "192.0.2.0", "192.0.2.255"),
    ("192.0.2.9/24", "192.0.2.0", "192.0.2.255"),
    ("192.0.2.1 - 192.0.2.9", "192.0.2.1", "192.0.2.9"),
    ("fd00::/120", "fd00::", "fd00::ff"),
]


@pytest.mark.parametrize(("text", "first", "last"), ENTRIES, ids=[e[0] for e in ENTRIES])
def test_an_entry_of_addresses(text: str, first: str, last: str) -> None:
    """A CIDR is taken from its network on, a range from end to end."""
    found = ranges_of(text)
    assert found is not None
    assert (format_address(found.first), format_address(found.last)) == (first, last)


BAD = ["192.0.2.1", "192.0.2.9-192.0.2.1", "fd00::1-192.0.2.1", "192.0.2.0/33", "a-b", "", "1.2.3.4-", 7, "1.2.3/24"]


@pytest.mark.parametrize("text", BAD, ids=map(str, BAD))
def test_an_entry_that_metallb_refuses(text: object) -> None:
    """The pool is refused with it."""
    with pytest.raises(PoolError):
        pool_from_object("p", {"addresses": [text]}, VERSION, {})


def test_a_range_from_one_family_to_the_other_has_no_addresses() -> None:
    """MetalLB takes it, where the IPv4 address comes first, and makes no CIDR of it."""
    found = pool_from_object("p", {"addresses": ["192.0.2.1-fd00::1", "192.0.2.7/32"]}, VERSION, {})
    assert [tuple(map(format_address, span)) for span in found.ranges] == [("192.0.2.7", "192.0.2.7")]


@given(st.integers(1, 1 << 20), st.integers(0, 5000))
def test_cidrs_cover_a_range_exactly(first: int, more: int) -> None:
    """They are aligned, in order, and leave nothing out, as MetalLB's own are."""
    span = ranges_of(f"{format_address(first)}-{format_address(first + more)}")
    assert span is not None
    found = list(cidrs_of(span))
    assert found[0].first == span.first
    assert found[-1].last == span.last
    assert all(after.first == before.last + 1 for before, after in pairwise(found))
    assert all(c.first % c.size == 0 and c.size & (c.size - 1) == 0 for c in found)


def test_overlapping_pools_are_refused_by_name() -> None:
    """The message names both."""
    wide, narrow = {"addresses": ["192.0.2.0/24"]}, {"addresses": ["192.0.2.9/32"]}
    made = [pool_from_object("p", wide, VERSION, {}), pool_from_object("q", narrow, VERSION, {})]
    with pytest.raises(
        PoolError, match=r'CIDR "192.0.2.9/32" in pool "q" overlaps with .* CIDR "192.0.2.0/24" \(of pool p\)'
    ):
        configuration_from(made)


def test_priority_alone_is_for_everybody_from_0_15_on() -> None:
    """Before, such a pool is never picked by itself."""
    spec = {"addresses": ["192.0.2.0/24"], "serviceAllocation": {"priority": 3}}
    for version, selectors in (("0.14.9", 0), ("0.15.0", 1)):
        parsed = parse_version(version)
        assert parsed is not None
        allocation = pool_from_object("p", spec, parsed, {}).allocation
        assert allocation is not None
        assert len(allocation.selectors) == selectors


POOL_LOGS = [folder for folder in SAMPLES if (folder / "pools.json").exists()]


@pytest.mark.parametrize("folder", POOL_LOGS, ids=lambda folder: folder.name)
def test_pools_objects_are_those_of_the_log(folder: Path) -> None:
    """The names and specifications that `kubectl get` showed at that moment, defaults filled in."""
    shown = {i["metadata"]["name"]: i["spec"] for i in json.loads((folder / "pools.json").read_text())["items"]}
    assert {name: with_defaults(d)["spec"] for name, d in state_at(folder).world.pools.items()} == shown


def test_a_holder_that_is_filtered_is_not_looked_at_again() -> None:
    """A Service that is no LoadBalancer any more has no class: a controller of one filters it, its address kept."""
    plain, classed = (
        b'\\"type\\":\\"LoadBalancer\\"',
        b'\\"type\\":\\"LoadBalancer\\",\\"loadBalancerClass\\":\\"ours\\"',
    )
    log = (FIXTURES / "article-0.14.8.log").read_bytes().replace(plain, classed)
    moved = patch("", "/spec/addresses", ["192.168.10.210/32"])
    change = Change("IPAddressPool", "metallb-system/production", patch=moved.patch)
    filtered = (
        b'{"caller":"service_controller.go:86","controller":"ServiceReconciler",'
        b'"filtered service":"default/ingress","level":"debug","ts":"2026-03-07T01:26:11Z"}\n'
    )
    for end, looked_at in ((b"", True), (filtered, False)):
        before = states([("controller.log", io.BytesIO(log + end))])[0]
        assert before.world.held("default/ingress")
        outcome = before.with_change(change)
        assert outcome.fate("default/ingress").allocates is looked_at
        assert outcome.fate("default/git-ssh").allocates is True
