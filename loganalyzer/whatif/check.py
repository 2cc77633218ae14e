"""`loganalyzer check`: what manifests and changes would come to, as plain data and as a document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct, structs

from loganalyzer.correlator.advice import unread
from loganalyzer.correlator.announcements.document import position
from loganalyzer.correlator.diagnosis import Cause
from loganalyzer.correlator.missing import DEBUG_COMMAND
from loganalyzer.metallb.addresses import family_of, format_address
from loganalyzer.metallb.error_texts import parse_error
from loganalyzer.metallb.services import Service
from loganalyzer.metallb.versions import V0_13_8, dumps_objects
from loganalyzer.model.state import Place
from loganalyzer.parser.reading import CONTROLLER_LOG
from loganalyzer.rules.rule import listing
from loganalyzer.whatif.apply import Rejection, namespace_selectors
from loganalyzer.whatif.causes import cause_of, filtered
from loganalyzer.whatif.changes import CLUSTER_IPS, Change, pool_after
from loganalyzer.whatif.commands import nudge
from loganalyzer.whatif.state import Loss, Outcome, State, waiting_in

SCHEMA: Final = "loganalyzer/check/1"

_KINDS: Final = {
    "not-allowed": "MLB302",
    "pool-not-compatible": "MLB303",
    "sharing-refused": "MLB100",
    "port-in-use": "MLB105",
}


class Verdict(Struct, frozen=True):
    """What a service would come to; the fields are those of the document's `services`.

    `each`: it would get an address of each of two families, not only one of them.
    """

    service: str
    allocates: bool | None
    addresses: tuple[str, ...] = ()
    by_itself: bool | None = None
    nudge: str | None = None
    contends_with: tuple[str, ...] = ()
    cause: Cause | None = None
    missing: tuple[str, ...] = ()
    each: bool = False


class Lost(Struct, frozen=True):
    """A service that loses an address; `why` is a rule's code or `own-change`. `each` as for `Verdict`."""

    service: str
    address: str
    why: str
    gets: tuple[str, ...]
    each: bool = False


