"""Attempts become episodes: runs of one service's attempts with the same error and cause."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct, structs

from loganalyzer.correlator.diagnosis import Cause, Evidence, Failure
from loganalyzer.correlator.judge import Judgement, candidates, judge
from loganalyzer.correlator.lasting import holds
from loganalyzer.correlator.missing import missing
from loganalyzer.correlator.wording import cause, evidence
from loganalyzer.metallb.addresses import Address, format_address
from loganalyzer.metallb.error_texts import fold, parse_error
from loganalyzer.metallb.versions import ASSUMED
from loganalyzer.model.controller import Model
from loganalyzer.model.outcomes import Attempt, Attempts, WriteFailed, attempt_in
from loganalyzer.model.state import Place, PoolTable
from loganalyzer.rules.catalogue import catalogue
from loganalyzer.rules.rule import Finding

if TYPE_CHECKING:
    from loganalyzer.correlator.inference import Inference
    from loganalyzer.metallb.services import Service
    from loganalyzer.model.state import Table
    from loganalyzer.parser.events import Passes, WholePass
    from loganalyzer.sources.inputs import Source


class _Open(Struct, eq=False):
    """An episode under way. Only its last attempt is kept, with the state that it met.

    `looked_into` are the pools on which the judgement rests, as that attempt met them. `again`: where the last one
    stands, and the state that it met, if the judgement holds for it.
    """

    first: Place
    attempt: Attempt
    judgement: Judgement
    error: str
    looked_into: tuple[PoolTable, ...] = ()
    count: int = 1
    objects: tuple[Evidence, ...] = ()
    again: tuple[Source, Passes, int, Table] | None = None

    def goes_on(self, seen: Service | None, error: str, table: Table) -> bool:
        """Counts one of this object, refused so in this state, if the judgement holds for it; whether it did."""
        last = self.attempt
        if seen is not last.seen or error != last.error or seen is None:
            return False
        then = self.again[3] if self.again is not None else last.table
        pools = holds(self.judgement, self.looked_into, then, table)
        if pools is None:
            return False
        self.looked_into, self.count = pools, self.count + 1
        return True

    def last(self) -> Attempt:
        """The last attempt."""
        if self.again is not None:
            source, passes, place, table = self.again
            self.attempt, self.again = attempt_in(source, passes[place], table), None
        return self.attempt


Key = tuple[int, str]
"""A model's identity and the service, or the error text where no service is known."""

MOST_ENDED: Final = 1000
"""Episodes that have ended and are kept where a watcher was told of each."""

MOST_NAMELESS: Final = 1000


class Watcher(Protocol):
    """Who is told of episodes as they change."""

    def changed(self, key: Key) -> None:
        """An episode began, or was judged anew."""

    def ended(self, key: Key, failure: Failure) -> None:
        """An episode is over."""


