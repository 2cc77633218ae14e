"""A dump decoded at once is the Service that its object describes, whatever stands in the object."""

from __future__ import annotations

import copy
import random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from loganalyzer.metallb.documents import pack, unpack
from loganalyzer.metallb.service_dumps import service_from_dump
from loganalyzer.metallb.services import service_from_object

WHOLE: dict[str, Any] = {
    "kind": "Service",
    "apiVersion": "v1",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "5eed0008-0000-4000-8000-000000000009",
        "resourceVersion": "9",
        "labels": {"app": "web", "tier": "front"},
        "annotations": {
            "metallb.universe.tf/allow-shared-ip": "edge",
            "kubectl.kubernetes.io/last-applied-configuration": '{"kind":"Service"}',
        },
        "managedFields": [{"manager": "kubectl", "fieldsV1": {"f:spec": {"f:ports": {".": {}}}}}],
    },
    "spec": {
        "ports": [
            {"name": "dns", "protocol": "UDP", "port": 53, "targetPort": "dns"},
            {"protocol": "TCP", "port": 53, "nodePort": 30053},
            {"port": 80},
        ],
        "selector": {"app": "web"},
        "clusterIP": "10.96.0.11",
        "clusterIPs": ["10.96.0.11", "fd00::11"],
        "type": "LoadBalancer",
        "loadBalancerIP": "192.0.2.1",
        "loadBalancerClass": "example.org/metallb",
        "externalTrafficPolicy": "Local",
        "ipFamilies": ["IPv4", "IPv6"],
        "ipFamilyPolicy": "PreferDualStack",
    },
    "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}, {"hostname": "web.example.org"}, {"ip": ""}]}},
}
JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    7,
    1e2,
    -1,
    1 << 63,
    "",
    "x",
    "ü€",
    [],
    [None],
    ["", "a"],
    {},
    {"a": 1},
    {"ip": "::1"},
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything in a document."""
    within = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(p for key, one in within for p in places(one, (*path, key)))]


def put(document: Any, path: tuple[str | int, ...], rng: random.Random) -> None:
    """Replaces what is there by something that should not be, or takes it out."""
    for key in path[:-1]:
        document = document[key]
    if rng.random() < 0.2:
        del document[path[-1]]
    else:
        document[path[-1]] = copy.deepcopy(rng.choice(JUNK))


@given(st.randoms(use_true_random=False), st.integers(0, 4))
def test_a_dump_is_the_service_that_its_object_describes(rng: random.Random, edits: int) -> None:
    """Also where fields are missing, or of another type than Kubernetes gives them."""
    document = copy.deepcopy(WHOLE)
    for _ in range(edits):
        put(document, rng.choice(places(document)), rng)
    found = service_from_dump(orjson.dumps(document).decode())
    expected = service_from_object(document, pack(document))
    assert structs.replace(found, document=b"") == structs.replace(expected, document=b"")
    assert unpack(found.document) == unpack(expected.document)


def test_a_whole_dump_says_all() -> None:
    """Every field that MetalLB reads."""
    found = service_from_dump(orjson.dumps(WHOLE).decode())
    assert [str(port) for port in found.ports] == ["UDP/53", "TCP/53", "TCP/80"]
    assert (found.key, found.status, found.cluster_ips) == ("shop/web", ("192.0.2.1",), ("10.96.0.11", "fd00::11"))
    assert (found.family_policy, found.ip_families, found.traffic_policy) == (
        "PreferDualStack",
        ("IPv4", "IPv6"),
        "Local",
    )
    assert (found.load_balancer_ip, found.load_balancer_class) == ("192.0.2.1", "example.org/metallb")
    assert "managedFields" not in unpack(found.document)["metadata"]


def test_a_long_dump_takes_less_memory_than_its_text() -> None:
    """It is kept without what nobody patches."""
    document = copy.deepcopy(WHOLE)
    document["metadata"]["managedFields"] *= 100
    text = orjson.dumps(document).decode()
    assert len(service_from_dump(text).document) < len(text) // 4


@pytest.mark.parametrize(
    "text", ["", "{", '{"a":' + "[" * 100_000, '{"metadata":' * 100_000, '{"metadata":{"name":"\\ud800"}}']
)
def test_what_is_no_json_is_told(text: str) -> None:
    """However deep it is."""
    with pytest.raises(orjson.JSONDecodeError):
        service_from_dump(text)
