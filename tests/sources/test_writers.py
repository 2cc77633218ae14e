"""Whose line is it: pods in one input, inputs of one pod, cut and joined lines."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pytest

from loganalyzer.pipeline import Reading, diagnose
from tests.sources.forms import Form, cri, docker

FIXTURES = Path(__file__).parents[2] / "fixtures" / "controllers"
ONE = (FIXTURES / "port_taken-v0.14.8.log").read_bytes()
OTHER = (FIXTURES / "requested_pool_full-v0.15.3.log").read_bytes()


def named(pod: str, log: bytes) -> list[bytes]:
    """The log's lines under a pod's prefix."""
    return [b"[pod/%s/controller] %s\n" % (pod.encode(), line) for line in log.splitlines()]


def rules(*inputs: object) -> list[tuple[object, ...]]:
    """What these inputs' failures are, without their places."""
    reading = Reading()
    document = diagnose(inputs, reading=reading).to_dict()  # type: ignore[arg-type]
    assert not reading.problems
    return sorted(
        (f["service"], f["error"], f["cause"] and f["cause"]["rule"], f["certainty"], f["attempts"])
        for f in document["failures"]
    )


def test_interleaved_pods_have_a_model_each() -> None:
    """Two controllers' lines, one by one in one input, give the failures of each by itself, with its pod."""
    mixed = b"".join(
        a + b for a, b in zip_longest(named("controller-a-1", ONE), named("controller-b-2", OTHER), fillvalue=b"")
    )
    assert rules(mixed) == sorted(rules(ONE) + rules(OTHER))
    found = diagnose([mixed])
    assert {f.first.source.origin.pod for f in found.failures} == {"controller-a-1", "controller-b-2"}
    assert len({n.text for n in found.notes if n.kind == "several-models"}) == 1
    [counts] = found.to_dict()["inputs"]
    assert counts["lines"] == counts["records"] == len(mixed.splitlines())


@pytest.mark.parametrize("form", [cri(400), docker(400)], ids=["cri", "docker"])
def test_interleaved_parts_are_joined_by_writer(form: object) -> None:
    """Parts of two files' lines that alternate are joined each with its own."""
    prefixed = (
        [b"a/0.log:%s\n" % line for line in form(ONE).splitlines()],  # type: ignore[operator]
        [b"b/0.log:%s\n" % line for line in form(OTHER).splitlines()],  # type: ignore[operator]
    )
    mixed = b"".join(a + b for a, b in zip_longest(*prefixed, fillvalue=b""))
    assert rules(mixed) == sorted(rules(ONE) + rules(OTHER))


