import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.metallb.addresses import IPV6_BASE, AddressRange, format_address, parse_address
from loganalyzer.metallb.ranges import parse_pool_ranges

HITS = [
    ("192.0.2.0/28", "192.0.2.0", "192.0.2.15"),
    ("192.0.2.5/28", "192.0.2.0", "192.0.2.15"),
    ("192.0.2.7/32", "192.0.2.7", "192.0.2.7"),
    ("128.0.0.0/1", "128.0.0.0", "255.255.255.255"),
    ("2001:db8::/120", "2001:db8::", "2001:db8::ff"),
    ("192.0.2.10-192.0.2.17", "192.0.2.10", "192.0.2.17"),
    ("192.0.2.10 - 192.0.2.17", "192.0.2.10", "192.0.2.17"),
    ("192.0.2.10-192.0.2.10", "192.0.2.10", "192.0.2.10"),
    (" 192.0.2.10- 192.0.2.17 ", "192.0.2.10", "192.0.2.17"),
    ("fd00:7::1-fd00:7::3", "fd00:7::1", "fd00:7::3"),
    ("::ffff:192.0.2.1-192.0.2.2", "192.0.2.1", "192.0.2.2"),
]
BROKEN = [
    "",
    "192.0.2.1",
    "192.0.2.17-192.0.2.10",
    "192.0.2.1-fd00::1",
    "fd00::1-192.0.2.1",
    "192.0.2.0/33",
    "192.0.2.0/-1",
    "192.0.2.0/2_4",
    "192.0.2.0 /24",
    "192.0.2.0/ 24",
    "192.0.2/24",
    "192.0.2.256/32",
    "2001:db8::/129",
    "fe80::1%eth0/64",
    "192.0.2.1-192.0.2.2-192.0.2.3",
    "192.0.2.1-192.0.2.0/24",
    "192.0.2.0/24,198.51.100.0/24",
    "192.0.2.0/٢٤",
    "production",
    "<nil>",
]


@pytest.mark.parametrize(("text", "first", "last"), HITS, ids=[h[0] for h in HITS])
def test_range(text, first, last):
    """A CIDR, and two addresses with a dash, give the range from the first address to the last."""
    assert parse_pool_ranges(text) == (AddressRange(parse_address(first), parse_address(last)),)


@pytest.mark.parametrize("text", BROKEN)
def test_broken(text):
    """Backward ranges, ranges of both families and other texts are refused."""
    with pytest.raises(ValueError):  # noqa: PT011 -- ipaddress and int raise texts of their own
        parse_pool_ranges(text)


@settings(deadline=None)
@given(
    st.sampled_from([0, IPV6_BASE + (0xFD00 << 112)]),
    st.integers(1, 2**32 - 1),
    st.integers(1, 2**32 - 1),
    st.sampled_from(["-", " - ", "- "]),
)
def test_round_trip(base, one, other, dash):
    """Any two addresses of a family print as a range and come back, if in order."""
    text = f"{format_address(base + one)}{dash}{format_address(base + other)}"
    if one > other:
        with pytest.raises(ValueError, match="not a range"):
            parse_pool_ranges(text)
    else:
        assert parse_pool_ranges(text) == (AddressRange(base + one, base + other),)


@settings(deadline=None)
@given(st.text(st.sampled_from("0129af:./- \n"), max_size=30))
def test_any_text(text):
    """Any text is a range whose ends are in order, or a ValueError."""
    with contextlib.suppress(ValueError):
        (found,) = parse_pool_ranges(text)
        assert found.size >= 1
