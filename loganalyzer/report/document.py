"""The diagnosis as JSON: one document, or one line for each finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import orjson

from loganalyzer.correlator.diagnosis import Diagnosis

_FINDINGS: Final = {"failures": "failure", "announcements": "announcement", "sessions": "session"}


def document(diagnosis: Diagnosis) -> bytes:
    """The JSON document, indented, ending in a line feed."""
    return b"".join(pieces(diagnosis))


def pieces(diagnosis: Diagnosis) -> Iterator[bytes]:
    """The same, piece by piece: as a whole, a long history's failures take several times what is known of them."""
    before = b"{\n  "
    for name, part in diagnosis.parts():
        yield before + orjson.dumps(name) + b": "
        if isinstance(part, str | dict):
            yield _indented(part, 1)
        else:
            yield from _list(part)
        before = b",\n  "
    yield b"\n}\n"


def _list(items: Iterator[dict[str, object]]) -> Iterator[bytes]:
    empty, before = True, b"[\n    "
    for item in items:
        yield before + _indented(item, 2)
        empty, before = False, b",\n    "
    yield b"[]" if empty else b"\n  ]"


def _indented(value: object, depth: int) -> bytes:
    """A value as it stands `depth` levels deep. A line feed inside a string is escaped: each one here is layout."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).replace(b"\n", b"\n" + b"  " * depth)


def lines(diagnosis: Diagnosis) -> Iterator[bytes]:
    """One finding a line, with its `type`: failures, announcements, sessions."""
    for name, part in diagnosis.parts():
        if name in _FINDINGS and not isinstance(part, str | dict):
            for item in part:
                yield orjson.dumps({"type": _FINDINGS[name], **item}, option=orjson.OPT_APPEND_NEWLINE)
