"""From inputs to frames: of one cluster, or of several at once on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from loganalyzer.errors import InputError, UsageError
from loganalyzer.metallb.versions import Version
from loganalyzer.pipeline import Reading, observed
from loganalyzer.sources.inputs import STANDARD_INPUT, Input, named
from loganalyzer.tables.collecting import Collector
from loganalyzer.tables.columns import Columns
from loganalyzer.tables.schema import TABLES

if TYPE_CHECKING:
    from loganalyzer.correlator.diagnosis import Diagnosis
    from loganalyzer.tables.frames import Frames

__all__ = ["clusters_in", "framed", "frames"]


class _Job(Struct, frozen=True):
    """What one process is to do: one cluster's inputs."""

    inputs: tuple[Input, ...]
    tables: tuple[str, ...]
    version: Version | None
    zone: tzinfo | None


class _Done(Struct, frozen=True):
    """A cluster's tables, and what was wrong with its inputs: name, problem, advice."""

    tables: Mapping[str, Columns]
    problems: tuple[tuple[str, str, str], ...]


def frames(
    inputs: Iterable[Input] = (),
    *,
    clusters: Mapping[str, Iterable[Input]] | None = None,
    tables: Iterable[str] = tuple(TABLES),
    version: Version | None = None,
    reading: Reading | None = None,
    jobs: int | None = None,
) -> Frames:
    """Everything that the inputs tell, as pandas frames; only `tables` where not all are wanted.

    `inputs` are of one cluster; or `clusters` has those of each by its name, and every table a column `cluster`.
    Clusters are independent: at most `jobs` are read at once, by default as many as there are cores; the result
    does not depend on it. `version` and `reading` as for `diagnose`; of a `reading` given with clusters only
    `zone` and `problems` are used. Raises InputError as `diagnose` does, and UsageError for an unknown table, or for
    inputs given both ways.
    """
    wanted = _known(tables)
    if clusters is None:
        collector = Collector(wanted)
        diagnosis = observed(inputs, (collector,), version=version, reading=reading)
        return framed(collector, diagnosis)
    if given := tuple(inputs):
        raise UsageError(f"{named(given[0])} is of no cluster; name one for each input")
    if not clusters:
        raise UsageError("there is no cluster; name one at least")
    zone = reading.zone if reading is not None else None
    work = {name: _Job(tuple(its), wanted, version, zone) for name, its in clusters.items()}
    done = dict(zip(work, _all_done(list(work.values()), jobs), strict=True))
    problems = [InputError(*problem) for each in done.values() for problem in each.problems]
    if reading is not None:
        reading.problems.extend(problems)
    elif problems:
        raise problems[0]
    return _framed({name: each.tables for name, each in done.items()})


def framed(collector: Collector, diagnosis: Diagnosis) -> Frames:
    """What a collector saw while inputs were diagnosed, as frames."""
    return _framed({None: collector.tables(diagnosis)})


def clusters_in(folder: Path) -> dict[str, list[Path]]:
    """The clusters of a folder that has a sub-folder for each, by the sub-folders' names, sorted.

    Raises UsageError where it has none, and where a file lies beside them: nothing tells whose that is.
    """
    try:
        found = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as problem:
        raise UsageError(f"{folder}: can't be listed ({(problem.strerror or str(problem)).lower()})") from None
    beside = [path for path in found if not path.is_dir()]
    if beside:
        raise UsageError(f"{beside[0]} is in no cluster's folder; give it as NAME={beside[0]}")
    if not found:
        raise UsageError(f"{folder} has no folders; it should have one for each cluster")
    return {path.name: [path] for path in found}


def _known(tables: Iterable[str]) -> tuple[str, ...]:
    wanted = frozenset(tables)
    unknown = wanted - TABLES.keys()
    if unknown:
        raise UsageError(f"there is no table {min(unknown)!r}; choose one of {', '.join(TABLES)}")
    return tuple(name for name in TABLES if name in wanted)


def _framed(tables: Mapping[str, Mapping[str, Columns]] | Mapping[None, Mapping[str, Columns]]) -> Frames:
    from loganalyzer.tables.frames import Frames, Part

    return Frames([Part(name, columns) for name, columns in tables.items()])


def _all_done(work: Sequence[_Job], jobs: int | None) -> Iterator[_Done]:
    """Each job's result, in their order."""
    at_once = min(len(work), jobs or _cores())
    if at_once <= 1 or not all(_travels(given) for job in work for given in job.inputs):
        return map(_do, work)
    return _shared_out(work, at_once)


def _cores() -> int:
    """The cores that this process may use, where the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _shared_out(work: Sequence[_Job], at_once: int) -> Iterator[_Done]:
    # Who has one cluster does not pay for processes.
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    with ProcessPoolExecutor(at_once, initializer=_quiet) as pool:
        try:
            yield from pool.map(_do, work)
        except BrokenProcessPool:
            advice = "memory may have run out; read one after the other (jobs=1, --jobs 1)"
            raise UsageError(f"a process that read a cluster was ended; {advice}") from None
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _travels(given: Input) -> bool:
    """Whether another process can open it."""
    return isinstance(given, bytes | PathLike) or (isinstance(given, str) and given != STANDARD_INPUT)


def _quiet() -> None:
    """Ctrl-C ends a helping process without a traceback; the one that it helps says what there is to say."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _do(job: _Job) -> _Done:
    """One cluster, from its inputs to its tables."""
    reading, collector = Reading(zone=job.zone), Collector(job.tables)
    diagnosis = observed(job.inputs, (collector,), version=job.version, reading=reading)
    return _Done(collector.tables(diagnosis), tuple((p.name, p.problem, p.advice) for p in reading.problems))
