"""The allocator's table at one moment, as one object for as long as nothing changes."""

from __future__ import annotations

from loganalyzer.model.allocator import Allocator
from loganalyzer.model.known_version import KnownVersion
from loganalyzer.model.state import Place, Table


class Tables:
    """Remembers the last table: that two attempts met the same state shows by its identity."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: tuple[tuple[object, ...], Table] | None = None

    def now(
        self, allocator: Allocator, version: KnownVersion, *, configured: bool, complete: bool, rejected: Place | None
    ) -> Table:
        """The table of an allocator in its state now."""
        stamp = (allocator.revision, configured, complete, rejected, version.rules, version.known)
        if self._last is None or self._last[0] != stamp:
            configuration = allocator.configuration
            pools = configuration.pools if configuration else {}
            table = Table(
                version=version.rules,
                version_known=version.known,
                configuration=configuration,
                configured=configured,
                complete=complete,
                pools={name: allocator.table(pool) for name, pool in pools.items()},
                allocations=dict(allocator.allocations),
                rejected=rejected,
            )
            self._last = stamp, table
        return self._last[1]
