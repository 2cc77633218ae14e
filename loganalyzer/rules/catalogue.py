"""Every rule, found from its code or its name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TypeVar

import loganalyzer.rules as package
from loganalyzer.errors import UsageError
from loganalyzer.rules.rule import Rule

R = TypeVar("R", bound=Rule)


@cache
def catalogue() -> MappingProxyType[str, Rule]:
    """All rules by code, in the order of codes."""
    found: dict[str, Rule] = {}
    for module in iter_modules(package.__path__):
        for value in vars(import_module(f"{package.__name__}.{module.name}")).values():
            if isinstance(value, Rule):
                found[value.code] = value
    return MappingProxyType(dict(sorted(found.items())))


def rule(code_or_name: str) -> Rule:
    """The rule of a code or name, in any case. Raises UsageError where there is none."""
    wanted = code_or_name.strip()
    for entry in catalogue().values():
        if entry.code == wanted.upper() or entry.name == wanted.lower():
            return entry
    raise UsageError(f"there is no rule {code_or_name!r}; `loganalyzer rules` lists them")


@cache
def of_kind(kind: type[R]) -> tuple[R, ...]:
    """The rules of one kind, in the order of codes."""
    return tuple(r for r in catalogue().values() if isinstance(r, kind))


def page(entry: Rule) -> str:
    """The rule's page, as Markdown. In a wheel pages lie beside the rules, in a checkout under docs/rules."""
    from importlib import resources
    from pathlib import Path

    name = f"{entry.code}.md"
    packed = resources.files(package) / "pages" / name
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "docs" / "rules" / name).read_text(encoding="utf-8")
