"""Choosing what is reported; the model has read everything all the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from loganalyzer.correlator.diagnosis import Diagnosis


def by_service(diagnosis: Diagnosis, services: Iterable[str]) -> Diagnosis:
    """Only what concerns these services; a name without a namespace stands for it in every namespace."""
    wanted = set(services)

    def chosen(name: str | None) -> bool:
        return name is not None and (name in wanted or name.partition("/")[2] in wanted)

    return replace(
        diagnosis,
        failures=tuple(f for f in diagnosis.failures if chosen(f.service)),
        advice=tuple(a for a in diagnosis.advice if chosen(a.service)),
        holdings=tuple(h for h in diagnosis.holdings if chosen(h.service)),
        services=frozenset(s for s in diagnosis.services if chosen(s)),
    )
