"""A log in any form gives the diagnosis of the plain one."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from loganalyzer.pipeline import Reading, diagnose
from tests.sources.forms import DAMAGE, WRAPPINGS

FIXTURES = Path(__file__).parents[2] / "fixtures" / "controllers"
SAMPLES = sorted(p.stem for p in FIXTURES.glob("*.log"))


def findings(data: bytes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The failures without positions, and the input's counts."""
    reading = Reading()
    document = diagnose([("log", as_stream(data))], reading=reading).to_dict()
    assert not reading.problems
    bare = [
        {k: v for k, v in f.items() if k not in ("first", "last", "resolved", "evidence", "pod")}
        for f in document["failures"]
    ]
    for found, failure in zip(bare, document["failures"], strict=True):
        found["resolved"] = bool(failure["resolved"])
        found["evidence"] = [e["what"] for e in failure["evidence"]]
    # An answer of a log store has all records on one line: their order there is not that of their lines.
    return sorted(bare, key=lambda f: (f["service"] or "", f["error"], f["attempts"], str(f))), document["inputs"][0]


def as_stream(data: bytes) -> Any:
    """The bytes as an open stream."""
    import io

    return io.BytesIO(data)


def check_counts(counts: dict[str, Any], data_lines: int | None = None) -> None:
    """Each line counts as one thing."""
    assert counts["lines"] == counts["records"] + counts["blank"] + counts["unparsed"]
    if data_lines is not None:
        assert counts["lines"] == data_lines


@pytest.mark.parametrize("form", WRAPPINGS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_wrapping_changes_nothing(sample: str, form: str) -> None:
    """The failures of a wrapped log are those of the plain one, and every line is counted as what it is."""
    plain = (FIXTURES / f"{sample}.log").read_bytes()
    wrapped = WRAPPINGS[form](plain)
    expected, counts = findings(plain)
    found, wrapped_counts = findings(wrapped)
    assert found == expected
    check_counts(wrapped_counts, len(wrapped.rstrip(b"\n").split(b"\n")))
    assert wrapped_counts["unparsed"] == counts["unparsed"]
    assert {k: wrapped_counts[k] for k in ("component", "level", "metallb_version")} == {
        k: counts[k] for k in ("component", "level", "metallb_version")
    }


@pytest.mark.parametrize("form", DAMAGE)
@pytest.mark.parametrize("sample", SAMPLES)
def test_damage_is_mended(sample: str, form: str) -> None:
    """Damage that keeps what a log says changes none of its failures."""
    plain = (FIXTURES / f"{sample}.log").read_bytes()
    damaged = DAMAGE[form](plain)
    found, counts = findings(damaged)
    assert found == findings(plain)[0]
    check_counts(counts)


@pytest.mark.parametrize("form", ["logcli-newest-first", "kibana-newest-first"])
def test_the_newest_second_may_be_a_long_one(form: str, tmp_path: Path) -> None:
    """What is given out newest first is told, from a file and from a pipe, though its first lines have one time."""
    plain = (FIXTURES / "port_taken-v0.14.8.log").read_bytes()
    last = b"".join(
        b'{"level":"info","ts":"2026-03-19T23:00:00Z","msg":"Stopping and waiting for caches","n":%d}\n' % i
        for i in range(200)
    )
    data, file = WRAPPINGS[form](plain + last), tmp_path / "log"
    file.write_bytes(data)
    wanted = [(f.service, f.certainty) for f in diagnose([as_stream(plain)], reading=Reading()).failures]
    with file.open("rb") as opened, subprocess.Popen(["cat"], stdin=opened, stdout=subprocess.PIPE) as cat:  # noqa: S607
        for given in (file, ("pipe", cat.stdout)):
            found = diagnose([given], reading=Reading())  # type: ignore[list-item]  # it has a stdout
            assert [(f.service, f.certainty) for f in found.failures] == wanted
