"""What is found in every log under fixtures, in short; `UPDATE_GOLDEN=1` writes fixtures/causes anew.

A few documents are compared whole (`test_reports`). Here each log says which causes it has, and what they rest on.
"""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

from loganalyzer.correlator.diagnosis import Diagnosis, Failure
from loganalyzer.pipeline import Reading, diagnose
from tests.golden.test_reports import assert_golden
from tests.samples import FIXTURES

FOLDERS = ("controllers", "history", "objects", "rules", "speakers", "whatif")


def inputs(folder: str) -> Iterator[tuple[Path, ...]]:
    """What is read together: a controller's log, a cluster's speakers, a log with objects that were taken with it."""
    logs = sorted((FIXTURES / folder).rglob("*.log"))
    if folder == "speakers":
        yield from (tuple(p for p in logs if p.parent == one) for one in dict.fromkeys(p.parent for p in logs))
        return
    yield from sorted({path.read_bytes(): (path,) for path in logs}.values())
    for services in sorted((FIXTURES / folder).glob("*/services.json")):
        logs = [services.with_name("controller.log"), FIXTURES / "controllers" / f"{services.parent.name}.log"]
        objects = [services.with_name(f"{kind}.json") for kind in ("services", "pools", "events")]
        yield tuple(path for path in (*logs, *objects) if path.is_file())


def told(found: Diagnosis) -> Iterator[str]:
    """A line for each thing that was found."""
    yield from map(_failure, found.failures)
    for advice in found.advice:
        yield f"  advice {advice.rule} {advice.service} {advice.at.line if advice.at else None}"
    for one in found.announcements.episodes:
        where = f"{one.first.line}-{one.last.line}{'' if one.current else ' over'}"
        yield f"  {one.state} {one.rule} {one.service} {one.node} {one.protocol} {' '.join(one.addresses)} {where}"
    for session in found.announcements.sessions:
        counts = f"{session.drops} drops, {session.refusals} refusals"
        yield f"  session {session.state} {session.rule} {session.node} {session.address}: {counts}"


def _failure(failure: Failure) -> str:
    cause, after = failure.cause, " ".join((failure.ended or "", *failure.resolved_addresses))
    why = f"{cause.rule} {cause.address} {cause.pool} {','.join(cause.holders)}" if cause else "no cause"
    pools = " ".join(f"{p.name}:{p.rule or ('looked-into' if p.eligible else 'not-asked')}" for p in failure.pools)
    candidates = " ".join(f"{c.addresses}:{'+'.join(c.violations)}:{','.join(c.holders)}" for c in failure.candidates)
    return (
        f"  {failure.service} lines {failure.first.line}-{failure.last.line}, {failure.attempts} of {failure.error}\n"
        f"    {failure.certainty} {why} | {after or 'still'} | pools {pools} | candidates {candidates} | "
        f"proof {' '.join(str(e.at.line) for e in failure.evidence)} | {len(failure.missing)} missing"
    )


@cache
def found_in(together: tuple[Path, ...]) -> Diagnosis:
    """The diagnosis of what is read together, made once."""
    return diagnose(together, reading=Reading())


@pytest.mark.parametrize("folder", FOLDERS)
def test_causes(folder: str) -> None:
    """Every log of a folder has the causes, the advice and the announcements that it had."""
    lines = []
    for together in inputs(folder):
        lines.append(" ".join(str(path.relative_to(FIXTURES)) for path in together))
        lines += told(found_in(together))
    assert_golden(FIXTURES / "causes" / f"{folder}.txt", "\n".join([*lines, ""]).encode())


def test_wording() -> None:
    """How each rule is worded, and what is said to be lacking: the first failure of each shape."""
    shapes: dict[tuple[str, ...], list[str]] = {}
    for together in chain.from_iterable(map(inputs, FOLDERS)):
        for failure in found_in(together).failures:
            where = f"{together[0].relative_to(FIXTURES)}:{failure.first.line}"
            if (cause := failure.cause) is not None:
                counts = len(cause.remedy), len(cause.details), min(len(cause.holders), 2)
                rows = (f"  {who}: {what}" for who, what in cause.details)
                words = [cause.summary, *rows, *(f"  * {step}" for step in cause.remedy)]
                shapes.setdefault((cause.rule, *map(str, counts)), [where, *words])
            if failure.missing:
                shapes.setdefault(("lacking", *(text[:40] for text in failure.missing)), [where, *failure.missing])
    lines = [line for shape, words in sorted(shapes.items()) for line in ("", shape[0], *words)]
    assert_golden(FIXTURES / "causes" / "wording.txt", "\n".join([*lines[1:], ""]).encode())
