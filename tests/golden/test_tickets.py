"""Whole reports of real logs as tickets and pages, compared with fixtures/reports; `UPDATE_GOLDEN=1` writes them."""

import io
import os
import re
from functools import cache

import html5lib
import pytest
from msgspec import structs

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.correlator.quoting import with_quotes
from loganalyzer.history.collect import Spans
from loganalyzer.history.spans import History
from loganalyzer.pipeline import Reading, observed
from loganalyzer.report import html, jira, markdown
from loganalyzer.report.compose import compose
from loganalyzer.report.content import Report
from tests.golden.test_reports import LOGS, assert_golden
from tests.report.rendering import read_html, render_markdown
from tests.samples import FIXTURES

REPORTS = FIXTURES / "reports"
SPEAKERS = FIXTURES / "speakers" / "0.13.12-seed_article"
CHOSEN = [
    "0.12.1-random-201-info",
    "0.13.12-service_allocation",
    "0.14.8-killed",
    "0.14.8-local_different_selectors",
    "0.14.8-local_different_selectors-wide",
    "0.15.3-requested_pool_full",
]
NAMES = [*CHOSEN, "0.13.12-speakers"]


def inputs(name: str) -> list[tuple[str, io.BytesIO]]:
    """The inputs of a report, to be read from their beginning."""
    if name in LOGS:
        return [("controller.log", io.BytesIO(LOGS[name]))]
    return [(path.name, io.BytesIO(path.read_bytes())) for path in sorted(SPEAKERS.glob("*.log"))]


@cache
def known(name: str) -> tuple[Diagnosis, History]:
    """The diagnosis of a log with the lines that it names, and its history."""
    spans = Spans()
    found = observed(inputs(name), (spans,), reading=Reading())
    return structs.replace(with_quotes(found, inputs(name)), tool_version="0"), spans.history()


def content(name: str) -> Report:
    """What the report says."""
    return compose(known(name)[0], command="loganalyzer explain controller.log")


def page(name: str) -> str:
    """The report as HTML."""
    diagnosis, history = known(name)
    return html.render(content(name), None, history, diagnosis.announcements)


RENDERERS = {
    "md": lambda name: markdown.render(content(name)),
    "jira": lambda name: jira.render(content(name)),
    "html": page,
}


@pytest.mark.parametrize("form", RENDERERS)
@pytest.mark.parametrize("name", NAMES)
def test_report(name: str, form: str) -> None:
    """The whole report of a log is the golden one."""
    assert_golden(REPORTS / f"{name}.{form}", RENDERERS[form](name).encode())


@pytest.mark.skipif("UPDATE_GOLDEN" in os.environ, reason="the files are being written")
def test_every_golden_file_is_compared() -> None:
    """No golden file is left over from a log that is no more."""
    assert {path.name for path in REPORTS.iterdir()} == {f"{name}.{form}" for name in NAMES for form in RENDERERS}


@pytest.mark.parametrize("name", NAMES)
def test_page_is_valid(name: str) -> None:
    """The page is what the HTML standard's parser takes without an error, with ids that are one of a kind."""
    html5lib.HTMLParser(strict=True).parse(page(name))
    ids = re.findall(r' id="([^"]+)"', page(name))
    assert len(ids) == len(set(ids))
    targets = re.findall(r' href="#([^"]+)"', page(name))
    assert set(targets) <= set(ids)


@pytest.mark.parametrize("name", NAMES)
def test_page_asks_nobody(name: str) -> None:
    """The page has no script and names no address that a browser would open."""
    assert "<script" not in page(name)
    assert not re.search(r"""\b(?:src|srcset|action|data|poster)=|url\(|@import|href="(?!#)""", page(name))
    assert "default-src 'none'" in page(name)


@pytest.mark.parametrize("name", NAMES)
def test_forms_say_the_same_in_the_same_order(name: str) -> None:
    """Every sentence of the content is in each form, in the order of the content."""
    made = content(name)
    pages = [
        read_html(render_markdown(markdown.render(made, None))).text,
        read_html(page(name)).text.rpartition("What fails")[2],
    ]
    said = [t for entry in made.entries for t in (entry.title, entry.sentence, *(p.what for p in entry.proofs))]
    for text in pages:
        at = 0
        for sentence in said:
            found = text.find(sentence, at)
            assert found >= 0, sentence
            at = found
