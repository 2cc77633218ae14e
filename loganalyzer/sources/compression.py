"""Compressed streams, recognised by their first bytes, each bounded in what it may expand to."""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from loganalyzer.errors import InputError

if TYPE_CHECKING:
    from loganalyzer.sources.ahead import Ahead, Piece

LARGEST_WINDOW: Final = 128 << 20
"""Memory that a decompressor may ask for: enough for all settings of the usual tools but those for long windows."""

_FREE: Final = 256 << 20
_RATIO: Final = 100

_PIECE: Final = 1 << 18
"""Bytes that are asked of a decompressor at once: they are read again from the cache of the core that made them."""

_HANDED: Final = 1 << 20
"""As many where another core makes them, who hands over the fewer the better."""

_SLOW: Final = frozenset({"bzip2", "xz"})
"""Slower than what reads them: these are worth a thread, which the interpreter lets go on each piece."""

_GZIP: Final = 31
"""zlib's window bits for a whole gzip member, its checksum included."""
_GZIP_STEP: Final = 1 << 16

_ZSTD_STEP: Final = 1 << 10
"""Bytes that are expanded at once: at zstd's utmost ratio 40 MB. Fewer where they give more than a piece."""

MAGIC: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


def compression_of(head: bytes) -> str | None:
    """The compression that these first bytes show; None: not compressed."""
    return next((name for magic, name in MAGIC if head.startswith(magic)), None)


class Expansion:
    """What one INPUT was expanded to since it last gave something that is MetalLB's.

    Logs compress a hundredfold and more; a bomb does so too, but gives nothing. `useful` tells that it did.
    """

    __slots__ = ("name", "produced")

    def __init__(self, name: str) -> None:
        self.name = name
        self.produced = 0

    def useful(self) -> None:
        """Something was found in what was expanded: begin to count anew."""
        self.produced = 0

    def add(self, size: int, consumed: int) -> None:
        """More was expanded, from `consumed` bytes so far. Raises InputError where this is a bomb."""
        self.produced += size
        if self.produced > _FREE and self.produced > _RATIO * max(1, consumed):
            raise InputError(
                self.name,
                f"expands to more than {self.produced >> 20} MiB without a MetalLB line among them",
                "it looks like a decompression bomb and was not read further; unpack it yourself if it is not",
            )


