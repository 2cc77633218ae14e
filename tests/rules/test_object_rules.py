"""What advice on an object rests on."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from loganalyzer.metallb.services import ALLOCATED_FROM_POOL, NEW_PREFIX, OLD_PREFIX
from loganalyzer.metallb.versions import Version
from loganalyzer.rules.annotations import SERVICE_ANNOTATIONS
from loganalyzer.rules.catalogue import of_kind
from loganalyzer.rules.rule import ObjectRule
from tests.building import service

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
