"""Figures of pools: how full they were, how long, and what of them was never used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from loganalyzer.tables.frames import Frames

if TYPE_CHECKING:
    from pandas import DataFrame, Series


def pools(frames: Frames) -> DataFrame:
    """One row for each pool and family of each cluster."""
    key = [*frames.key, "history", "pool", "family"]
    use = frames.pool_use.assign(full=_full(frames))
    use["filled"] = _filled(use, key).astype("int64")
    grouped = use.groupby(key, observed=True, sort=True)
    peaks = use.loc[grouped["used"].idxmax()].set_index(key) if len(use) else use.set_index(key)
    found = pd.DataFrame(
        {
            "size": grouped["size"].last(),
            "used_at_end": grouped["used"].last(),
            "peak": grouped["used"].max(),
            "peak_size": peaks["size"],
            "peak_ts": peaks["ts"],
            "times_full": grouped["filled"].sum(),
            "seconds_full": grouped["full"].sum(),
        }
    )
    found = found.join(frames.unused.set_index(key).rename(columns={"count": "never_used", "addresses": "unused"}))
    several = found.index.get_level_values("history").nunique() > 1
    return found.reset_index().drop(columns=[] if several else ["history"])


def _filled(use: DataFrame, key: list[str]) -> Series[bool]:
    """Where a pool became full: what was free for less than a second went from one service to the next."""
    full, by = use["full"].notna(), [use[k] for k in key]
    before = full.groupby(by, observed=True).shift(1, fill_value=False)
    emptied = use["ts"].where(~full & before).groupby(by, observed=True).ffill()
    at_once = (use["ts"] - emptied).dt.total_seconds() < 1
    return full & ~before & ~at_once


def _full(frames: Frames) -> Series[float]:
    """For each row of pool_use how many seconds it lasted, where no address was free then; else missing."""
    use = frames.pool_use
    key = [*frames.key, "history", "pool", "family"]
    ends = use["ts"].groupby([use[k] for k in key], observed=True).shift(-1)
    lasted = (ends.fillna(_last(frames, key[:-2])) - use["ts"]).dt.total_seconds().clip(lower=0)
    return lasted.where((use["used"] >= use["size"]) & (use["size"] > 0))


def _last(frames: Frames, key: list[str]) -> Series[pd.Timestamp]:
    """For each row of pool_use the end of its history: where a pool is full then, an allocation lasts until it."""
    ends, use = frames.allocations.groupby(key, observed=True)["until_ts"].max(), frames.pool_use
    found = use[key].merge(ends.rename("end").reset_index(), how="left", on=key)["end"]
    return found.set_axis(use.index).astype(use["ts"].dtype)
