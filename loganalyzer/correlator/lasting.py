"""Whether a judgement still holds at the next attempt: a look at what has changed, instead of judging anew."""

from __future__ import annotations

from loganalyzer.correlator.candidates import depth, violations
from loganalyzer.correlator.judge import EXHAUSTED, Judgement
from loganalyzer.metallb.services import Claim, Service
from loganalyzer.model.state import PoolTable, Table


def holds(
    judgement: Judgement, looked_into: tuple[PoolTable, ...], seen: Service, then: Table, now: Table
) -> tuple[PoolTable, ...] | None:
    """Whether an attempt of the same service as before, refused likewise, is judged as the one before it was.

    `then` is the state that this one met, `now` the one that counts. If nothing has changed that matters, the pools on
    which the judgement rests as they are now, `looked_into` being what they were; else None.
    """
    if now is then:
        return looked_into
    if judgement.error.kind not in EXHAUSTED or not _alike(now, then):
        return None
    pools = tuple([now.pools[t.pool.name] for t in looked_into])
    if pools == looked_into:
        return pools if pools or judgement.certainty == "proven" else None
    if judgement.certainty != "proven":
        return None
    claim = seen.claim(now.version)
    for earlier, later in zip(looked_into, pools, strict=True):
        if later is not earlier and not _stays(judgement, earlier, later, claim):
            return None
    return pools


def _alike(now: Table, then: Table) -> bool:
    """Whether two states differ in nothing but in who holds what."""
    return (
        now.configuration is then.configuration
        and now.configured == then.configured
        and now.complete == then.complete
        and now.version_known == then.version_known
        and now.version == then.version
    )


def _stays(judgement: Judgement, before: PoolTable, now: PoolTable, claim: Claim) -> bool:
    """Whether a proven judgement holds for a pool that has changed since, by a look at what has changed."""
    changed = now.changed_since(before)
    if changed is None or not now.free.isdisjoint(claim.families):
        return False
    decided, pool = judgement.address, now.pool.name
    furthest = (-depth(judgement.rule or ""), judgement.pool or "", decided or 0)
    for address, family, use in changed:
        if family not in claim.families:
            continue
        if use is None or not use.known or use.doubtful:
            return False
        broken = violations(now, address, use, claim)
        if not broken:
            return False
        if decided is None:
            continue
        if address == decided:
            if use != judgement.use:
                return False
        elif (-depth(broken[0]), pool, address) < furthest:
            return False
    return True
