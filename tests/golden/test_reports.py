"""Whole reports of real logs, compared with the files in fixtures/golden; `UPDATE_GOLDEN=1` writes them anew."""

import json
import lzma
import os
from functools import cache
from itertools import islice
from pathlib import Path

import jsonschema
import pytest
from msgspec import structs

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.report import document, text
from loganalyzer.report.terminal import columns
from tests.samples import FIXTURES, RULES, diagnosis_of

GOLDEN = FIXTURES / "golden"
SHARING = RULES / "MLB104/positive-0.14.8-local_different_selectors.log"

WIDE = "日本語のサービス"


def whole(name: str) -> bytes:
    """A rule's log as it is."""
    return (RULES / name).read_bytes()


def last(path: Path, count: int) -> bytes:
    """The last lines of a log, as `kubectl logs --tail` shows them."""
    return b"".join(path.read_bytes().splitlines(keepends=True)[-count:])


LOGS = {
    "0.12.1-requested_addresses": whole("MLB301/positive-0.12.1-requested_addresses.log"),
    "0.12.1-random-201-info": whole("MLB607/positive-0.12.1-random-201-info.log"),
    "0.13.12-bad_configuration": whole("MLB401/positive-0.13.12-bad_configuration.log"),
    "0.13.12-port_taken": whole("MLB605/positive-0.13.12-port_taken.log"),
    "0.13.12-service_allocation": whole("MLB303/positive-0.13.12-service_allocation.log"),
    "0.14.8-endpoints_move-info": whole("MLB607/positive-0.14.8-speakers-endpoints_move-info.log"),
    "0.14.8-exhausted": whole("MLB201/positive-0.14.8-exhausted.log"),
    "0.14.8-killed": whole("MLB404/positive-0.14.8-restart_reshuffles-killed-derived.log"),
    "0.14.8-local_different_selectors": SHARING.read_bytes(),
    "0.14.8-local_different_selectors-late": last(SHARING, 36),
    "0.14.8-local_different_selectors-wide": SHARING.read_bytes().replace(b"git-ssh", WIDE.encode()),
    "0.14.8-requested_addresses": whole("MLB304/positive-0.14.8-requested_addresses.log"),
    "0.14.8-not_ours": whole("MLB307/positive-0.14.8-not_ours.log"),
    "0.15.3-requested_pool_full": whole("MLB604/negative-0.15.3-requested_pool_full.log"),
    "0.15.3-write_failed": whole("MLB403/positive-0.15.3-edit_breaks_sharing-derived.log"),
}
SCHEMA = json.loads((FIXTURES / "contract" / "diagnosis.schema.json").read_text(encoding="utf-8"))


@cache
def diagnosed(name: str) -> Diagnosis:
    """The diagnosis of a log, the tool's version left out."""
    return structs.replace(diagnosis_of(LOGS[name]), tool_version="0")


def assert_golden(path: Path, found: bytes) -> None:
    """The report is the one in the file; in update mode the file becomes the report."""
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(found)
    assert path.is_file(), f"{path.name} is missing: UPDATE_GOLDEN=1 writes it"
    assert found.decode() == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LOGS)
def test_document(name: str) -> None:
    """The whole JSON document of a log is the golden one."""
    assert_golden(GOLDEN / f"{name}.json", document.document(diagnosed(name)))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", LOGS)
def test_text(name: str, width: int) -> None:
    """The whole text report of a log is the golden one, at each width."""
    assert_golden(GOLDEN / f"{name}.{width}.txt", text.render(diagnosed(name), width).encode())


@pytest.mark.parametrize("name", LOGS)
def test_document_fits_the_schema(name: str) -> None:
    """The document is what the schema says."""
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(document.document(diagnosed(name))))


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", LOGS)
def test_text_keeps_to_the_width(name: str, width: int) -> None:
    """No line is wider than the terminal, wide characters counted as two, but for commands to copy."""
    lines = text.render(diagnosed(name), width).splitlines()
    assert [line for line in lines if columns(line) > width and "kubectl " not in line] == []


@pytest.mark.parametrize("namespace", [b"kube-system", b"team-payments-production-eu-central"])
def test_many_holders_keep_to_the_width(namespace: bytes) -> None:
    """Nor is one where several services with long names hold an address."""
    with lzma.open(FIXTURES / "load" / "busy-v0.14.8.log.xz") as log:
        lines = b"".join(islice(log, 20_000)).replace(b"kube-system", namespace)
    report = text.render(diagnosis_of(lines), 80).splitlines()
    assert [line for line in report if columns(line) > 80 and "kubectl " not in line] == []
    assert sum("/ldap-69" in line for line in report) > 3


@pytest.mark.skipif("UPDATE_GOLDEN" in os.environ, reason="the files are being written")
def test_every_golden_file_is_compared() -> None:
    """No golden file is left over from a log that is no more."""
    expected = {f"{name}{suffix}" for name in LOGS for suffix in (".json", ".80.txt", ".120.txt")}
    assert {path.name for path in GOLDEN.iterdir()} == expected


def test_jsonl_has_the_failures_of_the_document() -> None:
    """Each line of the JSON lines is a failure of the document with its type."""
    for name in LOGS:
        found = diagnosed(name)
        lines = [json.loads(line) for line in document.lines(found)]
        assert lines == [{"type": "failure", **f} for f in json.loads(document.document(found))["failures"]]
