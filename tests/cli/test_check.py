"""`loganalyzer check` on the command line."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.command import loganalyzer
from tests.samples import FIXTURES

PAIR = FIXTURES / "whatif" / "pair-3102-v0.15.3"
CREATE = FIXTURES / "whatif" / "create-2045-v0.13.12"
SHRINK = FIXTURES / "whatif" / "shrink-3045-v0.13.12"


def run(*arguments: object, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The program's check command."""
    code = "from loganalyzer.cli.main import main; main()"
    return subprocess.run([sys.executable, "-c", code, "check", *map(str, arguments)], input=stdin, capture_output=True)


def against(folder: Path) -> tuple[object, ...]:
    """The option for a sample's log."""
    return ("--against", folder / "controller.log")


def test_a_change_file_is_tried() -> None:
    """The document names the state's position and what comes of the change."""
    done = run("--change", PAIR / "change.json", "--format", "json", *against(PAIR))
    document = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, b"")
    assert document["schema"] == "loganalyzer/check/1"
    assert document["interrupted"] == ["default/pair-a"]
    assert document["metallb_version"] == "0.15.3"


MANIFEST = b"""
apiVersion: v1
kind: Service
metadata: {name: new}
spec:
  type: LoadBalancer
  ports: [{port: 80, protocol: TCP}]
---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: roomy}
spec: {addresses: [198.51.100.0/28]}
---
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: all}
---
"""


def test_annotation_that_is_not_read() -> None:
    """A service that seems to ask to share is not left with the sentence that it does not."""
    manifest = b"""
apiVersion: v1
kind: Service
metadata: {name: new, annotations: {metallb.io/allow-shared-ip: edge}}
spec: {type: LoadBalancer, ports: [{port: 80}]}
"""
    done = run("-", *against(FIXTURES / "whatif" / "create-2049-v0.14.8"), stdin=manifest)
    said = " ".join(done.stdout.decode().split())
    note = 'MetalLB 0.14.8 does not read "metallb.io/allow-shared-ip"; it reads "metallb.universe.tf/allow-shared-ip"'
    assert f"NOTE default/new: {note} (MLB604)" in said


def test_yaml_on_standard_input_with_a_pool_that_comes_first() -> None:
    """The service may have an address of the pool below it; what decides nothing is named on standard error."""
    done = run("-", "--format", "json", *against(CREATE), stdin=MANIFEST)
    document = json.loads(done.stdout)
    [entry] = [e for e in document["services"] if e["service"] == "default/new"]
    assert entry["allocates"] is True
    assert set(entry["addresses"]) <= {f"198.51.100.{i}" for i in range(16)}
    assert b"L2Advertisement" in done.stderr


OVERLAP = b"""
kind: IPAddressPool
metadata: {name: again, namespace: metallb-system}
spec: {addresses: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]}
"""


def test_overlapping_pools_are_refused() -> None:
    """With the range that is in the way."""
    done = run("-", "--format", "json", *against(CREATE), stdin=OVERLAP)
    [entry] = json.loads(done.stdout)["rejected"]
    assert entry["object"] == "IPAddressPool metallb-system/again"
    assert "overlaps" in entry["why"]


