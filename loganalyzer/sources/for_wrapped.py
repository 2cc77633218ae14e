"""What only wrapped lines need, loaded when the first of them comes: most logs have none."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loganalyzer.sources.alike import Alike
    from loganalyzer.sources.envelopes import Envelopes
    from loganalyzer.sources.together import Placing
    from loganalyzer.sources.wrappings import Prefixes


class ForWrapped:
    """What takes wrappings off the lines of one source, but for prefixes."""

    def __init__(self, prefixes: Prefixes) -> None:
        self._prefixes = prefixes

    @cached_property
    def envelopes(self) -> Envelopes:
        """Takes off the envelopes that lines are in."""
        from loganalyzer.sources.envelopes import Envelopes

        return Envelopes()

    @cached_property
    def alike(self) -> Alike:
        """Takes them off lines that were wrapped alike."""
        from loganalyzer.sources.alike import Alike

        return Alike(self._prefixes, self.envelopes)

    @cached_property
    def placing(self) -> Placing:
        """Tells where the elements of a document stand."""
        from loganalyzer.sources.together import Placing

        return Placing()
