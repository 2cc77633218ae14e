"""Progress on standard error: bytes, rate, and time left where the size is known."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TextIO

_EVERY: Final = 0.25
_QUIET: Final = 1.0
"""Seconds before the first line: short work shows none."""

Shown = Callable[[int, int | None], None]


def progress_line(done: int, total: int | None, seconds: float) -> str:
    """`312 MB of 2.0 GB, 45 MB/s, 38 s left`; `total` None: bytes and rate alone."""
    rate = done / seconds if seconds > 0 else 0.0
    parts = [f"{_bytes(done)} of {_bytes(total)}" if total else _bytes(done), f"{_bytes(rate)}/s"]
    if total and rate > 0 and done < total:
        parts.append(f"{_span((total - done) / rate)} left")
    return ", ".join(parts)


def progress_on(stream: TextIO, clock: Callable[[], float] = time.monotonic) -> tuple[Shown, Callable[[], None]] | None:
    """What shows progress there and what takes it away again; None where the stream is no terminal."""
    if not stream.isatty():
        return None
    began = clock()
    shown_at = began + _QUIET - _EVERY
    visible = False

    def show(done: int, total: int | None) -> None:
        nonlocal shown_at, visible
        now = clock()
        if now - shown_at >= _EVERY:
            shown_at, visible = now, True
            stream.write(f"\r\x1b[K{progress_line(done, total, now - began)}")
            stream.flush()

    def clear() -> None:
        if visible:
            stream.write("\r\x1b[K")
            stream.flush()

    return show, clear


def _bytes(number: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit in ("B", "kB", "MB") else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
