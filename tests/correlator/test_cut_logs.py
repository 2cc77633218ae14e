"""Logs that begin late or end early: they may abstain, and never prove what is not so."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loganalyzer.correlator.judge import Judgement, judge
from loganalyzer.metallb.addresses import Address
from loganalyzer.model.outcomes import Attempt
from loganalyzer.model.run import Replay
from tests.samples import RULES, diagnosis_of, events_of

LOGS = [
    RULES / "MLB101/negative-0.14.8-keys_differ.log",
    RULES / "MLB104/positive-0.13.12-local_different_selectors.log",
    RULES / "MLB105/positive-0.13.12-port_taken.log",
    RULES / "MLB201/positive-0.14.8-exhausted.log",
    RULES / "MLB206/positive-0.14.8-families.log",
    RULES / "MLB303/positive-0.13.12-service_allocation.log",
    RULES / "MLB306/positive-0.14.8-requested_addresses.log",
    RULES / "MLB302/negative-0.15.3-requested_pool_full.log",
    RULES / "MLB102/positive-0.15.3-dual_stack_requests.log",
    RULES / "MLB402/negative-0.14.8-restart_reshuffles.log",
    RULES / "MLB100/positive-0.12.1-requested_addresses.log",
]


class Told(NamedTuple):
    """What is told of one attempt."""

    service: str | None
    rule: str | None
    address: Address | None
    pool: str | None
    holders: tuple[str, ...]


def told(attempt: Attempt, judgement: Judgement) -> Told:
    """An attempt's cause."""
    return Told(attempt.service, judgement.rule, judgement.address, judgement.pool, judgement.holders)


def attempts(data: bytes) -> dict[int, tuple[Told, str]]:
    """Each failed attempt's cause and certainty, by line."""
    found: dict[int, tuple[Told, str]] = {}
    for _, outcome in Replay(events_of(data)).singly():
        if isinstance(outcome, Attempt):
            judgement = judge(outcome)
            found[outcome.at.line] = (told(outcome, judgement), judgement.certainty)
    return found


@cache
def truth(path: Path) -> dict[int, tuple[Told, str]]:
    """The attempts of the whole log."""
    return attempts(path.read_bytes())


def assert_no_wrong_proof(path: Path, cut: bytes, offset: int) -> int:
    """Each proven cause of the cut log is that of the whole one; returns how many there were."""
    whole, proven = truth(path), 0
    for line, (cause, certainty) in attempts(cut).items():
        expected, _ = whole[line + offset]
        assert cause.service in (None, expected.service)
        if certainty == "proven":
            proven += 1
            assert cause == expected, f"line {line + offset}"
    return proven


@given(st.sampled_from(LOGS), st.floats(0, 1))
@settings(max_examples=80)
def test_a_log_that_ends_anywhere_proves_nothing_wrong(path: Path, where: float) -> None:
    """A log cut at any byte, the middle of a dump included, tells what the whole one tells of the same lines."""
    data = path.read_bytes()
    assert_no_wrong_proof(path, data[: int(where * len(data))], 0)


@given(st.sampled_from(LOGS), st.floats(0, 1))
@settings(max_examples=80)
def test_a_log_that_begins_anywhere_proves_nothing_wrong(path: Path, where: float) -> None:
    """A log whose beginning is missing, the first line cut, proves no cause that the whole one doesn't."""
    data = path.read_bytes()
    at = int(where * len(data))
    assert_no_wrong_proof(path, data[at:], data[:at].count(b"\n"))


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_half_a_log_proves_nothing_wrong(path: Path) -> None:
    """Without its first half a log may say less, and nothing else."""
    lines = path.read_bytes().splitlines(keepends=True)
    half = len(lines) // 2
    assert_no_wrong_proof(path, b"".join(lines[half:]), half)


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_every_beginning_before_an_attempt(path: Path) -> None:
    """Begun at each of the lines before a failed attempt, a log proves nothing wrong about it."""
    lines = path.read_bytes().splitlines(keepends=True)
    for line in truth(path):
        for start in range(max(0, line - 14), line):
            assert_no_wrong_proof(path, b"".join(lines[start:line]), start)


def test_whole_logs_are_proven() -> None:
    """The comparison means something: the whole debug logs prove all of their attempts."""
    for path in LOGS[:-1]:
        assert {certainty for _, certainty in truth(path).values()} == {"proven"}


@given(st.sampled_from(LOGS), st.floats(0, 1), st.floats(0, 1))
@example(RULES / "MLB306/positive-0.14.8-requested_addresses.log", 0.84375, 0.8674749174816279)  # cut before a name
@settings(max_examples=40)
def test_a_piece_of_a_log_is_diagnosed(path: Path, one: float, other: float) -> None:
    """Any piece of a log gives a diagnosis, and what it doesn't prove says what is missing."""
    data = path.read_bytes()
    begin, end = sorted(int(where * len(data)) for where in (one, other))
    whole = truth(path)
    offset = data[:begin].count(b"\n")
    for failure in diagnosis_of(data[begin:end]).failures:
        if failure.certainty != "proven":
            assert failure.missing
        elif failure.cause and failure.cause.rule != "MLB403":
            assert failure.cause.rule == whole[failure.last.line + offset][0].rule
            assert failure.service == whole[failure.last.line + offset][0].service
