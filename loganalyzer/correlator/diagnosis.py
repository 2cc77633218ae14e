"""The diagnosis: what was found, as plain data, and the JSON document that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from loganalyzer.correlator.candidates import Candidate
from loganalyzer.correlator.eligibility import PoolVerdict
from loganalyzer.correlator.fix import Fix
from loganalyzer.model.state import Place
from loganalyzer.parser.stamps import rfc3339
from loganalyzer.sources.inputs import Source

SCHEMA: Final = "loganalyzer/diagnosis/1"


@dataclass(frozen=True, slots=True)
class Cause:
    """The primary cause. `details` are rows (who, what) that show it; `remedy` is what to do, in steps."""

    rule: str
    name: str
    summary: str
    address: str | None = None
    pool: str | None = None
    holders: tuple[str, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    remedy: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line that proves, and what it shows."""

    at: Place
    what: str


@dataclass(frozen=True, slots=True)
class Failure:
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


@dataclass(frozen=True, slots=True)
class Advice:
    """A finding that caused no failure by itself."""

    rule: str
    name: str
    summary: str
    at: Place | None
    service: str | None = None
    remedy: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputSummary:
    """What one input was worth."""

    source: Source
    metallb_version: str | None
    divergences: int
    conflicts: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What one service holds at the end."""

    service: str
    addresses: tuple[str, ...]
    shared_with: tuple[str, ...]
    at: Place


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the inputs themselves: `kind` is `mid-stream` or `several-models`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything found in all inputs. `holdings` and `services` are the state at the end."""

    tool_version: str
    inputs: tuple[InputSummary, ...]
    failures: tuple[Failure, ...]
    advice: tuple[Advice, ...]
    holdings: tuple[Holding, ...] = ()
    services: frozenset[str] = frozenset()
    pools: tuple[tuple[str, int], ...] = ()
    notes: tuple[Note, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON document (diagnosis.schema.json)."""
        return {
            "schema": SCHEMA,
            "tool": {"name": "loganalyzer", "version": self.tool_version},
            "inputs": [_input(i) for i in self.inputs],
            "failures": [_failure(f) for f in self.failures],
            "announcements": [],
            "sessions": [],
            "advice": [_advice(a) for a in self.advice],
        }


def position(place: Place) -> dict[str, Any]:
    """A place as the document has it."""
    return {
        "input": place.source.name,
        "line": place.line,
        "ts": rfc3339(place.stamp) if place.stamp else None,
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
        "objects": 0,
        "component": source.component,
        "metallb_version": summary.metallb_version,
        "level": source.level,
        "first_ts": rfc3339(source.first_stamp),
        "last_ts": rfc3339(source.last_stamp),
        "divergences": summary.divergences,
        "conflicts": summary.conflicts,
    }


def _failure(failure: Failure) -> dict[str, Any]:
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
        "candidates": [_candidate(c) for c in failure.candidates],
        "candidates_omitted": failure.candidates_omitted,
        "evidence": [{**position(e.at), "what": e.what} for e in failure.evidence],
        "missing": list(failure.missing),
        "fixes": [fix.to_dict() for fix in failure.fixes],
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


def _candidate(candidate: Candidate) -> dict[str, Any]:
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
