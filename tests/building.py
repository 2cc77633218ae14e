"""Small services, pools and configurations, made by hand and at random."""

from collections.abc import Mapping
from math import prod
from typing import Any

from hypothesis import strategies as st

from loganalyzer.metallb.addresses import AddressRange, parse_address
from loganalyzer.metallb.pools import Configuration, Pool, ServiceAllocation
from loganalyzer.metallb.selectors import parse_selector
from loganalyzer.metallb.services import ADDRESS_POOL, ALLOW_SHARED_IP, OLD_PREFIX, Port, Service
from loganalyzer.metallb.versions import Version
from loganalyzer.model.state import Place
from loganalyzer.sources.inputs import Source

VERSIONS = (Version(0, 13, 12), Version(0, 14, 8), Version(0, 14, 9), Version(0, 15, 3), Version(0, 16, 1))
CLUSTER_IPS = {
    "ipv4": ("10.96.0.10",),
    "ipv6": ("fd00:96::10",),
    "dual": ("10.96.0.10", "fd00:96::10"),
}


def debug_source(name: str = "controller.log") -> Source:
    """An input at debug level."""
    source = Source(name)
    source.level = "debug"
    return source


def place(line: int, source: Source | None = None) -> Place:
    """A line of an input at debug level."""
    return Place(source or debug_source(), line, b"2026-05-04T08:00:00Z")


def service(
    name: str,
    *,
    key: str = "",
    policy: str = "Cluster",
    selector: Mapping[str, str] | None = None,
    ports: tuple[Port, ...] = (Port("TCP", 80),),
    labels: Mapping[str, str] | None = None,
    cluster: str = "ipv4",
    family_policy: str = "SingleStack",
    pool: str = "",
    requested: str = "",
    status: tuple[str, ...] = (),
) -> Service:
    """A service of type LoadBalancer; `name` is `namespace/name`."""
    annotations = {OLD_PREFIX + ALLOW_SHARED_IP: key, OLD_PREFIX + ADDRESS_POOL: pool}
    namespace, _, short = name.partition("/")
    return Service(
        namespace=namespace,
        name=short,
        uid="",
        resource_version="",
        type="LoadBalancer",
        labels=labels or {},
        annotations={name: value for name, value in annotations.items() if value},
        selector=selector or {},
        ports=ports,
        traffic_policy=policy,
        cluster_ips=CLUSTER_IPS[cluster],
        ip_families=(),
        family_policy=family_policy,
        load_balancer_ip=requested,
        load_balancer_class=None,
        status=status,
    )


def span(first: str, last: str) -> AddressRange:
    """The range from one address to another."""
    return AddressRange(parse_address(first), parse_address(last))


def configuration(*pools: Pool) -> Configuration:
    """A configuration of these pools."""
    return Configuration({pool.name: pool for pool in pools})


NAMES = tuple(f"{namespace}/{name}" for namespace in ("team-a", "team-b") for name in ("a", "b", "c", "d"))
_CHOICES: dict[str, tuple[Any, ...]] = {
    "name": NAMES,
    "key": ("edge", "edge", "edge", "other", ""),
    "policy": ("Cluster", "Cluster", "Local"),
    "selector": ({}, {"app": "web"}, {"app": "mail"}),
    "ports": (
        (Port("TCP", 80),),
        (Port("UDP", 53),),
        (Port("TCP", 53),),
        (Port("TCP", 80), Port("TCP", 443)),
        (Port("TCP", 53), Port("UDP", 53)),
    ),
    "labels": ({}, {"tier": "gold"}),
    "cluster": ("ipv4", "ipv4", "ipv4", "ipv4", "ipv6", "dual"),
    "family_policy": ("SingleStack", "PreferDualStack"),
    "pool": ("", "", "", "", "blue", "green"),
}


def _chosen(number: int) -> Service:
    """The service of a number: one draw for all of its fields, which is many times as fast as one for each."""
    fields: dict[str, Any] = {}
    for field, choices in _CHOICES.items():
        number, index = divmod(number, len(choices))
        fields[field] = choices[index]
    return service(**fields)


SERVICES = st.integers(0, prod(map(len, _CHOICES.values())) - 1).map(_chosen)
"""Few names, keys and ports, so that services get into each other's way."""

_RANGES = {
    "blue": [("192.0.2.1", "192.0.2.1"), ("192.0.2.254", "192.0.2.255"), ("2001:db8::1", "2001:db8::1")],
    "green": [("198.51.100.7", "198.51.100.8"), ("198.51.100.255", "198.51.100.255"), ("2001:db8:1::", "2001:db8:1::")],
    "red": [("203.0.113.0", "203.0.113.0"), ("203.0.113.4", "203.0.113.4")],
}
_ALLOCATIONS = (
    *[None] * 12,
    ServiceAllocation(0, frozenset({"team-a"}), ()),
    ServiceAllocation(0, frozenset(), (parse_selector("tier=gold"),)),
    ServiceAllocation(0, frozenset({"team-b"}), (parse_selector("tier=gold"),)),
    ServiceAllocation(0, frozenset(), ()),
)


def _pools(name: str) -> st.SearchStrategy[Pool]:
    return st.builds(
        Pool,
        st.just(name),
        st.lists(st.sampled_from(_RANGES[name]), min_size=1, max_size=2, unique=True).map(
            lambda ranges: tuple(span(*r) for r in ranges)
        ),
        auto_assign=st.sampled_from([True] * 7 + [False]),
        avoid_buggy=st.booleans(),
        allocation=st.sampled_from(_ALLOCATIONS),
    )


_SETS = ((), ("blue",), ("green",), ("red",), ("blue", "green"), ("red", "blue"), ("green", "red", "blue"))
CONFIGURATIONS = st.sampled_from(_SETS).flatmap(
    lambda names: st.tuples(*map(_pools, names)).map(lambda pools: configuration(*pools))
)
"""Up to three pools of one to three addresses, of one or both families."""
