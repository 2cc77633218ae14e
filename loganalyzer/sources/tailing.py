"""Inputs that go on: pipes and files read as they grow, and waiting until one of them has more.

A file is followed by its name, as `tail -F` does it: renamed, copied and truncated, or written anew.
"""

from __future__ import annotations

import io
import os
import select
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from loganalyzer.sources.lines import CHUNK

TURN: Final = 0.04
"""Seconds after which an input that always has more makes room for others, and for what is to be told."""

LOOK: Final = 0.03
"""Seconds between two looks at a file: nothing tells of its growth on every file system but looking."""

BEGINNING: Final = 1 << 12
"""Bytes at a file's beginning by which it is known under another name, and by which its copy is."""

_GENERATIONS: Final = 8
"""Files under one name, one after the other, whose beginnings are remembered."""

_REMEMBERED: Final = 64
"""Bytes before the place of reading by which it shows that a file was written anew and is longer than before."""

_KEPT_OPEN: Final = 60.0
"""Seconds for which a deleted file is read on without a byte: its writer may still have it."""


class Tail:
    """An input that is read as it grows. `taken` counts its bytes; `hasty`: its turn ended though it has more."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.taken = 0
        self.hasty = False
        self.stopped = False
        self._clock = clock

    def pieces(self) -> Iterator[bytes]:
        """Bytes as they come; an empty piece where nothing is there for now, or at the end of a turn.

        Ends where the input does, or when `stopped` was set. Raises OSError where it can't be read any more.
        """
        began = self._clock()
        try:
            while not self.stopped and (data := self._read()) is not None:
                self.taken += len(data)
                if data:
                    yield data
                self.hasty = bool(data)
                if not data or self._clock() - began >= TURN:
                    yield b""
                    began = self._clock()
        finally:
            self.hasty = False
            self._close()

    def _read(self) -> bytes | None:
        """What is there now; empty: nothing, None: the end."""
        raise NotImplementedError

    def _close(self) -> None:
        """Gives back what was opened for it."""

    def fileno(self) -> int | None:
        """What can be waited for; None where only looking tells."""
        return None

    def is_as_read(self) -> bool:
        """Whether its name gives the lines that were read, under the same numbers, to who opens it again."""
        return False

    def has_read(self, status: os.stat_result, beginning: bytes) -> bool:  # noqa: ARG002  (what can't be known again)
        """Whether a file, of which this is the beginning, is one that was read here, or its copy."""
        return False


class Pipe(Tail):
    """A pipe, FIFO, terminal, or a file that somebody opened: it ends where its writer ends."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream: BinaryIO | None = stream
        self._fd = stream.fileno()
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)

    def fileno(self) -> int:
        """The descriptor."""
        return self._fd

    def _read(self) -> bytes | None:
        if self._stream is not None:
            # Whoever looked at its first bytes left them in the buffer.
            held = self._stream.peek() if isinstance(self._stream, io.BufferedReader) else b""
            stream, self._stream = self._stream, None
            if held:
                return stream.read(len(held))
        if not self._poll.poll(0):
            return b""
        return os.read(self._fd, CHUNK) or None


