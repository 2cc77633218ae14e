"""A change that was tried, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

NO_RANGE: Final = "a pool needs another range"
"""Stands for fixes where no change to what pools and services there are can help."""
NOTHING: Final = "no change to existing objects helps"
"""Where changes were tried and none helped."""


class Fix(Struct, frozen=True):
    """A change that gives a waiting service an address, or (`verified` False, no `changes`) why there is none.

    `changes` and `commands` are in the order in which they are to be made; `why` tells what it costs, `caution` what of
    that must not go unread. `predicted`: addresses one of which the service would get; `each`: one of each family.
    `by_itself` False: `nudge` is needed, and is the last of `commands`. `gone`: what was in its way is no more, and it
    is only to be looked at.
    """

    title: str
    changes: tuple[Mapping[str, Any], ...]
    verified: bool
    predicted: tuple[str, ...] = ()
    why: str = ""
    by_itself: bool = True
    nudge: str | None = None
    loses: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    each: bool = False
    gone: bool = False
    caution: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As `fixes` of the diagnosis document has it."""
        return {
            "title": self.title,
            "changes": [dict(change) for change in self.changes],
            "verified": self.verified,
            "predicted": list(self.predicted),
            "why": self.why,
            "by_itself": self.by_itself,
            "nudge": self.nudge,
            "loses": list(self.loses),
            "commands": list(self.commands),
        }
