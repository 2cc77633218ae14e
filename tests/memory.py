"""How much memory `explain` takes at its highest for a long stream of one pod, in each form that a log comes in.

usage: python tests/memory.py [--check] [--size MB] [FORM...]

The log of fixtures/load (a busy cluster at debug level, 53 MB) is repeated, day after day, as restarts of one
controller, put into each form and piped into `loganalyzer explain --format json`. --size counts the bytes of the form
itself. --check exits with 1 where a form takes more than 150 MB and four times its longest line.
"""

from __future__ import annotations

import argparse
import gzip
import io
import lzma
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import zstandard

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.sources.forms import DAMAGE, WRAPPINGS, Form  # noqa: E402 - found by the line before

LOAD = ROOT / "fixtures" / "load" / "busy-v0.14.8.log.xz"
ALLOWED = 150_000_000
_TWO_LINES = 2 << 10

DOCUMENTS = {
    "array": (b"[", b"]"),
    "array-indented": (b"[", b"\n]"),
    "array-by-line": (b"[\n", b"\n]"),
    "elasticsearch-answer": (b'"hits": [', b"\n    ]"),
    "loki-answer": (b'"values": [', b"]}]}}"),
}
"""Forms that are one document: what stands before its first element and behind its last one."""

NEWEST_FIRST = frozenset({"loki-answer", "logcli-newest-first", "kibana-newest-first"})
FORMS: dict[str, Form] = {"plain": bytes, "gzip": bytes, "zstd": bytes, **WRAPPINGS}
FORMS |= {name: DAMAGE[name] for name in ("ansi", "crlf", "utf-16-le", "utf-16-no-mark")}

_DAY = re.compile(rb"2026-03-25(?=[T ])")
_REVISION = re.compile(rb"(?<=resourceVersion)([\\\":]+)(\d+)")
_SINCE_1970 = re.compile(rb"(?<=[\": ])177\d{7}(?=\d{6,9}\"|\.)")

# Linux counts what a process was before it became another program: a small one has to start it.
STARTER = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(status, used.ru_maxrss * 1024, int(used.ru_utime + used.ru_stime))
"""


def on_day(block: bytes, days: int) -> bytes:
    """The block with its times moved by some days, and with new revisions of its objects."""
    if days == 0:
        return block
    wide = b"2\x000\x002\x006\x00" in block[:_TWO_LINES]
    day = (datetime(2026, 3, 25, tzinfo=UTC) + timedelta(days=days)).strftime("%Y-%m-%d")
    if wide:
        return block.replace("2026-03-25T".encode("utf-16-le"), f"{day}T".encode("utf-16-le"))
    moved = _REVISION.sub(lambda m: b"%s%d%s" % (m[1], days, m[2]), _DAY.sub(day.encode(), block))
    return _SINCE_1970.sub(lambda m: b"%d" % (int(m[0]) + 86400 * days), moved)


def stream(name: str, log: bytes, size: int) -> Iterator[bytes]:
    """The form of a log that is repeated until it has `size` bytes, in pieces."""
    block = FORMS[name](log)
    before, between, after = b"", b"", b""
    if name in DOCUMENTS:
        head, tail = DOCUMENTS[name]
        opening, _, rest = block.partition(head)
        block, _, closing = rest.rpartition(tail)
        before, between, after = opening + head, b",", tail + closing
    step = -1 if name in NEWEST_FIRST else 1
    yield before
    given = 0
    for repeat in range(1 << 20):
        yield between * (repeat > 0)
        yield on_day(block, step * repeat)
        given += len(block)
        if given >= size:
            break
    yield after


def fed(name: str, log: bytes, size: int, pipe: IO[bytes]) -> tuple[int, int]:
    """Writes the form into a pipe; the bytes, and those of the longest line that is more than a document itself."""
    packed: dict[str, Callable[[], Any]] = {
        "gzip": lambda: gzip.GzipFile(fileobj=pipe, mode="wb", compresslevel=1),
        "zstd": lambda: zstandard.ZstdCompressor(level=1).stream_writer(pipe, closefd=False),
    }
    to: Any = packed[name]() if name in packed else pipe
    given = 0
    longest = max(map(len, log.split(b"\n"))) if name in DOCUMENTS else 0
    for piece in stream(name, log, size):
        for at in range(0, len(piece), 1 << 20):
            to.write(piece[at : at + (1 << 20)])
        given += len(piece)
        if not longest and piece:
            longest = max(map(len, piece.split(b"\n")))
    if to is not pipe:
        to.close()
    return given, longest


def measured(name: str, log: bytes, size: int) -> tuple[int, int, int, int]:
    """The bytes of the stream, of its longest line, of memory at its highest, and the seconds of CPU."""
    command = [sys.executable, "-c", STARTER, sys.executable, "-m", "loganalyzer", "explain", "--format", "json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with io.BufferedWriter(process.stdin, 1 << 20) as pipe:
            given, longest = fed(name, log, size, pipe)
        status, highest, seconds = map(int, process.stdout.read().split())
    if status:
        raise SystemExit(f"{name}: explain ended with status {status}")
    return given, longest, highest, seconds


def main() -> int:
    """Measures, prints, and with --check judges."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true")
    arguments.add_argument("--size", type=int, default=120, metavar="MB")
    arguments.add_argument("forms", nargs="*", metavar="FORM", help=", ".join(FORMS))
    chosen = arguments.parse_args()
    log = lzma.decompress(LOAD.read_bytes())
    much: list[str] = []
    for name in chosen.forms or FORMS:
        given, longest, highest, seconds = measured(name, log, chosen.size * 1_000_000)
        print(f"{name:26} {given / 1e6:6.0f} MB  {highest / 1e6:5.0f} MB at most  {seconds:5.0f} s of CPU", flush=True)
        if highest > ALLOWED + 4 * longest:
            much.append(name)
    if much and chosen.check:
        print(f"more than {ALLOWED / 1e6:.0f} MB: {', '.join(much)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
