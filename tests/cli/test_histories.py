"""`timeline` and `state` as a user runs them."""

import csv
import io
import json
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import COMMAND, ENDED, SHARING, environment, loganalyzer, on_terminal
from tests.samples import FIXTURES

SPEAKERS = FIXTURES / "speakers" / "0.13.12-seed_article"
BOTH = ["timeline", "state"]
FORMS = ["text", "json", "markdown", "csv"]

every_command = pytest.mark.parametrize("command", BOTH)


def test_help_lists_both() -> None:
    """The program's help has a sentence for each."""
    lines = loganalyzer("--help").stdout.decode().splitlines()
    for command in BOTH:
        assert any(line.split()[:1] == [command] and len(line.split()) > 3 for line in lines)


@every_command
def test_every_option_is_in_the_help(command: str) -> None:
    """The command's help says how to call it and what each option does."""
    text = loganalyzer(command, "--help").stdout.decode()
    assert f"Usage: loganalyzer {command}" in text
    own = {"timeline": ["--service", "--address", "--pool", "--node"], "state": ["--at", "--diff"]}[command]
    for option in [*own, "--format", "--output", "--tz", "--metallb-version"]:
        assert option in text


@every_command
@pytest.mark.parametrize("form", FORMS)
def test_a_file_and_a_pipe_give_the_same(command: str, form: str, tmp_path: Path) -> None:
    """Standard input, a file and an archive are read alike, in each form, but for the input's name."""
    archive = tmp_path / "logs.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(SHARING, "controller.log")
    results = [
        (loganalyzer(command, "--format", form, SHARING), str(SHARING)),
        (loganalyzer(command, "--format", form, stdin=SHARING.read_bytes()), "-"),
        (loganalyzer(command, "--format", form, archive), f"{archive}!controller.log"),
    ]
    for result, _ in results:
        assert (result.returncode, result.stderr) == (0, b"")
        assert b"default/git-ssh" in result.stdout
    if form in ("json", "csv"):
        texts = [r.stdout.decode().replace(json.dumps(n) if form == "json" else n, "NAME") for r, n in results]
        assert len(set(texts)) == (1 if form == "json" else len(set(texts)))
        assert texts[0] == texts[2] or form == "csv"


@every_command
def test_a_folder_is_read(command: str) -> None:
    """The logs of a folder are one report."""
    result = loganalyzer(command, "--format", "json", SPEAKERS)
    assert result.returncode == 0
    assert "default/ingress" in result.stdout.decode()


@every_command
@pytest.mark.parametrize(("suffix", "begins"), [(".json", "{"), (".md", "## "), (".csv", "{}"), (".txt", "")])
def test_output_goes_to_a_file_in_the_form_of_its_suffix(
    command: str, suffix: str, begins: str, tmp_path: Path
) -> None:
    """`--output` writes the form that the suffix names, and nothing to standard output."""
    path = tmp_path / f"report{suffix}"
    result = loganalyzer(command, "--output", path, SHARING)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    text = path.read_text(encoding="utf-8")
    assert text.startswith({"timeline": "ts,", "state": "controller,"}[command] if begins == "{}" else begins)
    assert "git-ssh" in text


WRONG: list[Any] = [
    pytest.param(["timeline", "--service", "a", "--pool", "b"], b"one kind", id="two kinds"),
    pytest.param(["timeline", "--address", "nowhere"], b"--address", id="no address"),
    pytest.param(["timeline", "--node", "=x.log"], b"NAME=INPUT", id="no node"),
    pytest.param(["timeline", "--node", "n=other.log"], b"other.log", id="a node of no input"),
    pytest.param(["timeline", "--format", "xml"], b"xml", id="a form of a timeline"),
    pytest.param(["timeline", "--tz", "Mars"], b"Mars", id="no zone"),
    pytest.param(["timeline", "--metallb-version", "latest"], b"latest", id="no version"),
    pytest.param(["timeline", "--output", "story.pdf"], b".pdf", id="no suffix"),
    pytest.param(["state", "--at", "yesterday"], b"yesterday", id="no moment"),
    pytest.param(["state", "--at", "9999"], b"has no line 9999", id="no line"),
    pytest.param(["state", "--at", "other.log:1"], b"other.log", id="no file"),
    pytest.param(["state", "--at", "end", "--diff", "1", "end"], b"--diff", id="a moment and two"),
    pytest.param(["state", "--format", "xml"], b"xml", id="a form of a table"),
]


@pytest.mark.parametrize(("arguments", "expected"), WRONG)
def test_wrong_use_exits_with_2(arguments: list[str], expected: bytes) -> None:
    """A wrong use is told in one line of standard error, prints nothing else, and exits with 2."""
    result = loganalyzer(*arguments, SHARING)
    assert (result.returncode, result.stdout, result.stderr.count(b"\n")) == (2, b"", 1)
    assert expected in result.stderr


@every_command
@pytest.mark.parametrize(
    "data", [b"", b"no log\n", b"\x00\xff" * 999, b'{"a":' * 3000], ids=["empty", "text", "bytes", "deep"]
)
def test_what_is_no_log_is_told(command: str, data: bytes) -> None:
    """Nothing of MetalLB in the input: one line on standard error, and 3."""
    result = loganalyzer(command, stdin=data)
    assert (result.returncode, result.stdout, result.stderr.count(b"\n")) == (3, b"", 1)
    assert b"Traceback" not in result.stderr


