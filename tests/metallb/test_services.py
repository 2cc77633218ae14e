"""What a Service asks for, by version."""

import pytest
from msgspec import structs

from loganalyzer.metallb.requests import asked
from loganalyzer.metallb.services import LOAD_BALANCER_IPS, NEW_PREFIX, OLD_PREFIX
from loganalyzer.metallb.versions import Version
from tests.building import service

V0_11, V0_12, V0_13, V0_14_8 = Version(0, 11, 0), Version(0, 12, 0), Version(0, 13, 12), Version(0, 14, 8)
V0_14_9, V0_15 = Version(0, 14, 9), Version(0, 15, 3)
DUAL = service("a/b", cluster="dual")
REQUIRING = service("a/b", family_policy="RequireDualStack")
HEADLESS = structs.replace(DUAL, cluster_ips=("None",))
FAMILIES = [
    pytest.param(DUAL, V0_11, ("ipv4",), id="before dual stack"),
    pytest.param(DUAL, V0_12, ("ipv4", "ipv6"), id="dual stack"),
    pytest.param(REQUIRING, V0_14_8, ("ipv4",), id="the policy is not read"),
    pytest.param(REQUIRING, V0_14_9, ("ipv4", "ipv6"), id="the policy asks for both"),
    pytest.param(REQUIRING, V0_15, ("ipv4",), id="refused earlier"),
    pytest.param(HEADLESS, V0_13, ("ipv6",), id="None taken for IPv6"),
    pytest.param(HEADLESS, V0_14_8, (), id="None is no address"),
]


@pytest.mark.parametrize(("seen", "version", "families"), FAMILIES)
def test_families(seen: object, version: Version, families: tuple[str, ...]) -> None:
    """The families that a service needs addresses of are those of its cluster IPs, as its version reads them."""
    assert seen.families(version) == families  # type: ignore[attr-defined]


def asking(*cluster_ips: str, old: str = "", new: str = "", single: str = "") -> object:
    """A service of these cluster IPs that asks for addresses by either annotation, or by the field."""
    annotations = {OLD_PREFIX + LOAD_BALANCER_IPS: old, NEW_PREFIX + LOAD_BALANCER_IPS: new}
    return structs.replace(
        DUAL,
        cluster_ips=cluster_ips,
        annotations={name: value for name, value in annotations.items() if value},
        load_balancer_ip=single,
    )


FOUR, SIX = "10.96.0.10", "fd00:96::10"
ASKED = [
    pytest.param(asking(FOUR, old="10.0.0.1"), V0_14_8, "", id="an address of its family"),
    pytest.param(asking(FOUR, SIX, old="10.0.0.1, fd00::1"), V0_14_8, "", id="one of each"),
    pytest.param(asking(FOUR, old="10.9.9.9x"), V0_11, "", id="the annotation is not read yet"),
    pytest.param(
        asking(FOUR, old="10.0.0.1,x"),
        V0_14_8,
        'invalid metallb.universe.tf/loadBalancerIPs: "10.0.0.1,x"',
        id="one that is none",
    ),
    pytest.param(
        asking(FOUR, old="10.0.0.1,x"),
        V0_14_9,
        'invalid metallb.io/loadBalancerIPs: "10.0.0.1,x"',
        id="by its new name",
    ),
    pytest.param(asking(FOUR, single="x"), V0_14_8, 'invalid spec.loadBalancerIP "x"', id="a field that is none"),
    pytest.param(
        asking(FOUR, old="10.0.0.1", single="10.0.0.1"),
        V0_14_8,
        "service can not have both metallb.universe.tf/loadBalancerIPs and svc.Spec.LoadBalancerIP",
        id="asked twice",
    ),
    pytest.param(
        asking(FOUR, SIX, old="10.0.0.1,10.0.0.2"),
        V0_14_8,
        'IPFamilyForAddresses: same address family ["10.0.0.1" "10.0.0.2"]',
        id="two of one family",
    ),
    pytest.param(
        asking(FOUR, SIX, old="10.0.0.1,fd00::1,fd00::2"),
        V0_14_8,
        'IPFamilyForAddresses: invalid ips length 3 ["10.0.0.1" "fd00::1" "fd00::2"]',
        id="three",
    ),
    pytest.param(
        asking(FOUR, SIX, single="10.0.0.1"),
        V0_14_8,
        'requested loadBalancer IP(s) ["10.0.0.1"] does not match the ipFamily of the service',
        id="one of two families",
    ),
    pytest.param(
        asking("None", old="10.0.0.1"), V0_14_8, 'IPFamilyForAddresses: Invalid address ["None"]', id="no cluster IP"
    ),
    pytest.param(
        asking(FOUR, "None", old="10.0.0.1"),
        V0_13,
        f'IPFamilyForAddresses: Invalid address ["{FOUR}" "None"]',
        id="one cluster IP of two",
    ),
]


@pytest.mark.parametrize(("seen", "version", "error"), ASKED)
def test_requests_are_refused_in_metallbs_words(seen: object, version: Version, error: str) -> None:
    """A request that can't be read, or is of other families, has the text that MetalLB has for it."""
    assert asked(seen, version)[2] == error  # type: ignore[arg-type]


BOTH, FIRST, OTHER = ("10.0.0.1", "fd00::1"), ("10.0.0.1",), ("fd00::1",)
KEPT = [
    pytest.param("ipv4", "SingleStack", FIRST, V0_14_8, True, id="its family"),
    pytest.param("ipv4", "SingleStack", OTHER, V0_14_8, False, id="another family"),
    pytest.param("dual", "RequireDualStack", FIRST, V0_15, False, id="one of two that are required"),
    pytest.param("dual", "PreferDualStack", FIRST, V0_14_8, False, id="one of two, before one was enough"),
    pytest.param("dual", "PreferDualStack", FIRST, V0_14_9, True, id="one of two that are preferred"),
    pytest.param("dual", "PreferDualStack", BOTH, V0_14_9, True, id="both"),
    pytest.param("ipv4", "PreferDualStack", BOTH, V0_15, False, id="one too many"),
]


@pytest.mark.parametrize(("cluster", "policy", "status", "version", "kept"), KEPT)
def test_addresses_of_other_families_are_dropped(
    cluster: str, policy: str, status: tuple[str, ...], version: Version, kept: bool
) -> None:
    """What a service shows is dropped without a line where its families are not those of its cluster IPs."""
    seen = service("a/b", cluster=cluster, family_policy=policy, status=status)
    assert seen.status_of_other_family(version) != kept
