"""Which pools MetalLB looked into for a service, and why it passed over the others."""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import Claim
from loganalyzer.rules.catalogue import of_kind
from loganalyzer.rules.rule import PoolRule


class PoolVerdict(Struct, frozen=True):
    """One pool: whether MetalLB looked into it for the service, and the rule why not (None: not asked for)."""

    name: str
    eligible: bool
    rule: str | None


@lru_cache(maxsize=8192)
def automatic(configuration: Configuration, claim: Claim) -> tuple[PoolVerdict, ...]:
    """The pools of an automatic choice, by name; the lowest code where several rules pass one over."""
    verdicts = []
    for name in sorted(configuration.pools):
        pool = configuration.pools[name]
        rule = next((r.code for r in of_kind(PoolRule) if r.excludes(pool, claim)), None)
        verdicts.append(PoolVerdict(name, rule is None, rule))
    return tuple(verdicts)


@lru_cache(maxsize=8192)
def only(configuration: Configuration, chosen: str | None) -> tuple[PoolVerdict, ...]:
    """The pools where one was asked for, or (`chosen` None) the request was refused before any was looked into."""
    return tuple(PoolVerdict(name, name == chosen, None) for name in sorted(configuration.pools))
