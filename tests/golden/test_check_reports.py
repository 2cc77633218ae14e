"""Whole reports of `check`, compared with the files in fixtures/check; `UPDATE_GOLDEN=1` writes them anew."""

import io
import json
import os
from functools import cache

import pytest

from loganalyzer.metallb.versions import parse_version
from loganalyzer.pipeline import states
from loganalyzer.report import check_forms, check_text
from loganalyzer.report.terminal import columns
from loganalyzer.whatif.check import CheckReport, check
from loganalyzer.whatif.manifests import changes_from_manifest
from loganalyzer.whatif.state import State
from tests.golden.test_reports import assert_golden
from tests.samples import FIXTURES
from tests.whatif.samples import changes_of

GOLDEN = FIXTURES / "check"
WHATIF = FIXTURES / "whatif"

BROKEN = b"""# Source: pools/templates/pools.yaml
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: backwards, namespace: metallb-system}
spec: {addresses: [198.51.100.9-198.51.100.1]}
---
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: web}
  spec: {type: LoadBalancer, ports: [{port: 80}]}
"""


def state_of(folder: str, *names: str) -> State:
    """What files of a sample tell, under their bare names."""
    [found] = states([(name, io.BytesIO((WHATIF / folder / name).read_bytes())) for name in names])
    return found


def by_log(folder: str) -> CheckReport:
    """A sample's change on the state at the end of its log."""
    return check(state_of(folder, "controller.log"), changes_of(WHATIF / folder))


@cache
def reports() -> dict[str, CheckReport]:
    """The reports by their golden file's name."""
    sample = "fit-2127-v0.14.8"
    changes, _ = changes_from_manifest("pools.yaml", BROKEN)
    end = b"\n".join((WHATIF / sample / "controller.log").read_bytes().splitlines()[-20:])
    [late] = states([("late.log", io.BytesIO(end))], version=parse_version("0.15.3"))
    return {
        "0.13.12-shrink": by_log("shrink-3045-v0.13.12"),
        "0.14.8-fit": by_log("fit-2127-v0.14.8"),
        "0.15.3-pair": by_log("pair-3102-v0.15.3"),
        "0.14.8-manifest": check(state_of(sample, "controller.log"), changes),
        "0.14.8-objects": check(state_of(sample, "services.json", "pools.json"), changes_of(WHATIF / sample)),
        "0.15.3-late": check(late, changes),
    }


NAMES = ["0.13.12-shrink", "0.14.8-fit", "0.14.8-manifest", "0.14.8-objects", "0.15.3-late", "0.15.3-pair"]


@pytest.mark.parametrize("name", NAMES)
def test_text(name: str) -> None:
    """The text report at 80 columns."""
    assert_golden(GOLDEN / f"{name}.txt", check_text.render(reports()[name], 80).encode())


@pytest.mark.parametrize("name", NAMES)
def test_document(name: str) -> None:
    """The JSON document."""
    assert_golden(GOLDEN / f"{name}.json", check_forms.json_document(reports()[name]))


@pytest.mark.parametrize("name", NAMES)
def test_text_keeps_to_the_width(name: str) -> None:
    """No line is wider, but for commands to copy and what has no space to be cut at."""
    lines = check_text.render(reports()[name], 80).splitlines()
    assert [line for line in lines if columns(line) > 80 and " " in line[9:] and "kubectl " not in line] == []


@pytest.mark.skipif("UPDATE_GOLDEN" in os.environ, reason="the files are being written")
def test_every_golden_file_is_compared() -> None:
    """None is left over, and each says whose state it speaks of."""
    assert {path.name for path in GOLDEN.iterdir()} == {f"{n}{s}" for n in NAMES for s in (".txt", ".json")}
    certainties = {n: json.loads((GOLDEN / f"{n}.json").read_text())["certainty"] for n in NAMES}
    assert (certainties["0.14.8-fit"], certainties["0.14.8-objects"], certainties["0.15.3-late"]) == (
        "proven",
        "partial",
        "unknown",
    )
