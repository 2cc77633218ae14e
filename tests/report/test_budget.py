"""Reports that fit into a ticket: whole entries are left out, and the report says which and how to see them."""

import re

import pytest

from loganalyzer.report import html, jira, markdown
from loganalyzer.report.budget import Piece, Unit, fitted, size
from loganalyzer.report.compose import compose
from loganalyzer.report.content import Report
from loganalyzer.report.text import set_text
from tests.report.rendering import read_html, render_markdown
from tests.report.samples import crowd, report_of

COMMAND = "loganalyzer explain controller.log"
FORMS = {"markdown": markdown.render, "jira": jira.render, "html": html.render}


def crowded(count: int) -> Report:
    """The report on a great many failures."""
    return compose(crowd(count)[0], command=COMMAND)


SIZES = [
    pytest.param("abc", 3, id="ASCII"),
    pytest.param("a\nb\n", 6, id="line ends, which a form sends as two"),
    pytest.param("日本", 2, id="letters"),
    pytest.param("🎉", 2, id="what UTF-16 needs two for"),
]


@pytest.mark.parametrize(("text", "expected"), SIZES)
def test_size(text: str, expected: int) -> None:
    """Characters are counted as a ticket system does that is strict."""
    assert size(text) == expected


def pieces(*ranks: int) -> list[Piece]:
    """Pieces of ten characters each, of these ranks."""
    return [Piece(f"{rank}" * 10, Unit(rank, f"thing {rank}")) for rank in ranks]


LEFT_OUT = [
    pytest.param((0, 1, 2), 30, "000000000011111111112222222222", id="all fit"),
    pytest.param((0, 1, 2), 29, "00000000001111111111-", id="the least important"),
    pytest.param((0, 2, 1), 29, "00000000001111111111-", id="wherever it stands"),
    pytest.param((0, 1, 1, 1), 31, "000000000011111111111111111111-", id="of equals the last"),
    pytest.param((0, 1, 2), 5, "0000000000-", id="what stays is never left out"),
]


@pytest.mark.parametrize(("ranks", "most", "expected"), LEFT_OUT)
def test_fitted(ranks: tuple[int, ...], most: int, expected: str) -> None:
    """Whole units go, the least important first, the note's own length counted."""
    assert fitted(pieces(*ranks), most, lambda _: "-") == expected


def test_a_units_pieces_go_together() -> None:
    """Where one piece of a unit is left out all are, and the unit counts once."""
    first, second = Unit(1, "cause"), Unit(1, "cause")
    found = [
        Piece("a", first),
        Piece("b" * 9, Unit(2, "list")),
        Piece("c", first),
        Piece("d", second),
        Piece("e", second),
    ]
    assert fitted(found, 9, lambda missing: f"({missing})"[:6]) == "ac(1 cau"
    assert fitted(found, 1, lambda missing: missing) == "2 causes and 1 list"


TIGHT = [
    pytest.param("markdown", 3_000, id="markdown, small"),
    pytest.param("markdown", 40_000, id="markdown"),
    pytest.param("jira", 3_000, id="jira, small"),
    pytest.param("jira", 25_000, id="jira"),
    pytest.param("html", 20_000, id="html, small"),
    pytest.param("html", 200_000, id="html"),
]


@pytest.mark.parametrize(("form", "most"), TIGHT)
def test_no_form_is_longer_than_it_may_be(form: str, most: int) -> None:
    """However many failures there are the report is short enough, uses its room, and says what is left out."""
    found = FORMS[form](crowded(300), most)
    assert most * 0.6 < size(found) <= most
    assert re.search(r"[\d,]+ causes", found)
    assert f"{COMMAND} --output report.html" in found


def test_the_limits_of_github_and_jira_hold_by_default() -> None:
    """Without being asked Markdown fits GitHub and Jira's markup fits Jira."""
    assert size(markdown.render(crowded(300))) <= 65_536
    assert size(jira.render(crowded(300))) <= 30_000


@pytest.mark.parametrize("most", range(2_000, 12_000, 1_111))
def test_markdown_is_never_cut_inside(most: int) -> None:
    """Whatever the limit, tables have all their cells, fences and folds are closed: the page has no stray markup."""
    found = markdown.render(crowded(20), most)
    seen = read_html(render_markdown(found))
    assert found.count("<details>") == found.count("</details>") == seen.elements.count("details")
    assert sum(line.lstrip().startswith("```") for line in found.splitlines()) % 2 == 0
    outside = re.sub(r"^( *)```.*?^\\1```$", "", found, flags=re.DOTALL | re.MULTILINE)
    for table in re.findall(r"(?:^\|.*\n)+", outside, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1
    assert "Not here" in found


@pytest.mark.parametrize("most", range(2_000, 12_000, 1_111))
def test_jira_is_never_cut_inside(most: int) -> None:
    """Whatever the limit, macros are closed and rows whole."""
    found = jira.render(crowded(20), most)
    assert found.count("{noformat}") % 2 == 0
    rows = [line for line in "".join(found.split("{noformat}")[::2]).splitlines() if line.startswith("|")]
    assert rows
    assert all(line.endswith("|") for line in rows)


def test_text_is_cut_only_where_asked() -> None:
    """The text report has no limit of its own; with one, parts go and the rest says so."""
    report = report_of("x" * 300, entries=8)
    whole = set_text(report, 100)
    short = set_text(report, 100, most=size(whole) // 2)
    assert "Not here" not in whole
    assert size(short) <= size(whole) // 2
    assert re.search(r"\d causes?", short)


def test_the_page_of_five_hundred_failures_is_small() -> None:
    """500 services that fail for a cause each, with their lines and drawings, take less than 2 MB."""
    diagnosis, history = crowd(500)
    page = html.render(compose(diagnosis, command=COMMAND), None, history)
    assert page.count("<article") == 500
    assert page.count('<li id="line-') == len({(q.input, q.number) for q in diagnosis.quotes}) > 1000
    assert len(page.encode()) < 2_000_000
