"""Addresses as integers, and ranges of them.

An `Address` is an int: an IPv4 address is its 32-bit value, an IPv6 address its 128-bit value plus 2**128.
Both families then live in one ordered set, IPv4 first, and a range is two ints: pools are never enumerated.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Literal, NamedTuple

Address = int
Family = Literal["ipv4", "ipv6"]

IPV6_BASE: Final = 1 << 128
FAMILIES: Final[tuple[Family, Family]] = ("ipv4", "ipv6")
FAMILY_NAMES: Final[dict[Family, str]] = {"ipv4": "IPv4", "ipv6": "IPv6"}


class AddressRange(NamedTuple):
    """Addresses `first` to `last`, both included, of one family."""

    first: Address
    last: Address

    @property
    def family(self) -> Family:
        """The family of its addresses."""
        return family_of(self.first)

    @property
    def size(self) -> int:
        """How many addresses it has."""
        return self.last - self.first + 1

    def __contains__(self, address: object) -> bool:
        return isinstance(address, int) and self.first <= address <= self.last


_OCTETS: Final = {str(octet): octet for octet in range(256)}


def _dotted(text: str) -> Address | None:
    """The IPv4 address that `text` spells, for which ipaddress takes ten times as long; None where it is none."""
    number = 0
    parts = text.split(".")
    for part in parts:
        octet = _OCTETS.get(part)
        if octet is None:
            return None
        number = number << 8 | octet
    return number if len(parts) == 4 else None


@lru_cache(maxsize=65536)
def parse_address(text: str) -> Address:
    """The address that `text` spells, an IPv4-mapped IPv6 address as IPv4, as Go's net.ParseIP has it.

    Raises ValueError where it is none.
    """
    usual = _dotted(text)
    if usual is not None:
        return usual
    parsed = ip_address(text)
    if isinstance(parsed, IPv6Address):
        if parsed.scope_id is not None:
            raise ValueError(f"{text!r} has a zone")
        if parsed.ipv4_mapped is not None:
            return int(parsed.ipv4_mapped)
        return IPV6_BASE + int(parsed)
    return int(parsed)


@lru_cache(maxsize=65536)
def format_address(address: Address) -> str:
    """The canonical text of an address."""
    if address < IPV6_BASE:
        return str(IPv4Address(address))
    return str(IPv6Address(address - IPV6_BASE))


def format_range(span: AddressRange) -> str:
    """`first`, or `first-last`, in canonical text."""
    first = format_address(span.first)
    return first if span.first == span.last else f"{first}-{format_address(span.last)}"


def family_of(address: Address) -> Family:
    """The family of an address."""
    return "ipv4" if address < IPV6_BASE else "ipv6"


def parse_cidr(text: str) -> AddressRange:
    """The range of a CIDR as Go's net.IPNet prints it (`192.0.2.0/28`). Raises ValueError where it is none."""
    base, _, bits = text.partition("/")
    if not (bits.isascii() and bits.isdigit()):
        raise ValueError(f"{text!r} has no prefix length")
    width = int(bits)
    address = parse_address(base)
    size = 32 if address < IPV6_BASE else 128
    if not 0 <= width <= size:
        raise ValueError(f"{text!r} has no such prefix length")
    span = 1 << (size - width)
    first = address - address % span
    return AddressRange(first, first + span - 1)


def is_buggy(address: Address) -> bool:
    """Whether MetalLB avoids it under `avoidBuggyIPs`: IPv4 that ends in .0 or .255.

    Source: metallb v0.14.8 internal/allocator/allocator.go, ipConfusesBuggyFirmwares.
    """
    return address < IPV6_BASE and address & 0xFF in (0, 0xFF)


def count_buggy(span: AddressRange) -> int:
    """How many addresses of a range end in .0 or .255, without walking it."""
    if span.first >= IPV6_BASE:
        return 0

    def up_to(number: int) -> int:
        """Buggy addresses in [0, number)."""
        whole, rest = divmod(number, 256)
        return whole * 2 + (rest > 0)

    return up_to(span.last + 1) - up_to(span.first)


def buggy_in(span: AddressRange) -> list[Address]:
    """The addresses of a range that end in .0 or .255, ascending."""
    found: list[Address] = []
    if span.first >= IPV6_BASE:
        return found
    block = span.first & ~0xFF
    while block <= span.last:
        found.extend(a for a in (block, block | 0xFF) if a in span)
        block += 256
    return found
