"""Which configuration is in force: rendered, taken over, refused, left as it is."""

from __future__ import annotations

from loganalyzer.metallb.pools import Configuration
from loganalyzer.model.state import Place


class Configuring:
    """The configuration of one process as its log shows it.

    `known`: whether the log shows what is in force. `rejected`: the line since which MetalLB refuses the
    current one. A new configuration counts from its `end of config update`, unless it was refused before.
    """

    __slots__ = ("_refused", "_rendered", "_started", "known", "rejected")

    def __init__(self, *, known: bool = False) -> None:
        self.known = known
        self.rejected: Place | None = None
        self._rendered: Configuration | None = None
        self._refused = False
        self._started = False

    @property
    def pending(self) -> Configuration | None:
        """The configuration that was read and then refused: up to 0.13 MetalLB goes on trying it.

        Source: metallb v0.13.0 controller/main.go SetPools returns SyncStateError.
        """
        return self._rendered if self.rejected is not None else None

    @property
    def begun(self) -> bool:
        """Whether a configuration is being taken over."""
        return self._started

    @property
    def refused_now(self) -> bool:
        """Whether what is being taken over, or was last, was refused."""
        return self._refused

    @property
    def read(self) -> bool:
        """Whether a configuration was read of which it is not known yet what became of it."""
        return self._rendered is not None

    def rendered(self, configuration: Configuration | None) -> None:
        """A configuration was parsed; None: its dump could not be read."""
        self._rendered = configuration
        if configuration is None:
            self.known = False

    def started(self) -> None:
        """It is being taken over."""
        self._refused = False
        self._started = True

    def refused(self, at: Place) -> None:
        """It was refused; the one in force stays."""
        self._refused = True
        if not self._started:
            # It could not even be read, and that is not tried again.
            self._rendered = None
        if self.rejected is None:
            self.rejected = at

    def loaded(self) -> None:
        """It was taken over, as up to 0.12 a line says."""
        self.rejected = None

    def ended(self) -> tuple[Configuration | None] | None:
        """The configuration that is in force from here on, if that changes; None in it: not in the log."""
        began, self._started = self._started, False
        if self._refused:
            self.known = self.known and began
            return None
        found, self._rendered = self._rendered, None
        self.rejected = None
        # Without its beginning it may be another one that ends here.
        self.known = found is not None and began
        return (found,)

    def unchanged(self, in_force: Configuration | None) -> Configuration | None:
        """The rendered one is in force already: news only to a log that lacks the lines on which it was loaded."""
        found, self._rendered = self._rendered, None
        same = found is None or (in_force is not None and found.pools == in_force.pools)
        if self._refused or self.rejected is not None:
            same = True
        self.rejected = None
        if found is None or (self.known and same):
            return None
        self.known = True
        return found
