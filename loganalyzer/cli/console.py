"""What every command shares: standard streams, exit statuses, output files."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from functools import wraps
from itertools import zip_longest
from typing import IO, TYPE_CHECKING, NoReturn, ParamSpec, TextIO, cast

from loganalyzer.errors import LoganalyzerError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

P = ParamSpec("P")


class Status(IntEnum):
    """The exit statuses; of several the highest counts."""

    OK = 0
    FAILURES = 1
    USAGE = 2
    INPUT = 3
    INTERRUPTED = 130


def guarded(run: Callable[P, None]) -> Callable[P, None]:
    """The program's edge: no traceback for a closed pipe, Ctrl-C or an error that has a message."""

    @wraps(run)
    def inner(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            try:
                run(*args, **kwargs)
            finally:
                sys.stdout.flush()
        except BrokenPipeError:
            _abandon_stdout()
            sys.exit(Status.OK)
        except KeyboardInterrupt:
            sys.exit(Status.INTERRUPTED)
        except UsageError as problem:
            warn(problem)
            sys.exit(Status.USAGE)
        except LoganalyzerError as problem:
            warn(problem)
            sys.exit(Status.INPUT)
        except OSError as problem:
            # Standard output can't take it: a full disk, say.
            warn(f"the report can't be written ({(problem.strerror or str(problem)).lower()})")
            _abandon_stdout()
            sys.exit(Status.USAGE)
        except RecursionError:
            warn("an input is nested too deeply to be read")
            sys.exit(Status.INPUT)

    return inner


def open_streams() -> None:
    """Stands in for standard streams that were closed before the start, as for `loganalyzer >&-`.

    There is nothing to read, what is written to standard output can't be, and messages are for nobody.
    """
    sys.stdin = sys.stdin or _nowhere(os.O_RDONLY, "r")
    sys.stdout = sys.stdout or _nowhere(os.O_RDONLY, "w")
    sys.stderr = sys.stderr or _nowhere(os.O_WRONLY, "w")


def _nowhere(flags: int, mode: str) -> TextIO:
    return cast(TextIO, os.fdopen(os.open(os.devnull, flags), mode, encoding="utf-8"))


def leave(status: int) -> NoReturn:
    """Ends the process as it is: to take apart what is in memory, object by object, takes longer than to let it go."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(status)


def _abandon_stdout() -> None:
    """Python would complain once more when it closes standard output."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def interruptible(run: Callable[P, None]) -> Callable[P, None]:
    """Ctrl-C inside a command ends with status 130, a closed pipe with 0; the library for it would make them 1."""

    @wraps(run)
    def inner(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            run(*args, **kwargs)
        except KeyboardInterrupt:
            raise SystemExit(Status.INTERRUPTED) from None
        except BrokenPipeError:
            _abandon_stdout()
            raise SystemExit(Status.OK) from None
        except UsageError as problem:
            warn(problem)
            raise SystemExit(Status.USAGE) from None

    return inner


def message(text: str, to: IO[str] | None = None) -> None:
    """One message for a person, by default on standard error; where that takes none, the status still tells."""
    with contextlib.suppress(OSError) if to is None else contextlib.nullcontext():
        print(text, file=to or sys.stderr)


def warn(problem: object) -> None:
    """A problem on one line of standard error."""
    # Only a problem pays for what makes its words harmless.
    from loganalyzer.report.escape import clean

    message(f"loganalyzer: {clean(str(problem))}")


def width(otherwise: int = 100) -> int:
    """The columns of the terminal, or what COLUMNS says; where neither tells, `otherwise`."""
    import shutil

    return shutil.get_terminal_size((otherwise, 24)).columns


def wants_colour(choice: str, stream: IO[str]) -> bool:
    """Whether to colour: `always`, `never`, or `auto`: on a terminal, unless NO_COLOR is set."""
    if choice == "auto":
        return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return choice == "always"


def write_out(pieces: Iterable[bytes]) -> None:
    """Bytes to standard output."""
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def write_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Bytes to a file, whole or not at all; a FIFO or device is written to directly."""
    write_files([(path, pieces)])


def write_files(wanted: Iterable[tuple[Path, Iterable[bytes]]]) -> None:
    """As `write_file`, several at once: a piece of each in turn, so that they may come of one source."""
    with contextlib.ExitStack() as stack:
        files: list[tuple[Path, IO[bytes]]] = []
        sources: list[Iterable[bytes]] = []
        for path, pieces in wanted:
            with _told(path):
                files.append((path, stack.enter_context(_target(path))))
            sources.append(pieces)
        for row in zip_longest(*sources, fillvalue=b""):
            for (path, file), piece in zip(files, row, strict=True):
                with _told(path):
                    file.write(piece)
        for path, file in files:
            with _told(path):
                file.flush()


def check_writable(paths: Iterable[Path]) -> None:
    """Raises UsageError where a file can't be written: before what is to be in it is known."""
    for path in paths:
        with _told(path):
            if path.is_dir():
                path.open("wb").close()
            # To open a FIFO would wait for its reader.
            if path.is_file() or not path.exists():
                import tempfile

                tempfile.TemporaryFile(dir=path.parent).close()


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """What goes wrong with a file is told by its name."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as problem:
        reason = (problem.strerror or str(problem)).lower()
        raise UsageError(
            f"{path}: can't be written ({reason}); name a file in a folder that you may write to"
        ) from None


@contextlib.contextmanager
def _target(path: Path) -> Iterator[IO[bytes]]:
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        with path.open("wb") as file:
            yield file
        return
    import tempfile
    from pathlib import Path

    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
        Path(temporary).chmod(stat.S_IMODE(mode))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
