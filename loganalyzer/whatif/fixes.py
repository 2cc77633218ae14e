"""Fixes: proposals that were tried on the state at the end, and gave the service an address in every order.

One under which another service loses its address, or has it moved, is not offered.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Final

from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.correlator.fix import Fix
from loganalyzer.errors import UsageError
from loganalyzer.metallb.addresses import format_address
from loganalyzer.metallb.services import Service
from loganalyzer.rules.rule import listing
from loganalyzer.whatif import others, own, pool_edits
from loganalyzer.whatif.changes import Change
from loganalyzer.whatif.commands import command, nudge
from loganalyzer.whatif.proposal import DELETION, OTHERS, OWN, POOLS, Case, Proposal
from loganalyzer.whatif.state import Outcome, State

MOST: Final = 5
_MOST_OF: Final = {OWN: 3, OTHERS: 2, POOLS: 2, DELETION: 1}
"""So many of each reach: three ways of changing the service itself leave room for the others."""
_TRIED: Final = 24


def fixes_for(failure: Failure, state: State) -> tuple[Fix, ...]:
    """The fixes of a failure that lasts until the end, best first; else the reason why there is none.

    Empty for a failure that has ended or whose cause is not known.
    """
    if failure.ended is not None or failure.cause is None or failure.service is None:
        return ()
    service = state.world.services.get(failure.service)
    reason = _untried(failure, state, service)
    if reason or service is None:
        return (_none(reason),)
    found = _found(Case(state, service))
    return found or (_none(_no_fix(failure)),)


def _untried(failure: Failure, state: State, service: Service | None) -> str:
    """Why nothing can be tried; empty where it can."""
    if failure.cause is not None and failure.cause.rule == "MLB403":
        return "MetalLB found an address; what refuses the write is outside of its configuration"
    if not state.known:
        return "nothing can be tried: the log does not show every service and pool"
    if service is None or not service.document:
        return "nothing can be tried: the log does not show the service itself"
    return ""


def _no_fix(failure: Failure) -> str:
    if failure.cause is not None and failure.cause.rule == "MLB202":
        return "there is no pool to change: create an IPAddressPool"
    return "every change to existing objects that was tried leaves it without an address, or costs another service its own"


def _none(reason: str) -> Fix:
    return Fix("no change to existing objects", (), verified=False, why=reason, by_itself=False)


def _found(case: Case) -> tuple[Fix, ...]:
    room = dict(_MOST_OF)
    tried = 0
    found: list[Fix] = []
    for proposal in sorted(_proposals(case), key=lambda p: p.order):
        if len(found) == MOST or tried >= _TRIED * (1 + (not found)):
            break
        if not room[proposal.reach]:
            continue
        tried += 1
        fix = _verified(case, proposal)
        if fix is not None:
            room[proposal.reach] -= 1
            found.append(fix)
    return tuple(found)


def _proposals(case: Case) -> Iterator[Proposal]:
    yield from own.proposals(case)
    yield from others.proposals(case)
    yield from pool_edits.proposals(case)


def _verified(case: Case, proposal: Proposal) -> Fix | None:
    """The fix that a proposal is, its changes in the order that interrupts the fewest; None where it is none."""
    best: tuple[int, tuple[Change, ...], Outcome] | None = None
    for changes in permutations(proposal.changes):
        try:
            outcome = case.state.with_change(*changes)
        except UsageError:
            return None
        if outcome.losses or outcome.rejected or outcome.fate(case.service.key).allocates is not True:
            continue
        if best is None or len(outcome.interrupted) < best[0]:
            best = (len(outcome.interrupted), changes, outcome)
        if not outcome.interrupted:
            break
    return _fix(case, proposal, best[1], best[2]) if best else None


def _fix(case: Case, proposal: Proposal, changes: tuple[Change, ...], outcome: Outcome) -> Fix:
    name = case.service.key
    fate = outcome.fate(name)
    why = proposal.why
    if outcome.interrupted:
        why = f"{listing(outcome.interrupted)} is without its address for a moment; {why}"
    touch = nudge(name) if fate.by_itself is not True else None
    if touch:
        why += f"; MetalLB {case.state.version} does not look at {name} again by itself: the last command makes it"
    return Fix(
        title=proposal.title,
        changes=tuple(c.to_dict() for c in changes),
        verified=True,
        predicted=tuple(map(format_address, fate.addresses)),
        why=why,
        by_itself=fate.by_itself is True,
        nudge=touch,
        commands=(*map(command, changes), *([touch] if touch else ())),
    )


def what_to_do(fixes: tuple[Fix, ...]) -> tuple[str, ...]:
    """The lines of a text report: each fix's sentence, what it costs, and its commands, indented by two spaces."""
    found: list[str] = []
    for number, fix in enumerate(fixes, 1):
        if not fix.verified:
            found.append(f"{fix.title} helps: {fix.why}" if not fix.changes else f"(not tried) {fix.title}")
            continue
        gets = f" (gets {listing(fix.predicted)})" if fix.predicted else ""
        found.append(f"{number}. {fix.title}{gets}: {fix.why}")
        found.extend(f"  {line}" for line in fix.commands)
    return tuple(found)
