"""Which node a speaker runs on: none of its service lines tells, so several others are weighed."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

EVENT, LABELS, DISCOVERY, JOINED, ELECTED = range(5)
"""What tells it, the strongest first: an announcement's event, two lines about the own node, the first join, an
election that it won. A file's name counts less than any of them."""

_FILE: Final = re.compile(
    r"(?:.*[-_.])?speaker-([a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)\.(?:log|txt|json|jsonl)(?:\.\d+)?\Z"
)
_SUFFIX: Final = re.compile(r"[bcdfghjklmnpqrstvwxz2456789]{5}(?:[-_.].*)?\Z")
"""The random end of a pod's name: Kubernetes draws it from these characters (apimachinery util/rand)."""
_WORDS: Final = frozenset(
    {"all", "current", "debug", "info", "log", "logs", "new", "old", "prev", "previous", "speaker", "speakers"}
)


class Identity:
    """The claims of one run about its own node."""

    def __init__(self) -> None:
        self._told: dict[int, str] = {}
        self.contradicted = False

    def told(self, by: int, node: str) -> None:
        """One more claim; the first of a kind stands."""
        if not node:
            return
        before = self._told.setdefault(by, node)
        if before != node and by in (EVENT, LABELS):
            self.contradicted = True

    @property
    def node(self) -> str | None:
        """The node by the strongest claim; None where lines contradict each other or none tells."""
        if self.contradicted or not self._told:
            return None
        return self._told[min(self._told)]


def node_of_file(name: str) -> str | None:
    """NODE of a file named `speaker-NODE.log`; None where that is a pod's suffix or no node's name."""
    found = _FILE.match(PurePosixPath(name.replace("\\", "/")).name)
    if found is None or _SUFFIX.match(found[1]) or found[1] in _WORDS:
        return None
    return found[1]
