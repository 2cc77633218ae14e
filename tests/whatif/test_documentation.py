"""The page on changes says what is so."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from tests.samples import ROOT

PAGE = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")


def test_the_library_example_prints_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run from the project's folder."""
    monkeypatch.chdir(Path(ROOT))
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    [printed] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "docs/check.md", "exec"), {})  # noqa: S102 - the page's own example
    assert out.getvalue() == printed
