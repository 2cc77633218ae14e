"""What the replay reports of each event that matters for a diagnosis.

Each happened at `at`, to `service` (None where the log does not tell, or none is concerned).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from msgspec import Struct

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.services import Service
from loganalyzer.model.state import Place, Table
from loganalyzer.parser.events import Passes, PassOver
from loganalyzer.sources.inputs import Source


class Attempt(Struct, frozen=True):
    """A pass that should have given the service an address and did not.

    `seen` is the service as the log showed it for this pass, `asked` the line that did; None where none did.
    """

    service: str | None
    at: Place
    error: str
    seen: Service | None
    asked: Place | None
    table: Table


def attempt_in(source: Source, one: PassOver, table: Table) -> Attempt:
    """The attempt of a whole pass that was refused an address."""
    whole, numbers, times = one
    at = Place(source, numbers[whole.refused], times[whole.refused])
    error = whole.failed.error if whole.failed is not None else ""
    return Attempt(whole.key, at, error, whole.seen, Place(source, numbers[0], times[0]), table)


class Attempts(Struct, frozen=True):
    """Failed attempts that all met one state, each a whole pass, as one outcome: those of `passes` at these places."""

    source: Source
    passes: Passes
    places: Sequence[int]
    table: Table

    def singly(self) -> Iterator[Attempt]:
        """The attempts that it stands for."""
        return (attempt_in(self.source, self.passes[place], self.table) for place in self.places)


class Obtained(Struct, frozen=True):
    """The service has addresses: newly allocated, or (`kept`) those of its status, taken over silently."""

    service: str | None
    at: Place
    addresses: tuple[Address, ...]
    kept: bool


class Gone(Struct, frozen=True):
    """The service needs no address any more: `how` is `deleted` or `not-load-balancer`."""

    service: str | None
    at: Place
    how: str


class WriteFailed(Struct, frozen=True):
    """Writing the service failed in a pass; `addresses` are those found in it, if any."""

    service: str | None
    at: Place
    error: str
    addresses: tuple[Address, ...]


class Written(Struct, frozen=True):
    """The service was written."""

    service: str | None
    at: Place


class Sighted(Struct, frozen=True):
    """A version of the service that was not seen before."""

    service: str | None
    at: Place

    seen: Service


class Filtered(Struct, frozen=True):
    """The service is of another load balancer class."""

    service: str | None
    at: Place


class Waiting(Struct, frozen=True):
    """The service met a controller without a configuration."""

    service: str | None
    at: Place


class InvalidRequest(Struct, frozen=True):
    """The service keeps its address, and asks for one in a way that can't be read."""

    service: str | None
    at: Place
    error: str


class Rejected(Struct, frozen=True):
    """MetalLB refused a configuration."""

    service: str | None
    at: Place
    error: str


class Crashed(Struct, frozen=True):
    """MetalLB panicked, or (`text` empty) started anew without having been stopped in order."""

    service: str | None
    at: Place
    text: str


Outcome: TypeAlias = (
    Attempt
    | Obtained
    | Gone
    | WriteFailed
    | Written
    | Sighted
    | Filtered
    | Waiting
    | InvalidRequest
    | Rejected
    | Crashed
)
"""Any of the above."""

Told: TypeAlias = Outcome | Attempts
"""An outcome, or many that are told together."""
