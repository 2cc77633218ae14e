"""Following with reports that are one document: live text beside files, nothing in front of a document."""

import zipfile
from pathlib import Path

import pytest

from loganalyzer.cli.follow import _teller
from loganalyzer.cli.request import Request
from loganalyzer.correlator.live import Live
from tests.cli.command import loganalyzer
from tests.follow.command import Following, failing, has, has_lines
from tests.samples import FIXTURES

ARTICLE = FIXTURES / "article-0.14.8.log"
FIRST, REST = failing(ARTICLE.read_bytes().splitlines(keepends=True))
OTHER = b"a line of another program\n" * 99


@pytest.mark.parametrize("suffix", ["md", "jira", "html"])
def test_a_pipe_is_followed_for_a_report_that_quotes(suffix: str, tmp_path: Path) -> None:
    """Standard input is told as it comes, and Ctrl-C writes the file; a pipe without end is never waited for."""
    report = tmp_path / f"report.{suffix}"
    with Following("--output", report) as run:
        run.write(b"".join(FIRST))
        run.read_until(has(b"default/git-ssh has no address", b"kubectl "))
        run.interrupt()
        status, _, errors = run.rest()
    assert (status, errors) == (0, b"")
    assert "git-ssh" in report.read_text()


@pytest.mark.parametrize("form", ["json", "markdown", "jira", "html"])
def test_nothing_is_told_before_a_document(form: str) -> None:
    """A form that is one document has nothing that could stand in front of it."""
    assert _teller(Request(inputs=("-",), format=form), Live(print), list) is None


@pytest.mark.parametrize("form", ["markdown", "jira", "html"])
def test_the_document_comes_at_the_end(form: str) -> None:
    """On standard output it is the one that is written without following."""
    with Following("--format", form) as run:
        run.write(ARTICLE.read_bytes())
        run.end()
        status, said, errors = run.rest()
    assert (status, errors) == (0, b"")
    assert said[:60] == loganalyzer("--format", form, ARTICLE).stdout[:60]


def reported(log: Path, report: Path, *, rotated: bool) -> str:
    """The report on a log that was followed."""
    log.write_bytes(b"".join(FIRST))
    with Following(
        "--format",
        "jsonl",
        "--output",
        report,
        "--output",
        report.with_suffix(".json"),
        f"{log.parent}/./{log.name}",
        stdin=False,
    ) as run:
        run.read_until(has_lines(1))
        if rotated:
            log.rename(log.with_suffix(".1"))
        with log.open("ab") as file:
            file.write(b"".join(REST) + OTHER)
        run.read_until(has_lines(2))
        run.interrupt()
        assert run.rest()[0] == 0
    return report.read_text()


def test_lines_of_a_followed_file_are_quoted(tmp_path: Path) -> None:
    """A file that is still the one that was read gives its lines, as without following."""
    log, report = tmp_path / "controller.log", tmp_path / "report.md"
    followed = reported(log, report, rotated=False)
    loganalyzer("--output", tmp_path / "plain.md", log)
    quotes = [line for line in (tmp_path / "plain.md").read_text().splitlines() if '"caller"' in line]
    assert quotes
    assert [line for line in followed.splitlines() if '"caller"' in line] == quotes


def test_lines_of_a_rotated_file_are_not_quoted(tmp_path: Path) -> None:
    """Where another file has the name, its lines are not those that were read: none of them is quoted."""
    report = reported(tmp_path / "controller.log", tmp_path / "report.md", rotated=True)
    assert "git-ssh" in report
    assert "another program" not in report
    assert '"caller"' not in report


@pytest.mark.parametrize("replaced", [False, True])
def test_lines_of_an_archive_are_quoted_while_it_is_the_same(replaced: bool, tmp_path: Path) -> None:
    """What was read once, at the start, is read again for its lines as long as it is the same file."""
    log, old, report = tmp_path / "controller.log", tmp_path / "old.zip", tmp_path / "report.md"
    write(old, ARTICLE.read_bytes())
    log.touch()
    with Following("--output", report, old, log, stdin=False) as run:
        run.read_until(has(b"default/git-ssh has no address"))
        if replaced:
            old.unlink()
            write(old, OTHER)
        run.interrupt()
        assert run.rest()[0] == 0
    text = report.read_text()
    assert "git-ssh" in text
    assert "another program" not in text
    assert ('"caller"' in text) != replaced


def write(archive: Path, log: bytes) -> None:
    """An archive with one log."""
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("controller.log", log)
