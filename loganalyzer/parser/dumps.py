"""The dumps inside lines, decoded: Services, configurations. Equal content gives the same object."""

from __future__ import annotations

import re
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
DUMPED: Final = frozenset((*SERVICE_KEYS, RENDERED, RESOURCES, *BULKY))


_IDENTITY: Final = re.compile(r'"uid":"([^"\\]+)","resourceVersion":"([^"\\]+)"')
IDENTITY_WITHIN: Final = 1024
"""How far into a dump its uid and resourceVersion are looked for: before them stand only its names."""


class Unreadable:
    """Stands for a dump that could not be decoded; `why` tells what was wrong."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


class DumpReader:
    """Decodes dumps; a Service of the same uid and resourceVersion is decoded once and is one object."""

    def __init__(self, cached: int = CACHED) -> None:
        self._cached = cached
        self._services: dict[tuple[str | Any, ...], Service] = {}

    def read(self, fields: dict[str, Any] | Mapping[str, Any]) -> Mapping[str, object]:
        """The dumps of a record by key; their texts are taken out of `fields`, as nobody needs them any more."""
        if not isinstance(fields, dict) or DUMPED.isdisjoint(fields):
            return {}
        found: dict[str, object] = {}
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
        named = _IDENTITY.search(text, 0, IDENTITY_WITHIN)
        known = self._services.get(named.groups()) if named is not None else None
        if known is not None:
            return known
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError as problem:
            return Unreadable(str(problem))
        service = service_from_object(document, pack(document))
        if named is None or named.groups() != (service.uid, service.resource_version) or not self._cached:
            return service
        if len(self._services) >= self._cached:
            self._services.clear()
        self._services[service.uid, service.resource_version] = service
        return service


def _configuration(text: str) -> Configuration | Unreadable:
    # pyparsing costs 60 ms to import: only a log that prints a configuration pays for it.
    from loganalyzer.metallb.rendered_config import parse_rendered_config

    try:
        return parse_rendered_config(text)
    except ValueError as problem:
        return Unreadable(str(problem))
