"""Changes to objects: patched, created or replaced, deleted; and what each makes of a world at once.

An event that changes nothing is no event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, Final

import orjson
from msgspec import Struct

from loganalyzer.errors import UsageError
from loganalyzer.metallb.documents import pack, unpack
from loganalyzer.metallb.services import Service, service_from_object, without_balancer

DEFAULTS: Final = {"autoAssign": True, "avoidBuggyIPs": False}
"""What the API server fills in where an IPAddressPool leaves it out; MetalLB's own dump drops what is false."""


class Change(Struct, frozen=True):
    """One change to one object: a JSON Patch (RFC 6902), a whole `document`, or (neither) its deletion.

    `name` is namespace/name; a Namespace's name alone.
    """

    kind: str
    name: str
    patch: Sequence[Mapping[str, Any]] | None = None
    document: Mapping[str, Any] | None = None

    @property
    def deletes(self) -> bool:
        """Whether it deletes the object."""
        return self.patch is None and self.document is None

    def to_dict(self) -> dict[str, Any]:
        """As `fixes[].changes` of the diagnosis has it."""
        found: dict[str, Any] = {"kind": self.kind, "name": self.name}
        if self.deletes:
            found["delete"] = True
        else:
            found["patch"] = [dict(op) for op in self.patch or ()]
        return found


def mark_of(change: Change) -> bytes:
    """What tells a change from others."""
    body = [dict(op) for op in change.patch] if change.patch is not None else change.document
    return orjson.dumps([change.kind, change.name, body], option=orjson.OPT_SORT_KEYS)


def change_from(value: object) -> Change:
    """The change that an entry of a `--change` file describes. Raises UsageError."""
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str) or not isinstance(value.get("name"), str):
        raise UsageError("a change needs a kind, a name, and a patch or `delete: true`")
    patch, delete = value.get("patch"), value.get("delete")
    if (patch is None) == (delete is not True):
        raise UsageError(f"{value['kind']} {value['name']}: a change has either a patch or `delete: true`")
    if patch is not None and not (isinstance(patch, list) and all(isinstance(op, dict) for op in patch)):
        raise UsageError(f"{value['kind']} {value['name']}: a patch is a list of operations (RFC 6902)")
    return Change(value["kind"], value["name"], patch=tuple(patch) if patch is not None else None)


def patched(document: Mapping[str, Any], change: Change) -> dict[str, Any]:
    """The object after the change's patch, which has what is not changed in common with the one before.

    Raises UsageError where the patch does not apply (RFC 6902).
    """
    found = _plainly(document, change.patch or ())
    return found if found is not None else _by_the_book(document, change)


