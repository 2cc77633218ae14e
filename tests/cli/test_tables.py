"""`events --table` and `stats`: forms, clusters, what is refused."""

import csv
import io
import json
from pathlib import Path

import pytest

from loganalyzer.tables.schema import TABLES
from loganalyzer.tables.stats import FIGURES
from tests.cli.command import ENDED, OLD, SHARING, Result, loganalyzer
from tests.parser.lines import v12
from tests.samples import FIXTURES


def rows_of(result: Result) -> list[dict[str, str]]:
    """The rows of CSV on standard output."""
    assert result.returncode == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout.decode())))


def test_a_table_has_every_form() -> None:
    """CSV has the columns of the schema, and JSON lines have the same rows; the table has a row for each."""
    written = rows_of(loganalyzer("events", "--table", "waits", "--format", "csv", ENDED))
    objects = loganalyzer("events", "--table", "waits", "--format", "jsonl", ENDED).stdout.splitlines()
    shown = loganalyzer("events", "--table", "waits", ENDED).stdout.splitlines()
    assert len(written) == len(objects) == len(shown) - 1 == 2
    for row, text in zip(written, objects, strict=True):
        assert tuple(row) == tuple(json.loads(text)) == TABLES["waits"].names


def test_the_table_of_events_is_what_events_prints() -> None:
    """With or without `--table events` the CSV is the same."""
    plain = loganalyzer("events", "--format", "csv", SHARING).stdout
    assert loganalyzer("events", "--table", "events", "--format", "csv", SHARING).stdout == plain


def test_a_spreadsheet_works_nothing_out() -> None:
    """Text from a log that begins like a formula is text in a spreadsheet."""
    log = v12(op="allocateIPs", error='=HYPERLINK("http://x.example")', msg="IP allocation failed")
    (row,) = rows_of(loganalyzer("events", "--table", "attempts", "--format", "csv", stdin=log))
    assert row["error"].startswith("'=")
    (row,) = rows_of(loganalyzer("events", "--table", "waits", "--format", "csv", stdin=log))
    assert row["error"].startswith("'=")


def test_clusters_by_name_and_by_folder(tmp_path: Path) -> None:
    """`--cluster` and `--cluster-each` tell the same clusters apart."""
    for name, log in (("north", ENDED), ("south", OLD)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "controller.log").write_bytes(log.read_bytes())
    each = loganalyzer("stats", "--format", "csv", "--cluster-each", tmp_path)
    named = [x for name in ("north", "south") for x in ("--cluster", f"{name}={tmp_path / name}")]
    assert each.returncode == 0
    assert loganalyzer("stats", "--format", "csv", *named, "--jobs", "1").stdout == each.stdout
    attempts = rows_of(loganalyzer("events", "--table", "attempts", "--format", "csv", *named))
    assert {row["cluster"] for row in attempts} == {"north", "south"}


WRONG = [
    pytest.param(("events", "--table", "pods", SHARING), b"no table 'pods'; choose one of events", id="table"),
    pytest.param(("stats", "--table", "pods", SHARING), b"'pods' is not known; choose one of overview", id="figure"),
    pytest.param(("stats", "--table", "all_rules", SHARING), b"of several clusters together", id="one cluster"),
    pytest.param(("stats", "--format", "xml", SHARING), b"choose one of text, json, markdown, csv", id="format"),
    pytest.param(("stats", "--cluster", "north", SHARING), b"is not NAME=PATH", id="cluster without a path"),
    pytest.param(("stats", "--cluster", f"a={OLD}", SHARING), b"is of no cluster", id="input beside clusters"),
    pytest.param(("stats", "--cluster-each", "nowhere"), b"can't be listed", id="no such folder"),
    pytest.param(("stats", "--tz", "Mars", SHARING), b"is no time zone", id="zone"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_wrong_use(arguments: tuple[object, ...], said: bytes) -> None:
    """One line on standard error, nothing on standard output, status 2."""
    result = loganalyzer(*arguments)
    assert (result.returncode, result.stdout) == (2, b"")
    assert said in result.stderr
    assert result.stderr.count(b"\n") == 1


@pytest.mark.parametrize("command", [("stats",), ("events", "--table", "waits")])
def test_what_is_no_log(command: tuple[str, ...]) -> None:
    """An input without a MetalLB line ends with status 3 and one line."""
    result = loganalyzer(*command, stdin=b"no log\n" * 5)
    assert result.returncode == 3
    assert result.stderr.count(b"\n") == 1
    assert b"Traceback" not in result.stderr


def test_a_cluster_that_cannot_be_read_leaves_the_others() -> None:
    """The figures are of what could be read; status 3 and a line tell of the rest."""
    result = loganalyzer("stats", "--cluster", f"a={ENDED}", "--cluster", "b=nowhere.log", "--format", "json")
    assert result.returncode == 3
    assert b"nowhere.log: there is no such file" in result.stderr
    assert [r["rule"] for r in json.loads(result.stdout)["figures"]["by_rule"]] == ["MLB201"]


def test_figures_in_every_form(tmp_path: Path) -> None:
    """Markdown, CSV, JSON and text have the same figures; a file's suffix names the form."""
    document = json.loads(loganalyzer("stats", "--format", "json", ENDED).stdout)
    assert document["schema"] == "loganalyzer/stats/1"
    assert list(document["figures"]) == [name for name in FIGURES if not name.startswith("all_")]
    (rule,) = document["figures"]["by_rule"]
    assert (rule["rule"], rule["seconds"]) == ("MLB201", 325.0)
    assert rows_of(loganalyzer("stats", "--table", "by_rule", "--format", "csv", ENDED))[0]["seconds"] == "325.0"
    assert loganalyzer("stats", "--output", tmp_path / "review.md", ENDED).stdout == b""
    assert "| MLB201 | 2 | 2 | 0 | 3 | 5 min 25 s |" in (tmp_path / "review.md").read_text()
    text = loganalyzer("stats", ENDED).stdout.decode()
    assert [f.title for n, f in FIGURES.items() if document["figures"].get(n) and f.title not in text] == []


def test_markdown_says_names_as_they_are() -> None:
    """What a log says can't become markup in a review."""
    log = v12(op="allocateIPs", error='unknown pool "x"', msg="IP allocation failed")
    log = log.replace(b"team-a/web", b"team-a/<script>|_web_")
    shown = loganalyzer("stats", "--table", "by_service", "--format", "markdown", stdin=log).stdout.decode()
    assert r"team-a/\<script\>\|\_web\_" in shown


@pytest.mark.parametrize("columns", [80, 100])
@pytest.mark.parametrize(
    "path", [ENDED, OLD, SHARING, FIXTURES / "history/random-102-v0.14.8.log"], ids=lambda p: p.name
)
def test_figures_keep_to_the_width(path: Path, columns: int) -> None:
    """Lines stay within the terminal."""
    text = loganalyzer("stats", path, env={"COLUMNS": str(columns)}).stdout.decode()
    assert [line for line in text.splitlines() if len(line) > columns] == []


def test_figures_in_a_pipe_have_every_column() -> None:
    """What says least is left out on a narrow terminal, and told; without a terminal nothing is."""
    path = FIXTURES / "history/random-102-v0.14.8.log"
    narrow = loganalyzer("stats", path, env={"COLUMNS": "80"}).stdout.decode()
    assert "Not shown: p95, median; a wider terminal has them." in narrow
    text = loganalyzer("stats", path, env={"COLUMNS": "0"}).stdout.decode()
    assert "p95" in text
    assert "removed ts" in text
    assert "Not shown" not in text
