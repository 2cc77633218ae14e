"""One line redacted, by its family."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from loganalyzer.metallb.addresses import format_address, parse_address
from loganalyzer.parser import families
from loganalyzer.redaction.documents import Documents
from loganalyzer.redaction.names import REDACTED
from loganalyzer.redaction.prose import Prose
from loganalyzer.redaction.values import Values
from loganalyzer.sources.damage import repairs

LEFT_OUT: Final = f"[{REDACTED}: a line that was not understood]".encode()
"""Stands for a line that is no record, so that the lines behind it keep their numbers."""

_KLOG: Final = re.compile(r"([IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6}\s+\d{1,10} )([^\s\]]+)\] ?(.*)", re.DOTALL)
_BGP_OPEN: Final = re.compile(
    r"(struct \{ Version uint8; ASN16 uint16; HoldTime uint16; RouterID uint32; OptsLen uint8 \}"
    r"\{Version:0x[0-9a-f]{1,2}, ASN16:)0x([0-9a-f]{1,4})(, HoldTime:0x[0-9a-f]{1,4}, RouterID:)0x([0-9a-f]{1,8})"
    r"(, OptsLen:0x[0-9a-f]{1,2}\})"
)
_PLACE: Final = re.compile(r"[a-z_]{1,64}\.go:\d{1,5}")


class Lines:
    """Redacts lines that nothing is wrapped around any more."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._prose = Prose(values)
        self.documents = Documents(values, self._prose)
        self._number = 0
        self._crash_at = -9

    def freeze(self) -> None:
        """Ends learning."""
        self._values.freeze()
        self._prose.forget()
        self.documents.forget()
        self._crash_at = self._number = -9

    def text(self, text: str) -> str:
        """Free text redacted."""
        return self._prose.text(text)

    def line(self, data: bytes) -> bytes:
        """One line; what is no record becomes `LEFT_OUT`."""
        self._number += 1
        text = data.strip()
        if not text:
            return b""
        found = self._redacted(text)
        if found is None:
            self._values.unsure["line"] += 1
            return LEFT_OUT
        return found

    def _redacted(self, text: bytes) -> bytes | None:
        found = families.recognise(text, after_panic=self._number - self._crash_at <= 2)
        if found is None:
            for repaired in repairs(text):
                found = families.recognise(repaired, after_panic=False)
                if found is not None and found.family in families.METALLB:
                    return self._record(repaired)
            return None
        if found.family in families.METALLB:
            return self._record(text)
        if found.family in families.CRASH:
            self._crash_at = self._number
        return self._plain(text.decode("utf-8", "replace"), found.family).encode()

    def _record(self, text: bytes) -> bytes | None:
        try:
            fields: Mapping[str, Any] = orjson.loads(text)
            return orjson.dumps(self.documents.record(fields))
        except (orjson.JSONEncodeError, RecursionError):
            return None

    def _plain(self, text: str, family: str) -> str:
        """A line that is no JSON, in the form of its family."""
        if family == "klog" and (found := _KLOG.fullmatch(text)):
            place = (
                found[2] if _PLACE.fullmatch(found[2]) and self._prose.text(found[2]) == found[2] else "redacted.go:1"
            )
            return f"{found[1]}{place}] {self._prose.text(found[3])}"
        if family == "bgp-open":
            made = _BGP_OPEN.fullmatch(text)
            return self._bgp_open(made) if made else f"struct {{ Version uint8; ASN16 uint16; {REDACTED}"
        return self._prose.text(text)

    def _bgp_open(self, found: re.Match[str]) -> str:
        asn = self._values.names.asn(int(found[2], 16)) & 0xFFFF
        router = self._values.address(format_address(int(found[4], 16))) or "0.0.0.0"  # noqa: S104 - no address to bind to
        return f"{found[1]}{asn:#x}{found[3]}{parse_address(router):#x}{found[5]}"
