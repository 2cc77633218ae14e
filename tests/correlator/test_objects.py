"""Objects fill what logs lack, and never name a wrong cause."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from loganalyzer.correlator.evidence import as_read, within
from loganalyzer.metallb.pools import Pool, ServiceAllocation
from loganalyzer.metallb.versions import Version
from loganalyzer.pipeline import Reading, diagnose
from tests.samples import FIXTURES, RULES

OBJECTS = FIXTURES / "objects"
NAMED = {"random-201-v0.12.1-info": 0.5, "random-197-v0.14.8-info": 0.7, "random-199-v0.15.3-info": 0.6}
"""Of the attempts of each log, the share that must be named with its objects at hand."""

ALONE = OBJECTS / "random-101-v0.14.8"


def document(*inputs: object) -> dict[str, Any]:
    """The document of these inputs, which give no problem."""
    reading = Reading()
    found = diagnose(inputs, reading=reading).to_dict()  # type: ignore[arg-type]
    assert not reading.problems
    return found


def objects_of(sample: str) -> list[Path]:
    """The files of objects that were taken with a sample."""
    files = (OBJECTS / sample / f"{kind}.json" for kind in ("services", "pools", "events"))
    return [path for path in files if path.exists()]


@pytest.mark.parametrize("sample", NAMED)
def test_causes_named_with_objects(sample: str) -> None:
    """With its objects a log below debug level tells most causes, each partial, and none of them is wrong."""
    log = FIXTURES / "controllers" / f"{sample}.log"
    failures = document(log, *objects_of(sample))["failures"]
    truth = json.loads((OBJECTS / sample / "attempts.json").read_text())
    named = 0
    for attempt in truth:
        [covering] = [
            f
            for f in failures
            if f["service"] == attempt["service"]
            and f["first"]["input"] == str(log)
            and f["first"]["line"] <= attempt["line"] <= f["last"]["line"]
        ]
        cause = covering["cause"]
        if cause is not None and cause["rule"] != "MLB100":
            named += 1
            assert cause["rule"] == attempt["rule"], attempt
            assert covering["certainty"] == "partial" or cause["rule"].startswith("MLB3"), attempt
    assert named >= NAMED[sample] * len(truth)


def named(sample: str) -> list[tuple[str, int, str | None]]:
    """Services, attempts and rules of a log of 0.12 with its objects."""
    found = document(FIXTURES / "controllers" / f"{sample}.log", *objects_of(sample))
    return [(f["service"], f["attempts"], f["cause"] and f["cause"]["rule"]) for f in found["failures"]]


def test_pools_alone_tell_what_needs_no_holder() -> None:
    """A service without a key, or of a family that no pool has, is judged without the other services."""
    sample = "random-199-v0.15.3-info"
    found = document(FIXTURES / "controllers" / f"{sample}.log", OBJECTS / sample / "pools.json")["failures"]
    assert {f["cause"]["rule"] for f in found if f["cause"]} == {"MLB201", "MLB206"}


NOBODY, SOMEBODY = (ServiceAllocation(0, frozenset(names), ()) for names in ((), ("team-a",)))
READ = [
    pytest.param(Version(0, 13, 3), NOBODY, False, (False, None), id="0.13.3 knows neither field"),
    pytest.param(Version(0, 13, 4), NOBODY, False, (True, None), id="avoidBuggyIPs alone"),
    pytest.param(Version(0, 13, 8), NOBODY, False, (True, False), id="names nobody, and is for nobody"),
    pytest.param(Version(0, 15, 0), NOBODY, False, (True, True), id="names nobody, and is for everybody"),
    pytest.param(Version(0, 15, 0), NOBODY, True, (True, False), id="namespaces by label, and there are none"),
    pytest.param(Version(0, 15, 0), SOMEBODY, False, (True, False), id="names somebody"),
]


@pytest.mark.parametrize(("version", "allocation", "selects", "expected"), READ)
def test_a_pool_is_what_its_version_reads(
    version: Version, allocation: ServiceAllocation, selects: bool, expected: tuple[bool, bool | None]
) -> None:
    """Whether a pool avoids addresses, and whether it selects every service (None: it has no serviceAllocation)."""
    pool = as_read(Pool("blue", (), avoid_buggy=True, allocation=allocation), version, selects=selects)
    everybody = bool(pool.allocation.selectors) if pool.allocation else None
    assert (pool.avoid_buggy, everybody) == expected


@pytest.mark.parametrize("first", ["0001-01-01T00:00:00", "2026-05-04T08:00:00+02:00", "soon", ""])
def test_a_time_that_is_none_bounds_nothing(first: str) -> None:
    """An Event may claim any time; one that can't be leaves the other alone to tell."""
    assert within("2026-05-04T08:00:00", first, "2026-05-04T08:00:01")
    assert not within("2026-05-04T08:00:00", first, "2026-05-04T07:00:00")