@every_command
def test_an_input_that_is_missing_does_not_hide_the_others(command: str) -> None:
    """The rest is reported, and the status says that something is missing."""
    result = loganalyzer(command, "/nowhere.log", SHARING)
    assert result.returncode == 3
    assert b"git-ssh" in result.stdout
    assert b"/nowhere.log" in result.stderr


@every_command
def test_a_closed_pipe_ends_quietly(command: str) -> None:
    """`| head -1` is no error."""
    arguments = f"{COMMAND} {command} {SHARING} | head -1"
    result = subprocess.run(["/bin/sh", "-c", arguments], capture_output=True, env=environment(), check=False)
    assert (result.returncode, result.stderr) == (0, b"")


def test_a_moment_counts_back_from_the_end_of_a_pipe() -> None:
    """What comes through a pipe is read twice where a moment counts back, and a FIFO too."""
    piped = loganalyzer("state", "--at", "31m", "--format", "json", stdin=SHARING.read_bytes())
    found = json.loads(piped.stdout)["controllers"][0]
    assert (found["at"]["line"], [a["address"] for a in found["addresses"]]) == (59, ["192.168.10.200"])
    shell = f"{COMMAND} state --at 31m --format json <(cat {SHARING})"
    result = subprocess.run(["/bin/bash", "-c", shell], capture_output=True, env=environment(), check=False)
    again = json.loads(result.stdout)["controllers"][0]
    assert (again["at"]["line"], again["waiting"]) == (59, found["waiting"])


def test_a_zone_moves_the_moment() -> None:
    """A time without a zone is in the one that `--tz` names; what is printed stays UTC."""
    utc = loganalyzer("state", "--at", "2026-03-07 00:55:30", "--format", "json", SHARING)
    zoned = loganalyzer("state", "--at", "2026-03-07 01:55:30", "--tz", "Europe/Berlin", "--format", "json", SHARING)
    positions = [json.loads(r.stdout)["controllers"][0]["at"] for r in (utc, zoned)]
    assert positions[0] == positions[1]
    assert positions[0]["ts"].endswith("Z")


def test_a_difference_is_told() -> None:
    """`--diff` tells what changed between two moments, and that nothing did between a moment and itself."""
    rows = loganalyzer("state", "--diff", "45", "end", "--format", "csv", SHARING).stdout.decode()
    found = {(r["kind"], r["of"], r["what"], r["after"]) for r in csv.DictReader(io.StringIO(rows))}
    assert ("service", "default/ingress", "address", "192.168.10.200") in found
    assert b"Nothing changed" in loganalyzer("state", "--diff", "end", "end", SHARING).stdout


def test_a_timeline_is_of_one_service() -> None:
    """`--service` leaves others out, and a bare name is a service in any namespace."""
    text = loganalyzer("timeline", "--service", "git-ssh", SHARING, env={"COLUMNS": "160"}).stdout.decode()
    assert "MLB104 backend-mismatch on 192.168.10.200, held by default/ingress (2 attempts over 20 s)" in text
    rows = loganalyzer("timeline", "--service", "default/git-ssh", "--format", "csv", SHARING).stdout.decode()
    assert {r["service"] for r in csv.DictReader(io.StringIO(rows))} == {"default/git-ssh", ""}


def test_a_node_can_be_told_for_an_input(tmp_path: Path) -> None:
    """`--node NAME=INPUT` says whose speaker wrote it, and `--node NAME` asks for its story."""
    path = tmp_path / "some.log"
    path.write_bytes((SPEAKERS / "speaker-node-2.log").read_bytes())
    result = loganalyzer("timeline", "--node", f"worker={path}", "--node", "worker", "--format", "json", path)
    found = json.loads(result.stdout)
    assert {e["node"] for e in found["entries"]} == {"worker"}
    assert "announced" in {e["kind"] for e in found["entries"]}


def test_nothing_unescaped_reaches_a_terminal() -> None:
    """Controls in names come out visible: the only escapes on a terminal are those that clear progress."""
    data = (
        ENDED.read_bytes()
        .replace(b"default/one", b"default/\\u001b]0;x\\u0007\\u202eone")
        .replace(b'\\"name\\":\\"one\\"', b'\\"name\\":\\"\\\\u001b[31mone\\"')
    )
    for command in BOTH:
        _, shown = on_terminal(command, stdin=data)
        assert b"\x1b" not in shown.replace(b"\r\x1b[K", b"")
        assert b"\x07" not in shown
        assert "\u202e".encode() not in shown


def test_the_width_of_the_terminal_is_kept() -> None:
    """On 80 columns no line of a timeline is longer."""
    result = loganalyzer("timeline", SHARING, env={"COLUMNS": "80"})
    assert max(len(line) for line in result.stdout.decode().splitlines()) <= 80


def test_an_interrupt_ends_with_130() -> None:
    """Ctrl-C while a pipe is read: 130, without a traceback."""
    for command in BOTH:
        process = subprocess.Popen(
            [COMMAND, command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
        )
        assert process.stdin is not None
        process.stdin.write(SHARING.read_bytes())
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=2)
        os.kill(process.pid, 2)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (130, b"")
