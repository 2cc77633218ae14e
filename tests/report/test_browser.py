"""The HTML report in a real browser: no complaint, no request, usable by keyboard and screen reader, fast.

`PICTURES=FOLDER` keeps pictures of the pages, for somebody to look at.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from loganalyzer.cli.forms import Watched
from loganalyzer.pipeline import observed
from loganalyzer.report import html
from loganalyzer.report.compose import compose
from tests.golden.test_tickets import page as report
from tests.report.browser import Page, browser, needs_axe, needs_browser, needs_validator, validated
from tests.report.samples import crowd, report_of
from tests.samples import FIXTURES

pytestmark = pytest.mark.xdist_group("browser")

HOSTILE = "<script>document.title = 'x'</script> **x** {code} | =cmd() \u202e \x1b[31m"


def many() -> str:
    """The report on 500 failures."""
    diagnosis, history = crowd(500)
    return html.render(compose(diagnosis, command="loganalyzer explain controller.log"), None, history)


def counted() -> str:
    """A report with figures, as the command writes it."""
    watched = Watched()
    diagnosis = observed([FIXTURES / "rules/MLB201/positive-0.14.8-exhausted.log"], watched.observers)
    figures = watched.figures(diagnosis)
    return html.render(compose(diagnosis), None, watched.history(), diagnosis.announcements, figures)


PAGES = {
    "figures": counted,
    "sharing": lambda: report("0.14.8-local_different_selectors"),
    "speakers": lambda: report("0.13.12-speakers"),
    "allocation": lambda: report("0.13.12-service_allocation"),
    "hostile": lambda: html.render(report_of(HOSTILE, entries=2, rows=3)),
    "many": many,
}
LOOKS = [
    pytest.param("light", 1100, "", id="light"),
    pytest.param("dark", 1100, "", id="dark"),
    pytest.param("light", 400, "", id="narrow"),
    pytest.param("light", 800, "print", id="print"),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages as files."""
    folder = tmp_path_factory.mktemp("pages")
    found = {name: folder / f"{name}.html" for name in PAGES}
    for name, path in found.items():
        path.write_text(PAGES[name](), encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """One browser for all tests."""
    with browser() as opened:
        yield opened


@needs_browser
@pytest.mark.parametrize(("scheme", "width", "medium"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_browser_has_no_complaint(
    name: str, scheme: str, width: int, medium: str, files: dict[str, Path], page: Page, request: pytest.FixtureRequest
) -> None:
    """The console stays empty, the page is no wider than the window, and the style sheet is taken."""
    page.open(files[name], scheme=scheme, width=width, medium=medium)
    if "PICTURES" in os.environ:
        page.picture(Path(os.environ["PICTURES"]) / f"{request.node.callspec.id}.png")
    assert page.complaints() == []
    assert page.run("return document.documentElement.scrollWidth") <= width
    ground = page.run("return getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 23, 27)" if scheme == "dark" else "rgb(255, 255, 255)")


@needs_browser
@needs_axe
@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 1100), ("light", 400)])
@pytest.mark.parametrize("name", [name for name in PAGES if name != "many"])
def test_axe_finds_nothing(name: str, scheme: str, width: int, files: dict[str, Path], page: Page) -> None:
    """An accessibility checker has nothing to say, with everything open that can be."""
    page.open(files[name], scheme=scheme, width=width)
    page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.findings() == []


@needs_browser
def test_page_asks_nobody(files: dict[str, Path], page: Page) -> None:
    """The browser fetches nothing beside the file, and would not run a script."""
    page.open(files["hostile"])
    assert page.run("return performance.getEntriesByType('resource').map(e => e.name)") == []
    assert page.run("return document.scripts.length") == 0
    assert page.run("return document.title").endswith("– MetalLB")


@needs_browser
def test_keyboard(files: dict[str, Path], page: Page) -> None:
    """The first key leads to the link that skips to the findings, and it does."""
    page.open(files["sharing"])
    page.keys("\ue004")
    assert page.run("return document.activeElement.className") == "skip"
    assert page.run("return document.activeElement.getBoundingClientRect().left") >= 0
    page.keys("\ue007")
    assert page.run("return document.activeElement.id") == "main"


@needs_browser
def test_proofs_lead_to_their_lines(files: dict[str, Path], page: Page) -> None:
    """Each proof is a link to the line that it names."""
    page.open(files["sharing"])
    links = page.run(
        "return [...document.querySelectorAll('article a')].map("
        "a => [a.textContent, document.querySelector(a.hash + ' .place').textContent])"
    )
    assert len(links) >= 3
    assert all(named == quoted for named, quoted in links)


WHOLE = """
const room = document.querySelector('main').clientWidth;
const found = [];
for (const table of document.querySelectorAll('table')) {
  if (table.checkVisibility() && table.scrollWidth > room) found.push('too wide: ' + table.caption.textContent);
  for (const cell of table.querySelectorAll('th, td')) {
    for (const node of cell.childNodes) for (const word of node.textContent.matchAll(/[^ -]{1,31}/g)) {
      const range = document.createRange();
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(r => r.top)).size > 1) found.push(word[0]);
    }
  }
}
return found;
"""


@needs_browser
@pytest.mark.parametrize("name", ["figures", "sharing", "allocation"])
def test_words_stay_whole_on_paper(name: str, files: dict[str, Path], page: Page) -> None:
    """A page of A4 cuts no address and no heading of a table, and every table fits it."""
    page.open(files[name], width=718, medium="print")
    assert page.run(WHOLE) == []


@needs_browser
def test_long_names_fit_paper(tmp_path: Path, page: Page) -> None:
    """What has no place to be broken at is cut, so that the table fits."""
    (tmp_path / "long.html").write_text(html.render(report_of("x" * 120, rows=2)), encoding="utf-8")
    page.open(tmp_path / "long.html", width=718, medium="print")
    assert [found for found in page.run(WHOLE) if found.startswith("too wide")] == []


@needs_browser
def test_five_hundred_failures_open_within_a_second(files: dict[str, Path], page: Page) -> None:
    """A page of 500 failures is there at once; the best of three counts, as the machine may be busy."""
    page.open(files["sharing"])
    assert min(page.open(files["many"]) for _ in range(3)) < 1
    assert page.run("return document.querySelectorAll('article').length") == 500


@needs_validator
@pytest.mark.parametrize("name", PAGES)
def test_validator_finds_nothing(name: str, files: dict[str, Path]) -> None:
    """An HTML validator has nothing to say."""
    assert validated(files[name]) == ""
