"""Inputs that can't be read, and logs that want to do harm."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import SHARING, loganalyzer, on_terminal
from tests.samples import RULES

TIMED_OUT = b'{"level":"info","ts":"2024-07-01T10:00:00Z","msg":"x"}'


def missing(folder: Path) -> Path:
    """There is no such file."""
    return folder / "missing.log"


def written(name: str, data: bytes) -> Any:
    """A file of these bytes."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return make


BAD = [
    pytest.param(missing, "no such file", id="missing"),
    pytest.param(written("empty.log", b""), "is empty", id="empty"),
    pytest.param(written("blank.log", b"\n\n\n"), "no MetalLB line", id="blank"),
    pytest.param(written("text.log", b"hello\nworld\n"), "no MetalLB line", id="text"),
    pytest.param(written("other.json", b'{"level":"info","message":"x"}\n'), "no MetalLB line", id="another log"),
    pytest.param(written("binary.log", bytes(range(256)) * 400), "no MetalLB line", id="binary"),
    pytest.param(written("klog.log", b"W0101 10:00:00.617434       1 a.go:1] x\n"), "no MetalLB line", id="klog alone"),
    pytest.param(written("wrapped\n.log", b"x"), "no MetalLB line", id="a line feed in its name"),
]


@pytest.mark.parametrize(("make", "problem"), BAD)
def test_a_bad_input_is_one_line_on_standard_error(make: Any, problem: str, tmp_path: Path) -> None:
    """An input that gives nothing is told on one line that says what to do; the status is 3 and no report is made."""
    path = make(tmp_path)
    result = loganalyzer("explain", path)
    assert (result.returncode, result.stdout) == (3, b"")
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith("loganalyzer: ")
    assert problem in line
    assert path.stem.split("\n")[0] in line
    assert ";" in line  # what follows says what to do


@pytest.mark.parametrize("command", ["explain", "events"])
@pytest.mark.parametrize(("make", "problem"), [BAD[0], BAD[3]])
def test_the_other_inputs_are_still_reported(make: Any, problem: str, command: str, tmp_path: Path) -> None:
    """Beside an input that gives nothing the others are reported as if alone."""
    result = loganalyzer(command, make(tmp_path), SHARING)
    assert result.returncode == 3
    assert problem in result.stderr.decode()
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == loganalyzer(command, SHARING).stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    """A file that may not be read is told like a missing one."""
    path = tmp_path / "secret.log"
    path.write_bytes(b"x")
    path.chmod(0)
    result = loganalyzer("explain", path)
    assert result.returncode == 3
    assert b"permission" in result.stderr


@pytest.mark.parametrize("given", [b"", b"\n", b"not a log\n"], ids=["empty", "blank", "text"])
def test_standard_input_without_a_log(given: bytes) -> None:
    """Standard input that has nothing of MetalLB is told on one line."""
    result = loganalyzer(stdin=given)
    assert (result.returncode, result.stdout) == (3, b"")
    assert len(result.stderr.splitlines()) == 1


def test_json_is_printed_even_where_nothing_was_read(tmp_path: Path) -> None:
    """A program that asked for JSON gets a document, though an empty one."""
    result = loganalyzer("--format", "json", missing(tmp_path))
    assert result.returncode == 3
    assert json.loads(result.stdout)["inputs"] == []


def test_a_speakers_log_alone_is_read() -> None:
    """A log of MetalLB that has no controller in it is an input all the same."""
    line = b'{"caller":"main.go:1","event":"serviceAnnounced","ips":["192.0.2.1"],"level":"info","msg":"x","ts":"x"}\n'
    result = loganalyzer("--format", "json", stdin=line)
    assert result.returncode == 0
    assert json.loads(result.stdout)["inputs"][0]["component"] == "speaker"


EVIL = "x\x1b[31m\u202eevil\0\a\x9b2J"
"""Colours, a direction mark, a NUL, a bell, an eight-bit escape."""


def hostile() -> bytes:
    """A real log in which a service's name and an error text would act on a terminal."""
    lines = [json.dumps(_spoilt(json.loads(line))).encode() for line in SHARING.read_bytes().splitlines()]
    return b"\n".join([*lines, b"\x1b[2J\x9b no log line"])


