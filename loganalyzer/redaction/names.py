"""Names under other names: one table for the whole run, so that what was equal stays equal."""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

from loganalyzer.metallb.election import PSEUDONYM

REDACTED: Final = "redacted"
"""Stands for whatever could not be told to be harmless."""

SECRET: Final = "<redacted>"  # noqa: S105 - what stands for one
"""Stands for every secret: all of them alike, so that nothing can be found out by trying."""

WELL_KNOWN: Final = frozenset(
    {
        "default", "kube-system", "kube-public", "kube-node-lease", "metallb-system", "metallbreload", "reload",
        "kubernetes", "metallb", "controller", "speaker", "object", "None", "none", "null", "true", "false", "<nil>",
        "<retracted>", "(MISSING)",
    }
)  # fmt: skip
"""Names that are the same everywhere, and say nothing of a cluster."""

PRIORITY: Final = ("node", "pool", "service", "namespace", "pod", "interface", "peer", "key", "label", "uid", "mac")
"""Of a name that stands for several things, the first of these gives the replacement its form."""

MOST: Final = 1 << 20
"""Names that are told apart; all beyond it become one."""

_UID: Final = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\Z")
_MAC: Final = re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\Z")
_OTHER_ASNS: Final = (range(64496, 64512), range(64512, 65535), range(4200000000, 4294967295))
"""RFC 5398 (documentation) and RFC 6996 (private)."""

_MACS_KEPT: Final = frozenset({"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"})


def form_of(text: str) -> str | None:
    """`uid` or `mac` where the text is one, whatever it stands for."""
    if len(text) == 36 and _UID.match(text):
        return "uid"
    return "mac" if len(text) == 17 and _MAC.match(text) else None


class Names:
    """Replaces names by numbered ones. While it learns it only takes notes of what there is."""

    def __init__(self) -> None:
        self.learning = True
        self._kinds: dict[str, str] = {}
        self._new: dict[str, str] = {}
        self._asns: dict[int, int] = {}
        self._free_asns = chain(*_OTHER_ASNS)
        self._last: dict[str, int] = {}

    def freeze(self) -> None:
        """Ends learning: every name that was met gets its replacement, in the order in which they were met."""
        self.learning = False
        for text, kind in self._kinds.items():
            self._new[text] = self._numbered(kind, text)
        for number in self._asns:
            self._asns[number] = self._next_asn()

    def of(self, kind: str, text: str) -> str:
        """The replacement of a name; well-known ones and the empty text stay."""
        if not text or text in WELL_KNOWN or text in _MACS_KEPT:
            return text
        kind = form_of(text) or kind
        if self.learning:
            before = self._kinds.get(text)
            if before is None:
                if len(self._kinds) < MOST:
                    self._kinds[text] = kind
            elif _rank(kind) < _rank(before):
                self._kinds[text] = kind
            return REDACTED
        found = self._new.get(text)
        if found is None:
            if len(self._new) >= MOST:
                return REDACTED
            found = self._new[text] = self._numbered(kind, text)
        return found

    def known(self, text: str) -> str | None:
        """The replacement of a name that was met; None for any other text."""
        if self.learning:
            return REDACTED if text in self._kinds else None
        return self._new.get(text)

    def asn(self, number: int) -> int:
        """An autonomous system under another number; 0 and the transition's 23456 stay."""
        if number in (0, 23456):
            return number
        if number not in self._asns and len(self._asns) < MOST:
            self._asns[number] = 0 if self.learning else self._next_asn()
        return self._asns.get(number, 0)

    def known_asn(self, number: int) -> int | None:
        """The other number of an autonomous system that was met."""
        return self._asns.get(number)

    def counts(self) -> dict[str, int]:
        """How many names of each kind have a replacement."""
        found: dict[str, int] = {}
        for kind in self._kinds.values():
            found[kind] = found.get(kind, 0) + 1
        return found

    def table(self) -> dict[str, str]:
        """Each name and its replacement; not for those who get the redacted logs."""
        return dict(self._new)

    def _numbered(self, kind: str, text: str) -> str:
        while True:
            number = self._last[kind] = self._last.get(kind, 0) + 1
            found = _formed(kind, text, number)
            if found not in self._kinds:
                return found

    def _next_asn(self) -> int:
        """The next number for documentation or private use that the inputs don't have; 0 beyond the last one."""
        return next((n for n in self._free_asns if n not in self._asns), 0)


def _rank(kind: str) -> int:
    return PRIORITY.index(kind) if kind in PRIORITY else len(PRIORITY)


def _formed(kind: str, text: str, number: int) -> str:
    if kind == "uid":
        return f"00000000-0000-4000-8000-{number:012x}"
    if kind == "mac":
        return ":".join(f"{(0x020000000000 + number).to_bytes(6, 'big')[i]:02x}" for i in range(6))
    if kind == "node":
        return f"{PSEUDONYM}{number}"
    if kind == "pod":
        # What a pod runs is told by its name alone where no line of it is in the log.
        return f"{next((c for c in ('speaker', 'controller') if c in text), 'pod')}-{number}"
    return f"{kind}-{number}"
