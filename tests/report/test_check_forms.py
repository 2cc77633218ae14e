"""The check for programs: valid by the formats' own schemas, findings that stay the same ones, the rules' pages."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema

from loganalyzer.correlator.diagnosis import Cause
from loganalyzer.model.state import Place
from loganalyzer.report.check_forms import FINGERPRINT, junit, sarif
from loganalyzer.rules.catalogue import catalogue, page
from loganalyzer.sources.inputs import Source
from loganalyzer.whatif.apply import Rejection
from loganalyzer.whatif.check import CheckReport, Lost, Verdict
from tests.report.test_escape import HOSTILE
from tests.samples import FIXTURES, ROOT

SARIF = ROOT / ".ci/browser/node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"
JUNIT = xmlschema.XMLSchema(FIXTURES / "contract" / "junit.xsd")


def check_of(name: str, log: str = "controller.log", line: int = 9, address: str = "192.0.2.1") -> CheckReport:
    """A check in which everything happens to a service of this name."""
    return CheckReport(
        metallb_version="0.14.8",
        at=Place(Source(log), line, b""),
        services=(
            Verdict(f"{name}-ok", allocates=True, addresses=(address,)),
            Verdict(f"{name}-no", allocates=False, cause=Cause("MLB105", "port-conflict", f"{name} waits", address)),
            Verdict(f"{name}-order", allocates=None, contends_with=(name,)),
            Verdict(f"{name}-untried", allocates=None, missing=(name,)),
        ),
        loses=(Lost(name, address, "MLB104", ("192.0.2.2",)), Lost(name, address, "own-change", ())),
        rejected=(Rejection(f"IPAddressPool {name}", name),),
    )


def run_of(report: CheckReport) -> Any:
    """The only run of the SARIF document."""
    [run] = json.loads(sarif(report))["runs"]
    return run


def fingerprints(report: CheckReport) -> list[str]:
    """What tells the findings apart, in their order."""
    return [result["partialFingerprints"][FINGERPRINT] for result in run_of(report)["results"]]


@pytest.mark.skipif(not SARIF.is_file(), reason="needs SARIF's schema: npm ci --prefix .ci/browser")
@pytest.mark.parametrize("text", [pytest.param("default/web", id="plain"), *HOSTILE])
def test_sarif_fits_its_schema(text: str) -> None:
    """Whatever services are called, the document is what SARIF 2.1.0's schema says."""
    schema = json.loads(Path(SARIF).read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(json.loads(sarif(check_of(text))))


@pytest.mark.parametrize("text", [pytest.param("default/web", id="plain"), *HOSTILE])
def test_junit_fits_its_schema(text: str) -> None:
    """Whatever services are called, the XML is what JUnit's schema says, and counts its cases."""
    found = junit(check_of(text)).decode()
    JUNIT.validate(found)
    suites: Any = JUNIT.to_dict(found)
    assert (suites["@tests"], suites["@failures"], suites["@skipped"]) == (7, 4, 2)


def test_a_finding_is_the_same_one_in_another_log() -> None:
    """Fingerprints are of service, rule and address: neither the log nor its lines change them."""
    assert fingerprints(check_of("default/web")) == fingerprints(check_of("default/web", "other.log", 77))
    assert len(set(fingerprints(check_of("default/web")))) == 6


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(check_of("default/api"), id="service"),
        pytest.param(check_of("default/web", address="::1"), id="address"),
    ],
)
def test_another_finding_is_not(other: CheckReport) -> None:
    """Another service, or another address where there is one, is another finding."""
    assert fingerprints(check_of("default/web"))[1] != fingerprints(other)[1]


def test_rules_have_the_catalogues_words_and_pages() -> None:
    """Each rule's metadata is the catalogue's line, its help the page that `loganalyzer rules` prints."""
    run = run_of(check_of("default/web"))
    rules = run["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [r["ruleId"] for r in run["results"]]
    known = [rule for rule in rules if rule["id"] in catalogue()]
    assert len(known) == 3
    for rule in known:
        entry = catalogue()[rule["id"]]
        assert rule["shortDescription"]["text"] == entry.holds_when
        assert rule["help"]["markdown"] == page(entry)
