"""Texts that would be markup come out as themselves in every form of the report, wherever they stand."""

import re
from functools import cache

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loganalyzer.report import html, jira, markdown
from loganalyzer.report.escape import clean, for_jira
from loganalyzer.report.text import set_text
from tests.report.rendering import Seen, read_html, render_markdown
from tests.report.samples import report_of
from tests.report.test_escape import HOSTILE, LINKED_LATER

PLAIN = "a plain text"
VISIBLE = [p for p in HOSTILE if str(p.values[0]).strip()]
SHOWN = re.compile(r"\s+")


def squeezed(text: str) -> str:
    """The text as a browser sets it, each run of white space as one."""
    return SHOWN.sub(" ", text).strip()


@cache
def shown_in_markdown(text: str) -> Seen:
    """What a forge shows of the report."""
    return read_html(render_markdown(markdown.render(report_of(text), None)))


@cache
def shown_in_html(text: str) -> Seen:
    """What a browser shows of the page."""
    return read_html(html.render(report_of(text)))


def same_shape(found: Seen, plain: Seen) -> bool:
    """Whether two pages have the same elements."""
    return found.elements == plain.elements


@pytest.mark.parametrize("text", VISIBLE)
def test_markdown(text: str) -> None:
    """Markdown has the elements that it has for a plain text, shows the text as often, and links nothing of it."""
    found, plain = shown_in_markdown(text), shown_in_markdown(PLAIN)
    assert same_shape(found, plain)
    assert squeezed(found.text).count(squeezed(clean(text))) >= plain.text.count(PLAIN)
    code = {clean(text), f"{clean(text)}\n", f"{clean(text)} --output report.html\n", f"{clean(text)}  {clean(text)}\n"}
    assert [node for node in found.texts if node not in code and LINKED_LATER.search(node)] == []


@pytest.mark.parametrize("text", VISIBLE)
def test_html(text: str) -> None:
    """The page has the elements that it has for a plain text, and shows the text as often."""
    found, plain = shown_in_html(text), shown_in_html(PLAIN)
    assert same_shape(found, plain)
    assert squeezed(found.text).count(squeezed(clean(text))) >= plain.text.count(PLAIN)


@pytest.mark.parametrize("text", VISIBLE)
def test_jira(text: str) -> None:
    """Each line of Jira's markup has its text escaped: cells and macros are as many as for a plain one."""
    found, plain = (jira.render(report_of(t), None).split("{noformat}") for t in (text, PLAIN))
    assert len(found) == len(plain)
    # Every other part is within the macro, where nothing but its end means anything.
    assert [part.count("|") for part in found[::2]] == [part.count("|") for part in plain[::2]]
    # What is escaped at the beginning of a line need not be behind something else.
    outside, wanted = ("".join(found[::2]).replace("&#46;", "."), for_jira(text).replace("&#46;", "."))
    assert squeezed(outside).count(squeezed(wanted)) >= "".join(plain[::2]).count(PLAIN)
    assert all(p.count(clean(text).replace("{noformat", "\\u007bnoformat")) for p in found[1::2])


@pytest.mark.parametrize("text", VISIBLE)
def test_text(text: str) -> None:
    """The text report shows it too, without anything that a terminal would act on."""
    found = set_text(report_of(text), 200)
    assert squeezed(found).count(squeezed(clean(text))) >= 10
    assert all(character == "\n" or character == clean(character) for character in found)


@given(st.text(min_size=1, max_size=40))
@example("\xa00")
@example("0\xa0")  # a space that is none of ASCII's, at the end of what is strong
@settings(max_examples=25)
def test_any_text_leaves_the_pages_shapes(text: str) -> None:
    """Whatever a log holds, Markdown's and HTML's elements stay those of a plain text, and the page stays valid."""
    if not text.strip():
        return
    assert same_shape(shown_in_markdown(f"x{text}"), shown_in_markdown(PLAIN))
    assert same_shape(shown_in_html(f"x{text}"), shown_in_html(PLAIN))
    html5lib.HTMLParser(strict=True).parse(html.render(report_of(text)))
