"""Logs followed inside the test's own process, cut and paused wherever the test wants."""

import io
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.correlator.live import Live, Told
from loganalyzer.pipeline import Reading, diagnose
from loganalyzer.report import document
from loganalyzer.report.live import LiveLines
from loganalyzer.sources import tailing
from loganalyzer.sources.tailing import Following

Line = dict[str, Any]


class Pieces:
    """A stream that gives these pieces one by one."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = iter(pieces)

    def read1(self, _size: int = -1, /) -> bytes:
        """The next piece, however long it is."""
        return next(self._pieces, b"")


def cut(data: bytes, seed: int, most: int) -> list[bytes]:
    """The data in pieces of random lengths, up to `most` bytes; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    pieces, at = [], 0
    while at < len(data):
        length = chance.randint(1, most)
        pieces.append(data[at : at + length])
        at += length
    return pieces


def by_lines(data: bytes) -> list[bytes]:
    """The data line by line."""
    return data.splitlines(keepends=True)


class Rehearsal:
    """A run of following over pieces, with a pause behind each; `told` is what was told at each pause."""

    def __init__(self, inputs: Sequence[tuple[str, Sequence[bytes]]], patch: pytest.MonkeyPatch) -> None:
        patch.setattr(tailing, "TURN", 0)
        self.told: list[Told] = []
        self.lines: list[Line] = []
        self.live = Live(self._tell)
        self._teller = LiveLines(self.live.with_fixes)
        reading = Reading(following=Following(self._paused))
        given = [(name, Pieces(pieces)) for name, pieces in inputs]
        self.diagnosis: Diagnosis = diagnose(given, reading=reading, live=self.live)
        self._take(self._teller.rest(self.diagnosis))

    def _paused(self, came: int) -> float:
        self.live.paused(came)
        # As if nothing had come for long enough to tell what has changed.
        self.live.paused(0)
        self._take(self._teller.owed())
        return 0.0

    def _tell(self, told: Told) -> None:
        self.told.append(told)
        self._take(self._teller.told(told))

    def _take(self, pieces: Iterator[bytes]) -> None:
        self.lines += map(json.loads, pieces)


def identity(line: Line) -> tuple[object, ...]:
    """What a later line of the same thing has too."""
    first = line["first"]
    names = (line.get(n) for n in ("service", "node", "protocol", "peer"))
    return (line["type"], *names, first["input"], first["line"])


def last_of_each(lines: Sequence[Line]) -> dict[tuple[object, ...], Line]:
    """Of each thing the line that was told last."""
    return {identity(line): line for line in lines}


def whole(inputs: Sequence[tuple[str, bytes]]) -> list[Line]:
    """The JSON lines of these inputs read at once."""
    given = [(name, io.BytesIO(data)) for name, data in inputs]
    return [json.loads(line) for line in document.lines(diagnose(given, reading=Reading()))]


def name_of(path: Path) -> str:
    """A test's id for a log."""
    return f"{path.parent.name}/{path.stem}"
