"""go-spew's dumps redacted line by line: their strings, addresses, selectors; secrets and byte dumps go.

Source: github.com/davecgh/go-spew v1.1.1 spew/dump.go, as `metallb.spew` reads it.
"""

from __future__ import annotations

import re
from typing import Final

from loganalyzer.metallb.goquote import QUOTED, unquote
from loganalyzer.redaction import keys
from loganalyzer.redaction.names import REDACTED, SECRET, WELL_KNOWN
from loganalyzer.redaction.prose import Prose, requoted
from loganalyzer.redaction.values import Values
from loganalyzer.redaction.words import fields

_TYPE: Final = r"[^()\n]*(?:\([^()\n]*\)[^()\n]*)*"
_SIZES: Final = r"(?:\((?:len=\d+)?(?: ?cap=\d+)?\) )?"
_LINE: Final = re.compile(r"(?P<indent> *)(?:(?P<field>[A-Za-z_]\w*): (?=\())?(?P<body>.*?)(?P<comma>,?)")
_STRING: Final = re.compile(rf"\(string\) {_SIZES}(?P<text>{QUOTED})(?P<rest>: \(.*|\)*)")
_POINTER: Final = re.compile(rf"(?P<head>\(\*{_TYPE}\))\((?:0x[0-9a-f]+(?:->0x[0-9a-f]+)*\)\({_SIZES})?(?P<text>.*)")
_VALUE: Final = re.compile(rf"(?P<head>\({_TYPE}\) )(?P<sizes>{_SIZES})(?P<text>.*)")
_SCALAR: Final = re.compile(r"true|false|<nil>|\{|-?\d{1,10}|(?:\d{1,6}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h))+|")
_BYTES: Final = re.compile(r"([0-9a-f]{8})  [0-9a-f ]{2,50}\|?.*")


class Rendered:
    """Redacts one dump after the other."""

    def __init__(self, values: Values, prose: Prose) -> None:
        self._values = values
        self._prose = prose

    def text(self, text: str) -> str:
        """A dump with its form kept; a line of another form is taken for prose."""
        above: list[tuple[int, str]] = []
        return "\n".join([self._line(line, above) for line in text.split("\n")])

    def _line(self, line: str, above: list[tuple[int, str]]) -> str:
        found = _LINE.fullmatch(line)
        if found is None:
            return self._prose.text(line)
        depth, field = len(found["indent"]), found["field"]
        while above and above[-1][0] >= depth:
            above.pop()
        if field is not None:
            above.append((depth, field))
        named = f"{self._word(field)}: " if field is not None else ""
        made = self._body(found["body"], field or (above[-1][1] if above else ""))
        return f"{found['indent']}{named}{made}{found['comma']}"

    def _body(self, body: str, field: str) -> str:
        """A line without its indentation, field and separator."""
        if body in ("", "}", "})", "})("):
            return body
        if found := _STRING.fullmatch(body):
            new = self._string(unquote(found["text"]), field)
            size = f"(len={len(new.encode('utf-8', 'replace'))}) " if new else ""
            rest = f": {self._body(found['rest'][2:], field)}" if found["rest"].startswith(":") else found["rest"]
            return f"(string) {size}{requoted(new)}{rest}"
        if found := _POINTER.fullmatch(body):
            return self._pointer(found["head"], found["text"], field)
        if found := _VALUE.fullmatch(body):
            head = self._type(found["head"][:-1])
            return f"{head} {found['sizes']}{self._scalar(found['text'], head, field)}"
        if found := _BYTES.fullmatch(body):
            return f"{found[1]}  00  |.|"
        return self._prose.text(body)

    def _pointer(self, head: str, text: str, field: str) -> str:
        head = self._type(head)
        if text in ("<nil>)", "{"):
            return f"{head}({'<nil>)' if text == '<nil>)' else '0x0)({'}"
        closed = text.endswith(")")
        return f"{head}(0x0)({self._scalar(text[:-1] if closed else text, head, field)}{')' if closed else ''}"

    def _string(self, text: str, field: str) -> str:
        kind = keys.KEYS.get(field, "name")
        if kind == keys.SECRET:
            return text if text in WELL_KNOWN or not text else SECRET
        if kind == keys.GONE:
            return REDACTED if text else ""
        if kind in ("range", "address"):
            return self._values.listed(kind, text)
        return self._values.path("name" if kind in (keys.PATH, keys.WORDS) else kind, text)

    def _scalar(self, text: str, head: str, field: str) -> str:
        """What a String method printed, or a bare literal."""
        kind = keys.KEYS.get(field, "")
        if kind == keys.ASN and text.isascii() and text.isdigit() and len(text) < 11:
            return str(self._values.names.asn(int(text)))
        if kind == keys.SECRET:
            return text if text == "<nil>" or text == "{" else SECRET
        if _SCALAR.fullmatch(text):
            return text
        if "labels." in head and "elector" in head:
            return self._values.selector(text)
        found = self._values.address(text, pool=kind == "range")
        return found if found is not None else self._prose.text(text)

    def _type(self, text: str) -> str:
        return self._prose.text(text)

    def _word(self, field: str) -> str:
        return field if field in keys.KEYS or field in fields() else self._prose.text(field)