class CheckReport(Struct, frozen=True):
    """What comes of the changes. `at` is the position of the state on which they were tried.

    `assumed`: what was taken for granted, so that all of it is partial; empty where a log proves the state.
    `known`: whether the inputs tell enough for the changes to be tried. `changed` are the services that are changed
    themselves; `unread` is what MetalLB does not read of what they ask, in sentences.
    """

    metallb_version: str | None
    at: Place
    services: tuple[Verdict, ...]
    loses: tuple[Lost, ...]
    rejected: tuple[Rejection, ...]
    interrupted: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    known: bool = True
    changed: frozenset[str] = frozenset()
    unread: tuple[str, ...] = ()

    @property
    def certainty(self) -> str:
        """`proven` by a log, `partial` where objects stand for it, `unknown` where nothing could be tried."""
        if not self.known:
            return "unknown"
        return "partial" if self.assumed else "proven"

    @property
    def clean(self) -> bool:
        """Whether every service gets an address, none loses one, and nothing is refused."""
        return not self.loses and not self.rejected and all(v.allocates is True for v in self.services)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document (check.schema.json)."""
        return {
            "schema": SCHEMA,
            "metallb_version": self.metallb_version,
            "certainty": self.certainty,
            "assumed": list(self.assumed),
            "at": position(self.at),
            "services": [_verdict(v) for v in self.services],
            "loses": [
                {"service": x.service, "address": x.address, "why": x.why, "gets": list(x.gets)} for x in self.loses
            ],
            "rejected": [{"object": r.object, "why": r.why} for r in self.rejected],
            "interrupted": list(self.interrupted),
            "unread": list(self.unread),
        }


def check(state: State, changes: Sequence[Change]) -> CheckReport:
    """What comes of these changes, in their order. Raises UsageError where one does not apply."""
    version = str(state.version) if state.version_known else None
    missing = _unknown(state) if not state.known else _unseen(state, changes)
    if missing:
        named = frozenset(c.name for c in changes if c.kind == "Service" and not c.deletes)
        verdicts = tuple(Verdict(name, None, missing=missing) for name in sorted({*named, *state.waiting}))
        return CheckReport(version, state.at, verdicts, (), (), known=False, changed=named)
    report = _checked(state, changes, version)
    if len(state.families) < len(CLUSTER_IPS) and any("PreferDualStack" in str(c) for c in changes):
        return _agreed(report, _checked(structs.replace(state, dual=True), changes, version))
    return report


def _checked(state: State, changes: Sequence[Change], version: str | None) -> CheckReport:
    outcome = state.with_change(*changes)
    changed = frozenset(c.name for c in changes if c.kind == "Service")
    after = {n for world in outcome.worlds for n in waiting_in(world)}
    named = {*changed, *state.waiting, *after} & {n for w in outcome.worlds for n in w.services}
    names = sorted(named | _left_open(outcome, named))
    return CheckReport(
        version,
        state.at,
        tuple(_judged(outcome, name) for name in names),
        tuple(_lost(outcome, loss) for loss in outcome.losses),
        outcome.rejected,
        outcome.interrupted,
        state.assumed,
        changed=changed,
        unread=tuple(_unread(state, outcome, changed)),
    )


def _left_open(outcome: Outcome, known: set[str]) -> set[str]:
    """The others that an order that was not tried might leave without an address."""
    unsure = {name for course in outcome.tried.courses for name in course.unsure} - known
    found = {n for n in unsure for w in outcome.worlds if n in w.services and w.services[n].is_load_balancer}
    return {name for name in found if outcome.fate(name).allocates is None}


def _agreed(one: CheckReport, two: CheckReport) -> CheckReport:
    """What two reports on the same changes say both, the second of a cluster of two families."""
    verdicts = {v.service: v for v in one.services}
    others = {v.service: v for v in two.services}
    found = []
    for name in sorted(verdicts.keys() | others.keys()):
        first, second = verdicts.get(name), others.get(name)
        verdict, other = first or others[name], second or verdicts[name]
        same = first is not None and second is not None and verdict.allocates == other.allocates
        itself = verdict.by_itself == other.by_itself
        found.append(
            structs.replace(
                verdict,
                allocates=verdict.allocates if same else None,
                addresses=_joined(verdict.addresses, other.addresses),
                by_itself=verdict.by_itself if itself else None,
                nudge=verdict.nudge or other.nudge,
                contends_with=_joined(verdict.contends_with, other.contends_with),
                cause=verdict.cause if same else None,
                missing=verdict.missing if same else (_ONE_FAMILY,),
                each=verdict.each and other.each,
            )
        )
    lost = {x.service: x for x in two.loses}
    for loss in one.loses:
        known = lost.get(loss.service, loss)
        lost[loss.service] = structs.replace(loss, gets=_joined(loss.gets, known.gets), each=loss.each and known.each)
    interrupted = sorted({*one.interrupted, *two.interrupted} - lost.keys())
    return structs.replace(
        one, services=tuple(found), loses=tuple(lost[n] for n in sorted(lost)), interrupted=tuple(interrupted)
    )


def _joined(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *two)))


def _unread(state: State, outcome: Outcome, changed: frozenset[str]) -> Iterator[str]:
    """What this version does not read of the changed services: misspelt annotations, those of another version."""
    services = outcome.worlds[0].services if outcome.worlds else {}
    for name in sorted(changed & services.keys()):
        yield from unread(services[name], state.version if state.version_known else None)


def _unseen(state: State, changes: Sequence[Change]) -> tuple[str, ...]:
    """What changes of pools rest on that the inputs don't show."""
    pools = dict(state.world.pools)
    for change in changes:
        name = change.name.rpartition("/")[2]
        if change.kind == "IPAddressPool" and change.deletes:
            pools.pop(name, None)
        elif change.kind == "IPAddressPool":
            before = pools.get(name)
            if state.version < V0_13_8 and not state.assumed and _counts_addresses(change):
                return (_UNLISTED.format(state.version),)
            after = pool_after(before, change)
            wanted = namespace_selectors(after)
            if wanted and wanted != namespace_selectors(before) and not state.world.namespaces:
                return (_UNSELECTED,)
            if after is not None:
                pools[name] = after
    return ()


def _counts_addresses(change: Change) -> bool:
    """Whether a patch names addresses of a pool by their places."""
    return any(re.match(r"/spec/addresses/\d", str(op.get("path"))) for op in change.patch or ())


