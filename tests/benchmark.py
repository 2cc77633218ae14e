"""How fast `explain` is, as ratios to peers in the same run on the same file.

usage: python tests/benchmark.py [--check] [--pairs N] [--repeat N] [--longer MB] [--curve]

Whole processes in turn, CPU time by the operating system's account: a loop that decodes every line with orjson (or jq's
`select` of one error), and `loganalyzer explain --format json`. The file is fixtures/load (53 MB of a busy cluster's
debug log), repeated --repeat times as restarts of the same controller; --longer adds so many megabytes of its last
pass over all services that changed nothing, as a controller writes them for days. --curve runs logs of 1 MB to 4 GB
made so, and prints what a gigabyte costs and how much memory is used. --check exits with 1 where a ratio is below its
guard: two thirds of what was measured, so that noise passes and a lost cache does not.
"""

from __future__ import annotations

import argparse
import gzip
import lzma
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import zstandard

ROOT = Path(__file__).resolve().parents[1]
LOAD = ROOT / "fixtures" / "load" / "busy-v0.14.8.log.xz"
SMALL = ROOT / "fixtures" / "article-0.14.8.log"
DECODE = """
import sys, orjson
for line in open(sys.argv[1], "rb"):
    try:
        orjson.loads(line)
    except ValueError:
        pass
"""
TIMED = """
import sys, time, pandas, loganalyzer, loganalyzer.tables.frames
def explain(): loganalyzer.diagnose([sys.argv[1]]).to_dict()
def frames():
    found = loganalyzer.frames([sys.argv[1]])
    for name in found: found[name]
begin = time.process_time(); {}(); print(time.process_time() - begin)
"""
CHANGES = (b"ipAllocated", b"serviceUpdated", b"serviceDeleted", b"clearAssignment")
GUARDS = {"orjson": 0.18, "longer": 0.42, "help": 0.6, "ten": 0.13, "frames": 0.35}
CURVE = (1, 10, 53, 250, 1000, 4000)


class Cost(NamedTuple):
    """What a process took: seconds of CPU and of the clock, bytes of memory at its highest."""

    cpu: float
    wall: float
    memory: int


# Linux counts the memory that a process had before it became another program: a small one has to start it.
STARTER = """
import resource, subprocess, sys, time
begin = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, time.monotonic() - begin, used.ru_maxrss * 1024)
"""


def cost(command: Sequence[str]) -> Cost:
    """What a command takes, its output thrown away."""
    done = subprocess.run([sys.executable, "-c", STARTER, *command], stdout=subprocess.PIPE, check=True)
    cpu, wall, memory = done.stdout.split()
    return Cost(float(cpu), float(wall), int(memory))


def ratio(peer: Sequence[str], ours: Sequence[str], pairs: int) -> tuple[float, float, float]:
    """The median of peer's CPU time over ours, pair by pair, and both medians in seconds."""
    times = [(cost(peer).cpu, cost(ours).cpu) for _ in range(pairs)]
    quotients = [a / b for a, b in times]
    return statistics.median(quotients), statistics.median(a for a, _ in times), statistics.median(b for _, b in times)


def timed(what: str, path: str) -> float:
    """The seconds of CPU that a function of TIMED takes in a process that has imported everything."""
    done = subprocess.run([sys.executable, "-c", TIMED.format(what), path], stdout=subprocess.PIPE, check=True)
    return float(done.stdout)


def quiet_pass(text: bytes) -> bytes:
    """The last pass over all services in which nothing changed, with its lines' ends."""
    mark = b'reconcile":"metallbreload/reload"'
    lines = text.splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if b'"start ' + mark in line]
    ends = [i for i, line in enumerate(lines) if b'"end ' + mark in line]
    passes = (b"".join(lines[a : b + 1]) for a, b in zip(reversed(starts), reversed(ends), strict=True))
    return next(found for found in passes if not any(change in found for change in CHANGES))


@contextmanager
def written(pieces: Iterator[bytes], suffix: str = ".log") -> Iterator[str]:
    """A temporary file of these pieces."""
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        yield file.name


