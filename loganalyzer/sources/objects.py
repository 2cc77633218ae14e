"""Kubernetes objects among the lines: JSON and YAML documents, cut out, decoded, and each placed on its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from msgspec import Struct

if TYPE_CHECKING:
    import yaml

DEEPEST: Final = 100
"""Deeper than Kubernetes' objects ever nest."""
_ITEM_JSON: Final = rb"^( +)\{\s*$"
_ITEM_YAML: Final = rb"^\s*- "

YAML_BEGINS: Final = rb"(?:---\s*\Z|apiVersion: ?\S|kind: ?[A-Z]\w*\s*\Z|items:\s*\Z)"
YAML_GOES_ON: Final = rb"(?:\s|- |-\Z|#|\Z|\.\.\.\s*\Z|---(?:\s|\Z)|[A-Za-z_][\w./-]*:(?:\s|\Z)|\})"


class Found(Struct, frozen=True):
    """One object as decoded, and the line on which it begins."""

    document: dict[str, Any]
    line: int


def is_object(document: object) -> TypeGuard[dict[str, Any]]:
    """Whether a decoded document is a Kubernetes object or a list of them."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("kind"), str)
        and isinstance(document.get("apiVersion"), str)
    )


def is_rest_of_list(document: object) -> bool:
    """Whether a document is what stands before or behind the items of a list that were read by themselves."""
    return (
        isinstance(document, dict)
        and document.keys() <= {"apiVersion", "items", "kind", "metadata"}
        and document.get("items") is None
        and ("items" in document or str(document.get("kind")).endswith("List"))
    )


def objects_of(document: dict[str, Any], lines: list[bytes], first: int) -> Iterator[Found]:
    """The objects of a document whose text is `lines`, the first of which is line `first`; lists are taken apart."""
    items = document.get("items")
    if not str(document.get("kind")).endswith("List") or not isinstance(items, list):
        yield Found(document, first)
        return
    kind = str(document["kind"]).removesuffix("List")
    for item, line in zip(items, _lines_of_items(lines, first, len(items)), strict=True):
        if isinstance(item, dict):
            if kind and "kind" not in item:
                # The items of a typed list leave out what the list says (k8s.io/apimachinery, meta/v1 ListMeta).
                item = {"kind": kind, "apiVersion": document.get("apiVersion"), **item}
            yield Found(item, line)


def _lines_of_items(lines: list[bytes], first: int, count: int) -> list[int]:
    """The line on which each item of a list begins: items are indented alike, and nothing else begins so."""
    for at, line in enumerate(lines):
        if line.strip() in (b'"items": [', b"items:"):
            pattern = _ITEM_JSON if b'"' in line else _ITEM_YAML
            head = next((m[0].rstrip() for text in lines[at + 1 :] if (m := re.match(pattern, text))), None)
            if head is None:
                break
            head = head.rstrip(b" ")
            found = [
                first + at + 1 + i
                for i, text in enumerate(lines[at + 1 :])
                if (text.rstrip() == head if pattern is _ITEM_JSON else text.startswith(head + b" "))
            ]
            if len(found) == count:
                return found
    return [first] * count


def yaml_documents(text: bytes) -> list[Any] | None:
    """The documents of a YAML text; None where it is no YAML, or nested deeper than Kubernetes' objects ever are."""
    import yaml

    if nesting(text) > DEEPEST:
        return None
    try:
        found = list(yaml.load_all(text, Loader=_loader()))
        return None if explodes(found, len(text)) else found
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
        return None


def explodes(document: object, size: int) -> bool:
    """Whether a document, its aliases written out, is far larger than its text of so many bytes could be without any.

    Raises RecursionError where aliases nest too deeply.
    """
    known: dict[int, int] = {}

    def count(value: object) -> int:
        if isinstance(value, str):
            return 1 + len(value)
        if not isinstance(value, dict | list):
            return 1
        found = known.get(id(value))
        if found is None:
            # Of what holds itself each turn counts nothing.
            known[id(value)] = 0
            inner = [*value, *value.values()] if isinstance(value, dict) else value
            found = known[id(value)] = 1 + sum(map(count, inner))
        return found

    return count(document) > _EXPANDED * max(size, _FREE)


_EXPANDED: Final = 4
_FREE: Final = 1 << 16
"""So much larger than its text, which has so many bytes at least, a document may be: each may have a few aliases."""


def _loader() -> type[yaml.SafeLoader]:
    """PyYAML's safe loader on libyaml where it is built in; times stay text, as in JSON."""
    global _LOADER
    if _LOADER is None:
        import yaml

        base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        resolvers = {
            first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
            for first, known in base.yaml_implicit_resolvers.items()
        }
        _LOADER = type("ObjectLoader", (base,), {"yaml_implicit_resolvers": resolvers})
    return _LOADER  # type: ignore[no-any-return]  # made above of a base that is only known at run time


_LOADER: Any = None


def nesting(text: bytes) -> int:
    """A bound on how deep a YAML text nests, without parsing it: the loader's recursion has no bound of its own."""
    deepest = now = 0
    for found in re.finditer(_BRACKETS, text):
        now = max(0, now + (1 if found[0] in (b"[", b"{") else -1))
        deepest = max(deepest, now)
    block = max((len(m[0]) for m in re.finditer(_INDENT, text)), default=0)
    return max(deepest, block // 2)


_BRACKETS: Final = rb"[\[\]{}]"
_INDENT: Final = rb"(?m)^[ ]*(?:[-?:&!][^\s:]* +)*"
