"""Networks change and nothing else: hosts, ranges, and who lies in what."""

from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.metallb.addresses import IPV6_BASE, format_address, parse_address, parse_cidr
from loganalyzer.redaction.networks import Networks, is_kept
from loganalyzer.redaction.values import Values

IPV4 = st.integers(0, 2**32 - 1)
IPV6 = st.integers(IPV6_BASE, IPV6_BASE + 2**128 - 1)
NEAR = st.integers(parse_address("192.168.0.0"), parse_address("192.168.7.255"))
ADDRESSES = st.lists(st.one_of(IPV4, IPV6, NEAR), min_size=1, max_size=20)
RANGES = st.lists(st.tuples(NEAR, NEAR).map(lambda r: (min(r), max(r))), max_size=5)


def learnt(addresses: list[int], ranges: list[tuple[int, int]] = [], cidrs: list[str] = []) -> Networks:  # noqa: B006
    """Networks that have met these."""
    networks = Networks()
    for address in addresses:
        networks.learn(address)
    for first, last in ranges:
        networks.learn_span(first, last, aligned=False)
    for text in cidrs:
        networks.learn_span(*parse_cidr(text), aligned=True)
    networks.freeze()
    return networks


@given(ADDRESSES, RANGES)
def test_different_addresses_stay_different(addresses: list[int], ranges: list[tuple[int, int]]) -> None:
    """No two addresses become one, and each keeps its family and host part."""
    networks = learnt(addresses, ranges)
    made = {a: networks.replaced(a) for a in addresses}
    assert len(set(made.values())) == len(made)
    for old, new in made.items():
        assert (old >= IPV6_BASE) == (new >= IPV6_BASE)
        host = 8 if old < IPV6_BASE else 64
        assert (old - new) % (1 << host) == 0


@given(st.lists(st.one_of(IPV4, IPV6), min_size=1, max_size=20))
def test_no_network_stays(addresses: list[int]) -> None:
    """An address that is somebody's has another network, which none of the inputs' addresses is in."""
    networks = learnt(addresses)
    host = {True: 64, False: 8}
    met = {(a >= IPV6_BASE, a >> host[a >= IPV6_BASE]) for a in addresses}
    for address in addresses:
        new = networks.replaced(address)
        if is_kept(address):
            assert new == address
        else:
            assert (new >= IPV6_BASE, new >> host[new >= IPV6_BASE]) not in met


@given(RANGES, st.lists(NEAR, max_size=20))
def test_ranges_stay_ranges(ranges: list[tuple[int, int]], others: list[int]) -> None:
    """What lies in a range lies in it afterwards, in its order, and what lies outside doesn't."""
    networks = learnt(others, ranges)
    for first, last in ranges:
        new_first, new_last = networks.replaced(first), networks.replaced(last)
        assert new_last - new_first == last - first
        for address in others:
            assert (first <= address <= last) == (new_first <= networks.replaced(address) <= new_last)


@given(st.integers(8, 24), st.integers(0, 2**24 - 1), RANGES)
def test_networks_of_pools_stay_networks(bits: int, block: int, ranges: list[tuple[int, int]]) -> None:
    """A pool's CIDR wider than a /24 is a CIDR of the same length afterwards."""
    span = parse_cidr(f"{format_address(block << 8)}/{bits}")
    if is_kept(span.first) or is_kept(span.last):
        return
    text = f"{format_address(span.first)}/{bits}"
    networks = learnt([], ranges, [text])
    first, last = networks.replaced(span.first), networks.replaced(span.last)
    assert (first, last) == tuple(parse_cidr(f"{format_address(first)}/{bits}"))


@given(st.one_of(IPV4, IPV6), st.sampled_from(["{}", "[{}]:80", "{}%eth0", "::ffff:{}", "{}/32"]))
def test_every_spelling_becomes_the_same_address(address: int, form: str) -> None:
    """An address is the same one afterwards, however it was written, and the port stays."""
    values = Values()
    text = form.format(format_address(address))
    plain = format_address(address)
    values.address(plain)
    values.address(text)
    values.freeze()
    if "ffff" in form and address >= IPV6_BASE:
        return
    new = values.address(plain)
    assert new is not None
    expected = form.format(new).replace("%eth0", "%interface-1")
    assert values.address(text) == expected
