"""The documentation says what the program does."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

from loganalyzer.metallb.services import NEW_PREFIX, OLD_PREFIX
from loganalyzer.rules.annotations import SERVICE_ANNOTATIONS

ROOT = Path(__file__).resolve().parents[1]
WRITTEN = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
RULE_PAGES = sorted((ROOT / "docs" / "rules").glob("*.md"))
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


def commands(page: Path) -> list[str]:
    """The lines of a page, those that a backslash or a pipe continues joined."""
    return re.sub(r"\\\n\s*|(?<=\|)\n\s*", " ", page.read_text(encoding="utf-8")).splitlines()


@pytest.mark.parametrize("page", RULE_PAGES, ids=lambda page: page.stem)
def test_commands_of_a_page_can_be_copied_as_they_are_printed(page: Path) -> None:
    """A here-document ends at a line of its own, which an indented one has not."""
    assert [line for line in commands(page) if re.match(r"\s.*<<", line)] == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_a_request_is_dropped_under_both_prefixes(page: Path) -> None:
    """From 0.14.9 on the older name counts where the newer one is gone."""
    names = "|".join(SERVICE_ANNOTATIONS)
    for line in commands(page):
        for name in re.findall(rf"/({names})-(?![\w])", line) if " label " not in line else ():
            assert f"{OLD_PREFIX}{name}" in line, line
            assert f"{NEW_PREFIX}{name}" in line, line


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.stem)
def test_logs_are_asked_of_the_container(page: Path) -> None:
    """The first container of a pod may be another than MetalLB's."""
    asked = [line for line in commands(page) if re.search(r"kubectl .*\blogs\b.*(controller|speaker|\$p)", line)]
    assert [line for line in asked if not re.search(r" -c (controller|speaker)\b", line)] == []
