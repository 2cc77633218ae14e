"""Changes that were made to real controllers, and small states made by hand."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from loganalyzer.metallb.addresses import parse_address
from loganalyzer.metallb.documents import pack
from loganalyzer.metallb.pool_objects import configuration_from, pool_from_object
from loganalyzer.metallb.services import Service, service_from_object
from loganalyzer.metallb.versions import parse_version
from loganalyzer.model.allocator import Allocator
from loganalyzer.pipeline import states
from loganalyzer.whatif.changes import Change, change_from
from loganalyzer.whatif.manifests import changes_from_manifest
from loganalyzer.whatif.state import State
from loganalyzer.whatif.world import NOWHERE, World
from tests.samples import FIXTURES

SAMPLES = sorted((FIXTURES / "whatif").iterdir())


@cache
def state_at(folder: Path) -> State:
    """The state at the end of a sample's log."""
    return states([folder / "controller.log"])[0]


def changes_of(folder: Path) -> list[Change]:
    """What was changed in a sample."""
    file = folder / "change.json"
    if file.exists():
        return [change_from(entry) for entry in json.loads(file.read_text())]
    return changes_from_manifest("manifest.json", (folder / "manifest.json").read_bytes())[0]


def service(
    name: str, *, key: str = "", local: bool = False, selector: str = "x", port: int = 80, **annotations: str
) -> dict[str, Any]:
    """A LoadBalancer Service `default/NAME`; annotations by their name after MetalLB's older prefix."""
    found = {"metallb.universe.tf/" + k.replace("_", "-"): v for k, v in annotations.items()}
    if key:
        found["metallb.universe.tf/allow-shared-ip"] = key
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default", "annotations": {"note": "x", **found}},
        "spec": {
            "type": "LoadBalancer",
            "clusterIPs": ["10.96.0.1"],
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "externalTrafficPolicy": "Local" if local else "Cluster",
            "selector": {"app": selector},
            "ports": [{"port": port, "protocol": "TCP"}],
        },
    }


def pool(name: str, *addresses: str, **spec: Any) -> dict[str, Any]:
    """An IPAddressPool."""
    return {
        "kind": "IPAddressPool",
        "metadata": {"name": name, "namespace": "metallb-system"},
        "spec": {"addresses": list(addresses), **spec},
    }


def state(version: str, pools: list[dict[str, Any]], held: dict[str, str], services: list[dict[str, Any]]) -> State:
    """A state: `held` gives services of that name their addresses, the others wait."""
    parsed = parse_version(version)
    assert parsed is not None
    allocator = Allocator()
    made = [pool_from_object(p["metadata"]["name"], p["spec"], parsed, {}) for p in pools]
    allocator.configure(configuration_from(made), parsed)
    objects: dict[str, Service] = {}
    for document in services:
        found = service_from_object(document, pack(document))
        objects[found.key] = found
    world = World(parsed, allocator, objects, {}, {p["metadata"]["name"]: p for p in pools})
    for name, address in held.items():
        world.assign(objects[f"default/{name}"], (parse_address(address),))
        world.show(f"default/{name}", (parse_address(address),))
    world.moved.clear()
    return State(parsed, version_known=True, known=True, at=NOWHERE, world=world)


def patch(name: str, path: str, value: Any = None, op: str = "add") -> Change:
    """One operation on the Service `default/NAME`."""
    operation = {"op": op, "path": path} if op == "remove" else {"op": op, "path": path, "value": value}
    return Change("Service", f"default/{name}", patch=(operation,))


def to_cluster(name: str) -> Change:
    """`externalTrafficPolicy: Cluster`."""
    return patch(name, "/spec/externalTrafficPolicy", "Cluster")


def key(name: str, value: str) -> Change:
    """Another sharing key."""
    return patch(name, "/metadata/annotations/metallb.universe.tf~1allow-shared-ip", value)
