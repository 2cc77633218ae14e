"""What is wrong with inputs and options is told before following, or at once."""

from datetime import timedelta
from pathlib import Path

import pytest

from loganalyzer.cli.request import Request, Wanted, chooser, times
from loganalyzer.correlator.choosing import parse_when
from loganalyzer.errors import UsageError
from tests.cli.command import loganalyzer
from tests.follow.command import LONG, Following, has, lines_of
from tests.samples import FIXTURES

ARTICLE = FIXTURES / "article-0.14.8.log"
RESOLVED = FIXTURES / "rules" / "MLB201/positive-0.14.8-exhausted.log"


def test_a_missing_input_is_told_at_once(tmp_path: Path) -> None:
    """Beside a log that is followed, too; the status at the end is that of an input that could not be read."""
    with Following(tmp_path / "nothing.log", ARTICLE, terminal=True) as run:
        run.read_until(has(b"there is no such file", b"git-ssh"))
        run.interrupt()
        status, said, _ = run.rest()
    assert status == 3
    assert said.count(b"there is no such file") == 1


def test_an_input_without_a_line_of_metallb_is_an_error() -> None:
    """Ctrl-C does not make another program's log one of MetalLB."""
    with Following(terminal=True) as run:
        run.write(b"Mar  7 00:40:08 host systemd: started\n" * 50)
        run.read_until(has(b"50 lines"))
        run.interrupt()
        status, said, _ = run.rest()
    assert status == 3
    assert b"has no MetalLB line" in said


WRONG = [
    pytest.param(["--node", "n1=typo.log"], "no input 'typo.log'", id="a node of no input"),
    pytest.param(["--output", "{}/nowhere/report.json"], "can't be written", id="no folder"),
    pytest.param(["--output", "{}"], "no form", id="a folder"),
    pytest.param(["--output", "{}/folder.md"], "can't be written", id="a folder named as a file"),
    pytest.param(["--since", "30m", "--until", "1h"], "later than --until", id="an empty window"),
]


@pytest.mark.parametrize(("options", "problem"), WRONG)
def test_wrong_usage_is_refused_before_following(options: list[str], problem: str, tmp_path: Path) -> None:
    """Nothing is followed for a report that could not be written, or not be meant."""
    (tmp_path / "folder.md").mkdir()
    with Following(*(o.format(tmp_path) for o in options), ARTICLE, stdin=False) as run:
        run.process.wait(LONG)
        status, said, errors = run.rest()
    assert (status, said) == (2, b"")
    assert problem in errors.decode()


def test_an_output_is_tried_without_a_trace(tmp_path: Path) -> None:
    """Where nothing comes of it, a file that may be written is as it was, or is not there."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text("old")
    assert loganalyzer("--output", old, "--output", new, tmp_path / "nothing.log").returncode == 3
    assert [path.name for path in tmp_path.iterdir()] == ["old.json"]
    assert old.read_text() == "old"


def test_a_node_may_be_of_a_file_that_has_not_come(tmp_path: Path) -> None:
    """A folder's later file can be named before it is there; that it never came is told."""
    (tmp_path / "controller.log").write_bytes(ARTICLE.read_bytes())
    with Following("--node", f"n1={tmp_path}!speaker.log", tmp_path, stdin=False) as run:
        run.read_until(has(b"kubectl "))
        run.interrupt()
        status, said, errors = run.rest()
    assert status == 0
    assert b"speaker.log" in errors
    assert b"git-ssh" in said


def test_durations_count_from_now() -> None:
    """While following they are times before anything is read, and those of `--tz` stay what they are."""

    def meant(text: str) -> list[object]:
        asked = times(Request(inputs=("-",), follow=True, wanted=Wanted(text, text, zone="Europe/Berlin")))
        return [parse_when(found) for found in (asked.since, asked.until) if found is not None]

    assert not [found for found in meant("30m") if isinstance(found, timedelta)]
    assert meant("2024-05-04 08:00") == [parse_when("2024-05-04T06:00:00Z")] * 2


def test_a_window_counts_from_now() -> None:
    """What ended long ago is not within the last hour, wherever the last record is."""
    with Following("--format", "jsonl", "--until", "30m", "--since", "1h") as run:
        run.write(RESOLVED.read_bytes())
        run.end()
        status, said, errors = run.rest()
    assert (status, errors) == (0, b"")
    assert {f["ended"] for f in lines_of(said)} <= {None}


def test_an_empty_window_of_times_is_refused_before_reading() -> None:
    """Of two times it is known at once that they are in the wrong order."""
    with pytest.raises(UsageError, match="later than"):
        chooser(Wanted(since="2024-05-04", until="2024-05-03"))
