"""What worlds have in common that came of one state, and what was worked out from that once for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from loganalyzer.metallb.addresses import Address, Family, family_of, is_buggy
from loganalyzer.metallb.lazy import lazy
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import Claim, Port, Service
from loganalyzer.model.state import AddressUse, PoolTable

if TYPE_CHECKING:
    from loganalyzer.whatif.world import World

_UNKNOWN: Final = -1


class _Base:
    """A pool at the origin, with what it has for each kind of claim."""

    __slots__ = ("_found", "table")

    def __init__(self, table: PoolTable) -> None:
        self.table = table
        self._found: dict[tuple[Family, str, str, tuple[Port, ...]], Address | None] = {}

    def fit(self, claim: Claim, family: Family) -> Address | None:
        """The address that the claim would get."""
        # Without a key nothing else of it matters.
        sharing = (claim.sharing_key, claim.backend_key, claim.ports) if claim.sharing_key else ("", "", ())
        mark = (family, *sharing)
        found = self._found.get(mark, _UNKNOWN)
        if found == _UNKNOWN:
            table = self.table
            fitting = list(table.all_admitting(claim, family))
            free = table.first_free[family]
            if free is not None:
                fitting.append(free)
            found = self._found[mark] = min(fitting, key=table.pool.place, default=None)
        return found


class Origin:
    """A world that is not changed any more: those that come of it say where they may differ from it.

    `before`: the origin of the state from which a new configuration made this one. `suspects`: all those that show
    addresses and that a pass may change something about are among them; `restless` are these, once it is worked out.
    `answers`: what services would get, by the identity of the object that is kept beside it.
    """

    def __init__(self, world: World, before: Origin | None = None, suspects: frozenset[str] | None = None) -> None:
        self.world = world
        self.suspects = suspects if suspects is not None else frozenset(world.status)
        self.restless: frozenset[str] | None = None
        self.answers: dict[int, tuple[Service, Any]] = {}
        configuration = world.allocator.configuration
        pools = configuration.pools if configuration else {}
        self._bases = {name: _based(world.allocator.table(pool), before) for name, pool in pools.items()}

    @lazy
    def tables(self) -> Mapping[str, PoolTable]:
        """The pools in this state."""
        return {name: base.table for name, base in self._bases.items()}

    @lazy
    def waiting(self) -> frozenset[str]:
        """The LoadBalancer services whose objects show no address."""
        shown = self.world.status
        return frozenset(n for n, s in self.world.services.items() if not shown.get(n) and s.is_load_balancer)

    def base(self, name: str) -> _Base | None:
        """A pool in this state; None where there is none of that name."""
        return self._bases.get(name)

    def fit(self, pool: Pool, claim: Claim, family: Family) -> Address | None:
        """The address of a pool that MetalLB would take in this state."""
        return self._bases[pool.name].fit(claim, family)


def _based(table: PoolTable, before: Origin | None) -> _Base:
    """The pool's base: that of the state before, where nothing in the pool is different."""
    known = before.base(table.pool.name) if before is not None else None
    same = known is not None and known.table.pool == table.pool and known.table.uses == table.uses
    return known if known is not None and same else _Base(table)


def usable(pool: Pool, address: Address, family: Family) -> bool:
    """Whether MetalLB would hand out an address of the pool for this family."""
    return family_of(address) == family and not (pool.avoid_buggy and is_buggy(address))


def next_fit(pool: Pool, uses: Mapping[Address, AddressUse], claim: Claim, first: Address) -> Address | None:
    """The first address from this one on, in the order in which MetalLB tries them, that is one for the claim."""
    family, begun, keyed = family_of(first), False, claim.sharing_key != ""
    for span in pool.ranges:
        begun = begun or first in span
        if begun and span.family == family:
            for address in range(first if first in span else span.first, span.last + 1):
                use = uses.get(address)
                if (use is None or (keyed and use.admits(claim))) and usable(pool, address, family):
                    return address
    return None
