"""Figures for a review, computed from the frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from msgspec import Struct

from loganalyzer.tables.frames import Frames
from loganalyzer.tables.pool_figures import pools

if TYPE_CHECKING:
    from pandas import DataFrame, Series


class Figure(Struct, frozen=True):
    """One table of figures: its name, its title, what a reader must know of it, and how it is made."""

    name: str
    title: str
    says: str
    make: Callable[[Frames], DataFrame]


NEEDED: Final = (
    *("attempts", "episodes", "allocations", "waits", "first_addresses", "pool_use", "unused", "marks", "inputs"),
)
"""The tables that figures are made from."""


OVER_ALL: Final = "all_"
"""How the names of figures begin that are of several clusters together."""


def figures(frames: Frames, names: tuple[str, ...] = ()) -> dict[str, DataFrame]:
    """The figures by name; all of them, or those named. Lengths of time are seconds."""
    chosen = [f for f in FIGURES.values() if (not names or f.name in names)]
    several = len(frames.clusters) > 1
    return {f.name: f.make(frames) for f in chosen if several or not f.name.startswith(OVER_ALL)}


def _lengths(grouped: Any) -> DataFrame:  # noqa: ANN401 - a pandas GroupBy
    """Number and length of what is grouped: sum, median, 95th percentile (interpolated), longest."""
    seconds = grouped["seconds"]
    return pd.DataFrame(
        {
            "seconds": seconds.sum(),
            "median": seconds.median(),
            "p95": seconds.quantile(0.95),
            "longest": seconds.max(),
        }
    )


def _time_without(rows: DataFrame, key: list[str]) -> DataFrame:
    """Time without an address by these columns; the longest first."""
    grouped = rows.groupby(key, observed=True, sort=True, dropna=False)
    found = pd.DataFrame(
        {
            "services": rows.assign(service=_named(rows))
            .groupby(key, observed=True, sort=True, dropna=False)["service"]
            .nunique(),
            "episodes": grouped.size(),
            "unresolved": grouped["ended"].agg(lambda ended: int(ended.isna().sum())),
            "attempts": grouped["attempts"].sum(),
        }
    ).join(_lengths(grouped))
    found = found.drop(columns="services") if "service" in key else found
    return found.sort_values("seconds", ascending=False, kind="stable").reset_index()


def _named(rows: DataFrame) -> Series[str]:
    """Each row's service; those of one name in several clusters are several."""
    services = rows["service"].astype(object)
    return rows["cluster"].astype(str) + "/" + services if "cluster" in rows else services


def _by(column: str) -> Callable[[Frames], DataFrame]:
    return lambda frames: _time_without(_plain(frames, column), [*frames.key, column])


def _over_all(column: str) -> Callable[[Frames], DataFrame]:
    """The roll-up: all clusters together, and in how many of them."""

    def make(frames: Frames) -> DataFrame:
        rows = _plain(frames, column)
        found = _time_without(rows, [column])
        clusters = rows.groupby(column, observed=True, dropna=False)["cluster"].nunique()
        found.insert(1, "clusters", found[column].map(clusters))
        return found

    return make


def _plain(frames: Frames, column: str) -> DataFrame:
    """The episodes with a column to group by; what is not known is `unknown`.

    An episode is of the pool that its cause names, else of every pool in which MetalLB looked: it counts in each.
    """
    rows = frames.episodes.assign(ended=frames.episodes["ended"].astype(object))
    if column == "pool":
        pools = rows["pool"].astype(object).where(rows["pool"].notna(), rows["pools"].astype(object))
        rows = rows.assign(pool=pools.astype("str").where(pools.notna(), "unknown").str.split(", ")).explode("pool")
    else:
        rows = rows.assign(**{column: rows[column].astype(object).where(rows[column].notna(), "unknown")})
    return rows.reset_index(drop=True)


def _overview(frames: Frames) -> DataFrame:
    """One row for each cluster."""
    rows = []
    for cluster in frames.clusters or (None,):
        part = {name: _of(frames, name, cluster) for name in NEEDED}
        rows.append({**({"cluster": cluster} if cluster is not None else {}), **_summary(part)})
    return pd.DataFrame(rows)


def _of(frames: Frames, name: str, cluster: str | None) -> DataFrame:
    rows = frames[name]
    return rows if cluster is None else rows[rows["cluster"] == cluster]


def _summary(part: dict[str, DataFrame]) -> dict[str, Any]:
    waits, asked, marks, episodes = (part[n] for n in ("waits", "first_addresses", "marks", "episodes"))
    without = episodes[episodes["service"].notna() & (episodes["rule"] != "MLB403")]
    # What only objects tell of is no wait of a log's.
    alone = without[~without["service"].astype(object).isin(waits["service"].astype(object))]
    outages = pd.concat([waits["seconds"], alone.groupby("service", observed=True)["seconds"].sum()])
    return {
        "first_record": part["inputs"]["first_ts"].min(),
        "last_record": part["inputs"]["last_ts"].max(),
        "starts": int((marks["what"] == "started").sum()),
        "services_without": int(episodes["service"].nunique()),
        "still_without": int((waits["why"] == "waiting").sum() + alone[alone["ended"].isna()]["service"].nunique()),
        "outages": len(outages),
        "episodes": len(episodes),
        "attempts": int(part["attempts"]["count"].sum()),
        "seconds_without": outages.sum(),
        "outage_median": outages.median(),
        "outage_p95": outages.quantile(0.95),
        "first_address_median": asked["seconds"].median(),
        "first_address_p95": asked["seconds"].quantile(0.95),
        "never_got_one": int(asked["got_line"].isna().sum()),
    }


