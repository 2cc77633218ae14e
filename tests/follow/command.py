"""The installed command while it follows: what it is given, and what it has said by then."""

import json
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from tests.cli.command import COMMAND, environment

LONG = 20.0
"""Seconds after which something that should happen at once is taken for something that does not happen."""


class Following(AbstractContextManager["Following"]):
    """A run of `explain --follow`. Its standard input is a pipe, or nothing where `stdin` is False."""

    def __init__(self, *arguments: object, stdin: bool = True, terminal: bool = False) -> None:
        self._outer = self._inner = -1
        if terminal:
            self._outer, self._inner = pty.openpty()
        self.said = b""
        self.process = subprocess.Popen(
            [COMMAND, "explain", "--follow", *map(str, arguments)],
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=self._inner if terminal else subprocess.PIPE,
            stderr=self._inner if terminal else subprocess.PIPE,
            env=environment(),
        )
        if terminal:
            os.close(self._inner)
        self._out = self._outer if terminal else self._stdout()

    def _stdout(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def write(self, data: bytes) -> None:
        """Bytes to its standard input."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def end(self) -> None:
        """Its standard input ends."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def read_until(self, done: Callable[[bytes], bool]) -> bytes:
        """All it has said, once that is enough. Fails where it never is."""
        limit = time.monotonic() + LONG
        while not done(self.said):
            left = limit - time.monotonic()
            assert left > 0, self.said
            if select.select([self._out], [], [], left)[0]:
                data = self._read()
                assert data, self.said
                self.said += data
        return self.said

    def _read(self) -> bytes:
        try:
            return os.read(self._out, 1 << 16)
        except OSError:  # Linux says so where a terminal's other end is closed.
            return b""

    def interrupt(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def rest(self) -> tuple[int, bytes, bytes]:
        """Its exit status, all it said, and what it said on standard error."""
        while data := self._read():
            self.said += data
        errors = self.process.stderr.read() if self.process.stderr is not None else b""
        return self.process.wait(LONG), self.said, errors

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None and not stream.closed:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
        if self._outer >= 0:
            os.close(self._outer)


def lines_of(said: bytes) -> list[dict[str, Any]]:
    """The JSON lines that are complete."""
    return [json.loads(line) for line in said.split(b"\n")[:-1]]


def has_lines(count: int) -> Callable[[bytes], bool]:
    """Whether so many lines were said."""
    return lambda said: said.count(b"\n") >= count


def has(*texts: bytes) -> Callable[[bytes], bool]:
    """Whether all of these were said."""
    return lambda said: all(text in said for text in texts)


def failing(lines: Iterable[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The lines up to the first one that says that an allocation failed, and those after it."""
    given = list(lines)
    at = next(i for i, line in enumerate(given) if b"IP allocation failed" in line)
    return given[: at + 1], given[at + 1 :]
