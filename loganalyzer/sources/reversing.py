"""Logs with the newest line first, as log stores give them out unless asked not to, read from their end."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO

from loganalyzer.sources.groups import Group
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import CHUNK, feeds_in
from loganalyzer.sources.unwrapping import Unwrapper

_ENOUGH = 3


def newest_first(head: list[bytes]) -> bool:
    """Whether the wrapping of each of these lines tells a time, and none is later than the one before it."""
    # Nearly always the last one tells that they are not, and the others need not be looked at.
    ends = [s for group in Unwrapper(Source("")).groups([head[:1] + head[-1:]]) for s in _stamps(group)]
    if len(ends) > 1 and b"" not in ends and ends[0] <= ends[-1]:
        return False
    stamps: list[bytes] = []
    for group in Unwrapper(Source("")).groups([head]):
        if not isinstance(group, Group) or not all(group.stamps) or len(set(group.numbers)) < len(group.numbers):
            return False
        stamps += group.stamps
    if len(stamps) < _ENOUGH or stamps[0] <= stamps[-1] or len({len(s) for s in stamps}) > 2:
        return False
    return all(a >= b for a, b in pairwise(stamps))


def _stamps(group: list[bytes] | Group) -> list[bytes]:
    return group.stamps if isinstance(group, Group) else [b""]


def reversed_batches(stream: BinaryIO, size: int = CHUNK) -> Iterator[list[bytes]]:
    """The lines of a seekable stream from the last to the first, in lists. Memory depends on the longest line alone."""
    at = stream.seek(0, io.SEEK_END)
    tail: list[bytes] = []
    ended = False
    while at > 0:
        step = min(size, at)
        at -= step
        stream.seek(at)
        lines = stream.read(step).split(b"\n")
        if not ended:
            # The line feed that ends the file begins no line.
            ended = True
            if not lines[-1] and len(lines) > 1:
                lines.pop()
        if len(lines) == 1:
            tail.append(lines[0])
            continue
        lines[-1] += b"".join(reversed(tail))
        tail = [lines[0]]
        yield lines[:0:-1]
    if tail:
        yield [b"".join(reversed(tail))]


def count_lines(stream: BinaryIO) -> int:
    """The physical lines of a seekable stream."""
    stream.seek(0)
    found, last = 0, b"\n"
    while data := stream.read(CHUNK):
        found += feeds_in(data, 0, len(data))
        last = data[-1:]
    return found + (last != b"\n")
