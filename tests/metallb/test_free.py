"""Free addresses as ranges."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.metallb.addresses import IPV6_BASE, AddressRange, parse_cidr
from loganalyzer.metallb.free import free_ranges

RANGES = st.lists(
    st.builds(lambda first, size: AddressRange(first, first + size), st.integers(0, 60), st.integers(0, 12)), max_size=6
)


@given(RANGES, st.sets(st.integers(0, 80)))
def test_free_is_what_is_in_a_range_and_not_in_use(ranges: list[AddressRange], used: set[int]) -> None:
    """Address by address the ranges have what nobody uses, each once, ascending, with a gap between two."""
    found = free_ranges(ranges, used)
    listed = [a for r in found for a in range(r.first, r.last + 1)]
    assert listed == sorted({a for r in ranges for a in range(r.first, r.last + 1)} - used)
    assert all(one.last + 1 < other.first for one, other in pairwise(found))


LARGE = [
    pytest.param("10.0.0.0/8", id="a /8"),
    pytest.param("2001:db8::/64", id="a /64"),
    pytest.param("::/0", id="all of IPv6"),
]


@pytest.mark.parametrize("cidr", LARGE)
def test_a_large_range_is_not_walked(cidr: str) -> None:
    """One address in use in the middle leaves two ranges, however large they are."""
    whole = parse_cidr(cidr)
    middle = whole.first + whole.size // 2
    found = free_ranges([whole], [middle])
    assert [(r.first, r.last) for r in found] == [(whole.first, middle - 1), (middle + 1, whole.last)]


def test_families_are_not_joined() -> None:
    """The last IPv4 address and the first IPv6 address are neighbours as numbers only."""
    last, first = (1 << 32) - 1, IPV6_BASE
    spans = [AddressRange(last, last), AddressRange(first, first)]
    assert free_ranges(spans, ()) == spans
