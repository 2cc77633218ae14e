"""The diagnosis as JSON: one document, or one line for each finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from loganalyzer.correlator.diagnosis import Diagnosis


def document(diagnosis: Diagnosis) -> bytes:
    """The JSON document, indented, ending in a line feed."""
    return _dumps(diagnosis.to_dict(), orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def lines(diagnosis: Diagnosis) -> Iterator[bytes]:
    """One finding a line, with its `type`: failures, announcements, sessions."""
    found = diagnosis.to_dict()
    for kind in ("failures", "announcements", "sessions"):
        for item in found[kind]:
            yield line(kind[:-1], item)


def line(kind: str, entry: dict[str, Any]) -> bytes:
    """One finding as a line: `kind` is `failure`, `announcement` or `session`."""
    return _dumps({"type": kind, **entry}, orjson.OPT_APPEND_NEWLINE)


def _dumps(value: dict[str, Any], option: int) -> bytes:
    return orjson.dumps(value, option=option)
