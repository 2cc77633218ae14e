"""Damage to a line that can be undone: what was put in is taken out, what broke is closed.

Whoever repairs a line tries to read it afterwards: a repair that does not make it readable proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from loganalyzer.sources.wrappings import RECORD, is_envelope

_COLOURS: Final = rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])|(?<=\^)\[\[[0-9;]*m"
_STAMP: Final = rb"(?<![\"\\])\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})(?:Z|[+-]\d\d:\d\d) "
PIECE: Final = 1 << 14
"""The runtime's buffer: lines are cut, and stamps put in, at its multiples."""

_LONGEST_REPAIR: Final = 16 << 20


def cleaned(line: bytes) -> bytes:
    """The line without colours, NUL bytes and a carriage return at its end."""
    if b"\x1b" in line:
        line = re.sub(_COLOURS, b"", line)
    if b"\0" in line:
        line = line.replace(b"\0", b"")
    return line.rstrip(b"\r")


def undamaged(text: bytes) -> bool:
    """Whether a line is a record to which nothing has to be done."""
    return text.startswith(RECORD) and text.endswith(b"}") and len(text) <= PIECE and not is_envelope(text)


def repairs(line: bytes) -> Iterator[bytes]:
    """Readings of a line that could not be read, the least invasive first, none longer than it and a few bytes."""
    if len(line) > _LONGEST_REPAIR:
        return
    text = cleaned(line)
    try:
        text.decode()
    except UnicodeDecodeError:
        text = text.decode("utf-8", "replace").encode()
    yield text
    if b"{" not in text:
        return
    unstamped = without_inner_stamps(text)
    if unstamped != text:
        yield unstamped
    for start in (*RECORD, b'{"'):
        at = unstamped.find(start)
        end = unstamped.rfind(b"}")
        if at >= 0:
            if end > at:
                yield unstamped[at : end + 1]
            yield from closed(unstamped[at:])
    yield from _requoted(unstamped)


def without_inner_stamps(text: bytes) -> bytes:
    """The line without the times that old kubelets put between the pieces of a long line.

    They stand bare in the middle of a dump, behind a multiple of the runtime's buffer and with a space after them,
    as no time of Kubernetes or MetalLB does.
    """
    if len(text) <= PIECE or not re.compile(_STAMP).search(text, PIECE // 4):
        return text
    return text[: PIECE // 4] + re.sub(_STAMP, b"", text[PIECE // 4 :])


def closed(text: bytes) -> Iterator[bytes]:
    """A record that was cut off: closed where its last value is a dump, else without its last, broken pair."""
    found = re.match(_CUT_OFF, text)
    if found is None:
        return
    if found["dump"] is not None:
        yield text[: len(text) - _loose_backslashes(text)] + b'"}'
    yield text[: found.start("pair")] + b"}"


_WITHIN: Final = rb"[^\"\\]*+(?:\\.[^\"\\]*+)*+"
_CUT_PAIR: Final = (
    rb",?(?:\"" + _WITHIN + rb"(?:\"(?::(?:(?P<dump>\"\{" + _WITHIN + rb"\\?)|\"" + _WITHIN + rb"\\?"
    rb"|[^\"{}\[\]]*+|\[[^\]]{0,256}+)?)?)?)?\Z"
)
_CUT_OFF: Final = (
    rb"(?s)(?:[^\",]++|\""
    + _WITHIN
    + rb"\"|,(?!"
    + _CUT_PAIR.replace(b"?P<dump>", b"?:")
    + rb"))*+(?P<pair>"
    + _CUT_PAIR
    + rb")"
)
"""Whole strings are passed over, so that each byte is looked at a few times only, however many quotes there are."""


def _loose_backslashes(text: bytes) -> int:
    r"""How many bytes of a broken escape stand at the end: `\`, or a cut `\u00`."""
    cut = re.search(rb"\\u[0-9a-fA-F]{0,3}\Z", text[-6:])
    if cut is not None:
        return len(cut[0])
    return (len(text) - len(text.rstrip(b"\\"))) % 2


def _requoted(text: bytes) -> Iterator[bytes]:
    """A record in another program's quotes: CSV doubles them, JSON and HTML escape them, word processors bend them."""
    at = text.find(b'{""')
    end = text.rfind(b"}")
    if 0 <= at < end:
        yield text[at : end + 1].replace(b'""', b'"')
    at = text.find(b'{\\"')
    if 0 <= at < end and text.find(b'{"') < 0:
        yield re.sub(rb"\\(.)", rb"\1", text[at : end + 1])
    for start in (b"{&quot;", b"{&#34;", b"{&#x22;"):
        at = text.find(start)
        if 0 <= at < end:
            import html

            yield html.unescape(text[at : end + 1].decode()).encode()
    if 0 <= text.find(b"{\xe2\x80") < end:
        yield re.sub(rb"\xe2\x80[\x9c-\x9f]", b'"', text[text.find(b"{\xe2\x80") : end + 1])
