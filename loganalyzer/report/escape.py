"""Text from a log made harmless for a terminal."""

from __future__ import annotations

import unicodedata


def clean(text: str) -> str:
    """The text with everything that could act on a terminal made visible: controls, escapes, direction marks."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _harmless(c) else _visible(c) for c in text)


def _harmless(character: str) -> bool:
    return character == " " or unicodedata.category(character) not in (
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
        "Zl",
        "Zp",
    )


def _visible(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
