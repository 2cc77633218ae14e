"""Decoded JSON redacted: records, Kubernetes objects, dumps in strings and the JSON in their annotations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from loganalyzer.parser.dumps import name_of_cut
from loganalyzer.redaction import keys
from loganalyzer.redaction.configuration import Rendered
from loganalyzer.redaction.names import REDACTED, SECRET, WELL_KNOWN
from loganalyzer.redaction.prose import Prose
from loganalyzer.redaction.values import Values, label_kind
from loganalyzer.redaction.words import fields, is_plain

DEEPEST: Final = 8
"""JSON in strings in JSON: more levels than any log has; what is deeper goes."""

_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d{1,10}(?:\.\d{1,9})?|(?:\d{1,6}(?:ns|us|µs|ms|s|m|h))+",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"-?\d{1,19}", re.ASCII)
_RUNTIME: Final = re.compile(r"sigs\.k8s\.io/controller-runtime@v\d{1,4}\.\d{1,4}\.\d{1,4}/")
_SPEW: Final = re.compile(r"\(\*?[A-Za-z0-9]")
_KEPT_BYTES: Final = 8 << 20
_LONG: Final = 512


class Documents:
    """Redacts what JSON decodes to. Dumps that were met before are remembered, bounded in bytes."""

    def __init__(self, values: Values, prose: Prose) -> None:
        self._values = values
        self._prose = prose
        self._rendered = Rendered(values, prose)
        self._depth = 0
        self._kept: dict[tuple[str, str], str] = {}
        self._bytes = 0

    def forget(self) -> None:
        """What was made of dumps holds no more."""
        self._kept.clear()
        self._bytes = 0

    def record(self, fields_: Mapping[str, Any]) -> dict[str, Any]:
        """A log record."""
        controller = fields_.get("controller")
        told = controller.split(" ")[0] if isinstance(controller, str) else ""
        return self._mapping(fields_, keys.KINDS_OF_OBJECTS.get(told, "name" if told else "service"))

    def resource(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """A Kubernetes object."""
        return self._mapping(document, "name")

    def _value(self, value: object, key: str, hint: str) -> object:
        """What stands under a key; `hint` is the kind of what has a name here."""
        kind = keys.KEYS.get(key, "")
        if isinstance(value, str):
            return self._text(value, key, kind, hint)
        if isinstance(value, list):
            if kind == keys.SECRET:
                return [SECRET for _ in value]
            return [self._value(v, key, hint) for v in value]
        if isinstance(value, dict):
            return self._inner(value, key, kind, hint)
        if isinstance(value, bool) or value is None:
            return value
        return self._plain_number(value, key, kind)

    def _plain_number(self, value: object, key: str, kind: str) -> object:
        if kind == keys.ASN and isinstance(value, int):
            return self._values.names.asn(value)
        if kind == keys.SECRET:
            return SECRET
        if kind or key in fields():
            return value
        self._values.unsure["number"] += 1
        return 0

    def _inner(self, value: dict[str, Any], key: str, kind: str, hint: str) -> object:
        values = self._values
        if kind == keys.LABELS and not {"matchLabels", "matchExpressions"} & value.keys():
            return {values.label_key(k): self._label(k, v) for k, v in value.items()}
        if kind == keys.ANNOTATIONS:
            return {values.label_key(k): self._annotation(k, v) for k, v in value.items()}
        if kind in (keys.GONE, keys.SECRET) and key != "secret":
            return {}
        if kind == keys.SECRETS:
            return {self._secret_key(k, v): self._secret(v) for k, v in value.items()}
        return self._mapping(value, hint if key == "metadata" else _hint(key, value))

    def _mapping(self, value: Mapping[str, Any], hint: str) -> dict[str, Any]:
        """Any other mapping: its keys are fields."""
        secret = value.get("kind") == "Secret"
        hint = keys.KINDS_OF_OBJECTS.get(str(value.get("kind")), hint)
        found: dict[str, Any] = {}
        alike: Counter[str] = Counter()
        for key, inner in value.items():
            name = plain = self._field(key)
            while name in found:
                alike[plain] += 1
                name = f"{plain}-{alike[plain]}"
            if key == "data":
                found[name] = self._data(inner, secret=secret)
            elif key == "nodes" and isinstance(inner, list) and "ips" in value:
                found[name] = self._candidates(inner, value["ips"])
            else:
                found[name] = self._value(inner, key, hint)
        return found

    def _field(self, key: str) -> str:
        if key in keys.KEYS or key in fields() or is_plain(key):
            return key
        known = self._values.names.known(key)
        if known is None:
            self._values.unsure["field"] += 1
        return known or REDACTED

    def _candidates(self, nodes: list[Any], addresses: object) -> list[str]:
        """The candidates of an election, its winner first, as their new names' hashes would elect another."""
        from loganalyzer.metallb.election import winner

        told = sorted(n for n in nodes if isinstance(n, str))
        first = addresses[0] if isinstance(addresses, list) and addresses else addresses
        won = winner(told, first) if isinstance(first, str) else None
        rest = sorted(self._values.of("node", n) for n in told if n != won)
        return [*([self._values.of("node", won)] if won else []), *rest]

    def _label(self, key: str, value: object) -> object:
        return self._values.of(label_kind(key), value) if isinstance(value, str) else None

    def _annotation(self, key: str, value: object) -> object:
        if not isinstance(value, str):
            return None
        kind = next((k for name, k in keys.ANNOTATION_KINDS.items() if keys.is_near(key, (name,))), "")
        if kind == "address":
            return self._values.listed(kind, value)
        if kind:
            return self._values.of(kind, value)
        return self._json(value, "", "name") or (REDACTED if value else "")

    def _data(self, value: object, *, secret: bool) -> object:
        """What a ConfigMap or a Secret holds: of the one MetalLB's old configuration stays, of the other no value."""
        if not isinstance(value, dict):
            return None
        if secret:
            return {self._secret_key(k, v): self._secret(v) for k, v in value.items()}
        return {self._field(k): self._configuration(v) if k == "config" else REDACTED for k, v in value.items()}

    def _configuration(self, value: object) -> str:
        """The configuration up to 0.12, YAML, as JSON, which is YAML too."""
        from loganalyzer.sources.objects import yaml_documents

        found = yaml_documents(value.encode("utf-8", "replace")) if isinstance(value, str) else None
        if not found or not isinstance(found[0], dict):
            self._values.unsure["configuration"] += 1
            return REDACTED
        return orjson.dumps(self._mapping(found[0], "pool"), option=orjson.OPT_NON_STR_KEYS).decode()

    def _secret_key(self, key: str, value: object) -> str:
        return self._values.names.of("secret-name", key) if isinstance(value, dict) else self._field(key)

    def _secret(self, value: object) -> object:
        return self._mapping(value, "secret-name") if isinstance(value, dict) else SECRET

    def _text(self, text: str, key: str, kind: str, hint: str) -> str:
        """A text under a key."""
        if not text:
            return text
        if kind == keys.SECRET or (not kind and keys.SECRET_KEY.search(key)):
            return text if text in WELL_KNOWN else SECRET
        if kind == keys.GONE:
            return REDACTED
        if text[0] in "{[" and kind != keys.WORDS:
            return self._dump(text, key, "service" if kind == "service" else "name")
        if kind == keys.DUMP and _SPEW.match(text):
            return self._kept_text(text, key, lambda: self._rendered.text(text))
        special = _SPECIAL.get(kind)
        if special is not None:
            return special(self, text)
        if kind == keys.PATH:
            return self._values.path(hint, text)
        if kind in ("address", "range"):
            return self._values.listed(kind, text)
        return self._values.path(kind, text) if kind and kind != keys.DUMP else self._unknown(text)

    def _dump(self, text: str, key: str, hint: str) -> str:
        found = self._kept_text(text, key, lambda: self._json(text, key, hint) or "")
        if found:
            return found
        self._values.unsure["dump"] += 1
        name = name_of_cut(text)
        if not name:
            return "{"
        namespace, _, name = self._values.path("service", name).partition("/")
        return f'{{"kind":"Service","apiVersion":"v1","metadata":{{"name":"{name}","namespace":"{namespace}",'

    def _json(self, text: str, key: str, hint: str) -> str | None:
        """JSON in a string; None where it is none."""
        if text[:1] not in ("{", "[") or self._depth >= DEEPEST:
            return None
        try:
            decoded = orjson.loads(text)
        except orjson.JSONDecodeError:
            return None
        self._depth += 1
        try:
            found = self._value(decoded, "" if isinstance(decoded, dict) else key, hint)
        finally:
            self._depth -= 1
        return orjson.dumps(found).decode() + ("\n" if text.endswith("\n") else "")

    def _kept_text(self, text: str, key: str, make: Callable[[], str]) -> str:
        if len(text) < _LONG:
            return make()
        found = self._kept.get((key, text))
        if found is None:
            before = self._values.unsure.total()
            found = make()
            self._bytes += len(text) + len(found)
            if self._bytes > _KEPT_BYTES:
                self.forget()
            if self._values.unsure.total() == before:
                self._kept[key, text] = found
        return found

    def _unknown(self, text: str) -> str:
        """A text under a key that says nothing of it."""
        found = self._values.address(text) or self._values.names.known(text)
        if found is not None:
            return found
        # A number may be anything: a customer's, a password.
        if text in WELL_KNOWN or (_TIME.fullmatch(text) and not text.replace(".", "").isdigit()):
            return text
        self._values.unsure["value"] += 1
        return REDACTED

    def _shaped(self, text: str, shape: re.Pattern[str]) -> str:
        if shape.fullmatch(text):
            return text
        return self._unknown(text)

    def _asn(self, text: str) -> str:
        """An autonomous system's number in quotes."""
        return str(self._values.names.asn(int(text))) if _NUMBER.fullmatch(text) else self._unknown(text)

    def _words(self, text: str) -> str:
        return self._prose.text(text)

    def _trace(self, text: str) -> str:
        """A stack trace tells one thing: the version of controller-runtime."""
        found = _RUNTIME.search(text)
        return f"{found[0]}{REDACTED}" if found else REDACTED

    def _label_key(self, text: str) -> str:
        return self._values.label_key(text)


_SPECIAL: Final[Mapping[str, Callable[[Documents, str], str]]] = {
    keys.WORDS: Documents._words,
    keys.NUMBER: lambda d, text: d._shaped(text, _NUMBER),
    keys.ASN: lambda d, text: d._asn(text),
    keys.TIME: lambda d, text: d._shaped(text, _TIME),
    keys.TRACE: Documents._trace,
    keys.LABEL_KEY: Documents._label_key,
    keys.ANNOTATION_KEY: Documents._label_key,
}
"""What is made of texts of a kind that is no name."""

_PLURALS: Final = {
    "ipaddresspools": "pool", "legacyaddresspools": "pool", "bgppeers": "peer", "nodes": "node",
    "namespaces": "namespace", "bfdprofiles": "profile", "address-pools": "pool", "peers": "peer",
    "Service": "service", "IPAddressPool": "pool", "Node": "node", "BGPPeer": "peer",
}  # fmt: skip


def _hint(key: str, value: Mapping[str, Any]) -> str:
    """The kind of what an inner object names."""
    return keys.KINDS_OF_OBJECTS.get(str(value.get("kind")), _PLURALS.get(key, "name"))
