"""What the search for fixes costs, against explaining the same failures without it.

usage: python -m tests.benchmark_fixes [--services N] [--failing N] [--write FILE] [--check]

A log at debug level of a MetalLB 0.14.8 that holds many services and leaves some without an address, for every kind of
cause. Both times are CPU of one process, the median of three. --check exits with 1 where the search takes longer than
explaining; --write keeps the log.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from loganalyzer.metallb.pool_objects import configuration_from, pool_from_object
from loganalyzer.metallb.versions import Version
from loganalyzer.pipeline import diagnose
from tests.metallb.spew_printer import print_config
from tests.whatif.samples import pool, service

VERSION = Version(0, 14, 8)
STAMP = "2026-05-04T08:00:00Z"
NAMED = ("auto", "named", "lab")


def pools(count: int) -> list[dict[str, Any]]:
    """Three pools that are full with `count` services but for a few addresses of the one that is asked for by name."""
    first, second = count // 2, count - count // 2
    return [
        pool("auto", f"10.1.0.0-{_address('10.1', first - 1)}"),
        pool("named", f"10.2.0.0-{_address('10.2', second - 1)}", autoAssign=True),
        pool("lab", "10.3.0.0/30", autoAssign=False),
    ]


def holders(count: int) -> Iterator[dict[str, Any]]:
    """Services that hold an address each, some of them under a key or Local."""
    half = count // 2
    for i in range(count):
        base, number = ("10.1", i) if i < half else ("10.2", i - half)
        found = service(f"s{i:04}", key=f"k{i % 40}" if i % 3 else "", local=i % 5 == 0, selector=f"x{i % 7}")
        yield {**found, "status": {"loadBalancer": {"ingress": [{"ip": _address(base, number)}]}}}


def waiting(count: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Services without an address, each with MetalLB's error."""
    for i in range(count):
        name = f"w{i:03}"
        shapes = [
            (service(name), "no available IPs"),
            (service(name, key=f"k{i % 40}", port=80), "no available IPs"),
            (service(name, key="nobody", port=81, local=True), "no available IPs"),
            (service(name, address_pool="gone"), 'unknown pool "gone"'),
            (service(name, loadBalancerIPs="203.0.113.9"), '["203.0.113.9"] is not allowed in config'),
        ]
        yield shapes[i % len(shapes)]


def log(services: int, failing: int) -> bytes:
    """The controller's log from its start to the end of its first pass over all."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in _lines(services, failing))


def _lines(services: int, failing: int) -> Iterator[dict[str, Any]]:
    text = f"MetalLB controller starting version {VERSION} (commit 0, branch v0.14)"
    yield _line("main.go:167", level="info", msg=text, version=str(VERSION), commit="0", branch="v0.14")
    reconciler, given = {"controller": "PoolReconciler"}, pools(services - failing)
    made = configuration_from(pool_from_object(p["metadata"]["name"], p["spec"], VERSION, {}) for p in given)
    yield _line("pool_controller.go:48", **reconciler, **{"start reconcile": "metallb-system/auto"})
    yield _line("pool_controller.go:76", **reconciler, **{"metallb CRs": json.dumps({"ipaddresspools": given})})
    rendered = print_config(made, "0.14.8", random.Random(1))  # noqa: S311 - addresses of a dump
    yield _line("pool_controller.go:85", **reconciler, **{"rendered config": rendered})
    yield _line("main.go:125", event="startUpdate", msg="start of config update")
    yield _line("main.go:136", event="endUpdate", msg="end of config update")
    yield _line("pool_controller.go:99", level="info", event="force service reload", **reconciler)
    yield _line("pool_controller.go:112", level="info", event="config reloaded", **reconciler)
    yield _line("pool_controller.go:113", level="info", **reconciler, **{"end reconcile": "metallb-system/auto"})
    everybody = {"controller": "ServiceReconciler - reprocessAll"}
    reload = "metallbreload/reload"
    yield _line("service_controller_reload.go:63", level="info", **everybody, **{"start reconcile": reload})
    for document in holders(services - failing):
        yield from _pass(document, "")
    for document, error in waiting(failing):
        yield from _pass(document, error)
    yield _line("service_controller_reload.go:119", level="info", **everybody, **{"end reconcile": reload})


def _pass(document: dict[str, Any], error: str) -> Iterator[dict[str, Any]]:
    everybody = {"controller": "ServiceReconciler - reprocessAll"}
    dump = json.dumps({**document, "apiVersion": "v1"})
    yield _line("service_controller_reload.go:98", **everybody, **{"reprocessing service": dump})
    yield _line("main.go:52", event="startUpdate", msg="start of service update")
    if error:
        yield _line("service.go:143", level="error", op="allocateIPs", error=error, msg="IP allocation failed")
    yield _line("main.go:87", event="noChange", msg="service converged, no change")
    yield _line("main.go:88", event="endUpdate", msg="end of service update")
    if error:
        name = f"{document['metadata']['namespace']}/{document['metadata']['name']}"
        told = {"event": "failed to handle service, no retry", "name": name, "service": dump, "endpoints": "[]"}
        yield _line("service_controller_reload.go:108", level="error", **everybody, **told)


def _line(caller: str, level: str = "debug", **fields: str) -> dict[str, Any]:
    return dict(sorted({"caller": caller, "level": level, "ts": STAMP, **fields}.items()))


def _address(base: str, number: int) -> str:
    return f"{base}.{number // 256}.{number % 256}"


def seconds(data: bytes, *, fixes: bool) -> float:
    """The CPU time of one diagnosis, in seconds."""
    none = patch("loganalyzer.whatif.remedies.fixes_for", return_value=())
    began = time.process_time()
    if fixes:
        diagnose([data])
    else:
        with none:
            diagnose([data])
    return time.process_time() - began


def main() -> int:
    """Measures, prints, and with --check judges."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--services", type=int, default=500)
    arguments.add_argument("--failing", type=int, default=50)
    arguments.add_argument("--write", type=Path)
    arguments.add_argument("--check", action="store_true")
    chosen = arguments.parse_args()
    data = log(chosen.services, chosen.failing)
    if chosen.write is not None:
        chosen.write.write_bytes(data)
    found = diagnose([data])
    helped = sum(any(fix.verified for fix in f.fixes) for f in found.failures)
    without = statistics.median(seconds(data, fixes=False) for _ in range(3))
    both = statistics.median(seconds(data, fixes=True) for _ in range(3))
    print(f"{chosen.services} services, {len(found.failures)} failures, {helped} of them with a verified fix")
    print(
        f"explaining {without:.2f} s, with fixes {both:.2f} s: the search takes {(both - without) / without:.1f} times"
    )
    return 1 if chosen.check and both - without > without else 0


if __name__ == "__main__":
    sys.exit(main())
