"""`explain --follow`: inputs read as they grow, and what changes is told at once."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from loganalyzer.cli.console import message, wants_colour, warn, width, write_out
from loganalyzer.cli.status import StatusLine, status_line
from loganalyzer.sources.inputs import STANDARD_INPUT, named
from loganalyzer.version import __version__

if TYPE_CHECKING:
    from loganalyzer.cli.request import Request
    from loganalyzer.correlator.diagnosis import Diagnosis
    from loganalyzer.correlator.live import Told
    from loganalyzer.errors import InputError
    from loganalyzer.pipeline import Reading
    from loganalyzer.report.live import LiveLines, LiveText
    from loganalyzer.sources.inputs import Input


def from_now(text: str, zone: tzinfo, now: datetime) -> str:
    """The time that is meant, where a duration counts back from now."""
    from loganalyzer.correlator.choosing import before, parse_when

    return before(parse_when(text, zone), now).isoformat()


class Follower:
    """One run of `--follow`. `chosen` leaves out what was not asked for."""

    def __init__(
        self, request: Request, inputs: Iterable[Input], reading: Reading, chosen: Callable[[Diagnosis], Diagnosis]
    ) -> None:
        from loganalyzer.correlator.live import Live
        from loganalyzer.sources.tailing import Following

        _load()
        self._request = request
        self._inputs = inputs
        self._chosen = chosen
        self._reading = reading
        self._live = Live(self._tell)
        self._teller = _teller(request, self._live, self._names)
        self._began = False
        self._warned: set[InputError] = set()
        self._files = {named(given): (given, _mark(given)) for given in _lasting(request) if Path(given).is_file()}
        self._status = StatusLine(sys.stderr, self._standing) if sys.stderr.isatty() else None
        self._following = reading.following = Following(self._paused, _reader(sys.stdout.fileno()))

    def diagnosis(self) -> Diagnosis:
        """Follows until the inputs end or Ctrl-C is pressed; then what is in them, as a whole."""
        from loganalyzer.correlator.diagnosis import Diagnosis
        from loganalyzer.pipeline import diagnose

        request = self._request
        with _interruptions(self._interrupted):
            try:
                return diagnose(self._inputs, version=request.version, reading=self._reading, live=self._live)
            except KeyboardInterrupt:
                if self._began:
                    raise
                message("loganalyzer: stopped before anything was read")
                return Diagnosis(__version__, (), (), ())
            finally:
                self._clear()

    def rest(self, diagnosis: Diagnosis) -> Iterator[bytes] | None:
        """What JSON lines have still to say at the end; None: the report of the form is to be written."""
        from loganalyzer.report.live import LiveLines

        return self._teller.rest(diagnosis) if isinstance(self._teller, LiveLines) else None

    def quoted(self, diagnosis: Diagnosis) -> Diagnosis:
        """The diagnosis with the lines that it names, of inputs that still are what was read."""
        from loganalyzer.correlator.quoting import with_quotes

        return with_quotes(diagnosis, _lasting(self._request), self._is_as_read)

    def tell_problems(self) -> None:
        """Tells what went wrong with inputs and was not told yet."""
        problems = self._reading.problems
        if len(problems) == len(self._warned):
            return
        self._clear()
        for problem in problems:
            if problem not in self._warned:
                warn(problem)
        self._warned = set(problems)

    def _is_as_read(self, name: str) -> bool:
        """Whether an input can be read again, and has the lines that it had."""
        tail = self._following.tails.get(name)
        if tail is not None:
            return tail.is_as_read()
        # What is read once is a file that was named, or in one; of what is in a folder nobody knows what it was.
        return any(
            mark is not None and mark == _mark(given)
            for file, (given, mark) in self._files.items()
            if name == file or name.startswith(f"{file}!")
        )

    def _tell(self, told: Told) -> None:
        if self._teller is None:
            return
        for piece in self._teller.told(_only(told, self._chosen)):
            self._clear()
            write_out((piece,))

    def _paused(self, came: int) -> float:
        self._began = True
        self.tell_problems()
        wanted = self._live.paused(came)
        if not came and self._teller is not None:
            for piece in self._teller.owed():
                write_out((piece,))
                return 0.0
        if self._status is not None:
            self._status.show()
        return wanted

    def _interrupted(self) -> None:
        """Ctrl-C: ends following as if the inputs had ended; while the first byte is waited for, at once."""
        if not self._began:
            raise KeyboardInterrupt
        self._following.stop()

    def _clear(self) -> None:
        if self._status is not None:
            self._status.clear()

    def _names(self) -> list[str]:
        return [source.name for source in self._reading.sources]

    def _standing(self) -> str:
        sources = self._reading.sources
        last = max((_last(w.last_stamp) for s in sources for w in s.writers), default="")
        return status_line(self._names(), self._live.waiting, sum(s.lines for s in sources), last, width())


def _load() -> None:
    """Loads what the first failure needs before it comes."""
    import jsonpatch  # noqa: F401
    import tabulate  # noqa: F401

    from loganalyzer.rules.catalogue import catalogue
    from loganalyzer.whatif import fixes, state  # noqa: F401

    catalogue()


def _last(stamp: bytes) -> str:
    from loganalyzer.parser.stamps import moment

    return moment(stamp)


def _teller(request: Request, live: object, names: Callable[[], list[str]]) -> LiveText | LiveLines | None:
    """What tells changes in the form that was asked for; None: it is one document, at the end."""
    from loganalyzer.correlator.live import Live
    from loganalyzer.report.live import LiveLines, LiveText

    if not isinstance(live, Live):
        raise TypeError(live)
    if request.format == "jsonl":
        return LiveLines(live.with_fixes)
    if request.format not in (None, "text"):
        return None
    colour = wants_colour(request.colour, sys.stdout)
    return LiveText(width(), colour=colour, fixing=live.with_fixes, inputs=names)


def _lasting(request: Request) -> list[str | Path]:
    """The inputs that can be opened again, as they were given: files and folders."""
    given = [one for one in request.inputs if isinstance(one, str | Path) and str(one) != STANDARD_INPUT]
    return [one for one in given if Path(one).is_file() or Path(one).is_dir()]


def _mark(given: str | Path) -> tuple[int, ...] | None:
    """What is another once a file is written or replaced; None where there is none."""
    try:
        status = Path(given).stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _only(told: Told, chosen: Callable[[Diagnosis], Diagnosis]) -> Told:
    """What was asked for of some changes."""
    from loganalyzer.correlator.announcements.found import NOTHING
    from loganalyzer.correlator.diagnosis import Diagnosis

    failures = tuple(c.failure for c in told.changes)
    kept = chosen(Diagnosis("", (), failures, (), announcements=told.announcements or NOTHING))
    wanted = {id(f) for f in kept.failures}
    return structs.replace(
        told,
        changes=tuple(c for c in told.changes if id(c.failure) in wanted),
        announcements=kept.announcements if told.announcements is not None else None,
    )


def _reader(descriptor: int) -> int | None:
    """The descriptor where somebody reads at its other end, who may go away."""
    mode = os.fstat(descriptor).st_mode
    return descriptor if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None


@contextmanager
def _interruptions(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls `stop`, the second one interrupts at once."""
    pressed = 0

    def on(number: int, frame: object) -> None:  # noqa: ARG001  (the shape of a handler)
        nonlocal pressed
        pressed += 1
        if pressed > 1:
            raise KeyboardInterrupt
        stop()

    before = signal.signal(signal.SIGINT, on)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