def _attempts_an_hour(frames: Frames) -> DataFrame:
    """Hours in which attempts failed; times that are not known are left out."""
    rows = frames.attempts.dropna(subset=["ts"])
    rows = rows.assign(hour=rows["ts"].dt.floor("h"))
    grouped = rows.groupby([*frames.key, "hour"], observed=True)
    return pd.DataFrame({"attempts": grouped["count"].sum(), "services": grouped["service"].nunique()}).reset_index()


def _first_address(frames: Frames) -> DataFrame:
    """Time from the first request to the first address, by namespace."""
    rows = frames.first_addresses
    grouped = rows.groupby([*frames.key, "namespace"], observed=True)
    found = pd.DataFrame({"services": grouped.size(), "got_one": grouped["got_line"].count()})
    return found.join(_lengths(grouped).drop(columns="seconds")).reset_index()


def _moves(frames: Frames) -> DataFrame:
    """Services that have another address than before, though they were there all the time."""
    rows = frames.allocations
    key = [*frames.key, "history", "service", "family"]
    before = rows.groupby(key, observed=True, sort=False)
    moved = rows.assign(
        before=before["address"].transform(lambda a: a.astype(object).shift()),
        why_before=before["why"].transform(lambda a: a.astype(object).shift()),
        reason=before["reason"].transform(lambda a: a.astype(object).shift()),
    )
    stayed = moved["before"].isna() | (moved["before"] == moved["address"].astype(object))
    gone = moved["why_before"].isin(["deleted", "not-load-balancer"])
    found = moved[~stayed & ~gone].rename(columns={"address": "now", "why_before": "why_"})
    found = found[[*frames.key, "service", "before", "now", "since_ts", "why_", "reason"]]
    return found.rename(columns={"why_": "why", "since_ts": "ts"}).reset_index(drop=True)


def _resolutions(frames: Frames) -> DataFrame:
    """What removed causes, and how long that took from the first failed attempt on."""
    rows = frames.waits[frames.waits["why"] == "allocated"]
    rows = rows.assign(
        **{c: rows[c].astype(object).where(rows[c].notna(), "unknown") for c in ("rule", "removal")},
        seconds_to_address=rows["seconds"],
        seconds=rows["removed_after"],
    )
    grouped = rows.groupby([*frames.key, "removal", "rule"], observed=True)
    found = pd.DataFrame({"outages": grouped.size()}).join(_lengths(grouped).drop(columns="seconds"))
    found["address_median"] = grouped["seconds_to_address"].median()
    return found.sort_values("outages", ascending=False, kind="stable").reset_index()


def _removals(frames: Frames) -> DataFrame:
    """Each wait that an address ended, with the change that made room."""
    rows = frames.waits[frames.waits["why"] == "allocated"]
    columns = ["service", "rule", "since_ts", "removal", "removed_by", "removed_ts", "removed_after", "until_ts"]
    return rows[[*frames.key, *columns, "seconds", "addresses"]].reset_index(drop=True)


_LENGTHS: Final = (
    "An episode that has not ended lasts to the end of the log, of which only Events tell to its last attempt. "
    "Median, p95 (interpolated) and longest are of episodes."
)

_FIGURES: Final = (
    Figure("overview", "Overview", "An outage is a service's time without an address, over all its causes.", _overview),
    Figure("all_rules", "Rules over all clusters", _LENGTHS, _over_all("rule")),
    Figure("all_pools", "Pools over all clusters", "Pools of one name are one here.", _over_all("pool")),
    Figure("by_rule", "Time without address, by rule", _LENGTHS, _by("rule")),
    Figure("by_service", "Time without address, by service", _LENGTHS, _by("service")),
    Figure("by_namespace", "Time without address, by namespace", _LENGTHS, _by("namespace")),
    Figure(
        "by_pool",
        "Time without address, by pool",
        "Of the pool that the cause names, else of each in which MetalLB looked: such an episode counts in each.",
        _by("pool"),
    ),
    Figure("first_address", "Time to the first address", "Of services that the log shows asking.", _first_address),
    Figure("attempts_an_hour", "Failing attempts an hour", "Hours in UTC without any are left out.", _attempts_an_hour),
    Figure(
        "pools",
        "Pools",
        "Full: while no address was free. Never used: of those that it can hand out at the end.",
        pools,
    ),
    Figure("moves", "Services that moved", "Why the address before was lost is told as `allocations` has it.", _moves),
    Figure(
        "resolutions",
        "What removed the causes",
        "Median, p95 and longest are from the first failed attempt to the change, address median to the address.",
        _resolutions,
    ),
    Figure(
        "removals",
        "Outages that ended with an address",
        "Removed by: whose change made room; nothing where the log does not tell.",
        _removals,
    ),
)

FIGURES: Final = {figure.name: figure for figure in _FIGURES}
"""By name, in the order of a report."""
