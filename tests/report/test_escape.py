"""Text from a log in Markdown and in Jira's wiki markup: it comes out as itself."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.report.escape import clean, for_jira, for_markdown
from tests.report.rendering import Seen, read_html, render_markdown

HOSTILE = [
    pytest.param("default/web", id="name"),
    pytest.param("2001:db8:100:a::1", id="emoji in an IPv6 address"),
    pytest.param("**x**", id="strong"),
    pytest.param("*x* _y_ __z__", id="emphasis"),
    pytest.param("~x~ ~~y~~", id="strikethrough"),
    pytest.param("<script>alert(1)</script>", id="script"),
    pytest.param("<!-- x", id="comment"),
    pytest.param("<b>x</b><https://a.b>", id="elements"),
    pytest.param("&lt;&#60;&amp", id="entities"),
    pytest.param("{code}", id="code macro"),
    pytest.param("{noformat}x{color:red}y{+z+}[-w-]", id="more macros"),
    pytest.param("a|b||c", id="pipes"),
    pytest.param("=cmd()", id="formula"),
    pytest.param("===", id="underline of a heading"),
    pytest.param("---", id="rule"),
    pytest.param("- x", id="list"),
    pytest.param("+ x", id="other list"),
    pytest.param("12. x", id="numbered list"),
    pytest.param("1)", id="empty numbered list"),
    pytest.param("# x", id="heading"),
    pytest.param("> x", id="quotation"),
    pytest.param("h1. x", id="Jira's heading"),
    pytest.param("bq. x", id="Jira's quotation"),
    pytest.param("----", id="Jira's rule"),
    pytest.param("    x", id="indented code"),
    pytest.param("x  ", id="hard break"),
    pytest.param("x\\", id="backslash at the end"),
    pytest.param("\\*x\\*", id="escapes"),
    pytest.param("`x` ``y``", id="backticks"),
    pytest.param("```", id="fence"),
    pytest.param("~~~", id="other fence"),
    pytest.param("[x](https://a.b)", id="link"),
    pytest.param("![x](y.png) !y.png!", id="image"),
    pytest.param("[^1] [x]: y", id="footnote and reference"),
    pytest.param("[~admin] [http://a.b]", id="Jira's mention and link"),
    pytest.param("@octocat @org/team", id="mention"),
    pytest.param("x@example.org", id="e-mail"),
    pytest.param("#123 org/repo#4 GH-5", id="issue"),
    pytest.param('!1 $2 %3 %"m" ~label ~"l" &4', id="GitLab's references"),
    pytest.param("ABC-123", id="key of an issue"),
    pytest.param("https://example.org/?a=b&c", id="URL"),
    pytest.param("see www.example.org", id="URL without a scheme"),
    pytest.param("mailto:x@y.org ftp://z.org", id="other URLs"),
    pytest.param(":tada: :+1:", id="emoji"),
    pytest.param(":) ;) :( :D :P (x) (/) (y) (c) (tm) (*r)", id="Jira's pictures"),
    pytest.param("??x?? ^y^ +z+ -w- {{v}}", id="Jira's phrases"),
    pytest.param("a -- b --- c", id="dashes"),
    pytest.param("$x$ $$y$$ $`z`$", id="formulas"),
    pytest.param("\u202egpj.exe\u200f\u2066", id="right-to-left marks"),
    pytest.param("\x1b[31mred\x1b[0m\x1b]8;;https://a.b\x07", id="ANSI escapes"),
    pytest.param("a\nb\r\nc\u2028d\te\0f\x85", id="newlines and controls"),
    pytest.param("日本語 שלום ünï", id="letters of many scripts"),
    pytest.param("\ud800", id="half a surrogate pair"),
    pytest.param(":-", id="the line below a table's heading"),
    pytest.param("-:", id="the same for numbers"),
    pytest.param(" ", id="a space"),
    pytest.param("", id="nothing"),
]

LINKED_LATER = re.compile(
    r"""[@\#!$%~&][\w"] | \bGH-\d | ://\S | \bwww\.\w | :(?!\d\d?:)[\w+-]+: | \{\+ | \[- | \w@\w""",
    re.IGNORECASE | re.VERBOSE,
)
"""What GitHub's and GitLab's filters look for in text nodes once Markdown is HTML."""


