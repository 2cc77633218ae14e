"""Redacted logs are explained as the logs are: the model's answers don't depend on names and networks."""

from pathlib import Path

import pytest

from tests.redaction.comparing import both_ways
from tests.samples import FIXTURES, ROOT, distinct_logs, label
from tests.sources.forms import WRAPPINGS

CORPUS = ROOT.parent / "shared" / "corpus"
WHOLE = sorted(p for p in CORPUS.glob("*-v*") if p.is_dir()) if CORPUS.is_dir() else []
FOLDERS = [*sorted((FIXTURES / "objects").glob("*-v*")), *sorted((FIXTURES / "speakers").glob("*"))]


@pytest.mark.parametrize("path", distinct_logs(), ids=label)
def test_a_redacted_log_has_the_redacted_diagnosis(path: Path) -> None:
    """`diagnose(redact(x))` is `redact(diagnose(x))` for each rule's real logs."""
    first, second = both_ways([path])
    assert second == first


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda p: p.name)
def test_redacted_objects_and_speakers_say_the_same(folder: Path) -> None:
    """So it is with several inputs at once: speakers beside their controller, objects beside a log."""
    log = FIXTURES / "controllers" / f"{folder.name}.log"
    inputs = [*([log] if log.exists() else []), *sorted(p for p in folder.iterdir() if p.name != "attempts.json")]
    first, second = both_ways(inputs)
    assert second == first


@pytest.mark.parametrize("folder", WHOLE, ids=lambda p: p.name)
def test_the_whole_corpus_says_the_same(folder: Path) -> None:
    """So it is with every sample of the corpus, where there is one: its logs alone, and with its objects."""
    logs = sorted(folder.glob("*.log"))
    objects = sorted(p for p in folder.glob("*.json") if p.name not in ("truth.json", "outcome.json"))
    for inputs in (logs, [*logs, *objects]):
        first, second = both_ways(inputs)
        assert second == first


# A file's first bytes may be too few to show that its newest line is first; a redacted one shows it by more.
FORMS = sorted(form for form in WRAPPINGS if not form.endswith("newest-first"))


@pytest.mark.parametrize("form", FORMS)
def test_wrapped_logs_say_the_same(form: str) -> None:
    """So it is whatever a log is wrapped in: line numbers, pods and times included."""
    log = (FIXTURES / "article-0.14.8.log").read_bytes()
    first, second = both_ways([WRAPPINGS[form](log)])
    assert second == first
