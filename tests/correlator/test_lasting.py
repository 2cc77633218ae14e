"""A judgement that is said to hold still is the one that judging anew gives."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from msgspec import structs

from loganalyzer.correlator import episodes
from loganalyzer.correlator.judge import judge
from loganalyzer.correlator.lasting import holds
from loganalyzer.metallb.pools import Configuration, Pool, ServiceAllocation
from loganalyzer.metallb.versions import Version
from loganalyzer.model.allocator import Allocator
from loganalyzer.model.outcomes import Attempt
from loganalyzer.model.state import Table
from loganalyzer.pipeline import Reading
from loganalyzer.report.document import document
from tests.building import configuration, place, service, span
from tests.samples import FIXTURES, VARIED_LOGS, diagnosis_of

BUSY = FIXTURES / "load" / "busy-v0.14.8.log.xz"
LOGS = [*VARIED_LOGS, *sorted((FIXTURES / "history").glob("*.log"))]


def anew(data: bytes, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The document where no judgement is taken over from the attempt before."""
    with monkeypatch.context() as patched:
        patched.setattr(episodes, "holds", lambda *_: None)
        return document(diagnosis_of(data, Reading()))


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_what_still_holds_is_what_judging_anew_gives(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Real logs, each followed by itself as after a restart."""
    data = path.read_bytes() * 2
    assert document(diagnosis_of(data, Reading())) == anew(data, monkeypatch)


def test_in_a_busy_cluster_most_attempts_are_judged_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where addresses change hands all the time, few of the changes matter to who waits; the answers are the same."""
    data = lzma.decompress(BUSY.read_bytes())[:12_000_000]
    asked: list[bool] = []

    def counted(*given: object) -> object:
        found = holds(*given)  # type: ignore[arg-type]
        asked.append(found is not None)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(episodes, "holds", counted)
        found = document(diagnosis_of(data, Reading()))
    assert sum(asked) > len(asked) / 2 > 100
    assert found == anew(data, monkeypatch)


def test_other_pools_are_judged_anew() -> None:
    """Where no pool was looked into, who holds what did not matter, and the pools did."""
    asking = service("team-a/a")
    closed = Pool("blue", (span("192.0.2.1", "192.0.2.1"),), auto_assign=False)
    others = structs.replace(closed, auto_assign=True, allocation=ServiceAllocation(0, frozenset({"team-b"}), ()))
    then, now = (_table(configuration(pool)) for pool in (closed, others))
    judgements = [judge(Attempt(asking.key, place(1), "no available IPs", asking, place(1), t)) for t in (then, now)]
    assert [j.rule for j in judgements] == ["MLB203", "MLB204"]
    assert holds(judgements[0], judgements[0].looked_into, then, now) is None
    assert holds(judgements[0], judgements[0].looked_into, then, structs.replace(then)) == ()


def _table(pools: Configuration) -> Table:
    allocator = Allocator()
    allocator.configure(pools, Version(0, 14, 8))
    return Table(
        version=Version(0, 14, 8),
        version_known=True,
        configuration=pools,
        configured=True,
        complete=True,
        pools={name: allocator.table(pool) for name, pool in pools.pools.items()},
        allocations={},
    )
