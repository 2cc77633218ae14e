"""Every log that the tests have, and its history."""

from functools import cache
from pathlib import Path

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.history.spans import History
from loganalyzer.pipeline import history
from tests.samples import FIXTURES, ROOT, distinct_logs

CORPUS = ROOT.parent / "shared" / "corpus"
"""More logs of the same kind, where they are at hand."""


def controllers() -> list[Path]:
    """One of each set of equal logs of controllers under fixtures/ and in the corpus."""
    ours = [FIXTURES / "article-0.14.8.log", *FIXTURES.glob("controllers/*.log"), *FIXTURES.glob("history/*.log")]
    more = [*ours, *CORPUS.rglob("controller.log")]
    found = {path.read_bytes(): path for path in (*more, *distinct_logs())}
    return sorted(found.values())


def label(path: Path) -> str:
    """A test's id: the last two parts of the path."""
    return f"{path.parent.name}/{path.stem}"


@cache
def history_of(path: Path) -> tuple[Diagnosis, History]:
    """The diagnosis and the history of a log, made once."""
    return history([path])
