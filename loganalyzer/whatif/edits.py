"""JSON Patch operations (RFC 6902) on Services and pools, made for the object as it is.

An array's element is tested before it is replaced or removed: the object may have changed since the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loganalyzer.metallb.requests import prefix
from loganalyzer.metallb.services import NEW_PREFIX, OLD_PREFIX
from loganalyzer.metallb.versions import Version, reads_new_prefix
from loganalyzer.whatif.commands import TOUCHED, escaped

Document = Mapping[str, Any]
Operations = tuple[dict[str, Any], ...]


def annotated(document: Document, name: str, value: str, version: Version) -> Operations:
    """Set one of MetalLB's annotations, under the prefix that this version prefers."""
    return _in_map(document, "annotations", prefix(version) + name, value)


def unannotated(document: Document, name: str, version: Version) -> Operations:
    """Drop one of MetalLB's annotations, under every prefix that this version reads."""
    have = _map(document, "annotations")
    prefixes = (NEW_PREFIX, OLD_PREFIX) if reads_new_prefix(version) else (OLD_PREFIX,)
    return tuple(
        {"op": "remove", "path": f"/metadata/annotations/{escaped(p + name)}"} for p in prefixes if p + name in have
    )


def touch(document: Document) -> Operations:
    """Set an annotation that nobody reads to a value that it has not: MetalLB looks at the object again."""
    value = str((document.get("metadata") or {}).get("resourceVersion") or "1")
    same = _map(document, "annotations").get(TOUCHED) == value
    return _in_map(document, "annotations", TOUCHED, f"{value}+" if same else value)


def labelled(document: Document, key: str, value: str) -> Operations:
    """Set a label."""
    return _in_map(document, "labels", key, value)


def label_added(key: str, value: str) -> Operations:
    """Set a label of an object that has some; every Namespace has one, its name."""
    return ({"op": "add", "path": f"/metadata/labels/{escaped(key)}", "value": value},)


def field_set(document: Document, name: str, value: object) -> Operations:
    """Set a field of the spec; nothing where it has the value."""
    spec = document.get("spec") or {}
    if name in spec and spec[name] == value:
        return ()
    return ({"op": "replace" if name in spec else "add", "path": f"/spec/{escaped(name)}", "value": value},)


def field_dropped(document: Document, name: str) -> Operations:
    """Drop a field of the spec."""
    spec = document.get("spec") or {}
    return ({"op": "remove", "path": f"/spec/{escaped(name)}"},) if name in spec else ()


def port_replaced(index: int, old: int, new: int) -> Operations:
    """Give one port of a Service another number."""
    path = f"/spec/ports/{index}/port"
    return ({"op": "test", "path": path, "value": old}, {"op": "replace", "path": path, "value": new})


def single_stack(document: Document) -> Operations:
    """Make a dual-stack Service one of its first family."""
    spec = document.get("spec") or {}
    found: Operations = field_set(document, "ipFamilyPolicy", "SingleStack")
    for name in ("ipFamilies", "clusterIPs"):
        values = spec.get(name)
        if isinstance(values, list) and len(values) > 1:
            path = f"/spec/{name}/1"
            found += ({"op": "test", "path": path, "value": values[1]}, {"op": "remove", "path": path})
    return found


def address_added(text: str) -> Operations:
    """Add an entry to a pool's addresses."""
    return ({"op": "add", "path": "/spec/addresses/-", "value": text},)


def namespace_added(namespace: str, have: object) -> Operations:
    """Let one more namespace in."""
    path = "/spec/serviceAllocation/namespaces"
    if isinstance(have, list):
        return ({"op": "add", "path": f"{path}/-", "value": namespace},)
    return ({"op": "add", "path": path, "value": [namespace]},)


def _map(document: Document, name: str) -> Mapping[str, Any]:
    found = (document.get("metadata") or {}).get(name)
    return found if isinstance(found, dict) else {}


def _in_map(document: Document, name: str, key: str, value: str) -> Operations:
    have = _map(document, name)
    if have.get(key) == value:
        return ()
    if not have:
        return ({"op": "add", "path": f"/metadata/{name}", "value": {key: value}},)
    path = f"/metadata/{name}/{escaped(key)}"
    return ({"op": "replace" if key in have else "add", "path": path, "value": value},)
