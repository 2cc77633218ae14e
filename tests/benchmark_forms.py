"""What a wrapping costs: `explain` on a log in each form, beside the plain log and one decoding of the wrapping.

usage: python tests/benchmark_forms.py [--runs N] [FORM...]

The log is fixtures/load (53 MB of a busy cluster's debug log). For each form whole processes in turn, by the CPU time
that the operating system accounts to them: `explain --format json` on the plain log; a loop that decodes each envelope
once with orjson (a document: as a whole; a prefix: matches its pattern once); `explain` on the form; then the first two
again, so that a machine that slows down meanwhile does so for all. The medians of some runs are printed. A last column
of 1 is a form that costs no more than reading the plain log and decoding the wrapping once.
"""

from __future__ import annotations

import argparse
import lzma
import re
import statistics
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from loganalyzer.sources.wrappings import Prefixes  # noqa: E402 - found by the line before
from tests.benchmark import DECODE, LOAD, cost, explaining, written  # noqa: E402
from tests.sources.forms import WRAPPINGS  # noqa: E402

DOCUMENTS = frozenset({"loki-answer", "elasticsearch-answer", "array", "array-indented"})
FORMS = (
    "docker", "stern-json", "journald-json", "logcli-jsonl", "elasticsearch-hits", "kibana-fields", "filebeat",
    "fluent-bit", "vector", "array-by-line", "array", "array-indented", "elasticsearch-answer", "loki-answer", "cri",
    "kubectl-timestamps", "kubectl-prefix", "stern", "logcli", "journald-short-iso", "syslog",
)  # fmt: skip

WHOLE = "import sys, orjson; orjson.loads(open(sys.argv[1], 'rb').read())"
MATCH = """
import re, sys
pattern = re.compile({!r})
for line in open(sys.argv[1], "rb"):
    found = pattern.match(line)
    line[found.end():] if found else line
"""


def decoding(name: str, form: bytes) -> str:
    """The program that takes off a form's wrapping once."""
    if name in DOCUMENTS:
        return WHOLE
    if form[:1] in b"{[":
        return DECODE if name != "array-by-line" else DECODE.replace("(line)", "(line.rstrip(b',\\n'))")
    prefixes, text, patterns = Prefixes(), form[:400], []
    while (found := prefixes.strip(text)) is not None and prefixes.last is not None:
        patterns.append(re.sub(rb"\?P<\w+>", b"", prefixes.last.pattern.pattern))
        text = found.text
    return MATCH.format(b"".join(patterns))


class Measured(NamedTuple):
    """Seconds for the plain log, for decoding the wrapping alone, and for the form; what the last is to both others."""

    plain: float
    decoding: float
    form: float
    ratio: float


def measured(name: str, plain: bytes, runs: int) -> Measured:
    """The medians of so many runs."""
    form = WRAPPINGS[name](plain)
    with written(iter([plain])) as log, written(iter([form])) as wrapped:
        taking_off = [sys.executable, "-c", decoding(name, form), wrapped]
        commands = (explaining(log), taking_off, explaining(wrapped), taking_off, explaining(log))
        found: list[Measured] = []
        for _ in range(runs):
            before, first, third, second, behind = (cost(command).cpu for command in commands)
            both = (before + behind) / 2, (first + second) / 2
            found.append(Measured(*both, third, third / sum(both)))
    return Measured(*map(statistics.median, zip(*found, strict=True)))


def main() -> None:
    """Prints a row for each form."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--runs", type=int, default=5, metavar="N")
    arguments.add_argument("forms", nargs="*", metavar="FORM", choices=[[], *WRAPPINGS], default=[])
    chosen = arguments.parse_args()
    plain = lzma.decompress(LOAD.read_bytes())
    print("| form | plain (s) | decoding (s) | form (s) | form / (plain + decoding) |\n| --- | --- | --- | --- | --- |")
    for name in chosen.forms or FORMS:
        found = measured(name, plain, chosen.runs)
        print("| " + " | ".join([name, *(f"{value:.2f}" for value in found)]) + " |", flush=True)


if __name__ == "__main__":
    main()
