"""Whole timelines and tables of real logs, compared with the files in fixtures/histories.

`UPDATE_GOLDEN=1` writes them anew.
"""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from loganalyzer.chronology import state_tables, timeline
from loganalyzer.history.difference import differences
from loganalyzer.history.entries import Focus
from loganalyzer.history.story import Told
from loganalyzer.history.table import ControllerTables
from loganalyzer.history.wanted import parse_wanted
from loganalyzer.metallb.addresses import parse_address
from loganalyzer.report import state_forms, state_text, timeline_forms, timeline_text
from loganalyzer.report.terminal import columns
from loganalyzer.version import __version__
from tests.golden.test_reports import assert_golden
from tests.samples import FIXTURES, ROOT, RULES

HISTORIES = FIXTURES / "histories"
SHARING = [RULES / "MLB104/positive-0.14.8-local_different_selectors.log"]
KILLED = [RULES / "MLB404/positive-0.14.8-restart_reshuffles-killed-derived.log"]
EXHAUSTED = [RULES / "MLB201/positive-0.14.8-exhausted.log"]
REFUSED = [RULES / "MLB401/positive-0.13.12-bad_configuration.log"]
SPEAKERS = sorted((FIXTURES / "speakers" / "0.13.12-seed_article").glob("*.log"))
FLAPPING = [RULES / "MLB508/positive-0.14.8-speakers-bgp_down-node-1.log"]

STORIES: dict[str, tuple[list[Path], Focus]] = {
    "timeline-0.14.8-killed": (KILLED, Focus()),
    "timeline-0.13.12-refused-configuration": (REFUSED, Focus()),
    "timeline-0.12.1-info": ([FIXTURES / "controllers" / "random-201-v0.12.1-info.log"], Focus()),
    "timeline-0.13.12-speakers": (SPEAKERS, Focus()),
    "timeline-service-0.14.8": (SHARING, Focus(services=frozenset({"git-ssh"}))),
    "timeline-service-0.13.12-speakers": (SPEAKERS, Focus(services=frozenset({"default/ingress"}))),
    "timeline-address-0.14.8": (EXHAUSTED, Focus(addresses=frozenset({parse_address("192.168.10.200")}))),
    "timeline-pool-0.14.8": (EXHAUSTED, Focus(pools=frozenset({"production"}))),
    "timeline-node-0.14.8": (FLAPPING, Focus(nodes=frozenset({"node-1"}))),
    "timeline-nobody": (SHARING, Focus(services=frozenset({"default/nobody"}))),
}
MOMENTS: dict[str, tuple[list[Path], tuple[str, ...]]] = {
    "state-0.14.8": (SHARING, ("end",)),
    "state-0.14.8-line": (EXHAUSTED, ("70",)),
    "state-0.13.12-refused-configuration": (REFUSED, ("end",)),
    "state-0.12.1-info": ([FIXTURES / "controllers" / "random-201-v0.12.1-info.log"], ("end",)),
    "state-before-the-log": (SHARING, ("2001-01-01",)),
    "state-0.15.3-families": ([FIXTURES / "controllers" / "families-v0.15.3.log"], ("end",)),
    "state-diff-0.14.8": (KILLED, ("60", "end")),
}


@cache
def told(name: str) -> Told:
    """The story of logs by their names under the project."""
    paths, focus = STORIES[name]
    return timeline([str(p.relative_to(ROOT)) for p in paths], focus)


@cache
def tables(name: str) -> list[ControllerTables]:
    """The tables of logs by their names under the project."""
    paths, moments = MOMENTS[name]
    return state_tables([str(p.relative_to(ROOT)) for p in paths], [parse_wanted(m) for m in moments])


def _story(form: str, name: str) -> bytes:
    found = told(name)
    forms: dict[str, Callable[[], bytes]] = {
        "json": lambda: timeline_forms.document(found),
        "csv": lambda: b"".join(timeline_forms.csv_document(found)),
        "md": lambda: timeline_text.as_markdown(found).encode(),
        "80.txt": lambda: timeline_text.as_text(found, 80).encode(),
        "120.txt": lambda: timeline_text.as_text(found, 120).encode(),
    }
    return forms[form]()


def _state(form: str, name: str) -> bytes:
    found, asked = tables(name), MOMENTS[name][1]
    if len(asked) > 1:
        compared = [(c, differences(a, b)) for c in found for a, b in [c.tables] if a and b]
        sections = state_text.diff_sections(compared)
        document, csv = state_forms.diff_document(asked, compared), state_forms.diff_csv(compared)
    else:
        sections = state_text.state_sections(found)
        document, csv = state_forms.document(asked[0], found), state_forms.csv_document(found)
    forms: dict[str, Callable[[], bytes]] = {
        "json": lambda: document,
        "csv": lambda: b"".join(csv),
        "md": lambda: state_text.as_markdown(sections).encode(),
        "80.txt": lambda: state_text.as_text(sections, 80).encode(),
        "120.txt": lambda: state_text.as_text(sections, 120).encode(),
    }
    return forms[form]()


FORMS = ["json", "csv", "md", "80.txt", "120.txt"]
every_form = pytest.mark.parametrize("form", FORMS)


@every_form
@pytest.mark.parametrize("name", [*STORIES, *MOMENTS])
def test_report(name: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole report is the golden one, in each form; the tool's version is left out."""
    monkeypatch.chdir(ROOT)
    found = _story(form, name) if name in STORIES else _state(form, name)
    assert_golden(
        HISTORIES / f"{name}.{form}", found.replace(f'"version": "{__version__}"'.encode(), b'"version": "0"')
    )


@pytest.mark.parametrize("name", [*STORIES, *MOMENTS])
def test_text_keeps_to_the_width(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is wider than the terminal."""
    monkeypatch.chdir(ROOT)
    for width in (80, 120):
        text = (_story if name in STORIES else _state)(f"{width}.txt", name).decode()
        assert [line for line in text.splitlines() if columns(line) > width] == []


@pytest.mark.skipif("UPDATE_GOLDEN" in os.environ, reason="the files are being written")
def test_every_golden_file_is_compared() -> None:
    """No file is left over from a report that is no more."""
    expected = {f"{name}.{form}" for name in (*STORIES, *MOMENTS) for form in FORMS}
    assert {path.name for path in HISTORIES.iterdir()} == expected
