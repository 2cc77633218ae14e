"""The real logs under fixtures/, and what is made of them."""

import io
from functools import cache
from pathlib import Path

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
