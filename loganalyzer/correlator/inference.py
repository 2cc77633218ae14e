"""Causes that the log does not carry, inferred from the objects that were there when it ended.

Only what the log's own lines can't contradict is used: a specification from when it was last written, a pool that
nobody touched, a holder whose allocation the log names. A failed attempt itself proves that every address it could have
got was blocked, so one known holder tells by which rule: if neither key keeps the service out, a port does.
What is inferred is partial at best.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct, structs

from loganalyzer.correlator.candidates import depth
from loganalyzer.correlator.diagnosis import Evidence
from loganalyzer.correlator.eligibility import automatic, only
from loganalyzer.correlator.evidence import Objects, as_read, within
from loganalyzer.correlator.judge import Judgement
from loganalyzer.correlator.outlook import Outlook, Position
from loganalyzer.metallb.addresses import Address, family_of
from loganalyzer.metallb.error_texts import fold
from loganalyzer.metallb.objects import KnownEvent, error_of, resource_version
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.services import Claim, Service
from loganalyzer.metallb.versions import Version, dumps_objects
from loganalyzer.model import outcomes as o
from loganalyzer.model.controller import Model
from loganalyzer.model.outcomes import Attempt
from loganalyzer.model.state import AddressUse, Holder, Place
from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event
from loganalyzer.parser.stamps import moment

_EXHAUSTED: Final = frozenset({"no-available-ips", "nil-address"})
_UNNAMED: Final = (e.AddressAllocated, e.AssignmentCleared, e.AddressReleased, e.ServiceDeleted)


class Inferred(Struct, frozen=True):
    """An attempt with what is known of it now, its judgement, and the objects that it rests on."""

    attempt: Attempt
    judgement: Judgement
    evidence: tuple[Evidence, ...]


class _Held(Struct, frozen=True):
    addresses: tuple[Address, ...]
    epoch: int


class Inference:
    """Follows the replay with the objects at hand; asked where the log alone does not tell a cause."""

    def __init__(self, objects: Objects, outlook: Outlook) -> None:
        self._objects = objects
        self._outlook = outlook
        self._held: dict[str, _Held] = {}
        self._epoch = 0
        self._configurations = 0
        self._automatic: dict[Address, int] = {}
        self._passes: dict[str, int] = {}
        self._perhaps_edited: set[str] = set()
        self.matched: set[tuple[str, int]] = set()
        self._events: dict[str, list[tuple[KnownEvent, str, Place]]] = {}
        for event, place in objects.events:
            if (error := error_of(event)) is not None:
                self._events.setdefault(event.service, []).append((event, fold(error), place))

    @property
    def of_all(self) -> bool:
        """Whether services and the configuration are at hand, as up to 0.12 nothing but them tells of both."""
        return bool(self._objects.services and self._objects.configmap)

    @property
    def infers(self) -> bool:
        """Whether it can tell more than the log: whether there was a log that lacks something."""
        return bool(self._outlook.begins)

    def note(self, event: Event) -> None:
        """An event passes by, before its outcomes: changes without a name make what was known of holders doubtful."""
        if event.service is None and isinstance(event.what, _UNNAMED):
            self._epoch += 1
        elif isinstance(event.what, e.ConfigurationLoaded | e.Started):
            self._configurations += 1
        elif isinstance(event.what, e.ReconcileStarted) and event.what.controller == "ServiceReconciler":
            self._own_pass(event.what.name)
        elif isinstance(event.what, e.ServiceWritten) and event.service is not None:
            # Its own write brings the service back once.
            self._passes[event.service] = self._passes.get(event.service, 0) - 1

    def _own_pass(self, service: str) -> None:
        """A pass that is the service's own: of its creation, of a write by MetalLB, else perhaps of an edit."""
        passes = self._passes[service] = self._passes.get(service, 0) + 1
        if passes > 1:
            self._perhaps_edited.add(service)

    def events_of(self, attempt: Attempt) -> tuple[Evidence, ...]:
        """The Events that tell of an attempt of the log: same service, same text, and their times hold its time."""
        second = moment(attempt.at.stamp)[:19]
        found = []
        for event, error, place in self._events.get(attempt.service or "", ()):
            if error == fold(attempt.error) and (not second or within(second, event.first, event.last)):
                self.matched.add((place.source.name, place.line))
                found.append(
                    Evidence(
                        structs.replace(place, stamp=f"{event.last}Z".encode()),
                        f"{event.count} time{'' if event.count == 1 else 's'}: {event.message}",
                    )
                )
        return tuple(found)

    def take(self, outcome: o.Outcome, version: Version) -> None:
        """An outcome of the replay: who holds what."""
        service = outcome.service
        if service is None:
            return
        if isinstance(outcome, o.Obtained):
            self._held[service] = _Held(outcome.addresses, self._epoch)
            known = self._spec(service, outcome.at)
            claim = known.claim(version) if known else None
            if claim is not None and not claim.pool and not claim.addresses and not outcome.kept:
                self._automatic.update(dict.fromkeys(outcome.addresses, self._configurations))
        elif isinstance(outcome, o.Gone | o.Attempt):
            self._held.pop(service, None)

    def judged(self, _model: Model, attempt: Attempt, base: Judgement) -> Inferred | None:
        """The cause by the objects; None where they don't tell it either."""
        version = attempt.table.version
        if (
            not self._outlook.begins
            or attempt.service is None
            or not attempt.table.version_known
            or attempt.at.source.level not in ("info", "debug")
        ):
            return None
        seen = attempt.seen or self._asker(attempt)
        if base.error.kind == "sharing-refused":
            found = self._sharing(attempt, base, seen)
        elif base.error.kind in _EXHAUSTED and seen is not None and seen.key == attempt.service:
            found = self._exhausted(attempt, base, seen.claim(version))
        else:
            found = None
        if found is None or found.rule is None:
            return None
        return Inferred(structs.replace(attempt, seen=seen), found, tuple(self._evidence(attempt, found, seen)))

    def _asker(self, attempt: Attempt) -> Service | None:
        service = attempt.service or ""
        dumped = self._outlook.dump(service, self._outlook.position(attempt.at))
        return dumped or self._spec(service, attempt.at)

    # What was so at a moment.

    def _spec(self, service: str, at: Place) -> Service | None:
        """The service's specification at a moment, where an object tells it."""
        known = self._objects.services.get(service)
        if known is None or not known[0].created:
            return None
        spec, position, second = known[0], self._outlook.position(at), moment(at.stamp)[:19]
        if not second or second < spec.created:
            return None
        version = resource_version(spec.final.resource_version)
        if self._outlook.shows(version, position):
            return spec.final
        if not spec.edited:
            # Without managedFields: no edit came after the last pass that was the service's own.
            last = self._outlook.passes.get(service)
            return spec.final if last is not None and position >= last and self._outlook.shows(version) else None
        settled = self._outlook.settled.get(service)
        if second > spec.edited or (second == spec.edited and settled is not None and position >= settled):
            return spec.final
        if spec.applied is None:
            return None
        unedited = (
            spec.edited == spec.created
            or position == self._outlook.first.get(service)
            or (service in self._passes and service not in self._perhaps_edited)
        )
        return spec.applied if unedited else None

    def _configuration(self, attempt: Attempt) -> Configuration | None:
        """The pools at a moment, where the objects tell them."""
        if attempt.table.rejected is not None:
            return None
        version = attempt.table.version
        position = self._outlook.position(attempt.at)
        if not dumps_objects(version):
            known = self._objects.configmap
            found = known[0] if known is not None and position > self._outlook.loaded else None
        else:
            found = self._pools(position, moment(attempt.at.stamp)[:19], version)
        if found is None or any(found.pool_for((a,)) is None for held in self._holders(attempt).values() for a in held):
            # An address that is held lies in a pool: these were never the ones in force.
            return None
        return found

    def _pools(self, at: Position, second: str, version: Version) -> Configuration | None:
        known = self._objects.pools
        if known is None:
            return None
        for name, (first, last) in self._outlook.mentions.items():
            if name in known or name in self._objects.communities or (first > at and self._outlook.from_start):
                continue
            if at <= last or name in self._outlook.standing:
                return None
        found: dict[str, Pool] = {}
        for name, (pool, _) in known.items():
            first, last = self._outlook.mentions.get(name, ((-1, -1), (-1, -1)))
            if second < pool.created or (first > at and pool.created > self._outlook.begins):
                if first[0] < 0 or first > at:
                    continue
                return None
            edited = not pool.unchanged and (last > at or not self._outlook.shows(pool.version))
            if (
                first > at
                or edited
                or (first[0] < 0 and pool.created > self._outlook.begins)
                or (pool.selects_namespaces and self._outlook.namespaces > at)
            ):
                return None
            found[name] = as_read(pool.pool, version, selects=pool.selects_namespaces)
        return Configuration(found) if found else None

    def _holders(self, attempt: Attempt) -> dict[str, set[Address]]:
        """Who else is known to hold what at an attempt: by a named line before it, or to the end of the log."""
        position, own = self._outlook.position(attempt.at), attempt.service
        found = {n: set(h.addresses) for n, h in self._held.items() if h.epoch == self._epoch and n != own}
        for (name, address), since in self._outlook.since.items():
            if since < position and name != own:
                found.setdefault(name, set()).add(address)
        return found

    def _uses(self, attempt: Attempt) -> dict[Address, AddressUse | None]:
        """Who holds which address as far as the log names them; None where no holder's keys are known."""
        found: dict[Address, AddressUse | None] = {}
        at, version = attempt.at, attempt.table.version
        for service, addresses in self._holders(attempt).items():
            spec = self._spec(service, at)
            for address in addresses:
                before = found.get(address)
                if spec is None:
                    found.setdefault(address, None)
                    continue
                claim = spec.claim(version)
                holder = Holder(service, claim.ports)
                if before is None:
                    found[address] = AddressUse.of((holder,), claim.sharing_key, claim.backend_key, known=False)
                elif (before.sharing_key, before.backend_key) == (claim.sharing_key, claim.backend_key):
                    found[address] = AddressUse.of(
                        (*before.holders, holder),
                        before.sharing_key,
                        before.backend_key,
                        known=False,
                        doubtful=before.doubtful,
                    )
                else:
                    # Holders of one address agree: one of the two was otherwise then.
                    found[address] = structs.replace(before, doubtful=True)
        return found

    # Which rule it was.

    def _exhausted(self, attempt: Attempt, base: Judgement, claim: Claim) -> Judgement | None:
        if claim.addresses or not claim.families:
            return None
        configuration = self._configuration(attempt)
        if configuration is None:
            return self._by_allocations(attempt, base, claim)
        requested = claim.pool or base.error.pool
        if requested and requested not in configuration.pools:
            return None
        pools = only(configuration, requested) if requested else automatic(configuration, claim)
        eligible = [configuration.pools[p.name] for p in pools if p.eligible]
        partial = structs.replace(base, certainty="partial", pools=pools)
        if not eligible:
            codes = [p.rule for p in pools if p.rule]
            return structs.replace(partial, rule=min(codes)) if codes else None
        test = all if claim.both else any
        serving = [p for p in eligible if test(f in p.families for f in claim.families)]
        if not serving:
            return structs.replace(partial, rule="MLB206")
        if all(p.usable(f) == 0 for p in serving for f in claim.families if f in p.families):
            return structs.replace(partial, rule="MLB207")
        if not claim.sharing_key:
            return structs.replace(partial, rule="MLB201")
        return self._by_holders(attempt, partial, claim, serving)

    def _by_holders(self, attempt: Attempt, partial: Judgement, claim: Claim, serving: list[Pool]) -> Judgement | None:
        """The rule that came furthest, where every address of these pools is known, or nothing could come further."""
        if claim.both and len(claim.families) > 1:
            return None
        uses = {
            a: u
            for a, u in self._uses(attempt).items()
            if family_of(a) in claim.families and any(p.owns(a) for p in serving)
        }
        count = sum(p.usable(f) for p in serving for f in claim.families)
        best = _furthest(uses, claim, serving)
        if best is None or (best[0] != "MLB105" and (len(uses) < count or None in uses.values())):
            return None
        return _with(partial, best, uses)

    def _by_allocations(self, attempt: Attempt, base: Judgement, claim: Claim) -> Judgement | None:
        """Up to 0.12, without the configuration: addresses that were given out by MetalLB's own choice tell a pool.

        There a pool is open to every service or to none, so what one got by itself any other may get.
        """
        if dumps_objects(attempt.table.version) or claim.pool or base.error.pool or len(claim.families) != 1:
            return None
        proven = {a for a, c in self._automatic.items() if c == self._configurations and family_of(a) in claim.families}
        partial = structs.replace(base, certainty="partial")
        if not proven:
            return None
        if not claim.sharing_key:
            return structs.replace(partial, rule="MLB201")
        uses = {a: u for a, u in self._uses(attempt).items() if family_of(a) in claim.families}
        best = _furthest({a: u for a, u in uses.items() if a in proven}, claim, [])
        if best is None:
            return None
        if best[0] != "MLB105":
            others = _furthest(uses, claim, [])
            unknown = None in uses.values() or not self._outlook.from_start
            if unknown or others is None or depth(others[0]) > depth(best[0]):
                return None
        return _with(partial, best, uses)

    def _sharing(self, attempt: Attempt, base: Judgement, seen: Service | None) -> Judgement | None:
        """`can't change sharing key`: the text names the holders; one that is known has the address's stored key."""
        version = attempt.table.version
        specs = [s for name in base.error.holders if (s := self._spec(name, attempt.at)) is not None]
        claims = [s.claim(version) for s in specs]
        if not claims or len({(c.sharing_key, c.backend_key) for c in claims}) > 1:
            return None
        use = AddressUse.of(
            tuple(Holder(s.key, c.ports) for s, c in zip(specs, claims, strict=True)),
            claims[0].sharing_key,
            claims[0].backend_key,
            known=False,
        )
        if not use.sharing_key:
            return structs.replace(base, rule="MLB101", certainty="partial", use=use)
        if seen is None or seen.key != attempt.service:
            return None
        rule = _rule(use, seen.claim(version))
        return structs.replace(base, rule="MLB104" if rule == "MLB105" else rule, certainty="partial", use=use)

    def _evidence(self, attempt: Attempt, found: Judgement, seen: Service | None) -> Iterator[Evidence]:
        for name in (attempt.service or "", *found.holders):
            known = self._objects.services.get(name)
            if known is not None and (name != attempt.service or seen in (known[0].final, known[0].applied)):
                yield Evidence(known[1], f"the object {name}, as it was when it was fetched")
        for verdict in found.pools:
            if self._objects.pools and verdict.name in self._objects.pools and (verdict.eligible or verdict.rule):
                yield Evidence(
                    self._objects.pools[verdict.name][1],
                    f"the pool {verdict.name}, as it was when it was fetched",
                )
        if self._objects.configmap and found.pools:
            yield Evidence(self._objects.configmap[1], "the configuration, as it was when it was fetched")


