"""Moments and spans as people read them, in UTC."""

from __future__ import annotations

from datetime import datetime

from loganalyzer.model.state import Place
from loganalyzer.parser.stamps import rfc3339


def moment(stamp: bytes) -> datetime | None:
    """The moment of a line, None where it has no time that can be read."""
    text = rfc3339(stamp) if stamp else None
    if text is None:
        return None
    return datetime.fromisoformat(text[:19] + "+00:00")


def clock(at: Place, day: datetime | None) -> str:
    """`08:05:33`, with the date where it is not that of `day`; `line 63` where the line has no time."""
    found = moment(at.stamp)
    if found is None:
        return f"line {at.line}"
    if day is not None and found.date() == day.date():
        return found.strftime("%H:%M:%S")
    return f"{found.day} {found:%b %H:%M:%S}"


def span(first: datetime | None, last: datetime | None) -> str:
    """`4 May 08:00:11 – 08:21:40 UTC`; empty where nothing is known."""
    if first is None or last is None:
        return ""
    begin = (
        f"{first.day} {first:%b} {first:%Y %H:%M:%S}" if first.year != last.year else f"{first.day} {first:%b %H:%M:%S}"
    )
    if first.date() == last.date():
        return f"{begin} – {last:%H:%M:%S} UTC"
    return f"{begin} – {last.day} {last:%b %Y %H:%M:%S} UTC"


def length(seconds: float) -> str:
    """`45 s`, `14 min 20 s`, `3 h 5 min`, `2 d 4 h`."""
    whole = int(seconds)
    units = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    for i, (size, unit) in enumerate(units):
        if whole >= size or size == 1:
            count, rest = divmod(whole, size)
            tail = f" {rest // units[i + 1][0]} {units[i + 1][1]}" if size > 1 and rest >= units[i + 1][0] else ""
            return f"{count} {unit}{tail}"
    return "0 s"
