"""A change that might help, before it is tried; and the case that it is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import Struct, structs

from loganalyzer.correlator.eligibility import automatic
from loganalyzer.metallb.addresses import Family
from loganalyzer.metallb.lazy import lazy
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import Claim, Port, Service
from loganalyzer.model.state import AddressUse
from loganalyzer.whatif.changes import Change, document_of
from loganalyzer.whatif.edits import Operations
from loganalyzer.whatif.state import State

OWN: Final = 0
OTHERS: Final = 1
POOLS: Final = 2
ELSEWHERE: Final = 3
"""The service itself, which then leads to the pods of another one."""
DELETION: Final = 4
MOST_USES: Final = 6
LESS: Final = 5
"""By so much a proposal is less recommended that has the service ask for less besides."""


class Proposal(Struct, frozen=True):
    """`reach`: whose objects it changes. `rank`: its place among those of equal objects and reach.

    `caution`: what of `why` must be read also where there is room for little.
    """

    title: str
    changes: tuple[Change, ...]
    why: str
    reach: int
    rank: int = 0
    caution: str = ""

    @property
    def order(self) -> tuple[int, int, int]:
        """Fewest objects first, then least reach, then what is recommended."""
        return (len({(c.kind, c.name) for c in self.changes}), self.reach, self.rank)


class Case(Struct, frozen=True, eq=False, dict=True):
    """A waiting service in a state, with what proposals are made from.

    `prelude`: operations on the service that come before any other; `service` is what they make of it, `after` says
    so, and `cost` what that costs.
    """

    state: State
    service: Service
    prelude: Operations = ()
    after: str = ""
    cost: str = ""

    @lazy
    def document(self) -> Mapping[str, Any]:
        """The service's object."""
        return document_of(self.service)

    @lazy
    def claim(self) -> Claim:
        """What it asks of the allocator."""
        return self.service.claim(self.state.version)

    @lazy
    def listed_ports(self) -> list[tuple[int, Port]]:
        """The ports that its object lists, each with its place there."""
        listed = (self.document.get("spec") or {}).get("ports")
        found = []
        for index, entry in enumerate(listed if isinstance(listed, list) else ()):
            number = entry.get("port") if isinstance(entry, dict) else None
            if isinstance(number, int):
                found.append((index, Port(str(entry.get("protocol") or "TCP"), number)))
        return found

    @lazy
    def pools(self) -> Mapping[str, Pool]:
        """All pools."""
        configuration = self.state.world.allocator.configuration
        return configuration.pools if configuration else {}

    @lazy
    def eligible(self) -> tuple[Pool, ...]:
        """The pools in which MetalLB looks for it; with a requested address the one that has it."""
        configuration = self.state.world.allocator.configuration
        if configuration is None:
            return ()
        if self.claim.addresses:
            owner = configuration.pool_containing(self.claim.addresses[0])
            return (owner,) if owner else ()
        if self.claim.pool:
            return tuple(p for p in (self.pools.get(self.claim.pool),) if p is not None)
        return tuple(self.pools[v.name] for v in automatic(configuration, self.claim) if v.eligible)

    @lazy
    def families(self) -> tuple[Family, ...]:
        """The families that it needs."""
        return self.claim.families

    @lazy
    def shareable(self) -> list[AddressUse]:
        """Those on addresses with a key, of the nearest to this service of each kind; few of them."""
        found = [use for use in self._uses if use.sharing_key]
        return sorted(found, key=self._distance)[:MOST_USES]

    @lazy
    def keyless(self) -> list[AddressUse]:
        """Those alone on an address without a key, the nearest first; few of them."""
        found = [use for use in self._uses if not use.sharing_key and len(use.holders) == 1]
        return sorted(found, key=self._distance)[:MOST_USES]

    @lazy
    def _uses(self) -> list[AddressUse]:
        """Who is on the addresses that it might share, one of each kind; of a requested address only that one's."""
        pools = self.eligible
        mark = (Case, tuple(pool.name for pool in pools), self.claim.addresses, self.claim.ports)
        found: list[AddressUse] | None = self.state.memo.get(mark)
        if found is None:
            uses = (use for pool in pools for use in self._on(pool))
            found = self.state.memo[mark] = _kinds(uses, self.claim.ports)
        return found

    def _on(self, pool: Pool) -> Iterable[AddressUse]:
        """Who is on the addresses of a pool that it might share, by address."""
        if self.claim.addresses:
            uses = self.state.world.allocator.table(pool).uses
            return [use for address in self.claim.addresses if (use := uses.get(address)) is not None]
        mark = (Case, pool.name)
        found: list[AddressUse] | None = self.state.memo.get(mark)
        if found is None:
            uses = self.state.world.allocator.table(pool).uses
            found = self.state.memo[mark] = [uses[address] for address in sorted(uses)]
        return found

    def _distance(self, use: AddressUse) -> int:
        """How much would have to change for the service to fit beside them."""
        return (
            (use.sharing_key != self.claim.sharing_key)
            + 2 * (use.backend_key != self.claim.backend_key)
            + 2 * (not use.taken.isdisjoint(self.claim.ports))
        )

    def own(self, operations: Operations) -> Change:
        """A change to the service itself."""
        return Change("Service", self.service.key, patch=(*self.prelude, *operations))

    def with_prelude(self, proposal: Proposal) -> Proposal:
        """A proposal for the service as the prelude makes it, the prelude included."""
        if not self.prelude:
            return proposal
        changes = proposal.changes
        if all(change.name != self.service.key for change in changes):
            changes = (self.own(()), *changes)
        why = f"{proposal.why}; {self.cost}"
        return structs.replace(
            proposal, title=f"{self.after}, and {proposal.title}", changes=changes, why=why, rank=proposal.rank + LESS
        )


def _kinds(uses: Iterable[AddressUse], ports: tuple[Port, ...]) -> list[AddressUse]:
    """Those whose holders are known, one of each kind."""
    kinds: dict[tuple[object, ...], AddressUse] = {}
    for use in uses:
        if use.known:
            blocked = use.port_taken(ports)
            who = use.services if not use.sharing_key else ()
            kinds.setdefault((use.sharing_key, use.backend_key, blocked, who), use)
    return list(kinds.values())
