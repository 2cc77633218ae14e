"""Every rule has all its pieces, and no piece is without its rule."""

import re
from collections import Counter

import pytest
from msgspec import structs

from loganalyzer.errors import UsageError
from loganalyzer.metallb.error_texts import ErrorText
from loganalyzer.metallb.versions import Version
from loganalyzer.rules.catalogue import catalogue, of_kind, page, rule
from loganalyzer.rules.rule import AddressRule, Finding, Rule
from loganalyzer.rules.shared_addresses import SharedAddressRule
from tests.samples import ROOT, RULES

PAGES = ROOT / "docs" / "rules"
HEADINGS = [
    "## What it means",
    "## How MetalLB decides it",
    "## Example",
    "## How to fix it",
    "## Reported in",
]
NAMES = {
    "MLB100": "sharing-refused",
    "MLB101": "existing-no-sharing-key",
    "MLB102": "new-no-sharing-key",
    "MLB103": "sharing-key-mismatch",
    "MLB104": "backend-mismatch",
    "MLB105": "port-conflict",
    "MLB201": "pool-exhausted",
    "MLB202": "no-pools",
    "MLB203": "auto-assign-off",
    "MLB204": "pool-selector-mismatch",
    "MLB205": "priority-only-pool",
    "MLB206": "family-mismatch",
    "MLB207": "buggy-address-avoided",
    "MLB301": "unknown-pool",
    "MLB302": "address-not-in-pools",
    "MLB303": "pool-refuses-service",
    "MLB304": "invalid-request",
    "MLB305": "requested-family-mismatch",
    "MLB306": "requested-address-and-pool-disagree",
    "MLB307": "not-enough-cluster-ips",
    "MLB401": "configuration-rejected",
    "MLB402": "load-balancer-class-filtered",
    "MLB403": "status-update-failed",
    "MLB404": "controller-crashed",
    "MLB501": "no-local-endpoints",
    "MLB502": "not-owner",
    "MLB503": "no-address-allocated",
    "MLB504": "pool-not-advertised",
    "MLB505": "node-network-unavailable",
    "MLB506": "node-excluded",
    "MLB507": "interface-mismatch",
    "MLB508": "bgp-session-down",
    "MLB509": "address-not-in-speaker-config",
    "MLB601": "annotation-misspelt",
    "MLB602": "annotation-as-label",
    "MLB603": "annotation-deprecated",
    "MLB604": "annotation-not-understood",
    "MLB605": "one-port-two-protocols",
    "MLB606": "local-policy-on-shared-address",
    "MLB607": "not-debug-level",
    "MLB608": "local-single-node",
}
"""The codes that users filter on; they never change."""

ENTRIES = [pytest.param(entry, id=entry.code) for entry in catalogue().values()]
BARE = Finding(service="team-a/web", version=Version(0, 14, 8), error=ErrorText("unrecognised"))
"""A finding that knows nothing but the service: what an info log may leave."""


def test_codes_and_names_are_fixed() -> None:
    """Each code that was ever published still has its name."""
    assert {code: entry.name for code, entry in catalogue().items() if code in NAMES} == NAMES


def test_codes_and_names_are_unique_and_well_formed() -> None:
    """A code is MLB and three digits, a name is lower-case words, and no two rules share one."""
    entries = catalogue().values()
    assert list(catalogue()) == sorted(catalogue())
    assert all(re.fullmatch(r"MLB[1-9]\d\d", entry.code) for entry in entries)
    assert all(re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", entry.name) for entry in entries)
    assert max(Counter(entry.name for entry in entries).values()) == 1
    assert all(code == entry.code for code, entry in catalogue().items())


@pytest.mark.parametrize("entry", ENTRIES)
def test_page_has_its_title_and_headings(entry: Rule) -> None:
    """A rule's page is titled with code and name and answers the five questions in order."""
    lines = (PAGES / f"{entry.code}.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {entry.code} {entry.name}"
    assert [line for line in lines if line.startswith("## ")] == HEADINGS


@pytest.mark.parametrize("entry", ENTRIES)
def test_page_answers_each_question(entry: Rule) -> None:
    """No section of a page is empty."""
    text = (PAGES / f"{entry.code}.md").read_text(encoding="utf-8")
    for section in re.split(r"^## .*$", text, flags=re.MULTILINE):
        assert len(section.split()) >= 5, section


@pytest.mark.parametrize("entry", ENTRIES)
def test_page_is_the_one_that_is_printed(entry: Rule) -> None:
    """`rules CODE` prints the page that lies in docs."""
    assert page(entry) == (PAGES / f"{entry.code}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("kind", ["positive", "negative"])
def test_rule_has_fixtures(entry: Rule, kind: str) -> None:
    """A rule has a log in which it decides, and one in which it doesn't."""
    assert list((RULES / entry.code).glob(f"{kind}*"))


@pytest.mark.parametrize("entry", ENTRIES)
def test_rule_can_always_say_something(entry: Rule) -> None:
    """Summary, remedy and rows have a wording even where hardly anything is known."""
    assert entry.holds_when
    finding = BARE
    if isinstance(entry, SharedAddressRule):  # which is always about an address
        finding = structs.replace(BARE, address="192.0.2.1", error=ErrorText("unrecognised", reason="two services"))
    summary = entry.summary(finding)
    assert summary
    assert "\n" not in summary
    assert not re.search(r"\bNone\b|\(\)|  ", summary), summary
    steps = entry.remedy(finding)
    assert steps
    assert all(step and "\n" not in step for step in steps)
    assert all(len(row) == 2 for row in entry.details(finding))


def test_no_page_without_a_rule() -> None:
    """Every page under docs/rules belongs to a rule."""
    assert {path.stem for path in PAGES.glob("MLB*")} == set(catalogue())


def test_no_fixtures_without_a_rule() -> None:
    """Every folder of fixtures belongs to a rule and holds nothing but its logs."""
    assert {path.name for path in RULES.iterdir()} <= set(catalogue())
    strays = [p for p in RULES.glob("*/*") if not re.fullmatch(r"(positive|negative)-\d+\.\d+\.\d+-.+", p.name)]
    assert strays == []


def test_derived_fixtures_say_how_they_were_made() -> None:
    """A log that was edited is named so, and the table of edits names it and no other."""
    derived = {f"{p.parent.name}/{p.name}" for p in RULES.glob("*/*-derived*")}
    table = (RULES.parent / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(MLB\d+/[^`]+)` \|[^|]*\|[^|]*\| *([^|]*?) *\|$", table, re.MULTILINE)
    assert {name for name, edited in rows if edited} == derived
    assert [name for name, _ in rows if not (RULES / name).is_file()] == []


@pytest.mark.parametrize("wanted", ["MLB104", "mlb104", "backend-mismatch", "Backend-Mismatch", " MLB104 "])
def test_rule_is_found_by_code_or_name(wanted: str) -> None:
    """A rule is found by its code or its name, in any case."""
    assert rule(wanted).code == "MLB104"


@pytest.mark.parametrize("unknown", ["", "MLB999", "104", "backend"])
def test_unknown_rule_is_a_wrong_use(unknown: str) -> None:
    """What is neither a code nor a name is refused, and the message says where to look."""
    with pytest.raises(UsageError, match="loganalyzer rules"):
        rule(unknown)


def test_address_rules_follow_metallbs_order() -> None:
    """The rules that block an address are asked in the order in which MetalLB checks."""
    ordered = [entry.code for entry in sorted(of_kind(AddressRule), key=lambda entry: entry.order)]
    assert ordered == ["MLB207", "MLB101", "MLB102", "MLB103", "MLB104", "MLB105"]
