"""The diagnosis as JSON: one document, or one line for each finding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson
from msgspec import structs

from loganalyzer.correlator.candidates import Candidate
from loganalyzer.correlator.diagnosis import Diagnosis, candidate_entry, failure_entry

_LISTS: Final = 64
_SINGLE: Final = 4096
"""Lists of candidates, and single ones, that are kept as text."""


def document(diagnosis: Diagnosis) -> bytes:
    """The JSON document, indented, ending in a line feed."""
    return b"".join(pieces(diagnosis))


def pieces(diagnosis: Diagnosis) -> Iterator[bytes]:
    """The JSON document in pieces, a failure each: thousands of services with as many candidates are a long text.

    What several failures have in common of their candidates is put into JSON once.
    """
    found = structs.replace(diagnosis, failures=()).to_dict()
    head, mark, rest = _dumps(found, orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).partition(b'\n  "failures": []')
    if not diagnosis.failures:
        yield head + mark + rest
        return
    yield head + mark[:-1]
    candidates = _Candidates()
    between = b"\n    "
    for failure in diagnosis.failures:
        entry = _indented(failure_entry(structs.replace(failure, candidates=())), 4)
        before, mark, behind = entry.partition(b'\n      "candidates": []')
        listed = candidates.listed(failure.candidates) if failure.candidates else mark[-2:]
        # The list may be long, and the same for many: it is not copied.
        yield b"%b%b%b" % (between, before, mark[:-2])
        yield listed
        yield behind
        between = b",\n    "
    yield b"\n  ]" + rest


class _Candidates:
    """Candidates as they stand in entries of failures; the last ones are kept as text, single and in lists.

    They are known by their identity: failures that meet an address as it was have one candidate in common.
    """

    def __init__(self) -> None:
        self._single: dict[int, tuple[Candidate, bytes]] = {}
        self._lists: dict[int, tuple[object, bytes]] = {}

    def listed(self, candidates: tuple[Candidate, ...]) -> bytes:
        """A list of candidates."""
        found = self._lists.get(id(candidates))
        if found is None:
            if len(self._lists) >= _LISTS:
                self._lists.clear()
            known = self._single.get
            listed = b",".join([one[1] if (one := known(id(c))) is not None else self._text(c) for c in candidates])
            listed = b"[%b\n      ]" % listed
            found = self._lists[id(candidates)] = (candidates, listed)
        return found[1]

    def _text(self, candidate: Candidate) -> bytes:
        """One that is not known."""
        if len(self._single) >= _SINGLE:
            self._single.clear()
        text = b"\n        " + _indented(candidate_entry(candidate), 8)
        self._single[id(candidate)] = candidate, text
        return text


def _indented(value: object, columns: int) -> bytes:
    """A value as it stands in another one, so many columns from the left."""
    return _dumps(value, orjson.OPT_INDENT_2).replace(b"\n", b"\n" + b" " * columns)


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
