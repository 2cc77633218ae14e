"""Speakers' lines as each version writes them, and what is made of them."""

import io
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from loganalyzer.correlator.announcements.found import Announcement
from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.pipeline import Reading, diagnose

SERVICE = "default/web"
ADDRESS = "192.0.2.10"


def gokit(second: int = 0, level: str | None = "info", **fields: Any) -> str:
    """A go-kit line at a second after noon; keys with a blank are written with two underscores."""
    named = {key.replace("__", " "): value for key, value in fields.items()}
    if level is not None:
        named["level"] = level
    named |= {"caller": "main.go:1", "ts": f"2025-01-01T12:{second // 60:02d}:{second % 60:02d}Z"}
    return json.dumps(dict(sorted(named.items())), separators=(",", ":"))


def started(version: str = "0.14.8", second: int = 0) -> str:
    """The first line of a speaker."""
    return gokit(
        second, msg=f"MetalLB speaker starting version {version} (commit x, branch y)", version=version, commit="x"
    )


def own_node(node: str, *, turned: bool = False) -> list[str]:
    """The NodeReconciler's pass over the speaker's own node; `turned`: its network or its exclude label changed."""
    reload = [gokit(controller="NodeReconciler", event="force service reload")]
    return [
        gokit(controller="NodeReconciler", start__reconcile=f"/{node}"),
        gokit(event="nodeLabelsChanged", msg="Node labels changed, resyncing BGP peers"),
        *(reload if turned else []),
        gokit(controller="NodeReconciler", end__reconcile=f"/{node}"),
    ]


def service(name: str = SERVICE, *, policy: str = "Local", address: str = ADDRESS, revision: int = 1) -> str:
    """A Service's dump; without an address where `address` is empty."""
    namespace, _, own = name.partition("/")
    return json.dumps(
        {
            "kind": "Service",
            "apiVersion": "v1",
            "metadata": {"name": own, "namespace": namespace, "uid": own, "resourceVersion": str(revision)},
            "spec": {"type": "LoadBalancer", "externalTrafficPolicy": policy, "clusterIP": "10.0.0.1"},
            "status": {"loadBalancer": {"ingress": [{"ip": address}]} if address else {}},
        },
        separators=(",", ":"),
    )


def slice_of(name: str = SERVICE, *, revision: int = 1, **nodes: str) -> str:
    """An EndpointSlice's dump; `nodes` are pods by node: `ready`, `serving` (terminating) or `down`."""
    namespace, _, own = name.partition("/")
    conditions = {
        "ready": {"ready": True, "serving": True, "terminating": False},
        "serving": {"ready": False, "serving": True, "terminating": True},
        "down": {"ready": False, "serving": False, "terminating": False},
    }
    return json.dumps(
        {
            "metadata": {
                "name": f"{own}-abcde",
                "namespace": namespace,
                "uid": f"slice-{own}",
                "resourceVersion": str(revision),
                "labels": {"kubernetes.io/service-name": own},
            },
            "endpoints": [
                {"addresses": ["10.1.0.1"], "conditions": conditions[how], "nodeName": node.replace("_", "-")}
                for node, how in nodes.items()
            ],
        },
        separators=(",", ":"),
    )


def endpoints(name: str = SERVICE, *, revision: int = 1, **nodes: str) -> str:
    """The line that prints a changed slice."""
    text = slice_of(name, revision=revision, **nodes)
    return gokit(level="debug", controller="ServiceReconciler", enqueueing=name, epslice=text)


def configuration(
    layer2: Iterable[str] | None = ("node-1", "node-2"),
    bgp: Iterable[str] | None = None,
    *,
    peers: Mapping[str, str] = MappingProxyType({}),
    to: Iterable[str] = (),
) -> list[str]:
    """A configuration that comes into force: which nodes each protocol's advertisement selects.

    `peers` are BGP peers' addresses by name; `to` those that the BGP advertisement names.
    """
    known = "".join(
        f'  (string) "{name}": (*config.Peer)(0x1)({{\n   Name: (string) "{name}",\n'
        f"   Addr: (net.IP) {address}\n  }}),\n"
        for name, address in peers.items()
    )
    text = (
        f"(config.Config) {{\n Peers: (map[string]*config.Peer) {{\n{known} }},\n"
        " Pools: (*config.Pools)(0x1)({\n"
        '  ByName: (map[string]*config.Pool) (len=1) {\n   (string) (len=4) "main": (*config.Pool)(0x1)({\n'
        '    Name: (string) (len=4) "main",\n'
        f"    BGPAdvertisements: {_advertisements('BGP', bgp, to)},\n"
        f"    L2Advertisements: {_advertisements('L2', layer2)}\n"
        "   })\n  }\n })\n}\n"
    )
    return [
        gokit(level="debug", controller="ConfigReconciler", rendered__config=text),
        gokit(level="debug", event="startUpdate", msg="start of config update"),
        gokit(level="debug", event="endUpdate", msg="end of config update"),
    ]


