"""Manifests against what there is: what writes nothing, and what the API server makes of another family policy."""

import json
from typing import Any

import pytest

from loganalyzer.errors import UsageError
from loganalyzer.metallb.versions import parse_version
from loganalyzer.pipeline import states
from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.check import CheckReport, check
from tests.whatif.samples import pool, service

POOL = pool("p", "192.0.2.1-192.0.2.9", "2001:db8::1-2001:db8::9")


def _checked(version: str, change: Change, *objects: dict[str, Any]) -> CheckReport:
    whole = [{"apiVersion": "v1" if d["kind"] == "Service" else "metallb.io/v1beta1", **d} for d in objects]
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": whole}).encode()
    [state] = states([listed], version=parse_version(version))
    return check(state, [change])


def _holding(document: dict[str, Any], *addresses: str) -> dict[str, Any]:
    return {**document, "status": {"loadBalancer": {"ingress": [{"ip": a} for a in addresses]}}}


def _dual(name: str, policy: str) -> dict[str, Any]:
    found = service(name)
    both = {"clusterIPs": ["10.96.0.1", "fd00::1"], "ipFamilies": ["IPv4", "IPv6"], "ipFamilyPolicy": policy}
    found["spec"].update(both)
    return found


def _manifest(name: str, **spec: Any) -> Change:
    document = service(name)
    for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy", "externalTrafficPolicy"):
        del document["spec"][field]
    document["spec"].update(spec)
    return Change("Service", f"default/{name}", document=document)


def test_an_unchanged_manifest_writes_nothing() -> None:
    """What the API server filled in is no edit: MetalLB does not look at the service again."""
    live = service("w")
    live["spec"] |= {"sessionAffinity": "None", "internalTrafficPolicy": "Cluster", "clusterIP": "10.96.0.1"}
    live["spec"]["ports"] = [{"port": 80, "protocol": "TCP", "targetPort": 80, "nodePort": 30001}]
    [verdict] = _checked("0.14.8", _manifest("w"), live, POOL).services
    assert (verdict.allocates, verdict.by_itself) == (True, False)
    [edited] = _checked("0.14.8", _manifest("w", externalTrafficPolicy="Local"), live, POOL).services
    assert edited.by_itself is True


def test_an_unchanged_pool_writes_nothing() -> None:
    """Its resourceVersion and what kubectl keeps in it are no edit, also where an event would wake others."""
    applied = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    full = pool("p", "192.0.2.0/30")
    live = {**full, "metadata": {**full["metadata"], "resourceVersion": "7", "annotations": applied}}
    [verdict] = _checked(
        "0.14.8", Change("IPAddressPool", "metallb-system/p", document=full), live, service("w")
    ).services
    assert (verdict.allocates, verdict.by_itself) == (True, False)


@pytest.mark.parametrize("as_patch", [True, False], ids=["patch", "manifest"])
def test_a_second_family_comes_with_its_policy(as_patch: bool) -> None:
    """The API server gives the second cluster IP where the cluster has both families; MetalLB then gives addresses."""
    value = "RequireDualStack"
    operation = {"op": "replace", "path": "/spec/ipFamilyPolicy", "value": value}
    change = Change("Service", "default/w", patch=(operation,)) if as_patch else _manifest("w", ipFamilyPolicy=value)
    other = _holding(_dual("o", value), "192.0.2.1", "2001:db8::1")
    report = _checked("0.15.2", change, service("w"), other, POOL)
    [verdict] = [v for v in report.services if v.service == "default/w"]
    assert verdict.allocates
    assert verdict.each
    assert any(":" in address for address in verdict.addresses)


@pytest.mark.parametrize("as_patch", [True, False], ids=["patch", "manifest"])
def test_who_requires_both_families_has_both(as_patch: bool) -> None:
    """Whatever the services show: of a cluster of one family the API server takes no such Service."""
    value = "RequireDualStack"
    operation = {"op": "replace", "path": "/spec/ipFamilyPolicy", "value": value}
    change = Change("Service", "default/w", patch=(operation,)) if as_patch else _manifest("w", ipFamilyPolicy=value)
    [verdict] = _checked("0.15.2", change, service("w"), POOL).services
    assert (verdict.allocates, verdict.each) == (True, True)


PREFERS = [
    pytest.param("0.14.8", ["192.0.2.0/30"], None, ("192.0.2.0",), id="both-are-needed"),
    pytest.param("0.14.9", ["192.0.2.0/30"], True, ("192.0.2.0",), id="either-does"),
    pytest.param("0.14.8", ["192.0.2.0/30", "2001:db8::/127"], True, ("192.0.2.0", "2001:db8::"), id="both-are-there"),
]


@pytest.mark.parametrize(("version", "addresses", "allocates", "gets"), PREFERS)
@pytest.mark.parametrize("as_patch", [True, False], ids=["patch", "manifest"])
def test_whether_a_cluster_has_both_families_no_service_may_show(
    as_patch: bool, version: str, addresses: list[str], allocates: bool | None, gets: tuple[str, ...]
) -> None:
    """What depends on it is not known, and what would tell is said."""
    value = "PreferDualStack"
    operation = {"op": "replace", "path": "/spec/ipFamilyPolicy", "value": value}
    change = Change("Service", "default/w", patch=(operation,)) if as_patch else _manifest("w", ipFamilyPolicy=value)
    [verdict] = _checked(version, change, service("w"), pool("p", *addresses)).services
    assert (verdict.allocates, verdict.addresses, verdict.each) == (allocates, gets, False)
    assert bool(verdict.missing) is (allocates is None)


@pytest.mark.parametrize("as_patch", [True, False], ids=["patch", "manifest"])
def test_a_second_family_goes_with_its_policy(as_patch: bool) -> None:
    """The API server takes the second cluster IP away."""
    operation = {"op": "replace", "path": "/spec/ipFamilyPolicy", "value": "SingleStack"}
    patched = Change("Service", "default/w", patch=(operation,))
    change = patched if as_patch else _manifest("w", ipFamilyPolicy="SingleStack")
    [verdict] = _checked("0.15.2", change, _dual("w", "RequireDualStack"), POOL).services
    assert verdict.allocates
    assert not verdict.each
    assert not any(":" in address for address in verdict.addresses)


def test_a_cluster_ip_tells_the_family() -> None:
    """Also where it stands in the older field alone."""
    other = _holding(service("o"), "192.0.2.1")
    [verdict] = _checked("0.14.8", _manifest("new", clusterIP="fd00::7"), POOL, other).services
    assert verdict.addresses == ("2001:db8::1",)


def test_a_namespace_goes_behind_its_services() -> None:
    """What is in it would go with it: that is not tried, and not passed over."""
    gone = Change("Namespace", "default")
    with pytest.raises(UsageError, match="delete them first"):
        _checked("0.15.2", gone, service("w"), POOL)


def test_who_prefers_both_and_gets_both_gets_each() -> None:
    """From 0.14.9 on either would do; what it gets is told."""
    change = Change("Service", "default/w", document=_dual("w", "PreferDualStack"))
    report = _checked("0.15.2", change, POOL, _holding(service("o"), "192.0.2.1"))
    [verdict] = [v for v in report.services if v.service == "default/w"]
    assert verdict.each
