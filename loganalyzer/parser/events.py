"""What MetalLB's lines mean: one immutable class for each kind of event.

An `Event` says where and when, about which service, and what. Equal lines share one `what`.
Texts and versions: metallb v0.9.8 to v0.16.1, controller/main.go, controller/service.go and
internal/k8s/controllers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import Service
from loganalyzer.sources.inputs import Source

What: TypeAlias = object
"""Anything that an event can say: an instance of one of the classes below."""


class Event(Struct, frozen=True):
    """One event. `service` is `namespace/name`, None where the log does not tell or none is concerned."""

    source: Source
    line: int
    stamp: bytes
    service: str | None
    what: What


# The process.


class Started(Struct, frozen=True):
    """A MetalLB process began; `version` empty for a development build."""

    component: str
    version: str
    commit: str


class Stopping(Struct, frozen=True):
    """The process was asked to stop and did so in order."""


class Panicked(Struct, frozen=True):
    """The first line of a Go panic or fatal error."""

    text: str


class StateSynced(Struct, frozen=True):
    """Up to 0.12: the first load is done, addresses can be given out."""


# Reconcilers (0.13 and later).


class ReconcileStarted(Struct, frozen=True):
    """A reconciler took up a request; for ServiceReconciler's `reprocess` all services."""

    controller: str
    name: str
    reprocess: bool


class ReconcileEnded(Struct, frozen=True):
    """A reconciler is done with a request."""

    controller: str
    name: str
    reprocess: bool


class ServiceSeen(Struct, frozen=True):
    """The Service object of the pass that follows, as it was before it.

    None: its dump was unreadable; `name` is then what was left of it, `namespace/name` or empty.
    """

    seen: Service | None
    reprocess: bool
    name: str = ""


class ServiceDeletionSeen(Struct, frozen=True):
    """A deleted service is about to be handled (also printed, by speakers, for one that was not deleted)."""

    name: str


class ServiceFiltered(Struct, frozen=True):
    """A service of another load balancer class; `name` None inside a pass over all services."""

    name: str | None


class ServiceFailed(Struct, frozen=True):
    """`failed to handle service`: names (empty: the line was cut off) and dumps the service of the pass that failed."""

    name: str
    seen: Service | None
    retry: bool


class ReloadForced(Struct, frozen=True):
    """All services will be looked at again."""


# A pass over one service.


class PassStarted(Struct, frozen=True):
    """`start of service update`."""


class PassEnded(Struct, frozen=True):
    """`end of service update`."""


class Unconfigured(Struct, frozen=True):
    """`not processing, still waiting for config`."""


class NotSynced(Struct, frozen=True):
    """Up to 0.12: no address before every service was seen once; no attempt, it is made again after that."""


class NothingChanged(Struct, frozen=True):
    """`service converged, no change`: also after a failure of a service that had no address."""


class ServiceWritten(Struct, frozen=True):
    """`updated service object`: also where the address was taken away."""


class AddressReleased(Struct, frozen=True):
    """`removed loadbalancer from service` (0.13.8 and later)."""


class UpdateFailed(Struct, frozen=True):
    """Writing the service failed."""

    error: str


class AddressAllocated(Struct, frozen=True):
    """An address was found; `additional`: the second family of a service that had the first."""

    addresses: tuple[Address, ...]
    additional: bool


class AllocationFailed(Struct, frozen=True):
    """`IP allocation failed`, with MetalLB's error text."""

    error: str


class AssignmentCleared(Struct, frozen=True):
    """The service's address was taken from it; at most one of `reason` and `error` is not empty."""

    reason: str
    error: str


class RequestInvalid(Struct, frozen=True):
    """A service that keeps its address asks for one in a way that can't be read."""

    error: str


class ServiceDeleted(Struct, frozen=True):
    """A service that held an address is gone."""


class KeyChanged(Struct, frozen=True):
    """0.15 and later: the sharing or backend key changed, all services will be looked at again."""


class AnnotationDeprecated(Struct, frozen=True):
    """0.14.9 and later: an annotation with the older prefix is in use."""

    annotation: str


class WholePass(Struct, frozen=True, eq=False):
    """What a pass over one service says that neither gave nor took an address. Never changed; equal only to itself.

    `failed` is what refused the service one, its line the `refused`th of `lines`; None: it converged as it was.
    `lines` is what its lines mean, one by one. `key` is the service's, which is read at each pass.
    """

    key: str
    seen: Service
    failed: AllocationFailed | None
    refused: int
    lines: Sequence[What]


