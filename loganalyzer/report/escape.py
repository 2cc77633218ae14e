"""Text from a log made harmless: for a terminal, in Markdown, in Jira's wiki markup.

Each function gives the text for one line of running text or one cell of a table; a reader sees the text itself.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BREAK: Final = "<!-- -->"
"""Seen by nobody, it parts text that GitHub or GitLab would turn into a link or a picture after rendering."""

_LOOKED_AT: Final = r"""(?ix)(?<=[@#!$%~&])(?=[\w"])      # @user, #12, and GitLab's !12 $12 %"milestone" ~label &12
      | (?<=:)(?=//|(?!\d\d?:)[\w+-]+:)  # https://…, and :a: of an IPv6 address, which is an emoji; not 08:05:33
      | (?<=[{\[])(?=[+-])           # GitLab's inline differences
      | (?<=\bGH-)(?=\d)
      | (?<=\bwww)(?=\.)"""
_MARKDOWN: Final = r"""(?x)[\\`*_\[\]<>&|~#$]
      | ^[-+=](?=[\s=:-]|$) | ^:(?=-)  # a list, a rule, the line below a heading, or below a table's
      | (?<=^\d)[.)](?=\s|$) | (?<=^\d\d)[.)](?=\s|$)"""
_EDGES: Final = r"^\s|\s$"

_JIRA: Final = r"""(?x)[\\&<>|*_{}\[\]!^~#]
      | [-+](?![A-Za-z0-9]) | (?<![A-Za-z0-9])[-+]
      | (?<=[A-Z][A-Z0-9])-(?=\d)    # the key of an issue
      | \?(?=\?) | (?<=\?)\?         # a citation
      | \((?=[^\s()]{1,7}\))         # (x), (/), (c): pictures and signs
      | [:;](?=[()PD]) | :(?=//) | (?<=mailto):
      | (?<=^h[1-6])\. | (?<=^bq)\."""
_JIRA_TAKES_BACKSLASH: Final = frozenset("-#*_+?^~{}[]()!")
"""Before any other character a backslash stays a backslash (Atlassian's renderer); those become references."""


def clean(text: str) -> str:
    """The text with everything that could act on a terminal made visible: controls, escapes, direction marks."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _harmless(c) else _visible(c) for c in text)


def for_markdown(text: str) -> str:
    """The text, cleaned, for GitHub's and GitLab's Markdown: no markup, no HTML, no link, mention or emoji in it."""
    parts = re.split(_LOOKED_AT, clean(text))
    found = _BREAK.join(re.sub(_MARKDOWN, r"\\\g<0>", part) for part in parts)
    return re.sub(_EDGES, lambda edge: f"&#{ord(edge[0])};", found)


def for_jira(text: str) -> str:
    """The text, cleaned, for Jira's wiki markup: no markup, no macro, no link or picture in it."""
    return re.sub(_JIRA, _jira_escape, clean(text))


def _jira_escape(found: re.Match[str]) -> str:
    character = found[0]
    return "\\" + character if character in _JIRA_TAKES_BACKSLASH else f"&#{ord(character)};"


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
