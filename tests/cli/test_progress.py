"""Progress is shown on terminals, late and seldom, and taken away again."""

from __future__ import annotations

import io

import pytest

from loganalyzer.cli.progress import progress_line, progress_on


class Terminal(io.StringIO):
    """Something that keeps what a terminal is sent."""

    def isatty(self) -> bool:
        """It says that it is a terminal."""
        return True


@pytest.mark.parametrize(
    ("done", "total", "seconds", "line"),
    [
        pytest.param(312_000_000, 2_000_000_000, 6.0, "312 MB of 2.0 GB, 52 MB/s, 32 s left", id="size known"),
        pytest.param(1_500, None, 1.0, "2 kB, 2 kB/s", id="size unknown"),
        pytest.param(0, 100, 0.0, "0 B of 100 B, 0 B/s", id="nothing yet"),
        pytest.param(10**9, 10**13, 1.0, "1.0 GB of 10.0 TB, 1.0 GB/s, 2.8 h left", id="hours"),
        pytest.param(100, 100, 1.0, "100 B of 100 B, 100 B/s", id="done"),
    ],
)
def test_lines(done: int, total: int | None, seconds: float, line: str) -> None:
    """Bytes, rate, and time left where the size is known."""
    assert progress_line(done, total, seconds) == line


def test_nothing_in_a_pipe() -> None:
    """Where standard error is no terminal there is no progress."""
    assert progress_on(io.StringIO()) is None


def test_shown_late_and_cleared() -> None:
    """The first line comes after a second, the next after a while, and the last is taken away."""
    now = 0.0
    terminal = Terminal()
    found = progress_on(terminal, lambda: now)
    assert found is not None
    show, clear = found
    for now in (0.1, 0.9, 1.1, 1.2, 1.5):
        show(int(now * 1000), None)
    assert terminal.getvalue().count("\r") == 2
    clear()
    assert terminal.getvalue().endswith("\r\x1b[K")
