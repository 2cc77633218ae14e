"""What a line, or a document on one, looks like before anything is taken off it."""

from __future__ import annotations

from itertools import repeat
from typing import Any

from loganalyzer.sources.wrappings import PLAIN


def all_plain(batch: list[bytes]) -> bool:
    """Whether a batch has nothing but whole lines of MetalLB; at the speed of C."""
    return False not in map(bytes.startswith, batch, repeat(PLAIN)) and False not in map(
        bytes.endswith, batch, repeat(b"}")
    )


def is_record(document: dict[str, Any]) -> bool:
    """Whether a document is one of MetalLB's own records."""
    return "caller" in document or {"level", "msg", "ts"} <= document.keys()
