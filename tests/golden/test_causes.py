"""What is found in every log under fixtures, in short; `UPDATE_GOLDEN=1` writes fixtures/causes anew.

A few documents are compared whole (`test_reports`). Here each log says which causes it has, and what they rest on.
"""

from collections.abc import Iterator
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


@pytest.mark.parametrize("folder", FOLDERS)
def test_causes(folder: str) -> None:
    """Every log of a folder has the causes, the advice and the announcements that it had."""
    found = []
    for together in inputs(folder):
        found.append(" ".join(str(path.relative_to(FIXTURES)) for path in together))
        found += told(diagnose(together, reading=Reading()))
    assert_golden(FIXTURES / "causes" / f"{folder}.txt", "\n".join([*found, ""]).encode())