def _plainly(found: Any, patch: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:  # noqa: ANN401 - JSON
    """An object with operations of the plainest kind made on it; None where the library must look at one.

    What is proposed is of this kind, and the library takes long to be loaded.
    """
    for operation in patch:
        found = _operated(found, operation)
        if found is None:
            return None
    return {**found} if isinstance(found, dict) else None


def _operated(document: Any, operation: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A document with an operation made on it, of which only what is on its path is made anew; None where it can't be.

    What is on the path of a test is made anew for nothing.
    """
    op, path = operation.get("op"), operation.get("path")
    if not isinstance(path, str) or not path.startswith("/") or ("~" in path and _ESCAPES_ALONE.search(path)):
        return None
    tokens = path.split("/")[1:]
    *parents, last = (t.replace("~1", "/").replace("~0", "~") for t in tokens) if "~" in path else tokens
    found = made = _anew(document)
    for token in parents:
        at = _index(found, token)
        if at is None:
            return None
        inner = found[at] = _anew(found[at])
        found = inner
    at = _index(found, last)
    if op == "remove" and at is not None:
        del found[at]
        return made
    if "value" not in operation:
        return None
    value = operation["value"]
    if op == "test":
        return document if at is not None and found[at] == value else None
    if isinstance(value, dict | list):
        value = _copied(value)
    if op == "add" and isinstance(found, list) and last == "-":
        found.append(value)
    elif (op == "add" and isinstance(found, dict)) or (op == "replace" and at is not None):
        found[last if at is None else at] = value
    else:
        return None
    return made


def _anew(found: Any) -> Any:  # noqa: ANN401 - JSON
    """An object or array with the same in it."""
    return {**found} if isinstance(found, dict) else [*found] if isinstance(found, list) else found


_ESCAPES_ALONE: Final = re.compile(r"~(?![01])")
"""What RFC 6901 does not allow in a path."""

_MOST_DIGITS: Final = 9


def _index(found: object, token: str) -> Any:  # noqa: ANN401 - a key or an index
    """Where the token of a path leads in an object or an array; None where it is not there."""
    if isinstance(found, dict):
        return token if token in found else None
    if isinstance(found, list) and token.isascii() and token.isdigit() and len(token) <= _MOST_DIGITS:
        return int(token) if int(token) < len(found) and str(int(token)) == token else None
    return None


def _by_the_book(document: Mapping[str, Any], change: Change) -> dict[str, Any]:
    import jsonpatch
    from jsonpointer import JsonPointerException

    try:
        operations = jsonpatch.JsonPatch([dict(op) for op in change.patch or ()])
        found = operations.apply(_copied(document), in_place=True)
    except (jsonpatch.JsonPatchException, JsonPointerException, TypeError, KeyError, IndexError) as problem:
        text = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise UsageError(f"{change.kind} {change.name}: the patch does not apply ({text[:200]})") from problem
    if not isinstance(found, dict):
        raise UsageError(f"{change.kind} {change.name}: the patch leaves no object")
    return found


def _copied(document: Any) -> Any:  # noqa: ANN401 - JSON
    """The same object anew: through JSON, which is far quicker than copy.deepcopy."""
    try:
        return orjson.loads(orjson.dumps(document))
    except TypeError:
        # A manifest of YAML may have a date, or a number that JSON has no room for.
        return deepcopy(document)


def service_after(service: Service | None, change: Change, families: Sequence[str]) -> Service | None:
    """The service after the change; the same object where nothing changed, None where it is deleted.

    Raises UsageError where there is no such service, or its object is not known.
    """
    if change.document is not None:
        return service_from_manifest(service, change, families)
    if service is None:
        raise UsageError(f"Service {change.name}: not in the inputs")
    if change.deletes:
        return None
    before = document_of(service)
    if not before:
        raise UsageError(f"Service {change.name}: the inputs do not show the whole object")
    after = patched(before, change)
    if after == before:
        return service
    after = without_balancer(_with_families(after, service, families), before)
    made = service_from_object(after, pack(after))
    if made.key != service.key:
        raise UsageError(f"Service {change.name}: a patch can't rename it")
    return made


def document_of(service: Service) -> dict[str, Any]:
    """A Service's object, which is not to be changed: of one that waits, and of holders, many changes are tried."""
    return _unpacked(service.document)


_unpacked: Final = lru_cache(maxsize=512)(unpack)


def service_from_manifest(service: Service | None, change: Change, families: Sequence[str]) -> Service:
    """The service that a manifest makes, with the cluster IPs that the API server would give it.

    One that exists keeps its own. `families` are those of the cluster's services, the most frequent first.
    """
    document = {**(change.document or {})}
    spec = dict(document.get("spec") or {}) if isinstance(document.get("spec"), dict) else {}
    if service is not None:
        spec.setdefault("clusterIPs", list(service.cluster_ips))
        spec.setdefault("ipFamilies", list(service.ip_families))
        spec.setdefault("ipFamilyPolicy", service.family_policy or "SingleStack")
        spec = _filled(spec, unpack(service.document).get("spec"))
    elif not spec.get("clusterIPs"):
        policy = spec.get("ipFamilyPolicy") or "SingleStack"
        given, own = spec.get("ipFamilies"), spec.get("clusterIP")
        asked = [f for f in given if isinstance(f, str) and f in CLUSTER_IPS] if isinstance(given, list) else []
        if not asked and isinstance(own, str) and own not in ("", "None"):
            asked = ["IPv6" if ":" in own else "IPv4"]
        asked = asked or list(families[:1]) or ["IPv4"]
        if policy != "SingleStack" and len(asked) == 1:
            asked += _more(policy, asked, families)
        spec["ipFamilyPolicy"], spec["ipFamilies"] = policy, asked
        spec["clusterIPs"] = [CLUSTER_IPS[f] for f in asked]
    document["spec"] = spec
    document = _with_families(document, service, families)
    if service is not None:
        document = without_balancer(document, unpack(service.document))
    made = service_from_object(document, pack(document))
    if service is not None and _essence(made) == _essence(service):
        return service
    return made


CLUSTER_IPS: Final = {"IPv4": "192.0.2.1", "IPv6": "2001:db8::1"}
"""Stand-ins: of a cluster IP MetalLB reads nothing but the family."""


def _more(policy: object, have: list[str], families: Sequence[str]) -> list[str]:
    """The families that the API server adds: what requires both it does not take in a cluster of one."""
    return [f for f in CLUSTER_IPS if f not in have and (f in families or policy == "RequireDualStack")]


def _with_families(document: dict[str, Any], before: Service | None, families: Sequence[str]) -> dict[str, Any]:
    """A Service of another ipFamilyPolicy with as many families and cluster IPs as the API server makes of it.

    Source: kubernetes v1.29 pkg/registry/core/service, trimFieldsForDualStackDowngrade and initIPFamilyFields.
    """
    spec = document.get("spec")
    if (
        before is None
        or not isinstance(spec, dict)
        or spec.get("ipFamilyPolicy") == (before.family_policy or "SingleStack")
    ):
        return document
    ips, have = spec.get("clusterIPs"), spec.get("ipFamilies")
    if not isinstance(ips, list) or not isinstance(have, list):
        return document
    policy = spec.get("ipFamilyPolicy")
    if policy == "SingleStack" and len(ips) > 1:
        return {**document, "spec": {**spec, "clusterIPs": ips[:1], "ipFamilies": have[:1]}}
    other = _more(policy, have, families)
    if policy in ("PreferDualStack", "RequireDualStack") and len(ips) == len(have) == len(other) == 1:
        ips, have = [*ips, CLUSTER_IPS[other[0]]], [*have, *other]
        return {**document, "spec": {**spec, "clusterIPs": ips, "ipFamilies": have}}
    return document


def _filled(spec: dict[str, Any], live: object) -> dict[str, Any]:
    """What a manifest asks of a Service, with what the API server had filled in of the one that there is."""
    if not isinstance(live, dict):
        return spec
    given = {name: live[name] for name in _ALLOCATED if name in live}
    given |= {name: value for name, value in _BY_DEFAULT.items() if live.get(name) == value}
    ports, old = spec.get("ports"), live.get("ports")
    if isinstance(ports, list) and isinstance(old, list) and len(ports) == len(old):
        spec = {**spec, "ports": [_filled_port(new, was) for new, was in zip(ports, old, strict=True)]}
    return {**given, **spec}


def _filled_port(port: object, live: object) -> object:
    if not isinstance(port, dict) or not isinstance(live, dict) or port.get("port") != live.get("port"):
        return port
    given = {"protocol": "TCP", "targetPort": port.get("port"), "nodePort": live.get("nodePort")}
    return {**{name: value for name, value in given.items() if live.get(name, "") == value}, **port}


_ALLOCATED: Final = ("clusterIP", "healthCheckNodePort")
_BY_DEFAULT: Final = {
    "sessionAffinity": "None",
    "externalTrafficPolicy": "Cluster",
    "internalTrafficPolicy": "Cluster",
    "allocateLoadBalancerNodePorts": True,
}
"""What the API server fills in where a Service does not say it (k8s.io/kubernetes pkg/apis/core/v1/defaults.go)."""


def _essence(service: Service) -> tuple[object, ...]:
    document = unpack(service.document)
    metadata = document.get("metadata") or {}
    return (
        document.get("spec"),
        metadata.get("labels") or {},
        {k: v for k, v in (metadata.get("annotations") or {}).items() if not k.endswith(_WRITTEN)},
    )


_WRITTEN: Final = ("/ip-allocated-from-pool", "/last-applied-configuration")


def pool_after(document: Mapping[str, Any] | None, change: Change) -> dict[str, Any] | None:
    """The IPAddressPool object after the change; None where it is deleted. Raises UsageError."""
    if change.document is not None:
        return dict(change.document)
    if document is None:
        raise UsageError(f"IPAddressPool {change.name}: not in the inputs")
    if change.deletes:
        return None
    return patched(with_defaults(document), change)


def with_defaults(document: Mapping[str, Any]) -> dict[str, Any]:
    """A pool's object with what the API server has filled in."""
    spec = document.get("spec")
    return {**document, "spec": {**DEFAULTS, **spec}} if isinstance(spec, dict) else dict(document)
