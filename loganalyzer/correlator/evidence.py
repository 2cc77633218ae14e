"""All objects that were read, sorted out: what the cluster was when they were fetched, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import Struct, field, structs

from loganalyzer.metallb.objects import (
    KnownEvent,
    KnownPool,
    KnownService,
    event_of,
    labels_of_namespaces,
    mapping,
    pool_of,
    pools_of_configuration,
    resource_version,
    service_of,
    text,
)
from loganalyzer.metallb.pools import Configuration, Pool
from loganalyzer.metallb.selectors import Selector
from loganalyzer.metallb.versions import Version, avoids_buggy, has_service_allocation, picks_priority_only
from loganalyzer.model.state import Place
from loganalyzer.rules.rule import listing
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.objects import yaml_documents

Found = tuple[dict[str, Any], Place]
"""An object as it was read."""


class Objects(Struct):
    """The objects by kind. `pools` is None where none were given, or one of them can't be read.

    `strays` are pools (NAMESPACE/NAME) that MetalLB does not look at.
    """

    services: dict[str, tuple[KnownService, Place]] = field(default_factory=dict)
    pools: dict[str, tuple[KnownPool, Place]] | None = None
    configmap: tuple[Configuration, Place] | None = None
    events: list[tuple[KnownEvent, Place]] = field(default_factory=list)
    communities: set[str] = field(default_factory=set)
    strays: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is anything that could fill what logs lack."""
        return bool(self.services or self.pools or self.configmap or self.events)

    @property
    def left_out(self) -> str:
        """What of them does not count, in words; empty where all do."""
        if not self.strays:
            return ""
        return (
            f"MetalLB reads pools in its own namespace alone, so what is in another is left out: {listing(self.strays)}"
        )


def gathered(found: Iterable[tuple[Source, dict[str, Any], int]]) -> Objects:
    """The objects of all inputs; of one object in several inputs the newest version counts."""
    of_kind = by_kind(found)
    objects = Objects()
    for document, place in of_kind.get("Service", []):
        service = service_of(document)
        objects.services[service.final.key] = (service, place)
    objects.communities = {text(mapping(d.get("metadata")).get("name")) for d, _ in of_kind.get("Community", [])}
    namespaces = labels_of_namespaces(d for d, _ in of_kind["Namespace"]) if "Namespace" in of_kind else None
    pools, objects.strays = pools_read(of_kind)
    objects.pools = _pools(pools, namespaces)
    objects.configmap = _configmap(of_kind.get("ConfigMap", []))
    objects.events = [(event, place) for d, place in of_kind.get("Event", []) if (event := event_of(d)) is not None]
    return objects


def by_kind(found: Iterable[tuple[Source, dict[str, Any], int]]) -> dict[str, list[Found]]:
    """The objects themselves by kind; of one object in several inputs the newest version counts."""
    known: dict[tuple[str, str, str], tuple[int, dict[str, Any], Place]] = {}
    for source, document, line in found:
        metadata = mapping(document.get("metadata"))
        key = (text(document.get("kind")), text(metadata.get("namespace")), text(metadata.get("name")))
        version = resource_version(metadata.get("resourceVersion"))
        if key not in known or version >= known[key][0]:
            known[key] = (version, document, Place(source, line, b""))
    of_kind: dict[str, list[Found]] = {}
    for (kind, _, _), (_, document, place) in known.items():
        of_kind.setdefault(kind, []).append((document, place))
    return of_kind


def pools_read(of_kind: Mapping[str, list[Found]]) -> tuple[list[Found], tuple[str, ...]]:
    """The pools that MetalLB looks at, and the names of the others: it reads its own namespace alone.

    Which that is no object says. Of several that have pools it is the one that is named after MetalLB, if one is
    (metallb v0.14.8 controller/main.go, METALLB_NAMESPACE).
    """
    found = of_kind.get("IPAddressPool", [])
    namespaces = {_namespace(document) for document, _ in found}
    own = {name for name in namespaces if "metallb" in name}
    if len(namespaces) < 2 or len(own) != 1:
        return found, ()
    others = (document for document, _ in found if _namespace(document) not in own)
    strays = sorted(f"{_namespace(d)}/{text(mapping(d.get('metadata')).get('name'))}" for d in others)
    return [one for one in found if _namespace(one[0]) in own], tuple(strays)


def _namespace(document: Mapping[str, Any]) -> str:
    return text(mapping(document.get("metadata")).get("namespace"))


def _pools(
    given: list[Found], namespaces: dict[str, dict[str, str]] | None
) -> dict[str, tuple[KnownPool, Place]] | None:
    try:
        found = [(pool_of(document, namespaces), place) for document, place in given]
    except ValueError:
        return None
    return {known.pool.name: (known, place) for known, place in found} if given else None


def _configmap(given: list[Found]) -> tuple[Configuration, Place] | None:
    for document, place in given:
        try:
            found = configuration_of(document)
        except ValueError:
            continue
        if found is not None:
            return found, place
    return None


def configuration_of(configmap: Mapping[str, Any]) -> Configuration | None:
    """The pools of MetalLB's ConfigMap up to 0.12; None where it is another one. Raises ValueError."""
    config = text(mapping(configmap.get("data")).get("config"))
    decoded = yaml_documents(config.encode()) if "address-pools" in config else None
    if not decoded or not isinstance(decoded[0], dict):
        return None
    return Configuration({p.name: p for p in pools_of_configuration(decoded[0])})


_YEARS: Final = (2000, 9000)
_LAG: Final = timedelta(seconds=2)


def within(second: str, first: str, last: str) -> bool:
    """Whether a time lies within an Event's, which another goroutine writes a moment later."""
    now = datetime.fromisoformat(second)
    return _read(first, now) - _LAG <= now <= _read(last, now) + _LAG


def _read(text: str, otherwise: datetime) -> datetime:
    """A time of an Event, which may be any text; one of no year that Kubernetes has seen is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if _YEARS[0] <= found.year <= _YEARS[1] and found.tzinfo is None else otherwise


def as_read(pool: Pool, version: Version, *, selects: bool) -> Pool:
    """A pool as this version reads its object."""
    wanted = pool.allocation if has_service_allocation(version) else None
    nobody = wanted is not None and not (wanted.namespaces or wanted.selectors or selects)
    if wanted is not None and nobody and picks_priority_only(version):
        wanted = structs.replace(wanted, selectors=(Selector((), ""),))
    return structs.replace(pool, allocation=wanted, avoid_buggy=pool.avoid_buggy and avoids_buggy(version))
