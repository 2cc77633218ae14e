"""What becomes of lines, family by family."""

# ruff: noqa: E501 - a record is easier to compare on one line

import json

import pytest

from loganalyzer.redaction.lines import LEFT_OUT, Lines
from loganalyzer.redaction.values import Values


def redacted(*lines: str) -> list[str]:
    """The lines after redaction, all of them met before."""
    made = Lines(Values())
    for line in lines:
        made.line(line.encode())
    made.freeze()
    return [made.line(line.encode()).decode() for line in lines]


RECORDS = [
    pytest.param(
        {"caller": "main.go:1", "service": "shop/web", "ip": ["10.1.2.3"], "event": "ipAllocated", "ts": "2021-05-01T12:00:00Z"},
        {"caller": "main.go:1", "service": "namespace-1/service-1", "ip": ["198.18.0.3"], "event": "ipAllocated", "ts": "2021-05-01T12:00:00Z"},
        id="go-kit: names and addresses",
    ),
    pytest.param(
        {"caller": "acme.go:1", "service": "default/web", "error": 'port TCP/80 is already in use on "10.1.2.0"'},
        {"caller": "redacted.go:1", "service": "default/service-1", "error": 'port TCP/80 is already in use on "198.18.0.0"'},
        id="ports and host parts stay",
    ),
    pytest.param(
        {"caller": "main.go:1", "error": "no available IPs in pool shared for dual IPFamily", "pool": "shared"},
        {"caller": "main.go:1", "error": "no available IPs in pool pool-1 for dual IPFamily", "pool": "pool-1"},
        id="a pool whose name is a word",
    ),
    pytest.param(
        {"caller": "main.go:1", "error": 'can\'t change sharing key for "a/b", address also in use by default/c,a/d'},
        {"caller": "main.go:1", "error": 'can\'t change sharing key for "namespace-1/service-1", address also in use by default/service-2,namespace-1/service-3'},
        id="holders",
    ),
    pytest.param(
        {"caller": "main.go:1", "localASN": 65000, "peerASN": 3320, "error": "unexpected peer ASN 3320, want 65000"},
        {"caller": "main.go:1", "localASN": 64496, "peerASN": 64497, "error": "unexpected peer ASN 64497, want 64496"},
        id="autonomous systems",
    ),
    pytest.param(
        {"caller": "main.go:1", "op": "reload", "config": "neighbor 10.1.1.1 password x\n", "level": "error"},
        {"caller": "main.go:1", "op": "reload", "config": "redacted", "level": "error"},
        id="FRR's configuration goes",
    ),
    pytest.param(
        {"caller": "main.go:1", "level": "info", "ticket": "ACME-7", "&{{ } {l2-1 acme}": "(MISSING)", "shoesize": 7},
        {"caller": "main.go:1", "level": "info", "redacted": "redacted", "redacted-1": "(MISSING)", "redacted-2": 0},
        id="unknown fields go",
    ),
    pytest.param(
        {"level": "error", "ts": 1657036800.5, "msg": "Reconciler error", "Service": {"name": "web", "namespace": "shop"}, "stacktrace": "sigs.k8s.io/controller-runtime@v0.18.4/pkg/x.go\n/home/joe/x.go:1"},
        {"level": "error", "ts": 1657036800.5, "msg": "Reconciler error", "Service": {"name": "service-1", "namespace": "namespace-1"}, "stacktrace": "sigs.k8s.io/controller-runtime@v0.18.4/redacted"},
        id="zap: a stack trace tells controller-runtime's version alone",
    ),
    pytest.param(
        {"caller": "net.go:1", "component": "Memberlist", "msg": "memberlist: Refuting a dead message (from: rack7-a)", "node name": "rack7-a"},
        {"caller": "net.go:1", "component": "Memberlist", "msg": "memberlist: Refuting a dead message (from: redacted-node-1)", "node name": "redacted-node-1"},
        id="memberlist: a node met elsewhere",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("record", "expected"), RECORDS)
def test_records(record: dict[str, object], expected: dict[str, object]) -> None:
    """A record keeps its form, and what is MetalLB's own."""
    assert json.loads(redacted(json.dumps(record))[0]) == expected


PLAIN = [
    pytest.param(
        "W0101 00:00:00.617434       1 reflector.go:561] watch of *v1.Service ended with: joe@acme.example",
        "W0101 00:00:00.617434       1 reflector.go:561] watch of *v1.Service ended with: redacted",
        id="klog",
    ),
    pytest.param(
        "panic: incoherent state, I thought port TCP/80 belonged to service shop/web",
        "panic: incoherent state, I thought port TCP/80 belonged to service redacted",
        id="panic",
    ),
    pytest.param(
        "struct { Version uint8; ASN16 uint16; HoldTime uint16; RouterID uint32; OptsLen uint8 }"
        "{Version:0x4, ASN16:0xcf8, HoldTime:0x5a, RouterID:0xa010203, OptsLen:0x1e}",
        "struct { Version uint8; ASN16 uint16; HoldTime uint16; RouterID uint32; OptsLen uint8 }"
        "{Version:0x4, ASN16:0xfbf0, HoldTime:0x5a, RouterID:0xc6120003, OptsLen:0x1e}",
        id="BGP OPEN: ASN and router",
    ),
    pytest.param(
        "2024/01/02 03:04:05 http: TLS handshake error from 10.1.2.3:4711: EOF",
        "2024/01/02 03:04:05 http: TLS handshake error from 198.18.0.3:4711: EOF",
        id="net/http",
    ),
    pytest.param("whatever acme wrote", LEFT_OUT.decode(), id="no record"),
    pytest.param('{"caller":"main.go:1","service":"sh', LEFT_OUT.decode(), id="cut"),
    pytest.param("", "", id="blank"),
]


@pytest.mark.parametrize(("line", "expected"), PLAIN)
def test_other_families(line: str, expected: str) -> None:
    """Other lines keep the words that Go, Kubernetes and MetalLB print; a line of nobody goes."""
    if "cut" in line or line.startswith('{"caller'):
        assert "sh" not in redacted(line)[0].replace("redacted", "")
        return
    assert redacted(line) == [expected]


def test_passwords_two_escapes_deep() -> None:
    """A BGP password goes from a peer, and from the last-applied-configuration inside a dump of it."""
    applied = json.dumps({"spec": {"password": "hunter2", "peerAddress": "10.1.1.1", "myASN": 3320}})
    peer = {
        "kind": "BGPPeer",
        "metadata": {"name": "tor", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}},
        "spec": {"password": "hunter2", "peerAddress": "10.1.1.1"},
    }
    (line,) = redacted(json.dumps({"caller": "main.go:1", "metallb CRs": json.dumps({"bgppeers": [peer]})}))
    found = json.loads(json.loads(line)["metallb CRs"])["bgppeers"][0]
    assert found["spec"] == {"password": "<redacted>", "peerAddress": "198.18.0.1"}
    inner = json.loads(found["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"])
    assert inner["spec"] == {"password": "<redacted>", "peerAddress": "198.18.0.1", "myASN": 64496}