def history(text: bytes, repeat: int, longer: int) -> Iterator[bytes]:
    """The log so many times, in the last one its last quiet pass for so many megabytes; cut where they are negative."""
    for _ in range(repeat - 1):
        yield text
    if longer <= 0:
        yield text[: longer * 1_000_000 or None]
        return
    again = quiet_pass(text)
    # The controller stops at the end of the log, and not before it has gone on for days.
    before, _, behind = text.rpartition(again)
    yield before
    for _ in range(longer * 1_000_000 // len(again) + 1):
        yield again
    yield behind


def explaining(path: str) -> list[str]:
    """The command that is measured."""
    tool = shutil.which("loganalyzer", path=str(Path(sys.executable).parent)) or "loganalyzer"
    return [tool, "explain", "--format", "json", path]


def throughput(path: str, pairs: int) -> float:
    """Against orjson and jq."""
    found, a, b = ratio([sys.executable, "-c", DECODE, path], explaining(path), pairs)
    size = Path(path).stat().st_size / 1e6
    print(f"explain, {size:.0f} MB: {found:.2f} of orjson's speed ({a:.2f} s, {b:.2f} s)")
    if shutil.which("jq"):
        jq = ["jq", "-c", 'select(.error == "no available IPs")', path]
        speed, a, b = ratio(jq, explaining(path), min(2, pairs))
        print(f"explain against jq's select on one field: {speed:.1f} times as fast ({a:.2f} s, {b:.2f} s)")
    return found


def compressed(path: str, pairs: int) -> None:
    """As gz and zst, against plain: CPU, and the clock where there is a second core."""
    text = Path(path).read_bytes()
    for kind, data in (("gz", gzip.compress(text, 6)), ("zst", zstandard.compress(text))):
        with written(iter([data]), f".log.{kind}") as packed:
            times = [(cost(explaining(packed)), cost(explaining(path))) for _ in range(pairs)]
        cpu = statistics.median(a.cpu / b.cpu for a, b in times)
        wall = statistics.median(a.wall / b.wall for a, b in times)
        print(f"as {kind}: {cpu:.2f} times the CPU of plain, {wall:.2f} times the time on {os.cpu_count()} cores")


def latency(text: bytes, pairs: int) -> dict[str, float]:
    """CPU time more than that of a Python that does nothing."""
    bare = statistics.median(cost([sys.executable, "-c", "pass"]).cpu for _ in range(pairs))
    found = {}
    with written(iter([text[:10_000_000]])) as ten:
        for name, what, command in (
            ("help", "--help", [*explaining(ten)[:1], "--help"]),
            ("small", f"a log of {SMALL.stat().st_size // 1000} KB", explaining(str(SMALL))),
            ("ten", "a log of 10 MB", explaining(ten)),
        ):
            found[name], typer, ours = ratio([sys.executable, "-c", "import typer"], command, pairs)
            print(
                f"{what}: {(ours - bare) * 1000:.0f} ms more than Python (typer alone {(typer - bare) * 1000:.0f} ms)"
            )
    return found


def curve(text: bytes) -> None:
    """What logs of all lengths cost."""
    for size in CURVE:
        with written(history(text, 1, size - len(text) // 1_000_000)) as path:
            used, peer = cost(explaining(path)), cost([sys.executable, "-c", DECODE, path])
            length = Path(path).stat().st_size / 1e6
        print(
            f"{length:6.0f} MB: {used.cpu:6.2f} s, {used.cpu / length * 1000:5.2f} s a GB, "
            f"{peer.cpu / used.cpu:.2f} of orjson's speed, {used.memory / 1e6:.0f} MB of memory"
        )


def main() -> int:
    """Measures, prints, and with --check judges."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--curve", action="store_true")
    arguments.add_argument("--pairs", type=int, default=5)
    arguments.add_argument("--repeat", type=int, default=1)
    arguments.add_argument("--longer", type=int, default=0, metavar="MB")
    chosen = arguments.parse_args()
    text = lzma.decompress(LOAD.read_bytes())
    if chosen.curve:
        curve(text)
        return 0
    with written(history(text, chosen.repeat, chosen.longer)) as path:
        found = {"orjson": throughput(path, chosen.pairs)}
        times = [(timed("explain", path), timed("frames", path)) for _ in range(min(3, chosen.pairs))]
        found["frames"] = statistics.median(a / b for a, b in times)
        print(f"all frames: {1 / found['frames']:.1f} times the time of explain, imports not counted")
        compressed(path, min(3, chosen.pairs))
    if chosen.check:
        with written(history(text, 1, 200)) as path:
            found["longer"] = throughput(path, min(3, chosen.pairs))
    found |= latency(text, chosen.pairs)
    slow = [name for name, guard in GUARDS.items() if found.get(name, guard) < guard]
    if chosen.check and slow:
        print(f"slower than the guard: {', '.join(slow)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
