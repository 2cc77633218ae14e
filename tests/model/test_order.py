"""Lines that are missing in the middle of a log: what betrays it, and what is claimed from there on."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.pipeline import Reading, diagnose

CONTROLLERS = Path(__file__).parents[2] / "fixtures" / "controllers"
DEBUG = sorted(p.stem for p in CONTROLLERS.glob("*.log") if "info" not in p.stem and "v0.12" not in p.stem)
CUTS = 60


def failures(lines: list[bytes]) -> list[Failure]:
    """What a log with these lines tells."""
    data = b"".join(line + b"\n" for line in lines)
    return list(diagnose([("controller.log", io.BytesIO(data))], reading=Reading()).failures)


def lines_of(sample: str) -> list[bytes]:
    """The lines of a fixture."""
    return (CONTROLLERS / f"{sample}.log").read_bytes().splitlines()


def at(lines: list[bytes], *parts: bytes) -> int:
    """The first line that has all of these."""
    return next(i for i, line in enumerate(lines) if all(p in line for p in parts))


def claims(found: list[Failure]) -> set[tuple[object, ...]]:
    """What is called proven: of which service, by which rule, on which address."""
    return {
        (f.service, f.error, f.cause.rule, f.cause.address)
        for f in found
        if f.cause is not None and f.certainty == "proven"
    }


@pytest.mark.parametrize("sample", DEBUG)
def test_most_of_what_is_proven_with_a_gap_is_proven_without(sample: str) -> None:
    """Of random cuts next to none makes a claim that the whole log does not make."""
    lines, chance = lines_of(sample), random.Random(sample)  # noqa: S311  (repeatable)
    whole = claims(failures(lines))
    wrong = 0
    for _ in range(CUTS):
        size = chance.randint(1, len(lines) // 2)
        start = chance.randint(1, len(lines) - size)
        wrong += not claims(failures(lines[:start] + lines[start + size :])) <= whole
    assert wrong <= CUTS // 20


SIGNS = {
    "a pass without its dump": ((b"processing service", b"dashboard"), 1),
    "a pass without its beginning": ((b"start of service update",), 1),
    "a pass without its end": ((b"end of service update",), 1),
    "a request that is not ended": ((b'"end reconcile"', b'"ServiceReconciler"'), 1),
    "an address that no line gave": ((b'"ipAllocated"',), 1),
}


@pytest.mark.parametrize("sign", SIGNS)
def test_a_line_that_is_missing_shows(sign: str) -> None:
    """Without any one of these lines nothing behind it is called proven."""
    lines = lines_of("port_taken-v0.14.8")
    parts, count = SIGNS[sign]
    start = at(lines, *parts)
    found = failures(lines[:start] + lines[start + count :])
    assert found
    assert not claims(found)


@pytest.mark.parametrize("which", range(6))
def test_a_refusal_that_is_missing_shows(which: int) -> None:
    """What is taken over makes MetalLB look at all services: a configuration after which it does not was refused."""
    lines = lines_of("refused_configuration-v0.13.12")
    refusals = [i for i, line in enumerate(lines) if b"applying new configuration failed" in line]
    assert claims(failures(lines)) == {("default/git", "no available IPs", "MLB201", None)}
    assert not claims(failures(lines[: refusals[which]] + lines[refusals[which] + 1 :]))


def told(*parts: list[bytes]) -> list[tuple[object, ...]]:
    """What logs with these lines, each an input of its own, tell of failures."""
    inputs = [(f"{n}.log", io.BytesIO(b"".join(line + b"\n" for line in part))) for n, part in enumerate(parts)]
    found = diagnose(inputs, reading=Reading()).failures
    return [(f.service, f.cause and f.cause.rule, f.certainty, f.attempts, f.ended, f.pools) for f in found]


@pytest.mark.parametrize("sample", ["port_taken-v0.14.8", "edit_breaks_sharing-v0.13.7"])
def test_a_log_that_was_rotated_anywhere_is_one(sample: str) -> None:
    """A pass that one file leaves open goes on in the next: its lines are of the service that was shown there."""
    lines = lines_of(sample)
    whole = told(lines)
    assert whole
    assert [cut for cut in range(1, len(lines)) if told(lines[:cut], lines[cut:]) != whole] == []


def test_a_log_that_begins_later_is_not_the_rest_of_a_pass() -> None:
    """Who was looked at when the log before it ended is not who is looked at now."""
    lines = lines_of("port_taken-v0.14.8")
    failed = at(lines, b"IP allocation failed")
    later = [line.replace(b'"ts":"2026', b'"ts":"2027') for line in lines[failed:]]
    assert (None, None, "unknown") in {t[:3] for t in told(lines[:failed], later)}


def test_a_failure_outside_of_its_pass_is_nobodys() -> None:
    """Where the beginning of its pass is missing a failure is not given to the service before it."""
    lines = lines_of("port_taken-v0.14.8")
    failed = at(lines, b"IP allocation failed")
    before = max(i for i in range(failed) if b"end of service update" in lines[i])
    found = failures(lines[: before + 1] + lines[failed:])
    assert found[0].service is None
    assert found[0].certainty == "unknown"


@pytest.mark.parametrize("gap", [False, True])
def test_who_is_not_shown_after_a_gap_went_in_it(gap: bool) -> None:
    """A pass over all services shows who is there: after lines are missing nobody else holds an address."""
    lines = lines_of("first_has_no_key-v0.14.8")
    last = max(i for i, line in enumerate(lines) if b'"end reconcile":"default/web"' in line)
    start = at(lines, b"start reconcile", b"reprocessAll")
    shown = lines[: last + (not gap)] + lines[start : start + 2]
    data = b"".join(line + b"\n" for line in shown)
    found = diagnose([("controller.log", io.BytesIO(data))], reading=Reading())
    assert [h.service for h in found.holdings] == ([] if gap else ["default/web"])


def test_a_pass_may_end_with_what_takes_the_address_away() -> None:
    """0.13.0 to 0.13.7 say nothing more of a service that may share no more: no line is missing there."""
    found = failures(lines_of("edit_breaks_sharing-v0.13.7"))
    assert {(f.service, f.cause.rule, f.certainty) for f in found if f.cause} == {
        ("default/git", "MLB103", "proven"),
        ("default/dns", "MLB105", "proven"),
    }


DOWN = "deleted_while_down-v0.14.8"


def test_who_is_not_shown_after_a_start_went_before_it() -> None:
    """The first pass over all services of a process shows who was deleted while there was none."""
    found = {f.service: f for f in failures(lines_of(DOWN))}
    assert (found["default/git"].attempts, found["default/git"].ended) == (1, "deleted")


def test_who_is_filtered_was_made_anew() -> None:
    """A service of another class waits for no address of this MetalLB."""
    found = {f.service: f for f in failures(lines_of(DOWN))}
    assert (found["default/dns"].attempts, found["default/dns"].ended) == (2, "not-load-balancer")


def test_a_pass_that_is_cut_off_shows_nothing() -> None:
    """Before the end of that pass it is not known who went."""
    lines = lines_of(DOWN)
    end = max(i for i, line in enumerate(lines) if b'"end reconcile":"metallbreload/reload"' in line)
    found = {f.service: f for f in failures(lines[:end])}
    assert found["default/git"].ended is None


def test_another_cluster_shows_nobodys_end() -> None:
    """A log that begins later and knows none of the services may be of another cluster: nothing ends with it."""
    lines = lines_of(DOWN)
    second = max(i for i, line in enumerate(lines) if b"MetalLB controller starting" in line)
    other = [line.replace(b"00000000-0000-4000", b"11111111-0000-4000") for line in lines[second:]]
    found = {f.service: f for f in failures(lines[:second] + other)}
    assert found["default/git"].ended is None
