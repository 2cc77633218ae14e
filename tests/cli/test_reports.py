"""Reports for tickets from the command line: several in one run, within a size, from a pipe too."""

import json
from pathlib import Path

import pytest

from loganalyzer.cli.output import SUFFIXES
from tests.cli.command import OLD, SHARING, loganalyzer
from tests.samples import FIXTURES

BEGINS = {
    "md": "**1 service without an address, 1 cause**",
    "jira": "*1 service without an address, 1 cause*",
    "html": "<!DOCTYPE html>",
    "txt": "MetalLB 0.14.8 controller",
}


def test_several_reports_in_one_run(tmp_path: Path) -> None:
    """Each `--output` is written in the form that its suffix names, all from one reading."""
    names = [tmp_path / f"report.{suffix}" for suffix in BEGINS]
    result = loganalyzer(*(x for name in names for x in ("--output", name)), SHARING)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")
    for name, begin in zip(names, BEGINS.values(), strict=True):
        assert name.read_text(encoding="utf-8").startswith(begin)


@pytest.mark.parametrize("form", ["markdown", "jira", "html"])
def test_format_on_standard_output(form: str) -> None:
    """`--format` prints any of them; the lines themselves are in it."""
    result = loganalyzer("--format", form, SHARING)
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"ipAllocated" in result.stdout


@pytest.mark.parametrize("form", ["markdown", "jira", "html"])
def test_a_pipe_is_quoted_too(form: str) -> None:
    """What comes through standard input is kept for as long as its lines are needed."""
    result = loganalyzer("--format", form, "-", stdin=SHARING.read_bytes())
    assert result.returncode == 0
    assert b"ipAllocated" in result.stdout


def test_the_report_tells_how_it_was_made() -> None:
    """The command line is in it, without what says where and how it was written."""
    found = loganalyzer("explain", "--format=markdown", "--max-size", "20000", "--service", "default/git-ssh", SHARING)
    shown = found.stdout.decode().rpartition("```sh\n")[2]
    assert shown == f"loganalyzer explain --service default/git-ssh {SHARING}\n```\n"


@pytest.mark.parametrize("form", ["text", "markdown", "jira", "html"])
def test_max_size(form: str) -> None:
    """No more characters than asked for, and the report says what is missing."""
    most = 12_000 if form == "html" else 1_500
    result = loganalyzer("--format", form, "--max-size", most, OLD)
    assert result.returncode == 0
    assert len(result.stdout.decode()) <= most
    assert b"Not here" in result.stdout


def test_a_size_that_is_too_small_is_a_wrong_use() -> None:
    """Below a thousand characters no report says anything."""
    assert loganalyzer("--max-size", "10", SHARING).returncode == 2


def test_a_suffix_that_no_form_has_is_a_wrong_use(tmp_path: Path) -> None:
    """It is told before anything is read, with those that there are; a form of another command is none."""
    for name in ("report.pdf", "report.sarif"):
        result = loganalyzer("--output", tmp_path / name, "nowhere.log")
        assert result.returncode == 2
        assert b".md, .markdown, .jira, .html" in result.stderr
        assert list(tmp_path.iterdir()) == []


def test_json_is_not_touched_by_other_outputs(tmp_path: Path) -> None:
    """The document is the same whether or not lines are quoted beside it."""
    loganalyzer("--output", tmp_path / "a.json", "--output", tmp_path / "a.html", SHARING)
    alone = loganalyzer("--format", "json", SHARING).stdout
    assert json.loads((tmp_path / "a.json").read_bytes()) == json.loads(alone)


def test_every_suffix_has_a_form() -> None:
    """The suffixes are those that the reports' page lists."""
    page = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")
    assert all(f"`{suffix}`" in page for suffix in SUFFIXES)


def test_a_page_has_plots_and_figures_of_the_whole(tmp_path: Path) -> None:
    """HTML shows the pools' use and the figures of `stats`; a report of a part has no figures."""
    log, page = FIXTURES / "rules/MLB201/positive-0.14.8-exhausted.log", tmp_path / "report.html"
    assert loganalyzer("explain", log, "--output", page).returncode == 0
    found = page.read_text(encoding="utf-8")
    assert "Pool production: 2 of 2 in use at the end, 2 at most" in found
    figures = json.loads(loganalyzer("stats", "--format", "json", log).stdout)["figures"]
    assert f"<td>attempts</td><td>{figures['overview'][0]['attempts']}</td>" in found
    assert "<summary>What removed the causes</summary>" in found
    assert loganalyzer("explain", log, "--service", "default/three", "--output", page).returncode == 0
    assert '<h2 id="figures">' not in page.read_text(encoding="utf-8")
