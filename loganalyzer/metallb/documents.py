"""Kubernetes objects kept whole and small, for who wants to patch them later."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Final

import orjson

_LEVEL: Final = 1
"""Of compression: the fastest already takes a long document to a quarter."""

_WORTH: Final = 4096
"""Bytes from which a document is compressed: for a usual Service that costs more time than it saves memory."""

_UNPATCHED: Final = "managedFields"


def pack(document: Mapping[str, Any]) -> bytes:
    """An object as few bytes; without `managedFields`, which nobody patches and which are half of it."""
    metadata = document.get("metadata")
    if isinstance(metadata, dict) and _UNPATCHED in metadata:
        kept = {key: value for key, value in metadata.items() if key != _UNPATCHED}
        document = {**document, "metadata": kept}
    plain = orjson.dumps(document)
    return plain if len(plain) < _WORTH else zlib.compress(plain, _LEVEL)


def pack_dump(text: str) -> bytes:
    """The JSON text of an object as few bytes; what is short is kept as it is, and takes no time."""
    plain = text.encode("utf-8", "replace")
    return plain if len(plain) < _WORTH else pack(orjson.loads(plain))


def pack_text(text: str) -> bytes:
    """A text as few bytes."""
    return zlib.compress(text.encode("utf-8", "replace"), _LEVEL)


def unpack(packed: bytes) -> dict[str, Any]:
    """The object that was packed, without `managedFields`; empty where there is none, or the text is no object."""
    if not packed:
        return {}
    try:
        # What zlib writes never begins with a brace (RFC 1950: the low half of the first byte is 8).
        found = orjson.loads(packed if packed.startswith(b"{") else zlib.decompress(packed))
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(found, dict):
        return {}
    metadata = found.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop(_UNPATCHED, None)
    return found
