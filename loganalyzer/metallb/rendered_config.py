"""MetalLB's `rendered config`: the pools out of its go-spew dump, from 0.13.0 on.

Sources: metallb v0.13.0, v0.13.9 and v0.16.1 internal/config/config.go, internal/k8s/controllers/dump.go.

A dump comes with every reload, its maps in random order and its pointers new. So what can't matter is cut
away by the indentation first, and the grammar runs only on pools that have not been seen before.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from loganalyzer.metallb.addresses import parse_cidr
from loganalyzer.metallb.goquote import QUOTED, unquote
from loganalyzer.metallb.pools import Configuration, Pool, ServiceAllocation
from loganalyzer.metallb.selectors import Selector, parse_selector

if TYPE_CHECKING:
    from loganalyzer.metallb.spew import Node

# The closing quote is optional: else texts of nothing but open quotes would take quadratic time.
_POINTER: Final = re.compile(rf"({QUOTED}?)|\(0x[0-9a-f]+\)")
_CONFIG: Final = re.compile(r"\((?:config\.Config\) |\*config\.Config\)\()\{\n")
_POOLS: Final = re.compile(r"\(\*config\.Pools\)\(\{\n")
_POOLS_MAP: Final = re.compile(r"\(map\[string\]\*config\.Pool\) (?:\(len=(?P<size>\d+)\) )?\{\n")
_POOL: Final = re.compile(rf"\(string\) (?:\(len=\d+\) )?(?P<name>{QUOTED}): (?P<value>\(\*config\.Pool\)\(\{{\n)")
_ALLOCATION: Final = re.compile(r"\(\*config\.ServiceAllocation\)\(\{\n")
_NAMESPACES: Final = re.compile(r"\(sets\.(?:Set\[string\]|String)\) (?:\(len=\d+\) )?\{\n")
_NO_POOLS: Final = ("(map[string]*config.Pool) <nil>", "(*config.Pools)(<nil>)")
# One element of a block: a line, or a block up to the bracket that closes it.
_INNER: Final = r"\{\n(?:(?P=pad) [^\n]*+\n)*+(?P=pad)\}"
_ELEMENT: Final = re.compile(
    rf"(?P<pad> *+)(?P<text>[^ \n)}}][^\n]*?(?:(?<=\(){_INNER}\)|(?<= ){_INNER}|(?<!\{{)))(?P<comma>,?)\n"
)
_WANTED: Final = ("CIDR", "AvoidBuggyIPs", "AutoAssign", "ServiceAllocations")
# A pool as nearly all are: without selectors, and without names that need quoting.
_NETWORK: Final = r" *+\(\*net\.IPNet\)\(([0-9a-f.:]+/[0-9]{1,3})\)"
_NAMESPACE: Final = r'\(string\) \(len=[0-9]+\) "([-a-z0-9]+)": \(sets\.Empty\) \{\n *+\}'
_PLAIN_POOL: Final = (
    r"\(\*config\.Pool\)\(\{\n"
    r" CIDR: \(\[\]\*net\.IPNet\) \(len=(?P<size>[0-9]{1,10}) cap=[0-9]+\) "
    rf"\{{\n(?P<networks>(?:{_NETWORK},\n)*+{_NETWORK})\n *+\}},\n"
    r"(?: AvoidBuggyIPs: \(bool\) (?P<avoid>true|false),\n)?"
    r" AutoAssign: \(bool\) (?P<auto>true|false)"
    r"(?:,\n ServiceAllocations: (?P<allocation>\(\*config\.ServiceAllocation\)(?s:.*)))?\n\}\)"
)
_NO_ALLOCATION: Final = "(*config.ServiceAllocation)(<nil>)"
_PLAIN_ALLOCATION: Final = (
    r"\(\*config\.ServiceAllocation\)\(\{\n"
    r"Priority: \(int\) (?P<priority>[0-9]{1,10}),\n"
    r"Namespaces: \(sets\.(?:Set\[string\]|String)\) (?:\(len=(?P<size>[0-9]{1,10})\) )?"
    rf"\{{\n(?:(?P<namespaces>(?:{_NAMESPACE},\n)*+{_NAMESPACE})\n)?\}},\n"
    r"ServiceSelectors: \(\[\]labels\.Selector\) <nil>\n\}\)"
)


@lru_cache(maxsize=16)
def parse_rendered_config(text: str) -> Configuration:
    """Read the pools of a `rendered config`. Equal ones that are still remembered are the same object.

    Raises ValueError on a text that is no such dump, or is cut. Of what is not about pools (peers,
    advertisements, indexes) only the outline is looked at.
    """
    return _from_normalised(_POINTER.sub(r"\1", text))


@lru_cache(maxsize=64)
def _from_normalised(text: str) -> Configuration:
    """Read a dump that has no pointers any more."""
    found = _elements(text if text.endswith("\n") else f"{text}\n", 0)
    if len(found) != 1:
        raise ValueError("no rendered config")
    pools, depth = _fields(found[0], _CONFIG, 1).get("Pools", ""), 2
    if _POOLS.match(pools):
        pools, depth = _fields(pools, _POOLS, 2).get("ByName", ""), 3
    if pools in _NO_POOLS:
        return _configuration(())
    head = _POOLS_MAP.match(pools)
    if head is None:
        raise ValueError("a rendered config without pools")
    entries = _elements(_body(pools, head), depth)
    if len(entries) != int(head["size"] or 0):
        raise ValueError(f"{len(entries)} pools where {head['size']} are announced")
    return _configuration(tuple(sorted((_pool(e, depth) for e in entries), key=lambda pool: pool.name)))


@lru_cache(maxsize=64)
def _configuration(pools: tuple[Pool, ...]) -> Configuration:
    """Make one object of the same pools, in whatever order they were printed."""
    found = Configuration({pool.name: pool for pool in pools})
    if len(found.pools) != len(pools):
        raise ValueError("two pools of one name")
    return found


@lru_cache(maxsize=4096)
def _pool(entry: str, depth: int) -> Pool:
    """Read one entry of the map of pools, its fields indented deeper than `depth`."""
    head = _POOL.match(entry)
    if head is None:
        raise ValueError("no pool")
    fields = _fields(entry, _POOL, depth + 1)
    allocation = fields.get("ServiceAllocations", "")
    if _ALLOCATION.match(allocation):
        fields["ServiceAllocations"] = _sorted_namespaces(allocation, depth + 2)
    wanted = ",\n".join(f" {name}: {fields[name]}" for name in _WANTED if name in fields)
    return _parsed_pool(unquote(head["name"]), f"{head['value']}{wanted}\n}})")


def _sorted_namespaces(allocation: str, depth: int) -> str:
    """Put an allocation's namespaces in order: they are a set, which Go prints in any."""
    fields = _fields(allocation, _ALLOCATION, depth)
    namespaces = fields.get("Namespaces", "")
    head = _NAMESPACES.match(namespaces)
    if head is not None:
        entries = sorted(_elements(_body(namespaces, head), depth + 1))
        fields["Namespaces"] = head[0] + ",\n".join(entries) + ("\n}" if entries else "}")
    return "(*config.ServiceAllocation)({\n" + ",\n".join(f"{k}: {v}" for k, v in fields.items()) + "\n})"


