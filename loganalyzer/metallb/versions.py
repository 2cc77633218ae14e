"""MetalLB's versions and what differs between them, each difference named once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

_NUMBERS: Final = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


class Version(NamedTuple):
    """A release, as far as the log tells: `Version(0, 14, 8)`."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@lru_cache(maxsize=64)
def parse_version(text: str) -> Version | None:
    """The version in a text such as `v0.14.8` or `0.13.12-rc1`; None where there is none."""
    found = _NUMBERS.match(text.strip())
    if found is None:
        return None
    return Version(int(found[1]), int(found[2]), int(found[3] or 0))


V0_11: Final = Version(0, 11, 0)
V0_12: Final = Version(0, 12, 0)
V0_13: Final = Version(0, 13, 0)
V0_13_8: Final = Version(0, 13, 8)
V0_13_10: Final = Version(0, 13, 10)
V0_14: Final = Version(0, 14, 0)
V0_14_9: Final = Version(0, 14, 9)
V0_15: Final = Version(0, 15, 0)
V0_16: Final = Version(0, 16, 0)

ASSUMED: Final = Version(0, 14, 8)
"""What is assumed where nothing tells the version: what depends on it is then never called proven."""


RUNTIMES: Final = {
    "0.17.2": Version(0, 14, 4),
    "0.17.3": Version(0, 14, 5),
    "0.18.4": Version(0, 14, 8),
    "0.19.3": Version(0, 14, 9),
    "0.20.4": Version(0, 15, 2),
    "0.22.3": Version(0, 16, 1),
}
"""By the controller-runtime that stack traces name: the last version built with it. Those built with the same one
(0.14.6 to 0.14.8, 0.15.0 to 0.15.2, 0.15.3 to 0.16.1) allocate by the same rules. Source: go.mod at each tag."""


def has_levels(version: Version) -> bool:
    """Whether lines carry a level (metallb v0.11.0 internal/logging/logging.go)."""
    return version >= V0_11


def reads_several_addresses(version: Version) -> bool:
    """Whether a service may have two addresses, and ask for them by annotation (metallb v0.12.0 controller/service.go).

    Before, the family is that of `spec.clusterIP`, and `spec.loadBalancerIP` the only request for an address.
    """
    return version >= V0_12


def dumps_objects(version: Version) -> bool:
    """Whether debug logs print Services and configuration (metallb v0.13.0 internal/k8s/controllers)."""
    return version >= V0_13


def reads_new_prefix(version: Version) -> bool:
    """Whether `metallb.io/` annotations are read (metallb v0.14.9 controller/service.go)."""
    return version >= V0_14_9


def tells_of_nodes(version: Version) -> bool:
    """Whether layer 2 says why nodes are no candidates, without their names (metallb v0.14.9 layer2_controller.go)."""
    return version >= V0_14_9


def shows_own_advertisements(version: Version) -> bool:
    """Whether a speaker's dump has only the BGPAdvertisements that select its own node.

    Source: metallb v0.16.0 internal/k8s/controllers/config_controller.go.
    """
    return version >= V0_16


def prefers_either_family(version: Version) -> bool:
    """Whether PreferDualStack is content with one family (metallb v0.14.9 internal/allocator/allocation.go)."""
    return version >= V0_14_9


def needs_both_for_required(version: Version) -> bool:
    """Whether RequireDualStack asks for both families even of a service with one cluster IP.

    Only 0.14.9 does: before, the policy is not read; from 0.15.0 such a service is refused earlier.
    Source: metallb v0.14.9 internal/allocator/allocation.go, v0.15.0 controller/service.go.
    """
    return V0_14_9 <= version < V0_15


def loses_addresses_silently(version: Version) -> bool:
    """Whether new pools drop allocations outside them instead of being refused (metallb v0.14.0 allocator.go)."""
    return version >= V0_14


# What makes MetalLB look again (metallb controller/main.go and internal/k8s/controllers at the tags named).

V0_13_4: Final = Version(0, 13, 4)
V0_13_11: Final = Version(0, 13, 11)
V0_15_3: Final = Version(0, 15, 3)


def avoids_buggy(version: Version) -> bool:
    """Whether `avoidBuggyIPs` is honoured; 0.13.0 to 0.13.3 had no such field (metallb v0.13.4 internal/config)."""
    return not V0_13 <= version < V0_13_4


def has_service_allocation(version: Version) -> bool:
    """Whether pools can be kept for services or namespaces (metallb v0.13.8 internal/allocator/allocator.go)."""
    return version >= V0_13_8


def picks_priority_only(version: Version) -> bool:
    """Whether a `serviceAllocation` that names nobody is for everybody (metallb v0.15.0 internal/config)."""
    return version >= V0_15


def refuses_duplicates(version: Version) -> bool:
    """Whether a pool that names a namespace or selector twice is refused (metallb v0.13.10 internal/config)."""
    return version >= V0_13_10


def keeps_status_on_refused_share(version: Version) -> bool:
    """Whether a service that may share no more is retried with its status kept (metallb v0.13.0 to v0.13.7)."""
    return V0_13 <= version < V0_13_8


def any_deletion_wakes(version: Version) -> bool:
    """Whether each deletion of a service wakes all; later only of one that held (metallb v0.13.10 main.go)."""
    return version < V0_13_10


def release_wakes(version: Version) -> bool:
    """Whether a service that gives up its address wakes all (metallb v0.13.8 controller/main.go)."""
    return version >= V0_13_8


def release_wakes_within_pools_only(version: Version) -> bool:
    """Whether it does so only while the old address is in a pool (metallb v0.14.0 controller/main.go)."""
    return version >= V0_14


def key_change_wakes(version: Version) -> bool:
    """Whether a changed sharing or backend key wakes all (metallb v0.15.0 controller/main.go)."""
    return version >= V0_15


def assigned_first(version: Version) -> bool:
    """Whether a pass over all services begins with those that have most addresses (metallb v0.14.0)."""
    return version >= V0_14


def ignores_same_configuration(version: Version) -> bool:
    """Whether an event that changes no pool does nothing (metallb v0.13.11 pool_controller.go)."""
    return version >= V0_13_11


def mutates_cidr_pools(version: Version) -> bool:
    """Whether allocation alters IPv4 CIDRs of the configuration, which then never equals itself.

    Source: metallb v0.15.3 internal/allocator/allocator.go, copyCIDR, which ended it.
    """
    return version < V0_15_3


def ignores_pool_metadata(version: Version) -> bool:
    """Whether only a new generation of a pool is an event (metallb v0.15.0 pool_controller.go)."""
    return version >= V0_15


def watches_namespaces(version: Version) -> bool:
    """Whether a namespace's new labels are an event (metallb v0.13.8 pool_controller.go)."""
    return version >= V0_13_8


def checks_pool_of_requested_address(version: Version) -> bool:
    """Whether a requested address must be in the requested pool (metallb v0.13.10 controller/service.go)."""
    return version >= V0_13_10


def picks_best_pool(version: Version) -> bool:
    """Whether the best pool for the families is found before it is asked (metallb v0.14.9 allocator.go)."""
    return version >= V0_14_9


def filters_by_class(version: Version) -> bool:
    """Whether `loadBalancerClass` is looked at (metallb v0.13.0 service_controller.go)."""
    return version >= V0_13
