"""How fast `explain` is, as ratios to peers in the same run on the same file.

usage: python tests/benchmark.py [--check] [--pairs N] [--repeat N] [--longer MB]

Two whole processes in turn, CPU time by the operating system's account: a loop that decodes every line with orjson,
and `loganalyzer explain --format json`. The file is fixtures/load (53 MB of a busy cluster's debug log), repeated
--repeat times as restarts of the same controller; --longer adds so many megabytes of its last pass over all services
that changed nothing, as a controller writes them for days. --check exits with 1 where a ratio is below its guard: two
thirds of what was measured, so that noise passes and a lost cache does not.
"""

from __future__ import annotations

import argparse
import lzma
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOAD = ROOT / "fixtures" / "load" / "busy-v0.14.8.log.xz"
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
GUARDS = {"orjson": 0.12, "help": 0.4, "frames": 0.2}


def cpu(command: Sequence[str]) -> float:
    """The seconds of CPU that a command takes, its output thrown away."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(peer: Sequence[str], ours: Sequence[str], pairs: int) -> tuple[float, float, float]:
    """The median of peer's time over ours, pair by pair, and both medians in seconds."""
    times = [(cpu(peer), cpu(ours)) for _ in range(pairs)]
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


def main() -> int:
    """Measures, prints, and with --check judges."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--pairs", type=int, default=5)
    arguments.add_argument("--repeat", type=int, default=1)
    arguments.add_argument("--longer", type=int, default=0, metavar="MB")
    chosen = arguments.parse_args()
    tool = shutil.which("loganalyzer", path=str(Path(sys.executable).parent)) or "loganalyzer"
    found: dict[str, float] = {}
    with tempfile.NamedTemporaryFile(suffix=".log") as file:
        text = lzma.decompress(LOAD.read_bytes())
        for _ in range(chosen.repeat):
            file.write(text)
        again = quiet_pass(text) if chosen.longer else b" "
        for _ in range(chosen.longer * 1_000_000 // len(again)):
            file.write(again)
        file.flush()
        ours = [tool, "explain", "--format", "json", file.name]
        found["orjson"], a, b = ratio([sys.executable, "-c", DECODE, file.name], ours, chosen.pairs)
        size = file.tell() / 1e6
        print(f"explain, {size:.0f} MB: {found['orjson']:.2f} of orjson's speed ({a:.2f} s, {b:.2f} s)")
        times = [(timed("explain", file.name), timed("frames", file.name)) for _ in range(chosen.pairs)]
        found["frames"] = statistics.median(a / b for a, b in times)
        print(f"all frames: {1 / found['frames']:.1f} times the time of explain, imports not counted")
        if shutil.which("jq"):
            jq = ["jq", "-c", 'select(.error == "no available IPs")', file.name]
            speed, a, b = ratio(jq, ours, min(3, chosen.pairs))
            print(f"explain against jq's select on one field: {speed:.1f} times as fast ({a:.2f} s, {b:.2f} s)")
    bare = ratio([sys.executable, "-c", "import typer"], [tool, "--help"], chosen.pairs)
    found["help"] = bare[0]
    print(f"--help: {bare[2] * 1000:.0f} ms, of which Python and typer take {bare[1] * 1000:.0f} ms")
    slow = [name for name, guard in GUARDS.items() if found[name] < guard]
    if chosen.check and slow:
        print(f"slower than the guard: {', '.join(slow)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
