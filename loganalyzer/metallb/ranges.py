"""Address ranges as an IPAddressPool's `spec.addresses` spells them: `192.0.2.0/28`, `192.0.2.1 - 192.0.2.9`.

Source: metallb v0.14.8 internal/config/config.go, ParseCIDR.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from loganalyzer.metallb.addresses import AddressRange, parse_address, parse_cidr

if TYPE_CHECKING:
    from pyparsing import ParserElement


@lru_cache(maxsize=4096)
def parse_pool_ranges(text: str) -> tuple[AddressRange, ...]:
    """Read one entry of `spec.addresses`; `first-last`, which MetalLB splits into CIDRs, stays one range.

    Raises ValueError on any other text, a range of both families, and one that ends before it begins.
    """
    from pyparsing import ParseBaseException

    try:
        base, sign, end = _grammar().parse_string(text, parse_all=True)
    except ParseBaseException as error:
        raise ValueError(f"not an address range: {text!r}") from error
    if sign == "/":
        return (parse_cidr(f"{base}/{end}"),)
    found = AddressRange(parse_address(base), parse_address(end))
    if found.first > found.last or found.family != AddressRange(found.last, found.last).family:
        raise ValueError(f"not a range of addresses: {text!r}")
    return (found,)


@lru_cache(maxsize=1)
def _grammar() -> ParserElement:
    """Build the grammar: spaces may stand around the dash, but not in a CIDR, as Go has it."""
    from pyparsing import Literal, Regex

    address = Regex(r"[0-9A-Fa-f:.]+")
    prefix = Literal("/").leave_whitespace() + Regex(r"[0-9]{1,3}").leave_whitespace()
    return address + (prefix | Literal("-") + address)
