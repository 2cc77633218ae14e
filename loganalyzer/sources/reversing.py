"""Logs with the newest line first, as log stores give them out unless asked not to, read from their end."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise
from typing import BinaryIO

from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import CHUNK, feeds_in
from loganalyzer.sources.moments import comparable, own_time
from loganalyzer.sources.unwrapping import Unwrapper

_ENOUGH = 3


def newest_first(head: list[bytes]) -> bool:
    """Whether no time in these lines is later than the one before it: the wrapping's, or MetalLB's own."""
    # Nearly always the last one tells that they are not, and the others need not be looked at.
    ends = _times(head[:1] + head[-1:], least=1)
    if len(ends) > 1 and ends[0] <= ends[-1]:
        return False
    times = _times(head, least=_ENOUGH)
    return len(times) >= _ENOUGH and times[0] > times[-1] and all(a >= b for a, b in pairwise(times))


def _times(head: list[bytes], least: int) -> list[bytes]:
    """The wrapping's times; where any line has none, those that MetalLB wrote, if these are so many moments.

    None of lines that a document has in another order than that of its lines.
    """
    stamps: list[bytes] = []
    own: list[bytes] = []
    for group in Unwrapper(Source("")).groups([head]):
        texts = group if isinstance(group, list) else group.texts
        if not isinstance(group, list) and len(set(group.numbers)) < len(group.numbers):
            return []
        stamps += [b""] * len(texts) if isinstance(group, list) else map(comparable, group.stamps)
        own += [comparable(own_time(text)) for text in texts]
    if b"" not in stamps:
        return stamps
    own = [*filter(None, own)]
    # Two logs one behind the other have a step back, too.
    return own if len(set(own)) >= least else []


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
