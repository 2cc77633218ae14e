"""The grammar of go-spew's dumps, by which MetalLB prints its configuration.

Source: github.com/davecgh/go-spew v1.1.1 spew/dump.go and spew/common.go. Pointer values may be left out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from loganalyzer.metallb.goquote import QUOTED, unquote

if TYPE_CHECKING:
    from pyparsing import ParserElement, ParseResults

_TYPE: Final = r"[^()\n]*+(?:\([^()\n]*+\)[^()\n]*+)*+"
_SIZES: Final = r"(?:\((?:len=(?P<size>\d{1,18}))?(?: ?cap=\d+)?\) )?"
_HEAD: Final = re.compile(rf"\((?P<type>[^*()\n]{_TYPE})\) {_SIZES}")
_POINTER_HEAD: Final = re.compile(rf"\((?P<type>\*{_TYPE})\)(?:\(0x[0-9a-f]+(?:->0x[0-9a-f]+)*+\))?\({_SIZES}(?!0x)")
_HEXDUMP: Final = r"\{\n(?: *+[0-9a-f]{8}  [^\n]*+\n)++ *+\}"
_LINE_END: Final = r",?(?:\n|\Z)"
_ITEM_END: Final = rf"(?:{_LINE_END}|: \()"


class Entry(NamedTuple):
    """One element of a block: a struct's field, a map's entry, or an item of a slice, whose key is None."""

    key: str | Node | None
    value: Node


class Node(Struct, frozen=True):
    """A value: the text of a scalar (strings unquoted), None for nil, or the entries of a block."""

    type: str
    payload: str | tuple[Entry, ...] | None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """What a struct, map or slice holds; a nil one holds nothing. Raises ValueError on a scalar."""
        if isinstance(self.payload, str):
            raise ValueError(f"{self.type} is no block")
        return self.payload or ()

    @property
    def text(self) -> str:
        """The text of a scalar. Raises ValueError on anything else."""
        if not isinstance(self.payload, str):
            raise ValueError(f"{self.type} is no scalar")
        return self.payload

    def fields(self) -> dict[str, Node]:
        """Return a struct's fields by name. Raises ValueError where an entry is no field."""
        found = {entry.key: entry.value for entry in self.entries if isinstance(entry.key, str)}
        if len(found) != len(self.entries):
            raise ValueError(f"{self.type} is no struct")
        return found


def parse_value(text: str) -> Node:
    """Read one dumped value. Raises ValueError on any other text, a cut one, and one nested too deeply."""
    from pyparsing import ParseBaseException

    try:
        node: Node = _grammar().parse_string(text, parse_all=True)[0]
    except ParseBaseException as error:
        raise ValueError(f"not a dump: {error}") from error
    except RecursionError as error:
        raise ValueError("a dump nested too deeply") from error
    return node


@lru_cache(maxsize=1)
def _grammar() -> ParserElement:
    """Build the grammar. It reads no block twice, so its time grows with the text's length alone."""
    from pyparsing import DelimitedList, Forward, Opt, Suppress

    block = Forward()
    line_value = _value(block, _LINE_END)
    field = _exact(r" *+[^\W\d]\w*+: (?=\()") + line_value
    field.add_parse_action(lambda found: Entry(found[0].strip(" :"), found[1]))
    keyed = Opt(Suppress(_exact(": ")) + line_value)
    item = Suppress(_exact(r" *+(?=\()")) + _value(block, _ITEM_END) + keyed
    item.add_parse_action(lambda found: Entry(found[0] if len(found) > 1 else None, found[-1]))
    elements = DelimitedList(field | item, delim=_exact(r",\n")) + Suppress(_exact(r"\n"))
    block <<= Suppress(_exact(r"\{\n")) - Opt(elements) - Suppress(_exact(r" *+\}"))
    block.add_parse_action(lambda found: [tuple(found)])
    return line_value.parse_with_tabs()


def _value(block: ParserElement, end: str) -> ParserElement:
    """Build a typed value that stands before `end`, behind a pointer or not."""
    from pyparsing import Suppress

    plain = _exact(_HEAD) + (block | _scalar(end))
    pointer = _exact(_POINTER_HEAD) + (block | _scalar(rf"\){end}")) + Suppress(_exact(r"\)"))
    return plain.add_parse_action(_node) | pointer.add_parse_action(_node)


def _scalar(end: str) -> ParserElement:
    """Build a string, nil, or whatever the String method of a type printed, all of it on one line."""
    quoted = _exact(rf"{QUOTED}(?={end})").add_parse_action(lambda found: unquote(found[0]))
    nil = _exact(rf"<nil>(?={end})").add_parse_action(lambda: [None])
    return quoted | nil | _exact(_HEXDUMP) | _exact(rf"[^\n]*?(?={end})")


def _exact(pattern: str | re.Pattern[str]) -> ParserElement:
    """Build a token before which no space is skipped: dumps have meaningful ones."""
    from pyparsing import Regex

    return Regex(pattern).leave_whitespace()


def _node(found: ParseResults) -> Node:
    """Make a node; a block must have as many entries as its length says."""
    payload, size = found[1], "size" in found and found["size"]
    if size and isinstance(payload, tuple) and len(payload) != int(size):
        raise ValueError(f"{found['type']} has {len(payload)} entries of {size}")
    return Node(found["type"], payload)
