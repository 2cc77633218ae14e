"""What advertises each pool: the speakers' part of `rendered config`, node selectors resolved by MetalLB.

Sources: metallb v0.13.0, v0.13.8, v0.14.8 and v0.16.1 internal/config/config.go. The dump is go-spew's and
regular in its lines, so it is read line by line: with hundreds of nodes in each advertisement a grammar is slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Final

from msgspec import Struct, field

from loganalyzer.metallb.addresses import AddressRange, parse_address, parse_cidr
from loganalyzer.metallb.goquote import QUOTED, unquote


class Advertisement(Struct, frozen=True):
    """An L2 or BGP advertisement of a pool.

    `nodes` are those it selects. `interfaces`: None for all (layer 2), or as named. `peers`: BGP peers' names,
    none for all.
    """

    nodes: frozenset[str]
    interfaces: tuple[str, ...] | None = None
    peers: tuple[str, ...] = ()


class Peer(Struct, frozen=True):
    """A BGP peer; `port` None where the configuration does not tell."""

    name: str
    address: str
    port: int | None
    local_asn: int | None
    asn: int | None


class PoolAdvertisements(Struct, frozen=True, dict=True):
    """What advertises one pool, by protocol, and the pool's addresses."""

    layer2: tuple[Advertisement, ...] = ()
    bgp: tuple[Advertisement, ...] = ()
    ranges: tuple[AddressRange, ...] = ()

    def of(self, protocol: str) -> tuple[Advertisement, ...]:
        """The advertisements of `layer2` or `bgp`."""
        return self.layer2 if protocol == "layer2" else self.bgp


class Advertising(Struct, frozen=True, dict=True):
    """One configuration as a speaker has it: pools by name, and peers."""

    pools: Mapping[str, PoolAdvertisements]
    peers: tuple[Peer, ...] = ()

    def pool_of(self, addresses: tuple[str, ...]) -> str:
        """The pool that has the first of these addresses; empty: none."""
        try:
            address = parse_address(addresses[0]) if addresses else None
        except ValueError:
            address = None
        if address is None:
            return ""
        return next((name for name, pool in self.pools.items() if any(address in r for r in pool.ranges)), "")

    def selected(self, pool: str) -> frozenset[str]:
        """The nodes that any advertisement of a pool selects."""
        found = self.pools.get(pool, PoolAdvertisements())
        return frozenset(n for a in (*found.layer2, *found.bgp) for n in a.nodes)


class _Block(Struct):
    """A struct, map or slice while it is read: its entries by key (a slice's by position)."""

    entries: list[tuple[str, _Block | str]] = field(default_factory=list)

    def block(self, key: str) -> _Block:
        """The block under a key; an empty one where there is none."""
        found = dict(self.entries).get(key)
        return found if isinstance(found, _Block) else _Block()

    def text(self, key: str) -> str:
        """The scalar under a key."""
        found = dict(self.entries).get(key)
        return found if isinstance(found, str) else ""

    def blocks(self) -> Iterator[tuple[str, _Block]]:
        """Its entries that are blocks."""
        return ((k, v) for k, v in self.entries if isinstance(v, _Block))


_KEY: Final = re.compile(rf"(?:(\w+)|\(string\) (?:\(len=\d+\) )?({QUOTED})): ")
_VALUE: Final = re.compile(r"\([^()]*(?:\([^()]*\)[^()]*)*\) (?:\((?:len=\d+)?(?: ?cap=\d+)?\) )?(.*)", re.DOTALL)
_DEEPEST: Final = 64


@lru_cache(maxsize=8)
def parse_advertising(text: str) -> Advertising:
    """Read a speaker's `rendered config`. Raises ValueError on a text that is none, or is cut."""
    lines = text.rstrip("\n").split("\n")
    if not lines[0].startswith(("(config.Config) {", "(*config.Config)(")):
        raise ValueError("no rendered config")
    root = _tree(lines)
    pools = root.block("Pools")
    by_name = pools.block("ByName") if any(k == "ByName" for k, _ in pools.entries) else pools
    return Advertising(
        {name: _pool(block) for name, block in by_name.blocks()},
        tuple(sorted((_peer(b) for _, b in root.block("Peers").blocks()), key=lambda p: (p.name, p.address))),
    )


def _tree(lines: list[str]) -> _Block:
    root = _Block()
    stack = [root]
    for line in lines[1:]:
        if not stack:
            raise ValueError("more than one value")
        content = line.strip(" ")
        bare = content.rstrip(",")
        if bare in ("}", "})"):
            stack.pop()
            continue
        found = _KEY.match(content)
        key = (found[1] or unquote(found[2])) if found else ""
        if content.endswith(("{", "({")):
            if len(stack) >= _DEEPEST:
                raise ValueError("nested too deeply")
            child = _Block()
            stack[-1].entries.append((key, child))
            stack.append(child)
        else:
            stack[-1].entries.append((key, content[found.end() :] if found else content))
    if stack:
        raise ValueError("a dump that was cut")
    return root


def _pool(block: _Block) -> PoolAdvertisements:
    return PoolAdvertisements(
        tuple(_layer2(b) for _, b in block.block("L2Advertisements").blocks()),
        tuple(_bgp(b) for _, b in block.block("BGPAdvertisements").blocks()),
        tuple(_ranges(block.block("CIDR"))),
    )


def _ranges(block: _Block) -> Iterator[AddressRange]:
    # `(*net.IPNet)(0xc0001)(10.1.0.0/24)`: the text is what stands in the last brackets.
    for _, value in block.entries:
        if isinstance(value, str):
            with suppress(ValueError):
                yield parse_cidr(value.rstrip(",").rpartition("(")[2].removesuffix(")"))


def _layer2(block: _Block) -> Advertisement:
    # Up to 0.13.5 there is no such field, and every interface counts.
    every = block.text("AllInterfaces").rstrip(",") != "(bool) false"
    interfaces = None if every else tuple(_strings(block.block("Interfaces")))
    return Advertisement(_nodes(block), interfaces)


def _bgp(block: _Block) -> Advertisement:
    return Advertisement(_nodes(block), None, tuple(_strings(block.block("Peers"))))


def _nodes(block: _Block) -> frozenset[str]:
    found = block.block("Nodes").entries
    return frozenset(k for k, v in found if isinstance(v, str) and v.rstrip(",") == "(bool) true")


def _strings(block: _Block) -> Iterator[str]:
    for _, value in block.entries:
        if isinstance(value, str):
            yield _scalar(value)


def _peer(block: _Block) -> Peer:
    return Peer(
        name=_scalar(block.text("Name")),
        address=_scalar(block.text("Addr")),
        port=_number(block.text("Port")),
        local_asn=_number(block.text("MyASN")),
        asn=_number(block.text("ASN")),
    )


def _scalar(value: str) -> str:
    """The payload of a typed scalar, unquoted."""
    found = _VALUE.match(value.removesuffix(","))
    payload = found[1] if found else ""
    if payload.startswith('"'):
        return unquote(payload)
    return "" if payload == "<nil>" else payload


def _number(value: str) -> int | None:
    payload = _scalar(value)
    return int(payload) if payload.isascii() and payload.isdigit() and len(payload) < 12 else None
