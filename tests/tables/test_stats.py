"""Figures: they add up to the frames, and the frames to the log."""

import io
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from loganalyzer import frames
from loganalyzer.tables.frames import Frames
from loganalyzer.tables.stats import FIGURES, NEEDED, figures
from tests.history.samples import controllers, label
from tests.samples import FIXTURES, RULES

EXHAUSTED = RULES / "MLB201/positive-0.14.8-exhausted.log"
RESHAPED = FIXTURES / "history" / "random-102-v0.14.8.log"
EDITS = FIXTURES / "history" / "edit_breaks_sharing-v0.15.3.log"


@cache
def framed(path: Path) -> Frames:
    """The frames of a log that figures need, made once."""
    return frames([path], tables=NEEDED)


@pytest.mark.parametrize("path", controllers(), ids=label)
def test_times_without_an_address_add_up(path: Path) -> None:
    """By rule, service and namespace: each adds up to all episodes; and those of a service to its waits."""
    found, made = framed(path), figures(framed(path))
    for name in ("by_rule", "by_service", "by_namespace"):
        assert made[name]["episodes"].sum() == len(found.episodes)
        assert made[name]["attempts"].sum() == found.attempts["count"].sum()
        assert made[name]["seconds"].sum() == pytest.approx(found.episodes["seconds"].sum())
    named = found.episodes[(found.episodes["rule"] != "MLB403") & found.episodes["service"].notna()]
    assert named["seconds"].sum() == pytest.approx(found.waits["seconds"].sum())
    assert made["attempts_an_hour"]["attempts"].sum() == found.attempts.dropna(subset=["ts"])["count"].sum()
    assert made["resolutions"]["outages"].sum() == len(made["removals"]) == (found.waits["why"] == "allocated").sum()


@pytest.mark.parametrize("path", controllers(), ids=label)
def test_pools_are_never_more_than_full(path: Path) -> None:
    """Peaks are within sizes; a pool that was never full was full for no time."""
    found = figures(framed(path), ("pools",))["pools"]
    assert (found["peak"] <= found["peak_size"]).all()
    assert ((found["times_full"] == 0) == (found["seconds_full"] == 0))[found["times_full"] == 0].all()
    assert (found["used_at_end"] <= found["size"]).all()
    assert (found["never_used"].dropna() >= 0).all()


def test_an_exhausted_pool() -> None:
    """Two services waited for two addresses until others were deleted; the figures are those of the log's lines."""
    made = figures(framed(EXHAUSTED))
    assert made["removals"][["service", "rule", "removal", "removed_by", "seconds"]].values.tolist() == [
        ["default/three", "MLB201", "holder-deleted", "default/one", 302.0],
        ["default/four", "MLB201", "holder-deleted", "default/two", 23.0],
    ]
    (rule,) = made["by_rule"].to_dict("records")
    assert rule == {
        "rule": "MLB201",
        "services": 2,
        "episodes": 2,
        "unresolved": 0,
        "attempts": 3,
        "seconds": 325.0,
        "median": 162.5,
        "p95": pytest.approx(288.05),
        "longest": 302.0,
    }
    (pool,) = made["pools"].to_dict("records")
    assert (pool["size"], pool["peak"], pool["never_used"], pool["times_full"]) == (2, 2, 0, 1)
    (overview,) = made["overview"].to_dict("records")
    assert (overview["outages"], overview["still_without"], overview["seconds_without"]) == (2, 0, 325)


def test_a_service_that_moved() -> None:
    """default/sip lost its address as the pool shrank, and got another; a service that is made anew has not moved."""
    (moved,) = figures(framed(RESHAPED), ("moves",))["moves"].to_dict("records")
    assert (moved["service"], moved["before"], moved["now"], moved["why"]) == (
        *("default/sip", "10.0.0.250", "10.0.0.10"),
        "reconfigured",
    )


def test_a_restart_moves_nobody() -> None:
    """Who holds the same address after a restart has not moved."""
    path = RULES / "MLB404/negative-0.14.8-restart_reshuffles.log"
    assert figures(framed(path), ("moves",))["moves"].empty


def test_the_time_of_an_episode_ends_where_the_next_begins() -> None:
    """A service whose cause changes has one episode after the other, without a gap."""
    rows = framed(EDITS).episodes
    for _, mine in rows.groupby("service", observed=True):
        changed = mine[mine["ended"] == "changed"]
        later = mine["first_line"].shift(-1)[changed.index]
        assert list(changed["until_line"]) == list(later)


def test_nothing_to_count() -> None:
    """Of a log in which no service asks for an address every figure is made, and empty but for the overview."""
    line = b'{"caller":"a:1","event":"stateSynced","msg":"x","ts":"2026-01-01T00:00:00Z"}\n'
    made = figures(frames([("a.log", io.BytesIO(line))]))
    assert set(made) == {name for name in FIGURES if not name.startswith("all_")}
    assert all(frame.empty for name, frame in made.items() if name != "overview")


def test_the_roll_up() -> None:
    """Rules over all clusters count what the clusters count, and in how many of them."""
    found = frames(clusters={"a": [EXHAUSTED], "b": [EXHAUSTED], "c": [RESHAPED]})
    made = figures(found)
    together = made["all_rules"].set_index("rule")
    assert (together.loc["MLB201", "clusters"], together.loc["MLB201", "episodes"]) == (3, 7)
    each = made["by_rule"].groupby("rule")["seconds"].sum()
    pd.testing.assert_series_equal(each.sort_index(), together["seconds"].sort_index(), check_index_type=False)
    assert list(made["overview"]["cluster"]) == ["a", "b", "c"]
    # Services of one name in several clusters are several.
    each_alone = [row["services"] for row in made["by_rule"].to_dict("records") if row["rule"] == "MLB201"]
    assert together.loc["MLB201", "services"] == sum(each_alone)


FORMER = FIXTURES / "rules" / "MLB301" / "positive-0.12.1-requested_addresses.log"


def test_who_is_served_at_once_counts_where_no_dump_shows_who_asks() -> None:
    """Up to 0.12, and above debug level, the first line about a service may be that it got an address."""
    found = framed(FORMER).first_addresses
    given = {
        line.split('"service":"')[1].split('"')[0] for line in FORMER.read_text().splitlines() if "ipAllocated" in line
    }
    assert given
    assert given <= set(found["service"][found["got_line"].notna()])


def test_a_pool_is_full_until_its_controllers_log_ends() -> None:
    """A speaker's log that goes on for a day tells nothing of it."""
    log = EXHAUSTED.read_bytes()
    later = b'{"level":"info","msg":"MetalLB speaker starting version 0.14.8","ts":"2030-01-01T00:00:00Z"}\n'
    alone, beside = (
        figures(frames([(str(i), io.BytesIO(data)) for i, data in enumerate(logs)], tables=NEEDED), ("pools",))["pools"]
        for logs in ([log], [log, later])
    )
    assert alone["seconds_full"].tolist() == beside["seconds_full"].tolist()


def test_what_events_alone_tell_is_counted() -> None:
    """Services that wait though no log has them are without an address in the overview, too."""
    folder = FIXTURES / "objects" / "random-197-v0.14.8-info"
    made = figures(frames([folder / "services.json", folder / "events.json"], tables=NEEDED))
    (overview,) = made["overview"].to_dict("records")
    assert overview["still_without"] == overview["services_without"] > 0
    assert overview["outages"] >= overview["still_without"]
