"""Logs of clusters of any size, made to the form of MetalLB 0.14.8: for measuring what grows with what.

usage: python tests/clusters.py [--services N] [--failing N] [--pools N] [--passes N] > controller.log

Services that get an address come first, then those that fail; each of `passes` passes over all services follows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, summarize_address_range
from random import Random

import orjson

from loganalyzer.metallb.addresses import AddressRange, format_address, parse_address
from loganalyzer.metallb.pools import Configuration, Pool
from tests.metallb.spew_printer import print_config

TIME = '"ts":"2026-05-04T08:00:00Z"}\n'
FAILED = (
    '{"caller":"service.go:143","error":"no available IPs","level":"error","msg":"IP allocation failed",'
    '"op":"allocateIPs",' + TIME
)
START = '{"caller":"main.go:52","event":"startUpdate","level":"debug","msg":"start of service update",' + TIME
CONVERGED = '{"caller":"main.go:87","event":"noChange","level":"debug","msg":"service converged, no change",' + TIME
WRITTEN = '{"caller":"main.go:83","event":"serviceUpdated","level":"info","msg":"updated service object",' + TIME
END = '{"caller":"main.go:88","event":"endUpdate","level":"debug","msg":"end of service update",' + TIME
STARTING = (
    '{"branch":"v0.14","caller":"main.go:167","commit":"x","goversion":"go","level":"info",'
    '"msg":"MetalLB controller starting version 0.14.8 (commit x, branch v0.14)",'
    + TIME[:-2]
    + ',"version":"0.14.8"}\n'
)
RELOAD = '"controller":"ServiceReconciler - reprocessAll","level":"info",'


def service(number: int, version: int, *, key: str, address: str = "") -> str:
    """The dump of a service, as the API server's object would be."""
    ingress = {"ingress": [{"ip": address}]} if address else {}
    document = {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {
            "name": f"s{number}",
            "namespace": "shop",
            "uid": f"5eed0000-0000-4000-8000-{number:012d}",
            "resourceVersion": str(version),
            "annotations": {"metallb.universe.tf/allow-shared-ip": key} if key else {},
        },
        "spec": {
            "ports": [{"protocol": "TCP", "port": 80, "targetPort": 80}],
            "selector": {"app": f"s{number}"},
            "clusterIP": "10.96.0.10",
            "clusterIPs": ["10.96.0.10"],
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Cluster",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
        },
        "status": {"loadBalancer": ingress},
    }
    return orjson.dumps(document).decode()


def pools(number: int, addresses: int) -> list[Pool]:
    """So many pools that share so many addresses, and one of a /16 and an IPv6 /64 that assigns nothing by itself."""
    each = -(-addresses // number)
    small = []
    for i in range(number):
        first, count = parse_address("10.1.0.0") + i * each, min(each, addresses - i * each)
        if count > 0:
            small.append(Pool(f"pool-{i:03d}", tuple(_cidrs(first, first + count - 1))))
    wide = AddressRange(parse_address("172.16.0.0"), parse_address("172.16.255.255"))
    long = AddressRange(parse_address("fd00::"), parse_address("fd00::ffff:ffff:ffff:ffff"))
    return [*small, Pool("wide", (wide, long), auto_assign=False)]


def _cidrs(first: int, last: int) -> Iterator[AddressRange]:
    """The CIDRs that MetalLB makes of a range of IPv4 addresses."""
    for network in summarize_address_range(IPv4Address(first), IPv4Address(last)):
        yield AddressRange(int(network[0]), int(network[-1]))


def lines(services: int, failing: int, number: int, passes: int) -> Iterator[str]:
    """The log: a start, the configuration, each service once, then passes over all of them."""
    held = services - failing
    made = pools(number, held)
    text = print_config(Configuration({p.name: p for p in made}), "0.13.8", Random(1))  # noqa: S311 - only an order
    rendered = orjson.dumps(text).decode()
    yield STARTING
    yield '{"caller":"pool_controller.go:85","controller":"PoolReconciler","level":"debug",'
    yield f'"rendered config":{rendered},{TIME}'
    yield '{"caller":"main.go:125","event":"startUpdate","level":"debug","msg":"start of config update",' + TIME
    yield '{"caller":"main.go:136","event":"endUpdate","level":"debug","msg":"end of config update",' + TIME
    addresses = [format_address(a) for p in made[:-1] for r in p.ranges for a in range(r.first, r.last + 1)]
    keys = [("web" if i % 3 == 0 else "") for i in range(services)]
    for again in range(passes + 1):
        yield (
            '{"caller":"service_controller_reload.go:63",' + RELOAD + '"start reconcile":"metallbreload/reload",' + TIME
        )
        for i in range(services):
            got = addresses[i] if i < held else ""
            version = 1000 + i * 2 + bool(again and got)
            dump = orjson.dumps(service(i, version, key=keys[i], address=got if again else "")).decode()
            yield (
                '{"caller":"service_controller_reload.go:98","controller":"ServiceReconciler - reprocessAll",'
                f'"level":"debug","reprocessing service":{dump},{TIME}'
            )
            yield START
            if got and not again:
                yield (
                    f'{{"caller":"service.go:150","event":"ipAllocated","ip":["{got}"],"level":"info",'
                    f'"msg":"IP address assigned by controller",{TIME}'
                )
                yield WRITTEN
            else:
                yield from () if got else (FAILED,)
                yield CONVERGED
            yield END
        yield (
            '{"caller":"service_controller_reload.go:119",' + RELOAD + '"end reconcile":"metallbreload/reload",' + TIME
        )


def main() -> None:
    """Writes a log to standard output."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("services", 1000), ("failing", 100), ("pools", 10), ("passes", 3)):
        arguments.add_argument(f"--{name}", type=int, default=default)
    chosen = arguments.parse_args()
    sys.stdout.writelines(lines(chosen.services, chosen.failing, chosen.pools, chosen.passes))


if __name__ == "__main__":
    main()