def _spoilt(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _spoilt(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_spoilt(item) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith('{"kind"'):
        return json.dumps(_spoilt(json.loads(value)), separators=(",", ":"))
    return value.replace("git-ssh", EVIL).replace("no available IPs", "no available IPs\x1b]0;title\a")


def harmful(text: bytes) -> list[str]:
    """Characters that act on a terminal."""
    return re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text.decode())


PLAIN = ["--color", "never"]


@pytest.mark.parametrize(
    "arguments", [["explain", *PLAIN], ["explain", *PLAIN, "--service", EVIL.replace("\0", "")], ["events"]]
)
def test_a_hostile_log_cannot_act_on_the_terminal(arguments: list[str]) -> None:
    """Names and texts with escapes, direction marks and controls are shown, not obeyed."""
    status, shown = on_terminal(*arguments, stdin=hostile())
    assert status == 0
    assert harmful(shown) == []
    assert b"\\x1b[31m\\u202eevil" in shown


def test_a_hostile_log_cannot_add_colours() -> None:
    """Where colours are on, the text is the same but for the program's own sequences."""
    _, coloured = on_terminal("explain", "--color", "always", stdin=hostile())
    _, plain = on_terminal("explain", *PLAIN, stdin=hostile())
    own = re.sub(rb"\x1b\[[0-9;]*m", b"", coloured)
    assert own != coloured
    assert own == plain


def test_a_hostile_file_name_is_shown_harmlessly(tmp_path: Path) -> None:
    """A file's name is shown as harmlessly as what is in it."""
    path = tmp_path / "a\x1b[31m\u202eb.log"
    path.write_bytes(SHARING.read_bytes())
    _, shown = on_terminal("explain", "--color", "never", path)
    assert harmful(shown) == []
    _, shown = on_terminal("explain", "--color", "never", str(path) + "x")
    assert harmful(shown) == []


DEEP = b"[" * 100_000
ODD = [
    pytest.param(b'{"caller":' + DEEP, id="nested JSON"),
    pytest.param(
        b'{"caller":"a","controller":"ServiceReconciler","processing service":"{\\"metadata\\":' + DEEP + b'"}',
        id="nested dump",
    ),
    pytest.param(
        b'{"caller":"a","controller":"PoolReconciler","rendered config":"(config.Config) {' + b"{" * 20_000 + b'"}',
        id="nested configuration",
    ),
    pytest.param(b'{"caller":"a","op":"allocateIPs","error":"' + b'[\\"a\\" ' * 20_000 + b'"}', id="long error"),
    pytest.param(b'{"caller":"a","event":"ipAllocated","ip":[' + b"1," * 50_000 + b"1]}", id="long list"),
    pytest.param(b'{"caller":"' + b"x" * 3_000_000 + b'"}', id="a line of three million bytes"),
    pytest.param(b'{"caller":"a","ts":' + b"9" * 5_000 + b"}", id="a number of five thousand digits"),
    pytest.param(b'{"caller":"a","ts":1e999}', id="infinity"),
    pytest.param(b"\xef\xbb\xbf" + TIMED_OUT, id="a byte order mark"),
    pytest.param(b'{"caller":"a","level":"debug","msg":"x","ts":"9999-12-31T23:59:59-23:59"}', id="after all time"),
    pytest.param(b'{"log":"' + b'{\\"caller\\":\\"a\\"}\\n' * 20_000 + b'"}', id="a whole log in one string"),
    pytest.param(b'{"caller":"a","b":[' + b'"c",' * 100_000 + b"x", id="a list that is cut off"),
    pytest.param(b"panic: x\n" + b"(" * 300_000, id="brackets behind a panic"),
]


@pytest.mark.parametrize("line", ODD)
def test_monstrous_lines_are_survived(line: bytes) -> None:
    """A line made to exhaust the reader yields a report or one line, in moments."""
    result = loganalyzer(stdin=line + b"\n" + TIMED_OUT + b"\n" + line)
    assert result.returncode in (0, 3)
    assert b"Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) <= 1


def test_an_empty_name_is_no_folder(tmp_path: Path) -> None:
    """An unset variable in a script names no input, not the folder in which one happens to be."""
    (tmp_path / "controller.log").write_bytes(SHARING.read_bytes())
    result = loganalyzer("explain", "", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (3, b"")
    assert result.stderr == b"loganalyzer: '': there is no such file; check the name\n"


def test_a_time_before_all_logs_is_survived() -> None:
    """Go's zero time is a time like others."""
    result = loganalyzer(stdin=b'{"caller":"a","level":"debug","msg":"x","ts":"0001-01-01T00:00:00Z"}\n')
    assert result.returncode == 0


def test_windows_line_ends_are_taken() -> None:
    """A log with carriage returns tells the same failures."""
    plain = json.loads(loganalyzer("--format", "json", "-", stdin=SHARING.read_bytes()).stdout)
    result = loganalyzer("--format", "json", "-", stdin=SHARING.read_bytes().replace(b"\n", b"\r\n"))
    assert json.loads(result.stdout)["failures"] == plain["failures"]


PASTED: list[Any] = [
    pytest.param("MLB103/positive-0.14.8-keys_differ.log", 70, "edge", "e;reboot", id="sharing key"),
    pytest.param("MLB103/positive-0.14.8-keys_differ.log", 70, "mail", "m;reboot", id="waiting service"),
    pytest.param(
        "MLB104/positive-0.14.8-local_different_selectors.log",
        93,
        r"(?<=name..:..)ingress|(?<=default/)ingress",
        "i;reboot",
        id="holder",
    ),
    pytest.param("MLB104/positive-0.14.8-local_different_selectors.log", 93, "git-ssh", "g;reboot", id="asker"),
    pytest.param(
        "MLB104/positive-0.14.8-local_different_selectors.log",
        93,
        "default",
        "d;reboot",
        id="namespace",
    ),
    pytest.param("MLB104/positive-0.14.8-local_different_selectors.log", 93, "production", "p;reboot;d", id="pool"),
    pytest.param("MLB203/positive-0.14.8-auto_assign_off.log", 45, "reserved", ";reboot;", id="pool by name"),
    pytest.param("MLB205/positive-0.14.8-priority_only.log", 68, "main", "m;r;", id="pool to edit"),
    pytest.param("MLB301/positive-0.12.1-requested_addresses.log", 33, "ghost", "g;reboot", id="0.12"),
    pytest.param("MLB307/positive-0.14.8-not_ours.log", 60, "headless", "h;reboot", id="by text"),
]


@pytest.mark.parametrize(("log", "last", "word", "spoilt"), PASTED)
def test_no_word_of_the_log_is_run_by_a_pasted_command(log: str, last: int, word: str, spoilt: str) -> None:
    """What a log calls things is one quoted word in every command that is shown."""
    lines = (RULES / log).read_text().splitlines(keepends=True)[:last]
    log = re.sub(word, spoilt, "".join(lines))
    text = loganalyzer(stdin=log.encode(), env={"COLUMNS": "200"}).stdout.decode()
    assert spoilt in text
    commands = [line.strip() for line in text.splitlines() if line.strip().startswith("kubectl ")]
    assert commands
    for command in commands:
        assert spoilt not in re.sub(r"'[^']*'", "", command), command