@lru_cache(maxsize=4096)
def _parsed_pool(name: str, text: str) -> Pool:
    """Read a pool from the text of the fields that matter."""
    return _plain_pool(name, text) or _pool_by_grammar(name, text)


def _plain_pool(name: str, text: str) -> Pool | None:
    """Read a pool of the common form: to import pyparsing takes longer than all else with a small log."""
    found = re.fullmatch(_PLAIN_POOL, text)
    if found is None:
        return None
    networks = re.findall(_NETWORK, found["networks"])
    allocation = None
    if found["allocation"] not in (None, _NO_ALLOCATION):
        allocation = _plain_allocation(found["allocation"])
        if allocation is None:
            return None
    if len(networks) != int(found["size"]):
        return None
    ranges = tuple(parse_cidr(network) for network in networks)
    return Pool(name, ranges, found["auto"] == "true", found["avoid"] == "true", allocation)


def _plain_allocation(text: str) -> ServiceAllocation | None:
    found = re.fullmatch(_PLAIN_ALLOCATION, text)
    namespaces = re.findall(_NAMESPACE, found["namespaces"] or "") if found is not None else []
    if found is None or len(namespaces) != int(found["size"] or 0):
        return None
    return ServiceAllocation(int(found["priority"]), frozenset(namespaces), ())


