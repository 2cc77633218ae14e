"""The dumps inside lines, decoded: Services, configurations. Equal content gives the same object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from loganalyzer.metallb.documents import pack, pack_text
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import Service, service_from_object

CACHED: Final = 8192

SERVICE_KEYS: Final = ("processing service", "reprocessing service", "service")
RENDERED: Final = "rendered config"
RESOURCES: Final = "metallb CRs"
BULKY: Final = ("endpoints", "epslice", "metallb CRs and Secrets", "config")
"""Dumps that no rule of the controller needs: left undecoded, and not kept."""


class Unreadable:
    """Stands for a dump that could not be decoded; `why` tells what was wrong."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


class DumpReader:
    """Decodes dumps; a Service of the same uid and resourceVersion is decoded once and is one object."""

    def __init__(self, cached: int = CACHED) -> None:
        self._cached = cached
        self._services: dict[tuple[str, str, str, str], Service] = {}

    def read(self, fields: dict[str, Any] | Mapping[str, Any]) -> Mapping[str, object]:
        """The dumps of a record by key; their texts are taken out of `fields`, as nobody needs them any more."""
        found: dict[str, object] = {}
        if not isinstance(fields, dict):
            return found
        for key in SERVICE_KEYS:
            text = fields.get(key)
            if isinstance(text, str) and text[:1] == "{":
                found[key] = self._service(text)
                fields[key] = None
        text = fields.get(RENDERED)
        if isinstance(text, str):
            found[RENDERED] = _configuration(text)
            fields[RENDERED] = None
        text = fields.get(RESOURCES)
        if isinstance(text, str):
            found[RESOURCES] = pack_text(text)
            fields[RESOURCES] = None
        for key in BULKY:
            if key in fields:
                fields[key] = None
        return found

    def _service(self, text: str) -> Service | Unreadable:
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError as problem:
            return Unreadable(str(problem))
        identity = _identity(document)
        known = self._services.get(identity) if identity else None
        if known is not None:
            return known
        service = service_from_object(document, pack(document))
        if not identity:
            return service
        if len(self._services) >= self._cached:
            self._services.clear()
        return self._services.setdefault(identity, service) if self._cached else service


def _identity(document: object) -> tuple[str, str, str, str] | None:
    """What names the content of a Kubernetes object; None where it has no such marks."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    if not isinstance(metadata, dict):
        return None
    uid, version, namespace, name = map(metadata.get, ("uid", "resourceVersion", "namespace", "name"))
    if isinstance(uid, str) and isinstance(version, str) and isinstance(namespace, str) and isinstance(name, str):
        return (uid, version, namespace, name) if uid and version else None
    return None


def _configuration(text: str) -> Configuration | Unreadable:
    # pyparsing costs 60 ms to import: only a log that prints a configuration pays for it.
    from loganalyzer.metallb.rendered_config import parse_rendered_config  # noqa: PLC0415

    try:
        return parse_rendered_config(text)
    except ValueError as problem:
        return Unreadable(str(problem))