class PassOver(NamedTuple):
    """Such a pass: the numbers and the times of its lines."""

    whole: WholePass
    numbers: Sequence[int]
    times: Sequence[bytes]

    def events(self, source: Source) -> list[Event]:
        """The events that it stands for."""
        service, lines = self.whole.key, zip(self.numbers, self.times, self.whole.lines, strict=True)
        return [Event(source, number, time, service, what) for number, time, what in lines]


class Passes(Struct, frozen=True, eq=False):
    """Such passes, one behind the other, in columns; never changed.

    Nearly always the lines of a pass follow upon each other and are of one time: `firsts` has the number of each one's
    first line, `times` its time. `others` are those of which that is not so, by their places. `told`: where lines have
    times of their own, those of all lines from number `begins` on, and no `times`. The next line's number is so many
    `steps` more: that is not 1 in a document that has each line in an element of several of its own.
    """

    wholes: list[WholePass]
    firsts: list[int]
    times: Sequence[bytes]
    others: Mapping[int, PassOver]
    told: Sequence[bytes] = ()
    begins: int = 0
    steps: int = 1

    def __len__(self) -> int:
        return len(self.wholes)

    def __getitem__(self, place: int) -> PassOver:
        place = range(len(self.wholes))[place]
        if place in self.others:
            return self.others[place]
        whole, first, steps = self.wholes[place], self.firsts[place], self.steps
        lines = len(whole.lines)
        numbers, at = range(first, first + lines * steps, steps), (first - self.begins) // steps
        return PassOver(whole, numbers, self.told[at : at + lines] if self.told else (self.times[place],) * lines)

    def __iter__(self) -> Iterator[PassOver]:
        return map(self.__getitem__, range(len(self.wholes)))

    def time_of(self, place: int, line: int) -> bytes:
        """The time of one line of one pass."""
        if place in self.others:
            return self.others[place].times[line]
        return self.told[(self.firsts[place] - self.begins) // self.steps + line] if self.told else self.times[place]

    def part(self, start: int, end: int) -> Passes:
        """Some of them."""
        return passes_of([self[place] for place in range(start, end)])


def passes_of(passes: Sequence[PassOver]) -> Passes:
    """Passes one by one, as columns."""
    wholes, firsts = [one.whole for one in passes], [one.numbers[0] for one in passes]
    others = {place: one for place, one in enumerate(passes) if not _at_once(one)}
    return Passes(wholes, firsts, [one.times[0] for one in passes], others)


def _at_once(one: PassOver) -> bool:
    """Whether its lines follow upon each other and are of one time."""
    _, numbers, times = one
    return numbers[-1] - numbers[0] == len(numbers) - 1 and times.count(times[0]) == len(times)


def joined(some: Sequence[Passes]) -> Passes:
    """Passes that follow upon each other, in one; where there are several none has times of its own."""
    if len(some) == 1:
        return some[0]
    wholes, firsts, times = list[WholePass](), list[int](), list[bytes]()
    others: dict[int, PassOver] = {}
    for passes in some:
        if passes.others:
            others.update((len(wholes) + place, one) for place, one in passes.others.items())
        wholes += passes.wholes
        firsts += passes.firsts
        times += passes.times
    return Passes(wholes, firsts, times, others)


class PassesOver(Struct, frozen=True):
    """Such passes as one event: at the first one's first line, about no service of its own."""

    passes: Passes


# The configuration.


class ConfigurationRendered(Struct, frozen=True):
    """A parsed configuration, not yet in force. None: its dump was unreadable."""

    configuration: Configuration | None


class ResourcesSeen(Struct, frozen=True):
    """The custom resources that the next configuration is made of, packed (metallb.documents)."""

    packed: bytes


class ConfigurationStarted(Struct, frozen=True):
    """`start of config update`."""


class ConfigurationEnded(Struct, frozen=True):
    """`end of config update`: the last rendered configuration is in force, unless it was refused."""


class ConfigurationUnchanged(Struct, frozen=True):
    """The rendered configuration is the one that is in force already."""


class ConfigurationLoaded(Struct, frozen=True):
    """Up to 0.12: a new configuration is in force."""


class ConfigurationRejected(Struct, frozen=True):
    """MetalLB could not parse or accept the current configuration."""

    error: str


class KubernetesEvent(Struct, frozen=True):
    """0.14.4 and later at debug level: a Kubernetes Event about a service. Lags behind the pass."""

    name: str
    reason: str
    message: str


class Paused(Struct, frozen=True):
    """No line: an input that is followed has no more for now."""


# Lines that only tell whose log it is.


class SpeakerLine(Struct, frozen=True):
    """A line that only a speaker writes."""