class Stream(Tail):
    """A stream that can't be waited for, such as what is compressed: read as it comes."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def _read(self) -> bytes | None:
        return self._stream.read1(CHUNK) or None  # type: ignore[attr-defined]


class File(Tail):
    """A file by its name, whatever becomes of it: what was written before a change of files is read first.

    `elsewhere` tells of a file that has taken the name whether it is read under another one.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self.elsewhere: Callable[[os.stat_result, bytes], bool] = lambda status, beginning: False  # noqa: ARG005
        self._path = path
        self._fd: int | None = os.open(path, os.O_RDONLY)
        self._held = identity(os.fstat(self._fd))
        self._passed_over: tuple[int, int] | None = None
        self._at = 0
        self._last = b""
        self._beginnings = deque([b""], _GENERATIONS)
        self._came = clock()

    def is_as_read(self) -> bool:
        """Whether the name is still that of the one file that was read, and the file was not cut."""
        if len(self._beginnings) > 1:
            return False
        try:
            with self._path.open("rb") as file:
                same = identity(os.fstat(file.fileno())) == self._held
                return same and self._is_read_to_here(file.fileno())
        except OSError:
            return False

    def has_read(self, status: os.stat_result, beginning: bytes) -> bool:
        """Whether it is the file that is read now, or begins as one that was."""
        return (self._fd is not None and identity(status) == self._held) or any(
            _is_beginning(read, beginning) for read in self._beginnings
        )

    def _read(self) -> bytes | None:
        # In this order: what the old file got before the new one took its place is read before it is left.
        replaced = self._is_replaced()
        if self._fd is None:
            return self._next() if replaced else b""
        if not self._is_read_to_here(self._fd):
            os.lseek(self._fd, 0, os.SEEK_SET)
            return self._anew()
        data = os.read(self._fd, CHUNK)
        if data:
            self._beginnings[-1] += data[: max(0, BEGINNING - self._at)]
            self._at += len(data)
            self._last = (self._last + data)[-_REMEMBERED:] if len(data) < _REMEMBERED else data[-_REMEMBERED:]
            self._came = self._clock()
            return data
        if replaced:
            return self._next()
        if self._clock() - self._came >= _KEPT_OPEN and not os.fstat(self._fd).st_nlink:
            self._close()
        return b""

    def _close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None

    def _is_replaced(self) -> bool:
        """Whether another file has the name; while none has it the old one goes on."""
        try:
            now = self._path.stat()
        except OSError:
            return False
        known = (self._passed_over,) if self._fd is None else (self._passed_over, self._held)
        return stat.S_ISREG(now.st_mode) and identity(now) not in known

    def _is_read_to_here(self, fd: int) -> bool:
        """Whether a file has what was read, up to the place of reading: it was not cut, nor cut and filled again."""
        if os.fstat(fd).st_size < self._at:
            return False
        return os.pread(fd, len(self._last), self._at - len(self._last)) == self._last

    def _next(self) -> bytes:
        try:
            fd = os.open(self._path, os.O_RDONLY)
        except OSError:
            return b""
        status, beginning = os.fstat(fd), os.pread(fd, BEGINNING, 0)
        if self.elsewhere(status, beginning):
            # Rotation gave it the name that an older file had; of two short ones that may still show to be wrong.
            os.close(fd)
            self._passed_over = identity(status) if len(beginning) == BEGINNING else None
            return b""
        self._close()
        self._fd, self._held = fd, identity(status)
        return self._anew()

    def _anew(self) -> bytes:
        """Reading begins at the beginning of a file; the end of the line in which the one before it ended."""
        unfinished = bool(self._last) and not self._last.endswith(b"\n")
        self._at, self._last, self._came = 0, b"", self._clock()
        self._beginnings.append(b"")
        # A line that the old file ended in is a line; whether the new one begins with its rest shows later.
        return b"\n" if unfinished else b""


def identity(status: os.stat_result) -> tuple[int, int]:
    """What a file has under all its names, as long as it is there."""
    return status.st_dev, status.st_ino


def _is_beginning(read: bytes, beginning: bytes) -> bool:
    """Whether a file begins with what was read of one. Of what is shorter it must be all, and a line at least."""
    return b"\n" in read and beginning.startswith(read) and (len(read) == BEGINNING or len(beginning) < BEGINNING)


def tail_of(stream: BinaryIO, *, again: bool) -> Tail | None:
    """How to follow an open stream; None where it has ended already. `again`: it can be opened anew by its name."""
    raw = getattr(stream, "raw", None)
    if not isinstance(raw, io.FileIO):
        return None if again else Stream(stream)
    if not again:
        return Pipe(stream)
    path = Path(os.fsdecode(raw.name)) if isinstance(raw.name, str | bytes | os.PathLike) else None
    stream.close()
    return File(path) if path is not None else None


class Following:
    """How inputs are followed: `paused` is told at each pause how many bytes came since the last one.

    It answers after how many seconds without any it wants to be told again. `hangup` is a descriptor whose other
    end, when it closes, ends everything: a report's reader. `tails` are all inputs that are followed, by their names.
    """

    def __init__(self, paused: Callable[[int], float], hangup: int | None = None) -> None:
        self.paused = paused
        self.stopped = False
        self.tails: dict[str, Tail] = {}
        self._awake: tuple[int, int] | None = None
        self._hangup = hangup

    def add(self, name: str, tail: Tail) -> None:
        """Another input that is followed."""
        self.tails[name] = tail
        if isinstance(tail, File):
            tail.elsewhere = lambda status, beginning: self.has_read(status, beginning, but=tail)

    def has_read(self, status: os.stat_result, beginning: bytes, but: Tail | None = None) -> bool:
        """Whether a file, of which this is the beginning, is one that is followed by its name, or its copy."""
        return any(tail.has_read(status, beginning) for tail in self.tails.values() if tail is not but)

    def stop(self) -> None:
        """Ends following as if all inputs had ended; may be called from a signal's handler."""
        self.stopped = True
        if self._awake is not None:
            os.write(self._awake[1], b".")

    def wait(self, tails: Iterable[Tail], seconds: float) -> None:
        """Until a tail may have more, for at most these seconds. Raises BrokenPipeError where the reader is gone."""
        if self._awake is None:
            self._awake = os.pipe()
        if self.stopped:
            return
        poll = select.poll()
        poll.register(self._awake[0], select.POLLIN)
        if self._hangup is not None:
            poll.register(self._hangup, 0)
        for tail in tails:
            fd = tail.fileno()
            if fd is None:
                seconds = min(seconds, LOOK)
            else:
                poll.register(fd, select.POLLIN)
        for fd, _ in poll.poll(max(0, seconds * 1000)):
            if fd == self._hangup:
                raise BrokenPipeError
