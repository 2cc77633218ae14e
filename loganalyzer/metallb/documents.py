"""Kubernetes objects kept whole and small, for who wants to patch them later."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

# The fastest level already takes a Service to a quarter; one is packed for each version of it that a log shows.
_LEVEL: Final = 1
_UNPATCHED: Final = "managedFields"


def pack(document: Mapping[str, Any]) -> bytes:
    """An object as few bytes; without `managedFields`, which nobody patches and which are half of it."""
    metadata = document.get("metadata")
    if isinstance(metadata, dict) and _UNPATCHED in metadata:
        kept = {key: value for key, value in metadata.items() if key != _UNPATCHED}
        document = {**document, "metadata": kept}
    return zlib.compress(orjson.dumps(document), _LEVEL)


def pack_text(text: str) -> bytes:
    """A text as few bytes."""
    return zlib.compress(text.encode("utf-8", "replace"), _LEVEL)


def unpack_text(packed: bytes) -> str:
    """The text of `pack_text`; empty for no bytes."""
    return zlib.decompress(packed).decode("utf-8") if packed else ""


def unpack(packed: bytes) -> dict[str, Any]:
    """The object of `pack`, or of a packed JSON text; empty where there is none, or the text is no object."""
    if not packed:
        return {}
    try:
        found = orjson.loads(zlib.decompress(packed))
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
