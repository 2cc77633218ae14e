"""The check for programs: JSON (check.schema.json), SARIF 2.1.0, JUnit XML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from loganalyzer.report.escape import clean
from loganalyzer.report.possible import one_of
from loganalyzer.rules.catalogue import catalogue, page
from loganalyzer.version import __version__
from loganalyzer.whatif.check import CheckReport, Verdict

_PRETTY: Final = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
FINGERPRINT: Final = "serviceRuleAddress/v1"
_OWN_RULES: Final = {
    "own-change": "The service's own edit moves it off its address",
    "order": "MetalLB's order of waiting services decides",
    "untried": "The inputs do not tell enough to try it",
}


def json_document(report: CheckReport) -> bytes:
    """The JSON document, ending in a line feed."""
    return orjson.dumps(report.to_dict(), option=_PRETTY)


def sarif(report: CheckReport) -> bytes:
    """One SARIF run; a service that gets its address is no result."""
    results = list(_results(report))
    used = sorted({result["ruleId"] for result in results})
    for result in results:
        result["ruleIndex"] = used.index(result["ruleId"])
    driver = {
        "name": "loganalyzer",
        "semanticVersion": __version__,
        "rules": [{"id": code, **_described(code)} for code in used],
    }
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    return orjson.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, option=_PRETTY)


def _described(code: str) -> dict[str, Any]:
    """A rule's metadata; its help is the page that `loganalyzer rules CODE` prints."""
    entry = catalogue().get(code)
    if entry is None:
        return {"name": code, "shortDescription": {"text": _OWN_RULES.get(code, code)}}
    text = page(entry)
    return {
        "name": entry.name,
        "shortDescription": {"text": entry.holds_when},
        "help": {"text": text, "markdown": text},
    }


def _results(report: CheckReport) -> Iterator[dict[str, Any]]:
    for refused in report.rejected:
        yield _result(report, "MLB401", "error", refused.object, "", f"MetalLB would refuse it: {refused.why}")
    for lost in report.loses:
        text = f"{lost.service} loses {lost.address}" + (
            f", gets {one_of(lost.gets, each=lost.each)}" if lost.gets else ""
        )
        yield _result(report, lost.why, "error", lost.service, lost.address, text)
    for verdict in report.services:
        if verdict.allocates is not True:
            code, level, name, text = _finding(verdict)
            address = (verdict.cause.address or "") if verdict.cause else ""
            yield _result(report, code, level, name, address, text)


def _finding(verdict: Verdict) -> tuple[str, str, str, str]:
    """The rule, level, service and text of a service that does not surely get an address."""
    if verdict.allocates is None:
        code = "order" if verdict.contends_with or verdict.addresses else "untried"
        return code, "warning", verdict.service, "; ".join(verdict.missing) or f"{verdict.service} may get no address"
    if verdict.cause is None:
        return "untried", "warning", verdict.service, "; ".join(verdict.missing) or "gets no address"
    return verdict.cause.rule, "error", verdict.service, verdict.cause.summary


def _result(report: CheckReport, code: str, level: str, name: str, address: str, text: str) -> dict[str, Any]:
    place = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(report.at.source.name)},
            "region": {"startLine": report.at.line},
        },
        "logicalLocations": [{"fullyQualifiedName": clean(name), "kind": "resource"}],
    }
    return {
        "ruleId": code,
        "level": level,
        "message": {"text": clean(text)},
        "locations": [place],
        "partialFingerprints": {FINGERPRINT: _fingerprint(name, code, address)},
    }


def _fingerprint(name: str, code: str, address: str) -> str:
    """Which finding it is, in whatever line of whatever log: of its service, rule and address."""
    from hashlib import sha256

    return sha256("\0".join((name, code, address)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _uri(name: str) -> str:
    from urllib.parse import quote

    return quote(name)


def junit(report: CheckReport) -> bytes:
    """A test suite with one case for each service, each loss and each refused object."""
    from xml.etree.ElementTree import Element, SubElement, indent, tostring

    cases = list(_cases(report))
    failed, skipped = sum(c["how"] == "failure" for c in cases), sum(c["how"] == "skipped" for c in cases)
    counts = {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}
    suites = Element("testsuites", counts)
    suite = SubElement(suites, "testsuite", {"name": "loganalyzer check", **counts})
    for case in cases:
        made = SubElement(suite, "testcase", {"classname": case["kind"], "name": _xml(case["name"])})
        if case["how"] == "passed":
            SubElement(made, "system-out").text = _xml(case["text"])
        else:
            said = SubElement(made, case["how"], {"message": _xml(case["text"]), "type": case["rule"]})
            if case["rule"] in catalogue():
                said.text = f"loganalyzer rules {case['rule']}"
    indent(suites)
    body: bytes = tostring(suites, encoding="utf-8", xml_declaration=True)
    return body + b"\n"


def _cases(report: CheckReport) -> Iterator[Mapping[str, str]]:
    for refused in report.rejected:
        yield {"kind": "configuration", "name": refused.object, "how": "failure", "rule": "MLB401", "text": refused.why}
    for lost in report.loses:
        text = f"loses {lost.address} ({lost.why})"
        yield {"kind": "running", "name": lost.service, "how": "failure", "rule": lost.why, "text": text}
    for verdict in report.services:
        if verdict.allocates:
            text = f"gets {one_of(verdict.addresses, each=verdict.each)}"
            yield {"kind": "service", "name": verdict.service, "how": "passed", "rule": "", "text": text}
        else:
            code, _, name, text = _finding(verdict)
            how = "failure" if verdict.allocates is False else "skipped"
            yield {"kind": "service", "name": name, "how": how, "rule": code, "text": f"{code}: {text}"}


def _xml(text: str) -> str:
    """The text without what XML 1.0 can't hold."""
    return "".join(c for c in clean(text) if c >= " " and not "\ud800" <= c <= "\udfff" and c not in "\ufffe\uffff")
