"""The families of lines: one table, each with how it is recognised."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from msgspec import Struct

CRASH: Final = frozenset({"panic", "trace"})


class Recognised(Struct, frozen=True):
    """A line's family, its time as written (empty: none that can be used) and its fields."""

    family: str
    stamp: bytes
    fields: Mapping[str, Any]


def recognise(text: bytes, *, after_panic: bool) -> Recognised | None:
    """The family of a line that has text; None where it is no record.

    `after_panic`: the line before it was part of a panic, so that a stack frame is one too.
    """
    for family in TABLE:
        found = family(text)
        if found is not None:
            return found
    if after_panic and re.match(_FRAME, text):
        return Recognised("trace", b"", {"text": _text(text)})
    return None


def _json(text: bytes) -> Recognised | None:
    """go-kit (has `caller`), memberlist through go-kit (has `component`), and zap (has `level` and `msg`)."""
    if not text.startswith(b"{"):
        return None
    try:
        fields = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(fields, dict):
        return None
    stamp = _stamp(fields.pop("ts", None))
    if "caller" in fields:
        component = fields.get("component")
        family = "memberlist" if component and str(component).lower() == "memberlist" else "gokit"
        return Recognised(family, stamp, fields)
    if "level" in fields and "msg" in fields:
        trace = re.search(_RUNTIME, str(fields.pop("stacktrace", "")))
        if trace is not None:
            fields["runtime"] = trace[1]
        return Recognised("zap", stamp, fields)
    return None


_RUNTIME: Final = r"sigs\.k8s\.io/controller-runtime@v(\d+\.\d+\.\d+)/"
_KLOG: Final = rb"(?s)([IWEF])\d{4} \d\d:\d\d:\d\d\.\d{6}\s+\d+ ([^\s\]]+)\] ?(.*)"
_PANIC: Final = rb"panic: |fatal error: |runtime: goroutine stack exceeds|SIG[A-Z]+: |\[signal SIG"
_FRAME: Final = (
    rb"goroutine \d+ |\s*/\S+:\d+|(?>[\w./*()\[\]{}<>\xc2\xb7@%-]+?\().*\)\Z|created by |\t|exit status \d+|"
    rb"[\w./*()\[\]{}<>\xc2\xb7@%-]+\.go:\d+|\.\.\.additional frames|"
    rb"rax|rbx|rcx|rdx|rdi|rsi|rbp|rsp|r\d+ |rip|rflags|cs |fs |gs "
)
_STDLIB: Final = rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?:http: |\S+\.go:\d+: |)"


def _klog(text: bytes) -> Recognised | None:
    found = re.match(_KLOG, text) if text[:1] in b"IWEF" else None
    if found is None:
        return None
    letter, caller, message = found.groups()
    # klog writes no year and the pod's local time: of no use as a position's time.
    return Recognised("klog", b"", {"severity": _text(letter), "at": _text(caller), "msg": _text(message)})


def _panic(text: bytes) -> Recognised | None:
    return Recognised("panic", b"", {"text": _text(text)}) if re.match(_PANIC, text) else None


def _bgp_open(text: bytes) -> Recognised | None:
    is_one = text.startswith(b"struct { Version uint8; ASN16 uint16;")
    return Recognised("bgp-open", b"", {"text": _text(text)}) if is_one else None


def _startup(text: bytes) -> Recognised | None:
    is_one = text.startswith(b"failed to initialize logging: ")
    return Recognised("startup", b"", {"text": _text(text)}) if is_one else None


def _stdlib(text: bytes) -> Recognised | None:
    found = re.match(_STDLIB, text) if text[:1].isdigit() else None
    return Recognised("stdlib", b"", {"text": _text(text)}) if found else None


TABLE: Final[tuple[Callable[[bytes], Recognised | None], ...]] = (
    _json,
    _klog,
    _panic,
    _bgp_open,
    _startup,
    _stdlib,
)
"""Tried in this order; a new family is one entry."""

METALLB: Final = frozenset({"gokit", "memberlist", "zap"})
"""The families that say that an input is MetalLB's: the others any Go program may write."""


def _text(data: bytes) -> str:
    return data[:4096].decode("utf-8", "replace")


def _stamp(value: object) -> bytes:
    if isinstance(value, str):
        return value[:64].encode("utf-8", "replace")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value).encode()
    return b""
