"""Fixes: proposals that were tried on the state at the end, and gave the service an address in every order.

One under which another service loses its address, or has it moved, is not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import permutations
from typing import Final

import orjson
from msgspec import Struct, structs

from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.correlator.fix import NO_RANGE, NOTHING, Fix
from loganalyzer.errors import UsageError
from loganalyzer.metallb.addresses import FAMILY_NAMES, family_of, format_address
from loganalyzer.metallb.documents import pack
from loganalyzer.metallb.services import Service, service_from_object
from loganalyzer.rules.rule import listing
from loganalyzer.whatif import others, own, pool_edits
from loganalyzer.whatif.changes import Change, patched, service_after
from loganalyzer.whatif.choice import Addresses
from loganalyzer.whatif.commands import command, nudge
from loganalyzer.whatif.edits import touch
from loganalyzer.whatif.proposal import DELETION, ELSEWHERE, LESS, OTHERS, OWN, POOLS, Case, Proposal
from loganalyzer.whatif.state import Fate, State

MOST: Final = 5
_MOST_OF: Final = {OWN: 3, OTHERS: 2, POOLS: 2, ELSEWHERE: 1, DELETION: 1}
"""So many of each reach: three ways of changing the service itself leave room for the others."""
_TOO_MANY: Final = (
    "{} services wait, and to try every change for each would take too long; "
    "--service NAMESPACE/NAME begins with that one"
)
_TRIED: Final = {OWN: 12, OTHERS: 5, POOLS: 5, ELSEWHERE: 5, DELETION: 2}
"""So many proposals of each reach are tried; five times as many while nothing has been found."""


_PARTIAL: Final = "tried on the objects as they were given, which stand for the state that no log shows"


class Search(Struct, eq=False):
    """How much may still be tried for the failures of one diagnosis, in services looked at.

    While there is plenty each failure gets the best fixes that there are; then the first that is found; then none.
    `refused`: something was too much for what was left.
    """

    plenty: int = 150_000
    left: int = 600_000
    refused: bool = False

    def affords(self, services: int) -> bool:
        """Whether so many services may be looked at; if so, they count."""
        if services > self.left:
            self.refused = True
            return False
        self.plenty -= services
        self.left -= services
        return True


def fixes_for(failure: Failure, state: State, search: Search | None = None) -> tuple[Fix, ...]:
    """The fixes of a failure that lasts until the end, best first; else the reason why there is none.

    Empty for a failure that has ended or whose cause is not known. `search` is shared by failures of one diagnosis.
    """
    search = search or Search()
    if failure.ended is not None or failure.cause is None or failure.service is None:
        return ()
    service = state.world.services.get(failure.service)
    reason = _untried(failure, state, service)
    if reason or service is None:
        return (_none("nothing could be tried", reason),)
    search.refused = False
    # What might be proposed is found by a look at every service.
    if not search.affords(len(state.world.services)):
        return (_none("not every change could be tried", _TOO_MANY.format(len(state.waiting))),)
    case = Case(state, service)
    touched = _touched(case, search)
    # Where nothing is in its way any more any other change would be one too many.
    found = (touched,) if touched is not None else _found(case, search)
    if not found and search.refused:
        return (_none("not every change could be tried", _TOO_MANY.format(len(state.waiting))),)
    if state.assumed:
        found = tuple(structs.replace(fix, why=f"{fix.why}; {_PARTIAL}") for fix in found)
    if found:
        return found
    lacking = _no_range(case)
    return (_none(NO_RANGE, lacking) if lacking else _none(NOTHING, _no_fix(case)),)


def _touched(case: Case, search: Search) -> Fix | None:
    """A touch, where that is enough since something else has changed; None where it is not."""
    name = case.service.key
    if case.state.refuses(name):
        return None
    proposal = Proposal(
        f"touch {name}: what was in its way is gone",
        (case.own(touch(case.document)),),
        f"changes nothing but an annotation of this service; MetalLB {case.state.version} has not looked at it since",
        OWN,
    )
    found = _verified(case, proposal, search)
    return structs.replace(found, commands=(nudge(name),), gone=True) if found is not None else None


def _untried(failure: Failure, state: State, service: Service | None) -> str:
    """Why nothing can be tried; empty where it can."""
    if failure.cause is not None and failure.cause.rule == "MLB403":
        return "MetalLB found an address; what refuses the write is outside of its configuration"
    if not state.version_known:
        return "the log does not tell MetalLB's version; pass it with --metallb-version"
    if not state.known:
        return next(iter(state.lacks), "the log does not show every service and pool")
    if service is not None and state.world.held(service.key):
        return "the objects show that it has an address by now"
    if service is None or not service.document:
        return "the log does not show the service itself"
    return ""


def _no_range(case: Case) -> str:
    """What no pool has that the service needs; empty where pools have all."""
    known = {family for pool in case.pools.values() for family in pool.families}
    lacking = [FAMILY_NAMES[family] for family in case.families if family not in known]
    if not case.pools or not lacking:
        return ""
    return (
        f"{case.service.key} needs {' and '.join(FAMILY_NAMES[f] for f in case.families)}, and no pool has a range of "
        f"{' or '.join(lacking)}: no change to what there is helps, only one more range"
    )


def _no_fix(case: Case) -> str:
    if not case.pools:
        return "there is no pool to change: create an IPAddressPool"
    if not case.service.cluster_ips or not case.families:
        return "its cluster IP is not one that MetalLB can serve, and can't be changed: create the service anew"
    return (
        "every change to existing objects that was tried leaves it without an address, or costs another service its own"
    )


def _none(title: str, reason: str) -> Fix:
    return Fix(title, (), verified=False, why=reason, by_itself=False)


def _found(case: Case, search: Search) -> tuple[Fix, ...]:
    room = dict(_MOST_OF)
    tried = dict.fromkeys(_MOST_OF, 0)
    found: list[Fix] = []
    enough: list[frozenset[bytes]] = []

    def wanted(reach: int) -> bool:
        """Whether more of a reach are tried; once they are not they never are again."""
        return room[reach] > 0 and tried[reach] < _TRIED[reach] * (1 if found else 5)

    for proposal in _proposals(case, wanted):
        if len(found) == MOST or (found and search.plenty <= 0):
            break
        if not wanted(proposal.reach):
            continue
        parts = _parts(proposal.changes)
        # What holds without the rest makes the rest superfluous.
        if any(less <= parts for less in enough):
            continue
        tried[proposal.reach] += 1
        fix = _verified(case, proposal, search)
        if fix is not None:
            room[proposal.reach] -= 1
            found.append(fix)
            enough.append(parts)
    return tuple(found)


def _parts(changes: tuple[Change, ...]) -> frozenset[bytes]:
    """The single operations of changes."""
    operations = ((c, op) for c in changes for op in (c.patch if c.patch is not None else ({"op": "delete"},)))
    return frozenset(orjson.dumps([change.kind, change.name, dict(op)]) for change, op in operations)


def _proposals(case: Case, wanted: Callable[[int], bool]) -> Iterator[Proposal]:
    """All that are of a wanted reach, in their order; most searches end before more than the first few are made."""
    yield from _in_order(_of(case, own.simple))
    # What has the service ask for less comes after all that is of a rank below LESS.
    variants = list(_relaxed(case))
    joining, asking_less = _of(case, own.joining), [p for v in variants for p in _of(v, own.proposals)]
    yield from _in_order(p for p in (*joining, *asking_less) if p.reach == OWN)
    single, several = _parted(_of(case, others.proposals) if wanted(OTHERS) or wanted(DELETION) else ())
    yield from _in_order(p for p in single if p.reach == OTHERS)
    yield from _in_order(_of(case, pool_edits.proposals) if wanted(POOLS) else ())
    yield from _in_order(p for p in joining if p.reach == ELSEWHERE)
    yield from _in_order(p for p in single if p.reach == DELETION)
    yield from _in_order(p for p in several if p.order < (2, OTHERS, LESS))
    several = [p for p in several if p.order >= (2, OTHERS, LESS)]
    for variant in variants:
        several += _of(variant, others.proposals) if wanted(OTHERS) or wanted(DELETION) else ()
        several += _of(variant, pool_edits.proposals) if wanted(POOLS) else ()
    yield from _in_order(several)
    yield from _in_order(p for p in asking_less if p.reach == ELSEWHERE)


def _of(case: Case, source: Callable[[Case], Iterator[Proposal]]) -> list[Proposal]:
    return [case.with_prelude(proposal) for proposal in source(case)]


def _in_order(proposals: Iterable[Proposal]) -> list[Proposal]:
    return sorted(proposals, key=lambda p: p.order)


def _parted(proposals: Iterable[Proposal]) -> tuple[list[Proposal], list[Proposal]]:
    """Those that change one object, and the others."""
    found: tuple[list[Proposal], list[Proposal]] = ([], [])
    for proposal in proposals:
        found[proposal.order[0] > 1].append(proposal)
    return found


def _relaxed(case: Case) -> Iterator[Case]:
    """The case as it would be if the service asked for less, where that is not enough by itself."""
    for less in own.relaxations(case):
        document = patched(case.document, case.own(less.operations))
        service = service_from_object(document, pack(document))
        yield Case(case.state, service, less.operations, less.title, less.cost)


def _verified(case: Case, proposal: Proposal, search: Search) -> Fix | None:
    """The fix that a proposal is, its changes in the order that interrupts the fewest; None where it is none."""
    if not search.affords(len(case.state.world.services)):
        return None
    gets = case.state.at_once(case.service.key, proposal.changes)
    if gets is not None:
        return _fix(case, proposal, proposal.changes, gets) if gets else None
    best: _Best | None = None
    for changes in permutations(proposal.changes):
        if not search.affords(case.state.cost(*changes)):
            break
        try:
            outcome = case.state.remembered(*changes)
        except UsageError:
            return None
        if outcome.contends(case.service.key) or outcome.losses or outcome.rejected:
            continue
        fate = outcome.fate(case.service.key)
        if fate.allocates is not True:
            continue
        if best is None or len(outcome.interrupted) < len(best.interrupted):
            best = _Best(outcome.interrupted, changes, fate)
        if not outcome.interrupted:
            break
    return _tried(case, proposal, best) if best else None


class _Best(Struct, frozen=True):
    """The order of changes that interrupts the fewest, and what becomes of the service then."""

    interrupted: tuple[str, ...]
    changes: tuple[Change, ...]
    fate: Fate


def _tried(case: Case, proposal: Proposal, best: _Best) -> Fix:
    name = case.service.key
    why, caution = proposal.why, proposal.caution
    if best.interrupted:
        without = "is without its address" if len(best.interrupted) == 1 else "are without their addresses"
        outage = f"{listing(best.interrupted)} {without} for a moment"
        why, caution = f"{outage}; {why}", "; ".join(filter(None, (outage, caution)))
    again = nudge(name) if best.fate.by_itself is not True else None
    if again:
        why += f"; MetalLB {case.state.version} does not look at {name} again by itself: the last command makes it"
    told = structs.replace(proposal, why=why, caution=caution)
    return _fix(case, told, best.changes, best.fate.addresses, again)


def _fix(
    case: Case, proposal: Proposal, changes: tuple[Change, ...], addresses: Addresses, again: str | None = None
) -> Fix:
    return Fix(
        title=proposal.title,
        changes=tuple(c.to_dict() for c in changes),
        verified=True,
        predicted=tuple(map(format_address, addresses)),
        why=proposal.why,
        by_itself=again is None,
        nudge=again,
        commands=(*map(command, changes), *([again] if again else ())),
        caution=proposal.caution,
        each=len({family_of(a) for a in addresses}) == 2 and _gets_each(case, changes),
    )


def _gets_each(case: Case, changes: tuple[Change, ...]) -> bool:
    """Whether the service as it will be gets an address of each of two families."""
    service: Service | None = case.service
    for change in changes:
        if (change.kind, change.name) == ("Service", case.service.key):
            service = service_after(service, change, case.state.families)
    return service is not None and service.gets_each(case.state.version)