def _pool_by_grammar(name: str, text: str) -> Pool:
    """Read a pool of any form."""
    from loganalyzer.metallb.ranges import parse_pool_ranges
    from loganalyzer.metallb.spew import parse_value

    fields = parse_value(text).fields()
    if not {"CIDR", "AutoAssign"} <= fields.keys():
        raise ValueError(f"a pool without addresses: {name!r}")
    allocation = fields.get("ServiceAllocations")
    return Pool(
        name=name,
        ranges=tuple(r for _, cidr in fields["CIDR"].entries for r in parse_pool_ranges(cidr.text)),
        auto_assign=_truth(fields["AutoAssign"]),
        avoid_buggy="AvoidBuggyIPs" in fields and _truth(fields["AvoidBuggyIPs"]),
        allocation=None if allocation is None or allocation.payload is None else _allocation(allocation),
    )


def _allocation(node: Node) -> ServiceAllocation:
    """Read a pool's service allocation."""
    fields = node.fields()
    try:
        namespaces = (key for key, _ in fields["Namespaces"].entries)
        return ServiceAllocation(
            priority=int(fields["Priority"].text),
            namespaces=frozenset(key.text for key in namespaces if key is not None and not isinstance(key, str)),
            selectors=tuple(_selector(value) for _, value in fields["ServiceSelectors"].entries),
        )
    except KeyError as error:
        raise ValueError(f"a service allocation without {error}") from error


def _selector(node: Node) -> Selector:
    """Read a label selector; of other types (nothingSelector) the text does not tell what they select."""
    if node.type != "labels.internalSelector":
        raise ValueError(f"a selector of type {node.type}")
    return parse_selector(node.text)


def _truth(node: Node) -> bool:
    """Read a bool."""
    if node.text not in ("true", "false"):
        raise ValueError(f"{node.text!r} is no bool")
    return node.text == "true"


def _fields(block: str, head: re.Pattern[str], depth: int) -> dict[str, str]:
    """Split a struct into its fields, which are indented by `depth`."""
    found = head.match(block)
    if found is None:
        raise ValueError(f"not of the form {head.pattern}")
    fields = _elements(_body(block, found), depth)
    named = {name: value for name, _, value in (field.partition(": ") for field in fields)}
    if len(named) != len(fields):
        raise ValueError("a field twice")
    return named


def _body(block: str, head: re.Match[str]) -> str:
    """Return the lines between a block's first and last."""
    return block[head.end() : block.rindex("\n") + 1]


def _elements(body: str, depth: int) -> list[str]:
    """Split lines into the elements that begin at an indentation, their separators removed.

    Raises ValueError where lines are left over: then something was cut.
    """
    found: list[str] = []
    at, comma = 0, ","
    while at < len(body):
        match = _ELEMENT.match(body, at)
        if match is None or len(match["pad"]) != depth or not comma:
            raise ValueError(f"not a dump at {body[at : at + 40]!r}")
        found.append(match["text"])
        comma, at = match["comma"], match.end()
    if found and comma:
        raise ValueError("a dump cut after a comma")
    return found
