"""How soon `explain --follow` tells, and whether it grows.

usage: python tests/benchmark_follow.py [--repeat N] [--churn N] [--pairs N]

Latency: a log is fed line by line into the running command, and the time from a line to what it makes the command
say is taken; the median and the longest are printed. Growth: fixtures/load (53 MB, hours of a busy cluster) is fed
--repeat times as restarts of one controller, then --churn services that come, fail and go under ever new names; the
resident memory is read as the bytes go by. A run that grows by more than a tenth from its middle to its end fails.
"""

from __future__ import annotations

import argparse
import lzma
import os
import select
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
LOAD = ROOT / "fixtures" / "load" / "busy-v0.14.8.log.xz"
ARTICLE = ROOT / "fixtures" / "article-0.14.8.log"
FAILING = ROOT / "fixtures" / "controllers" / "port_taken-v0.14.8.log"
QUIET = 0.15
SLACK = 1.1


def command() -> list[str]:
    """The installed command, following its standard input."""
    tool = shutil.which("loganalyzer", path=str(Path(sys.executable).parent)) or "loganalyzer"
    return [tool, "explain", "--follow", "--format", "jsonl"]


def pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """The process's standard input and output."""
    if process.stdin is None or process.stdout is None:
        raise TypeError(process)
    return process.stdin, process.stdout


def latencies(log: Path) -> list[float]:
    """Seconds from writing a line to reading what it brought about, for each line that brought something about."""
    found = []
    with subprocess.Popen(command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        given, said = pipes(process)
        time.sleep(2)
        for line in log.read_bytes().splitlines(keepends=True):
            wrote = time.monotonic()
            given.write(line)
            given.flush()
            if select.select([said], [], [], QUIET)[0]:
                found.append(time.monotonic() - wrote)
                os.read(said.fileno(), 1 << 20)
        given.close()
    return found


def resident(process: subprocess.Popen[bytes]) -> float:
    """The megabytes that a process has in memory."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def fed(pieces: Iterable[bytes], every: int) -> list[tuple[int, float]]:
    """Feeds pieces; the resident megabytes after so many bytes, taken about `every` bytes."""
    measured: list[tuple[int, float]] = []
    with subprocess.Popen(command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        given, said = pipes(process)
        lines: list[int] = []
        reader = threading.Thread(target=lambda: lines.append(sum(1 for _ in said)))
        reader.start()
        count = 0
        for piece in pieces:
            given.write(piece)
            count += len(piece)
            if not measured or count - measured[-1][0] >= every:
                measured.append((count, resident(process)))
        given.close()
        reader.join()
    print(f"  {lines[0]:,} lines told")
    return measured


def churn(count: int) -> Iterator[bytes]:
    """The pass of a failing service and of its end, again and again under new names."""
    lines = FAILING.read_bytes().splitlines(keepends=True)
    yield b"".join(lines)
    for number in range(count):
        name = f"churn/web-{number}"
        dump = (
            f'{{\\"kind\\":\\"Service\\",\\"apiVersion\\":\\"v1\\",\\"metadata\\":{{\\"name\\":\\"web-{number}\\",'
            f'\\"namespace\\":\\"churn\\",\\"uid\\":\\"c{number}\\",\\"resourceVersion\\":\\"{900000 + number}\\",'
            f'\\"annotations\\":{{\\"metallb.universe.tf/loadBalancerIPs\\":\\"192.0.2.{number % 250}\\"}}}},'
            '\\"spec\\":{\\"ports\\":[{\\"protocol\\":\\"TCP\\",\\"port\\":80}],\\"clusterIP\\":\\"10.96.7.7\\",'
            '\\"clusterIPs\\":[\\"10.96.7.7\\"],\\"type\\":\\"LoadBalancer\\"},\\"status\\":{\\"loadBalancer\\":{}}}'
        )
        yield "".join(_passes(name, dump, number)).encode()


def _passes(name: str, dump: str, number: int) -> Iterator[str]:
    def line(caller: str, fields: str) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_800_000_000 + number))
        return f'{{"caller":"{caller}",{fields},"ts":"{stamp}"}}\n'

    service = '"controller":"ServiceReconciler","level":'
    error = f'"[\\"192.0.2.{number % 250}\\"] is not allowed in config"'
    yield line("service_controller.go:60", f'{service}"info","start reconcile":"{name}"')
    yield line("service_controller.go:103", f'{service}"debug","processing service":"{dump}"')
    yield line("main.go:52", '"event":"startUpdate","level":"debug","msg":"start of service update"')
    yield line("service.go:143", f'"error":{error},"level":"error","msg":"IP allocation failed","op":"allocateIPs"')
    yield line("main.go:88", '"event":"endUpdate","level":"debug","msg":"end of service update"')
    yield line("service_controller.go:113", f'{service}"info","end reconcile":"{name}"')
    yield line("service_controller.go:60", f'{service}"info","start reconcile":"{name}"')
    yield line("service_controller.go:90", f'{service}"debug","processing deletion on service":"{name}"')
    yield line("service_controller.go:115", f'{service}"info","end reconcile":"{name}"')


def report(name: str, measured: list[tuple[int, float]]) -> bool:
    """Prints the curve; whether it is flat from its middle on."""
    shown = measured[:: max(1, len(measured) // 8)]
    print(f"{name}: " + ", ".join(f"{size / 1e6:,.0f} MB read {memory:.0f} MB" for size, memory in shown))
    middle = measured[len(measured) // 2][1]
    return measured[-1][1] <= middle * SLACK


def main() -> int:
    """Measures and prints; 1 where memory grows."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repeat", type=int, default=4)
    arguments.add_argument("--churn", type=int, default=60_000)
    arguments.add_argument("--pairs", type=int, default=2)
    chosen = arguments.parse_args()
    for log in (ARTICLE, FAILING) if chosen.pairs else ():
        found = [t * 1000 for _ in range(chosen.pairs) for t in latencies(log)]
        middle, longest = statistics.median(found), max(found)
        print(f"{log.stem}: {middle:.0f} ms in the median, {longest:.0f} ms at most ({len(found)})")
    flat = True
    if chosen.repeat:
        text = lzma.decompress(LOAD.read_bytes())
        pieces = (text[i : i + 65536] for _ in range(chosen.repeat) for i in range(0, len(text), 65536))
        flat = report("restarts", fed(pieces, 10_000_000))
    if chosen.churn:
        flat = report("churn", fed(churn(chosen.churn), 2_000_000)) and flat
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
