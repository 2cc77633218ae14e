"""Manifests and change files: YAML or JSON, any number of documents, as changes to be tried."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from loganalyzer.errors import UsageError
from loganalyzer.sources.objects import DEEPEST, explodes, nesting
from loganalyzer.whatif.changes import Change, change_from

MOST_BYTES: Final = 64 << 20
_DEFAULT_NAMESPACE: Final = "default"
_METALLB_NAMESPACE: Final = "metallb-system"
_METALLB: Final = "metallb.io/"
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""What the API server takes for a name (k8s.io/apimachinery, IsDNS1123Subdomain), if a little more."""


def changes_from_manifest(name: str, data: bytes) -> tuple[list[Change], list[str]]:
    """The changes that a manifest means, MetalLB's resources first, and the kinds in it that can't be tried.

    `name` is what errors call it. Raises UsageError for a text that is neither YAML nor JSON.
    """
    services: list[Change] = []
    resources: list[Change] = []
    left: list[str] = []
    for document in _objects(name, documents(name, data)):
        kind = str(document.get("kind"))
        if kind == "Service":
            services.append(_change(kind, document, _DEFAULT_NAMESPACE))
        elif kind == "IPAddressPool":
            resources.append(_change(kind, document, _METALLB_NAMESPACE))
        elif kind == "Namespace":
            _check_texts(f"Namespace {_metadata(document, 'name')}", document)
            resources.append(Change(kind, _metadata(document, "name"), document=document))
        elif kind == "ConfigMap" and "address-pools" in str(document.get("data")):
            resources.append(_change(kind, document, _METALLB_NAMESPACE))
        elif str(document.get("apiVersion", "")).startswith(_METALLB):
            left.append(kind)
    return [*resources, *services], left


def repeated(changes: list[Change]) -> list[str]:
    """The objects that are there more than once: the last of each is what counts."""
    count = Counter(f"{change.kind} {change.name}" for change in changes)
    return [name for name, number in count.items() if number > 1]


def changes_from_file(name: str, data: bytes) -> list[Change]:
    """The changes of a `--change` file. Raises UsageError."""
    found = documents(name, data)
    if len(found) != 1 or not isinstance(found[0], list):
        raise UsageError(f"{name}: not a list of changes")
    return [change_from(entry) for entry in found[0]]


def documents(name: str, data: bytes) -> list[object]:
    """The documents of a YAML or JSON text; empty ones are left out. Raises UsageError."""
    if len(data) > MOST_BYTES:
        raise UsageError(f"{name}: larger than {MOST_BYTES >> 20} MiB; pass only the manifests to be checked")
    if nesting(data) > DEEPEST:
        raise UsageError(f"{name}: nested too deeply to be read")
    import orjson

    try:
        return [orjson.loads(data)]
    except orjson.JSONDecodeError:
        pass
    import yaml

    try:
        found = list(yaml.load_all(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        if explodes(found, len(data)):
            raise UsageError(f"{name}: its aliases make it too large to be read")
        # A document that holds itself, by an alias, or a value that JSON has not, is none of Kubernetes'.
        return [orjson.loads(orjson.dumps(d)) for d in found if d is not None]
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, TypeError, RecursionError) as problem:
        text = " ".join(str(problem).split())[:160]
        raise UsageError(f"{name}: neither YAML nor JSON ({text})") from problem


def _objects(name: str, found: list[object]) -> Iterator[Mapping[str, Any]]:
    """The Kubernetes objects in documents, those in Lists included."""
    for document in found:
        if isinstance(document, list):
            yield from _objects(name, document)
        elif not isinstance(document, dict) or "kind" not in document:
            raise UsageError(f"{name}: a document is no Kubernetes object")
        elif isinstance(document.get("items"), list):
            yield from _objects(name, document["items"])
        else:
            yield document


def _change(kind: str, document: Mapping[str, Any], namespace: str) -> Change:
    own = _metadata(document, "namespace") or namespace
    name = _metadata(document, "name")
    if not name:
        raise UsageError(f"a {kind} without a name")
    if not _NAME.fullmatch(name) or not _NAME.fullmatch(own):
        raise UsageError(f"{kind} {own}/{name}: the API server takes no such name")
    _check_texts(f"{kind} {own}/{name}", document)
    metadata = {**document["metadata"], "name": name}
    if kind == "Service":
        metadata["namespace"] = own
    return Change(kind, f"{own}/{name}", document={**document, "metadata": metadata})


def _check_texts(what: str, document: Mapping[str, Any]) -> None:
    metadata = document.get("metadata")
    for field in ("labels", "annotations"):
        values = metadata.get(field) if isinstance(metadata, dict) else None
        if values is not None and not isinstance(values, dict):
            raise UsageError(f"{what}: its {field} are no mapping")
        odd = [key for key, value in (values or {}).items() if not isinstance(value, str)]
        if odd:
            raise UsageError(f"{what}: the value of {field} {odd[0]!r} is no text; put it in quotes")


def _metadata(document: Mapping[str, Any], field: str) -> str:
    metadata = document.get("metadata")
    found = metadata.get(field) if isinstance(metadata, dict) else None
    return found if isinstance(found, str) else ""
