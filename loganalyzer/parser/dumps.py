"""The dumps inside lines, decoded: Services, configurations. Equal content gives the same object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import orjson
from msgspec import Struct

from loganalyzer.metallb.documents import pack_text
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.service_dumps import service_from_dump
from loganalyzer.metallb.services import Service

if TYPE_CHECKING:
    from loganalyzer.metallb.endpoints import EndpointSlice

CACHED: Final = 4096
CACHED_BYTES: Final = 16 << 20
"""Services kept: so many, with dumps of so many bytes."""

SERVICE_KEYS: Final = ("processing service", "reprocessing service", "service")
RENDERED: Final = "rendered config"
RESOURCES: Final = "metallb CRs"
SLICE: Final = "epslice"
BULKY: Final = ("endpoints", SLICE, "metallb CRs and Secrets", "config")
"""Dumps that no rule of the controller needs: not kept, and but for a speaker's slices left undecoded."""
DUMPED: Final = frozenset((*SERVICE_KEYS, RENDERED, RESOURCES, *BULKY))


_IDENTITY: Final = re.compile(r'"uid":"([^"\\]+)","resourceVersion":"([^"\\]+)"')
IDENTITY_WITHIN: Final = 1024
"""How far into a dump its uid and resourceVersion are looked for: before them stand only its names."""


class Unreadable(Struct, frozen=True):
    """Stands for a dump that could not be decoded; `why` tells what was wrong.

    `name` is the `namespace/name` of a Service whose dump was cut off behind it; empty: unknown.
    """

    why: str
    name: str = ""


class DumpReader:
    """Decodes dumps; a Service of the same uid and resourceVersion is decoded once and is one object."""

    def __init__(self, cached: int = CACHED) -> None:
        self._cached = cached
        self._bytes = 0
        self._services: dict[tuple[str | Any, ...], Service] = {}

    def read(self, fields: dict[str, Any] | Mapping[str, Any]) -> Mapping[str, object]:
        """The dumps of a record by key; their texts are taken out of `fields`, as nobody needs them any more."""
        if not isinstance(fields, dict) or DUMPED.isdisjoint(fields):
            return {}
        found: dict[str, object] = {}
        for key in DUMPED.intersection(fields):
            text = fields[key]
            if not isinstance(text, str):
                fields[key] = None if key in BULKY else text
            elif key in SERVICE_KEYS:
                # Elsewhere a service is named there.
                if text[:1] == "{":
                    found[key], fields[key] = self._service(text), None
            else:
                fields[key] = None
                if key == RENDERED:
                    # A speaker's is read where it comes into force: most of its dumps say what the one before said.
                    speaker = fields.get("controller") == "ConfigReconciler"
                    found[key] = text if speaker else _configuration(text)
                elif key == RESOURCES:
                    found[key] = pack_text(text)
                elif key == SLICE and text[:1] == "{":
                    found[key] = _slice(text)
        return found

    def _service(self, text: str) -> Service | Unreadable:
        named = _IDENTITY.search(text, 0, IDENTITY_WITHIN)
        known = self._services.get(named.groups()) if named is not None else None
        if known is not None:
            return known
        try:
            service = service_from_dump(text)
        except orjson.JSONDecodeError as problem:
            return Unreadable(str(problem), name_of_cut(text))
        if named is None or named.groups() != (service.uid, service.resource_version) or not self._cached:
            return service
        self._bytes += len(text)
        if len(self._services) >= self._cached or self._bytes > CACHED_BYTES:
            self._services.clear()
            self._bytes = len(text)
        self._services[service.uid, service.resource_version] = service
        return service


# Service dumps begin with kind, apiVersion and metadata, whose first fields are name and namespace
# (k8s.io/apimachinery v0.28 pkg/apis/meta/v1/types.go, ObjectMeta).
_CUT: Final = (
    r'\{(?:"(?:kind|apiVersion)":"[^"]*",){0,2}'
    r'"metadata":\{"name":"([^"\\]+)",(?:"generateName":"[^"]*",)?"namespace":"([^"\\]+)"'
)


def name_of_cut(text: str) -> str:
    """The `namespace/name` of a Service whose dump was cut off behind it; empty where that can't be told."""
    found = re.match(_CUT, text)
    return f"{found[2]}/{found[1]}" if found else ""


def _configuration(text: str) -> Configuration | Unreadable:
    # Only a log that prints a configuration pays for what reads it.
    from loganalyzer.metallb.rendered_config import parse_rendered_config

    try:
        return parse_rendered_config(text)
    except ValueError as problem:
        return Unreadable(str(problem))


@lru_cache(maxsize=1)
def _slices() -> dict[tuple[int, int], EndpointSlice | None]:
    """Slices by the length and the hash of their text: every speaker prints the same ones, and they are long."""
    return {}


def _slice(text: str) -> EndpointSlice | None:
    known, identity = _slices(), (len(text), hash(text))
    if identity in known:
        return known[identity]
    from loganalyzer.metallb.endpoints import slice_from_object

    try:
        found = slice_from_object(orjson.loads(text))
    except orjson.JSONDecodeError:
        return None
    if len(known) >= CACHED:
        known.clear()
    known[identity] = found
    return found