def test_all_secrets_become_one() -> None:
    """Two different passwords can't be told apart, and `<retracted>` stays what it is."""
    dump = json.dumps({"bgppeers": [{"spec": {"password": p}} for p in ("one", "two", "<retracted>", "")]})
    (line,) = redacted(json.dumps({"caller": "main.go:1", "metallb CRs": dump}))
    found = [peer["spec"]["password"] for peer in json.loads(json.loads(line)["metallb CRs"])["bgppeers"]]
    assert found == ["<redacted>", "<redacted>", "<retracted>", ""]


LABELS = [
    pytest.param("app", "app", id="everybody's"),
    pytest.param("app.kubernetes.io/name", "app.kubernetes.io/name", id="Kubernetes'"),
    pytest.param("metallb.universe.tf/allow-shared-ips", "metallb.universe.tf/allow-shared-ips", id="misspelt"),
    pytest.param("acme.example/allow-shared-ip", "domain-1/allow-shared-ip", id="MetalLB's under another domain"),
    pytest.param("metallb.io/acme-secret", "metallb.io/key-1", id="somebody's under MetalLB's domain"),
    pytest.param("acme.example/rack", "domain-1/key-1", id="somebody's"),
]


@pytest.mark.parametrize(("key", "expected"), LABELS)
def test_label_keys(key: str, expected: str) -> None:
    """Of a key stays what everybody has, and what tells that an annotation of MetalLB's is misspelt."""
    values = Values()
    values.label_key(key)
    values.freeze()
    assert values.label_key(key) == expected


def test_what_was_equal_stays_equal() -> None:
    """A name has one replacement as a label, a selector, a sharing key and a service, and none of them is another's."""
    service = {
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"},
                     "annotations": {"metallb.io/allow-shared-ip": "web"}},
        "spec": {"selector": {"app": "api"}},
    }  # fmt: skip
    (line,) = redacted(json.dumps({"caller": "main.go:1", "processing service": json.dumps(service)}))
    found = json.loads(json.loads(line)["processing service"])
    names = (found["metadata"]["name"], found["metadata"]["labels"]["app"], *found["metadata"]["annotations"].values())
    assert set(names) == {"service-1"}
    assert found["spec"]["selector"]["app"] == "label-1"


def test_replacements_are_nobodys_names() -> None:
    """A name that looks like a replacement is nobody else's replacement."""
    first, second = redacted('{"caller":"a","service":"shop/web"}', '{"caller":"a","service":"shop/service-1"}')
    assert json.loads(first)["service"] == "namespace-1/service-2"
    assert json.loads(second)["service"] == "namespace-1/service-3"
