"""What real tools made of a real log gives the diagnosis of the log itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from loganalyzer.pipeline import Reading, diagnose

FIXTURES = Path(__file__).parents[2] / "fixtures"
PLAIN = FIXTURES / "controllers" / "local_different_selectors-v0.13.12.log"
FORMS = sorted(p for p in (FIXTURES / "forms").iterdir() if p.suffix != ".md")
DECODED_ANEW = ("jq.json", "jq-s.json")
"""jq prints records with spaces in them: they count as mended."""


def told(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The failures without positions, and what each input was worth."""
    reading = Reading()
    document = diagnose([path], reading=reading).to_dict()
    assert not reading.problems
    kept = ("service", "error", "attempts", "ended", "certainty", "cause", "pools", "candidates", "missing", "fixes")
    return [{name: f[name] for name in kept} for f in document["failures"]], document["inputs"]


@pytest.mark.parametrize("form", [pytest.param(p, id=p.name) for p in FORMS])
def test_a_real_tool_changes_nothing(form: Path) -> None:
    """The failures are those of the plain log, each record is read, and none is lost or counted twice."""
    failures, (counts,) = told(PLAIN)
    found, inputs = told(form)
    assert failures
    assert found == failures
    assert sum(i["unparsed"] for i in inputs) == counts["unparsed"] == 0
    if not form.name.startswith("jq"):
        assert sum(i["records"] for i in inputs) == counts["records"]
    if form.name not in DECODED_ANEW:
        assert sum(i["mended"] for i in inputs) == 0


def test_there_are_forms() -> None:
    """The fixtures are where this test looks for them."""
    assert len(FORMS) > 15
