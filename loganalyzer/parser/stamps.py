"""Times as logs write them, made into one form: RFC 3339 in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

_FLOAT: Final = re.compile(rb"\d{1,11}(\.\d+)?([eE]\+?\d{1,2})?\Z")
_RFC3339: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?\Z")


@lru_cache(maxsize=4096)
def rfc3339(stamp: bytes) -> str | None:
    """A time in UTC with the fraction that the log had; None where it is no time.

    Takes RFC 3339 (with `Z`, an offset, or none: UTC) and seconds since 1970 (zap up to MetalLB 0.13.7).
    """
    if _FLOAT.match(stamp):
        return _from_epoch(stamp)
    found = _RFC3339.match(stamp.decode("ascii", "replace"))
    if found is None:
        return None
    fraction = found[7] or ""
    zone = (found[8] or "Z").replace("Z", "+00:00")
    try:
        moment = datetime.fromisoformat(f"{found[1]}-{found[2]}-{found[3]}T{found[4]}:{found[5]}:{found[6]}{zone}")
        return moment.astimezone(UTC).isoformat()[:19] + fraction + "Z"
    except (ValueError, OverflowError):
        return None


def moment(stamp: bytes) -> str:
    """A time that compares with others as text, whatever their fractions; empty where it is none."""
    text = rfc3339(stamp) if stamp else None
    return text[:-1] if text else ""


def _from_epoch(stamp: bytes) -> str | None:
    try:
        moment = datetime.fromtimestamp(float(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds_between(earlier: bytes, later: bytes) -> int:
    """Whole seconds from one time to another; 0 where either is none."""
    if not earlier or earlier[:19] == later[:19]:
        return 0
    one, other = rfc3339(earlier), rfc3339(later)
    if one is None or other is None:
        return 0
    return int((datetime.fromisoformat(other[:19]) - datetime.fromisoformat(one[:19])).total_seconds())