class Episodes:
    """The episodes of all histories: fed in order, closed as they end.

    With a `watcher` memory is bounded: of those that have ended the last are kept, `omitted` counts the others.
    `left` are the services that were deleted, or are no load balancers any more, which of the two, the latest last.
    """

    def __init__(self, inference: Inference | None = None, watcher: Watcher | None = None) -> None:
        self._inference = inference
        self._given = inference is not None and inference.of_all
        self._watcher = watcher
        self.omitted = 0
        self.left: dict[str, str] = {}
        self._open: dict[Key, _Open] = {}
        self._met: Table | None = None
        self._same: dict[WholePass, _Open] = {}  # episodes whose last attempts were these passes in that state
        self._nameless: dict[Key, _Open] = {}
        self._closed: deque[Failure] = deque()
        self._unwritten: dict[Key, WriteFailed] = {}
        self._conflicts: dict[int, int] = {}

    def attempt(self, model: Model, attempt: Attempt) -> bool:
        """One more failed attempt; whether it is judged for itself, and not as the one before it was."""
        if attempt.service is None:
            self._add_nameless(model, attempt)
            return True
        self._same.clear()
        key = (id(model), attempt.service)
        now = self._open.get(key)
        inference = self._inference
        objects = inference.events_of(attempt) if inference is not None else ()
        free = inference is None or not inference.infers
        if now is not None and free and now.goes_on(attempt.seen, attempt.error, attempt.table):
            now.attempt, now.again = attempt, None
            now.objects = objects or now.objects
            return False
        judgement = judge(attempt)
        folded = fold(attempt.error)
        if inference is not None and (judgement.rule in (None, "MLB100") or judgement.certainty == "unknown"):
            inferred = inference.judged(model, attempt, judgement)
            if inferred is not None:
                attempt, judgement = inferred.attempt, inferred.judgement
                objects = (*inferred.evidence, *objects)
        if now is not None:
            if now.error == folded and now.judgement.cause == judgement.cause:
                now.attempt, now.judgement, now.count, now.objects = attempt, judgement, now.count + 1, objects
                now.again = None
                now.looked_into = judgement.looked_into
                self._changed(key)
                return True
            self._close(key, "changed")
        self._open[key] = _Open(attempt.at, attempt, judgement, folded, judgement.looked_into, objects=objects)
        self._changed(key)
        return True

    def attempts(self, model: Model, told: Attempts) -> Iterator[Attempt]:
        """Several at once: those are counted that are judged as the one before was, others are left to `attempt`."""
        if self._inference is not None:
            return told.singly()
        source, passes, table = told.source, told.passes, told.table
        if table is not self._met:
            self._met = table
            self._same.clear()
        same, under_way, mine = self._same, self._open.get, id(model)
        wholes = passes.wholes
        others: list[int] = []
        for place in told.places:
            whole = wholes[place]
            now = same.get(whole)
            if now is not None:
                now.count += 1
            else:
                now, failed = under_way((mine, whole.key)), whole.failed
                if now is None or failed is None or not now.goes_on(whole.seen, failed.error, table):
                    others.append(place)
                    continue
                same[whole] = now
            now.again = source, passes, place, table
        return structs.replace(told, places=others).singly() if others else iter(())

    def judged(self, model: Model, attempt: Attempt) -> tuple[Judgement, Place]:
        """The judgement of an attempt that was just taken in, and the line on which its episode began."""
        if attempt.service is None:
            now = self._nameless[id(model), fold(attempt.error)]
        else:
            now = self._open[id(model), attempt.service]
        return now.judgement, now.first

    def obtained(self, model: Model, service: str, at: Place, addresses: tuple[Address, ...]) -> None:
        """The service has an address."""
        if (id(model), service) in self._open:
            self._close((id(model), service), "allocated", at, addresses)

    def gone(self, model: Model, service: str, how: str) -> None:
        """The service needs none any more."""
        self.left.pop(service, None)
        self.left[service] = how
        if self._watcher is not None and len(self.left) > MOST_ENDED:
            del self.left[next(iter(self.left))]
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

    def lasting(self, key: Key) -> Failure:
        """An episode under way as it is now."""
        return _failure(self._open.get(key) or self._nameless[key], None, None, (), given=self._given)

    def gist(self, key: Key) -> tuple[str, Cause | None]:
        """How sure the cause of an episode under way is, and the cause, without the work of listing candidates."""
        now = self._open.get(key) or self._nameless[key]
        return now.judgement.certainty, cause(now.last(), now.judgement)

    def all_lasting(self) -> list[Failure]:
        """The episodes under way whose services are known."""
        return [_failure(now, None, None, (), given=self._given) for now in self._open.values()]

    @property
    def waiting(self) -> int:
        """How many services wait for an address."""
        return len(self._open)

    def failures(self) -> list[Failure]:
        """All episodes, those that still fail at the end included, in the order in which they began."""
        found = list(self._closed)
        found += [
            _failure(e, None, None, (), given=self._given) for e in (*self._open.values(), *self._nameless.values())
        ]
        found += [_write_failure(f) for f in self._unwritten.values()]
        return found

    def _add_nameless(self, model: Model, attempt: Attempt) -> None:
        key = (id(model), fold(attempt.error))
        now = self._nameless.get(key)
        if now is not None:
            now.attempt, now.count = attempt, now.count + 1
            return
        if self._watcher is not None and len(self._nameless) >= MOST_NAMELESS:
            self._forget(next(iter(self._nameless)))
        self._nameless[key] = _Open(attempt.at, attempt, judge(attempt), key[1])
        self._changed(key)

    def _forget(self, key: Key) -> None:
        """An episode without a service, which nothing ends, makes room for another."""
        failure = self.lasting(key)
        del self._nameless[key]
        self.omitted += 1
        if self._watcher is not None:
            self._watcher.ended(key, failure)

    def _changed(self, key: Key) -> None:
        if self._watcher is not None:
            self._watcher.changed(key)

    def _close(self, key: Key, how: str, at: Place | None = None, addresses: tuple[Address, ...] = ()) -> None:
        self._same.clear()
        failure = _failure(self._open.pop(key), how, at, addresses, given=self._given)
        self._closed.append(failure)
        if self._watcher is not None:
            self._watcher.ended(key, failure)
            if len(self._closed) > MOST_ENDED:
                self._closed.popleft()
                self.omitted += 1


def failure_of(attempt: Attempt, judgement: Judgement, first: Place) -> Failure:
    """An episode of one attempt, made of objects, that has not ended."""
    return _failure(_Open(first, attempt, judgement, attempt.error), None, None, (), given=True)


def _failure(
    now: _Open,
    ended: str | None,
    at: Place | None,
    addresses: tuple[Address, ...],
    *,
    given: bool,
) -> Failure:
    attempt, judgement = now.last(), now.judgement
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
        missing=missing(attempt, judgement, given=given),
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