def test_previous_beside_current_is_one_history(tmp_path: Path) -> None:
    """Two inputs whose times follow one another are one history, in whatever order they are given."""
    lines = ONE.splitlines(keepends=True)
    half = next(i for i in range(len(lines) // 2, len(lines)) if stamp(lines[i]) != stamp(lines[i - 1]))
    previous, current = tmp_path / "z-previous.log", tmp_path / "a-current.log"
    previous.write_bytes(b"".join(lines[:half]))
    current.write_bytes(b"".join(lines[half:]))
    assert rules(current, previous) == rules(ONE)


def stamp(line: bytes) -> bytes:
    """The time at the end of a line."""
    return line[line.rfind(b'"ts":') :]


@pytest.mark.parametrize("shared", [2, 7, 30])
@pytest.mark.parametrize("prefix", ["", "[pod/controller-a-1/controller] "], ids=["plain", "prefix"])
def test_overlap_of_one_pod_counts_once(tmp_path: Path, shared: int, prefix: str) -> None:
    """Lines that end one input and begin another of the same pod count once."""
    lines = [prefix.encode() + line for line in ONE.splitlines(keepends=True)]
    half = len(lines) // 2
    one, other = tmp_path / "1.log", tmp_path / "2.log"
    one.write_bytes(b"".join(lines[: half + shared]))
    other.write_bytes(b"".join(lines[half:]))
    assert rules(other, one) == rules(ONE)


def test_the_same_file_twice_counts_once(tmp_path: Path) -> None:
    """Two copies of one log, and a shorter one, are one history."""
    for name, data in (("a", ONE), ("b", ONE), ("c", b"".join(ONE.splitlines(keepends=True)[:40]))):
        (tmp_path / name).write_bytes(data)
    assert rules(tmp_path / "a", tmp_path / "b", tmp_path / "c") == rules(ONE)


def test_different_logs_at_the_same_time_are_two_models(tmp_path: Path) -> None:
    """Inputs whose times overlap and whose lines differ are two controllers, and the report says so."""
    (tmp_path / "a.log").write_bytes(ONE)
    changed = ONE.replace(b"default/", b"other/").replace(
        b'\\"namespace\\":\\"default\\"', b'\\"namespace\\":\\"other\\"'
    )
    (tmp_path / "b.log").write_bytes(changed)
    found = diagnose([tmp_path / "a.log", tmp_path / "b.log"])
    assert [n.kind for n in found.notes].count("several-models") == 1
    assert {f.service.partition("/")[0] for f in found.failures if f.service} == {"default", "other"}


def test_wrappings_time_is_the_positions() -> None:
    """A position's time is the wrapping's where it has one, in UTC."""
    wrapped = b"".join(b"2026-05-04T10:00:00.25+02:00 stdout F " + line + b"\n" for line in ONE.splitlines())
    [first, *_] = diagnose([wrapped]).to_dict()["failures"]
    assert first["first"]["ts"] == "2026-05-04T08:00:00.25Z"


def test_mixed_forms_are_read_line_by_line() -> None:
    """Each line of a file is read for what it is, whatever the others are."""
    forms: list[Form] = [cri(), docker(), lambda log: log, lambda log: b"> " + log.rstrip(b"\n") + b"\r\n"]
    mixed = b"".join(forms[i % len(forms)](line + b"\n") for i, line in enumerate(ONE.splitlines()))
    assert rules(mixed) == rules(ONE)


def test_cut_dump_names_its_service_and_proves_nothing() -> None:
    """A dump cut at 16 KiB still tells whose pass follows; what it held is unknown, and no cause is called proven."""
    lines = ONE.splitlines()
    cut = b"\n".join(
        line[:600] if b'"processing service"' in line or b'"reprocessing service"' in line else line for line in lines
    )
    found = diagnose([cut]).to_dict()
    assert {f["service"] for f in found["failures"]} == {s for s, *_ in rules(ONE)}
    assert all(f["certainty"] != "proven" for f in found["failures"])
    [counts] = found["inputs"]
    assert counts["mended"] > 0
    assert counts["unparsed"] == 0


def test_line_cut_at_the_end_of_the_file_is_mended() -> None:
    """A last line that is cut behind what matters is still read; one cut before it is counted and nothing more."""
    lines = ONE.splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if b'"IP allocation failed"' in line)
    whole = b"".join(lines[:at])
    cut = diagnose([whole + lines[at][:-20]]).to_dict()
    assert [f["error"] for f in cut["failures"]] == [
        f["error"] for f in diagnose([whole + lines[at]]).to_dict()["failures"]
    ]
    assert cut["inputs"][0]["mended"] == 1
    early = diagnose([whole + lines[at][:30]]).to_dict()
    assert not early["failures"]


@pytest.mark.parametrize("where", ["dump", "ordinary"])
def test_half_line_at_a_rotation_is_joined(tmp_path: Path, where: str) -> None:
    """A line of which one file has the beginning and the next one the rest is one record; no line is lost."""
    lines = ONE.splitlines(keepends=True)
    at = next(
        i
        for i, line in enumerate(lines)
        if (b'"IP allocation failed"' if where == "ordinary" else b'"reprocessing service"') in line
    )
    cut = sum(map(len, lines[:at])) + 60
    (tmp_path / "controller.log.1").write_bytes(ONE[:cut])
    (tmp_path / "controller.log").write_bytes(ONE[cut:])
    assert rules(tmp_path) == rules(ONE)
    counts = diagnose([tmp_path]).to_dict()["inputs"]
    assert [c["unparsed"] for c in counts] == [0, 0]
    assert sum(c["mended"] for c in counts) == 1
    assert all(c["lines"] == c["records"] for c in counts)


def test_lines_from_the_end_keep_their_numbers() -> None:
    """A log with the newest line first is replayed from its end, and each position is its own line's."""
    lines = ONE.splitlines()
    stamped = [b"2026-01-01T00:%02d:%02dZ %s" % (i // 60, i % 60, line) for i, line in enumerate(lines)]
    for given in (b"\n".join(reversed(stamped)), b"\n".join(reversed(stamped)) + b"\n"):
        [failure, *_] = diagnose([given]).to_dict()["failures"]
        [expected, *_] = diagnose([ONE]).to_dict()["failures"]
        assert failure["first"]["line"] == len(lines) + 1 - expected["first"]["line"]
