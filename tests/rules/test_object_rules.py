"""What advice on an object rests on."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from loganalyzer.correlator.advice import Adviser
from loganalyzer.metallb.services import ALLOCATED_FROM_POOL, NEW_PREFIX, OLD_PREFIX
from loganalyzer.metallb.versions import Version
from loganalyzer.rules.annotations import SERVICE_ANNOTATIONS
from loganalyzer.rules.catalogue import of_kind, page, rule
from loganalyzer.rules.rule import ObjectRule
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
    """Where nothing tells the version, nothing is found that depends on it."""
    one = structs.replace(service("a/b"), annotations=annotations, labels=labels)
    for entry in of_kind(ObjectRule):
        assert set(entry.finds(one, None)) <= set(entry.finds(one, version))


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


def told(*names: str) -> list[str]:
    """What is said of a service that has these annotations."""
    adviser = Adviser()
    adviser.given([(structs.replace(service("a/b"), annotations=dict.fromkeys(names, "x")), place(1))], None)
    return [f"{advice.rule} {advice.summary}" for advice in adviser.advice((), ())]


@pytest.mark.parametrize("name", misspelt())
def test_slips_on_the_page_are_found(name: str) -> None:
    """Each wrong name that the page lists is told."""
    [text] = told(name)
    assert text.startswith(f'MLB601 a/b: the annotation "{name}" is none of MetalLB\'s')


def test_names_of_other_load_balancers_are_not_found() -> None:
    """The page says so: they may be meant."""
    assert told("kube-vip.io/loadbalancerIPs", "io.cilium/lb-ipam-ips") == []
