"""Where a report goes: files, pipes, terminals, colours, interruptions."""

import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from loganalyzer.version import __version__
from tests.cli.command import COMMAND, OLD, PORTS, SHARING, environment, loganalyzer, on_terminal
from tests.samples import FIXTURES

RED = b"\x1b["


def test_output_goes_to_the_file_alone(tmp_path: Path) -> None:
    """`--output` writes what would have been printed, and prints nothing."""
    result = loganalyzer("--output", tmp_path / "report.json", SHARING)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    assert (tmp_path / "report.json").read_bytes() == loganalyzer("--format", "json", SHARING).stdout


def test_several_outputs_have_the_form_of_their_suffix(tmp_path: Path) -> None:
    """`--output` may be repeated; each file's suffix names its form."""
    names = ["a.txt", "b.json", "c.jsonl"]
    result = loganalyzer(*(x for name in names for x in ("--output", tmp_path / name)), SHARING)
    assert result.returncode == 0
    assert "MLB104" in (tmp_path / "a.txt").read_text()
    assert json.loads((tmp_path / "b.json").read_text())["schema"] == "loganalyzer/diagnosis/1"
    assert json.loads((tmp_path / "c.jsonl").read_text().splitlines()[0])["type"] == "failure"


def test_the_format_decides_for_a_single_output(tmp_path: Path) -> None:
    """With one file `--format` counts, whatever the suffix says."""
    assert loganalyzer("--format", "json", "--output", tmp_path / "report.txt", SHARING).returncode == 0
    assert json.loads((tmp_path / "report.txt").read_text())


UNWRITABLE = [
    pytest.param("nowhere/report.txt", id="no such folder"),
    pytest.param(".", id="a folder"),
]


@pytest.mark.parametrize("name", UNWRITABLE)
def test_a_file_that_cannot_be_written_is_a_wrong_use(name: str, tmp_path: Path) -> None:
    """Where the report can't be written one line says so, the status is 2, and nothing is left behind."""
    result = loganalyzer("--format", "text", "--output", tmp_path / name, SHARING)
    assert (result.returncode, result.stdout) == (2, b"")
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["explain", "events", "timeline", "state", "stats", "redact", "check"])
@pytest.mark.parametrize("link", ["none", "symbolic", "hard"])
def test_an_input_is_not_written_over(command: str, link: str, tmp_path: Path) -> None:
    """A log stays what it is, whatever the name under which it is to be written over."""
    log, other = tmp_path / "controller.log", tmp_path / "report.json"
    log.write_bytes(SHARING.read_bytes())
    if link == "symbolic":
        other.symlink_to(log)
    elif link == "hard":
        other.hardlink_to(log)
    name = log if link == "none" else other
    inputs = ["--against", log, log] if command == "check" else [log]
    form = [] if command == "redact" else ["--format", "csv" if command == "events" else "json"]
    result = loganalyzer(command, *form, "--output", name, *inputs)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.endswith(b": it is an input, and would be lost; name a new one\n")
    assert log.read_bytes() == SHARING.read_bytes()


CLOSED = [
    pytest.param(">&-", 2, b"loganalyzer: the report can't be written (bad file descriptor)\n", id="output"),
    pytest.param("--output {}/report.json >&-", 0, b"", id="output that is not needed"),
    pytest.param("2>&- /nowhere.log", 3, b"", id="messages"),
    pytest.param("2>/dev/full /nowhere.log", 3, b"", id="messages that have no place"),
    pytest.param(">&- 2>&-", 2, b"", id="both"),
]


@pytest.mark.parametrize(("how", "status", "told"), CLOSED)
def test_closed_streams_are_no_surprise(how: str, status: int, told: bytes, tmp_path: Path) -> None:
    """Where a standard stream was closed before the start the status says what became of the report."""
    line = f"{COMMAND} explain --format json {SHARING} {how.format(tmp_path)}"
    result = subprocess.run(["bash", "-c", line], capture_output=True, env=environment(), timeout=60, check=False)  # noqa: S607
    assert (result.returncode, result.stderr) == (status, told)


@pytest.mark.parametrize("arguments", ["", "explain", "events"])
def test_a_closed_input_is_an_empty_one(arguments: str) -> None:
    """Where standard input was closed before the start there is nothing in it."""
    line = f"{COMMAND} {arguments} <&-"
    result = subprocess.run(["bash", "-c", line], capture_output=True, env=environment(), timeout=60, check=False)  # noqa: S607
    assert result.returncode == 3
    assert result.stderr.startswith(b"loganalyzer: -: is empty; ")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """Where the disk is full the old file stays as it was, and no half one lies beside it."""
    target = tmp_path / "events.csv"
    target.write_text("old")
    limit = f"ulimit -f 8; exec {COMMAND} events --output {target} {SHARING}"
    result = subprocess.run(["/bin/bash", "-c", limit], capture_output=True, env=environment(), check=False)
    assert result.returncode != 0
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if p.stat().st_size and p != target] == []