def test_sarif_names_rule_and_service() -> None:
    """One result for each service that gets none, with its rule among the tool's."""
    done = run(CREATE / "manifest.json", "--format", "sarif", *against(CREATE))
    [found] = json.loads(done.stdout)["runs"]
    rules = {rule["id"] for rule in found["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in found["results"]} == rules
    names = {r["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] for r in found["results"]}
    assert "default/new-2045" in names


def test_junit_counts_its_cases() -> None:
    """A refused pool fails; the counts are those of the cases."""
    done = run("--change", SHRINK / "change.json", "--format", "junit", *against(SHRINK))
    suites = ElementTree.fromstring(done.stdout)  # noqa: S314 - written by the program itself
    cases = suites.findall("./testsuite/testcase")
    assert int(suites.attrib["tests"]) == len(cases)
    assert int(suites.attrib["failures"]) == len(suites.findall(".//failure")) >= 1


def test_text_tells_who_has_a_break() -> None:
    """And what each service gets."""
    text = run("--change", PAIR / "change.json", *against(PAIR)).stdout.decode()
    assert "BREAK    default/pair-a" in text
    assert "OK       default/pair-a gets 10.66.0.1" in text


DUAL = FIXTURES / "rules" / "MLB102" / "positive-0.15.3-dual_stack_requests.log"
UNASKED = b"""[{"kind": "Service", "name": "default/both", "patch": [
  {"op": "remove", "path": "/metadata/annotations/metallb.io~1loadBalancerIPs"}]}]"""


def test_a_service_of_two_families_gets_an_address_of_each(tmp_path: Path) -> None:
    """Not one or the other: in the text, for machines, and where a fix tells what it brings."""
    change = tmp_path / "change.json"
    change.write_bytes(UNASKED)
    text = run("--change", change, "--against", DUAL).stdout.decode()
    assert "OK       default/both gets 192.168.10.11 and fd00:5::11\n" in text
    junit = run("--change", change, "--format", "junit", "--against", DUAL).stdout
    assert b"<system-out>gets 192.168.10.11 and fd00:5::11</system-out>" in junit
    told = loganalyzer("explain", DUAL, env={"COLUMNS": "400"}).stdout.decode()
    assert "drop the requested address from default/both (gets 192.168.10.11 and fd00:5::11): " in told


def test_an_address_more_is_no_break(tmp_path: Path) -> None:
    """A service of two families that is content with one gets the second, and keeps the first."""
    change = tmp_path / "change.json"
    more = {"op": "add", "path": "/spec/addresses/-", "value": "fd00:5::11-fd00:5::13"}
    change.write_text(json.dumps([{"kind": "IPAddressPool", "name": "metallb-system/v4", "patch": [more]}]))
    log = FIXTURES / "controllers" / "families-v0.15.3.log"
    assert "BREAK" not in run("--change", change, "--against", log).stdout.decode()


def test_what_may_come_is_no_promise() -> None:
    """Who loses an address and waits with others may get another, or none."""
    folder = FIXTURES / "whatif" / "remove-3049-v0.14.8"
    text = " ".join(run("--change", folder / "change.json", *against(folder)).stdout.decode().split())
    assert text.count("LOSES ") == text.count(", may get 10.88.0.1 or 10.88.0.2 instead, or none") == 5


STATUS = [
    ("fails", ("--change", SHRINK / "change.json", "--fail-on", "any", *against(SHRINK)), 1),
    ("tells", ("--change", SHRINK / "change.json", *against(SHRINK)), 0),
    ("no-input", ("--change", SHRINK / "change.json"), 2),
    ("nothing-to-try", against(SHRINK), 2),
    ("form", ("--change", SHRINK / "change.json", "--format", "xml", *against(SHRINK)), 2),
    ("another-clusters-change", ("--change", PAIR / "change.json", *against(SHRINK)), 2),
    ("missing-log", ("--change", SHRINK / "change.json", "--against", "nowhere.log"), 3),
    ("missing-manifest", ("nowhere.yaml", *against(SHRINK)), 3),
]


@pytest.mark.parametrize(("arguments", "status"), [s[1:] for s in STATUS], ids=[s[0] for s in STATUS])
def test_exit_status(arguments: tuple[object, ...], status: int) -> None:
    """One line on standard error where something is wrong, never a traceback."""
    done = run(*arguments)
    assert done.returncode == status
    assert b"Traceback" not in done.stderr
    if status > 1:
        assert done.stdout == b""
        assert done.stderr.count(b"\n") == 1


HELM = b"""---
# Source: web/crds/pools.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ipaddresspools.metallb.io}
spec: {group: metallb.io}
---

---
# nothing but a comment
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata:
    name: web
    creationTimestamp: 2026-01-01T00:00:00Z
    resourceVersion: "7"
    managedFields: []
  spec: {type: LoadBalancer, ports: [{port: 80}]}
  status: {loadBalancer: {}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}
"""


def test_what_helm_and_kustomize_print_is_read() -> None:
    """Comments, empty documents, Lists, definitions and fields of the server's own are no obstacle."""
    done = run("-", "--format", "json", *against(CREATE), stdin=HELM)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "default/web" in [entry["service"] for entry in json.loads(done.stdout)["services"]]


def test_an_object_that_is_there_twice_is_told() -> None:
    """The last one counts, as with kubectl apply."""
    twice = b"kind: Service\nmetadata: {name: web}\nspec: {type: %s, ports: [{port: 80}]}\n"
    done = run("-", *against(CREATE), stdin=twice % b"LoadBalancer" + b"---\n" + twice % b"ClusterIP")
    assert b"Service default/web is there more than once; the last one counts" in done.stderr
    assert b"default/web is no LoadBalancer service" in done.stdout


def test_an_input_that_is_missing_outranks_what_fails() -> None:
    """The rest is still reported."""
    done = run("--change", SHRINK / "change.json", "--fail-on", "any", *against(SHRINK), "--against", "nowhere.log")
    assert done.returncode == 3
    assert b"REFUSED" in done.stdout


SELECTING = b"""
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: production, namespace: metallb-system}
spec:
  addresses: [192.168.10.200-192.168.10.205]
  serviceAllocation: {namespaceSelectors: [{matchLabels: {team: a}}]}
"""
NAMESPACE = b"---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default, labels: {team: %s}}\n"
ARTICLE = FIXTURES / "article-0.14.8.log"


def test_labels_that_nothing_shows_decide_nothing() -> None:
    """No log has namespaces' labels: whom a pool would choose by them is not known without the objects."""
    (entry,) = json.loads(run("-", "--format", "json", "--against", ARTICLE, stdin=SELECTING).stdout)["services"]
    assert entry["allocates"] is None
    assert "kubectl get namespaces -o yaml" in entry["missing"][0]


@pytest.mark.parametrize(("team", "allocates"), [(b"a", True), (b"b", False)])
def test_labels_that_are_given_decide(team: bytes, allocates: bool, tmp_path: Path) -> None:
    """With the namespaces at hand the pool's choice is known."""
    namespaces = tmp_path / "namespaces.yaml"
    namespaces.write_bytes(NAMESPACE % team)
    done = run("-", "--format", "json", "--against", ARTICLE, "--against", namespaces, stdin=SELECTING)
    (entry,) = [s for s in json.loads(done.stdout)["services"] if s["service"] == "default/git-ssh"]
    assert entry["allocates"] is allocates


STUCK = FIXTURES / "controllers" / "edit_breaks_sharing-v0.13.7.log"


def entries(path: str, tmp_path: Path) -> list[tuple[str, object]]:
    """What becomes of who waits when an address is added to a pool of 0.13.7 there."""
    change = tmp_path / "change.json"
    patch = [{"op": "add", "path": path, "value": "192.168.10.210/32"}]
    change.write_text(json.dumps([{"kind": "IPAddressPool", "name": "metallb-system/production", "patch": patch}]))
    done = run("--change", change, "--format", "json", "--against", STUCK)
    return [(s["service"], s["allocates"]) for s in json.loads(done.stdout)["services"]]


def test_a_patch_that_counts_addresses_needs_the_object(tmp_path: Path) -> None:
    """Up to 0.13.7 the log has a pool's addresses, and not the list that they stand in."""
    assert entries("/spec/addresses/1", tmp_path) == [("default/dns", None), ("default/git", None)]
    assert entries("/spec/addresses/-", tmp_path) == [("default/dns", True), ("default/git", False)]


AGAIN = FIXTURES / "controllers" / "pass_tried_again-v0.13.7.log"


@pytest.mark.parametrize(("lines", "by_itself"), [(142, True), (106, False)])
def test_a_pass_that_is_tried_again_looks_at_who_waits(lines: int, by_itself: bool, tmp_path: Path) -> None:
    """Up to 0.13.7 nobody is woken by a service that needs no address any more, unless all are tried by a clock."""
    change, log = tmp_path / "change.json", tmp_path / "controller.log"
    log.write_bytes(b"".join(AGAIN.read_bytes().splitlines(keepends=True)[:lines]))
    patch = [{"op": "replace", "path": "/spec/type", "value": "ClusterIP"}]
    change.write_text(json.dumps([{"kind": "Service", "name": "default/mail", "patch": patch}]))
    document = json.loads(run("--change", change, "--format", "json", "--against", log).stdout)
    (entry,) = [s for s in document["services"] if s["service"] == "default/dns"]
    assert (entry["allocates"], entry["addresses"], entry["by_itself"]) == (True, ["192.168.10.201"], by_itself)


REFUSED = [
    ("backwards", "addresses: [10.9.0.9-10.9.0.1]", 'start IP "10.9.0.9" is after the end IP "10.9.0.1"'),
    ("bare", "addresses: [10.9.0.9]", 'invalid CIDR "10.9.0.9" in pool "new": invalid CIDR "10.9.0.9"'),
    ("garbled", "addresses: [10.9.0.x-10.9.0.1]", 'invalid start IP "10.9.0.x"'),
    ("none", "addresses: []", "parsing address pool new: pool has no prefixes defined"),
    (
        "twice",
        "addresses: [10.9.0.0/24], serviceAllocation: {namespaces: [a, a]}",
        "parsing address pool new: duplicate definition in namespaces field",
    ),
]


@pytest.mark.parametrize(("spec", "why"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_pool_is_refused_in_metallbs_words(spec: str, why: str) -> None:
    """As metallb v0.13.12 internal/config/config.go has them."""
    manifest = f"kind: IPAddressPool\nmetadata: {{name: new, namespace: metallb-system}}\nspec: {{{spec}}}\n"
    done = run("-", "--format", "json", *against(CREATE), stdin=manifest.encode())
    [entry] = json.loads(done.stdout)["rejected"]
    assert entry["object"] == "IPAddressPool metallb-system/new"
    assert why in entry["why"]


def test_what_is_refused_depends_on_the_version() -> None:
    """A namespace that is named twice is refused from 0.13.10 on; a pool elsewhere is never read."""
    spec = b"spec: {addresses: [10.9.0.0/24], serviceAllocation: {namespaces: [a, a]}}\n"
    manifest = b"kind: IPAddressPool\nmetadata: {name: new}\n" + spec
    old = run("-", "--format", "json", "--metallb-version", "0.13.9", *against(CREATE), stdin=manifest)
    assert json.loads(old.stdout)["rejected"] == []
    elsewhere = manifest.replace(b"{name: new}", b"{name: new, namespace: shop}").replace(b"[a, a]", b"[a]")
    [entry] = json.loads(run("-", "--format", "json", *against(CREATE), stdin=elsewhere).stdout)["rejected"]
    assert entry["why"] == "MetalLB reads pools in its own namespace metallb-system alone"


HOSTILE = [
    ("binary", b"\xff\xfe\x00\x01"),
    ("no-object", b"- 1\n- 2\n"),
    ("loop", b"&a [*a]"),
    ("deep", b"[" * 5000),
    ("tab", b"a:\n\t- b"),
    ("python", b"!!python/object/apply:os.system [ls]"),
    ("nameless", b"kind: Service\nspec: {}\n"),
    ("name", b"kind: Service\nmetadata: {name: A_b}\n"),
    ("number", b"kind: Service\nmetadata: {name: web, annotations: {metallb.io/allow-shared-ip: 5}}\n"),
    ("log", b"Error: INSTALLATION FAILED: timed out\n"),
    ("empty", b""),
    ("no-spec", b"kind: Service\nmetadata: {name: 3}\n"),
    ("words", b"kind: IPAddressPool\nmetadata: {name: x}\nspec: {addresses: 7}\n"),
]


@pytest.mark.parametrize("manifest", [h[1] for h in HOSTILE], ids=[h[0] for h in HOSTILE])
def test_any_manifest_gives_a_report_or_one_line(manifest: bytes) -> None:
    """Never a traceback."""
    done = run("-", *against(SHRINK), stdin=manifest)
    assert done.returncode in (0, 2)
    assert b"Traceback" not in done.stderr
    assert done.stdout or done.stderr.count(b"\n") == 1


def test_an_annotation_that_is_no_text_is_named() -> None:
    """The API server would not take it."""
    manifest = b"kind: Service\nmetadata: {name: web, annotations: {metallb.io/allow-shared-ip: 5}}\nspec: {}\n"
    done = run("-", *against(SHRINK), stdin=manifest)
    assert done.returncode == 2
    assert b"default/web: the value of annotations 'metallb.io/allow-shared-ip' is no text" in done.stderr


def test_objects_stand_for_a_log() -> None:
    """The text says what is taken for granted."""
    objects = ("--against", CREATE / "services.json", "--against", CREATE / "pools.json")
    done = run(CREATE / "manifest.json", *objects, "--metallb-version", "0.13.12")
    assert done.returncode == 0
    assert done.stdout.startswith(b"MetalLB 0.13.12, as of ")
    assert b"PARTIAL  the objects stand for the state" in done.stdout