def paragraph(text: str) -> Seen:
    """The text as a paragraph that follows another line of one."""
    seen = read_html(render_markdown(f"before\n{for_markdown(text)}"))
    assert seen.texts[0].startswith("before")
    return Seen(seen.elements, [seen.texts[0].removeprefix("before"), *seen.texts[1:]])


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_shows_the_text_itself(text: str) -> None:
    """Alone, below a line and in a table, Markdown shows the cleaned text, and makes no element of any of it."""
    alone = read_html(render_markdown(for_markdown(text)))
    assert alone.elements == (["p"] if text else [])
    assert alone.text == clean(text) + ("\n" if text else "")
    below = paragraph(text)
    assert below.elements == ["p"]
    assert below.text == ("\n" + clean(text) if text else "") + "\n"
    cell = read_html(render_markdown(f"| a | b |\n|---|---|\n| {for_markdown(text)} | y |"))
    assert cell.elements == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    assert [t for t in cell.text.split("\n") if t] == ["a", "b", *([clean(text)] if text else []), "y"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_forge_links_the_text(text: str) -> None:
    """No text node holds what GitHub's and GitLab's later filters make links, mentions or pictures of."""
    seen = read_html(render_markdown(for_markdown(text)))
    assert [node for node in seen.texts if LINKED_LATER.search(node)] == []


@given(st.text(st.sampled_from("ab1 \\`*_[]<>&|~#$@!%^:/.-+=(){}\"'\n\x1b\u202e"), max_size=12) | st.text(max_size=12))
def test_any_text_is_itself_in_markdown(text: str) -> None:
    """Whatever a log holds, Markdown shows it, in a paragraph and in a cell."""
    below = paragraph(text)
    assert below.text == ("\n" + clean(text) if text else "") + "\n"
    assert below.elements == ["p"]
    cell = read_html(render_markdown(f"| a |\n|---|\n| x{for_markdown(text)} |"))
    assert cell.elements == ["table", "thead", "tr", "th", "tbody", "tr", "td"]
    assert [t for t in cell.text.split("\n") if t] == ["a", "x" + clean(text)]
    assert [node for node in below.texts if LINKED_LATER.search(node)] == []


IN_JIRA = [
    pytest.param("default/git-ssh", "default/git-ssh", id="name"),
    pytest.param("192.168.10.200-192.168.10.203", "192.168.10.200-192.168.10.203", id="range"),
    pytest.param("2001:db8::1", "2001:db8::1", id="IPv6 address"),
    pytest.param("**x**", r"\*\*x\*\*", id="strong"),
    pytest.param("_x_ ^y^ ~z~", r"\_x\_ \^y\^ \~z\~", id="emphasis, superscript, subscript"),
    pytest.param("-x- a-b +y+ a+b", r"\-x\- a-b \+y\+ a+b", id="deleted, inserted"),
    pytest.param("a -- b", r"a \-\- b", id="dash"),
    pytest.param("----", r"\-\-\-\-", id="rule"),
    pytest.param("??x?? why?", r"\?\?x\?\? why?", id="citation"),
    pytest.param("{{x}} {code}", r"\{\{x\}\} \{code\}", id="macros"),
    pytest.param("[x|http://a.b]", r"\[x&#124;http&#58;//a.b\]", id="link"),
    pytest.param("[~admin]", r"\[\~admin\]", id="mention"),
    pytest.param("!x.png!", r"\!x.png\!", id="image"),
    pytest.param("|a||b|", "&#124;a&#124;&#124;b&#124;", id="cells"),
    pytest.param("<b>&amp;", "&#60;b&#62;&#38;amp;", id="HTML"),
    pytest.param("a\\b \\{x}", r"a&#92;b &#92;\{x\}", id="backslash, which Jira leaves where no markup follows"),
    pytest.param("# x", r"\# x", id="numbered list"),
    pytest.param("h1. x", "h1&#46; x", id="heading"),
    pytest.param("bq. x", "bq&#46; x", id="quotation"),
    pytest.param("(x) (c) (line 5) (long-words)", r"\(x) \(c) (line 5) (long-words)", id="pictures"),
    pytest.param(":) ;) :D a: b", "&#58;) &#59;) &#58;D a: b", id="faces"),
    pytest.param("mailto:a@b.c https://d", "mailto&#58;a@b.c https&#58;//d", id="URLs"),
    pytest.param("ABC-123 abc-123", r"ABC\-123 abc-123", id="key of an issue"),
    pytest.param("=cmd()", "=cmd()", id="formula"),
    pytest.param("a\nb\x1b[0m\u202e", r"a&#92;nb&#92;x1b\[0m&#92;u202e", id="controls"),
    pytest.param("日本語", "日本語", id="letters"),
    pytest.param("", "", id="nothing"),
]


@pytest.mark.parametrize(("text", "expected"), IN_JIRA)
def test_jira(text: str, expected: str) -> None:
    """What Jira would act on is escaped in the way its renderer knows: a backslash, or a reference."""
    assert for_jira(text) == expected


@given(st.text(max_size=30))
def test_jira_has_one_line(text: str) -> None:
    """Whatever a log holds, it stays in its cell and on its line."""
    found = for_jira(text)
    assert len(found.splitlines()) <= 1
    assert "|" not in found
    assert re.search(r"(?<!\\)[\[\]{}*_!^~#]", re.sub(r"&#\d+;", "", found)) is None
