"""What a check says of many services alike, put together: a cluster may have hundreds that wait."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final

from msgspec import Struct

from loganalyzer.rules.rule import listing
from loganalyzer.whatif.check import CheckReport, Lost, Verdict

NAMED: Final = 8
"""So many services are named; so many losses of one kind are told one by one."""

_ORDER: Final = (True, None, False)
"""Of `allocates`."""


class Group(Struct, frozen=True):
    """Verdicts that say the same, each of another service."""

    verdicts: tuple[Verdict, ...]

    @property
    def lead(self) -> Verdict:
        """The first of them."""
        return self.verdicts[0]

    @property
    def names(self) -> str:
        """The services, as part of a sentence."""
        return listing(tuple(v.service for v in self.verdicts), NAMED)

    @property
    def nudged(self) -> tuple[Verdict, ...]:
        """Those that have to be touched, in some order at least."""
        return tuple(v for v in self.verdicts if v.nudge)


def groups(report: CheckReport) -> list[Group]:
    """The verdicts on services that are changed, then the others; of each those with an address first."""
    found: dict[Hashable, list[Verdict]] = {}
    for verdict in report.services:
        found.setdefault((verdict.service in report.changed, _alike(verdict)), []).append(verdict)
    made = [Group(tuple(verdicts)) for verdicts in found.values()]
    return sorted(made, key=lambda g: (g.lead.service not in report.changed, _ORDER.index(g.lead.allocates)))


def losses(report: CheckReport) -> Iterator[tuple[Lost, ...]]:
    """Losses one by one, but for many of one kind."""
    found: dict[Hashable, list[Lost]] = {}
    for lost in report.loses:
        found.setdefault((lost.why, lost.gets, lost.each), []).append(lost)
    for alike in found.values():
        if len(alike) > NAMED:
            yield tuple(alike)
        else:
            yield from ((lost,) for lost in alike)


def _alike(verdict: Verdict) -> tuple[Hashable, ...]:
    """What a verdict says, whoever it is about."""
    if verdict.contends_with:
        # Who contends with whom is the same for all of them; whom MetalLB looks at again by itself is not.
        rivals = frozenset((*verdict.contends_with, verdict.service))
        return verdict.allocates, verdict.addresses, verdict.each, rivals
    cause = verdict.cause
    why = (cause.rule, cause.address, cause.pool, cause.holders) if cause is not None else ()
    missing = tuple(text.replace(verdict.service, "") for text in verdict.missing)
    # Who is sure of one address has a line of its own.
    sure = verdict.service if verdict.allocates and len(verdict.addresses) <= 1 + verdict.each else ""
    return verdict.allocates, verdict.addresses, verdict.each, verdict.by_itself, why, missing, sure
