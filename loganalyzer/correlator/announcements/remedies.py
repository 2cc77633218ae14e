"""What to do where no node answers for a service: the remedies of the rules that keep the nodes silent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from loganalyzer.correlator.announcements.found import Announcement
from loganalyzer.metallb.error_texts import ErrorText
from loganalyzer.metallb.versions import ASSUMED
from loganalyzer.rules.catalogue import rule
from loganalyzer.rules.rule import Finding

_SILENT: Final = frozenset({"nobody", "no-meeting"})
_NO_FAULT: Final = "MLB502"


def silencing(verdict: str, now: Iterable[Announcement]) -> tuple[str, ...]:
    """The codes of the rules, sorted; none where a node answers, or where it is not known that none does."""
    if verdict == "no-live-peer":
        return ("MLB508",)
    found = {e.rule for e in now if e.rule is not None} if verdict in _SILENT else set()
    return tuple(sorted(found - {_NO_FAULT}))


def remedy(service: str, codes: Iterable[str]) -> tuple[str, ...]:
    """The steps of all of them, each a sentence or a command."""
    finding = Finding(service, ASSUMED, ErrorText("unrecognised"))
    return tuple(dict.fromkeys(step for code in codes for step in rule(code).remedy(finding)))
