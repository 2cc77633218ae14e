"""The pages on postmortems and tables: what commands print, the plot, every column."""

import os
import re
import shlex

from loganalyzer import frames
from loganalyzer.history.spans import ENDS, REMOVALS, WAIT_ENDS
from loganalyzer.report.plot import plot
from loganalyzer.tables.columns import DTYPES
from loganalyzer.tables.schema import CLUSTER, TABLES
from tests.cli.command import loganalyzer
from tests.samples import FIXTURES, ROOT

PAGE = ROOT / "docs" / "postmortem.md"
PICTURE = ROOT / "docs" / "postmortem.svg"
COLUMNS = ROOT / "docs" / "tables.md"
INCIDENT = FIXTURES / "history" / "random-102-v0.14.8.log"
WORDS = {
    "Why an allocation ended (`allocations.why`)": ENDS,
    "Why a wait ended (`waits.why`)": WAIT_ENDS,
    "What made room (`waits.removal`)": REMOVALS,
}
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))
OUTPUT = re.compile(r"(?<=<!-- printed -->\n).*?(?=<!-- end -->)", re.DOTALL)
COMMAND = re.compile(r"```sh\nloganalyzer ([^\n#]+)\n```\n\n<!-- printed -->")


def test_the_command_prints_what_the_page_shows() -> None:
    """The figures on the page are those that its command prints."""
    text = PAGE.read_text(encoding="utf-8")
    command, shown = COMMAND.search(text), OUTPUT.search(text)
    assert command is not None
    assert shown is not None
    printed = loganalyzer(*shlex.split(command[1]), cwd=ROOT).stdout.decode()
    printed = re.sub(r"^## ", "### ", "\n" + printed, flags=re.MULTILINE)
    if UPDATE:
        PAGE.write_text(text[: shown.start()] + printed + text[shown.end() :], encoding="utf-8")
    else:
        assert shown[0] == printed


def test_the_plot_is_the_one_on_the_page() -> None:
    """The picture beside the page is what the log gives."""
    picture = plot(frames([INCIDENT]))
    if UPDATE:
        PICTURE.write_text(picture, encoding="utf-8")
    assert PICTURE.read_text(encoding="utf-8") == picture


def page_of_columns() -> str:
    """The page that lists tables and columns, from the schema."""
    lines = [
        "# Tables",
        "",
        "Of `loganalyzer.frames` and `loganalyzer events --table`. Whole numbers, texts and times may be missing.",
        "Lines count from 1 in their input. Where inputs are of several clusters, each table begins with `cluster`",
        f"(`{DTYPES[CLUSTER.kind]}`).",
    ]
    for table in TABLES.values():
        lines += [
            "",
            f"## {table.name}",
            "",
            f"A row is {table.row}.",
            "",
            "| column | dtype | what |",
            "| --- | --- | --- |",
        ]
        lines += [f"| {c.name} | {DTYPES[c.kind]} | {c.says} |" for c in table.columns]
    for title, words in WORDS.items():
        lines += ["", f"## {title}", "", *(f"- `{word}`: {says}" for word, says in words.items())]
    return "\n".join([*lines, ""])


def test_every_column_is_on_the_page_of_tables() -> None:
    """The page lists every table and column with its dtype."""
    if UPDATE:
        COLUMNS.write_text(page_of_columns(), encoding="utf-8")
    assert COLUMNS.read_text(encoding="utf-8") == page_of_columns()
