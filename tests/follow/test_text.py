"""What a reader is told while logs are followed: names that tell inputs apart, and days that are not today."""

from datetime import UTC, datetime

import pytest

from loganalyzer.cli.status import status_line
from loganalyzer.report.live import LiveText
from tests.follow.telling import Rehearsal
from tests.samples import FIXTURES

ARTICLE = (FIXTURES / "article-0.14.8.log").read_bytes()


def text(monkeypatch: pytest.MonkeyPatch, name: str, inputs: list[str], now: str) -> str:
    """All that is told of the article's log under this name, beside other inputs."""
    run = Rehearsal([(name, [ARTICLE])], monkeypatch)
    clock = datetime.fromisoformat(now).replace(tzinfo=UTC)
    live = LiveText(100, colour=False, fixing=list, inputs=lambda: inputs, clock=lambda: clock)
    return b"".join(piece for told in run.told for piece in live.told(told)).decode()


def test_a_name_is_as_short_as_tells_inputs_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last part of a path alone is that of every pod's log."""
    one, other = "pod-a/controller/0.log", "pod-b/controller/0.log"
    now = "2026-03-07T01:00:00"
    assert "pod-a/controller/0.log:49" in text(monkeypatch, one, [one, other], now)
    assert "  0.log:49" in text(monkeypatch, one, [one], now)


def test_a_day_that_is_not_today_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what was today needs no date."""
    assert "since 00:55:29 " in text(monkeypatch, "a.log", ["a.log"], "2026-03-07T01:00:00")
    assert "since 7 Mar 00:55:29 " in text(monkeypatch, "a.log", ["a.log"], "2026-03-08T01:00:00")


def test_a_status_line_is_harmless() -> None:
    """A file's name does nothing to the terminal."""
    assert status_line(["a\x1b[2J\n.log"], 0, 1, "", 80).startswith("a\\x1b[2J\\n.log: 0 services")


def test_a_status_line_fits_the_terminal() -> None:
    """Wide characters take two columns; the last column stays free."""
    assert status_line(["日本語のログ"], 0, 1, "", 10) == "日本語の"
    assert status_line(["controller.log"], 0, 1, "", 10) == "controlle"
