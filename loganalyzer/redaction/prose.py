"""Free text: what is known to tell nothing stays, names and addresses are replaced, everything else goes.

MetalLB's error texts name pools and services without quotes: `TEMPLATES` tells where.
"""

from __future__ import annotations

import re
from typing import Final

from loganalyzer.metallb.goquote import QUOTED, unquote
from loganalyzer.redaction.names import REDACTED, form_of
from loganalyzer.redaction.values import Values
from loganalyzer.redaction.words import is_own, is_plain

TEMPLATES: Final = re.compile(
    # metallb v0.9.8 to v0.16.1 internal/allocator; the texts as `metallb.error_texts` has them.
    r"no available IPs in pool (?P<pool>[^\"\s]\S*?)(?= for \S+ IPFamily|\Z)"
    r"|(?:^|(?<=: ))pool (?P<pool2>[^\"\s]\S*) not compatible for ip assignment"
    r"|not compatible with requested address pool (?P<pool3>\S+)"
    r"|address also in use by (?P<services>\S+?)(?=: |\Z|\s)"
    rf"|backend key (?P<selector>{QUOTED})"
    rf"|does not match existing sharing key (?P<either>{QUOTED})"
    rf"|invalid (?:spec\.loadBalancerIP|\S+/loadBalancerIPs:) (?P<request>{QUOTED})"
    r"|commit (?P<commit>[^\s,)]+)"
    # metallb v0.9.8 to v0.16.1 internal/bgp: `unexpected peer ASN 64500, want 64501`.
    r"|(?:(?<=\bASN[ :=])|(?<=\basn[ :=])|(?<=\bAS[ :=])|(?<=\bAS)|(?<=, want ))(?P<asn>\d{1,10})(?![\w.])"
)
"""Where a text has what no quotes mark, or what its quotes don't tell; a new one is an alternative."""

_NAMED: Final = {
    "pool": "pool", "pools": "pool", "node": "node", "service": "service", "for": "service", "namespace": "namespace",
    "services": "service", "ipaddresspools": "pool", "key": "key", "interface": "interface", "peer": "peer",
}  # fmt: skip
"""What a quoted text is: by the word before it."""

_CLOCK: Final = r"\d\d:\d\d:\d\d(?:\.\d{1,9})?"
_TIME: Final = rf"\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?|(?<![\w:.]){_CLOCK}(?![\w:])"
_VERSION: Final = r"(?<![\w.])v?\d{1,3}\.\d{1,3}(?:\.\d{1,3})?(?:-(?:rc|dev|alpha|beta)\.?\d{0,3})?(?![\w.-]*[\w-])"
_COLONS: Final = r"\[?[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[\w.-]+|/\d{1,3})?\]?(?::\d{1,5})?"
_QUAD: Final = r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2}|:\d{1,5})?(?![\w]|[.@-]\w)"
_POINTER: Final = r"0x[0-9a-fA-F]{3,16}(?!\w)"
_COMMUNITY: Final = r"(?<![\w.:])(?:large:)?\d{3,10}:\d{1,10}(?::\d{1,10})?(?![\w.]|:\w)"
_ASN: Final = r"(?<![\w.:])\d{4,10}(?=:\d|\b)(?![\w.])"
# The closing quote is optional: else texts of nothing but open quotes would take quadratic time.
_QUOTE: Final = rf"{QUOTED}?"
_WORD: Final = r"[\w/\\]+(?:[\w.\-/@+~%*\\#!$&^]*[\w/*\\])?"
_PIECE: Final = re.compile(
    rf"(?P<quoted>{_QUOTE})|(?P<time>{_TIME})|(?P<mapped>\b[0-9A-Fa-f]{{8}}-(?:[0-9A-Fa-f]{{4}}-){{3}}[0-9A-Fa-f]{{12}}\b)"
    rf"|(?P<version>{_VERSION})|(?P<quad>{_QUAD})|(?P<community>{_COMMUNITY})|(?P<colons>(?<![\w.:]){_COLONS}(?!\w))|(?P<pointer>{_POINTER})"
    rf"|(?P<asn>{_ASN})|(?P<token>{_WORD})|(?P<odd>[^\x00-\x7f]+|[#!$^\\~`%@&]{{2,}})"
)
_LAST_WORD: Final = re.compile(r"([a-z0-9]+) \[?\Z")
_MOST_KEPT: Final = 8192
_LONGEST_KEPT: Final = 2048


