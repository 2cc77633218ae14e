"""The documentation says what the program does."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COMMAND = Path(sys.executable).parent / "loganalyzer"


@pytest.mark.parametrize("page", sorted(p.name for p in (ROOT / "docs").glob("*.md")))
def test_examples_of_a_page_run(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example on a page under docs gives what the page says."""
    monkeypatch.chdir(ROOT)
    failed, _ = doctest.testfile(str(ROOT / "docs" / page), module_relative=False)
    assert failed == 0


def test_readme_shows_the_report_that_its_first_command_prints() -> None:
    """The report in the README is the one that a newcomer sees at 80 columns."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"prints:\n\n```text\n(.*?)```", readme, re.DOTALL)
    assert shown is not None
    ran = subprocess.run(
        [COMMAND, "fixtures/article-0.14.8.log"],
        cwd=ROOT,
        env={"COLUMNS": "80", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    assert ran.stdout.decode() == shown[1]


def test_readme_names_only_files_that_exist() -> None:
    """No link in the README is dead."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", readme):
        assert (ROOT / target).exists(), target


def test_every_exit_status_is_in_the_readme() -> None:
    """The README tells all exit statuses that the program has."""
    from loganalyzer.cli.console import Status

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = readme.partition("Exit status:")[2].partition("\n\n")[0]
    for status in Status:
        assert re.search(rf"\b{int(status)}\b", told), status
