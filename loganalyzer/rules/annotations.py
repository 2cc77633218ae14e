"""MLB601 to MLB604: annotations that do not do what they seem to."""

from __future__ import annotations

from typing import Final

from loganalyzer.metallb.services import (
    ADDRESS_POOL,
    ALLOCATED_FROM_POOL,
    ALLOW_SHARED_IP,
    LOAD_BALANCER_IPS,
    NEW_PREFIX,
    OLD_PREFIX,
    Service,
)
from loganalyzer.metallb.versions import V0_12, Version, reads_new_prefix
from loganalyzer.rules.rule import Finding, ObjectRule, quoted

SERVICE_ANNOTATIONS: Final = (ADDRESS_POOL, ALLOW_SHARED_IP, LOAD_BALANCER_IPS)
"""What users set on a Service (metallb v0.14.8 controller/service.go, internal/allocator/k8salloc)."""

_PREFIXES: Final = (OLD_PREFIX, NEW_PREFIX)
_NAMES: Final = (*SERVICE_ANNOTATIONS, ALLOCATED_FROM_POOL)
_KNOWN: Final = tuple(p + n for p in _PREFIXES for n in _NAMES)


def _misspelt(service: Service, version: Version | None) -> tuple[str, ...]:
    found = []
    newer = version is not None and reads_new_prefix(version)
    read = [p + n for p in (_PREFIXES if newer else _PREFIXES[:1]) for n in _NAMES]
    for name in service.annotations:
        bare = _bare(name)
        if name in _KNOWN or ("metallb" not in name.lower() and not bare):
            continue
        meant = (NEW_PREFIX if newer else OLD_PREFIX) + bare if bare else _like(name, read)
        if meant or name.startswith(_PREFIXES):
            may_be = f'; "{meant}" may be meant' if meant else ""
            found.append(f'the annotation "{name}" is none of MetalLB\'s{may_be}')
    return tuple(found)


def _like(name: str, read: list[str]) -> str:
    """The one of these that a name is most like; empty: none."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, read, 1, 0.6)), "")


def _bare(name: str) -> str:
    """MetalLB's own name that a foreign prefix was put before; empty: none."""
    last = name.rpartition("/")[2]
    return last if name not in _KNOWN and last in SERVICE_ANNOTATIONS and last != ADDRESS_POOL else ""


def _as_label(service: Service, version: Version | None) -> tuple[str, ...]:  # noqa: ARG001
    return tuple(
        f'"{name}" was set as a label; MetalLB reads it only as an annotation'
        for name in service.labels
        if name in _KNOWN
    )


def _deprecated(service: Service, version: Version | None) -> tuple[str, ...]:
    if version is None or not reads_new_prefix(version):
        return ()
    return tuple(
        f'"{OLD_PREFIX}{name}" is deprecated; write "{NEW_PREFIX}{name}"'
        for name in SERVICE_ANNOTATIONS
        if OLD_PREFIX + name in service.annotations and NEW_PREFIX + name not in service.annotations
    )


def _not_understood(service: Service, version: Version | None) -> tuple[str, ...]:
    if version is None or reads_new_prefix(version):
        return ()
    newer = [n for n in SERVICE_ANNOTATIONS if NEW_PREFIX + n in service.annotations]
    too_new = [LOAD_BALANCER_IPS] if version < V0_12 and OLD_PREFIX + LOAD_BALANCER_IPS in service.annotations else []
    return (
        *(f'MetalLB {version} does not read "{NEW_PREFIX}{n}"; it reads "{OLD_PREFIX}{n}"' for n in newer),
        *(f'MetalLB {version} does not read "{OLD_PREFIX}{n}"; it reads spec.loadBalancerIP' for n in too_new),
    )


def _sentence(f: Finding) -> str:
    return f"{f.service}: {f.error.reason}"


def _edit(f: Finding) -> tuple[str, ...]:
    return (f"kubectl -n {quoted(f.namespace)} edit service {quoted(f.name)}",)


MLB601 = ObjectRule(
    code="MLB601",
    name="annotation-misspelt",
    holds_when="an annotation looks like one of MetalLB's and is not",
    summary=_sentence,
    remedy=_edit,
    finds=_misspelt,
)
MLB602 = ObjectRule(
    code="MLB602",
    name="annotation-as-label",
    holds_when="one of MetalLB's annotations was set as a label",
    summary=_sentence,
    remedy=_edit,
    finds=_as_label,
)
MLB603 = ObjectRule(
    code="MLB603",
    name="annotation-deprecated",
    holds_when="the metallb.universe.tf/ prefix on a version that deprecates it",
    summary=_sentence,
    remedy=_edit,
    finds=_deprecated,
)
MLB604 = ObjectRule(
    code="MLB604",
    name="annotation-not-understood",
    holds_when="the metallb.io/ prefix on a version that reads only the older one",
    summary=_sentence,
    remedy=_edit,
    finds=_not_understood,
)
