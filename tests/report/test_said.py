"""What reports say of times, attempts, groups and what is gone: sentences that were wrong once."""

import json
from pathlib import Path

import pytest
from msgspec import structs

from loganalyzer.correlator.candidates import Candidate
from loganalyzer.correlator.fix import NO_RANGE
from loganalyzer.report.addresses import candidate_table
from loganalyzer.report.text import render
from tests.cli.command import loganalyzer
from tests.samples import FIXTURES, diagnosed
from tests.whatif.samples import pool, service

SPEAKERS = sorted((FIXTURES / "speakers").glob("*/speaker*.log"))


def _objects(*documents: object) -> bytes:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}).encode()


def test_since_when_is_that_of_the_first_cause() -> None:
    """A service without an address all the time has been so since its first attempt, whatever refused it then."""
    log = FIXTURES / "history" / "sharing-1009-v0.13.12.log"
    found = diagnosed(log).failures
    changed = {f.service for f in found if f.ended == "changed"} & {f.service for f in found if f.ended is None}
    assert changed
    rows = [row.split() for row in render(diagnosed(log), 200).splitlines()]
    for name in changed:
        episodes = [f for f in found if f.service == name]
        begun = next(f for f in episodes if f.ended == "changed")
        attempts = sum(f.attempts for f in episodes[episodes.index(begun) :])
        assert [name, begun.first.stamp[11:19].decode(), str(attempts)] in [row[:3] for row in rows]


def test_the_same_rule_is_no_other_reason() -> None:
    """What led into it is told as what it was."""
    text = render(diagnosed(FIXTURES / "history" / "holder-2128-v0.15.3.log"), 200)
    assert "; before that the same rule, on another address or with other holders (" in text
    assert "for another reason" not in text


def test_what_is_gone_is_said_to_be() -> None:
    """The cause held at the last attempt; the fix is a touch."""
    text = render(diagnosed(FIXTURES / "article-0.14.8.log"), 200)
    assert "is Cluster (so at its last attempt, 00:55:49; no longer):" in text
    assert "touch default/git-ssh: what was in its way is gone" in text


def test_no_pool_of_a_family() -> None:
    """No change to what there is helps; no remedy that would not either."""
    asking = service("w")
    asking["spec"] |= {"clusterIPs": ["fd00::7"], "ipFamilies": ["IPv6"]}
    done = loganalyzer("explain", "-", "--metallb-version", "0.14.8", stdin=_objects(asking, pool("p", "192.0.2.1/32")))
    said = " ".join(done.stdout.decode().split())
    assert f"{NO_RANGE}: default/w needs IPv6, and no pool has a range of IPv6" in said


def _candidates_of(omitted: int) -> str:
    """What stands below a table of 24 addresses in 12 entries of two rules, shown in 10 rows."""
    (failure,) = diagnosed(FIXTURES / "article-0.14.8.log").failures
    runs = [
        Candidate(n, n + 1, f"pool-{n}", code, (), (code,))
        for n, code in zip(range(0, 24, 2), ["MLB101", "MLB105"] * 6, strict=True)
    ]
    table = candidate_table(structs.replace(failure, candidates=tuple(runs), candidates_omitted=omitted))
    assert table is not None
    return table.rest


def test_addresses_are_counted() -> None:
    """What stands below a shortened table counts addresses, whatever runs they make, and only those that it knows."""
    known = "24 addresses{}: MLB101 on 12, MLB105 on 12"
    assert _candidates_of(0) == f"… of {known.format(' in all')} (--format json)"
    left = "; 7 entries of such a list are left out"
    assert _candidates_of(7) == f"… of the {known.format(' that came furthest')}{left} (--format json)"


def test_objects_that_settle_it_are_one_more_input() -> None:
    """They go to a file, and the sentence says what to do with it: thousands of lines on a screen settle nothing."""
    lines = render(diagnosed(FIXTURES / "controllers" / "local_different_selectors-v0.12.1.log"), 200).splitlines()
    command = "      kubectl get services,configmaps,events -A -o json --show-managed-fields > objects.json"
    assert lines[lines.index(command) - 1].endswith("explain the log with objects.json:")


def test_objects_that_were_given_are_not_asked_for_again() -> None:
    """Where they do not settle it, that is said."""
    folder = FIXTURES / "objects" / "random-201-v0.12.1-info"
    log = FIXTURES / "controllers" / "local_different_selectors-v0.12.1.log"
    text = loganalyzer("explain", log, *sorted(folder.glob("*.json"))).stdout.decode()
    assert "objects.json" not in text
    assert "the objects that were given do not tell how they were then" in " ".join(text.split())


def test_long_verdict_is_wrapped() -> None:
    """The answer fits the terminal as everything else does."""
    text = render(diagnosed(FIXTURES / "history" / "random-102-v0.14.8.log"), 60)
    assert max(map(len, text.split("\n\n")[0].splitlines())) <= 60


SENTENCES = [
    pytest.param("rules/MLB306/positive-0.14.8-requested_addresses.log", "and needs an IPv4 address", id="family"),
    pytest.param("whatif/pair-3101-v0.14.8/controller.log", "and needs an IPv4 and an IPv6 address", id="families"),
    pytest.param("rules/MLB401/positive-0.13.12-bad_configuration.log", "MetalLB refused a configuration", id="401"),
]


@pytest.mark.parametrize(("log", "said"), SENTENCES)
def test_sentences(log: str, said: str) -> None:
    """As the log has it."""
    assert said in " ".join(render(diagnosed(FIXTURES / log), 400).split())


