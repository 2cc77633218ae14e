"""Proposals that change services of others: the holders of an address that the service might share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loganalyzer.metallb.services import ALLOW_SHARED_IP, Service
from loganalyzer.model.state import AddressUse
from loganalyzer.rules.rule import listing
from loganalyzer.whatif.changes import Change, document_of
from loganalyzer.whatif.edits import annotated, field_set
from loganalyzer.whatif.own import HIDDEN, fits
from loganalyzer.whatif.proposal import DELETION, OTHERS, Case, Proposal

_KEY: Final = "shared"
_MOST_HOLDERS: Final = 3
_ELSE: Final = "a change to somebody else's service"


def proposals(case: Case) -> Iterator[Proposal]:
    """Keys for holders without one, both on Cluster, and (last) a holder that nobody needs."""
    seen: set[str] = set()
    for use in (*case.keyless, *case.shareable):
        holders = [case.state.world.services.get(name) for name in use.services]
        known = [h for h in holders if h is not None]
        if len(known) < len(holders) or len(known) > _MOST_HOLDERS:
            continue
        for proposal in (*_keyed(case, use, known), *_clustered(case, use, known), *_deleted(known)):
            if proposal.title not in seen:
                seen.add(proposal.title)
                yield proposal


def _keyed(case: Case, use: AddressUse, holders: list[Service]) -> Iterator[Proposal]:
    """Give the one holder of an address the service's key; both get one where neither has."""
    if use.sharing_key or len(holders) != 1:
        return
    holder, version = holders[0], case.state.version
    key = case.claim.sharing_key or _KEY
    theirs = annotated(document_of(holder), ALLOW_SHARED_IP, key, version)
    for fit in fits(case, use, key, case.state.world.services):
        own = (case.own(fit.operations),) if fit.operations else ()
        steps = f", and in {case.service.key} {listing(fit.steps)}" if own else ""
        costs = "".join(f"; {cost}" for cost in (*fit.costs, fit.caution) if cost)
        yield Proposal(
            f"give {holder.key} the sharing key {key!r}{steps}",
            (Change("Service", holder.key, patch=theirs), *own),
            f"{_ELSE} ({holder.key}): both are on one address from then on{costs}",
            OTHERS,
            1 + len(fit.steps),
            fit.caution,
        )


def _clustered(case: Case, use: AddressUse, holders: list[Service]) -> Iterator[Proposal]:
    """Put all of them on Cluster."""
    if not use.sharing_key or not use.backend_key:
        return
    for fit in fits(case, use, use.sharing_key, case.state.world.services, cluster=True):
        local = [h for h in holders if h.traffic_policy == "Local"]
        theirs = tuple(
            Change("Service", h.key, patch=field_set(document_of(h), "externalTrafficPolicy", "Cluster")) for h in local
        )
        own = (case.own(fit.operations),) if fit.operations else ()
        if not theirs and not own:
            continue
        names = listing(tuple(h.key for h in local))
        steps = f", and in {case.service.key} {listing(fit.steps)}" if own else ""
        costs = "".join(f"; {cost}" for cost in fit.costs if cost != HIDDEN)
        yield Proposal(
            f"set {names} to externalTrafficPolicy Cluster{steps}",
            (*own, *theirs),
            f"{_ELSE} ({names}): the pods of all of them no longer see clients' addresses, but nodes'{costs}",
            OTHERS,
            4 + len(fit.steps),
        )


def _deleted(holders: list[Service]) -> Iterator[Proposal]:
    """Remove the only holder of an address."""
    if len(holders) != 1:
        return
    yield Proposal(
        f"delete {holders[0].key}, if nobody needs it any more",
        (Change("Service", holders[0].key),),
        f"deletes somebody else's service ({holders[0].key}) and frees its address: only if it is not in use",
        DELETION,
        9,
    )
