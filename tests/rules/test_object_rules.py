"""What advice on an object rests on."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from loganalyzer.correlator.advice import Adviser
from loganalyzer.metallb.services import ALLOCATED_FROM_POOL, NEW_PREFIX, OLD_PREFIX, Port
from loganalyzer.metallb.versions import Version
from loganalyzer.model.state import AddressUse, Holder
from loganalyzer.rules.annotations import SERVICE_ANNOTATIONS
from loganalyzer.rules.catalogue import of_kind, page, rule
from loganalyzer.rules.rule import ObjectRule
from loganalyzer.rules.shared_addresses import SharedAddressRule
from tests.building import place, service
from tests.samples import diagnosis_of, whole

NAMES = st.sampled_from([
    *(prefix + name for prefix in (OLD_PREFIX, NEW_PREFIX) for name in (*SERVICE_ANNOTATIONS, ALLOCATED_FROM_POOL)),
    "metallb.io/allow-shared-ips", "metallb.universe.tf/adress-pool", "example.com/allow-shared-ip", "app",
])  # fmt: skip
NAMED = st.dictionaries(NAMES, st.text(max_size=3), max_size=4)
VERSIONS = st.sampled_from([Version(0, 11, 0), Version(0, 13, 12), Version(0, 14, 9), Version(0, 16, 1)])


@given(NAMED, NAMED, st.text(max_size=3), VERSIONS)
def test_advice_on_an_object_rests_on_names_alone(
    annotations: dict[str, str], labels: dict[str, str], value: str, version: Version
) -> None:
    """Findings are remembered by the names of annotations and labels: objects with the same ones have the same."""
    one = structs.replace(service("a/b"), annotations=annotations, labels=labels)
    other = structs.replace(
        service("c/d", policy="Local", requested="192.0.2.1", cluster="ipv6"),
        annotations=dict.fromkeys(annotations, value),
        labels=dict.fromkeys(labels, value),
    )
    for entry in of_kind(ObjectRule):
        assert entry.finds(one, version) == entry.finds(other, version)


@given(NAMED, NAMED, VERSIONS)
def test_what_is_found_without_a_version_holds_in_all(
    annotations: dict[str, str], labels: dict[str, str], version: Version
) -> None:
    """Where nothing tells the version, nothing is found that depends on it; what is advised instead may."""
    one = structs.replace(service("a/b"), annotations=annotations, labels=labels)
    for entry in of_kind(ObjectRule):
        alone, told = ({text.partition("; ")[0] for text in entry.finds(one, v)} for v in (None, version))
        assert alone <= told


@pytest.mark.parametrize(("version", "told"), [(None, False), (Version(0, 14, 8), True)], ids=["unknown", "told"])
def test_a_log_that_does_not_tell_its_version_is_not_taken_for_an_old_one(version: Version | None, told: bool) -> None:
    """Which prefix MetalLB reads depends on its version, which a log that begins late does not tell."""
    log = whole("MLB604/positive-0.14.8-first_has_no_key-derived.log").splitlines(keepends=True)
    late = b"".join(line for line in log[1:] if b"stacktrace" not in line)
    assert any(a.rule == "MLB604" for a in diagnosis_of(late, version=version).advice) == told


def misspelt() -> list[str]:
    """The wrong names that the page of MLB601 lists."""
    slips = page(rule("MLB601")).partition("Slips")[2].partition("\n\n")[0]
    names = re.findall(r"`([^`…]+)`", slips)
    return [f"{name}allow-shared-ip" if name.endswith("/") else f"{OLD_PREFIX}{name}" for name in names]


def told(*names: str, version: Version | None = None) -> list[str]:
    """What is said of a service that has these annotations."""
    adviser = Adviser()
    adviser.given([(structs.replace(service("a/b"), annotations=dict.fromkeys(names, "x")), place(1))], version)
    return [f"{advice.rule} {advice.summary}" for advice in adviser.advice((), ())]


@pytest.mark.parametrize("name", misspelt())
def test_slips_on_the_page_are_found(name: str) -> None:
    """Each wrong name that the page lists is told."""
    [text] = told(name)
    assert text.startswith(f'MLB601 a/b: the annotation "{name}" is none of MetalLB\'s')


def test_names_of_other_load_balancers_are_not_found() -> None:
    """The page says so: they may be meant."""
    assert told("kube-vip.io/loadbalancerIPs", "io.cilium/lb-ipam-ips") == []


def test_names_of_others_beside_metallbs_are_not_found() -> None:
    """One name that matters does not make others that do not look like it slips."""
    beside = ("prometheus.io/scrape", "kube-vip.io/loadbalancerIPs", "example.com/address-pool")
    assert told(f"{OLD_PREFIX}allow-shared-ip", *beside) == []


@pytest.mark.parametrize(
    ("version", "prefix"),
    [(None, OLD_PREFIX), (Version(0, 14, 8), OLD_PREFIX), (Version(0, 14, 9), NEW_PREFIX)],
    ids=["unknown", "older", "newer"],
)
@pytest.mark.parametrize(
    ("name", "meant"),
    [("example.com/loadBalancerIPs", "loadBalancerIPs"), ("metallb.io/allow-shared-ips", "allow-shared-ip")],
)
def test_a_name_is_advised_that_the_version_reads(name: str, meant: str, version: Version | None, prefix: str) -> None:
    """Up to 0.14.8 the newer prefix has no effect, however near it is to what was written."""
    [text] = told(name, version=version)
    assert text.endswith(f'"{prefix}{meant}" may be meant')


def test_what_is_near_to_nothing_is_told_alone() -> None:
    """A name under MetalLB's prefix that is like none of its names."""
    [text] = told(OLD_PREFIX + "x" * 60)
    assert text.endswith("is none of MetalLB's")


SHARING = [
    pytest.param((("a/b", "TCP"), ("a/c", "UDP")), True, id="two services"),
    pytest.param((("a/b", "TCP"), ("a/b", "UDP"), ("a/c", "SCTP")), True, id="one of them with both"),
    pytest.param((("a/b", "TCP"), ("a/b", "UDP")), False, id="one service with both, and one beside it"),
]


@pytest.mark.parametrize(("having", "found"), SHARING)
def test_one_port_on_two_protocols(having: tuple[tuple[str, str], ...], found: bool) -> None:
    """It is told where services share it, not of one that has both protocols itself."""
    ports: dict[str, list[Port]] = {"a/beside": [Port("TCP", 80)]}
    for name, protocol in having:
        ports.setdefault(name, []).append(Port(protocol, 53))
    use = AddressUse.of(tuple(Holder(name, tuple(taken)) for name, taken in ports.items()), "edge", "")
    entry = rule("MLB605")
    assert isinstance(entry, SharedAddressRule)
    assert ("use port 53" in entry.finds(use)) == found
