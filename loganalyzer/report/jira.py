"""The report as Jira's wiki markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from loganalyzer.report import ticket
from loganalyzer.report.content import Report, Step, Table
from loganalyzer.report.escape import clean, for_jira
from loganalyzer.report.terminal import table_of

MOST_CHARACTERS: Final = 30_000
"""Jira takes 32,767 unless its administrator set another limit; a few more are left for words around the report."""


def render(report: Report, most: int | None = MOST_CHARACTERS) -> str:
    """The report, ending in a line feed, of at most `most` characters; None: however long it gets."""
    return ticket.render(report, _Jira(), most)


class _Jira:
    def paragraph(self, text: str, *, strong: str = "") -> str:
        return (_strong(strong) if strong else "") + for_jira(text)

    def heading(self, level: int, text: str) -> str:
        return f"h{level}. {for_jira(text)}"

    def bullets(self, texts: Sequence[str]) -> str:
        return "\n".join(f"* {for_jira(text)}" for text in texts)

    def table(self, table: Table) -> str:
        rows = [[for_jira(cell) or " " for cell in row] for row in table.rows]
        lines = table_of(rows, table.headers, "jira").split("\n")
        # tabulate makes columns as wide as their widest cell, which costs more characters than the cells.
        return "\n".join(" ".join(line.split()) for line in lines)

    def folded(self, title: str, body: str) -> str:
        return f"{self.heading(4, title)}\n\n{body}"

    def verbatim(self, lines: Sequence[str], language: str = "") -> str:  # noqa: ARG002 - Jira has no shell's
        body = "\n".join(map(clean, lines))
        # Nothing can be escaped within the macro: the brace becomes what JSON calls it.
        return "{noformat}\n" + body.replace("{noformat", "\\u007bnoformat") + "\n{noformat}"

    def steps(self, steps: Sequence[Step]) -> str:
        blocks = []
        for step in steps:
            number = f"{step.number}. " if step.number else ""
            blocks.append(self.verbatim([step.text]) if step.command else number + for_jira(step.text))
        return "\n\n".join(blocks)


def _strong(text: str) -> str:
    """Spaces at its end stay outside, as `*x *` is not strong."""
    inner = text.rstrip(" ")
    return f"*{for_jira(inner)}*{text[len(inner) :]}"
