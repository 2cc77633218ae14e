"""The plot of a review as SVG: how full each pool was, and who waited meanwhile. Without a plotting library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from msgspec import Struct

from loganalyzer.report.escape import clean
from loganalyzer.report.tables import rfc3339
from loganalyzer.tables.times import NO_TIME

if TYPE_CHECKING:
    from pandas import DataFrame

    from loganalyzer.tables.frames import Frames

WIDTH: Final = 760
LEFT: Final = 200
PANEL: Final = 70
LANE: Final = 14
MOST_LANES: Final = 40
"""Services that waited and are shown; those that waited longest."""

_STYLE: Final = (
    "text{font:11px sans-serif;fill:#333}.used{fill:none;stroke:#1f77b4;stroke-width:1.5}"
    ".size{stroke:#999;stroke-dasharray:4 3;fill:none}.wait{fill:#d62728}.axis{stroke:#ccc}"
)


class _Scale(Struct, frozen=True):
    """From nanoseconds to columns of the picture."""

    first: int
    last: int

    def x(self, at: int) -> float:
        """Where a time stands."""
        return round(LEFT + (WIDTH - LEFT - 10) * (at - self.first) / max(1, self.last - self.first), 1)


def plot(frames: Frames) -> str:
    """The picture: a panel for each pool and family, below them a bar for each service that waited.

    Of several clusters each has panels and bars of its own. Rows whose time is not known are left out.
    """
    use, waits = frames.pool_use.dropna(subset=["ts"]), frames.waits.dropna(subset=["since_ts", "until_ts"])
    times = [
        t for column in (use["ts"], waits["since_ts"], waits["until_ts"], frames.inputs["last_ts"]) for t in _ns(column)
    ]
    scale = _Scale(min(times, default=0), max(times, default=0))
    body: list[str] = []
    y = 10
    for pool, rows in use.groupby([*frames.key, "pool", "family"], observed=True, sort=True):
        body += _panel(" ".join(map(str, pool)), rows, scale, y)
        y += PANEL
    for service, rows in _longest(waits, [*frames.key, "service"]):
        body += _lane(service, rows, scale, y)
        y += LANE
    body += _axis(scale, y)
    height = y + 24
    begin = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
    return "\n".join([begin, f"<style>{_STYLE}</style>", *body, "</svg>", ""])


def _ns(column: object) -> list[int]:
    return [int(t) for t in column.astype("int64") if int(t) != NO_TIME]  # type: ignore[attr-defined]


def _panel(name: str, rows: DataFrame, scale: _Scale, top: int) -> Iterator[str]:
    """One pool: the addresses in use as steps, its size dashed."""
    highest = max(1.0, float(rows["size"].max()), float(rows["used"].max()))
    at = [scale.x(t) for t in _ns(rows["ts"])]
    low, high = top + PANEL - 16, top + 6

    def level(value: float) -> float:
        return round(low - (low - high) * value / highest, 1)

    yield _label(name, top + PANEL / 2)
    yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - 10}" y1="{low}" y2="{low}"/>'
    yield _steps("size", at, [level(v) for v in rows["size"]])
    yield _steps("used", at, [level(v) for v in rows["used"]])
    yield f'<text x="{LEFT - 6}" y="{high + 4}" text-anchor="end">{highest:.10g}</text>'


def _steps(kind: str, at: Sequence[float], levels: Sequence[float]) -> str:
    path = f"M{at[0]},{levels[0]}" + "".join(f"H{x}V{y}" for x, y in zip(at[1:], levels[1:], strict=True))
    return f'<path class="{kind}" d="{path}H{WIDTH - 10}"/>'


def _longest(waits: DataFrame, key: list[str]) -> Iterator[tuple[str, DataFrame]]:
    """The services that waited longest, in the order in which they began to wait."""
    groups = waits.groupby(key, observed=True, sort=False)
    longest = groups["seconds"].sum().nlargest(MOST_LANES).index
    for name, rows in groups:
        if (name if len(key) > 1 else name[0]) in longest:
            yield " ".join(map(str, name)), rows


def _lane(name: str, rows: DataFrame, scale: _Scale, top: int) -> Iterator[str]:
    yield _label(name, top + LANE - 3)
    for since, until in zip(_ns(rows["since_ts"]), _ns(rows["until_ts"]), strict=True):
        begin = scale.x(since)
        width = max(1.0, round(scale.x(until) - begin, 1))
        yield f'<rect class="wait" x="{begin}" y="{top + 3}" width="{width}" height="{LANE - 6}"/>'


def _label(text: str, y: float) -> str:
    shown = clean(text)
    return f'<text x="4" y="{y}">{escape(shown if len(shown) <= 30 else shown[:29] + "…")}</text>'


def _axis(scale: _Scale, y: int) -> Iterator[str]:
    for at, anchor in ((scale.first, "start"), (scale.last, "end")):
        yield f'<text x="{scale.x(at)}" y="{y + 14}" text-anchor="{anchor}">{rfc3339(at)}</text>'