def test_a_file_that_was_there_is_replaced_with_its_mode(tmp_path: Path) -> None:
    """An existing file gets the new report and keeps its permissions."""
    target = tmp_path / "report.txt"
    target.write_text("old")
    target.chmod(0o640)
    assert loganalyzer("--output", target, SHARING).returncode == 0
    assert "MLB104" in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["report.txt"]


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    """A new file is as readable as others are, not as a temporary one."""
    loganalyzer("--output", tmp_path / "report.txt", SHARING)
    (tmp_path / "other").write_text("")
    assert (tmp_path / "report.txt").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_fifo_is_written_to_directly(tmp_path: Path) -> None:
    """A FIFO stays one: the reader at its end gets the report."""
    fifo = tmp_path / "pipe.json"
    os.mkfifo(fifo)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    reader.start()
    result = loganalyzer("--output", fifo, SHARING)
    reader.join(timeout=60)
    assert result.returncode == 0
    assert json.loads(got[0])["failures"]
    assert fifo.is_fifo()


def test_a_device_is_written_to_directly() -> None:
    """Standard output's device is written to, not replaced."""
    result = loganalyzer("--format", "json", "--output", "/dev/stdout", SHARING)
    assert json.loads(result.stdout)["failures"]
    assert Path("/dev/stdout").exists()


@pytest.mark.parametrize("command", [["explain"], ["events"], ["rules"], ["rules", "MLB104"]], ids=" ".join)
def test_a_closed_pipe_ends_quietly(command: list[str]) -> None:
    """Where the reader goes away (`| head -1`) the command ends without a word."""
    inputs = f"{SHARING} {PORTS}" if command[0] in ("explain", "events") else ""
    script = f"{COMMAND} {' '.join(command)} {inputs} | head -c 1; echo; echo status ${{PIPESTATUS[0]}}"
    result = subprocess.run(["/bin/bash", "-c", script], capture_output=True, env=environment(), check=False)
    assert result.stderr == b""
    assert result.stdout.split(b"\n")[1] == b"status 0"


def test_a_full_disk_is_told() -> None:
    """Where standard output can't be written one line says so, without a traceback."""
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run([COMMAND, SHARING], stdout=full, stderr=subprocess.PIPE, env=environment(), check=False)
    assert result.returncode != 0
    assert b"Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


COLOURS: list[Any] = [
    pytest.param([], {}, True, id="a terminal"),
    pytest.param([], {"NO_COLOR": "1"}, False, id="NO_COLOR"),
    pytest.param([], {"NO_COLOR": ""}, True, id="NO_COLOR empty"),
    pytest.param([], {"TERM": "dumb"}, False, id="a dumb terminal"),
    pytest.param(["--color", "never"], {}, False, id="never"),
    pytest.param(["--color", "always"], {"NO_COLOR": "1"}, True, id="always outranks NO_COLOR"),
]


@pytest.mark.parametrize(("arguments", "env", "expected"), COLOURS)
def test_colours_on_a_terminal(arguments: list[str], env: dict[str, str], expected: bool) -> None:
    """A terminal gets colours unless it was told not to."""
    status, shown = on_terminal(*arguments, SHARING, env=env)
    assert status == 0
    assert (RED in shown) == expected


@pytest.mark.parametrize(("choice", "expected"), [("auto", False), ("never", False), ("always", True)])
def test_colours_in_a_pipe(choice: str, expected: bool) -> None:
    """A pipe gets colours only where they were asked for."""
    assert (RED in loganalyzer("--color", choice, SHARING).stdout) == expected


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_the_report_keeps_to_the_width(columns: int) -> None:
    """Lines stay within the terminal, but for commands, which must be copied whole."""
    text = loganalyzer(SHARING, env={"COLUMNS": str(columns)}).stdout.decode()
    long = [line for line in text.splitlines() if len(line) > columns and "kubectl " not in line]
    assert long == []


def test_interruption_ends_with_130() -> None:
    """Ctrl-C while a log is read ends with status 130 and no traceback."""
    process = subprocess.Popen(
        [COMMAND, "explain"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(OLD.read_bytes() * 50)  # more than a pipe holds: once it is written, the command reads
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    _, problems = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in problems


def test_nothing_is_written_where_it_was_interrupted(tmp_path: Path) -> None:
    """An interrupted run leaves no output file, whole or half."""
    process = subprocess.Popen(
        [COMMAND, "explain", "--output", tmp_path / "report.json"], stdin=subprocess.PIPE, env=environment()
    )
    assert process.stdin is not None
    process.stdin.write(OLD.read_bytes() * 50)
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_one_log_gives_the_same_report_every_time() -> None:
    """Two runs over one log print the same bytes, whatever the seed of Python's hashes."""
    first, second = (loganalyzer("--format", "json", SHARING, env={"PYTHONHASHSEED": seed}) for seed in "12")
    assert first.stdout == second.stdout


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_the_locale_does_not_matter(locale: str) -> None:
    """A report has typographic characters; no locale makes it fail."""
    result = loganalyzer(SHARING, env={"LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    assert (result.returncode, result.stderr) == (0, b"")
    assert "·" in result.stdout.decode()


def test_a_file_tells_the_environment_too(tmp_path: Path) -> None:
    """A text report in a file ends with the environment and the command; on standard output with what to do."""
    log, file = FIXTURES / "article-0.14.8.log", tmp_path / "report.txt"
    shown = loganalyzer("explain", log).stdout.decode()
    assert loganalyzer("explain", log, "--output", file).returncode == 0
    written = file.read_text(encoding="utf-8")
    assert "Environment" not in shown
    assert "\nEnvironment\n  MetalLB      0.14.8\n" in written
    assert written.splitlines()[-1] == f"Made by loganalyzer {__version__}: loganalyzer explain {log}"