@pytest.mark.parametrize(
    ("log", "over"),
    [
        ("rules/MLB401/positive-0.13.12-bad_configuration.log", True),
        ("controllers/refused_configuration-v0.13.12.log", False),
    ],
)
def test_refused_configuration_that_was_mended(log: str, over: bool) -> None:
    """Nobody looks for what is mended since."""
    text = " ".join(render(diagnosed(FIXTURES / log), 400).split())
    assert "MLB401 configuration-rejected" in text
    assert ("(a later one is in force by now)" in text) == over


def test_unknown_causes_are_no_cause() -> None:
    """They may be any number."""
    text = render(diagnosed(FIXTURES / "controllers" / "random-199-v0.15.3-info.log"), 200)
    assert "services without an address, cause not in the log" in text


def test_a_header_is_that_of_all_who_wrote(tmp_path: Path) -> None:
    """A log that names its pods has a level, a component and a time as any other."""
    log = FIXTURES / "controllers" / "random-197-v0.14.8-info.log"
    named = tmp_path / "p.log"
    lines = log.read_bytes().splitlines(keepends=True)
    named.write_bytes(b"".join(b"[pod/controller-5f6-xyz/controller] " + line for line in lines))
    first, second = (loganalyzer("explain", path).stdout.partition(b"\n")[0] for path in (log, named))
    assert first == second


def test_what_was_withdrawn_does_not_go_once_more() -> None:
    """A service was deleted and came back without an address: no node withdrew anything seconds later."""
    log = FIXTURES / "speakers"
    folder = log / "0.14.8-deleted_and_back"
    text = loganalyzer("explain", *sorted(folder.glob("*.log"))).stdout.decode()
    assert "after the controller took the address away" not in text


def test_objects_are_no_log() -> None:
    """They hold no addresses that a log would show, and say nothing of failures without pools."""
    waiting = service("w")
    text = loganalyzer("explain", "-", stdin=_objects(waiting)).stdout.decode()
    assert "Kubernetes objects only" in text
    assert "with the IPAddressPools as one more input services that wait are judged" in " ".join(text.split())
    assert "No service failed" not in text


def test_speakers_of_a_log_that_names_pods() -> None:
    """No controller was read."""
    lines = SPEAKERS[0].read_bytes().splitlines(keepends=True)
    done = loganalyzer("explain", "-", stdin=b"".join(b"[pod/speaker-1/speaker] " + line for line in lines))
    assert b"No service failed to get an address" not in done.stdout


def test_what_would_settle_an_announcement_can_be_pasted() -> None:
    """One line for the command, however wide the page is."""
    log = FIXTURES / "speakers" / "protocol_changed-v0.12.1"
    text = loganalyzer("explain", *sorted(log.glob("*.log")), env={"COLUMNS": "80"}).stdout.decode()
    commands = [line for line in text.splitlines() if line.lstrip().startswith("kubectl ")]
    assert commands
    assert all(line.endswith("-o json") for line in commands)


@pytest.mark.parametrize("command", ["explain", "events", "stats", "redact"])
def test_a_folder_of_nothing(command: str, tmp_path: Path) -> None:
    """Is no success."""
    done = loganalyzer(command, tmp_path)
    assert done.returncode == 3
    assert b"has no file with a MetalLB line" in done.stderr


@pytest.mark.parametrize("data", [b"", b"nothing of MetalLB's\n" * 9])
def test_what_has_nothing_is_not_redacted_with_success(data: bytes) -> None:
    """As for `explain`."""
    assert loganalyzer("redact", "-", stdin=data).returncode == 3


def test_a_rule_for_programs() -> None:
    """`rules CODE` has the form that was asked for."""
    assert json.loads(loganalyzer("rules", "MLB104", "--format", "json").stdout)["name"] == "backend-mismatch"


@pytest.mark.parametrize(("command", "file"), [("events", "x.md"), ("stats", "x.html")])
def test_a_suffix_of_no_form_is_refused(command: str, file: str, tmp_path: Path) -> None:
    """As for `explain`; nothing is written."""
    done = loganalyzer(command, FIXTURES / "article-0.14.8.log", "--output", tmp_path / file)
    assert done.returncode == 2
    assert b"no form has the suffix" in done.stderr
    assert not (tmp_path / file).exists()


def test_a_pool_is_changed_from_what_it_was() -> None:
    """Its flags by their values, also where one is the default."""
    log = FIXTURES / "history" / "random-102-v0.14.8.log"
    said = " ".join(loganalyzer("timeline", "--pool", "lab", log).stdout.decode().split())
    assert "autoAssign false → true" in said
    assert "avoidBuggyIPs true → false" in said


@pytest.mark.parametrize(
    ("command", "suffixes"), [("events", ("csv", "jsonl", "txt")), ("stats", ("md", "json", "txt"))]
)
def test_every_output_is_written(command: str, suffixes: tuple[str, ...], tmp_path: Path) -> None:
    """Each in the form of its suffix, as if it alone had been asked for; also of what can be read but once."""
    log = (FIXTURES / "article-0.14.8.log").read_bytes()
    files = [tmp_path / f"all.{suffix}" for suffix in suffixes]
    options = [option for file in files for option in ("--output", file)]
    assert loganalyzer(command, "-", *options, stdin=log).returncode == 0
    for file in files:
        alone = tmp_path / f"alone{file.suffix}"
        loganalyzer(command, "-", "--output", alone, stdin=log)
        assert file.read_bytes() == alone.read_bytes() != b""


def test_no_output_is_written_where_one_can_not_be(tmp_path: Path) -> None:
    """Whole or not at all holds for all of them."""
    log, first = FIXTURES / "article-0.14.8.log", tmp_path / "x.csv"
    done = loganalyzer("events", log, "--output", first, "--output", tmp_path / "nowhere" / "x.jsonl")
    assert done.returncode == 2
    assert b"nowhere/x.jsonl: can't be written" in done.stderr
    assert not list(tmp_path.iterdir())
