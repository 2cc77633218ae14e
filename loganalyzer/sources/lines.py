"""Framing: a stream of bytes becomes batches of lines."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from io import BytesIO
from operator import itemgetter
from typing import Final, Protocol

CHUNK: Final = 3 << 18
"""Bytes read at once: what a block has new is read together, and a block still fits into a core's second cache."""
LONGEST_LINE: Final = 64 << 20
"""Bytes of one line that are kept; the rest of a longer one is passed over, so that memory stays bounded."""
TOGETHER: Final = 4 << 20
"""Bytes of a block that is looked at as a whole: of a longer line there should not be a copy for each step."""
_LITTLE: Final = 256
_WITHOUT_FEED: Final[Callable[[bytes], bytes]] = itemgetter(slice(None, -1))


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
    """The lines of blocks, in lists: however the bytes are cut, the lines are the same. See `blocks`."""
    return map(lines_of, blocks(pieces, longest, on_cut))


def fed_lines(block: bytes) -> list[bytes]:
    """The lines of a block with their line feeds; the last may have none."""
    # As `splitlines` of what no other sign ends: in a quarter of its time, as it doesn't look at each byte.
    return BytesIO(block).readlines()


def lines_of(block: bytes) -> list[bytes]:
    """The lines of a block without their line feeds; none of an empty one."""
    if len(block) > TOGETHER:
        lines = block.split(b"\n")
        return lines if lines[-1] else lines[:-1]
    lines = fed_lines(block)
    if lines and not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"
    return [*map(_WITHOUT_FEED, lines)]


def feeds_in(data: bytes, start: int, end: int) -> int:
    """How many line feeds are in this part; as `count`, which takes thrice as long: it looks at each byte."""
    if not _LITTLE < end - start <= TOGETHER:
        return data.count(b"\n", start, end)
    part = data[start:end]
    return len(part) - len(part.replace(b"\n", b""))


def block_of(lines: Iterable[bytes]) -> bytes:
    """Lines as a block, each with its line feed."""
    return b"\n".join([*lines, b""])


def blocks(
    pieces: Iterable[bytes], longest: int = LONGEST_LINE, on_cut: Callable[[], None] | None = None
) -> Generator[bytes, bytes | None, None]:
    """Blocks of whole lines with their line feeds.

    A last line without a line feed counts. A line longer than `longest` bytes is cut there, and `on_cut` is called.
    An empty piece, which says that there is no more for now, is an empty block. Lines that are sent back begin the
    next block; behind the last block they are not taken.
    """
    tail: list[bytes] = []
    back: bytes | None = b""
    held = 0
    for piece in pieces:
        if not piece:
            yield b""
            continue
        end = piece.rfind(b"\n") + 1
        if not end:
            if held < longest:
                tail.append(piece[: longest - held])
            held += len(piece)
            continue
        begun: list[bytes | memoryview] = [*tail, memoryview(piece)[:end]]
        # Lines within one piece are no longer than the piece.
        if held + len(piece) > longest:
            begun = [_cut(b"".join(begun), held + piece.find(b"\n"), longest, on_cut)]
        tail, held = ([piece[end : end + longest]] if end < len(piece) else []), len(piece) - end
        # While the block is read nothing of it is held here.
        begun = [b"".join([back, *begun] if back else begun)]
        back = yield begun.pop()  # type: ignore[misc]  # it was joined: bytes
    if held or back:
        if on_cut is not None and held > longest:
            on_cut()
        yield b"".join((back or b"", *tail))


def _cut(block: bytes, first: int, longest: int, on_cut: Callable[[], None] | None) -> bytes:
    """The block with no line longer than that; `first` is the length of its first line, which may have been cut."""
    lines = block.split(b"\n")
    if on_cut is not None and max(first, *map(len, lines)) > longest:
        on_cut()
    return b"\n".join([line[:longest] for line in lines])
