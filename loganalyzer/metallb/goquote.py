"""Strings as Go's `%q` and strconv.Quote print them."""

from __future__ import annotations

import re
from typing import Final

QUOTED: Final = r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"'
"""A regular expression for one quoted string; it never spans lines, since Go escapes line ends."""

_SIMPLE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
# Compiled when a text has an escape: hardly one does.
_ESCAPE: Final = (
    r"(?P<bytes>(?:\\x[0-9a-fA-F]{2})+)|\\u(?P<short>[0-9a-fA-F]{4})|\\U(?P<long>[0-9a-fA-F]{8})|\\(?P<one>.)"
)
_REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def unquote(text: str) -> str:
    """Undo Go's quoting; bytes that are no UTF-8 stay escaped, so that the result can always be printed."""
    inner = text[1:-1]
    return re.sub(_ESCAPE, _character, inner) if "\\" in inner else inner


def _character(escape: re.Match[str]) -> str:
    """Return what one escape stands for."""
    if escape["bytes"]:
        return bytes.fromhex(escape["bytes"].replace("\\x", "")).decode("utf-8", "backslashreplace")
    if escape["one"]:
        return _SIMPLE.get(escape["one"], escape["one"])
    code = int(escape["short"] or escape["long"], 16)
    is_character = code < 0xD800 or 0xE000 <= code <= 0x10FFFF
    return chr(code) if is_character else _REPLACEMENT
