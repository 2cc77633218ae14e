"""The page: a template with everything escaped, a style sheet that is named by its hash, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from loganalyzer.correlator.announcements.found import NOTHING, Announcements
from loganalyzer.report.budget import size
from loganalyzer.report.content import Counted, Line, Report
from loganalyzer.report.escape import clean

if TYPE_CHECKING:
    from loganalyzer.history.spans import History
    from loganalyzer.report.html.pools import PoolPlots
    from loganalyzer.report.html.services import Timeline

OPEN: Final = 12
"""Entries that are open when the page is; of more only the titles show until somebody opens them.

So many services, too, that speakers' logs tell alike.
"""


LONG: Final = 31


class Plots(Struct, frozen=True):
    """The drawings, None where there is nothing to draw, and the figures."""

    timeline: Timeline | None = None
    pools: PoolPlots | None = None
    figures: tuple[Counted, ...] = ()


def render(
    report: Report,
    most: int | None = None,
    history: History | None = None,
    announced: Announcements = NOTHING,
    figures: tuple[Counted, ...] = (),
) -> str:
    """The page, of at most `most` characters; `history` and `announced` are what its drawings show."""
    plots = structs.replace((_plots(history, announced) if history is not None else Plots()), figures=figures)
    template = _template()
    whole: str = template(report, plots, ())
    if most is None or size(whole) <= most:
        return whole
    return _shorter(report, template, most)


def _plots(history: History, announced: Announcements) -> Plots:
    from loganalyzer.report.html.axis import axis_of
    from loganalyzer.report.html.pools import pool_plots
    from loganalyzer.report.html.services import timeline

    intervals = [
        *((s.since, s.until) for s in history.spans),
        *((w.since, w.until) for w in history.waits),
        *((e.first, e.until) for e in announced.episodes),
    ]
    moments = [*(u.at for u in history.pool_use), *(m.at for m in history.marks)]
    axis = axis_of([*moments, *(place for interval in intervals for place in interval)])
    return Plots(timeline(history, announced, axis), pool_plots(history, axis)) if axis is not None else Plots()


@cache
def _template() -> Callable[[Report, Plots, Sequence[str]], str]:
    # Only who asks for HTML pays for the template engine.
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("loganalyzer.report.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
    )
    environment.tests["long"] = _is_long
    style = resources.files(__package__).joinpath("templates/style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    template = environment.get_template("report.html")

    def rendered(report: Report, plots: Plots, missing: Sequence[str]) -> str:
        return template.render(
            report=report,
            plots=plots,
            missing=missing,
            anchors=_anchors(report),
            open=OPEN,
            told=[(services, list(same)) for services, same in groupby(report.announced, key=lambda t: t.services)],
            style=Markup(style),  # noqa: S704 - our own file
            digest=digest,
        )

    return rendered


def _cleaned(value: object) -> object:
    """What a template shows: texts of a log without anything that could turn the line around or hide in it."""
    return clean(value) if type(value) is str else value


def _is_long(cell: str) -> bool:
    """Whether a table on paper must cut a word of the cell to fit: in others addresses and names stay whole."""
    return any(len(word) > LONG for word in re.split(r"[\s-]", cell))


def _anchors(report: Report) -> dict[Line, str]:
    """The id of each quoted line."""
    return {quote.line: f"line-{i}" for i, quote in enumerate(report.quotes, 1)}


# What is left out where the page must be short, the least important first.


def _shorter(report: Report, template: Callable[[Report, Plots, Sequence[str]], str], most: int) -> str:
    """The page without its drawings, then without ever more of its lists, then of its entries."""
    steps: list[tuple[str, dict[str, Any]]] = [
        ("the drawings and figures", {}),
        ("the quoted lines", {"quotes": ()}),
        ("what failed before", {"past": ()}),
        ("who holds what", {"holdings": None}),
        ("what else was noticed", {"advice": ()}),
        ("the announcements", {"announced": ()}),
    ]
    missing: list[str] = []
    for what, change in steps:
        if all(getattr(report, name) == value for name, value in change.items()) and change:
            continue
        report, missing = structs.replace(report, **change), [*missing, what]
        page = template(report, Plots(), missing)
        if size(page) <= most:
            return page
    fewest, enough = 0, len(report.entries)
    page = template(*_without(report, missing, fewest))
    while enough - fewest > 1:
        middle = (fewest + enough) // 2
        tried = template(*_without(report, missing, middle))
        if size(tried) <= most:
            fewest, page = middle, tried
        else:
            enough = middle
    return page


def _without(report: Report, missing: list[str], kept: int) -> tuple[Report, Plots, list[str]]:
    left = len(report.entries) - kept
    what = f"{left:,} cause{'' if left == 1 else 's'}"
    return structs.replace(report, entries=report.entries[:kept]), Plots(), [*missing, what]
