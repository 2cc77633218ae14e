"""Reports as a reader sees them: Markdown through GitHub's own renderer, HTML as its text nodes and elements."""

from __future__ import annotations

from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options
from msgspec import Struct, field


class Seen(Struct):
    """What a page shows: the names of its elements in their order, and its text nodes."""

    elements: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text nodes joined."""
        return "".join(self.texts)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        self.seen.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.seen.texts.append(data)


def read_html(html: str) -> Seen:
    """What an HTML text shows; a comment parts two text nodes, as it does in the forges' later filters."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.seen


def render_markdown(text: str) -> str:
    """GitHub Flavored Markdown as HTML. HTML in it stays: forges keep it too, and filter it later."""
    html: str = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
    return html
