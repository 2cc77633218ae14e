"""Manifests and change files that are odd, or that nobody means well with: an answer or one line, never a crash."""

import json
from pathlib import Path
from typing import Any

import pytest

from loganalyzer.errors import UsageError
from loganalyzer.metallb.addresses import parse_cidr
from loganalyzer.metallb.versions import parse_version
from loganalyzer.pipeline import diagnose, states
from loganalyzer.whatif.changes import Change, change_from
from loganalyzer.whatif.check import check
from loganalyzer.whatif.manifests import changes_from_manifest
from tests.cli.command import loganalyzer
from tests.samples import FIXTURES
from tests.whatif.samples import pool, service

ARTICLE = FIXTURES / "article-0.14.8.log"
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


def _objects(*documents: dict[str, Any]) -> bytes:
    whole = [{"apiVersion": "v1" if d["kind"] != "IPAddressPool" else "metallb.io/v1beta1", **d} for d in documents]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": whole}).encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("[" * 100_000, b"nested too deeply", id="open brackets"),
        pytest.param("[" * 50_000 + "]" * 50_000, b"nested too deeply", id="JSON"),
        pytest.param("kind: Service\nspec: " + "[" * 100_000, b"nested too deeply", id="in an object"),
        pytest.param(f"kind: Service\nmetadata: {{name: x}}\n{BOMB}", b"aliases make it too large", id="aliases"),
        pytest.param("a: &a [*a]", b"neither YAML nor JSON", id="holds itself"),
    ],
)
@pytest.mark.parametrize("option", [(), ("--change",)], ids=["manifest", "change"])
def test_what_is_too_deep_or_too_large_is_refused(
    text: str, said: bytes, option: tuple[str, ...], tmp_path: Path
) -> None:
    """In one line, before any library's own recursion ends the process."""
    file = tmp_path / "x.yaml"
    file.write_text(text)
    done = loganalyzer("check", *option, file, "--against", ARTICLE)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_objects_of_many_aliases_are_no_objects(tmp_path: Path) -> None:
    """What `explain` and `redact` read of a folder of manifests stays as large as it is."""
    file = tmp_path / "x.yaml"
    file.write_text(f"apiVersion: v1\nkind: Service\nmetadata: {{name: x}}\n{BOMB}")
    assert len(loganalyzer("redact", file).stdout) < 10_000


NAMESPACE = {"kind": "Namespace", "metadata": {"name": "default", "labels": {"team": "a"}}}


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param({"op": "remove", "path": "/metadata/labels"}, id="no labels"),
        pytest.param({"op": "replace", "path": "/metadata/labels", "value": {}}, id="none"),
    ],
)
def test_a_namespace_may_lose_its_labels(operation: dict[str, Any]) -> None:
    """That is a change like any other."""
    [state] = states([_objects(NAMESPACE, service("w"), pool("p", "192.0.2.1/32"))], version=parse_version("0.15.2"))
    check(state, [change_from({"kind": "Namespace", "name": "default", "patch": [operation]})])


@pytest.mark.parametrize("value", [None, 5, {"labels": "x"}, {"labels": ["x"]}, {"labels": {"a": 1}}])
def test_labels_that_are_none_are_refused(value: object) -> None:
    """A namespace without metadata or with something else as labels is none that the API server takes."""
    [state] = states([_objects(NAMESPACE, service("w"), pool("p", "192.0.2.1/32"))], version=parse_version("0.15.2"))
    change = Change("Namespace", "default", patch=({"op": "replace", "path": "/metadata", "value": value},))
    with pytest.raises(UsageError, match="labels are no mapping"):
        check(state, [change])


@pytest.mark.parametrize("labels", ["x", ["x"], {"a": 1}])
def test_labels_of_a_manifest_are_texts(labels: object) -> None:
    """Of a Namespace as of any other object."""
    manifest = json.dumps({"kind": "Namespace", "metadata": {"name": "n", "labels": labels}}).encode()
    with pytest.raises(UsageError, match="labels"):
        changes_from_manifest("m", manifest)


