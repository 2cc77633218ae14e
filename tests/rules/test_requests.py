"""What to do about a refused request depends on where the request stands, and on the version."""

from __future__ import annotations

import pytest
from msgspec import structs

from loganalyzer.metallb.error_texts import parse_error
from loganalyzer.metallb.services import LOAD_BALANCER_IPS, NEW_PREFIX, OLD_PREFIX
from loganalyzer.metallb.versions import Version
from loganalyzer.model.state import AddressUse
from loganalyzer.rules.catalogue import rule
from loganalyzer.rules.rule import Finding
from tests.building import service

NOT_ALLOWED = parse_error('["172.16.4.4"] is not allowed in config')
CLAIM = service("a/b").claim(Version(0, 12, 1))
BY_FIELD = service("a/b", requested="172.16.4.4")
SEEN = structs.replace(BY_FIELD, annotations={OLD_PREFIX + LOAD_BALANCER_IPS: "172.16.4.4"}, load_balancer_ip="")
WHERE = [
    pytest.param(Version(0, 11, 0), None, ['loadBalancerIP":null'], id="0.11 has the field alone"),
    pytest.param(Version(0, 12, 1), None, ["loadBalancerIPs-", 'loadBalancerIP":null'], id="not in the log: both"),
    pytest.param(Version(0, 14, 8), SEEN, ["loadBalancerIPs-"], id="the annotation"),
    pytest.param(Version(0, 14, 8), BY_FIELD, ['loadBalancerIP":null'], id="the field"),
]


@pytest.mark.parametrize(("version", "seen", "commands"), WHERE)
def test_a_request_is_taken_back_where_it_stands(version: Version, seen: object, commands: list[str]) -> None:
    """Only what can hold the request is offered."""
    finding = Finding("a/b", version, NOT_ALLOWED, seen=seen)  # type: ignore[arg-type]  # a Service or None
    steps = rule("MLB302").remedy(finding)
    offered = [s for s in steps if s.startswith("kubectl -n a ")]
    assert len(offered) == len(commands)
    assert all(part in step for part, step in zip(commands, offered, strict=True))


BY_NEW, BY_OLD = f"{NEW_PREFIX}{LOAD_BALANCER_IPS}", f"{OLD_PREFIX}{LOAD_BALANCER_IPS}"
BY_BOTH = structs.replace(SEEN, annotations=dict.fromkeys((BY_NEW, BY_OLD), "172.16.4.4"))
NAMES = [
    pytest.param(Version(0, 14, 8), BY_BOTH, [BY_OLD], id="0.14.8 reads the older alone"),
    pytest.param(Version(0, 14, 9), BY_BOTH, [BY_NEW, BY_OLD], id="both are there"),
    pytest.param(Version(0, 14, 9), SEEN, [BY_OLD], id="the older is there"),
    pytest.param(Version(0, 14, 9), None, [BY_NEW, BY_OLD], id="not in the log"),
]


@pytest.mark.parametrize(("version", "seen", "names"), NAMES)
def test_a_request_is_taken_back_under_each_name_that_is_read(version: Version, seen: object, names: list[str]) -> None:
    """From 0.14.9 on the older name counts where the newer one is gone."""
    finding = Finding("a/b", version, NOT_ALLOWED, seen=seen)  # type: ignore[arg-type]  # a Service or None
    [step] = [s for s in rule("MLB302").remedy(finding) if " annotate " in s]
    assert step.split(" annotate service b ")[1].split() == [f"{name}-" for name in names]


ABOUT_POOLS = [f"MLB{n}" for n in (101, 102, 103, 104, 105, 201, 202, 203, 206, 207, 301, 302, 401)]


@pytest.mark.parametrize("code", ABOUT_POOLS)
@pytest.mark.parametrize(("version", "kind"), [((0, 12, 1), "configmap"), ((0, 13, 0), "ipaddresspool")])
def test_pools_are_where_the_version_has_them(code: str, version: tuple[int, int, int], kind: str) -> None:
    """Up to 0.12 there are no pool objects to look at or to edit."""
    use = AddressUse.of((), "web", "app=web")
    finding = Finding("a/b", Version(*version), NOT_ALLOWED, claim=CLAIM, pool="blue", pools=("blue",), use=use)
    steps = [s for s in rule(code).remedy(finding) if s.startswith("kubectl -n metallb-system ")]
    assert steps
    assert all(f" {kind}" in step for step in steps)


CLUSTER_IPS = [
    pytest.param("requires dual stack but clusterips are not dual stack", "SingleStack", "anew", id="one of two"),
    pytest.param("No ClusterIPs", "anew", "SingleStack", id="none"),
]


@pytest.mark.parametrize(("error", "helps", "does_not"), CLUSTER_IPS)
def test_missing_cluster_ips_are_told_from_too_few(error: str, helps: str, does_not: str) -> None:
    """Another family policy gives a service without a cluster IP none."""
    finding = Finding("a/b", Version(0, 15, 3), parse_error(error))
    text = " ".join((rule("MLB307").summary(finding), *rule("MLB307").remedy(finding)))
    assert helps in text
    assert does_not not in text
