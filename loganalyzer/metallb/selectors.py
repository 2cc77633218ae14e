"""Label selectors, in the text form that Kubernetes gives them (`app=web,tier in (a,b),!legacy`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from pyparsing import ParserElement, ParseResults

Operator = Literal["=", "!=", "in", "notin", "exists", "!", ">", "<"]

_INTEGER: Final = re.compile(r"[+-]?[0-9]+")


class Requirement(NamedTuple):
    """One condition on the label `key`; `values` is empty for `exists` and `!`."""

    key: str
    operator: Operator
    values: tuple[str, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether it holds for these labels: an absent key satisfies `!=`, `notin` and `!`, nothing else.

        Source: k8s.io/apimachinery v0.28 pkg/labels/selector.go, Requirement.Matches.
        """
        value = labels.get(self.key)
        if value is None:
            return self.operator in ("!=", "notin", "!")
        match self.operator:
            case "=" | "in":
                return value in self.values
            case "!=" | "notin":
                return value not in self.values
            case "exists" | "!":
                return self.operator == "exists"
            case ">" | "<":
                return _compares(value, self.operator, self.values[0])


class Selector(Struct, frozen=True):
    """Requirements that must all hold; with none of them every set of labels matches."""

    requirements: tuple[Requirement, ...]
    text: str

    def __str__(self) -> str:
        return self.text

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether it selects an object with these labels."""
        return all(r.matches(labels) for r in self.requirements)


@lru_cache(maxsize=4096)
def parse_selector(text: str) -> Selector:
    """Read a selector; the empty text selects everything. Raises ValueError on a text that is none."""
    if not text.strip():
        return Selector((), text)
    from pyparsing import ParseBaseException

    try:
        found = _grammar().parse_string(text, parse_all=True)
    except ParseBaseException as error:
        raise ValueError(f"not a label selector: {text!r}") from error
    return Selector(tuple(found), text)


def _compares(value: str, operator: Literal[">", "<"], bound: str) -> bool:
    """Whether `value` is an integer and on the right side of `bound`."""
    if not _INTEGER.fullmatch(value) or len(value) > _LONGEST_INTEGER:
        return False
    return int(value) > int(bound) if operator == ">" else int(value) < int(bound)


# Label values have at most 63 characters; Python refuses to convert very long digit strings.
_LONGEST_INTEGER: Final = 63


@lru_cache(maxsize=1)
def _grammar() -> ParserElement:
    """Build the grammar of a selector; `==` is read as `=`."""
    from pyparsing import DelimitedList, Keyword, Literal, Opt, Regex, Suppress, one_of

    key = Regex(r"[A-Za-z0-9][-A-Za-z0-9_./]*")
    value = Regex(r"[-A-Za-z0-9_.]*")
    values = Suppress("(") + DelimitedList(value) + Suppress(")")
    membership = (Keyword("in") | Keyword("notin")) + values
    equality = one_of("== = !=") + value
    order = one_of("> <") + Regex(rf"[+-]?[0-9]{{1,{_LONGEST_INTEGER - 1}}}")
    absent = Literal("!") + key
    absent.set_parse_action(lambda found: Requirement(found[1], "!", ()))
    positive = key + Opt(membership | equality | order)
    positive.set_parse_action(_requirement)
    return DelimitedList(absent | positive)


def _requirement(found: ParseResults) -> Requirement:
    key, *rest = found
    if not rest:
        return Requirement(key, "exists", ())
    operator, *values = rest
    return Requirement(key, "=" if operator == "==" else operator, tuple(values))
