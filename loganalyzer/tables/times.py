"""Times of lines as whole nanoseconds since 1970, in UTC."""

from __future__ import annotations

import calendar
from functools import lru_cache
from typing import Final

from loganalyzer.model.state import Place
from loganalyzer.parser.stamps import rfc3339

NO_TIME: Final = -(1 << 63)
"""No time, or none that 64 bits of nanoseconds hold (1678 to 2261)."""


@lru_cache(maxsize=65536)
def nanoseconds(stamp: bytes) -> int:
    """The time of a stamp as the log wrote it; NO_TIME where it is none."""
    text = rfc3339(stamp) if stamp else None
    if text is None or not 1678 <= int(text[:4]) <= 2261:
        return NO_TIME
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    clock = int(text[11:13]), int(text[14:16]), int(text[17:19])
    fraction = text[20:-1].ljust(9, "0")
    return calendar.timegm((year, month, day, *clock)) * 1_000_000_000 + int(fraction or 0)


def seconds_between(since: Place, until: Place) -> float:
    """How long it was from one line to a later one; NaN where one has no time.

    A clock that was set back makes it 0, never less: the order of the lines is what happened.
    """
    begin, end = nanoseconds(since.stamp), nanoseconds(until.stamp)
    if NO_TIME in (begin, end):
        return float("nan")
    return max(0, end - begin) / 1e9