def test_a_configuration_that_was_refused_later_tells_nothing_of_before() -> None:
    """The object is the refused one, and the attempt met the one before it, which no input has."""
    assert named("refused_configuration-v0.12.1") == [("default/git", 1, None)]


def test_who_fails_holds_nothing() -> None:
    """After a restart another service may come first: who had the address is not in its own way."""
    assert named("restart_takes_address-v0.12.1") == [("default/mail", 1, "MLB103"), ("default/git", 2, "MLB103")]


def test_evidence_names_the_objects() -> None:
    """A cause that rests on an object says so, and the line is the one on which the object begins."""
    sample = "random-197-v0.14.8-info"
    failures = document(FIXTURES / "controllers" / f"{sample}.log", *objects_of(sample))["failures"]
    pools = OBJECTS / sample / "pools.json"
    shown = [e for f in failures for e in f["evidence"] if e["input"] == str(pools)]
    lines = pools.read_text().splitlines()
    assert shown
    assert all(lines[e["line"] - 1].strip() == "{" for e in shown)


def test_event_that_matches_is_evidence_and_no_failure() -> None:
    """An Event of an attempt that the log has is evidence of it; it makes no second failure."""
    sample = "random-197-v0.14.8-info"
    log, events = FIXTURES / "controllers" / f"{sample}.log", OBJECTS / sample / "events.json"
    alone, both = document(log)["failures"], document(log, events)["failures"]
    assert [(f["service"], f["error"], f["attempts"]) for f in both] == [
        (f["service"], f["error"], f["attempts"]) for f in alone
    ]
    assert any(e["input"] == str(events) for f in both for e in f["evidence"])


def test_events_alone_give_failures() -> None:
    """Without a log each service's Events are a failure with their count; only what the text names is its cause."""
    failures = document(ALONE / "events.json")["failures"]
    assert {(f["service"], f["attempts"], f["certainty"], f["cause"] and f["cause"]["rule"]) for f in failures} == {
        ("ops/ntp-2", 6, "proven", "MLB303"),
        ("shop/grafana-3", 5, "proven", "MLB303"),
        ("ops/sip-4", 5, "unknown", None),
        ("ops/ntp-5", 5, "proven", "MLB304"),
        ("shop/cart-6", 5, "proven", "MLB301"),
    }
    assert all(f["first"]["ts"] <= f["last"]["ts"] for f in failures)


def test_objects_alone_judge_who_waits() -> None:
    """Without log and Events each waiting service is judged on the state that the objects show, partial."""
    failures = document(ALONE / "services.json", ALONE / "pools.json")["failures"]
    assert {(f["service"], f["certainty"], f["cause"] and f["cause"]["rule"]) for f in failures} == {
        ("ops/ntp-2", "partial", "MLB303"),
        ("shop/grafana-3", "partial", "MLB303"),
        ("ops/sip-4", "partial", "MLB201"),
        ("ops/ntp-5", "partial", "MLB304"),
        ("shop/cart-6", "partial", "MLB301"),
    }


NOT_READ = """
apiVersion: v1
kind: Service
metadata:
  {name: web, namespace: default, annotations: {metallb.universe.tf/allow-shared: a, metallb.io/address-pool: b},
  labels: {metallb.universe.tf/address-pool: c}}
spec: {type: LoadBalancer}
---
apiVersion: v1
kind: Service
metadata: {name: dns, namespace: default, annotations: {metallb.universe.tf/address-pool: b}}
spec: {type: LoadBalancer}
"""
TOLD = [
    pytest.param("", None, ["MLB601", "MLB602"], id="no version, so nothing that depends on it"),
    pytest.param("", Version(0, 14, 8), ["MLB601", "MLB602", "MLB604"], id="told by the user, older"),
    pytest.param("", Version(0, 16, 1), ["MLB601", "MLB602", "MLB603"], id="told by the user, newer"),
    pytest.param("0.14.8", None, ["MLB601", "MLB602", "MLB604"], id="told by the controller"),
    pytest.param("0.15.3", None, ["MLB601", "MLB602", "MLB603"], id="told by a newer controller"),
]


def started(version: str) -> bytes:
    """A log at info level that has the start of a controller alone, nothing where there is no version."""
    text = f"MetalLB controller starting version {version} (commit a, branch b)"
    line = {"caller": "main.go:167", "level": "info", "msg": text, "ts": "2026-04-13T01:25:09Z", "version": version}
    return json.dumps(line).encode() + b"\n" if version else b""


