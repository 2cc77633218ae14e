"""The options that choose what is reported, and `--strict`."""

import json
import os
import pty
import subprocess
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import COMMAND, ENDED, SHARING, environment, loganalyzer, on_terminal
from tests.samples import FIXTURES, ROOT

LOG = ROOT / "fixtures" / "controllers" / "restart_reshuffles-v0.14.8.log"
WHOLE = json.loads(loganalyzer("explain", "--format", "json", SHARING, ENDED).stdout)


def found(*options: object) -> dict[str, Any]:
    """The document of the two logs with these options, which are understood."""
    result = loganalyzer("explain", "--format", "json", *options, SHARING, ENDED)
    assert (result.returncode, result.stderr) == (0, b"")
    document: dict[str, Any] = json.loads(result.stdout)
    return document


CHOICES = [
    pytest.param(["--namespace", "default"], lambda f: f["service"].startswith("default/"), id="namespace"),
    pytest.param(["--namespace", "nobody"], lambda _: False, id="another namespace"),
    pytest.param(["--service", "git-ssh"], lambda f: f["service"] == "default/git-ssh", id="service"),
    pytest.param(["--rule", "backend-mismatch"], lambda f: f["cause"]["rule"] == "MLB104", id="rule by name"),
    pytest.param(
        ["--rule", "MLB104", "--rule", "mlb201"], lambda f: f["cause"]["rule"] in ("MLB104", "MLB201"), id="two rules"
    ),
    pytest.param(["--rule", "MLB104", "--service", "nobody"], lambda _: False, id="two kinds must both hold"),
    pytest.param(["--since", "2000-01-01"], lambda _: True, id="since long ago"),
    pytest.param(["--since", "2100-01-01 08:00"], lambda f: f["ended"] is None, id="what lasts to the end"),
    pytest.param(["--until", "2000-01-01T00:00:00Z"], lambda _: False, id="until long ago"),
    pytest.param(["--until", "0s"], lambda _: True, id="until the last record"),
    pytest.param(["--address", "198.51.100.1"], lambda _: False, id="an address of nobody"),
    pytest.param(["--pool", "nobody"], lambda _: False, id="a pool of nobody"),
]


@pytest.mark.parametrize(("options", "keeps"), CHOICES)
def test_options_choose(options: list[str], keeps: Any) -> None:
    """An option leaves findings out, changes none, and leaves what was read as it was."""
    document = found(*options)
    assert document["failures"] == [f for f in WHOLE["failures"] if keeps(f)]
    assert document["inputs"] == WHOLE["inputs"]


def test_the_choices_leave_something_out() -> None:
    """The table above has choices between which the two logs differ."""
    rules = {f["cause"]["rule"] for f in WHOLE["failures"]}
    assert {"MLB104", "MLB201"} <= rules
    assert {f["ended"] is None for f in WHOLE["failures"]} == {True, False}


def test_pool_and_address_keep_their_failures() -> None:
    """The pool and the address of a failure's cause choose it."""
    (failure,) = [f for f in WHOLE["failures"] if f["service"] == "default/git-ssh" and f["ended"] is None]
    cause = failure["cause"]
    assert failure in found("--pool", cause["pool"])["failures"]
    assert failure in found("--address", cause["address"])["failures"]


UNREADABLE = [
    pytest.param(["--since", "yesterday"], "--since", id="since"),
    pytest.param(["--until", "2d"], "--until", id="days"),
    pytest.param(["--until", ""], "--until", id="nothing"),
    pytest.param(["--since", "2024-13-01"], "--since", id="no month"),
    pytest.param(["--since", "1h", "--until", "2h"], "--since", id="an empty window"),
    pytest.param(["--rule", "MLB999"], "MLB999", id="rule"),
    pytest.param(["--address", "10.0.0"], "--address", id="address"),
    pytest.param(["--tz", "Mars/Olympus"], "Mars/Olympus", id="zone"),
    pytest.param(["--tz", "+25:00"], "+25:00", id="offset"),
    pytest.param(["--tz", "../etc"], "../etc", id="a path as a zone"),
]


