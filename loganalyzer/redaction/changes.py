"""Changes to objects (RFC 6902 patches) redacted: their names, pointers and values."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import orjson

from loganalyzer.redaction import keys
from loganalyzer.redaction.documents import Documents
from loganalyzer.redaction.names import REDACTED
from loganalyzer.redaction.values import Values
from loganalyzer.redaction.words import fields
from loganalyzer.sources.objects import yaml_documents

_OPERATIONS: Final = ("add", "remove", "replace", "move", "copy", "test")
"""Those that RFC 6902 has."""
_USERS: Final = frozenset({"labels", "annotations", "selector", "matchLabels"})
"""Mappings whose keys users choose."""


def changed(data: bytes, values: Values, documents: Documents) -> bytes:
    """A list of changes, JSON or YAML, with other names in it; any other text becomes none at all."""
    try:
        found: object = orjson.loads(data)
    except orjson.JSONDecodeError:
        found = next(iter(yaml_documents(data) or ()), None)
    made = [_change(c, values, documents) for c in found if isinstance(c, dict)] if isinstance(found, list) else None
    return orjson.dumps(made) if made is not None else REDACTED.encode()


def _change(change: dict[str, Any], values: Values, documents: Documents) -> dict[str, Any]:
    kind = str(change.get("kind"))
    made = documents.resource({"kind": change.get("kind")})
    made["name"] = values.path(keys.KINDS_OF_OBJECTS.get(kind, "name"), str(change.get("name", "")))
    if "delete" in change:
        made["delete"] = change["delete"] is True
    if isinstance(change.get("patch"), list):
        made["patch"] = [_operation(o, values, documents) for o in change["patch"] if isinstance(o, dict)]
    return made


def _operation(operation: dict[str, Any], values: Values, documents: Documents) -> dict[str, Any]:
    made: dict[str, Any] = {"op": operation.get("op") if operation.get("op") in _OPERATIONS else REDACTED}
    for key in ("path", "from"):
        if isinstance(operation.get(key), str):
            made[key] = "/".join(map(_escaped, _pointer(_segments(operation[key]), values)))
    if "value" in operation:
        made["value"] = _value(_segments(str(operation.get("path"))), operation["value"], documents)
    return made


def _segments(pointer: str) -> list[str]:
    return [s.replace("~1", "/").replace("~0", "~") for s in pointer.split("/")]


def _escaped(segment: str) -> str:
    return segment.replace("~", "~0").replace("/", "~1")


def _pointer(segments: list[str], values: Values) -> list[str]:
    made = segments[:1]
    for before, segment in pairwise(segments):
        if before in _USERS and segment not in _USERS:
            made.append(values.label_key(segment))
        else:
            known = segment in fields() or segment in keys.KEYS or segment in ("-", "") or segment.isdigit()
            made.append(segment if known else REDACTED)
    return made


def _value(segments: list[str], value: object, documents: Documents) -> object:
    """A value as it would be redacted in its object: under the last keys of its pointer."""
    names = [s for s in segments if s and s != "-" and not s.isdigit()]
    if not names:
        return documents.resource(value) if isinstance(value, dict) else None
    if len(names) > 1 and names[-2] in _USERS:
        made = documents.resource({names[-2]: {names[-1]: value}})
        return next(iter(made[names[-2]].values()), None)
    return next(iter(documents.resource({names[-1]: value}).values()), None)
