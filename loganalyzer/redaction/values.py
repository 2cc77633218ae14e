"""Single values replaced: addresses in every spelling, `namespace/name`, selectors, label keys, names."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Final

from loganalyzer.metallb.addresses import IPV6_BASE, Address, format_address, parse_address, parse_cidr
from loganalyzer.metallb.selectors import Requirement, parse_selector
from loganalyzer.redaction import keys
from loganalyzer.redaction.names import REDACTED, WELL_KNOWN, Names, form_of
from loganalyzer.redaction.networks import Networks, is_kept
from loganalyzer.redaction.words import is_plain

_ADDRESS: Final = r"[0-9A-Fa-f:.]{2,45}"
_RANGE: Final = re.compile(rf"({_ADDRESS})(\s*-\s*)({_ADDRESS})")
_CIDR: Final = re.compile(rf"({_ADDRESS})/(\d{{1,3}})")
_WITH_PORT: Final = re.compile(rf"(\[?)({_ADDRESS})(\]?)(:\d{{1,5}})")
_ZONED: Final = re.compile(rf"({_ADDRESS})%([\w.-]{{1,64}})")
_EMBEDS_IPV4: Final = (0, 0x0064FF9B << 64)
"""The upper 96 bits of IPv6 addresses that end in an IPv4 one: RFC 4291 (compatible), RFC 6052 (NAT64)."""


class Values:
    """What the run knows: names, networks, and how often it could not be sure (`unsure`, by what it was)."""

    def __init__(self) -> None:
        self.names = Names()
        self.networks = Networks()
        self.unsure: Counter[str] = Counter()

    @property
    def learning(self) -> bool:
        """Whether nothing is replaced yet."""
        return self.names.learning

    def freeze(self) -> None:
        """Ends learning."""
        self.names.freeze()
        self.networks.freeze()
        self.unsure.clear()

    def of(self, kind: str, text: str) -> str:
        """A value of this kind; addresses are addresses whatever they stand for."""
        if not text or text in WELL_KNOWN:
            return text
        if kind not in keys.NO_ADDRESSES or text[:1].isdigit() or ":" in text:
            found = self.address(text, pool=kind == "range")
            if found is not None:
                return found
        return self.names.of(kind, text)

    def path(self, kind: str, text: str) -> str:
        """`name`, `namespace/name` or `/name`, whose last part is of this kind."""
        namespace, slash, name = text.partition("/")
        if not slash or form_of(text):
            return self.of(kind, text)
        if kind == "pool" and not namespace:
            kind = "namespace"  # MetalLB looks at its pools again where a namespace changes
        return f"{self.of('namespace', namespace)}/{self.of(kind, name)}"

    def paths(self, kind: str, text: str) -> str:
        """Several of them, between commas."""
        return ",".join(self.path(kind, part) for part in text.split(","))

    def listed(self, kind: str, text: str) -> str:
        """Values between commas, which may have spaces beside them."""
        whole = self.address(text, pool=kind == "range")
        if whole is not None:
            return whole
        parts = re.split(r"(\s*,\s*)", text.strip(" "))
        return "".join(part if i % 2 else self.of(kind, part) for i, part in enumerate(parts))

    def address(self, text: str, *, pool: bool = False) -> str | None:
        """An address, a CIDR, a range, an address with a port or a zone; None for any other text.

        `pool`: it is a pool's, whose order must stay.
        """
        if len(text) > 96 or not (("." in text) or (":" in text)):
            return None
        try:
            return self._address(text, pool=pool)
        except ValueError:
            return None

    def _address(self, text: str, *, pool: bool) -> str | None:
        """As `address`; raises ValueError where a part that looks like an address is none."""
        if found := _CIDR.fullmatch(text):
            span = parse_cidr(text)
            if pool:
                self.networks.learn_span(span.first, span.last, aligned=True)
            return self._cidr(found[1], int(found[2]))
        if found := _RANGE.fullmatch(text):
            first, last = parse_address(found[1]), parse_address(found[3])
            if pool:
                self.networks.learn_span(first, last, aligned=False)
            return f"{self._one(found[1])}{found[2]}{self._one(found[3])}"
        if found := _ZONED.fullmatch(text):
            return f"{self._one(found[1])}%{self.of('interface', found[2])}"
        try:
            return self._one(text)
        except ValueError:
            found = _WITH_PORT.fullmatch(text)
            if found is None or bool(found[1]) != bool(found[3]):
                raise
            return f"{found[1]}{self._one(found[2])}{found[3]}{found[4]}"

    def _cidr(self, base: str, bits: int) -> str:
        """A network; one wider than what is replaced together keeps its length, and is its first address'."""
        if bits == 0:
            return f"{base}/0" if parse_address(base) in (0, IPV6_BASE) else f"{self._one(base)}/0"
        new = self._one(base)
        width = 128 if ":" in new else 32
        if bits < (64 if width == 128 else 24) and base == format_address(parse_cidr(f"{base}/{bits}").first):
            return f"{format_address(parse_cidr(f'{new}/{bits}').first)}/{bits}"
        return f"{new}/{bits}"

    def _one(self, text: str) -> str:
        """One address in the spelling that it has. Raises ValueError where it is none."""
        address = parse_address(text)
        new = format_address(self._replaced(address))
        # An IPv4 address may be written as IPv6: ::ffff:192.0.2.1.
        return f"::ffff:{new}" if ":" in text and address < IPV6_BASE else new

    def _replaced(self, address: Address) -> Address:
        if address >= IPV6_BASE:
            bits = address - IPV6_BASE
            if (bits >> 32) << 32 in (_EMBEDS_IPV4[0], _EMBEDS_IPV4[1] << 32) and bits & 0xFFFFFFFF > 0xFFFF:
                return IPV6_BASE + ((bits >> 32) << 32) + self._replaced(bits & 0xFFFFFFFF)
            if (bits >> 24) & 0xFFFF == 0xFFFE:
                address = IPV6_BASE + ((bits >> 64) << 64) + self._without_mac(bits & ((1 << 64) - 1))
        if self.learning:
            self.networks.learn(address)
            return address if is_kept(address) else 0xC6120000  # 198.18.0.0 stands in while nothing is chosen
        return self.networks.replaced(address)

    def _without_mac(self, host: int) -> int:
        """An interface identifier that is made of a MAC (RFC 4291, appendix A), of the other MAC."""
        mac = ((host >> 40) << 24 | host & 0xFFFFFF) ^ (1 << 41)
        text = ":".join(f"{byte:02x}" for byte in mac.to_bytes(6, "big"))
        new = self.names.of("mac", text)
        if new == REDACTED:
            return host
        number = int(new.replace(":", ""), 16) ^ (1 << 41)
        return (number >> 24) << 40 | 0xFFFE << 24 | number & 0xFFFFFF

    def selector(self, text: str) -> str:
        """A label selector as text (`app=web,tier in (a,b)`); what is none is left out."""
        try:
            found = parse_selector(text)
        except ValueError:
            self.unsure["selector"] += 1
            return REDACTED
        return ",".join(map(self._requirement, found.requirements)) if found.requirements else text.strip()

    def _requirement(self, one: Requirement) -> str:
        key, kind = self.label_key(one.key), label_kind(one.key)
        if one.operator in ("exists", "!"):
            return f"{'!' if one.operator == '!' else ''}{key}"
        if one.operator in ("<", ">"):
            return f"{key}{one.operator}{one.values[0]}"
        values = [self.of(kind, v) for v in one.values]
        return (
            f"{key} {one.operator} ({','.join(values)})" if "in" in one.operator else f"{key}{one.operator}{values[0]}"
        )

    def label_key(self, text: str) -> str:
        """A label's or annotation's key: well-known ones stay, of others what is well known of them."""
        domain, slash, name = text.rpartition("/")
        if slash:
            known = domain in keys.DOMAINS or keys.is_near(domain, keys.METALLB_DOMAINS)
            domain = domain if known else self.names.of("domain", domain)
        else:
            known = False
        if keys.is_near(name, keys.METALLB_NAMES) or (is_plain(name) if known else name in keys.COMMON_LABELS):
            return f"{domain}{slash}{name}"
        return f"{domain}{slash}{self.names.of('key', name)}"


@lru_cache(maxsize=4096)
def label_kind(key: str) -> str:
    """What a label's value names: by the label's key."""
    return keys.LABEL_KINDS.get(key, "label")