@pytest.mark.parametrize(("options", "names"), UNREADABLE)
def test_options_that_are_not_understood(options: list[str], names: str) -> None:
    """A value that can't be read is a wrong use: status 2, one line that names it, no report."""
    result = loganalyzer("explain", *options, SHARING)
    assert (result.returncode, result.stdout) == (2, b"")
    (line,) = result.stderr.decode().splitlines()
    assert names in line


def test_a_wrong_option_costs_no_reading() -> None:
    """A wrong option is told before an input is opened."""
    result = loganalyzer("explain", "--since", "yesterday", "/nowhere.log")
    assert result.returncode == 2
    assert b"nowhere" not in result.stderr


INFO = FIXTURES / "controllers" / "random-197-v0.14.8-info.log"

ZONES = [
    pytest.param("UTC", True, id="UTC"),
    pytest.param("+02:00", False, id="ahead"),
    pytest.param("-02:00", True, id="behind"),
    pytest.param("Asia/Tokyo", False, id="by name"),
]


@pytest.mark.parametrize(("zone", "kept"), ZONES)
def test_times_without_a_zone_are_in_the_one_that_was_given(zone: str, kept: bool) -> None:
    """A time half an hour behind the first failure lies before all of them where clocks are hours ahead."""
    first = datetime.fromisoformat(min(f["first"]["ts"] for f in WHOLE["failures"]))
    until = f"{first + timedelta(minutes=30):%Y-%m-%d %H:%M}"
    assert bool(found("--tz", zone, "--until", until)["failures"]) == kept


@pytest.mark.parametrize("options", [["--rule", "MLB501"], ["--namespace", "nobody"], ["--pool", "nobody"]])
def test_nothing_chosen_does_not_read_as_health(options: list[str]) -> None:
    """A text from which every failure was left out says so, and never that no service failed."""
    text = loganalyzer("explain", *options, LOG).stdout.decode()
    assert "left out: 2 of 2 failures" in text
    assert "No service failed" not in text


def test_advice_alone_does_not_read_as_health() -> None:
    """Where advice is all that was chosen, the first line does not say that no service failed."""
    text = loganalyzer("explain", "--rule", "MLB607", INFO).stdout.decode()
    assert "MLB607" in text
    assert "No failure of the kind that was asked for" in text
    assert "No service failed" not in text


@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
@pytest.mark.parametrize("noise", [b"", b"\n\n", b"not a line of MetalLB\n"], ids=["whole", "blank lines", "noise"])
def test_strict_is_about_lines_that_were_not_read(tmp_path: Path, noise: bytes, strict: bool) -> None:
    """`--strict` makes the status 3 where a line could not be read, says how many, and still reports."""
    path = tmp_path / "controller.log"
    path.write_bytes(SHARING.read_bytes() + noise)
    result = loganalyzer("explain", *(["--strict"] if strict else []), path)
    lost = strict and bool(noise.strip())
    assert result.returncode == (3 if lost else 0)
    assert (b"1 of " in result.stderr) == lost
    assert b"MLB104" in result.stdout


def test_no_progress_for_short_work() -> None:
    """On a terminal a short log shows no progress, and nothing of it is left in the report."""
    status, shown = on_terminal("explain", "--color", "never", SHARING)
    assert status == 0
    assert b"MB/s" not in shown
    assert b"\r" not in shown


def test_progress_for_long_work() -> None:
    """Where standard error is a terminal, work of more than a second shows its bytes, and takes them away."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "explain"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=inner, env=environment()
    )
    os.close(inner)
    assert process.stdin is not None
    lines = SHARING.read_bytes().splitlines(keepends=True)
    for at in range(3):
        process.stdin.write(lines[at])
        process.stdin.flush()
        time.sleep(1.2)
    report, _ = process.communicate(b"".join(lines[3:]), timeout=60)
    shown = os.read(outer, 65536)
    os.close(outer)
    assert b"MLB104" in report
    assert b" B, " in shown or b" kB, " in shown
    assert shown.endswith(b"\r\x1b[K")
