"""What to do about a failure: the fixes that were tried, else the rule's remedy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from loganalyzer.correlator.diagnosis import Cause, Failure
from loganalyzer.correlator.fix import NO_RANGE, Fix
from loganalyzer.report.possible import first_of

SHOWN: Final = 3
AT_END: Final = "the state at the end"


def heading(cause: Cause, fixes: tuple[Fix, ...], service: str = "", state: str = AT_END) -> str:
    """The line above; it tells whether what follows was tried, and for which `service` where it is not clear."""
    tried = f"tried alone on {state}; " if any(fix.verified for fix in fixes) else ""
    whom = f" for {service}" if service and fixes else ""
    return f"what to do{whom}   ({tried}loganalyzer rules {cause.rule})"


def for_others(failures: Sequence[Failure]) -> Iterator[str]:
    """Where the fixes of the other services of an entry are."""
    if failures:
        yield "for each of the others: --service NAME"


def steps(failure: Failure) -> Iterator[str]:
    """The texts below it, each to be wrapped; one that begins with `kubectl ` is a command, to stay on one line.

    The first fix in full, of up to two more what they change and what to beware of, and how many are left; without any
    the reason, and the rule's remedy where that might still help. Nothing where the cause is not known.
    """
    if failure.cause is None:
        return
    verified = [fix for fix in failure.fixes if fix.verified]
    if not verified:
        yield from (f"{fix.title}: {fix.why}" for fix in failure.fixes if not fix.changes)
        if not any(fix.title == NO_RANGE for fix in failure.fixes):
            yield from failure.cause.remedy
        return
    for number, fix in enumerate(verified[:SHOWN], 1):
        said = fix.why if number == 1 else fix.caution
        yield f"{number}. {fix.title}{_gets(fix)}{f': {said}' if said else ''}"
        yield from fix.commands
    left = len(verified) - SHOWN
    if left > 0:
        yield f"…and {left} more (--format json)"


def _gets(fix: Fix) -> str:
    """What the service would get; of many possible addresses the first."""
    return f" (gets {first_of(fix.predicted, each=fix.each)})" if fix.predicted else ""