def _rule(use: AddressUse, claim: Claim) -> str:
    """The rule that keeps a service with a key off a blocked address: MetalLB's order, the last by elimination."""
    if not use.sharing_key:
        return "MLB101"
    if not claim.sharing_key:
        return "MLB102"
    if use.sharing_key != claim.sharing_key:
        return "MLB103"
    return "MLB104" if use.backend_key != claim.backend_key else "MLB105"


_Best = tuple[str, Address, str | None]


def _furthest(
    uses: dict[Address, AddressUse | None],
    claim: Claim,
    serving: list[Pool],
) -> _Best | None:
    """The rule that came furthest among the addresses whose keys are known: by pool's name, then by number."""
    best: tuple[tuple[int, str, Address], str] | None = None
    for address, use in uses.items():
        if use is None or use.doubtful:
            continue
        pool = next((p.name for p in serving if p.owns(address)), "")
        rule = _rule(use, claim)
        rank = (-depth(rule), pool, address)
        if best is None or rank < best[0]:
            best = (rank, rule)
    return (best[1], best[0][2], best[0][1] or None) if best is not None else None


def _with(partial: Judgement, best: _Best, uses: dict[Address, AddressUse | None]) -> Judgement:
    rule, address, pool = best
    use = uses[address]
    holders = use.services if use is not None else ()
    return structs.replace(partial, rule=rule, address=address, pool=pool, holders=holders, use=use)
