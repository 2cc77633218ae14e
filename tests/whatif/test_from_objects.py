"""The state that Kubernetes objects show, where no log does."""

import json
from pathlib import Path
from typing import Any

import pytest

from loganalyzer.metallb.versions import Version, parse_version
from loganalyzer.pipeline import diagnose, states
from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.check import check
from loganalyzer.whatif.state import State
from tests.samples import FIXTURES, RULES
from tests.whatif.samples import SAMPLES, changes_of, pool, service, state_at

OLD = RULES / "MLB301" / "positive-0.12.1-requested_addresses.log"


def _objects(*documents: dict[str, Any]) -> bytes:
    """As `kubectl get -o json` prints them."""
    whole = [{"apiVersion": "v1" if d["kind"] == "Service" else "metallb.io/v1beta1", **d} for d in documents]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": whole}, indent=1).encode()


def _holding(name: str, address: str, **more: Any) -> dict[str, Any]:
    return {**service(name, **more), "status": {"loadBalancer": {"ingress": [{"ip": address}]}}}


def _state(*documents: dict[str, Any], version: str | None = "0.14.8") -> State:
    [found] = states([_objects(*documents)], version=parse_version(version) if version else None)
    return found


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_objects_alone_tell_what_the_log_does(folder: Path) -> None:
    """The same services get the same addresses, and the same lose theirs: but it is partial."""
    version = parse_version(json.loads((folder / "outcome.json").read_text())["metallb_version"])
    [state] = states([folder / "services.json", folder / "pools.json"], version=version)
    by_log, by_objects = check(state_at(folder), changes_of(folder)), check(state, changes_of(folder))
    assert [(v.service, v.allocates, v.addresses) for v in by_objects.services] == [
        (v.service, v.allocates, v.addresses) for v in by_log.services
    ]
    assert by_objects.loses == by_log.loses
    assert (by_log.certainty, by_objects.certainty) == ("proven", "partial")


def test_an_unknown_version_is_assumed_and_said() -> None:
    """The newer prefix in what MetalLB itself wrote speaks of 0.15, else 0.14.8 is taken."""
    held = _holding("a", "192.0.2.1")
    assert _state(held, pool("p", "192.0.2.1/32"), version=None).version == Version(0, 14, 8)
    held["metadata"]["annotations"]["metallb.io/ip-allocated-from-pool"] = "p"
    newer = _state(held, pool("p", "192.0.2.1/32"), version=None)
    assert newer.version == Version(0, 15, 0)
    report = check(newer, [Change("Service", "default/a")])
    assert report.metallb_version is None
    assert any("0.15.0" in text and "--metallb-version" in text for text in report.assumed)


SELECTS = {"serviceAllocation": {"namespaceSelectors": [{"matchLabels": {"team": "x"}}]}}
MISSING = [
    ("no-pools", [service("a")], "ipaddresspools"),
    ("no-services", [pool("p", "192.0.2.1/32")], "services"),
    ("no-namespaces", [service("a"), pool("p", "192.0.2.1/32", **SELECTS)], "namespaces"),
    ("refused", [service("a"), pool("p", "192.0.2.1/32"), pool("q", "192.0.2.0/24")], "overlaps"),
]


@pytest.mark.parametrize(("documents", "missing"), [m[1:] for m in MISSING], ids=[m[0] for m in MISSING])
def test_what_is_missing_is_named(documents: list[dict[str, Any]], missing: str) -> None:
    """Nothing is tried, and each service says what to collect."""
    report = check(_state(*documents), [Change("Service", "default/n", document=service("n"))])
    assert report.certainty == "unknown"
    [verdict] = [v for v in report.services if v.service == "default/n"]
    assert verdict.allocates is None
    assert missing in verdict.missing[0]


def test_an_address_of_another_load_balancer_is_left_alone() -> None:
    """No pool has it: MetalLB does not hold it, and no change takes it away."""
    found = _state(_holding("theirs", "203.0.113.9"), service("w"), pool("p", "192.0.2.1/32"))
    report = check(found, [Change("Service", "default/n", document=service("n"))])
    assert report.loses == ()
    assert any("default/theirs" in text for text in report.assumed)