@pytest.mark.parametrize("families", [5, [[1]], "IPv4", [None]])
def test_families_of_a_manifest_may_be_anything(families: object) -> None:
    """What are none count as none given."""
    document = service("new")
    del document["spec"]["clusterIPs"]
    document["spec"]["ipFamilies"] = families
    [state] = states([_objects(service("w"), pool("p", "192.0.2.1-192.0.2.9"))], version=parse_version("0.14.8"))
    report = check(state, [Change("Service", "default/new", document=document)])
    assert [v.allocates for v in report.services if v.service == "default/new"] == [True]


def test_changes_of_one_pool_follow_upon_each_other() -> None:
    """The second is made to what the first made of it, also where that made it."""
    [state] = states([_objects(service("w"), pool("p", "192.0.2.1/32"))], version=parse_version("0.14.8"))
    allocation = "/spec/serviceAllocation"
    twice = [
        Change("IPAddressPool", "metallb-system/p", patch=({"op": "add", "path": allocation, "value": {}},)),
        Change(
            "IPAddressPool", "metallb-system/p", patch=({"op": "add", "path": f"{allocation}/priority", "value": 3},)
        ),
    ]
    assert check(state, twice).known
    made = [
        Change("IPAddressPool", "metallb-system/q", document=pool("q", "198.51.100.1/32")),
        Change(
            "IPAddressPool",
            "metallb-system/q",
            patch=({"op": "add", "path": "/spec/addresses/-", "value": "198.51.100.2/32"},),
        ),
    ]
    assert check(state, made).known


@pytest.mark.parametrize("text", ["192.0.2.0/28 ", "192.0.2.0/ 28", "192.0.2.0/+28", "192.0.2.0/2_8", "192.0.2.0/٢٨"])
def test_a_prefix_length_is_digits(text: str) -> None:
    """As Go's net.ParseCIDR takes it."""
    with pytest.raises(ValueError, match="prefix length"):
        parse_cidr(text)


@pytest.mark.parametrize(
    "time", ["garbage", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", ""]
)
def test_an_event_of_no_time(time: str) -> None:
    """It is an Event all the same."""
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "e", "namespace": "default", "resourceVersion": "²"},
        "involvedObject": {"kind": "Service", "namespace": "default", "name": "git-ssh"},
        "reason": "AllocationFailed",
        "message": 'Failed to allocate IP for "default/git-ssh": no available IPs',
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }
    info = b"\n".join(line for line in ARTICLE.read_bytes().splitlines() if b'"level":"debug"' not in line)
    assert diagnose([info, json.dumps(event).encode()]).failures


REFUSED = [
    pytest.param({"loadBalancerIPs": "2001:db8::3"}, {}, "MLB305", id="of another family"),
    pytest.param({}, {"loadBalancerIP": " 192.0.2.3"}, "MLB304", id="blank before it"),
    pytest.param({"loadBalancerIPs": "192.0.2.3,192.0.2.4"}, {}, "MLB304", id="two of one family"),
    pytest.param({}, {"ipFamilyPolicy": "RequireDualStack"}, "MLB307", id="one cluster IP"),
    pytest.param({"loadBalancerIPs": "192.0.2.4", "address_pool": "q"}, {}, "MLB306", id="of another pool"),
]


@pytest.mark.parametrize(("annotations", "spec", "rule"), REFUSED)
def test_a_request_is_refused_before_any_address_is_looked_at(
    annotations: dict[str, Any], spec: dict[str, Any], rule: str
) -> None:
    """Objects alone: what is in use does not matter then."""
    waiting = service("w", **annotations)
    waiting["spec"].update(spec)
    holder = {**service("h"), "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.3"}]}}}
    pools = (pool("p", "192.0.2.3-192.0.2.4", "2001:db8::3/128"), pool("q", "198.51.100.1/32"))
    found = diagnose([_objects(holder, waiting, *pools)], version=parse_version("0.15.2"))
    assert [f.cause.rule for f in found.failures if f.cause] == [rule]
