"""Failures, waits, marks and full pools of controllers' histories as entries of a story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from msgspec import structs

from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.correlator.wording import quoted
from loganalyzer.history.entries import Entry
from loganalyzer.history.holding import between
from loganalyzer.history.spans import History, Mark, PoolUse
from loganalyzer.model.state import Place
from loganalyzer.rules.rule import listing


def failures(found: Iterable[Failure]) -> Iterator[Entry]:
    """One entry for each episode, however many attempts it has."""
    before: dict[str | None, Failure] = {}
    for failure in found:
        earlier = before.get(failure.service)
        still = earlier is not None and earlier.ended == "changed" and failure.service is not None
        before[failure.service] = failure
        cause = failure.cause
        yield Entry(
            failure.first,
            "failed",
            f"{'still ' if still else ''}no address: {_why(failure)}",
            failure.service,
            addresses=(cause.address,) if cause is not None and cause.address else (),
            pool=cause.pool if cause is not None else None,
            rule=cause.rule if cause is not None else None,
            times=failure.attempts,
            last=failure.last,
            seconds=between(failure.first, failure.last),
        )


def _why(failure: Failure) -> str:
    cause = failure.cause
    if cause is None:
        return f"{quoted(failure.error)}; the log does not carry the cause"
    text = f"{cause.rule} {cause.name}"
    if cause.address:
        text += f" on {cause.address}"
    elif cause.pool:
        text += f" in pool {cause.pool}"
    if cause.holders:
        text += f", held by {listing(cause.holders)}"
    return text if failure.certainty == "proven" else f"{text} (likely)"


def ends_of_waits(history: History) -> Iterator[Entry]:
    """Services that wait at the end of their log, and those that were gone before they got an address."""
    gone = {"deleted": "deleted", "not-load-balancer": "no load balancer any more"}
    for wait in history.waits:
        length = between(wait.since, wait.until)
        if wait.why == "waiting":
            yield Entry(wait.until, "waiting", "still has no address", wait.service, seconds=length)
        elif wait.why in gone:
            what = f"{gone[wait.why]}, without an address"
            yield Entry(wait.until, wait.why, what, wait.service, seconds=length)


def marks(history: History) -> Iterator[Entry]:
    """Starts, ends and crashes of controllers, and configurations that were refused; equal ones in a row are one."""
    latest: Entry | None = None
    for mark in history.marks:
        entry = _mark(mark)
        if entry is None:
            continue
        if latest is not None and (latest.kind, latest.what) == ("rejected", entry.what):
            latest = structs.replace(latest, times=latest.times + 1, last=entry.at)
            continue
        if latest is not None:
            yield latest
        latest = entry
    if latest is not None:
        yield latest


def _mark(mark: Mark) -> Entry | None:
    if mark.at.source.component == "speaker":
        return None
    if mark.what == "started":
        return Entry(mark.at, "started", f"the controller {mark.text} started".replace("  ", " "))
    if mark.what == "stopping":
        return Entry(mark.at, "stopping", "the controller was asked to stop")
    if mark.what == "crashed":
        how = mark.text or "it began anew without having been stopped in order"
        return Entry(mark.at, "crashed", f"the controller crashed: {how}", rule="MLB404")
    if mark.what == "rejected":
        return Entry(mark.at, "rejected", f"the configuration is refused: {mark.text}", rule="MLB401")
    return None


def fullness(uses: Iterable[PoolUse]) -> Iterator[Entry]:
    """When a family of a pool had no free address any more, and when it had one again.

    An address that was free for less than a second went from one service to the next, or the controller began anew.
    """
    by_pool: dict[tuple[int, str, str], list[PoolUse]] = {}
    for use in uses:
        known = by_pool.setdefault((use.history, use.pool, use.family), [])
        if not known or _is_full(known[-1]) != _is_full(use):
            known.append(use)
    for turns in by_pool.values():
        yield from _turns(turns)


def _is_full(use: PoolUse) -> bool:
    return 0 < use.size <= use.used


def _turns(turns: list[PoolUse]) -> Iterator[Entry]:
    """The changes of one family of a pool, each the opposite of the one before."""
    since: PoolUse | None = None
    for use, following in zip_longest(turns, turns[1:]):
        if _is_full(use):
            if since is None:
                since = use
                yield Entry(use.at, "pool-full", _full_text(use), pool=use.pool)
        elif since is not None and not (following is not None and _at_once(use.at, following.at)):
            what = f"{use.used:,} of {use.size:,} {use.family} addresses are in use" if use.size else "the pool is gone"
            yield Entry(use.at, "pool-free", what, pool=use.pool, seconds=between(since.at, use.at))
            since = None


def _at_once(first: Place, last: Place) -> bool:
    length = between(first, last)
    return length is not None and length < 1


def _full_text(use: PoolUse) -> str:
    many = f"all {use.size:,} {use.family} addresses are" if use.size > 1 else f"its one {use.family} address is"
    return f"{many} in use"
