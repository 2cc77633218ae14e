"""A diagnosis of controllers completed by what speakers' logs tell, and by objects where these leave something open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import structs

from loganalyzer.correlator.advice import single_nodes
from loganalyzer.correlator.announcements.chronicle import Chronicle
from loganalyzer.correlator.announcements.cluster import cluster_of
from loganalyzer.correlator.announcements.collect import Elsewhere, announcements
from loganalyzer.correlator.announcements.found import Announcements
from loganalyzer.correlator.diagnosis import Diagnosis, Failure, Holding
from loganalyzer.model.speakers.watch import Speakers
from loganalyzer.sources.inputs import Source

Objects = Sequence[tuple[Source, dict[str, Any], int]]
"""Objects as they were read, each with its input and line."""


def completed(found: Diagnosis, speakers: Speakers, chronicle: Chronicle, objects: Objects = ()) -> Diagnosis:
    """The diagnosis with announcements, sessions and the advice that they give rise to."""
    told = announcements(speakers, _elsewhere(found.holdings, found.failures, chronicle, objects))
    return structs.replace(found, announcements=told, advice=(*found.advice, *single_nodes(told)))


def so_far(
    holdings: Iterable[Holding],
    failures: Iterable[Failure],
    speakers: Speakers,
    chronicle: Chronicle,
    objects: Objects = (),
) -> Announcements:
    """The announcements as they stand while the logs go on; `failures` are those that last."""
    return announcements(speakers, _elsewhere(holdings, failures, chronicle, objects), ended=False)


def _elsewhere(
    holdings: Iterable[Holding], failures: Iterable[Failure], chronicle: Chronicle, objects: Objects
) -> Elsewhere:
    """What the controllers' logs and objects tell of services that speakers' lines may be about."""
    owners: dict[str, set[str]] = {}
    held: set[str] = set()
    for holding in holdings:
        held.add(holding.service)
        for address in holding.addresses:
            owners.setdefault(address, set()).add(holding.service)
    waiting = [f for f in failures if f.service and f.ended is None and f.service not in held]
    return Elsewhere(
        holds=frozenset(held),
        waits={f.service: f.first for f in waiting if f.service},
        owners={a: frozenset(s) for a, s in owners.items()},
        causes={f.service: f.cause.rule if f.cause else None for f in waiting if f.service},
        chronicle=chronicle.events,
        cluster=cluster_of(objects) if objects else None,
    )