def test_a_log_that_tells_less_is_completed() -> None:
    """0.12 never logs pools: with the ConfigMap and the services changes can be tried, and failures have fixes."""
    config = "address-pools:\n- {name: p, protocol: layer2, addresses: [192.168.10.200-192.168.10.201]}\n"
    configmap = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "config", "namespace": "metallb-system"}}
    objects = _objects(service("ghost", address_pool="staging"), {**configmap, "data": {"config": config}})
    assert not states([OLD])[0].known
    [found] = states([OLD, objects])
    assert (found.known, found.version) == (True, Version(0, 12, 1))
    more = {**configmap, "data": {"config": config.replace("name: p", "name: staging")}}
    report = check(found, [Change("ConfigMap", "metallb-system/config", document=more)])
    assert [(v.service, v.allocates) for v in report.services] == [("default/ghost", True)]
    [failure] = [f for f in diagnose([OLD, objects]).failures if f.service == "default/ghost" and f.ended is None]
    assert failure.fixes[0].title == "drop the requested pool from default/ghost"
    assert "no log shows" in failure.fixes[0].why
    assert not any(c["kind"] == "IPAddressPool" for fix in failure.fixes for c in fix.changes)


def test_a_proven_state_stays_what_the_log_proves() -> None:
    """Objects add nothing but the labels of namespaces."""
    folder = FIXTURES / "whatif" / "fit-2127-v0.14.8"
    [found] = states([folder / "controller.log", folder / "services.json", folder / "pools.json"])
    assert found.assumed == ()
    assert found.world.status == state_at(folder).world.status


def test_a_waiting_service_of_objects_has_fixes() -> None:
    """Where the version is told; else the reason names it."""
    documents = (_holding("a", "192.0.2.1"), service("w"), pool("p", "192.0.2.1/32"))
    [told] = diagnose([_objects(*documents)], version=Version(0, 14, 8)).failures
    [untold] = diagnose([_objects(*documents)]).failures
    assert told.fixes[0].verified
    assert [fix.verified for fix in untold.fixes] == [False]
    assert "--metallb-version" in untold.fixes[0].why


def test_a_namespaces_label_is_offered_where_its_labels_are_known() -> None:
    """The pool selects namespaces by a label that this one has not; the patch is tried with all pools' selectors."""
    namespace = {"kind": "Namespace", "metadata": {"name": "default", "labels": {"a": "b"}}}
    chosen = pool("q", "192.0.2.1/32", **SELECTS)
    [failure] = diagnose([_objects(service("w"), chosen, namespace)], version=Version(0, 14, 8)).failures
    [fix] = [fix for fix in failure.fixes if fix.title.startswith("label the namespace")]
    assert fix.verified
    operation = {"op": "add", "path": "/metadata/labels/team", "value": "x"}
    assert fix.changes == ({"kind": "Namespace", "name": "default", "patch": [operation]},)
    assert fix.commands[0].startswith("kubectl patch namespace default --type=json -p ")


def test_a_pool_in_another_namespace_is_none() -> None:
    """MetalLB does not look at it, even where it has the name of one that counts; the report says so."""
    stray = pool("p", "192.0.2.1-192.0.2.9")
    stray["metadata"]["namespace"] = "default"
    given = [_holding("a", "192.0.2.1"), service("w"), pool("p", "192.0.2.1/32"), stray]
    for documents in (given, given[::-1]):
        state = _state(*documents)
        assert not state.world.allocator.configuration.pools["p"].contains(3221225986)  # type: ignore[union-attr]
        assert any("left out: default/p" in text for text in state.assumed)
        found = diagnose([_objects(*documents)])
        assert [(f.service, f.cause and f.cause.rule) for f in found.failures] == [("default/w", "MLB201")]
        assert [n.kind for n in found.notes] == ["strays"]
    assert not diagnose([_objects(*given[:-1])]).notes
