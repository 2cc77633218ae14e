"""A diagnosis of controllers completed by what speakers' logs tell."""

from __future__ import annotations

from dataclasses import replace

from loganalyzer.correlator.advice import single_nodes
from loganalyzer.correlator.announcements.chronicle import Chronicle
from loganalyzer.correlator.announcements.collect import Elsewhere, announcements
from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.model.speakers.watch import Speakers


def completed(found: Diagnosis, speakers: Speakers, chronicle: Chronicle) -> Diagnosis:
    """The diagnosis with announcements, sessions and the advice that they give rise to."""
    told = announcements(speakers, _elsewhere(found, chronicle))
    return replace(found, announcements=told, advice=(*found.advice, *single_nodes(told)))


def _elsewhere(found: Diagnosis, chronicle: Chronicle) -> Elsewhere:
    """What the controllers' logs tell of services that speakers' lines may be about."""
    owners: dict[str, set[str]] = {}
    for holding in found.holdings:
        for address in holding.addresses:
            owners.setdefault(address, set()).add(holding.service)
    held = frozenset(h.service for h in found.holdings)
    waiting = [f for f in found.failures if f.service and f.ended is None and f.service not in held]
    return Elsewhere(
        holds=held,
        waits={f.service: f.first for f in waiting if f.service},
        owners={a: frozenset(s) for a, s in owners.items()},
        causes={f.service: f.cause.rule if f.cause else None for f in waiting if f.service},
        chronicle=chronicle.events,
    )