@pytest.mark.parametrize(("log", "version", "rules"), TOLD)
def test_services_known_from_objects_alone_give_advice(log: str, version: Version | None, rules: list[str]) -> None:
    """Names that MetalLB does not read are told of objects, too, at the line on which the object begins."""
    inputs = [("objects.yaml", io.BytesIO(NOT_READ.encode())), ("controller.log", io.BytesIO(started(log)))]
    found = diagnose(inputs[: 2 if log else 1], version=version).to_dict()["advice"]
    told = [a for a in found if a["rule"].startswith("MLB60") and a["rule"] != "MLB607"]
    assert [a["rule"] for a in told] == rules
    assert {a["at"]["input"] for a in told} == {"objects.yaml"}
    lines = NOT_READ.splitlines()
    assert all(lines[a["at"]["line"] - 1] in ("apiVersion: v1", "---") for a in told)


def test_what_a_dump_told_is_not_told_of_its_object_once_more() -> None:
    """Advice on a service that a log has dumped stands at the dump."""
    log = (RULES / "MLB601" / "positive-0.14.8-first_has_no_key-derived.log").read_bytes()
    metadata = "{name: mail, namespace: default, annotations: {metallb.universe.tf/allow-shared-ips: shared}}"
    known = f"apiVersion: v1\nkind: Service\nmetadata: {metadata}\nspec: {{type: LoadBalancer}}\n"
    alone = diagnose([("controller.log", io.BytesIO(log))]).to_dict()["advice"]
    objects = ("objects.yaml", io.BytesIO(known.encode()))
    both = diagnose([objects, ("controller.log", io.BytesIO(log))]).to_dict()["advice"]
    assert [a for a in both if a["rule"] == "MLB601"] == [a for a in alone if a["rule"] == "MLB601"] != []


def items() -> list[dict[str, Any]]:
    """The objects of the sample that has no log."""
    return [
        i for kind in ("services", "pools", "events") for i in json.loads((ALONE / f"{kind}.json").read_text())["items"]
    ]


FORMS = {
    "List, indented": lambda: json.dumps({"apiVersion": "v1", "kind": "List", "items": items()}, indent=4),
    "List, one line": lambda: json.dumps({"apiVersion": "v1", "kind": "List", "items": items()}),
    "single objects": lambda: "\n".join(json.dumps(i, indent=2) for i in items()),
    "one a line": lambda: "\n".join(map(json.dumps, items())),
    "array": lambda: json.dumps(items()),
    "YAML List": lambda: yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items()}, sort_keys=True),
    "YAML documents": lambda: yaml.safe_dump_all(items(), sort_keys=True),
    "typed list without kinds": lambda: "\n".join(
        json.dumps(
            {
                "apiVersion": kind_items[0]["apiVersion"],
                "kind": f"{kind}List",
                "items": [{k: v for k, v in i.items() if k not in ("kind", "apiVersion")} for i in kind_items],
            },
            indent=1,
        )
        for kind in ("Service", "IPAddressPool", "Event")
        for kind_items in [[i for i in items() if i["kind"] == kind]]
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_objects(form: str) -> None:
    """Whatever form kubectl gave the objects, they say the same; none is lost, and each line is counted."""
    expected = document(*(ALONE / f"{k}.json" for k in ("services", "pools", "events")))["failures"]
    found = document(("objects", io.BytesIO(FORMS[form]().encode())))
    bare = [
        sorted((f["service"], f["error"], f["attempts"], str(f["cause"])) for f in d)
        for d in (found["failures"], expected)
    ]
    assert bare[0] == bare[1]
    [counts] = found["inputs"]
    assert counts["objects"] == len(items())
    assert counts["unparsed"] == 0
    assert counts["lines"] == counts["records"] + counts["blank"]


def test_objects_among_log_lines() -> None:
    """Objects pasted behind a log in one file are found there."""
    log = (FIXTURES / "controllers" / "port_taken-v0.14.8.log").read_bytes()
    found = document(("mixed", io.BytesIO(log + FORMS["List, indented"]().encode() + b"\n" + log[:0])))
    assert found["inputs"][0]["objects"] == len(items())
    assert found["inputs"][0]["unparsed"] == 0


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: Service\nmetadata: " + "[" * 100_000,
        "apiVersion: v1\nkind: Service\nmetadata:\n" + "- " * 100_000,
        "apiVersion: v1\nkind: Service\nmetadata: &a\n  x: *a\n",
        "apiVersion: v1\nkind: List\nitems: 5\n",
        "apiVersion: v1\nkind: Service\nspec: 7\nmetadata: []\n",
        '{"apiVersion":"v1","kind":"Event","involvedObject":{"kind":"Service"},"count":"many","reason":"AllocationFailed","message":1}',
        '{"apiVersion":"v1","kind":"List","items":[1,null,{"kind":"Service"}]}',
        '{"apiVersion":"metallb.io/v1beta1","kind":"IPAddressPool","spec":{"addresses":["x",1]}}',
        '{"apiVersion":"v1","kind":"ConfigMap","data":{"config":"address-pools: [[["}}',
        "apiVersion: v1\nkind: Service\nmetadata: {name: !!python/object/apply:os.system [x]}\n",
    ],
    ids=["brackets", "dashes", "self", "items", "types", "event", "list", "pool", "configmap", "tag"],
)
def test_hostile_objects_end_in_a_report(text: str) -> None:
    """Objects that are nested, wrong or forged end in a report or an error of one line."""
    reading = Reading()
    diagnose([("x", io.BytesIO(text.encode()))], reading=reading).to_dict()
    assert all("\n" not in str(p) for p in reading.problems)


