"""Times as wrappings and MetalLB write them, as texts that compare in the order of the times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import repeat
from typing import Any, Final

_WRITTEN: Final = rb"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(?:Z|([+-]\d\d):?(\d\d))?\Z"
_EPOCH: Final = rb"(\d{1,11})(?:\.(\d+))?\Z"
# Kibana's tables: Mar 19, 2026 @ 10:37:50.000
_KIBANA: Final = rb"([A-Z][a-z]{2}) (\d\d?), (\d{4}) @ (\d\d:\d\d:\d\d(?:\.\d{1,9})?)\Z"
_MONTHS: Final = b"JanFebMarAprMayJunJulAugSepOctNovDec"
_OWN: Final = rb"[\\\"]ts[\\\"]+: ?[\\\"]*(\d{4}-\d\d-\d\dT[0-9:.]+Z|\d{10}\.\d+)"


def iso(stamp: bytes) -> bytes:
    """A time that Kibana wrote for people as RFC 3339 has it, without a zone; any other as it is."""
    found = re.match(_KIBANA, stamp)
    month = _MONTHS.find(found[1]) if found is not None else -1
    if found is None or month % 3:
        return stamp
    return b"%s-%02d-%02dT%s" % (found[3], month // 3 + 1, int(found[2]), found[4])


@lru_cache(maxsize=4096)
def comparable(stamp: bytes) -> bytes:
    """A time in UTC with nine decimals, so that texts compare as times do; empty where it is none.

    A time without a zone is taken for UTC: what is compared was written by one tool.
    """
    found = re.match(_WRITTEN, iso(stamp))
    if found is not None and found[4] in (None, b"+00"):
        return b"%sT%s.%s" % (found[1], found[2], (found[3] or b"").ljust(9, b"0"))
    try:
        if found is not None:
            behind = timedelta(hours=int(found[4]), minutes=int(found[4][:1] + found[5]))
            moment = datetime.fromisoformat(f"{found[1].decode()}T{found[2].decode()}") - behind
            fraction = found[3] or b""
        elif (epoch := re.match(_EPOCH, stamp)) is not None:
            moment = datetime.fromtimestamp(int(epoch[1]), UTC)
            fraction = epoch[2] or b""
        else:
            return b""
    except (ValueError, OverflowError, OSError):
        return b""
    return f"{moment.isoformat()[:19]}.".encode() + fraction[:9].ljust(9, b"0")


def compared(stamps: Sequence[bytes]) -> Sequence[bytes]:
    """Texts that compare with each other as these times do: themselves, where all are written alike in UTC.

    What is no time is taken to be of the moment of the one before it.
    """
    if len(set(map(len, stamps))) <= 1 and False not in map(bytes.endswith, stamps, repeat(b"Z")):
        return stamps
    found, last = [], b""
    for stamp in stamps:
        last = comparable(stamp) or last
        found.append(last)
    return found


def own_time(line: bytes) -> bytes:
    """The time that MetalLB wrote into a line, which may be escaped; empty where there is none."""
    found = re.search(_OWN, line)
    return found[1] if found is not None else b""


def may_be_newest_first(begun: bytes) -> bool:
    """Whether the first of these lines, of MetalLB with nothing before them, has a later time than the last."""
    lines = begun.rpartition(b"\n")[0]
    first, last = own_time(lines.partition(b"\n")[0]), own_time(lines.rpartition(b"\n")[2])
    if b"" in (first, last):
        return False
    begins, ends = compared((first, last))
    return begins > ends


LONGEST_TIME: Final = 64
_UNITS: Final = ((19, 9), (16, 6), (13, 3))
"""Digits of a time since 1970 in nano-, micro- and milliseconds, and the decimals that these are."""


def moment_of(value: object) -> bytes:
    """A time as RFC 3339 or as seconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return b""
    text = str(value)
    if text.isdigit():
        for digits, decimals in _UNITS:
            if len(text) >= digits:
                return f"{text[:-decimals]}.{text[-decimals:]}".encode()
    return iso(text[:LONGEST_TIME].encode("utf-8", "replace"))


def decimals_of(digits: int) -> int:
    """How many of so many digits are a fraction of a second; 0: none, or there are too few to tell."""
    return next((decimals for least, decimals in _UNITS if digits >= least), 0)


def moments_of(values: list[Any]) -> list[bytes]:
    """As `moment_of` each, of texts or numbers that are alike at once."""
    types = set(map(type, values))
    if types == {float}:
        return "\n".join(map(str, values)).encode().split(b"\n")
    sizes = set(map(len, values)) if types == {str} else set()
    size = sizes.pop() if len(sizes) == 1 else 0
    decimals = decimals_of(size)
    if decimals and (digits := "".join(values)).isascii() and digits.isdigit():
        return "\n".join([f"{v[:-decimals]}.{v[-decimals:]}" for v in values]).encode().split(b"\n")
    return list(map(moment_of, values))
