"""Changes as lines to paste into a POSIX shell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from loganalyzer.rules.rule import quoted
from loganalyzer.whatif.changes import Change

_ANNOTATIONS: Final = "/metadata/annotations"
TOUCHED: Final = "loganalyzer/touched"
_RESOURCES: Final = {"Service": "service", "IPAddressPool": "ipaddresspool", "Namespace": "namespace"}


def nudge(service: str) -> str:
    """A command that makes MetalLB look at a service again: an annotation that is new each time."""
    namespace, _, name = service.partition("/")
    return f'kubectl -n {quoted(namespace)} annotate service {quoted(name)} --overwrite {TOUCHED}="$(date +%s)"'


def command(change: Change) -> str:
    """The change as one line."""
    namespace, slash, name = change.name.rpartition("/")
    resource = _RESOURCES.get(change.kind, change.kind.lower())
    head = f"kubectl{f' -n {quoted(namespace)}' if slash else ''}"
    if change.deletes:
        return f"{head} delete {resource} {quoted(name)}"
    annotation = _one_annotation(change.patch or ())
    if annotation is not None and annotation.isprintable():
        return f"{head} annotate {resource} {quoted(name)} --overwrite {quoted(annotation)}"
    patch = orjson.dumps([dict(op) for op in change.patch or ()]).decode()
    if not patch.isprintable():
        # What a terminal must not see is escaped as JSON has it, so that the line still says the same.
        patch = json.dumps([dict(op) for op in change.patch or ()], separators=(",", ":"))
    return f"{head} patch {resource} {quoted(name)} --type=json -p {quoted(patch)}"


def _one_annotation(patch: Sequence[Mapping[str, Any]]) -> str | None:
    """What `kubectl annotate` takes, where the patch does nothing else than set or drop one annotation."""
    if len(patch) != 1:
        return None
    op, path = patch[0].get("op"), str(patch[0].get("path"))
    if path == _ANNOTATIONS and op == "add" and len(patch[0]["value"]) == 1:
        return "=".join(next(iter(patch[0]["value"].items())))
    if not path.startswith(f"{_ANNOTATIONS}/"):
        return None
    key = path[len(_ANNOTATIONS) + 1 :].replace("~1", "/").replace("~0", "~")
    return f"{key}-" if op == "remove" else f"{key}={patch[0].get('value')}"


def escaped(token: str) -> str:
    """One token of a JSON pointer (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")
