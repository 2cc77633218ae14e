"""Frames: what they have, that they agree with the diagnosis, and what they cost."""

import csv
import io
import json
import tracemalloc
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from loganalyzer import diagnose, frames
from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.errors import InputError, UsageError
from loganalyzer.metallb.addresses import parse_address
from loganalyzer.pipeline import observed
from loganalyzer.postmortem import clusters_in
from loganalyzer.report.events import cell as cell_of
from loganalyzer.report.tables import csv_pieces, jsonl_pieces, table_pieces
from loganalyzer.tables.collecting import Collector
from loganalyzer.tables.columns import DTYPES, Columns
from loganalyzer.tables.frames import Frames, Part
from loganalyzer.tables.schema import TABLES
from tests.history.samples import CORPUS, controllers, label
from tests.samples import FIXTURES, RULES

ARTICLE = FIXTURES / "article-0.14.8.log"
SPEAKERS = FIXTURES / "speakers" / "0.13.12-seed_article"
OBJECTS = sorted(FIXTURES.glob("objects/*/"))


def groups() -> list[list[Path]]:
    """What is read at once: each controller's log, and folders of logs with objects or speakers."""
    folders = [*OBJECTS, SPEAKERS, *(p.parent for p in CORPUS.glob("*/speaker-*.log"))]
    return [[path] for path in (*controllers(), *sorted(set(folders)))]


@cache
def made(path: Path) -> tuple[Diagnosis, Frames]:
    """The diagnosis and the frames of a log or folder, made once."""
    collector = Collector()
    diagnosis = observed([path], (collector,))
    return diagnosis, Frames([Part(None, collector.tables(diagnosis))])


every_log = pytest.mark.parametrize("path", [g[0] for g in groups()], ids=label)


def test_who_looks_on_changes_nothing() -> None:
    """The diagnosis is the same whether or not tables are collected beside it."""
    for path in (ARTICLE, SPEAKERS, *OBJECTS):
        assert made(path)[0].to_dict() == diagnose([path]).to_dict()


@every_log
def test_columns_and_dtypes_are_those_of_the_schema(path: Path) -> None:
    """Every table has the columns that its schema lists, of the dtypes that their kinds name."""
    found = made(path)[1]
    assert found.names == tuple(TABLES)
    for name, table in TABLES.items():
        assert {c: str(t) for c, t in found[name].dtypes.items()} == {c.name: DTYPES[c.kind] for c in table.columns}


@every_log
def test_sums_are_those_of_the_document(path: Path) -> None:
    """Episodes, attempts, candidates, announcements and sessions add up to what the JSON document has."""
    diagnosis, found = made(path)
    document = diagnosis.to_dict()
    failures = document["failures"]
    assert len(found.episodes) == len(failures)
    assert int(found.episodes["attempts"].sum()) == int(found.attempts["count"].sum())
    assert found.attempts.groupby("episode")["count"].sum().to_dict() == {
        number: failure["attempts"] for number, failure in enumerate(failures)
    }
    assert len(found.candidates) == sum(len(f["candidates"]) for f in failures)
    assert list(found.episodes["candidates_omitted"]) == [f["candidates_omitted"] for f in failures]
    assert len(found.announcements) == len(document["announcements"])
    assert len(found.sessions) == len(document["sessions"])
    assert list(found.inputs["lines"]) == [i["lines"] for i in document["inputs"]]


@every_log
def test_attempts_have_the_cause_of_their_episode(path: Path) -> None:
    """Each attempt's service, rule, address and holders are its episode's, and it lies within the episode."""
    joined = made(path)[1].attempts.merge(made(path)[1].episodes, on="episode", suffixes=("", "_of"))
    for column in ("service", "rule", "address", "pool", "holders"):
        assert (joined[column].astype(object).fillna("") == joined[f"{column}_of"].astype(object).fillna("")).all()
    one = joined[joined["input"].astype(str) == joined["first_input"].astype(str)]
    assert (one["line"] >= one["first_line"]).all()


@every_log
def test_candidates_count_the_addresses_that_they_name(path: Path) -> None:
    """The size of a run is that of its range, and its episode has as many rows as it says."""
    found = made(path)[1]
    for row in found.candidates.itertuples():
        first, _, last = str(row.addresses).partition("-")
        assert row.size == parse_address(last or first) - parse_address(first) + 1
    counts = found.candidates.groupby("episode").size()
    episodes = found.episodes.set_index("episode")["candidates"]
    assert (episodes[episodes > 0] == counts).all()


@every_log
def test_an_address_and_port_is_never_held_twice_at_once(path: Path) -> None:
    """In the allocations too: rows of one address and port follow each other."""
    held = made(path)[1].allocations.dropna(subset=["ports"])
    ports = held.assign(port=held["ports"].astype(str).str.split(", ")).explode("port")
    for _, rows in ports.sort_values("since_line").groupby(["history", "address", "port"], observed=True):
        if rows["since_input"].nunique() == 1:
            assert (rows["until_line"].shift().dropna() <= rows["since_line"].iloc[1:]).all()


def test_times_are_utc_with_nanoseconds() -> None:
    """A time with an offset and nine digits is kept whole, in UTC."""
    text = b'{"caller":"a:1","event":"startUpdate","level":"debug","msg":"start of service update",'
    text += b'"ts":"2026-03-29T02:30:00.123456789+02:00"}\n'
    found = frames([("a.log", io.BytesIO(text))], tables=["events"]).events
    assert list(found["ts"]) == [pd.Timestamp("2026-03-29T00:30:00.123456789", tz="UTC")]


