"""The allocator's table at moments of real logs, and of small ones made by hand."""

import io
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from loganalyzer.chronology import state_tables
from loganalyzer.errors import UsageError
from loganalyzer.history.difference import differences
from loganalyzer.history.table import ControllerTables, StateTable
from loganalyzer.history.wanted import AtEnd, AtLine, BeforeEnd, Wanted, parse_wanted
from loganalyzer.metallb.addresses import format_address
from loganalyzer.pipeline import Reading, diagnose, states
from loganalyzer.sources.inputs import Input
from tests.history.samples import controllers, history_of, label
from tests.samples import FIXTURES

ARTICLE = FIXTURES / "article-0.14.8.log"
SPEAKERS = FIXTURES / "speakers" / "0.13.12-seed_article"

every_log = pytest.mark.parametrize("path", [p for p in controllers() if "-node-" not in p.stem], ids=label)


def tables(data: bytes, wanted: Iterable[Wanted], name: str = "controller.log") -> list[StateTable | None]:
    """The tables of the only controller of a log."""
    found = state_tables([(name, io.BytesIO(data))], list(wanted), reading=Reading())
    assert len(found) == 1
    return list(found[0].tables)


def table(data: bytes, text: str) -> StateTable:
    """The table at one moment."""
    found = tables(data, [parse_wanted(text)])[0]
    assert found is not None
    return found


def holders(found: StateTable | None) -> set[tuple[str, str]]:
    """Who holds what: service and address."""
    return {(h.service, format_address(u.address)) for u in found.in_use for h in u.holders} if found else set()


@every_log
def test_at_the_end_it_is_what_the_diagnosis_says(path: Path) -> None:
    """The table at the end has the holdings of the diagnosis, with their lines, and who waits.

    The diagnosis names the line that shows a service with its address; the table the one at which it got it.
    """
    diagnosis = history_of(path)[0]
    found = table(path.read_bytes(), "end")
    assert holders(found) == {(h.service, a) for h in diagnosis.holdings for a in h.addresses}
    shown = {h.service: h.at.line for h in diagnosis.holdings}
    for held in (h for use in found.in_use for h in use.holders):
        assert held.since is not None
        assert held.since.line <= shown[held.service]
        assert held.allocated or held.since.line == shown[held.service]
    unresolved = [f for f in diagnosis.failures if f.ended is None and f.service and not _write(f.cause)]
    assert {service for service, _ in found.waiting} == {f.service for f in unresolved}


def _write(cause: object) -> bool:
    return getattr(cause, "rule", None) == "MLB403"


