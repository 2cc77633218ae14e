"""Why a service would get nothing: the replay's own judgement, on a state that was tried."""

from __future__ import annotations

from loganalyzer.correlator.diagnosis import Cause
from loganalyzer.correlator.judge import Judgement, judge
from loganalyzer.correlator.wording import cause
from loganalyzer.metallb.error_texts import ErrorText
from loganalyzer.model.outcomes import Attempt
from loganalyzer.model.state import Place, Table
from loganalyzer.rules.catalogue import catalogue
from loganalyzer.rules.rule import Finding
from loganalyzer.whatif.world import World


def table_of(world: World, *, version_known: bool) -> Table:
    """The allocator of a world as plain data."""
    configuration = world.allocator.configuration
    pools = configuration.pools if configuration else {}
    return Table(
        version=world.version,
        version_known=version_known,
        configuration=configuration,
        configured=True,
        complete=True,
        pools={name: world.allocator.table(pool) for name, pool in pools.items()},
        allocations=world.allocator.allocations,
    )


def cause_of(world: World, name: str, error: str, at: Place, *, version_known: bool) -> tuple[Cause | None, Judgement]:
    """The cause of MetalLB's error for a service in a world."""
    seen = world.services[name]
    attempt = Attempt(name, at, error, seen, None, table_of(world, version_known=version_known))
    found = judge(attempt)
    return cause(attempt, found), found


def filtered(world: World, name: str) -> Cause | None:
    """MLB402, where MetalLB does not handle a service of this class."""
    seen = world.services[name]
    if world.handles(seen):
        return None
    entry = catalogue()["MLB402"]
    finding = Finding(name, world.version, ErrorText("unrecognised"), seen=seen)
    return Cause(entry.code, entry.name, entry.summary(finding), remedy=entry.remedy(finding))
