"""Fixes: verified before they are offered, safe for others, and runnable as printed."""

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

import jsonpatch
import pytest

from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.correlator.fix import Fix
from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.commands import command, nudge
from loganalyzer.whatif.fixes import Search, _found
from loganalyzer.whatif.proposal import Case
from loganalyzer.whatif.state import State
from tests.samples import diagnosed, distinct_logs, label
from tests.whatif.samples import SAMPLES, pool, service, state

LOGS = [*distinct_logs(), *(folder / "controller.log" for folder in SAMPLES)]


def _lasting(log: Path) -> list[Failure]:
    return [f for f in diagnosed(log).failures if f.ended is None and f.cause is not None and f.service is not None]


@pytest.mark.parametrize("log", LOGS, ids=label)
def test_every_lasting_failure_has_a_fix_or_the_reason_why_not(log: Path) -> None:
    """Failures of known cause that end before the inputs do have none."""
    for failure in diagnosed(log).failures:
        if failure in _lasting(log):
            assert failure.fixes
            assert len(failure.fixes) <= 5
            for fix in failure.fixes:
                assert fix.why
                assert fix.verified is bool(fix.changes) is bool(fix.commands) is bool(fix.predicted)
        else:
            assert not failure.fixes


@pytest.mark.parametrize("folder", SAMPLES, ids=lambda folder: folder.name)
def test_patches_apply_to_the_clusters_objects(folder: Path) -> None:
    """A JSON Patch library applies each to what `kubectl get -o json` showed at that moment."""
    objects = {}
    for name, kind in (("services.json", "Service"), ("pools.json", "IPAddressPool")):
        for item in json.loads((folder / name).read_text())["items"]:
            objects[kind, f"{item['metadata']['namespace']}/{item['metadata']['name']}"] = item
    for failure in _lasting(folder / "controller.log"):
        for fix in failure.fixes:
            for change in fix.changes:
                found = objects[change["kind"], change["name"]]
                if "patch" in change:
                    assert jsonpatch.apply_patch(found, change["patch"]) != found


def _fixes(before: State, name: str = "w") -> tuple[Fix, ...]:
    return _found(Case(before, before.world.services[f"default/{name}"]), Search())


def _titles(before: State, name: str = "w") -> list[str]:
    return [fix.title for fix in _fixes(before, name)]


ONE = [pool("p", "192.0.2.1-192.0.2.1")]
CASES: list[tuple[str, list[dict[str, Any]], list[dict[str, Any]], dict[str, str], str]] = [
    (
        "holders-key",
        ONE,
        [service("a", key="k"), service("w", port=81)],
        {"a": "192.0.2.1"},
        "let default/w share with default/a: allow-shared-ip 'k'",
    ),
    (
        "a-key-for-the-holder",
        ONE,
        [service("a"), service("w", key="k", port=81)],
        {"a": "192.0.2.1"},
        "give default/a the sharing key 'k'",
    ),
    (
        "both-cluster",
        ONE,
        [service("a", key="k", local=True), service("w", key="k", port=81)],
        {"a": "192.0.2.1"},
        "set default/a to externalTrafficPolicy Cluster",
    ),
    (
        "own-cluster",
        ONE,
        [service("a", key="k"), service("w", key="k", port=81, local=True)],
        {"a": "192.0.2.1"},
        "let default/w share with default/a: externalTrafficPolicy Cluster",
    ),
    (
        "one-selector",
        ONE,
        [service("a", key="k", local=True), service("w", key="k", port=81, local=True, selector="y")],
        {"a": "192.0.2.1"},
        "let default/w share with default/a: the selector of default/a",
    ),
    (
        "another-port",
        ONE,
        [service("a", key="k"), service("w", key="k")],
        {"a": "192.0.2.1"},
        "let default/w share with default/a: port TCP 8080 in place of 80",
    ),
    (
        "drop-the-request",
        [pool("p", "192.0.2.1-192.0.2.2")],
        [service("w", loadBalancerIPs="198.51.100.1")],
        {},
        "drop the requested address from default/w",
    ),
    (
        "drop-the-pool",
        ONE,
        [service("w", address_pool="gone")],
        {},
        "drop the requested pool from default/w",
    ),
    (
        "another-pool-by-name",
        [*ONE, pool("q", "198.51.100.1/32", autoAssign=False)],
        [service("a"), service("w")],
        {"a": "192.0.2.1"},
        "ask for the pool q by name in default/w",
    ),
    (
        "automatic",
        [pool("q", "198.51.100.1/32", autoAssign=False)],
        [service("w")],
        {},
        "set autoAssign: true on the pool q",
    ),
    (
        "a-label",
        [pool("q", "198.51.100.1/32", serviceAllocation={"serviceSelectors": [{"matchLabels": {"tier": "vip"}}]})],
        [service("w")],
        {},
        "label default/w tier=vip, which the pool q selects",
    ),
    (
        "a-namespace",
        [pool("q", "198.51.100.1/32", serviceAllocation={"namespaces": ["shop"]})],
        [service("w")],
        {},
        "let the namespace default into the pool q",
    ),
    (
        "priority-only",
        [pool("q", "198.51.100.1/32", serviceAllocation={"priority": 1})],
        [service("w")],
        {},
        "take the serviceAllocation of the pool q away",
    ),
    ("more-addresses", ONE, [service("a"), service("w")], {"a": "192.0.2.1"}, "add 192.0.2.2/32 to the pool p"),
    (
        "avoided",
        [pool("p", "192.0.2.255/32", avoidBuggyIPs=True)],
        [service("w")],
        {},
        "set avoidBuggyIPs: false on the pool p",
    ),
    (
        "unused-holder",
        ONE,
        [service("a"), service("w")],
        {"a": "192.0.2.1"},
        "delete default/a, if nobody needs it any more",
    ),
]


