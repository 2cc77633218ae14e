"""The line on a terminal that tells that somebody is watching: how many wait, lines read, the last line's time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TextIO

EVERY: Final = 0.25
"""Seconds between two showings: numbers that change faster nobody reads."""


def status_line(names: list[str], waiting: int, lines: int, last: str, columns: int) -> str:
    """`controller.log: 3 services without an address · 12,345 lines · last 2024-05-04 08:05:33 UTC`, cut to fit."""
    from loganalyzer.report.terminal import clean, cut

    who = names[0] if len(names) == 1 else f"{len(names)} inputs"
    services = f"{waiting:,} service{'' if waiting == 1 else 's'} without an address"
    parts = [f"{'standard input' if who == '-' else who}: {services}", f"{lines:,} lines"]
    if last:
        parts.append(f"last {last[:19].replace('T', ' ')} UTC")
    return cut(clean(" · ".join(parts)), max(1, columns - 1))


class StatusLine:
    """Shows a text in the last line of a terminal, and takes it away before anything else is written."""

    def __init__(self, stream: TextIO, text: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._text = text
        self._clock = clock
        self._shown = ""
        self._at = -EVERY

    def show(self) -> None:
        """The text as it is now, if it was not shown just before."""
        now = self._clock()
        if now - self._at < EVERY:
            return
        text = self._text()
        if text != self._shown:
            self._shown, self._at = text, now
            self._stream.write(f"\r\x1b[K{text}")
            self._stream.flush()

    def clear(self) -> None:
        """Takes it away; the next `show` writes it anew."""
        if self._shown:
            self._shown, self._at = "", -EVERY
            self._stream.write("\r\x1b[K")
            self._stream.flush()
