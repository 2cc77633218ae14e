"""Rows of the tables, from a diagnosis and a history: one function for each table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from msgspec import structs

from loganalyzer.correlator.announcements.found import NOTHING
from loganalyzer.correlator.diagnosis import Diagnosis, Failure
from loganalyzer.history.spans import History
from loganalyzer.metallb.addresses import Address, AddressRange, family_of, format_address
from loganalyzer.model.state import Place, end_of_log
from loganalyzer.tables.times import seconds_between

Row = tuple[Any, ...]


def service_columns(service: str | None) -> tuple[str | None, str | None]:
    """A service and its namespace."""
    return service, service.partition("/")[0] if service is not None else None


def joined(parts: tuple[str, ...]) -> str | None:
    """Several names in one cell; None where there is none."""
    return ", ".join(parts) or None


def _addresses(addresses: tuple[Address, ...]) -> str | None:
    return joined(tuple(map(format_address, addresses)))


def at(place: Place | None) -> Row:
    """The columns input, line and ts of a place."""
    return (place.source.name, place.line, place.stamp) if place is not None else (None, None, b"")


def cause_columns(failure: Failure) -> Row:
    """The columns error to holders of an episode."""
    cause = failure.cause
    if cause is None:
        return failure.error, None, failure.certainty, None, None, None
    return failure.error, cause.rule, failure.certainty, cause.address, cause.pool, joined(cause.holders)


def _ends(diagnosis: Diagnosis, history: History) -> list[Place]:
    """Where each episode ended: with its service's wait, where the service's next episode begins, or with its log."""
    waits: dict[tuple[str | None, Place], Place] = {(w.service, w.last): w.until for w in history.waits}
    following: dict[tuple[str | None, str], Place] = {}
    found = []
    for failure in reversed(diagnosis.failures):
        key = (failure.service, failure.first.source.origin.pod)
        changed = following.get(key) if failure.ended == "changed" else None
        open_log = failure.ended is None and failure.service is None and failure.last.source.recognised
        over = end_of_log(failure.last) if open_log else failure.last
        found.append(changed or waits.get((failure.service, failure.last)) or over)
        following[key] = failure.first
    return found[::-1]


def _episodes(diagnosis: Diagnosis, history: History) -> Iterator[Row]:
    for number, (found, until) in enumerate(zip(diagnosis.failures, _ends(diagnosis, history), strict=True)):
        yield (
            number,
            *service_columns(found.service),
            *cause_columns(found),
            found.cause.name if found.cause else None,
            joined(tuple(p.name for p in found.pools if p.eligible)),
            *at(found.first),
            *at(found.last),
            *at(until),
            seconds_between(found.first, until),
            found.attempts,
            found.ended,
            *at(found.resolved),
            joined(found.resolved_addresses),
            len(found.candidates),
            found.candidates_omitted,
        )


def _candidates(diagnosis: Diagnosis, history: History) -> Iterator[Row]:  # noqa: ARG001
    for number, failure in enumerate(diagnosis.failures):
        for found in failure.candidates:
            yield (
                number,
                *service_columns(failure.service),
                found.pool,
                found.addresses,
                found.rule,
                joined(found.holders),
                joined(found.violations),
                float(found.last - found.first + 1),
            )


def _allocations(diagnosis: Diagnosis, history: History) -> Iterator[Row]:  # noqa: ARG001
    for span in history.spans:
        yield (
            span.history,
            *service_columns(span.service),
            format_address(span.address),
            family_of(span.address),
            span.pool,
            *at(span.since),
            *at(span.until),
            seconds_between(span.since, span.until),
            span.why,
            span.reason or None,
            ", ".join(map(str, span.ports)) if span.ports is not None else None,
            span.sharing_key or None,
            span.backend_key or None,
            span.kept,
        )


def _waits(diagnosis: Diagnosis, history: History) -> Iterator[Row]:
    causes = {(f.service, f.last.source, f.last.line): f.cause for f in diagnosis.failures}
    pools = {(s.history, s.address): s.pool for s in history.spans}
    for wait in history.waits:
        cause = causes.get((wait.service, wait.last.source, wait.last.line))
        got = [p for a in wait.addresses if (p := pools.get((wait.history, a))) is not None]
        removal = wait.removal
        yield (
            wait.history,
            *service_columns(wait.service),
            wait.error,
            cause.rule if cause else None,
            *at(wait.since),
            *at(wait.until),
            seconds_between(wait.since, wait.until),
            wait.attempts,
            wait.why,
            _addresses(wait.addresses),
            got[0] if got else cause.pool if cause else None,
            removal.what if removal else None,
            (removal.who or None) if removal else None,
            *at(removal.at if removal else None),
            seconds_between(wait.since, removal.at) if removal else float("nan"),
        )


def _first_addresses(diagnosis: Diagnosis, history: History) -> Iterator[Row]:  # noqa: ARG001
    for first in history.firsts:
        yield (
            first.history,
            *service_columns(first.service),
            *at(first.asked),
            *at(first.got),
            seconds_between(first.asked, first.got) if first.got is not None else float("nan"),
        )


def _announcements(diagnosis: Diagnosis, history: History) -> Iterator[Row]:  # noqa: ARG001
    for found in diagnosis.announcements.episodes:
        yield (
            *service_columns(found.service),
            found.node,
            found.protocol,
            joined(found.addresses),
            found.state,
            found.rule,
            found.reason,
            *at(found.first),
            *at(found.last),
            found.until.stamp,
            found.current,
        )


def _sessions(diagnosis: Diagnosis, history: History) -> Iterator[Row]:  # noqa: ARG001
    for found in diagnosis.announcements.sessions:
        yield (
            found.peer,
            found.address,
            found.node,
            found.state,
            found.rule,
            found.reason,
            found.local_asn,
            found.peer_asn,
            *at(found.first),
            *at(found.last),
            found.since.stamp if found.since is not None else b"",
            found.changes,
            found.drops,
            found.refusals,
        )


def _pool_use(diagnosis: Diagnosis, history: History) -> Iterator[Row]:  # noqa: ARG001
    for use in history.pool_use:
        yield use.history, *at(use.at), use.pool, use.family, use.used, float(use.size)


def _unused(diagnosis: Diagnosis, history: History) -> Iterator[Row]:  # noqa: ARG001
    for found in history.unused:
        yield found.history, found.pool, found.family, float(found.number), joined(tuple(map(_run, found.runs)))


def _run(run: AddressRange) -> str:
    first = format_address(run.first)
    return first if run.size == 1 else f"{first}-{format_address(run.last)}"


def _marks(diagnosis: Diagnosis, history: History) -> Iterator[Row]:  # noqa: ARG001
    for mark in history.marks:
        yield mark.history, *at(mark.at), mark.what, mark.text or None


def _inputs(diagnosis: Diagnosis, history: History) -> Iterator[Row]:  # noqa: ARG001
    for found in structs.replace(diagnosis, failures=(), advice=(), announcements=NOTHING).to_dict()["inputs"]:
        yield (
            *(found[name] for name in ("name", "component", "metallb_version", "level")),
            *(found[name] for name in ("lines", "records", "unparsed", "objects")),
            *((found[name] or "").encode() for name in ("first_ts", "last_ts")),
        )


ROWS: Final[Mapping[str, Callable[[Diagnosis, History], Iterator[Row]]]] = {
    "episodes": _episodes,
    "candidates": _candidates,
    "allocations": _allocations,
    "waits": _waits,
    "first_addresses": _first_addresses,
    "announcements": _announcements,
    "sessions": _sessions,
    "pool_use": _pool_use,
    "unused": _unused,
    "marks": _marks,
    "inputs": _inputs,
}
"""What makes the rows of each table; those of events and attempts are made while the inputs are read."""
