"""What MetalLB's lines mean: one immutable class for each kind of event.

An `Event` says where and when, about which service, and what. Equal lines share one `what`.
Texts and versions: metallb v0.9.8 to v0.16.1, controller/main.go, controller/service.go and
internal/k8s/controllers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from loganalyzer.metallb.addresses import Address
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import Service
from loganalyzer.sources.inputs import Source


@dataclass(frozen=True, slots=True)
class What:
    """The base of everything that an event can say."""


class Event(NamedTuple):
    """One event. `service` is `namespace/name`, None where the log does not tell or none is concerned."""

    source: Source
    line: int
    stamp: bytes
    service: str | None
    what: What


# The process.


@dataclass(frozen=True, slots=True)
class Started(What):
    """A MetalLB process began; `version` empty for a development build."""

    component: str
    version: str
    commit: str


@dataclass(frozen=True, slots=True)
class Stopping(What):
    """The process was asked to stop and did so in order."""


@dataclass(frozen=True, slots=True)
class Panicked(What):
    """The first line of a Go panic or fatal error."""

    text: str


@dataclass(frozen=True, slots=True)
class StateSynced(What):
    """Up to 0.12: the first load is done, addresses can be given out."""


# Reconcilers (0.13 and later).


@dataclass(frozen=True, slots=True)
class ReconcileStarted(What):
    """A reconciler took up a request; for ServiceReconciler's `reprocess` all services."""

    controller: str
    name: str
    reprocess: bool


@dataclass(frozen=True, slots=True)
class ReconcileEnded(What):
    """A reconciler is done with a request."""

    controller: str
    name: str
    reprocess: bool


@dataclass(frozen=True, slots=True)
class ServiceSeen(What):
    """The Service object of the pass that follows, as it was before it. None: its dump was unreadable."""

    seen: Service | None
    reprocess: bool


@dataclass(frozen=True, slots=True)
class ServiceDeletionSeen(What):
    """A deleted service is about to be handled (also printed, by speakers, for one that was not deleted)."""

    name: str


@dataclass(frozen=True, slots=True)
class ServiceFiltered(What):
    """A service of another load balancer class; `name` None inside a pass over all services."""

    name: str | None


@dataclass(frozen=True, slots=True)
class ServiceFailed(What):
    """`failed to handle service`: names and dumps the service of the pass that just failed."""

    name: str
    seen: Service | None
    retry: bool


@dataclass(frozen=True, slots=True)
class ReloadForced(What):
    """All services will be looked at again."""


# A pass over one service.


@dataclass(frozen=True, slots=True)
class PassStarted(What):
    """`start of service update`."""


@dataclass(frozen=True, slots=True)
class PassEnded(What):
    """`end of service update`."""


@dataclass(frozen=True, slots=True)
class Unconfigured(What):
    """`not processing, still waiting for config`."""


@dataclass(frozen=True, slots=True)
class NothingChanged(What):
    """`service converged, no change`: also after a failure of a service that had no address."""


@dataclass(frozen=True, slots=True)
class ServiceWritten(What):
    """`updated service object`: also where the address was taken away."""


@dataclass(frozen=True, slots=True)
class AddressReleased(What):
    """`removed loadbalancer from service` (0.13.8 and later)."""


@dataclass(frozen=True, slots=True)
class UpdateFailed(What):
    """Writing the service failed."""

    error: str


@dataclass(frozen=True, slots=True)
class AddressAllocated(What):
    """An address was found; `additional`: the second family of a service that had the first."""

    addresses: tuple[Address, ...]
    additional: bool


@dataclass(frozen=True, slots=True)
class AllocationFailed(What):
    """`IP allocation failed`, with MetalLB's error text."""

    error: str


@dataclass(frozen=True, slots=True)
class AssignmentCleared(What):
    """The service's address was taken from it; at most one of `reason` and `error` is not empty."""

    reason: str
    error: str


@dataclass(frozen=True, slots=True)
class RequestInvalid(What):
    """A service that keeps its address asks for one in a way that can't be read."""

    error: str


@dataclass(frozen=True, slots=True)
class ServiceDeleted(What):
    """A service that held an address is gone."""


@dataclass(frozen=True, slots=True)
class KeyChanged(What):
    """0.15 and later: the sharing or backend key changed, all services will be looked at again."""


@dataclass(frozen=True, slots=True)
class AnnotationDeprecated(What):
    """0.14.9 and later: an annotation with the older prefix is in use."""

    annotation: str


# The configuration.


@dataclass(frozen=True, slots=True)
class ConfigurationRendered(What):
    """A parsed configuration, not yet in force. None: its dump was unreadable."""

    configuration: Configuration | None


@dataclass(frozen=True, slots=True)
class ResourcesSeen(What):
    """The custom resources that the next configuration is made of, packed (metallb.documents)."""

    packed: bytes


@dataclass(frozen=True, slots=True)
class ConfigurationStarted(What):
    """`start of config update`."""


@dataclass(frozen=True, slots=True)
class ConfigurationEnded(What):
    """`end of config update`: the last rendered configuration is in force, unless it was refused."""


@dataclass(frozen=True, slots=True)
class ConfigurationUnchanged(What):
    """The rendered configuration is the one that is in force already."""


@dataclass(frozen=True, slots=True)
class ConfigurationLoaded(What):
    """Up to 0.12: a new configuration is in force."""


@dataclass(frozen=True, slots=True)
class ConfigurationRejected(What):
    """MetalLB could not parse or accept the current configuration."""

    error: str


@dataclass(frozen=True, slots=True)
class KubernetesEvent(What):
    """0.14.4 and later at debug level: a Kubernetes Event about a service. Lags behind the pass."""

    name: str
    reason: str
    message: str


# Lines that only tell whose log it is.


@dataclass(frozen=True, slots=True)
class SpeakerLine(What):
    """A line that only a speaker writes."""
