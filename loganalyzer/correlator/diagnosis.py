"""The diagnosis: what was found, as plain data, and the JSON document that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from loganalyzer.correlator.announcements.document import announcement_entry, position, session_entry
from loganalyzer.correlator.announcements.found import NOTHING, Announcements
from loganalyzer.correlator.candidates import Candidate
from loganalyzer.correlator.eligibility import PoolVerdict
from loganalyzer.correlator.fix import Fix
from loganalyzer.model.state import Place
from loganalyzer.parser.attribution import LEVELS
from loganalyzer.parser.stamps import moment, rfc3339
from loganalyzer.sources.inputs import Source

SCHEMA: Final = "loganalyzer/diagnosis/1"


class Cause(Struct, frozen=True):
    """The primary cause. `details` are rows (who, what) that show it; `remedy` is what to do, in steps."""

    rule: str
    name: str
    summary: str
    address: str | None = None
    pool: str | None = None
    holders: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    remedy: tuple[str, ...] = ()


class Evidence(Struct, frozen=True):
    """A line that proves, and what it shows."""

    at: Place
    what: str


class Failure(Struct, frozen=True):
    """One episode: a run of one service's failed attempts with the same error and cause."""

    service: str | None
    error: str
    first: Place
    last: Place
    attempts: int
    certainty: str
    cause: Cause | None
    pools: tuple[PoolVerdict, ...]
    candidates: tuple[Candidate, ...]
    candidates_omitted: int
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...]
    ended: str | None = None
    resolved: Place | None = None
    resolved_addresses: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()


class Advice(Struct, frozen=True):
    """A finding that caused no failure by itself."""

    rule: str
    name: str
    summary: str
    at: Place | None
    service: str | None = None
    remedy: tuple[str, ...] = ()


class InputSummary(Struct, frozen=True):
    """What one input was worth; what its lines tell is that of all who wrote them."""

    source: Source
    metallb_version: str | None
    divergences: int
    conflicts: int

    @property
    def component(self) -> str:
        """`controller`, `speaker`, `mixed` or `unknown`."""
        found = {c for w in self.source.writers for c in w.components}
        return "mixed" if len(found) > 1 else next(iter(found), "unknown")

    @property
    def level(self) -> str:
        """The lowest level of a line."""
        return max((w.level for w in self.source.writers), key=LEVELS.index)

    @property
    def first_stamp(self) -> bytes:
        """The earliest time, as written; empty: none."""
        return min((w.first_stamp for w in self.source.writers), key=_if_known, default=b"")

    @property
    def last_stamp(self) -> bytes:
        """The latest time, as written; empty: none."""
        return max((w.last_stamp for w in self.source.writers), key=moment, default=b"")


class Holding(Struct, frozen=True):
    """What one service holds at the end."""

    service: str
    addresses: tuple[str, ...]
    shared_with: tuple[str, ...]
    at: Place


class Note(Struct, frozen=True):
    """Something about the inputs themselves.

    `kind` is `mid-stream`, `several-models`, `strays` (objects that do not count), `chosen` or `omitted`.
    """

    kind: str
    text: str


class QuotedLine(Struct, frozen=True):
    """A line of an input as it is written there, without its line feed."""

    input: str
    number: int
    text: str


class Diagnosis(Struct, frozen=True):
    """Everything found in all inputs. `holdings` and `services` are the state at the end.

    `gone` are services that the log knew before, and how they went: `deleted` or `not-load-balancer`.
    `quotes` are the lines that the evidence names, where the inputs were read again for them.
    """

    tool_version: str
    inputs: tuple[InputSummary, ...]
    failures: tuple[Failure, ...]
    advice: tuple[Advice, ...]
    holdings: tuple[Holding, ...] = ()
    services: frozenset[str] = frozenset()
    gone: Mapping[str, str] = MappingProxyType({})
    pools: tuple[tuple[str, int], ...] = ()
    notes: tuple[Note, ...] = ()
    announcements: Announcements = NOTHING
    quotes: tuple[QuotedLine, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON document (diagnosis.schema.json)."""
        return {
            "schema": SCHEMA,
            "tool": {"name": "loganalyzer", "version": self.tool_version},
            "inputs": [_input(i) for i in self.inputs],
            "failures": [failure_entry(f) for f in self.failures],
            "announcements": [announcement_entry(a) for a in self.announcements.episodes],
            "sessions": [session_entry(s) for s in self.announcements.sessions],
            "advice": [_advice(a) for a in self.advice],
        }


def _input(summary: InputSummary) -> dict[str, Any]:
    source = summary.source
    return {
        "name": source.name,
        "lines": source.lines,
        "records": source.records,
        "blank": source.blank,
        "unparsed": source.unparsed,
        "mended": source.mended,
        "objects": source.objects,
        "component": summary.component,
        "metallb_version": summary.metallb_version,
        "level": summary.level,
        "first_ts": rfc3339(summary.first_stamp),
        "last_ts": rfc3339(summary.last_stamp),
        "divergences": summary.divergences,
        "conflicts": summary.conflicts,
    }


def _if_known(stamp: bytes) -> tuple[bool, str]:
    found = moment(stamp)
    return (not found, found)


def failure_entry(failure: Failure) -> dict[str, Any]:
    """One entry of `failures`."""
    resolved = None
    if failure.resolved is not None:
        resolved = {**position(failure.resolved), "addresses": list(failure.resolved_addresses)}
    return {
        "service": failure.service,
        "error": failure.error,
        "first": position(failure.first),
        "last": position(failure.last),
        "attempts": failure.attempts,
        "resolved": resolved,
        "ended": failure.ended,
        "certainty": failure.certainty,
        "cause": _cause(failure.cause) if failure.cause else None,
        "pools": [{"name": p.name, "eligible": p.eligible, "rule": p.rule} for p in failure.pools],
        "candidates": [candidate_entry(c) for c in failure.candidates],
        "candidates_omitted": failure.candidates_omitted,
        "evidence": [{**position(e.at), "what": e.what} for e in failure.evidence],
        "missing": list(failure.missing),
        "fixes": [fix.to_dict() for fix in failure.fixes],
        **({"pod": failure.first.source.origin.pod} if failure.first.source.origin.pod else {}),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "rule": cause.rule,
        "name": cause.name,
        "address": cause.address,
        "pool": cause.pool,
        "holders": list(cause.holders),
        "summary": cause.summary,
    }


def candidate_entry(candidate: Candidate) -> dict[str, Any]:
    """One candidate, as the document lists it."""
    return {
        "addresses": candidate.addresses,
        "pool": candidate.pool,
        "rule": candidate.rule,
        "holders": list(candidate.holders),
        "violations": list(candidate.violations),
    }


def _advice(advice: Advice) -> dict[str, Any]:
    found: dict[str, Any] = {
        "rule": advice.rule,
        "name": advice.name,
        "service": advice.service,
        "summary": advice.summary,
    }
    if advice.at is not None:
        found["at"] = position(advice.at)
    return found
