"""Attempts become episodes: runs of one service's attempts with the same error and cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loganalyzer.correlator.diagnosis import Cause, Evidence, Failure
from loganalyzer.correlator.judge import Judgement, candidates, holds, judge
from loganalyzer.correlator.missing import missing
from loganalyzer.correlator.wording import cause, evidence
from loganalyzer.metallb.addresses import Address, format_address
from loganalyzer.metallb.error_texts import fold, parse_error
from loganalyzer.metallb.versions import ASSUMED
from loganalyzer.model.controller import Model
from loganalyzer.model.outcomes import Attempt, WriteFailed
from loganalyzer.model.state import Place
from loganalyzer.rules.catalogue import catalogue
from loganalyzer.rules.rule import Finding

if TYPE_CHECKING:
    from loganalyzer.correlator.inference import Inference


@dataclass(slots=True)
class _Open:
    """An episode under way. Only its last attempt is kept, with the state that it met."""

    first: Place
    attempt: Attempt
    judgement: Judgement
    error: str
    count: int = 1
    objects: tuple[Evidence, ...] = ()


Key = tuple[int, str]


class Episodes:
    """The episodes of all histories: fed in order, closed as they end."""

    def __init__(self, inference: Inference | None = None) -> None:
        self._inference = inference
        self._open: dict[Key, _Open] = {}
        self._nameless: dict[Key, _Open] = {}
        self._closed: list[Failure] = []
        self._unwritten: dict[Key, WriteFailed] = {}
        self._conflicts: dict[int, int] = {}

    def attempt(self, model: Model, attempt: Attempt) -> None:
        """One more failed attempt."""
        if attempt.service is None:
            self._add_nameless(model, attempt)
            return
        key = (id(model), attempt.service)
        now = self._open.get(key)
        objects = self._inference.events_of(attempt) if self._inference is not None else ()
        infers = self._inference is not None and self._inference.infers
        if now is not None and not infers and holds(now.judgement, now.attempt, attempt):
            now.objects = objects or now.objects
            now.attempt, now.count = attempt, now.count + 1
            return
        judgement = judge(attempt)
        folded = fold(attempt.error)
        if self._inference is not None and (judgement.rule in (None, "MLB100") or judgement.certainty == "unknown"):
            inferred = self._inference.judged(model, attempt, judgement)
            if inferred is not None:
                attempt, judgement = inferred.attempt, inferred.judgement
                objects = (*inferred.evidence, *objects)
        if now is not None:
            if now.error == folded and now.judgement.cause == judgement.cause:
                now.attempt, now.judgement, now.count, now.objects = attempt, judgement, now.count + 1, objects
                return
            self._close(key, "changed")
        self._open[key] = _Open(attempt.at, attempt, judgement, folded, objects=objects)

    def obtained(self, model: Model, service: str, at: Place, addresses: tuple[Address, ...]) -> None:
        """The service has an address."""
        if (id(model), service) in self._open:
            self._close((id(model), service), "allocated", at, addresses)

    def gone(self, model: Model, service: str, how: str) -> None:
        """The service needs none any more."""
        if (id(model), service) in self._open:
            self._close((id(model), service), how)
        self._unwritten.pop((id(model), service), None)

    def write_failed(self, model: Model, failed: WriteFailed) -> None:
        """Writing a service failed; whether that is a failure, later passes tell."""
        self._conflicts[id(model)] = self._conflicts.get(id(model), 0) + 1
        if failed.service and failed.addresses:
            self._unwritten[id(model), failed.service] = failed

    def written(self, model: Model, service: str) -> None:
        """A service was written, or shows its address in its status."""
        if self._unwritten:
            self._unwritten.pop((id(model), service), None)

    def conflicts(self, model: Model) -> int:
        """Writes that failed and were repeated with success."""
        unsettled = sum(1 for owner, _ in self._unwritten if owner == id(model))
        return self._conflicts.get(id(model), 0) - unsettled

    def failures(self) -> list[Failure]:
        """All episodes, those that still fail at the end included, in the order in which they began."""
        found = list(self._closed)
        found += [_failure(e, None, None, ()) for e in (*self._open.values(), *self._nameless.values())]
        found += [_write_failure(f) for f in self._unwritten.values()]
        return found

    def _add_nameless(self, model: Model, attempt: Attempt) -> None:
        key = (id(model), fold(attempt.error))
        now = self._nameless.get(key)
        if now is None:
            self._nameless[key] = _Open(attempt.at, attempt, judge(attempt), key[1])
        else:
            now.attempt, now.count = attempt, now.count + 1

    def _close(self, key: Key, how: str, at: Place | None = None, addresses: tuple[Address, ...] = ()) -> None:
        self._closed.append(_failure(self._open.pop(key), how, at, addresses))


def failure_of(attempt: Attempt, judgement: Judgement, first: Place) -> Failure:
    """An episode of one attempt that has not ended."""
    return _failure(_Open(first, attempt, judgement, attempt.error), None, None, ())


def _failure(now: _Open, ended: str | None, at: Place | None, addresses: tuple[Address, ...]) -> Failure:
    attempt, judgement = now.attempt, now.judgement
    blocked, omitted = candidates(attempt, judgement)
    return Failure(
        service=attempt.service,
        error=attempt.error,
        first=now.first,
        last=attempt.at,
        attempts=now.count,
        certainty=judgement.certainty,
        cause=cause(attempt, judgement),
        pools=judgement.pools,
        candidates=blocked,
        candidates_omitted=omitted,
        evidence=(*now.objects, *evidence(attempt, judgement)),
        missing=missing(attempt, judgement),
        ended=ended,
        resolved=at if ended == "allocated" else None,
        resolved_addresses=tuple(map(format_address, addresses)),
    )


def _write_failure(failed: WriteFailed) -> Failure:
    entry = catalogue()["MLB403"]
    addresses = tuple(map(format_address, failed.addresses))
    finding = Finding(
        service=failed.service or "",
        version=ASSUMED,
        error=parse_error(failed.error),
        address=", ".join(addresses),
    )
    found = Cause(entry.code, entry.name, entry.summary(finding), remedy=entry.remedy(finding))
    return Failure(
        service=failed.service,
        error=failed.error,
        first=failed.at,
        last=failed.at,
        attempts=1,
        certainty="proven",
        cause=found,
        pools=(),
        candidates=(),
        candidates_omitted=0,
        evidence=(Evidence(failed.at, f'"{failed.error}"'),),
        missing=(),
    )
