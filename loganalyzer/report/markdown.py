"""The report as GitHub's and GitLab's Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from loganalyzer.report import ticket
from loganalyzer.report.content import Report, Step, Table
from loganalyzer.report.escape import clean, for_markdown
from loganalyzer.report.terminal import table_of

MOST_CHARACTERS: Final = 65_536
"""What GitHub takes as the body of an issue or comment; GitLab takes a mebibyte."""

_PADDING: Final = re.compile(r" +(?=\|)|(?<=\|---)-+(?=\|)")


def render(report: Report, most: int | None = MOST_CHARACTERS) -> str:
    """The report, ending in a line feed, of at most `most` characters; None: however long it gets."""
    return ticket.render(report, _Markdown(), most)


class _Markdown:
    def paragraph(self, text: str, *, strong: str = "") -> str:
        return (_strong(strong) if strong else "") + for_markdown(text)

    def heading(self, level: int, text: str) -> str:
        return f"{'#' * level} {for_markdown(text)}"

    def bullets(self, texts: Sequence[str]) -> str:
        return "\n".join(f"- {_code(t) if t.startswith('kubectl ') else for_markdown(t)}" for t in texts)

    def table(self, table: Table) -> str:
        rows = [[for_markdown(cell) for cell in row] for row in table.rows]
        # tabulate makes columns as wide as their widest cell, which costs more characters than the cells.
        return _PADDING.sub(lambda m: " " if m[0][0] == " " else "", table_of(rows, table.headers, "github"))

    def folded(self, title: str, body: str) -> str:
        return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"

    def verbatim(self, lines: Sequence[str], language: str = "") -> str:
        body = "\n".join(map(clean, lines))
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", body)), default=0))
        return f"{fence}{language}\n{body}\n{fence}"

    def steps(self, steps: Sequence[Step]) -> str:
        blocks: list[str] = []
        indent = ""
        for step in steps:
            if step.number:
                indent = " " * len(f"{step.number}. ")
                blocks.append(f"{step.number}. {for_markdown(step.text)}")
            elif step.command:
                blocks.append("\n".join(indent + line for line in self.verbatim([step.text], "sh").split("\n")))
            else:
                blocks.append(for_markdown(step.text))
                indent = ""
        return "\n\n".join(blocks)


def _strong(text: str) -> str:
    """White space at its end, of any script, stays outside, as `**x **` is not strong."""
    inner = text.rstrip()
    return f"**{for_markdown(inner)}**{clean(text[len(inner) :])}"


def _code(text: str) -> str:
    """Text of ours as code."""
    return f"`{clean(text)}`" if "`" not in text else for_markdown(text)