class Expanded(io.BufferedIOBase):
    """The contents of a compressed stream, readable and seekable; seeking back begins anew.

    Long ones that are slow to decompress are decompressed on a second core. Reading raises OSError where the data are
    damaged, EOFError where they end early. A piece that a decompressor made is given out as it is, where it fits.
    """

    def __init__(self, compressed: BinaryIO, kind: str, expansion: Expansion, *, owned: bool) -> None:
        self._compressed = compressed
        self._owned = owned
        self._kind = kind
        self._expansion = expansion
        self._at = 0
        self._rest: bytes | memoryview = b""
        self._pieces = self._begun()

    def _begun(self) -> Ahead:
        # Only what is compressed pays for threads and queues.
        from loganalyzer.sources.ahead import Ahead, Piece

        read, compressed = _OPENERS[self._kind](self._compressed), self._compressed
        seekable, slow = self.seekable(), self._kind in _SLOW
        size = _HANDED if slow else _PIECE

        def piece() -> Piece:
            data = read(size)
            return Piece(data, compressed.tell() if seekable else -1)

        return Ahead(piece, None if slow else 1)

    def readable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Closes the compressed stream too, where it is this one's."""
        if not self.closed:
            self._pieces.stop()
            if self._owned:
                self._compressed.close()
        super().close()

    def seekable(self) -> bool:
        """As far as the compressed stream is."""
        return bool(self._compressed.seekable())

    def tell(self) -> int:
        """The place in the contents."""
        return self._at

    def _ready(self) -> bytes | memoryview:
        """What was decompressed and not yet read; empty at the end."""
        if not self._rest:
            self._rest, consumed = self._pieces.next()
            size = len(self._rest)
            self._expansion.add(size, consumed if consumed >= 0 else (self._at + size) // (_RATIO + 1))
        return self._rest

    def peek(self, size: int = 0, /) -> bytes:
        """What comes next, a few kilobytes, without reading it."""
        return bytes(self._ready()[: max(size, io.DEFAULT_BUFFER_SIZE)])

    def read1(self, size: int | None = -1, /) -> bytes:
        """As BufferedIOBase has it."""
        ready = self._ready()
        if size is None or not 0 <= size < len(ready):
            self._rest = b""
        else:
            ready = memoryview(ready)
            ready, self._rest = ready[:size], ready[size:]
        self._at += len(ready)
        return bytes(ready)

    def read(self, size: int | None = -1, /) -> bytes:
        """As BufferedIOBase has it."""
        parts: list[bytes] = []
        left = sys.maxsize if size is None or size < 0 else size
        while left and (part := self.read1(left)):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Forward by reading, back by beginning anew."""
        if whence == io.SEEK_END:
            while self.read(1 << 18):
                pass
            offset, whence = self._at + offset, io.SEEK_SET
        target = offset + (self._at if whence == io.SEEK_CUR else 0)
        if target < self._at:
            self._pieces.stop()
            self._compressed.seek(0)
            self._at, self._rest = 0, b""
            self._pieces = self._begun()
        while self._at < target and self.read(min(target - self._at, 1 << 18)):
            pass
        return self._at


def expanded(compressed: BinaryIO, kind: str, expansion: Expansion, *, owned: bool) -> BinaryIO:
    """The contents of a compressed stream. Raises OSError where its header is damaged or asks for too much memory."""
    try:
        return cast(BinaryIO, Expanded(compressed, kind, expansion, owned=owned))
    except (zlib.error, ValueError) as problem:
        raise OSError(str(problem)) from problem


Reader = Callable[[int], bytes | memoryview]


def _gzip(stream: BinaryIO) -> Reader:
    try:
        from isal import igzip, isal_zlib
    except ImportError:
        return _plain_gzip(stream)
    error, given = cast(type[Exception], isal_zlib.error), 0
    if stream.seekable():
        begins, read = stream.tell(), cast(Reader, cast(Any, igzip).GzipFile(fileobj=stream).read1)
    else:
        begins, read = -1, _members(stream, lambda: isal_zlib.decompressobj(wbits=_GZIP))

    def fast(size: int) -> bytes | memoryview:
        nonlocal read, given
        try:
            data = read(size)
        except (OSError, EOFError, error) as problem:
            if begins < 0 or given < 0:
                raise problem if isinstance(problem, OSError | EOFError) else OSError(str(problem)) from problem
            # It keeps back what it had before the damage; the standard library, a fifth as fast, does not.
            stream.seek(begins)
            read = _plain_gzip(stream)
            left, given = given, -1
            while left:
                left -= len(read(min(left, _PIECE)))
            data = read(size)
        given += len(data) if given >= 0 else 0
        return data

    return fast


def _members(stream: BinaryIO, decoder_of_one: Callable[[], Any]) -> Reader:
    """What the members of a gzip file hold, one behind the other, zeros between them passed over."""
    decoder, rest = decoder_of_one(), b""

    def read(size: int) -> bytes:
        nonlocal decoder, rest
        while True:
            if decoder.eof:
                rest = (decoder.unused_data or rest).lstrip(b"\0") or stream.read(_PIECE).lstrip(b"\0")
                if not rest:
                    return b""
                decoder = decoder_of_one()
            rest = rest or stream.read(_GZIP_STEP)
            if not rest:
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            data: bytes = decoder.decompress(rest, size)
            rest = decoder.unconsumed_tail
            if data:
                return data

    return read


def _plain_gzip(stream: BinaryIO) -> Reader:
    import gzip

    opened = gzip.GzipFile(fileobj=stream)

    def read(size: int) -> bytes:
        try:
            return opened.read1(size)
        except zlib.error as problem:
            raise OSError(str(problem)) from problem

    return read


def _bzip2(stream: BinaryIO) -> Reader:
    import bz2

    return bz2.BZ2File(stream).read1


def _xz(stream: BinaryIO) -> Reader:
    import lzma

    decoder = lzma.LZMADecompressor(memlimit=LARGEST_WINDOW)

    def read(size: int) -> bytes:
        nonlocal decoder
        try:
            while True:
                if decoder.eof:
                    # Streams may stand one behind the other, with zeros between them.
                    rest = decoder.unused_data.lstrip(b"\0") or stream.read(1 << 16).lstrip(b"\0")
                    if not rest:
                        return b""
                    decoder = lzma.LZMADecompressor(memlimit=LARGEST_WINDOW)
                    data = decoder.decompress(rest, size)
                elif decoder.needs_input:
                    rest = stream.read(1 << 16)
                    if not rest:
                        raise EOFError("it ends before its end-of-stream marker")
                    data = decoder.decompress(rest, size)
                else:
                    data = decoder.decompress(b"", size)
                if data:
                    return data
        except lzma.LZMAError as problem:
            raise OSError(str(problem)) from problem

    return read


def _zstd(stream: BinaryIO) -> Reader:
    pieces = _zstd_pieces(stream)
    ready: bytes | memoryview = b""

    def read(size: int) -> bytes | memoryview:
        nonlocal ready
        ready = ready or next(pieces, b"")
        if len(ready) <= size:
            data, ready = ready, b""
        else:
            ready = memoryview(ready)
            data, ready = ready[:size], ready[size:]
        return data

    return read


def _zstd_pieces(stream: BinaryIO) -> Iterator[bytes]:
    """What the frames hold, never empty; by `decompressobj`, as the library's readers take a cut stream for an end."""
    import zstandard

    context = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW)
    step = _ZSTD_STEP
    rest = stream.read(step)
    while rest:
        decoder = context.decompressobj()
        while not decoder.eof:
            if not rest:
                raise EOFError("it ends before its last frame does")
            try:
                data = decoder.decompress(rest)
            except zstandard.ZstdError as problem:
                raise OSError(str(problem)) from problem
            # Where it gives nothing yet, twice as many: a block is whole after a few steps.
            step = max(1, min(_ZSTD_STEP, step * _PIECE // len(data) if data else 2 * step))
            rest = b"" if decoder.eof else stream.read(step)
            if data:
                yield data
        rest = decoder.unused_data or stream.read(step)


_OPENERS: Final[dict[str, Callable[[BinaryIO], Reader]]] = {
    "gzip": _gzip,
    "bzip2": _bzip2,
    "xz": _xz,
    "zstd": _zstd,
}
