"""The diagnosis as JSON: one document, or one line for each finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from loganalyzer.correlator.candidates import Candidate
from loganalyzer.correlator.diagnosis import Diagnosis, candidate_entries, failure_entry

_KNOWN: Final = 64
"""Lists of candidates that are kept as text."""


def document(diagnosis: Diagnosis) -> bytes:
    """The JSON document, indented, ending in a line feed."""
    return b"".join(pieces(diagnosis))


def pieces(diagnosis: Diagnosis) -> Iterator[bytes]:
    """The JSON document in pieces, a failure each: thousands of services with as many candidates are a long text.

    Candidates that several failures have in common are put into JSON once.
    """
    found = diagnosis._replace(failures=()).to_dict()
    head, mark, rest = _dumps(found, orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).partition(b'\n  "failures": []')
    if not diagnosis.failures:
        yield head + mark + rest
        return
    yield head + mark[:-1]
    known: dict[int, tuple[object, orjson.Fragment]] = {}
    between = b"\n    "
    for failure in diagnosis.failures:
        entry = failure_entry(failure, lambda candidates: _listed(candidates, known))
        yield between + _dumps(entry, orjson.OPT_INDENT_2).replace(b"\n", b"\n    ")
        between = b",\n    "
    yield b"\n  ]" + rest


def _listed(candidates: tuple[Candidate, ...], known: dict[int, tuple[object, orjson.Fragment]]) -> orjson.Fragment:
    """A list of candidates as it stands in an entry of a failure."""
    found = known.get(id(candidates))
    if found is None:
        text = _dumps(candidate_entries(candidates), orjson.OPT_INDENT_2).replace(b"\n", b"\n  ")
        if len(known) >= _KNOWN:
            known.clear()
        found = known[id(candidates)] = (candidates, orjson.Fragment(text))
    return found[1]


def lines(diagnosis: Diagnosis) -> Iterator[bytes]:
    """One finding a line, with its `type`: failures, announcements, sessions."""
    found = diagnosis.to_dict()
    for kind in ("failures", "announcements", "sessions"):
        for item in found[kind]:
            yield line(kind[:-1], item)


def line(kind: str, entry: dict[str, Any]) -> bytes:
    """One finding as a line: `kind` is `failure`, `announcement` or `session`."""
    return _dumps({"type": kind, **entry}, orjson.OPT_APPEND_NEWLINE)


def _dumps(value: object, option: int) -> bytes:
    return orjson.dumps(value, option=option)