class Prose:
    """Redacts free text. Remembers what it made of short texts, bounded in number.

    `own`: texts of this program, in which its words may stay, but for those that are names in the logs too.
    """

    def __init__(self, values: Values, *, own: bool = False) -> None:
        self._values = values
        self._own = own
        self._may_stay = is_own if own else is_plain
        self._done: dict[str, str] = {}

    def forget(self) -> None:
        """What was made of texts holds no more."""
        self._done.clear()

    def text(self, text: str) -> str:
        """The text with nothing in it that could tell anything."""
        found = self._done.get(text)
        if found is None:
            before = self._values.unsure.total()
            found = self._templates(text)
            # A text that could not be judged counts each time that it is met.
            if len(text) <= _LONGEST_KEPT and self._values.unsure.total() == before:
                if len(self._done) >= _MOST_KEPT:
                    self._done.clear()
                self._done[text] = found
        return found

    def _templates(self, text: str) -> str:
        parts, at = [], 0
        for found in TEMPLATES.finditer(text):
            kind = found.lastgroup or ""
            parts.append(self._pieces(text[at : found.start(kind)]))
            parts.append(self._marked(kind.rstrip("23"), found[kind]))
            at = found.end(kind)
        parts.append(self._pieces(text[at:], text[:at]))
        return "".join(parts)

    def _marked(self, kind: str, text: str) -> str:
        values = self._values
        if kind == "services":
            return values.paths("service", text)
        if kind == "request":
            return requoted(values.listed("address", unquote(text)))
        if kind == "commit":
            return REDACTED
        if kind == "asn":
            return str(values.names.asn(int(text)))
        if kind == "selector" or (kind == "either" and "=" in text):
            return f'"{values.selector(unquote(text))}"'
        if kind == "either":
            return requoted(values.of("key", unquote(text)))
        return values.of(kind, text)

    def _pieces(self, text: str, before: str = "") -> str:
        return _PIECE.sub(lambda found: self._piece(found, before), text)

    def _piece(self, found: re.Match[str], before: str) -> str:
        values, kind, text = self._values, found.lastgroup, found[0]
        if kind in ("time", "version"):
            return text
        if kind == "quoted":
            told = _LAST_WORD.search(found.string[max(0, found.start() - 24) : found.start()] or before[-24:])
            return self._quoted(text, _NAMED.get(told[1], "") if told else "")
        if kind == "mapped":
            return values.names.of("uid", text)
        if kind == "pointer":
            return "0x0"
        if kind == "community":
            # Large ones are written with a word before them; their first number is an autonomous system, too.
            return re.sub(r"\d+", lambda number: str(values.names.asn(int(number[0]))), text, count=1)
        if kind == "asn":
            return self._number(text)
        if kind in ("quad", "colons"):
            return self._address(text)
        return self._token(text)

    def _quoted(self, text: str, kind: str) -> str:
        """A text in Go's quotes: a name of a kind, an address, a message in a message."""
        if len(text) < 2 or not text.endswith('"'):
            self._values.unsure["word"] += len(text) > 1
            return f'"{REDACTED}' if len(text) > 1 else text
        inner = unquote(text)
        if not inner:
            return text
        address = self._values.address(inner)
        if address is not None:
            return f'"{address}"'
        if kind and " " not in inner:
            return requoted(self._values.path(kind, inner))
        pair = self._pair(inner) if " " not in inner else None
        if pair is not None:
            return requoted(pair)
        known_whole = self._values.names.known(inner)
        if known_whole is not None:
            return requoted(known_whole)
        return requoted(self.text(inner)) if inner != text else self._token(inner)

    def _pair(self, text: str) -> str | None:
        """NAMESPACE/NAME, where both were met or may stay."""
        if text.count("/") != 1:
            return None
        parts = [self._values.names.known(p) or (p if self._may_stay(p) else None) for p in text.split("/")]
        return None if None in parts else "/".join(map(str, parts))

    def _address(self, text: str) -> str:
        bare = text.rstrip(".:")
        for candidate in (text, bare):
            found = self._values.address(candidate)
            if found is not None:
                return found + text[len(candidate) :]
        if form_of(bare):
            return self._values.names.of("mac", bare) + text[len(bare) :]
        if text.count(":") > 2:
            self._values.unsure["word"] += 1
            return REDACTED
        return ":".join(self._token(part) if part else "" for part in text.split(":"))

    def _number(self, text: str) -> str:
        other = self._values.names.known_asn(int(text))
        return str(other) if other is not None else self._token(text)

    def _token(self, text: str) -> str:
        """A word, a path, a name: as it is where nothing in it could be somebody's."""
        known = self._values.names.known(text)
        address = self._values.address(text)
        if address is not None:
            return address
        if self._own:
            # A name of a letter or two tells nothing, and may be any word.
            parts = [self._values.names.known(part) if len(part) > 2 else None for part in text.split("/")]
            if any(parts):
                plain = [part if self._may_stay(part) else REDACTED for part in text.split("/")]
                return "/".join(new or old for new, old in zip(parts, plain, strict=True))
        if self._may_stay(text):
            # A name that is also one of MetalLB's words can't be told from it here, and tells as little.
            return text
        if known is not None:
            return known
        pair = self._pair(text) if not text.startswith("/") else None
        if pair is not None:
            return pair
        _, dot, line = text.rpartition(".go")
        self._values.unsure["word"] += 1
        return f"{REDACTED}.go{line}" if dot and not line else REDACTED


def requoted(text: str) -> str:
    """A text in Go's quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