def _advertisements(kind: str, nodes: Iterable[str] | None, peers: Iterable[str] = ()) -> str:
    if nodes is None:
        return f"([]*config.{kind}Advertisement) <nil>"
    named = "".join(f'       (string) "{name}",\n' for name in peers)
    entries = ",\n".join(f'       (string) (len=6) "{n}": (bool) true' for n in nodes)
    return (
        f"([]*config.{kind}Advertisement) (len=1 cap=1) {{\n     (*config.{kind}Advertisement)(0x1)({{\n"
        f"      Nodes: (map[string]bool) {{\n{entries}\n      }},\n"
        f"      Peers: ([]string) {{\n{named}      }}\n     }})\n    }}"
    )


def debug_pass(*lines: str, name: str = SERVICE, dump: str | None = None, second: int = 0) -> list[str]:
    """A single pass at debug level of 0.13 and later, with these lines inside."""
    return [
        gokit(second, controller="ServiceReconciler", start__reconcile=name),
        gokit(second, "debug", controller="ServiceReconciler", processing__service=dump or service(name)),
        gokit(second, "debug", event="startUpdate", msg="start of service update"),
        *lines,
        gokit(second, "debug", event="endUpdate", msg="end of service update"),
        gokit(second, controller="ServiceReconciler", end__reconcile=name),
    ]


def info_pass(*lines: str, name: str = SERVICE, second: int = 0) -> list[str]:
    """The same at info level."""
    return [
        gokit(second, controller="ServiceReconciler", start__reconcile=name),
        *lines,
        gokit(second, controller="ServiceReconciler", end__reconcile=name),
    ]


def all_services(*lines: str, second: int = 0) -> list[str]:
    """A pass over all services at info level: nothing in it has a service's name."""
    controller = "ServiceReconciler - reprocessAll"
    return [
        gokit(second, controller=controller, start__reconcile="metallbreload/reload"),
        *lines,
        gokit(second, controller=controller, end__reconcile="metallbreload/reload"),
    ]


def announcing(protocol: str = "layer2", address: str = ADDRESS, second: int = 0) -> str:
    """`service has IP, announcing`, from 0.13 on."""
    message = "service has IP, announcing"
    return gokit(second, event="serviceAnnounced", ips=[address], msg=message, pool="main", protocol=protocol)


def withdrawing(reason: str, address: str | None = ADDRESS, second: int = 0, **more: Any) -> str:
    """`withdrawing service announcement`, from 0.13 on; without an address up to 0.13.9."""
    message = "withdrawing service announcement"
    ip = [address] if address else None
    return gokit(second, event="serviceWithdrawn", ip=ip, msg=message, reason=reason, **more)


def skipping(protocol: str, reason: str, name: str = SERVICE) -> str:
    """`skipping should announce`, with its reason."""
    short = "l2" if protocol == "layer2" else "bgp"
    more: dict[str, Any] = {"ips": [ADDRESS], "pool": "main", "protocol": protocol, "reason": reason, "service": name}
    return gokit(level="debug", event=f"skipping should announce {short}", **more)


def candidates(*nodes: str, name: str = SERVICE) -> str:
    """The candidates of an election."""
    return gokit(
        level="debug",
        event="shouldannounce",
        ips=[ADDRESS],
        nodes=list(nodes),
        pool="main",
        protocol="l2",
        service=name,
    )


def nobody(name: str = SERVICE) -> str:
    """No usable endpoint anywhere."""
    return gokit(
        level="debug",
        event="shouldannounce",
        ips=[ADDRESS],
        message="failed no active endpoints",
        pool="main",
        protocol="l2",
        service=name,
    )


NO_BGP = skipping("bgp", "pool not matching my node")


def diagnosis(*logs: list[str], names: tuple[str, ...] = ()) -> Diagnosis:
    """What is made of these logs."""
    called = names or tuple(f"log-{i}.log" for i in range(len(logs)))
    given = [(name, io.BytesIO("\n".join(lines).encode())) for name, lines in zip(called, logs, strict=True)]
    return diagnose(given, reading=Reading())


def standing(found: Diagnosis) -> list[tuple[str, str | None, str | None, str, str | None]]:
    """What stands at the end: service, node, protocol, state, rule."""
    return [(a.service, a.node, a.protocol, a.state, a.rule) for a in found.announcements.episodes if a.current]


def only(found: Diagnosis) -> Announcement:
    """The one announcement that stands at the end."""
    (entry,) = [a for a in found.announcements.episodes if a.current]
    return entry
