"""Addresses that a service might get, in words: one of them, or of two families one of each."""

from __future__ import annotations

from collections.abc import Sequence

from loganalyzer.rules.rule import listing


def one_of(addresses: Sequence[str], *, each: bool) -> str:
    """`a or b`; where it gets one of `each` family `a and c`, or `a or b, and c`."""
    families = _families(addresses, each=each)
    texts = [listing(tuple(family)).replace(" and ", " or ") for family in families]
    return (" and " if all(len(family) == 1 for family in families) else ", and ").join(texts)


def first_of(addresses: Sequence[str], *, each: bool) -> str:
    """As `one_of`, but of many the first: `a or another`; of each family `a and c`, or `a and c, or others`."""
    families = _families(addresses, each=each)
    text = " and ".join(family[0] for family in families)
    if all(len(family) == 1 for family in families):
        return text
    return f"{text} or another" if len(families) == 1 else f"{text}, or others"


def _families(addresses: Sequence[str], *, each: bool) -> list[list[str]]:
    if not each:
        return [list(addresses)]
    is_ipv6 = [":" in address for address in addresses]
    found = [[a for a, six in zip(addresses, is_ipv6, strict=True) if six is family] for family in (False, True)]
    return [family for family in found if family]
