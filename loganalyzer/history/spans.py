"""Intervals of a controller's history, as plain immutable data.

`history` numbers the controllers' histories from 0, in the order in which they began to tell something: several
only where inputs are of controllers whose times overlap. Both ends of an interval are lines: the one that began
it and the one that ended it, each with its time. Lines are the order; times may stand still or jump back.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from loganalyzer.metallb.addresses import Address, AddressRange
from loganalyzer.metallb.services import Port
from loganalyzer.model.state import Place

ENDS: Final = {
    "deleted": "the service was deleted",
    "not-load-balancer": "the service is no load balancer any more",
    "cleared": "MetalLB took it away, with a line that gives its reason",
    "moved": "the service got another address in its place",
    "dropped": "MetalLB dropped it without a line: the service's status has no such address any more",
    "reconfigured": "a new configuration has it in no pool, or in another one",
    "edited": "the service's ports or keys changed; it kept the address",
    "displaced": "another service was given its port on the address: the log has lost what happened before",
    "restarted": "the controller started anew, with nothing held",
    "held": "it is still held at the end of the log",
}
"""Why an allocation's interval ended (`Span.why`)."""

WAIT_ENDS: Final = {
    "allocated": "the service got an address",
    "deleted": "the service was deleted",
    "not-load-balancer": "the service is no load balancer any more",
    "waiting": "it still waits at the end of the log",
}
"""Why a service waited no longer (`Wait.why`)."""


class Span(Struct, frozen=True):
    """One service's hold of one address, from `since` to `until`, under the same ports and keys.

    `why` is a key of ENDS, `reason` MetalLB's reason or error text where a line gave one. `pool` None: the log does
    not show the configuration. `ports` None: nor the service's specification; then the keys are empty too.
    `kept`: taken over from the service's status, not newly allocated. Intervals of one history never overlap on one
    address and port.
    """

    history: int
    service: str
    address: Address
    pool: str | None
    since: Place
    until: Place
    why: str
    reason: str = ""
    ports: tuple[Port, ...] | None = None
    sharing_key: str = ""
    backend_key: str = ""
    kept: bool = False


class Removal(Struct, frozen=True):
    """What made room for a service that had waited, since its last failed attempt.

    `what` is a key of REMOVALS; `who` the service or pool that changed; `at` the line of the change.
    """

    what: str
    who: str
    at: Place


REMOVALS: Final = {
    "holder-deleted": "a service that held the address was deleted",
    "holder-left": "a service that held the address has another one now, or none",
    "holder-edited": "a service that held the address changed its key, policy, selector or ports",
    "pool-added": "a pool was added that has the address",
    "pool-grown": "the pool was given the address",
    "pool-edited": "the pool now lets the service in",
    "service-edited": "the service itself was edited",
    "controller-restarted": "the controller started anew and looked at this service first",
}
"""What may have removed a cause (`Removal.what`)."""


class Wait(Struct, frozen=True):
    """A service without an address, from its first failed attempt to the end of that.

    `attempts` failed, the last at `last` with `error`. `why` is a key of WAIT_ENDS; `addresses` are those that ended
    it; `removal` what made room for them, None where the log does not tell.
    """

    history: int
    service: str
    since: Place
    last: Place
    until: Place
    why: str
    attempts: int
    error: str
    addresses: tuple[Address, ...] = ()
    removal: Removal | None = None


class FirstAddress(Struct, frozen=True):
    """A service was first seen to ask at `asked` and first got an address at `got`; None: not by the end.

    Where no dump shows who asks, both are the line that gave it. Services that had an address when they were first seen
    are not among them.
    """

    history: int
    service: str
    asked: Place
    got: Place | None


class PoolUse(Struct, frozen=True):
    """From `at` on, `used` of the `size` addresses of one family of a pool are in use.

    Addresses that the pool avoids (`avoidBuggyIPs`) count in neither. A pool that is gone has size 0.
    """

    history: int
    at: Place
    pool: str
    family: str
    used: int
    size: int


class Unused(Struct, frozen=True):
    """What of a pool, as it is configured at the end, no service ever held.

    `number` leaves out addresses that the pool avoids; `runs` are the first few runs: one of several addresses
    may have avoided ones in it.
    """

    history: int
    pool: str
    family: str
    number: int
    runs: tuple[AddressRange, ...]


class Mark(Struct, frozen=True):
    """Something that concerns all services: `what` is `started`, `stopping`, `crashed`, `configured` or `rejected`.

    `text` is the version, the pools' names, or the error.
    """

    history: int
    at: Place
    what: str
    text: str


class History(Struct, frozen=True):
    """Everything that the inputs tell over time, each kind in the order in which it ended or happened."""

    spans: tuple[Span, ...] = ()
    waits: tuple[Wait, ...] = ()
    firsts: tuple[FirstAddress, ...] = ()
    pool_use: tuple[PoolUse, ...] = ()
    unused: tuple[Unused, ...] = ()
    marks: tuple[Mark, ...] = ()
