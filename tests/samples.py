"""The real logs under fixtures/, and what is made of them."""

import io
import random
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.metallb.versions import Version
from loganalyzer.parser.attribution import events
from loganalyzer.parser.events import Event
from loganalyzer.parser.records import CACHED_SHAPES, Record
from loganalyzer.pipeline import Reading, diagnose, read

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
RULES = FIXTURES / "rules"


def rule_logs(pattern: str) -> list[Path]:
    """The logs of all rules whose names fit: `positive*.log`."""
    return sorted(RULES.glob(f"MLB*/{pattern}"))


def label(path: Path) -> str:
    """A test's id for a rule's log: `MLB104/positive-0.14.8-local_different_selectors`."""
    return f"{path.parent.name}/{path.stem}"


def distinct_logs() -> list[Path]:
    """One of each set of equal logs, those of all rules."""
    return sorted({path.read_bytes(): path for path in rule_logs("*.log")}.values())


@cache
def whole(name: str) -> bytes:
    """A log by its path under fixtures/rules."""
    return (RULES / name).read_bytes()


def records_of(data: bytes, *, cached: int = CACHED_SHAPES, chunk: int = 1 << 18) -> list[Record]:
    """The records of a log."""
    return list(read([("controller.log", io.BytesIO(data))], Reading(cached=cached, chunk=chunk)))


def events_of(data: bytes, *, cached: int = CACHED_SHAPES, chunk: int = 1 << 18) -> list[Event]:
    """The events of a log, those of one without any included."""
    reading = Reading(cached=cached, chunk=chunk)
    return list(events(read([("controller.log", io.BytesIO(data))], reading)))


def diagnosis_of(data: bytes, reading: Reading | None = None, version: Version | None = None) -> Diagnosis:
    """The diagnosis of one log; problems with it are collected."""
    return diagnose([("controller.log", io.BytesIO(data))], reading=reading or Reading(), version=version)


@cache
def diagnosed(path: Path) -> Diagnosis:
    """The diagnosis of a log under fixtures/, made once."""
    return diagnosis_of(path.read_bytes())


VARIED_LOGS = [
    RULES / "MLB104/positive-0.13.12-local_different_selectors.log",
    RULES / "MLB105/positive-0.13.12-port_taken.log",
    RULES / "MLB606/positive-0.14.8-local_against_cluster.log",
    RULES / "MLB404/negative-0.14.8-restart_reshuffles.log",
    RULES / "MLB603/positive-0.15.3-edit_breaks_sharing.log",
    RULES / "MLB100/positive-0.12.1-requested_addresses.log",
]


def edited(data: bytes, seed: int, edits: int) -> bytes:
    """The log with lines dropped, doubled, moved or cut; the same edits for the same seed."""
    lines = data.splitlines(keepends=True)
    chance = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(edits):
        if not lines:
            break
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.choice(["drop", "run", "double", "move", "swap", "cut", "garble"]):
            case "drop":
                del lines[at]
            case "run":
                del lines[at : at + chance.randrange(1, 30)]
            case "double":
                lines.insert(other, lines[at])
            case "move":
                lines.insert(other, lines.pop(at))
            case "swap":
                lines[at], lines[other] = lines[other], lines[at]
            case "cut":
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
            case _:
                spot = chance.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:spot] + chance.randbytes(3) + lines[at][spot + 3 :]
    return b"".join(lines)


EDITED_LOGS = st.builds(
    lambda path, seed, edits: edited(path.read_bytes(), seed, edits),
    st.sampled_from(VARIED_LOGS),
    st.integers(0, 2**32),
    st.sampled_from([1, 3, 10, 60]),
)