@pytest.mark.parametrize(
    ("pools", "services", "held", "title"), [c[1:3] + c[3:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_each_way_out_is_offered(
    pools: list[dict[str, Any]], services: list[dict[str, Any]], held: dict[str, str], title: str
) -> None:
    """In a cluster in which it helps."""
    assert title in _titles(state("0.14.8", pools, held, services))


def test_dual_stack_may_become_single() -> None:
    """A service that needs both families of a pool that has one gives its second cluster IP back."""
    both = service("w")
    both["spec"] |= {
        "clusterIPs": ["10.96.0.1", "fd00::1"],
        "ipFamilies": ["IPv4", "IPv6"],
        "ipFamilyPolicy": "RequireDualStack",
    }
    assert "set default/w to ipFamilyPolicy SingleStack" in _titles(state("0.14.8", ONE, {}, [both]))


def test_a_pool_gets_an_address_for_each_that_would_take_one() -> None:
    """Not for who needs another family too, nor for who asks for one address; but for itself, once it asks for less."""
    both = service("both")
    both["spec"] |= {
        "clusterIPs": ["10.96.0.1", "fd00::1"],
        "ipFamilies": ["IPv4", "IPv6"],
        "ipFamilyPolicy": "RequireDualStack",
    }
    asks = service("asks", loadBalancerIPs="192.0.2.99")
    before = state("0.14.8", ONE, {"a": "192.0.2.1"}, [service("a"), service("w"), service("x"), both, asks])
    assert "add 192.0.2.2-192.0.2.3 to the pool p, one for each of the 2 services that wait for it" in _titles(before)
    assert (
        "drop the requested address from default/asks, and add 192.0.2.2-192.0.2.4 to the pool p, "
        "one for each of the 3 services that wait for it"
    ) in _titles(before, "asks")


def test_a_selector_chooses_pods_of_its_own_namespace() -> None:
    """That of a service in another namespace would choose none of these; in the same one it may be copied."""
    holder, waiting = service("a", key="k", local=True), service("w", key="k", local=True, selector="y", port=81)
    assert any(
        "the selector of default/a" in t for t in _titles(state("0.14.8", ONE, {"a": "192.0.2.1"}, [holder, waiting]))
    )
    waiting["metadata"]["namespace"] = "shop"
    before = state("0.14.8", ONE, {"a": "192.0.2.1"}, [holder, waiting])
    found = _found(Case(before, before.world.services["shop/w"]), Search())
    assert found
    assert not [fix.title for fix in found if "the selector of" in fix.title]


def test_what_combines_two_changes_tells_both_costs() -> None:
    """Whoever asks for less besides gives up what it asked for."""
    waiting = service("w", key="k", port=81, loadBalancerIPs="192.0.2.99")
    before = state("0.14.8", ONE, {"a": "192.0.2.1"}, [service("a"), waiting])
    [fix] = [f for f in _fixes(before) if f.title.startswith("drop the requested address from default/w, and add ")]
    assert "make sure that nothing else on the network has it" in fix.why
    assert "names and firewalls that expect the old request must follow" in fix.why
    assert "nothing else on the network" in fix.caution


def test_no_pool_is_opened_that_is_open() -> None:
    """A pool that MetalLB looks into already only lacks addresses."""
    pools = [pool("p", "192.0.2.1/32", serviceAllocation={"priority": 1, "namespaces": ["default"]})]
    titles = _titles(state("0.14.8", pools, {"a": "192.0.2.1"}, [service("a"), service("w")]))
    assert "add 192.0.2.2/32 to the pool p" in titles
    assert not [title for title in titles if "serviceAllocation" in title]


def test_many_that_wait_share_a_bounded_search() -> None:
    """Where there is no plenty left the first fix is enough; where nothing is left nothing is tried, which is told."""
    before = state("0.14.8", ONE, {"a": "192.0.2.1"}, [service("a", key="k"), service("w", port=81)])
    case = Case(before, before.world.services["default/w"])
    search = Search()
    assert len(_found(case, search)) > 1
    assert search.plenty < Search().plenty, "what was looked at counts"
    assert [fix.title for fix in _found(case, Search(plenty=0))] == _titles(before)[:1]
    exhausted = Search(left=0)
    assert not _found(case, exhausted)
    assert exhausted.refused


def test_a_fix_that_costs_another_its_address_is_not_offered() -> None:
    """Two share under Local: whichever becomes Cluster first loses the address, so neither is asked to."""
    before = state(
        "0.14.8",
        ONE,
        {"a": "192.0.2.1", "b": "192.0.2.1"},
        [service("a", key="k", local=True), service("b", key="k", local=True, port=81), service("w", key="k", port=82)],
    )
    for fix in _fixes(before):
        changes = [Change(c["kind"], c["name"], patch=c.get("patch")) for c in fix.changes]
        assert before.with_change(*changes).losses == ()
        assert "set default/a and default/b" not in fix.title


def test_a_nudge_is_the_last_command_where_it_is_needed() -> None:
    """On 0.14 the holder's new key does not wake the waiting service; on 0.15 it does."""
    parts = (ONE, {"a": "192.0.2.1"}, [service("a"), service("w", key="k", port=81)])
    old, new = (
        next(f for f in _fixes(state(version, *parts)) if f.title.startswith("give default/a"))
        for version in ("0.14.8", "0.15.0")
    )
    assert (old.by_itself, new.by_itself) == (False, True)
    assert old.commands[-1] == old.nudge == nudge("default/w")
    assert new.nudge is None
    assert "metallb.universe.tf/allow-shared-ip" in old.commands[0]
    assert "metallb.io/allow-shared-ip" in new.commands[0]


def test_what_holds_alone_is_not_offered_with_more() -> None:
    """Where dropping a request is enough nothing is added to it."""
    titles = _titles(state("0.14.8", [pool("p", "192.0.2.1-192.0.2.9")], {}, [service("w", address_pool="gone")]))
    assert not [title for title in titles if title.startswith("drop the requested pool from default/w, and")]


def test_sorted_by_objects_then_reach() -> None:
    """Fewest objects first; of as many the service's own, then others', then pools; a deletion is the last resort."""
    fixes = _fixes(state("0.14.8", ONE, {"a": "192.0.2.1"}, [service("a", key="k"), service("w", port=81)]))
    kinds = [(len(f.changes), [c["name"] != "default/w" for c in f.changes], f.changes[0]["kind"]) for f in fixes]
    deletions = ["delete" in f.changes[0] for f in fixes]
    assert deletions == sorted(deletions)
    kept = [k for k, deletes in zip(kinds, deletions, strict=True) if not deletes]
    assert kept == sorted(kept, key=lambda k: (k[0], k[1], k[2] != "Service"))
    assert fixes[0].title.startswith("let default/w share")


def test_request_that_another_pool_replaces_is_told() -> None:
    """Asking for a pool by name takes a requested address back, which names and firewalls may expect."""
    pools = [pool("p", "192.0.2.1/32"), pool("q", "198.51.100.1/32", autoAssign=False)]
    waiting = service("w", loadBalancerIPs="203.0.113.9")
    fixes = {f.title: f for f in _fixes(state("0.14.8", pools, {"a": "192.0.2.1"}, [service("a"), waiting]))}
    fix = fixes["ask for the pool q by name in default/w, not for an address"]
    assert [op["op"] for op in fix.changes[0]["patch"]] == ["remove", "add"]
    assert "names and firewalls that expect the old request must follow" in fix.why
    assert "ask for the pool q by name in default/w" in _titles(
        state("0.14.8", pools, {"a": "192.0.2.1"}, [service("a"), service("w")])
    )


def test_other_pods_are_no_first_advice() -> None:
    """A service that takes a holder's selector gets the address and may serve nothing: that comes late."""
    services = [service("a", key="k", local=True), service("w", key="k", port=81, local=True, selector="y")]
    fixes = _fixes(state("0.14.8", ONE, {"a": "192.0.2.1"}, services))
    kinds = [f.changes[0]["kind"] for f in fixes]
    place = [f.title for f in fixes].index("let default/w share with default/a: the selector of default/a")
    assert kinds.index("IPAddressPool") < place
    assert fixes[place].caution == "its traffic goes to the pods of default/a, which must serve it"
    assert fixes[place].caution in fixes[place].why


def test_what_another_port_costs_is_told_with_others_changes() -> None:
    """Where holders become Cluster and the service takes another port, both are said."""
    services = [service("a", key="k", local=True), service("w", key="k")]
    (fix,) = [
        f
        for f in _fixes(state("0.14.8", ONE, {"a": "192.0.2.1"}, services))
        if f.title.startswith("set default/a to externalTrafficPolicy Cluster")
    ]
    assert "in default/w port TCP 8080 in place of 80" in fix.title
    assert fix.why.startswith(
        "a change to somebody else's service (default/a): the pods of all of them no longer see clients' addresses, "
        "but nodes'; clients must use the other port"
    )


AWKWARD = 'it\'s $HOME `x` "q"\\ ~/é'


def _run(line: str, tmp_path: Path) -> list[str]:
    """The arguments that kubectl would get from a pasted line."""
    fake = tmp_path / "kubectl"
    fake.write_text('#!/bin/sh\nfor a in "$@"; do printf "%s\\0" "$a"; done\n')
    fake.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    out = subprocess.run(["/bin/sh", "-c", line], capture_output=True, check=True, env={"PATH": path})
    return out.stdout.decode().split("\0")[:-1]


def test_a_patch_command_pastes(tmp_path: Path) -> None:
    """Quotes, dollars and backticks of a value reach kubectl as they are."""
    change = Change(
        "Service",
        "shop/web",
        patch=(
            {"op": "test", "path": "/spec/ports/0/port", "value": 80},
            {"op": "add", "path": "/metadata/annotations/metallb.io~1allow-shared-ip", "value": AWKWARD},
        ),
    )
    found = _run(command(change), tmp_path)
    assert found[:6] == ["-n", "shop", "patch", "service", "web", "--type=json"]
    assert json.loads(found[7]) == list(change.patch or ())


def test_an_annotate_command_pastes(tmp_path: Path) -> None:
    """A single annotation is set and dropped by `kubectl annotate`, its key unescaped."""
    path = "/metadata/annotations/metallb.io~1allow-shared-ip"
    setting = Change("Service", "shop/web", patch=({"op": "add", "path": path, "value": AWKWARD},))
    assert _run(command(setting), tmp_path)[-1] == f"metallb.io/allow-shared-ip={AWKWARD}"
    dropping = Change("Service", "shop/web", patch=({"op": "remove", "path": path},))
    assert _run(command(dropping), tmp_path)[-1] == "metallb.io/allow-shared-ip-"
    first = Change(
        "Service", "shop/web", patch=({"op": "add", "path": "/metadata/annotations", "value": {"a/b": "c"}},)
    )
    assert _run(command(first), tmp_path)[-1] == "a/b=c"


def test_a_nudge_is_a_new_annotation_each_time(tmp_path: Path) -> None:
    """The shell puts the time into it."""
    found = _run(nudge("shop/web"), tmp_path)
    assert found[:5] == ["-n", "shop", "annotate", "service", "web"]
    assert found[-1].startswith("loganalyzer/touched=")
    assert found[-1].removeprefix("loganalyzer/touched=").isdigit()


def test_deleting_is_one_command() -> None:
    """In the object's namespace."""
    assert shlex.split(command(Change("Service", "shop/web"))) == ["kubectl", "-n", "shop", "delete", "service", "web"]
