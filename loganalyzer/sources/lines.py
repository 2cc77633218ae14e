"""Framing: a stream of bytes becomes batches of lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Protocol

CHUNK: Final = 1 << 18
LONGEST_LINE: Final = 64 << 20
"""Bytes of one line that are kept; the rest of a longer one is passed over, so that memory stays bounded."""


class Stream(Protocol):
    """What a source reads from: an open binary file, pipe or buffer."""

    def read1(self, size: int = ..., /) -> bytes:
        """At most `size` bytes, as soon as there are any; empty at the end."""


def chunks(stream: Stream, size: int = CHUNK) -> Iterator[bytes]:
    """The stream's bytes as they come."""
    while data := stream.read1(size):
        yield data


def batches(
    pieces: Iterable[bytes], longest: int = LONGEST_LINE, on_cut: Callable[[], None] | None = None
) -> Iterator[list[bytes]]:
    """Lists of whole lines without their line feeds; however the bytes are cut, the lines are the same.

    A last line without a line feed counts. A line longer than `longest` bytes is cut there, and `on_cut` is called.
    An empty piece, which says that there is no more for now, is an empty list.
    """
    tail: list[bytes] = []
    held = 0
    for piece in pieces:
        if not piece:
            yield []
            continue
        lines = piece.split(b"\n")
        if len(lines) == 1:
            if held < longest:
                tail.append(piece[: longest - held])
            held += len(piece)
            continue
        first, rest = held + len(lines[0]), lines.pop()
        if tail:
            lines[0] = b"".join(tail) + lines[0][: max(0, longest - held)]
        tail, held = ([rest[:longest]] if rest else []), len(rest)
        # Lines within one piece are no longer than the piece.
        if first > longest or len(piece) > longest:
            if on_cut is not None and max(first, *map(len, lines)) > longest:
                on_cut()
            lines = [line[:longest] for line in lines]
        yield lines
    if held:
        if on_cut is not None and held > longest:
            on_cut()
        yield [b"".join(tail)]