def changed(sample: str, name: str, change: dict[str, Any]) -> tuple[str, io.BytesIO]:
    """A sample's services, one of them as this merge patch leaves it."""
    found = json.loads((OBJECTS / sample / "services.json").read_text())
    found["items"] = [merged(i, change) if i["metadata"]["name"] == name else i for i in found["items"]]
    return "services.json", io.BytesIO(json.dumps(found).encode())


def merged(document: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The document with a merge patch (RFC 7396) that takes nothing away."""
    return {**document, **{k: merged(document.get(k, {}), v) if isinstance(v, dict) else v for k, v in change.items()}}


BEFORE_0_12 = [
    pytest.param({"spec": {"clusterIPs": ["10.96.0.10", "fd00::9"]}}, "MLB206", id="one address alone"),
    pytest.param(
        {"metadata": {"annotations": {"metallb.universe.tf/loadBalancerIPs": "10.9.9.9"}}},
        "MLB302",
        id="no request by annotation",
    ),
]


@pytest.mark.parametrize(("change", "later"), BEFORE_0_12)
def test_what_came_with_0_12_is_not_read_before(change: dict[str, Any], later: str) -> None:
    """Up to 0.11 a service needs the family of spec.clusterIP, and asks for an address by its field only."""
    sample = "restart_takes_address-v0.12.1"
    for version, rule in ((Version(0, 11, 0), "MLB103"), (Version(0, 12, 0), later)):
        inputs: list[Any] = [changed(sample, "git", change), OBJECTS / sample / "pools.json"]
        (failure,) = diagnose(inputs, version=version).failures
        assert failure.cause is not None
        assert failure.cause.rule == rule


def below_debug(log: bytes) -> tuple[bytes, list[int]]:
    """What a log has at info level, and the number that each of its lines has in the whole one."""
    kept = [(n, line) for n, line in enumerate(log.splitlines(keepends=True), 1) if b'"level":"debug"' not in line]
    return b"".join(line for _, line in kept), [n for n, _ in kept]


WHOLE = [
    path
    for folder in ("controllers", "history")
    for path in sorted((FIXTURES / folder).glob("*.log"))
    if "-info" not in path.name and (OBJECTS / path.stem).is_dir()
]


def test_with_objects_a_log_below_debug_level_says_what_the_whole_one_does(tmp_path: Path) -> None:
    """Real logs without their lines at debug level: with the objects most causes are found again, and no other."""
    rules: list[str | None] = []
    for log in WHOLE:
        told, numbers = below_debug(log.read_bytes())
        (tmp_path / log.name).write_bytes(told)
        whole = document(log, *objects_of(log.stem))["failures"]
        for failure in document(tmp_path / log.name, *objects_of(log.stem))["failures"]:
            line = numbers[failure["last"]["line"] - 1]
            [truth] = [
                f
                for f in whole
                if f["service"] == failure["service"] and f["first"]["line"] <= line <= f["last"]["line"]
            ]
            found = failure["cause"] and failure["cause"]["rule"]
            rules.append(None if found == "MLB100" else found)
            assert truth["cause"] is None or rules[-1] in (None, truth["cause"]["rule"]), (log, line)
    assert {"MLB101", "MLB103", "MLB104", "MLB105", "MLB201", "MLB205", "MLB206"} <= set(rules)
    assert rules.count(None) < len(rules) * 0.3
