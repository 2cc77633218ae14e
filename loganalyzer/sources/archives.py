"""What an INPUT holds: itself, or the members of the folder or archive that it is, compressed or not.

Nothing is ever unpacked to a path. Archives on a pipe, which need seeking, go to a temporary file without a name.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from msgspec import Struct

from loganalyzer.errors import InputError
from loganalyzer.sources.compression import Expansion, compression_of, expanded
from loganalyzer.sources.inputs import STANDARD_INPUT, Input, Reopenable, named, opened_path
from loganalyzer.sources.lines import Stream

if TYPE_CHECKING:
    from tarfile import TarFile, TarInfo
    from zipfile import ZipFile, ZipInfo

DEEPEST: Final = 6
"""Archives and compressions inside one another that are opened."""

MOST_MEMBERS: Final = 1 << 16
_HEAD: Final = 1 << 9
_KEPT_IN_MEMORY: Final = 32 << 20


class Member(Struct, frozen=True):
    """One stream of bytes to be read: `open` gives it, anew each time where `again`.

    `asked`: it is an INPUT itself, not a member of one. `size` is None where it is not known.
    """

    name: str
    open: Callable[[], BinaryIO]
    again: bool
    asked: bool
    size: int | None
    expansion: Expansion


class _Walk:
    """One INPUT being looked through."""

    __slots__ = ("count", "expansion", "report", "seen", "stack")

    def __init__(self, expansion: Expansion, report: Callable[[InputError], None], stack: ExitStack) -> None:
        self.expansion = expansion
        self.report = report
        self.stack = stack
        self.seen: set[tuple[int, int]] = set()
        self.count = 0


Opener = Callable[[], BinaryIO]


def members(given: Input, stack: ExitStack, report: Callable[[InputError], None]) -> Iterator[Member]:
    """What is to be read of an INPUT. Archives stay open until `stack` is closed.

    `report` is told what could not be opened; the rest is given all the same.
    """
    name = named(given)
    walk = _Walk(Expansion(name), report, stack)
    if given == "":
        # A path that is empty would be the folder in which one is.
        report(InputError("''", "there is no such file", "check the name"))
        return
    if isinstance(given, Reopenable):
        yield Member(name, given.open, again=True, asked=given.asked, size=None, expansion=walk.expansion)
        return
    if isinstance(given, str | os.PathLike) and os.fspath(given) != STANDARD_INPUT:
        path = os.fspath(given)
        if os.path.isdir(path):
            yield from _folder(path, name, walk)
            return
        yield from _guarded(name, lambda: _file(path, name, walk, asked=True), walk)
        return
    if isinstance(given, bytes):
        data = given
        yield from _guarded(
            name,
            lambda: _look(name, lambda: cast(BinaryIO, io.BytesIO(data)), walk, 0, again=True, asked=True),
            walk,
        )
        return
    raw: Any = (
        sys.stdin.buffer if isinstance(given, str | os.PathLike) else given[1] if isinstance(given, tuple) else given
    )
    once = _peekable(raw)
    yield from _guarded(name, lambda: _look(name, lambda: once, walk, 0, again=False, asked=True), walk)


UNREADABLE: Final = (OSError, EOFError, NotImplementedError, RuntimeError, ValueError)
"""What reading bytes may raise; the errors of tarfile and zipfile are made OSErrors where they come up."""


def _guarded(name: str, look: Callable[[], Iterator[Member]], walk: _Walk) -> Iterator[Member]:
    """The members that `look` finds; what goes wrong on the way is reported, and ends this one only."""
    try:
        yield from look()
    except InputError as problem:
        walk.report(problem)
    except UNREADABLE as problem:
        walk.report(unreadable(name, problem))


def unreadable(name: str, problem: Exception) -> InputError:
    """The error for an input whose bytes could not be had."""
    reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    if isinstance(problem, EOFError):
        return InputError(
            name, "ends before its compressed data do", "what came before the end was read; fetch it anew"
        )
    return InputError(name, f"can't be read ({reason.lower() or type(problem).__name__})", "check the file")


def _folder(folder: str, name: str, walk: _Walk) -> Iterator[Member]:
    def unlisted(problem: OSError) -> None:
        walk.report(unreadable(str(problem.filename or name), problem))

    for where, folders, files in os.walk(folder, onerror=unlisted):
        folders.sort()
        for file in sorted(files):
            path = os.path.join(where, file)
            inner = os.path.relpath(path, folder).replace(os.sep, "/")
            member = f"{name}!{inner}".encode("utf-8", "replace").decode()
            yield from _guarded(member, partial(_file, path, member, walk, asked=False), walk)


def _file(path: str, name: str, walk: _Walk, *, asked: bool) -> Iterator[Member]:
    """One file; a file that was seen before by another link is passed over, and so are devices in a folder."""
    try:
        status = os.stat(path)
    except OSError:
        status = None
    if status is not None and not asked:
        if not stat.S_ISREG(status.st_mode) or (status.st_dev, status.st_ino) in walk.seen:
            return
        walk.seen.add((status.st_dev, status.st_ino))
    regular = status is not None and stat.S_ISREG(status.st_mode)
    if regular:
        size = status.st_size if status else None
        yield from _look(name, lambda: opened_path(path), walk, 0, again=True, asked=asked, size=size)
    else:
        once = walk.stack.enter_context(opened_path(path))
        yield from _look(name, lambda: once, walk, 0, again=False, asked=asked)


def _look(
    name: str, open_: Opener, walk: _Walk, depth: int, *, again: bool, asked: bool, size: int | None = None
) -> Iterator[Member]:
    """What a stream is: compressed, an archive, or something to be read."""
    if depth > DEEPEST:
        raise InputError(name, f"is nested deeper than {DEEPEST} archives", "unpack it and name the files in it")
    stream = open_()
    head = stream.peek(_HEAD)[:_HEAD] if hasattr(stream, "peek") else stream.read(_HEAD)
    if not head and not again:
        # A terminal's end is no lasting one: who asks again waits for the next.
        stream = cast(BinaryIO, io.BytesIO())
    kind = compression_of(head)
    archive = "tar" if head[257:262] == b"ustar" else "zip" if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) else ""
    if again and not archive:
        stream.close()
    if kind is not None:
        source = open_ if again else (lambda: stream)
        inner: Opener = lambda: expanded(source(), kind, walk.expansion, owned=again)  # noqa: E731
        once = None if again else inner()
        yield from _look(name, (lambda: once) if once else inner, walk, depth + 1, again=again, asked=asked)
    elif archive:
        held = walk.stack.enter_context(stream if stream.seekable() else spooled(stream))
        held.seek(0)
        walk.expansion.useful()
        yield from (_tar if archive == "tar" else _zip)(name, held, walk, depth)
    else:
        yield Member(name, open_ if again else (lambda: stream), again, asked, size, walk.expansion)


def _tar(name: str, stream: BinaryIO, walk: _Walk, depth: int) -> Iterator[Member]:
    import tarfile  # an archive is a rare input

    try:
        archive = walk.stack.enter_context(tarfile.TarFile(fileobj=stream))
        for info in archive:
            _count(name, walk)
            if info.isreg():
                yield from _member(_inner(name, info.name), partial(_extracted, archive, info), walk, depth)
    except tarfile.TarError as problem:
        raise OSError(str(problem)) from problem


def _zip(name: str, stream: BinaryIO, walk: _Walk, depth: int) -> Iterator[Member]:
    import zipfile  # an archive is a rare input

    try:
        archive = walk.stack.enter_context(zipfile.ZipFile(stream))
        for info in archive.infolist():
            _count(name, walk)
            if not info.is_dir():
                yield from _member(_inner(name, info.filename), partial(_unzipped, archive, info, walk), walk, depth)
    except zipfile.BadZipFile as problem:
        raise OSError(str(problem)) from problem


def _member(name: str, open_: Opener, walk: _Walk, depth: int) -> Iterator[Member]:
    return _guarded(name, partial(_look, name, open_, walk, depth + 1, again=True, asked=False), walk)


def _extracted(archive: TarFile, info: TarInfo) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Watched(archive.extractfile(info)), 1 << 18))


def _unzipped(archive: ZipFile, info: ZipInfo, walk: _Walk) -> BinaryIO:
    import zipfile  # an archive is open

    try:
        stream = archive.open(info)
    except zipfile.BadZipFile as problem:
        raise OSError(str(problem)) from problem
    return cast(BinaryIO, io.BufferedReader(_Watched(stream, info.compress_size, walk.expansion), 1 << 18))


def _count(name: str, walk: _Walk) -> None:
    walk.count += 1
    if walk.count > MOST_MEMBERS:
        raise InputError(name, f"has more than {MOST_MEMBERS:,} members", "unpack it and name the files that matter")


def _inner(name: str, path: str) -> str:
    return f"{name}!{path.encode('utf-8', 'replace').decode().removeprefix('./')}"


class _Watched(io.RawIOBase):
    """A member's stream. Its bytes count as expanded from `consumed` ones; the archive's own errors become OSErrors."""

    def __init__(self, stream: Any, consumed: int = 0, expansion: Expansion | None = None) -> None:  # noqa: ANN401
        self._stream = stream
        self._consumed = consumed
        self._expansion = expansion

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """As far as the member's stream is."""
        return bool(self._stream.seekable())

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in the member."""
        return int(self._stream.seek(offset, whence))

    def tell(self) -> int:
        """The place in the member."""
        return int(self._stream.tell())

    def close(self) -> None:
        """Closes the member, not the archive."""
        if not self.closed:
            self._stream.close()
        super().close()

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        """As RawIOBase has it. Raises OSError where the data are damaged."""
        import tarfile  # an archive is open
        import zipfile
        import zlib

        try:
            data = self._stream.read1(len(buffer))
        except (zlib.error, tarfile.TarError, zipfile.BadZipFile) as problem:
            raise OSError(str(problem)) from problem
        buffer[: len(data)] = data
        if self._expansion is not None:
            self._expansion.add(len(data), self._consumed)
        return len(data)


class _Once(io.RawIOBase):
    """A stream that offers `read1` alone; `head` is what was read of it already."""

    def __init__(self, stream: Stream, head: bytes = b"") -> None:
        self._stream = stream
        self._head = head

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        """As RawIOBase has it."""
        data = self._head[: len(buffer)] or self._stream.read1(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def looked_ahead(stream: BinaryIO, size: int) -> tuple[bytes, BinaryIO]:
    """The first bytes of a stream, and a stream that still has them."""
    begins = stream.tell() if stream.seekable() else None
    head = stream.read(size)
    if begins is not None:
        stream.seek(begins)
        return head, stream
    return head, cast(BinaryIO, io.BufferedReader(_Once(cast(Stream, stream), head), 1 << 18))


def _peekable(stream: Any) -> BinaryIO:  # noqa: ANN401
    """The stream itself where it can be looked into without being read, else behind a buffer."""
    if hasattr(stream, "peek"):
        return cast(BinaryIO, stream)
    return cast(BinaryIO, io.BufferedReader(_Once(stream), 1 << 18))


def spooled(stream: BinaryIO) -> BinaryIO:
    """The stream in memory, or in a temporary file without a name where it is large."""
    import shutil
    import tempfile

    spool = tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY)  # noqa: SIM115  (the caller's stack closes it)
    shutil.copyfileobj(stream, spool, 1 << 18)
    return cast(BinaryIO, spool)
