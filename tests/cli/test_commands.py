"""The commands, their options and their exit statuses."""

import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
from typing import Any

import pytest
import typer

from loganalyzer.cli.commands import COMMANDS
from loganalyzer.cli.program import function, program
from loganalyzer.rules.catalogue import catalogue, page
from loganalyzer.version import __version__
from tests.cli.command import COMMAND, ENDED, OLD, PORTS, SETTLED, SHARING, environment, loganalyzer, on_terminal
from tests.samples import FIXTURES, RULES


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], *([c, "--help"] for c in COMMANDS)], ids=" ".join)
def test_help_is_printed(arguments: list[str]) -> None:
    """Help is on standard output, says how to call, and is no error."""
    result = loganalyzer(*arguments)
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"Usage: loganalyzer" in result.stdout


def test_help_lists_every_command() -> None:
    """Each command is in the help with a sentence."""
    text = loganalyzer("--help").stdout.decode()
    for command in COMMANDS:
        assert any(line.split()[:1] == [command] and len(line.split()) > 3 for line in text.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_which_options_may_be_repeated(command: str) -> None:
    """An option that takes several values says so."""
    called = typer.main.get_command(program(command)).commands[command]  # type: ignore[attr-defined]  # a group's
    assert [p.opts for p in called.params if p.multiple and "repeatable" not in p.help] == []


def test_the_example_of_the_help_can_be_copied() -> None:
    """It stands on one line of a terminal of 80 columns."""
    example = "kubectl -n metallb-system logs deploy/controller -c controller | loganalyzer"
    assert example in [line.strip() for line in loganalyzer("--help").stdout.decode().splitlines()]


def test_version_is_printed() -> None:
    """`--version` prints name and version."""
    result = loganalyzer("--version")
    assert (result.returncode, result.stdout) == (0, f"loganalyzer {__version__}\n".encode())


def test_alone_on_a_terminal_it_shows_the_help() -> None:
    """`loganalyzer` without data and without arguments shows how it is called, and doesn't wait."""
    status, shown = on_terminal(stdin=None)
    assert status == 0
    assert b"Usage: loganalyzer" in shown


def test_explain_without_data_says_what_it_waits_for() -> None:
    """`explain` on a terminal says that it reads standard input; end of file ends it."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, "explain"], stdin=inner, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    os.close(inner)
    assert process.stderr is not None
    assert b"standard input" in process.stderr.readline()
    os.write(outer, b"\x04")
    _, _ = process.communicate(timeout=60)
    os.close(outer)
    assert process.returncode == 3


WAYS = [
    pytest.param([], True, id="alone"),
    pytest.param(["-"], True, id="a dash"),
    pytest.param(["explain"], True, id="explain"),
    pytest.param(["explain", "-"], True, id="explain and a dash"),
    pytest.param([SHARING], False, id="a file without a command"),
    pytest.param(["explain", SHARING], False, id="a file"),
]


@pytest.mark.parametrize(("arguments", "piped"), WAYS)
def test_a_log_is_explained(arguments: list[object], piped: bool) -> None:
    """A log that is piped in or named gives the report, whichever way it is asked for."""
    result = loganalyzer(*arguments, stdin=SHARING.read_bytes() if piped else b"")
    assert (result.returncode, result.stderr) == (0, b"")
    text = result.stdout.decode()
    assert "default/git-ssh" in text
    assert "MLB104 backend-mismatch" in text
    assert re.search(r"(:|line )72\b", text)


def test_several_inputs_are_one_report() -> None:
    """Several logs make one document, with each input's own counts, in the order of their times."""
    result = loganalyzer("explain", "--format", "json", SHARING, PORTS)
    found = json.loads(result.stdout)
    assert {i["name"] for i in found["inputs"]} == {str(SHARING), str(PORTS)}
    assert {f["cause"]["rule"] for f in found["failures"]} == {"MLB104", "MLB105"}
    both = {f["first"]["input"] for f in found["failures"]}
    assert both == {str(SHARING), str(PORTS)}


def test_an_input_named_twice_counts_once() -> None:
    """The same file twice is one input."""
    once = json.loads(loganalyzer("--format", "json", SHARING).stdout)
    assert json.loads(loganalyzer("--format", "json", SHARING, SHARING).stdout) == once


def test_jsonl_has_one_finding_a_line() -> None:
    """`--format jsonl` prints the failures of the document, one a line, each with its type."""
    log = RULES / "MLB302/positive-0.12.1-requested_addresses.log"
    lines = [json.loads(line) for line in loganalyzer("--format", "jsonl", log).stdout.splitlines()]
    document = json.loads(loganalyzer("--format", "json", log).stdout)
    assert lines == [{"type": "failure", **failure} for failure in document["failures"]]
    assert len(lines) > 1


USAGE: list[Any] = [
    ["--nonsense"],
    ["explain", "--nonsense"],
    ["explain", "--format", "xml"],
    ["explain", "--format"],
    ["explain", "--fail-on", "never"],
    ["explain", "--color", "maybe"],
    ["explain", "--metallb-version", "latest"],
    ["explain", "--output", "report.pdf"],
    ["events", "--format", "json"],
    ["rules", "MLB999"],
    ["rules", "MLB104", "MLB105"],
    pytest.param(
        ["rules", "--format", "xml"],
        id="rules --format xml",
    ),
]


@pytest.mark.parametrize("arguments", USAGE, ids=lambda value: " ".join(value))
def test_wrong_use_exits_with_2(arguments: list[str]) -> None:
    """A wrong use is told on standard error with what is wrong, prints nothing else, and exits with 2."""
    given = [SHARING] if arguments[0] in ("explain", "events") and arguments[-1] != "--format" else []
    result = loganalyzer(*arguments, *given)
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"Traceback" not in result.stderr
    assert (arguments[-1].strip("-").encode() in result.stderr) or b"extra argument" in result.stderr


STATUSES = [
    pytest.param([SHARING], 0, id="failures, not asked about"),
    pytest.param(["--fail-on", "unresolved", SHARING], 1, id="an unresolved failure"),
    pytest.param(["--fail-on", "any", SHARING], 1, id="any failure"),
    pytest.param(["--fail-on", "unresolved", ENDED], 0, id="all resolved"),
    pytest.param(["--fail-on", "any", ENDED], 1, id="any, though resolved"),
    pytest.param(["--fail-on", "any", SETTLED], 0, id="no failure at all"),
    pytest.param(["/nowhere.log", SHARING], 3, id="an unreadable input"),
    pytest.param(["--fail-on", "any", "/nowhere.log", SHARING], 3, id="3 outranks 1"),
    pytest.param(["--fail-on", "any", "--service", "default/ingress", SHARING], 0, id="another service's failure"),
    pytest.param(["--fail-on", "any", "--service", "git-ssh", SHARING], 1, id="that service's failure"),
]


@pytest.mark.parametrize(("arguments", "status"), STATUSES)
def test_exit_status(arguments: list[object], status: int) -> None:
    """The status tells of failures only where it was asked to, and of unreadable inputs always."""
    result = loganalyzer("explain", *arguments)
    assert result.returncode == status
    assert result.stdout


SERVICES = [
    pytest.param("default/git-ssh", ["MLB104", "192.168.10.200"], id="one that fails"),
    pytest.param("default/ingress", ["default/ingress holds 192.168.10.200"], id="one that holds"),
    pytest.param("ingress", ["default/ingress holds 192.168.10.200"], id="by its bare name"),
    pytest.param("default/nobody", ["default/nobody", "never mentioned"], id="one that is not there"),
]


@pytest.mark.parametrize(("name", "expected"), SERVICES)
def test_a_service_is_asked_for(name: str, expected: list[str]) -> None:
    """`--service` tells why it fails, what it holds, or that the log never mentions it."""
    text = loganalyzer("explain", "--service", name, SHARING).stdout.decode()
    for part in expected:
        assert part in text
    if name != "default/git-ssh":
        assert "git-ssh has no address" not in text


@pytest.mark.parametrize(
    ("name", "log", "said"),
    [
        pytest.param("default/web", "controllers/port_taken-v0.14.8.log", "\ndefault/web was deleted.\n", id="deleted"),
        pytest.param(
            "default/other-class",
            "rules/MLB402/positive-0.14.8-not_ours.log",
            "default/other-class has a loadBalancerClass that this MetalLB does not handle",
            id="of another class",
        ),
    ],
)
def test_a_service_that_is_not_there_at_the_end(name: str, log: str, said: str) -> None:
    """What the log knew of a service is told: that it is never mentioned would be wrong."""
    text = loganalyzer("explain", "--service", name, FIXTURES / log).stdout.decode()
    assert said in text
    assert "never mentioned" not in text


def test_services_are_those_at_the_end() -> None:
    """A service that was deleted does not count, whether it failed before or not."""
    text = loganalyzer("explain", FIXTURES / "history" / "random-102-v0.14.8.log").stdout.decode()
    assert " · 5 services, " in text.replace("\n", " ")
    assert "ops/sip-2  MLB304 invalid-request" in text


@pytest.mark.parametrize(("name", "near"), [("default/git-shh", "default/git-ssh"), ("ingres", "default/ingress")])
def test_a_misspelt_service_is_told(name: str, near: str) -> None:
    """A service that nothing mentions, with a name like another's, is told from one that has no failure."""
    result = loganalyzer("--service", name, SHARING)
    assert result.returncode == 0
    assert result.stderr.decode() == f"loganalyzer: --service {name}: there is none of that name; there is {near}\n"


@pytest.mark.parametrize("name", ["default/git-ssh", "ingress", "nothing-like-it"])
def test_other_services_are_not_told_as_misspelt(name: str) -> None:
    """A service that is known, and one whose name is like no other's, are no mistake."""
    assert loganalyzer("--service", name, SHARING).stderr == b""


def test_a_service_that_only_a_speaker_tells_of() -> None:
    """A report about its announcements does not say that the log never mentions it."""
    log = FIXTURES / "speakers" / "0.13.12-seed_article" / "speaker-node-3.log"
    text = loganalyzer("explain", "--service", "default/ingress", log).stdout.decode()
    assert "default/ingress, 192.168.10.200: announced by" in text
    assert "never mentioned" not in text


def test_the_version_is_overridden() -> None:
    """`--metallb-version` counts more than what the log says."""
    result = loganalyzer("--metallb-version", "0.13.12", "--format", "json", SHARING)
    assert json.loads(result.stdout)["inputs"][0]["metallb_version"] == "0.13.12"


def test_events_as_json_lines() -> None:
    """`events --format jsonl` is an object for each event, in the order of lines where nothing was named late."""
    lines = [json.loads(line) for line in loganalyzer("events", "--format", "jsonl", OLD).stdout.splitlines()]
    assert set(lines[0]) == {"input", "line", "ts", "event", "service", "detail"}
    assert lines[0]["event"] == "Started"
    failed = [e for e in lines if e["event"] == "AllocationFailed"]
    assert [e["service"] for e in failed][:2] == ["default/same-ip", "default/outside"]
    assert [e["line"] for e in lines] == sorted(e["line"] for e in lines)


def test_events_as_csv_and_as_a_table_are_the_same_events() -> None:
    """CSV and table have the rows of the JSON lines."""
    count = loganalyzer("events", "--format", "jsonl", OLD).stdout.count(b"\n")
    rows = list(csv.DictReader(io.StringIO(loganalyzer("events", "--format", "csv", OLD).stdout.decode())))
    assert len(rows) == count
    assert rows[0]["event"] == "Started"
    table = loganalyzer("events", OLD).stdout.decode().splitlines()
    assert len(table) == count + 1
    assert table[0].split() == ["line", "time", "event", "service", "detail"]


def test_events_read_standard_input() -> None:
    """`events` without an input reads standard input."""
    result = loganalyzer("events", "--format", "jsonl", stdin=OLD.read_bytes())
    assert result.stdout.replace(b'"input":"-"', b'"input":"%b"' % str(OLD).encode()) == (
        loganalyzer("events", "--format", "jsonl", OLD).stdout
    )


@pytest.mark.parametrize("wanted", ["MLB104", "mlb104", "backend-mismatch"])
def test_a_rules_page_is_printed(wanted: str) -> None:
    """`rules CODE` and `rules NAME` print the page."""
    result = loganalyzer("rules", wanted)
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.decode().splitlines() == page(catalogue()["MLB104"]).splitlines()


def test_the_catalogue_is_listed() -> None:
    """`rules` lists every rule, for people and as JSON."""
    text = loganalyzer("rules").stdout.decode()
    listed = json.loads(loganalyzer("rules", "--format", "json").stdout)
    assert [entry["rule"] for entry in listed] == list(catalogue())
    for code, entry in catalogue().items():
        assert f"{code}  {entry.name}" in text


def test_a_module_is_a_command_too() -> None:
    """`python -m loganalyzer` is the same command."""
    result = subprocess.run([sys.executable, "-m", "loganalyzer", "--version"], capture_output=True, check=False)
    assert result.stdout == loganalyzer("--version").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_is_its_own(command: str) -> None:
    """What the program's help says of a command, without loading it, is what the command says of itself."""
    assert (function(command).__doc__ or "").partition("\n")[0] == COMMANDS[command]
    assert COMMANDS[command].split()[0].encode() in loganalyzer(command, "--help").stdout
