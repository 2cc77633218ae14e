"""Prints a Configuration as MetalLB's `rendered config` of a version would look, in random order."""

from collections.abc import Sized
from random import Random

from loganalyzer.metallb.addresses import AddressRange, format_address
from loganalyzer.metallb.pools import Configuration, Pool, ServiceAllocation

FORMS = ("0.13.0", "0.13.4", "0.13.8", "0.16.0")


def quote(text: str) -> str:
    """Quote as Go does; the value is the same, if not always the choice of escapes."""
    simple = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\a": "\\a"}
    return '"' + "".join(simple.get(c) or (c if c.isprintable() else f"\\U{ord(c):08x}") for c in text) + '"'


def cidr(span: AddressRange) -> str:
    """Print a range that is a CIDR."""
    width = 32 if span.family == "ipv4" else 128
    return f"{format_address(span.first)}/{width - span.size.bit_length() + 1}"


def print_config(config: Configuration, form: str, random: Random) -> str:
    """Print a whole configuration."""
    return _Printer(form, random).config(config)


class _Printer:
    def __init__(self, form: str, random: Random) -> None:
        self.old = form < "0.13.8"
        self.knows_buggy = form >= "0.13.4"
        self.random = random

    def config(self, config: Configuration) -> str:
        pools = [(string(p.name), self.pool(p)) for p in config.pools.values()]
        by_name = self.mapping("map[string]*config.Pool", pools)
        if self.old:
            fields = {"Peers": "([]*config.Peer) <nil>", "Pools": by_name, "BFDProfiles": _NO_PROFILES}
            return f"(*config.Config)({self.address()})({block(fields)})\n"
        indexes = {"ByNamespace": "(map[string][]string) <nil>", "ByServiceSelector": "([]string) <nil>"}
        pools_struct = self.pointer("config.Pools", {"ByName": by_name, **indexes})
        fields = {
            "Peers": self.peers(),
            "Pools": pools_struct,
            "BFDProfiles": _NO_PROFILES,
            "BGPExtras": string("x {"),
        }
        return f"(config.Config) {block(fields)}\n"

    def peers(self) -> str:
        fields = {"Name": string("tor"), "HoldTime": f"(*time.Duration)({self.address()})(1m30s)"}
        fields["NodeSelectors"] = self.selectors(["a in (b,c),d", ""])
        return self.mapping("map[string]*config.Peer", [(string("tor"), self.pointer("config.Peer", fields))])

    def pool(self, pool: Pool) -> str:
        nets = [f"(*net.IPNet)({self.address()})({cidr(r)})" for r in pool.ranges]
        shown = [(string(cidr(r)), f"([]*net.IPNet) (len=1 cap=1) {self.again()}") for r in dict.fromkeys(pool.ranges)]
        fields = {} if self.old else {"Name": string(pool.name)}
        fields["CIDR"] = items("[]*net.IPNet", nets)
        if self.knows_buggy:
            fields["AvoidBuggyIPs"] = f"(bool) {str(pool.avoid_buggy).lower()}"
        fields["AutoAssign"] = f"(bool) {str(pool.auto_assign).lower()}"
        nodes = [(string(f"node-{i}"), "(bool) true") for i in range(3)]
        layer2 = self.pointer("config.L2Advertisement", {"Nodes": self.mapping("map[string]bool", nodes)})
        fields["BGPAdvertisements"] = "([]*config.BGPAdvertisement) <nil>"
        fields["L2Advertisements"] = items("[]*config.L2Advertisement", [layer2])
        fields["cidrsPerAddresses"] = self.mapping("map[string][]*net.IPNet", shown)
        if not self.old:
            fields["ServiceAllocations"] = self.allocation(pool.allocation)
        return self.pointer("config.Pool", fields)

    def allocation(self, allocation: ServiceAllocation | None) -> str:
        if allocation is None:
            return "(*config.ServiceAllocation)(<nil>)"
        namespaces = [(string(n), "(sets.Empty) " + block([])) for n in sorted(allocation.namespaces)]
        fields = {
            "Priority": f"(int) {allocation.priority}",
            "Namespaces": self.mapping("sets.Set[string]", namespaces),
            "ServiceSelectors": self.selectors([str(s) for s in allocation.selectors]),
        }
        return self.pointer("config.ServiceAllocation", fields)

    def selectors(self, texts: list[str]) -> str:
        sizes = [f"(len={t.count(',') + 1} cap=4) " if t else "" for t in texts]
        return items(
            "[]labels.Selector",
            [f"(labels.internalSelector) {s}{t}" for s, t in zip(sizes, texts, strict=True)],
        )

    def mapping(self, kind: str, entries: list[tuple[str, str]]) -> str:
        entries = self.random.sample(entries, len(entries))
        return f"({kind}) {size(entries, cap=False)}{block([f'{k}: {v}' for k, v in entries])}"

    def pointer(self, kind: str, fields: dict[str, str]) -> str:
        return f"(*{kind})({self.address()})({block(fields)})"

    def again(self) -> str:
        return block([f"(*net.IPNet)({self.address()})(<already shown>)"])

    def address(self) -> str:
        return hex(self.random.randrange(0xC000000000, 0xC100000000, 16))


_NO_PROFILES = "(map[string]*config.BFDProfile) {\n}"


def string(text: str) -> str:
    """Print a string."""
    length = len(text.encode())
    return f"(string) (len={length}) {quote(text)}" if text else '(string) ""'


def items(kind: str, values: list[str]) -> str:
    """Print a slice."""
    return f"({kind}) {size(values, cap=True)}{block(values)}"


def size(values: Sized, *, cap: bool) -> str:
    """Print how long a map or slice is."""
    return f"(len={len(values)}{f' cap={len(values)}' if cap else ''}) " if values else ""


def block(elements: list[str] | dict[str, str]) -> str:
    """Print elements in braces, one step further in."""
    lines = [f"{k}: {v}" for k, v in elements.items()] if isinstance(elements, dict) else elements
    inner = ",\n".join(lines)
    return "{\n" + "".join(f" {line}\n" for line in inner.split("\n") if line) + "}"
