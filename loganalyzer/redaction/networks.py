"""Addresses under other networks: the host part stays, and so do networks, ranges and their order.

A network is a /24 or a /64; where a pool's range spans more, all that it spans moves together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from loganalyzer.metallb.addresses import IPV6_BASE, Address, parse_address

_HOST_BITS: Final = (8, 64)
_WIDEST: Final = (1 << 20, 1 << 56)
"""Blocks that a range may span at most: a /4, a /8. A wider one tells nothing of a cluster."""


def _blocks(first: str, prefix: int) -> tuple[int, int]:
    """The first block of a network and the one behind its last."""
    family, block = _block_of(parse_address(first))
    return block, block + (1 << ((24, 64)[family] - prefix))


def _block_of(address: Address) -> tuple[int, int]:
    family = int(address >= IPV6_BASE)
    return family, (address - IPV6_BASE * family) >> _HOST_BITS[family]


_SPACES: Final = (
    # RFC 2544 (benchmarks), RFC 1918, RFC 6598, RFC 1112 (reserved): nobody's own.
    tuple(
        _blocks(*n)
        for n in (
            ("198.18.0.0", 15),
            ("10.0.0.0", 8),
            ("100.64.0.0", 10),
            ("172.16.0.0", 12),
            ("192.168.0.0", 16),
            ("240.0.0.0", 4),
        )
    ),
    # RFC 3849 and RFC 9637 (documentation), RFC 4193 (local).
    tuple(_blocks(*n) for n in (("2001:db8::", 32), ("3fff::", 20), ("fd00::", 8))),
)
"""Where replacements come from, IPv4 and IPv6."""

_KEPT: Final = tuple(
    (parse_address(first), parse_address(last))
    for first, last in (
        ("0.0.0.0", "0.0.0.0"),  # noqa: S104 - not bound to
        ("127.0.0.0", "127.255.255.255"),
        ("224.0.0.0", "239.255.255.255"),
        ("255.255.255.255", "255.255.255.255"),
        ("::", "::1"),
        ("fe80::", "fe80::ffff:ffff:ffff:ffff"),
        ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    )
)
"""Addresses that are everybody's: unspecified, loopback, link-local's network, multicast, broadcast."""


def is_kept(address: Address) -> bool:
    """Whether an address' network is the same everywhere, and stays."""
    return any(first <= address <= last for first, last in _KEPT)


class _Unit(NamedTuple):
    """Blocks `first` to `last` that move together to `base`."""

    first: int
    last: int
    base: int


class Networks:
    """Replaces networks. All addresses are to be met once (`learn`) before the first is replaced."""

    def __init__(self) -> None:
        self._seen: tuple[dict[int, None], dict[int, None]] = ({}, {})
        self._spans: tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]] = ({}, {})
        self._units: tuple[list[_Unit], list[_Unit]] = ([], [])
        self._late: dict[tuple[int, int], int] = {}
        self._free: tuple[list[int], list[int]] = ([s[0] for s in _SPACES[0]], [s[0] for s in _SPACES[1]])

    def learn(self, address: Address) -> None:
        """An address that will be replaced."""
        if not is_kept(address):
            family, block = _block_of(address)
            self._seen[family][block] = None

    def learn_span(self, first: Address, last: Address, *, aligned: bool) -> None:
        """A pool's range, whose order is to stay; `aligned`: a CIDR, which is to stay one."""
        self.learn(first)
        self.learn(last)
        family, low = _block_of(first)
        other, high = _block_of(last)
        if family != other or not low < high or high - low >= _WIDEST[family] or is_kept(first) or is_kept(last):
            return
        before = self._spans[family].get((low, high), 1)
        self._spans[family][low, high] = max(before, high - low + 1 if aligned else 1)

    def freeze(self) -> None:
        """Chooses the replacements of all that was met, in the order in which it was met, wide ranges first."""
        for family in (0, 1):
            joined = list(_joined(self._spans[family]))
            firsts = [first for first, _, _ in joined]
            alone = []
            for block in self._seen[family]:
                at = bisect_right(firsts, block) - 1
                if at < 0 or joined[at][1] < block:
                    alone.append((block, block, 1))
            taken = sorted((first, last) for first, last, _ in (*joined, *alone))
            found = [
                _Unit(first, last, self._place(family, first, last, align, taken))
                for first, last, align in (*joined, *alone)
            ]
            self._units[family].extend(sorted(found))

    @property
    def count(self) -> int:
        """How many networks have a replacement."""
        return sum(map(len, self._units)) + len(self._late)

    def replaced(self, address: Address) -> Address:
        """The address under its other network."""
        if is_kept(address):
            return address
        family, block = _block_of(address)
        units = self._units[family]
        at = bisect_right(units, block, key=lambda u: u.first) - 1
        if at >= 0 and block <= units[at].last:
            new = units[at].base + block - units[at].first
        else:
            new = self._late.get((family, block), -1)
            if new < 0:
                taken = [(u.first, u.last) for u in units]
                new = self._late[family, block] = self._place(family, block, block, 1, taken)
        host = (address - IPV6_BASE * family) & ((1 << _HOST_BITS[family]) - 1)
        return IPV6_BASE * family + (new << _HOST_BITS[family]) + host

    def _place(self, family: int, first: int, last: int, align: int, taken: list[tuple[int, int]]) -> int:
        """Blocks for a unit that no address of the inputs is in; beyond all spaces, the last one's are used again."""
        size = last - first + 1
        for number, (low, end) in enumerate(_SPACES[family]):
            base = max(low, self._free[family][number])
            while True:
                base += (first - base) % align
                if base + size > end:
                    break
                clash = _clash(base, base + size - 1, taken)
                if clash is None:
                    self._free[family][number] = base + size
                    return base
                base = clash + 1
        return _SPACES[family][-1][0] + first % align


def _clash(first: int, last: int, taken: list[tuple[int, int]]) -> int | None:
    """The end of an interval that overlaps this one; None where none does."""
    at = bisect_right(taken, last, key=lambda t: t[0]) - 1
    return taken[at][1] if at >= 0 and taken[at][1] >= first else None


def _joined(spans: dict[tuple[int, int], int]) -> Iterator[tuple[int, int, int]]:
    """Intervals that overlap, joined, each with the widest alignment that one of them needs."""
    now: tuple[int, int, int] | None = None
    for (first, last), align in sorted(spans.items()):
        if now is not None and first <= now[1]:
            now = (now[0], max(now[1], last), max(now[2], align))
            continue
        if now is not None:
            yield now
        now = (first, last, align)
    if now is not None:
        yield now
