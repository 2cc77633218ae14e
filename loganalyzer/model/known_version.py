"""Which MetalLB version's rules a history is replayed by, and how well that is known."""

from __future__ import annotations

from loganalyzer.metallb.versions import ASSUMED, Version, parse_version


class KnownVersion:
    """The version, strongest first: told by the user, found in the log, hinted at by what only newer ones write.

    `rules` is the version whose rules are replayed.
    """

    __slots__ = ("_found", "_hint", "_told", "rules")

    def __init__(self, told: Version | None = None) -> None:
        self._told = told
        self._found: Version | None = None
        self._hint: Version | None = None
        self.rules = told or ASSUMED

    @property
    def known(self) -> bool:
        """Whether it was told or found; what depends on it is proven only then."""
        return (self._told or self._found) is not None

    @property
    def open(self) -> bool:
        """Whether later lines may tell it better."""
        return self._told is None and self._found is None

    @property
    def signed(self) -> Version | None:
        """The version as far as anything at all tells it."""
        return self._told or self._found or self._hint

    @property
    def found(self) -> str | None:
        """The version found, as text."""
        return str(self._found) if self._found else None

    def start(self, text: str) -> None:
        """A start line tells it; a development build's leaves it as it was."""
        self._found = parse_version(text) or self._found
        self._settle()

    def find(self, version: Version | None) -> bool:
        """Something tells it for sure. Whether the rules change by that."""
        self._found = version or self._found
        return self._settle()

    def hint(self, version: Version) -> bool:
        """Only this and newer versions do what was seen. Whether the rules change by that."""
        if self._hint is None or version > self._hint:
            self._hint = version
        return self._settle()

    def _settle(self) -> bool:
        """Whether the rules change by what is known now."""
        before, self.rules = self.rules, self.signed or ASSUMED
        return self.rules != before
