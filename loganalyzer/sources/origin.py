"""Where a record came from, as far as its wrapping or its file's path tells."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct


class Origin(Struct, frozen=True):
    """A pod's container on a node; each empty where unknown. `file` is the file that a search tool named.

    `key` is what separates one writer from another within an input.
    """

    pod: str = ""
    container: str = ""
    node: str = ""
    namespace: str = ""
    file: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """A pod is one writer whatever else is known; without one, file, node and container tell writers apart."""
        return (self.pod,) if self.pod else ("", self.file, self.node, self.container)

    def filled(self, other: Origin) -> Origin:
        """This, with what only the other one knows."""
        return Origin(
            self.pod or other.pod,
            self.container or other.container,
            self.node or other.node,
            self.namespace or other.namespace,
            self.file or other.file,
        )


NOWHERE: Final = Origin()


def closer(inner: Origin, outer: Origin) -> Origin:
    """What the inner wrapping tells comes before what the outer one does."""
    if inner is NOWHERE or inner == outer:
        return outer
    return inner if outer is NOWHERE else inner.filled(outer)


_PATHS: Final = (
    # The kubelet's folders: https://kubernetes.io/docs/concepts/cluster-administration/logging/
    (
        "_",
        r"(?:^|[/!])(?P<namespace>[a-z0-9-]+)_(?P<pod>[a-z0-9.-]+)_[0-9a-f-]{8,}/(?P<container>[a-z0-9-]+)/\d+\.log",
    ),
    (
        "_",
        r"(?:^|[/!])(?P<pod>[a-z0-9.-]+)_(?P<namespace>[a-z0-9-]+)_(?P<container>[a-z0-9-]+)-[0-9a-f]{64}\.log",
    ),
    # oc adm must-gather: namespaces/NS/pods/POD/CONTAINER/CONTAINER/logs/current.log
    (
        "namespaces/",
        r"(?:^|[/!])namespaces/(?P<namespace>[a-z0-9-]+)/pods/(?P<pod>[a-z0-9.-]+)/(?P<container>[a-z0-9-]+)/",
    ),
    # metallb v0.14.8 troubleshooting/collect.sh: report/pods/POD/CONTAINER.log
    ("pods/", r"(?:^|[/!])pods/(?P<pod>[a-z0-9.-]+)/(?P<container>[a-z0-9-]+)\.log"),
    # kubectl cluster-info dump --output-directory: NS/POD/logs.txt
    ("/logs.txt", r"(?:^|[/!])(?P<namespace>[a-z0-9-]+)/(?P<pod>[a-z0-9.-]+)/logs\.txt"),
)
"""Paths that name a pod, each with what stands in every one of them; a new layout is one entry."""

# Docker's names of a pod's containers: k8s_CONTAINER_POD_NAMESPACE_UID_RESTARTS.
_DOCKER: Final = r"k8s_(?P<container>[^_]+)_(?P<pod>[^_]+)_(?P<namespace>[^_]+)_"


def origin_of_path(path: str) -> Origin:
    """What a file's path tells; `NOWHERE` where it tells nothing."""
    for part, pattern in _PATHS:
        found = re.search(pattern, path) if part in path else None
        if found is not None:
            return Origin(**found.groupdict(""))
    return NOWHERE


def origin_of_docker_name(name: str) -> Origin:
    """What the name of a container that the kubelet gave to Docker tells."""
    found = re.match(_DOCKER, name)
    return Origin(**found.groupdict("")) if found else NOWHERE
