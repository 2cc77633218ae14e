"""The drawing of each pool's use over time."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from loganalyzer.history.spans import History, PoolUse
from loganalyzer.report.html.axis import Axis, Tick, written
from loganalyzer.report.terminal import plural

HEIGHT: Final = 96
MOST_POOLS: Final = 20

_TOP: Final = 8
_BOTTOM: Final = 76


class PoolPlot(Struct, frozen=True):
    """One family of one pool. `area` and `line` are paths: what is in use, and how many addresses there are.

    `top` is the value at the upper edge; `line` is empty where the pool is so much larger that it would lie above.
    `peak` and `last` are what was in use at most and at the end of `size`.
    """

    name: str
    width: int
    height: int
    area: str
    line: str
    ticks: tuple[Tick, ...]
    top: int
    size: int
    peak: int
    peak_at: str
    last: int


class PoolPlots(Struct, frozen=True):
    """The drawings, those of the fullest pools first; `left` says which are not drawn."""

    plots: tuple[PoolPlot, ...]
    left: str


def pool_plots(history: History, axis: Axis) -> PoolPlots | None:
    """Each pool's use over time; None where the log shows no pool."""
    found: dict[tuple[int, str, str], list[PoolUse]] = {}
    for use in history.pool_use:
        found.setdefault((use.history, use.pool, use.family), []).append(use)
    names = sorted(found, key=lambda key: (-_fullest(found[key]), key))
    families = {(number, pool): sum(k[:2] == (number, pool) for k in found) for number, pool, _ in found}
    plots = [_plot(_title(key, families[key[:2]]), found[key], axis) for key in names[:MOST_POOLS]]
    left = len(names) - MOST_POOLS
    return PoolPlots(tuple(plots), f"{plural(left, 'emptier pool')} not drawn" if left > 0 else "") if plots else None


def _fullest(uses: list[PoolUse]) -> float:
    return max((use.used / use.size for use in uses if use.size), default=0.0)


def _title(key: tuple[int, str, str], families: int) -> str:
    number, pool, family = key
    controller = f" (controller {number + 1})" if number else ""
    return pool + (f", {family}" if families > 1 else "") + controller


def _plot(name: str, uses: list[PoolUse], axis: Axis) -> PoolPlot:
    peak = max(uses, key=lambda use: use.used)
    size = max(use.size for use in uses)
    # A pool of a whole network would show its use as nothing.
    top = max(size if size <= 4 * peak.used or size <= 16 else peak.used * 2, 1)
    used, sizes = _steps([(u, u.used) for u in uses], axis, top), _steps([(u, u.size) for u in uses], axis, top)
    return PoolPlot(
        name=name,
        width=axis.width,
        height=HEIGHT,
        area=_area(used),
        line=_path(sizes) if size <= top else "",
        ticks=tuple(axis.ticks()),
        top=top,
        size=uses[-1].size,
        peak=peak.used,
        peak_at=written(peak.at),
        last=uses[-1].used,
    )


def _area(corners: list[tuple[float, float]]) -> str:
    if not corners:
        return ""
    return f"{_path(corners)} L{corners[-1][0]:g},{_BOTTOM} L{corners[0][0]:g},{_BOTTOM} Z"


def _path(corners: list[tuple[float, float]]) -> str:
    return " ".join(f"{'L' if i else 'M'}{x:g},{y:g}" for i, (x, y) in enumerate(corners))


def _steps(values: list[tuple[PoolUse, int]], axis: Axis, top: int) -> list[tuple[float, float]]:
    """Corners of a line that stays at a value until the next one, whole columns apart."""
    in_column: dict[int, list[float]] = {}
    for use, value in values:
        x = axis.x(use.at)
        if x is not None:
            in_column.setdefault(round(x), []).append(round(_BOTTOM - (_BOTTOM - _TOP) * min(value, top) / top, 1))
    corners: list[tuple[float, float]] = []
    for column, heights in sorted(in_column.items()):
        # Within a column up to the highest and on to the last, so that no peak is lost.
        before = corners[-1][1] if corners else heights[0]
        corners += [(column, y) for y in dict.fromkeys((before, min(heights), heights[-1]))]
    return [*corners, (axis.right, corners[-1][1])] if corners else []
