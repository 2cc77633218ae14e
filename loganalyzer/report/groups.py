"""Failures put together for a reader: services with one cause are one entry, a service is told once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.correlator.fix import NO_RANGE, NOTHING


class Group(Struct, frozen=True):
    """Services that fail at the end for one cause; `failures` has each service's last episode."""

    failures: tuple[Failure, ...]

    @property
    def lead(self) -> Failure:
        """The episode that stands for all."""
        return self.failures[0]


class Past(Struct, frozen=True):
    """A service's episodes that are over."""

    service: str
    failures: tuple[Failure, ...]


def failing(failures: Iterable[Failure]) -> list[Group]:
    """What still fails, by cause; the largest group first, then in the order of the log."""
    found: dict[tuple[object, ...], list[Failure]] = {}
    for failure in failures:
        if failure.ended is None:
            found.setdefault(_cause(failure), []).append(failure)
    return sorted((Group(tuple(f)) for f in found.values()), key=lambda g: -len(g.failures))


Led = Mapping[str, tuple[Failure, ...]]
"""By services the episodes that led into their last one without an address in between, oldest first."""


def led(failures: Iterable[Failure]) -> Led:
    """Of the services that still fail."""
    chains: dict[str, list[Failure]] = {}
    found: dict[str, tuple[Failure, ...]] = {}
    for failure in failures:
        if failure.service is None:
            continue
        if failure.ended == "changed":
            chains.setdefault(failure.service, []).append(failure)
        else:
            chain = chains.pop(failure.service, [])
            if failure.ended is None:
                found[failure.service] = tuple(chain)
    return found


def past(failures: Sequence[Failure]) -> list[Past]:
    """What failed before and fails no more, a service once, in the order of the log."""
    found: dict[str, list[Failure]] = {}
    still = {f.service for f in failures if f.ended is None}
    for failure in failures:
        if failure.ended is not None and failure.service is not None and failure.service not in still:
            found.setdefault(failure.service, []).append(failure)
    return [Past(service, tuple(episodes)) for service, episodes in found.items()]


def _cause(failure: Failure) -> tuple[object, ...]:
    cause = failure.cause
    if failure.service is None:
        return ("nameless", failure.error, failure.first.source)
    if cause is None:
        return ("unknown", failure.error, failure.missing)
    looked_into = tuple(p.name for p in failure.pools if p.eligible or p.rule == cause.rule)
    own = failure.service if not cause.holders and not looked_into else ""
    # What one service lacks of whole pools is said of all of its entry; and so is that nothing helps.
    said = cause.summary.replace(failure.service, "") if cause.address is None else ""
    hopeless = any(fix.title in (NO_RANGE, NOTHING) for fix in failure.fixes)
    return (cause.rule, cause.address, cause.holders, looked_into, failure.certainty, own, said, hopeless)