@every_log
def test_a_table_does_not_differ_from_itself(path: Path) -> None:
    """Between a moment and itself nothing changed, wherever in the log it is."""
    data = path.read_bytes()
    lines = data.count(b"\n")
    wanted = [AtLine("", "", line) for line in range(1, lines + 1, max(1, lines // 7))]
    first, again = tables(data, wanted), tables(data, wanted)
    for one, other in zip(first, again, strict=True):
        assert one is not None
        assert other is not None
        assert differences(one, other) == []


@every_log
def test_after_a_line_it_is_what_a_log_that_ends_there_has_at_its_end(path: Path) -> None:
    """What comes after a line changes nothing of the table after it, also within a pass that is read as a whole."""
    lines = path.read_bytes().splitlines(keepends=True)
    chosen = range(2, len(lines), max(1, len(lines) // 11))
    found = tables(b"".join(lines), [AtLine("", "", line) for line in chosen])
    for line, whole in zip(chosen, found, strict=True):
        cut = table(b"".join(lines[:line]), "end")
        assert whole is not None
        assert differences(cut, whole) == [], line
        assert holders(cut) == holders(whole)


@every_log
def test_after_the_line_of_an_allocation_the_service_holds_it(path: Path) -> None:
    """The table after each line that allocates has the allocation as one of that line; the one before has not."""
    spans = [s for s in history_of(path)[1].spans if not s.kept]
    lines = sorted({1, *(line for s in spans for line in (s.since.line - 1, s.since.line) if line)})
    found = dict(zip(lines, tables(path.read_bytes(), [AtLine("", "", line) for line in lines]), strict=True))
    starts = {(s.service, s.address, s.since) for s in spans}
    for span in spans:
        pair = (span.service, format_address(span.address))
        after = found[span.since.line]
        assert pair in holders(after)
        edited = any(s.until.line == span.since.line for s in spans if s.service == span.service)
        assert edited or pair not in holders(found.get(span.since.line - 1))
    assert len(starts) == len(spans)


@every_log
def test_free_addresses_are_the_pools_without_those_in_use(path: Path) -> None:
    """The counts of a pool add up, and no free range has an address that somebody holds."""
    found = table(path.read_bytes(), "end")
    used = {u.address for u in found.in_use}
    for state in found.pools:
        for room in state.rooms:
            assert room.free + room.used == room.usable
            assert sum(r.size for r in room.ranges) >= room.free
            assert not any(a in r for r in room.ranges for a in used)


def _line(stamp: str, text: str) -> bytes:
    return f'{{"caller":"main.go:1",{text},"level":"debug","ts":"{stamp}"}}\n'.encode()


def log(*stamps: str) -> bytes:
    """A 0.12 log in which at each of these times one service more gets an address: a, b and so on."""
    lines = [
        _line(stamps[0], '"msg":"MetalLB controller starting version 0.12.1 (commit x, branch y)","version":"0.12.1"')
    ]
    for i, stamp in enumerate(stamps):
        name = f"default/{chr(ord('a') + i)}"
        got = f'"event":"ipAllocated","ip":["192.0.2.{i + 1}"],"msg":"IP address assigned by controller"'
        lines.append(_line(stamp, f'{got},"service":"{name}"'))
    return b"".join(lines)


def services(found: StateTable | None) -> str:
    """The services that hold something, as their letters."""
    return "".join(sorted(service[-1] for service, _ in holders(found)))


THREE = log("2024-05-04T08:00:00Z", "2024-05-04T08:10:00Z", "2024-05-04T08:20:00Z")

AT = [
    pytest.param("2024-05-04T07:59:59Z", "", id="before the log"),
    pytest.param("2024-05-04T08:00:00Z", "a", id="at a line's second"),
    pytest.param("2024-05-04 08:09:59.999", "a", id="between two lines"),
    pytest.param("2024-05-04T10:10:00+02:00", "ab", id="in another zone"),
    pytest.param("2024-05-05", "abc", id="after the log"),
    pytest.param("10m", "ab", id="counted back"),
    pytest.param("9m59s", "ab", id="counted back, between two lines"),
    pytest.param("10m1s", "a", id="counted back, just before a line"),
    pytest.param("99h", "", id="counted back beyond the beginning"),
    pytest.param("1", "", id="the first line"),
    pytest.param("3", "ab", id="a line"),
    pytest.param("controller.log:4", "abc", id="the last line, by its file"),
    pytest.param("end", "abc", id="the end"),
]


@pytest.mark.parametrize(("text", "expected"), AT)
def test_what_is_held_at_a_moment(text: str, expected: str) -> None:
    """A moment between two lines is that after the one before it."""
    assert services(table(THREE, text)) == expected


def test_before_the_log_nothing_is_known_and_after_it_the_end_counts() -> None:
    """A table says when its moment is not in the log."""
    early, late = table(THREE, "2024-05-04T07:00:00Z"), table(THREE, "2024-05-06")
    assert (early.at, early.began and early.began.line, early.over) == (None, 1, False)
    assert (late.at and late.at.line, late.over) == (4, True)


BACK = log("2024-05-04T08:00:00Z", "2024-05-04T08:10:00Z", "2024-05-04T08:05:00Z", "2024-05-04T08:20:00Z")


@pytest.mark.parametrize(("time", "expected"), [("08:04", "a"), ("08:05", "abc"), ("08:12", "abc"), ("08:20", "abcd")])
def test_where_times_go_back_the_last_line_up_to_the_moment_counts(time: str, expected: str) -> None:
    """Lines are in their order, whatever the clock did: the last one that is not later is the one."""
    assert services(table(BACK, f"2024-05-04 {time}")) == expected


def test_two_moments_of_one_reading() -> None:
    """Several moments are found in one go, in any order."""
    found = tables(THREE, [AtEnd(), AtLine("2", "", 2), BeforeEnd("1m", timedelta(minutes=1))])
    assert [services(t) for t in found] == ["abc", "a", "ab"]


WRONG = [
    pytest.param("5", "has no line 5", id="beyond the end"),
    pytest.param("0", "has no line 0", id="no first line"),
    pytest.param("other.log:1", "no input 'other.log'", id="another file"),
]


@pytest.mark.parametrize(("text", "problem"), WRONG)
def test_a_line_that_is_not_there_is_told(text: str, problem: str) -> None:
    """A line that the inputs don't have is a wrong use, not an empty table."""
    with pytest.raises(UsageError, match=problem):
        table(THREE, text)


def test_a_line_needs_its_file_where_several_controllers_could_be_meant() -> None:
    """With two controllers' logs a bare line number is refused, and one with its file gives that controller only."""
    other = log("2024-05-04T08:05:00Z", "2024-05-04T08:15:00Z")

    def at(text: str) -> list[ControllerTables]:
        inputs: list[Input] = [("one.log", io.BytesIO(THREE)), ("two.log", io.BytesIO(other))]
        return state_tables(inputs, [parse_wanted(text)], reading=Reading())

    with pytest.raises(UsageError, match="write FILE:LINE"):
        at("2")
    found = at("two.log:2")
    assert [(c.inputs, services(c.tables[0])) for c in found] == [(("two.log",), "a")]


def test_speakers_logs_beside_it_change_nothing() -> None:
    """The table is the controller's alone; a line of a speaker's log is refused with what to do."""
    alone = state_tables([SPEAKERS / "controller.log"], [AtEnd()])
    together = state_tables(sorted(SPEAKERS.glob("*.log")), [AtEnd()])
    assert [holders(c.tables[0]) for c in together] == [holders(c.tables[0]) for c in alone] != [set()]
    with pytest.raises(UsageError, match="no line of a controller"):
        state_tables(sorted(SPEAKERS.glob("*.log")), [parse_wanted("speaker-node-1.log:50")])


def test_a_log_in_two_files_is_one_history(tmp_path: Path) -> None:
    """Rotated files continue each other: a line of the first is a moment of the same controller."""
    lines = ARTICLE.read_bytes().splitlines(keepends=True)
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_bytes(b"".join(lines[:50]))
    second.write_bytes(b"".join(lines[50:]))
    found = state_tables([second, first], [parse_wanted("a.log:48"), parse_wanted("a.log:50"), parse_wanted("b.log:1")])
    assert [holders(t) for c in found for t in c.tables] == [set(), *[{("default/ingress", "192.168.10.200")}] * 2]


def test_a_newest_first_log_has_no_line_to_stop_at(tmp_path: Path) -> None:
    """Where a store wrote the newest line first, a time is a moment and a line is refused."""
    stamps = [f"2024-05-04T08:{minute:02}:00Z" for minute in range(0, 60, 5)]
    lines = log(*stamps).splitlines(keepends=True)
    wrapped = [f"{stamp} stdout F ".encode() + line for stamp, line in zip([stamps[0], *stamps], lines, strict=True)]
    path = tmp_path / "newest.log"
    path.write_bytes(b"".join(reversed(wrapped)))
    assert services(state_tables([path], [parse_wanted("2024-05-04 08:10")])[0].tables[0]) == "abc"
    with pytest.raises(UsageError, match="newest line first"):
        state_tables([path], [parse_wanted("2")])


RESTARTED = FIXTURES / "history" / "random-102-v0.14.8.log"


def test_since_when_an_address_is_held_goes_back_over_starts() -> None:
    """The line that gave it is in the log, before the controller started anew."""
    held = [h for u in table(RESTARTED.read_bytes(), "end").in_use for h in u.holders if h.service == "default/sip"]
    assert [(h.allocated, h.since.line if h.since else 0) for h in held] == [(True, 163)]


@pytest.mark.parametrize("digits", ["", "0", "000", "00000", "000000", "1", "645352"])
def test_a_time_as_a_line_has_it_means_that_line(digits: str) -> None:
    """However many digits of a second a pod's runtime writes."""
    stamp = f"2026-05-12T19:51:45.097{digits}Z"
    lines = ARTICLE.read_bytes().splitlines()[:20]
    log = b"\n".join(b"%s stdout F %s" % (stamp.encode(), line) for line in lines)
    found = table(log, stamp)
    assert found.at is not None
    assert found.at.line == len(lines)


def test_a_log_that_only_repeats_another_is_no_controller(tmp_path: Path) -> None:
    """A copy beside the log: one controller, in every command."""
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(RESTARTED.read_bytes())
    assert len(state_tables([tmp_path], [AtEnd()])) == 1
    assert not [n for n in diagnose([tmp_path]).notes if n.kind == "several-models"]
    assert len(states([tmp_path])) == 1
