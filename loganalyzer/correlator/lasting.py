"""Whether a judgement still holds at the next attempt: a look at what has changed, instead of judging anew."""

from __future__ import annotations

from loganalyzer.correlator.candidates import depth, violations
from loganalyzer.correlator.judge import Judgement
from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.services import Claim
from loganalyzer.model.state import PoolTable, Table


def holds(
    judgement: Judgement, looked_into: tuple[PoolTable, ...], then: Table, now: Table
) -> tuple[PoolTable, ...] | None:
    """Whether an attempt of the same service as before, refused likewise, is judged as the one before it was.

    `then` is the state that this one met, `now` the one that counts. If nothing has changed that matters, the pools on
    which the judgement rests as they are now, `looked_into` being what they were; else None.
    """
    if now is then:
        return looked_into
    claim, sure = judgement.claim, judgement.certainty == "proven"
    if claim is None or now.setting != then.setting:
        return None
    pools = tuple([now.pools[t.pool.name] for t in looked_into])
    if pools == looked_into:
        return pools if pools or sure else None
    if not sure:
        return None
    for earlier, later in zip(looked_into, pools, strict=True):
        if later is not earlier and not _stays(judgement, earlier, later, claim):
            return None
    return pools


def _stays(judgement: Judgement, before: PoolTable, now: PoolTable, claim: Claim) -> bool:
    """Whether a proven judgement holds for a pool that has changed since, by a look at what has changed."""
    changed, families = now.changed_since(before), claim.families
    if changed is None or not now.free.isdisjoint(families):
        return False
    decided = judgement.address
    for address, family, use in changed:
        if family not in families:
            continue
        if use is None or not use.known or use.doubtful:
            return False
        broken = violations(now, address, use, claim)
        if not broken:
            return False
        if address == decided:
            if use != judgement.use:
                return False
        elif decided is not None and _is_further(broken[0], now.pool.name, address, judgement):
            return False
    return True


def _is_further(rule: str, pool: str, address: Address, judgement: Judgement) -> bool:
    """Whether an address that a rule blocks would have decided in place of the one that did."""
    mine, decided = depth(rule), depth(judgement.rule or "")
    return mine > decided or (mine == decided and (pool, address) < (judgement.pool or "", judgement.address or 0))