def test_pieces_are_the_table() -> None:
    """A table in pieces of any size is the table."""
    found = frames([ARTICLE])
    for name in found:
        parts = list(found.pieces(name, 7))
        assert all(len(part) <= 7 for part in parts)
        whole = pd.concat([p.astype(object) for p in parts], ignore_index=True)
        pd.testing.assert_frame_equal(whole, found[name].astype(object), check_dtype=False)


def test_every_table_has_every_form() -> None:
    """As CSV and as JSON lines a table has its columns and rows; as a table for reading it has a line for each row."""
    found = frames([FIXTURES / "controllers" / "exhausted-v0.12.1.log", SPEAKERS])
    for name in found:
        written = list(csv.reader(io.StringIO(b"".join(csv_pieces(found.pieces(name, 9))).decode())))
        objects = [json.loads(line) for line in b"".join(jsonl_pieces(found.pieces(name, 9))).splitlines()]
        shown = b"".join(table_pieces(found.pieces(name))).splitlines()
        assert tuple(written[0]) == TABLES[name].names
        assert len(written) - 1 == len(objects) == len(found[name]) == len(shown) - 1
        assert all(tuple(o) == TABLES[name].names for o in objects)
        assert [[cell or None for cell in row] for row in written[1:]] == [
            [None if v in (None, "") else str(cell_of(v)) for v in o.values()] for o in objects
        ]


def test_a_row_is_no_object() -> None:
    """A hundred thousand events more cost a few dozen bytes each: ten million are not ten million objects."""
    columns = Columns(TABLES["events"])
    row = ("controller.log", 7, b"2026-05-04T08:00:00Z", "PassStarted", "default/web", "")
    columns.add(row)
    tracemalloc.start()
    for _ in range(100_000):
        columns.add(row)
    grown, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown / 100_000 < 40
    assert peak / 100_000 < 80


def test_only_the_wanted_tables_are_collected() -> None:
    """Who wants one table gets that one, and is told what else there would be."""
    found = frames([ARTICLE], tables=["episodes"])
    assert found.names == ("episodes",)
    with pytest.raises(AttributeError, match="not collected"):
        _ = found.events
    with pytest.raises(UsageError, match="no table 'nonsense'; choose one of events, attempts"):
        frames([ARTICLE], tables=["nonsense"])


def clusters() -> dict[str, list[Path]]:
    """Three clusters of different versions."""
    logs = sorted(FIXTURES.glob("controllers/*.log"))
    return {"north": logs[:1], "south": [SPEAKERS], "west": logs[1:2]}


def test_the_number_of_jobs_changes_nothing() -> None:
    """One process after the other or all at once: the frames are equal."""
    one, several = (frames(clusters=clusters(), jobs=jobs) for jobs in (1, 3))
    for name in TABLES:
        pd.testing.assert_frame_equal(one[name], several[name])


def test_clusters_are_told_apart() -> None:
    """Each table begins with the cluster, and has of each what it has of it alone."""
    together = frames(clusters=clusters())
    for cluster, paths in clusters().items():
        alone = frames(paths)
        for name in TABLES:
            rows = together[name]
            assert next(iter(rows.columns)) == "cluster"
            mine = rows[rows["cluster"] == cluster].drop(columns="cluster").reset_index(drop=True)
            pd.testing.assert_frame_equal(mine.astype(object), alone[name].astype(object), check_dtype=False)


def test_a_cluster_that_cannot_be_read() -> None:
    """Its problem is raised, from whichever process it came."""
    with pytest.raises(InputError, match=r"nothing\.log: there is no such file"):
        frames(clusters={"north": [ARTICLE], "south": [Path("nothing.log")]}, jobs=2)


def test_inputs_and_clusters_at_once_are_refused() -> None:
    """An input without a cluster, beside clusters, would be of none."""
    with pytest.raises(UsageError, match="is of no cluster"):
        frames([ARTICLE], clusters=clusters())


def test_clusters_of_a_folder(tmp_path: Path) -> None:
    """Each sub-folder is a cluster; a file beside them is not passed over in silence."""
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
    assert clusters_in(tmp_path) == {"a": [tmp_path / "a"], "b": [tmp_path / "b"]}
    (tmp_path / "c.log").touch()
    with pytest.raises(UsageError, match=r"c\.log is in no cluster's folder"):
        clusters_in(tmp_path)
    with pytest.raises(UsageError, match="can't be listed"):
        clusters_in(tmp_path / "c.log")


def test_objects_alone_are_episodes_too() -> None:
    """Failures that only Events tell of have a row for all of their attempts."""
    for folder in OBJECTS:
        found = frames([path for path in sorted(folder.glob("*.json")) if path.name != "attempts.json"])
        assert int(found.attempts["count"].sum()) == int(found.episodes["attempts"].sum())


def test_an_attempt_without_a_name_has_an_episode() -> None:
    """A failure whose service the log does not tell has an attempt without one."""
    lines = (RULES / "MLB105/positive-0.13.12-port_taken.log").read_bytes().splitlines(keepends=True)
    errors = b"".join(line for line in lines if b"IP allocation failed" in line)
    found = frames([("errors.log", io.BytesIO(errors))])
    assert found.episodes["service"].isna().all()
    assert list(found.episodes["attempts"]) == list(found.attempts.groupby("episode")["count"].sum())
