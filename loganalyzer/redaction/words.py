"""The words that may stay: of MetalLB's texts, of Kubernetes' and Go's errors, and of Kubernetes' objects.

`words.txt` has the words of string constants of metallb v0.9.8 to v0.16.1, of controller-runtime, client-go,
apimachinery's errors and memberlist; `fields.txt` the names of their JSON fields; `own.txt` what this program says
besides, which may stay in its own texts.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_RUN: Final = re.compile(r"[^\W_][\w]*|_+\w*")
_PLAIN: Final = re.compile(
    r"\d{1,5}|v\d{1,3}(?:(?:alpha|beta)\d{1,2})?|go\d{1,2}|0x[0-9a-f]{1,2}|(?:\d{1,6}(?:ns|us|µs|ms|s|m|h))+", re.ASCII
)


_TELLING: Final = re.compile(r"\d{1,3}(?:[._-]\d{1,3}){3}|[0-9A-Fa-f]:[0-9A-Fa-f]|::|[!#$%&@^~\\`?;*]{2,}")
"""Numbers that are an address, and runs of punctuation that are nobody's."""


@cache
def _words() -> frozenset[str]:
    return frozenset((_HERE / "words.txt").read_text(encoding="utf-8").split())


@cache
def _own() -> frozenset[str]:
    return _words().union((_HERE / "own.txt").read_text(encoding="utf-8").split())


@cache
def fields() -> frozenset[str]:
    """Names of JSON fields."""
    return frozenset((_HERE / "fields.txt").read_text(encoding="utf-8").split())


@lru_cache(maxsize=8192)
def is_plain(text: str) -> bool:
    """Whether a text has nothing in it but words that may stay, short numbers and punctuation."""
    return _is_of(_words(), text)


def is_own(text: str) -> bool:
    """As `is_plain`, of a text that this program wrote."""
    return _is_of(_own(), text)


def _is_of(words: frozenset[str], text: str) -> bool:
    if not text.isascii() or _TELLING.search(text):
        return False
    return all(run.lower() in words or _PLAIN.fullmatch(run) for run in _RUN.findall(text))
