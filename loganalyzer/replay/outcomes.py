"""What the replay reports of each event that matters for a diagnosis."""

from __future__ import annotations

from dataclasses import dataclass

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.services import Service
from loganalyzer.replay.state import Place, Table


@dataclass(frozen=True, slots=True)
class Outcome:
    """The base: what happened at `at`, to `service` (None where the log does not tell)."""

    service: str | None
    at: Place


@dataclass(frozen=True, slots=True)
class Attempt(Outcome):
    """A pass that should have given the service an address and did not.

    `seen` is the service as the log showed it for this pass, `asked` the line that did; None where none did.
    """

    error: str
    seen: Service | None
    asked: Place | None
    table: Table


@dataclass(frozen=True, slots=True)
class Obtained(Outcome):
    """The service has addresses: newly allocated, or (`kept`) those of its status, taken over silently."""

    addresses: tuple[Address, ...]
    kept: bool


@dataclass(frozen=True, slots=True)
class Gone(Outcome):
    """The service needs no address any more: `how` is `deleted` or `not-load-balancer`."""

    how: str


@dataclass(frozen=True, slots=True)
class WriteFailed(Outcome):
    """Writing the service failed in a pass; `addresses` are those found in it, if any."""

    error: str
    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Written(Outcome):
    """The service was written."""


@dataclass(frozen=True, slots=True)
class Sighted(Outcome):
    """A version of the service that was not seen before."""

    seen: Service


@dataclass(frozen=True, slots=True)
class Filtered(Outcome):
    """The service is of another load balancer class."""


@dataclass(frozen=True, slots=True)
class Waiting(Outcome):
    """The service met a controller without a configuration."""


@dataclass(frozen=True, slots=True)
class InvalidRequest(Outcome):
    """The service keeps its address, and asks for one in a way that can't be read."""

    error: str


@dataclass(frozen=True, slots=True)
class Rejected(Outcome):
    """MetalLB refused a configuration."""

    error: str


@dataclass(frozen=True, slots=True)
class Crashed(Outcome):
    """MetalLB panicked, or (`text` empty) started anew without having been stopped in order."""

    text: str
