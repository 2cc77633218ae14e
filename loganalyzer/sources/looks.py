"""What a line, or a document on one, looks like before anything is taken off it."""

from __future__ import annotations

from itertools import repeat
from typing import Any, TypeGuard

from loganalyzer.sources.objects import is_object
from loganalyzer.sources.wrappings import PLAIN


def all_plain(batch: list[bytes]) -> bool:
    """Whether a batch has nothing but whole lines of MetalLB; at the speed of C."""
    return False not in map(bytes.startswith, batch, repeat(PLAIN)) and False not in map(
        bytes.endswith, batch, repeat(b"}")
    )


def is_enveloped(text: bytes) -> bool:
    """Whether a line that begins with a level is a log store's, whose first key that is by chance."""
    return text.startswith(b'{"level":"') and b'"msg":' not in text[:4096] and b'"caller":' not in text[:4096]


def may_carry(document: object) -> TypeGuard[dict[str, Any]]:
    """Whether a document can be an envelope: an Event has a message, too, and some records have."""
    return isinstance(document, dict) and not is_object(document) and not is_record(document)


def is_record(document: dict[str, Any]) -> bool:
    """Whether a document is one of MetalLB's own records."""
    return "caller" in document or {"level", "msg", "ts"} <= document.keys()


def is_klog(text: bytes) -> bool:
    """Whether a line begins as klog's do."""
    return len(text) > 5 and text[:1] in b"IWEF" and text[1:5].isdigit()
