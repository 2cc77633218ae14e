"""Whether a redacted input gives the redacted diagnosis, up to the order of entries and the choice among equals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from loganalyzer.pipeline import Reading, diagnose
from loganalyzer.redaction.redactor import Redaction
from loganalyzer.sources.inputs import Input

_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?|(?<![\w:.])[0-9a-f]*:[0-9a-f:]*:[0-9a-f:]*(?:/\d+)?")
_ASN = re.compile(r"(?<=ASN )\d+|(?<=want )\d+")
_ASNS = ("local_asn", "peer_asn")
_LIST_OF_NAMES = re.compile(r"[\w./-]+(?:, [\w./-]+)* and [\w./-]+")


def both_ways(inputs: Iterable[Input]) -> tuple[Any, Any]:
    """`redact(diagnose(x))` and `diagnose(redact(x))`, each in the same order.

    A word of the report that is also some name of the input is replaced in both: no such name is left in the second,
    or the comparison fails.
    """
    given = list(inputs)
    plain = diagnose(given, reading=Reading()).to_dict()
    with Redaction(given) as redaction:
        redacted = diagnose(redaction.inputs, reading=Reading()).to_dict()
        words = _words({**redaction.table(), **redaction.new_names})
        asn = redaction._values.names.known_asn

        def address(text: str) -> str:
            text = _ASN.sub(lambda m: str(asn(int(m[0])) or m[0]), text)
            return _ADDRESS.sub(lambda m: redaction.named("", m[0]) if _is_address(m[0]) else m[0], text)

        first = _ordered(plain, lambda text: address(words(text)), lambda n: asn(n) or n)
        second = _ordered(redacted, words, lambda n: n)
    return _comparable(first), _comparable(second)


def _is_address(text: str) -> bool:
    return text.count(".") == 3 or "::" in text or text.count(":") == 7


def _words(table: dict[str, str]) -> Callable[[str], str]:
    if not table:
        return lambda text: text
    names = "|".join(map(re.escape, sorted(table, key=len, reverse=True)))
    found = re.compile(rf"(?<![\w.-])(?:{names})(?![\w-]|\.\w)")
    return lambda text: table.get(text) or found.sub(lambda m: table[m[0]], text)


def _ordered(value: Any, text: Callable[[str], str], asn: Callable[[int], int]) -> Any:
    if isinstance(value, dict):
        return {k: asn(v) if k in _ASNS and v else _ordered(v, text, asn) for k, v in value.items()}
    if isinstance(value, list):
        return sorted((_ordered(v, text, asn) for v in value), key=lambda v: json.dumps(v, sort_keys=True))
    if isinstance(value, str):
        return _LIST_OF_NAMES.sub(lambda m: " and ".join(sorted(re.split(", | and ", m[0]))), text(value))
    return value


def _comparable(document: Any) -> Any:
    """Without the fixes that were chosen among equal ones, and with objects' lines counted alike.

    Redacted objects stand on one line each; the lines that they took before are blank.
    """
    for failure in document["failures"]:
        failure["fixes"] = bool(failure["fixes"])
    for one in document["inputs"]:
        one["records"] += one.pop("blank")
        del one["mended"]  # what was mended is whole in a redacted log
    return document