def _judged(outcome: Outcome, name: str) -> Verdict:
    service = _after(outcome, name)
    if not service.is_load_balancer:
        return Verdict(name, allocates=False, by_itself=False, missing=(f"{name} is no LoadBalancer service",))
    other_class = filtered(outcome.worlds[0], name)
    if other_class is not None:
        return Verdict(name, allocates=False, by_itself=False, cause=other_class)
    fate = outcome.fate(name)
    found = None
    missing: tuple[str, ...] = ()
    if fate.allocates is False:
        state = outcome.state
        found, _ = cause_of(fate.world, name, fate.error, state.at, version_known=state.version_known)
    elif fate.allocates is None:
        rivals = listing(fate.contends_with, 8) or "others that wait"
        wants = "wants" if len(fate.contends_with) == 1 else "want"
        missing = (f"MetalLB looks at waiting services in no fixed order, and {rivals} {wants} what it could get",)
    return Verdict(
        service=name,
        allocates=fate.allocates,
        addresses=tuple(map(format_address, fate.addresses)),
        by_itself=fate.by_itself,
        nudge=nudge(name) if fate.allocates is not False and fate.by_itself is not True else None,
        contends_with=fate.contends_with,
        cause=found,
        missing=missing,
        each=_gets_each(outcome, service),
    )


def _gets_each(outcome: Outcome, service: Service) -> bool:
    """Whether it gets an address of each of two families, however things go."""
    held = [found for world in outcome.worlds if (found := world.held(service.key))]
    if not held:
        return service.gets_each(outcome.state.version)
    return all(len({family_of(a) for a in addresses}) == 2 for addresses in held)


def _after(outcome: Outcome, name: str) -> Service:
    return next(w.services[name] for w in outcome.worlds if name in w.services)


def _lost(outcome: Outcome, loss: Loss) -> Lost:
    code = "own-change" if loss.own else _KINDS.get(parse_error(loss.error).kind, "MLB302")
    addresses = ",".join(map(format_address, loss.address))
    each = _gets_each(outcome, _after(outcome, loss.service))
    return Lost(loss.service, addresses, code, tuple(map(format_address, loss.gets)), each)


_UNSELECTED: Final = (
    "a pool would choose namespaces by their labels, which no log shows: kubectl get namespaces -o yaml, as one more "
    "--against"
)
_UNLISTED: Final = (
    "MetalLB {} does not log a pool's addresses as they stand in its object, and the change counts them: give the "
    "whole pool as a manifest, from kubectl get ipaddresspools.metallb.io -A -o yaml"
)
_ONE_FAMILY: Final = (
    "PreferDualStack means two cluster IPs in a cluster of both families, and no service that is there has both: what "
    "kubectl apply --dry-run=server -o yaml prints has the cluster IPs, and can be checked instead"
)
_OBJECTS: Final = "kubectl get services,ipaddresspools.metallb.io,namespaces -A -o yaml, as one more --against"


def _unknown(state: State) -> tuple[str, ...]:
    if state.lacks:
        return state.lacks
    if not state.version_known:
        return (
            "the log does not tell MetalLB's version, by which the allocator differs; pass it with --metallb-version: "
            "kubectl -n metallb-system get deployment controller -o jsonpath='{..image}'",
        )
    if not dumps_objects(state.version):
        return (
            f"MetalLB {state.version} never logs services and pools, so nothing can be tried on its log alone: "
            "kubectl get services,configmaps -A -o yaml, as one more --against",
        )
    is_debug = state.at.source.level == "debug"
    start = CONTROLLER_LOG if is_debug else DEBUG_COMMAND
    return (
        "the log does not show every service and pool; one start of the controller at debug level does: "
        f"{start}; else {_OBJECTS}",
    )


def _verdict(verdict: Verdict) -> dict[str, Any]:
    found = verdict.cause
    return {
        "service": verdict.service,
        "allocates": verdict.allocates,
        "addresses": list(verdict.addresses),
        "by_itself": verdict.by_itself,
        "nudge": verdict.nudge,
        "contends_with": list(verdict.contends_with),
        "cause": {"rule": found.rule, "name": found.name, "summary": found.summary} if found else None,
        "missing": list(verdict.missing),
    }
