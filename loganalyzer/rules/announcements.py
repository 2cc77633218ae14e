"""MLB501 to MLB509 and MLB608: why a node does not announce an address that the controller gave."""

from __future__ import annotations

from loganalyzer.rules.rule import Finding, Rule, quoted


def _describe(f: Finding) -> str:
    return f"kubectl -n {quoted(f.namespace)} describe service {quoted(f.name)}"


MLB501 = Rule(
    code="MLB501",
    name="no-local-endpoints",
    holds_when=(
        "the node has no ready endpoint of an externalTrafficPolicy: Local service, or the service has none anywhere"
    ),
    summary=lambda f: f"{f.service} has no ready pod on this node (Local), or none anywhere",
    remedy=lambda f: (
        "look where its ready pods are: without any no node announces, under Local only those that have one:",
        f"kubectl -n {quoted(f.namespace)} get endpointslices -l kubernetes.io/service-name={quoted(f.name)} -o yaml",
    ),
)

MLB502 = Rule(
    code="MLB502",
    name="not-owner",
    holds_when="another node announces the address (layer 2): normal, reported, no fault",
    summary=lambda f: f"another node won the election and announces {f.service}",
    remedy=lambda f: ("nothing: in layer 2 one node announces an address at a time",),  # noqa: ARG005
)

MLB503 = Rule(
    code="MLB503",
    name="no-address-allocated",
    holds_when="nothing to announce: the controller gave the service no address",
    summary=lambda f: f"{f.service} has no address, so there is nothing to announce",
    remedy=lambda f: ("look at the controller's log: the reason is there, not in the speaker's", _describe(f)),
)

MLB504 = Rule(
    code="MLB504",
    name="pool-not-advertised",
    holds_when="no advertisement of the address's pool selects this node (from 0.16 also: this service)",
    summary=lambda f: f"no advertisement of the pool{f' {f.pool}' if f.pool else ''} selects this node for {f.service}",
    remedy=lambda f: (  # noqa: ARG005
        "compare the advertisements' pools and node selectors with the nodes' labels:",
        "kubectl -n metallb-system get l2advertisements,bgpadvertisements -o yaml",
        "kubectl get nodes --show-labels",
    ),
)

MLB505 = Rule(
    code="MLB505",
    name="node-network-unavailable",
    holds_when="the node has the NetworkUnavailable condition",
    summary=lambda f: f"the node's network is unavailable, so it does not announce {f.service}",
    remedy=lambda f: (  # noqa: ARG005
        "look at the node's conditions and at its network plugin:",
        "kubectl get nodes -o wide",
    ),
)

MLB506 = Rule(
    code="MLB506",
    name="node-excluded",
    holds_when="the node is labelled out of external load balancers",
    summary=lambda f: f"the node is labelled out of external load balancers, so it does not announce {f.service}",
    remedy=lambda f: (  # noqa: ARG005
        "take the label away, or start the speakers with --ignore-exclude-lb:",
        "kubectl label node NODE node.kubernetes.io/exclude-from-external-load-balancers-",
    ),
)

MLB507 = Rule(
    code="MLB507",
    name="interface-mismatch",
    holds_when=(
        "no interface that the L2 advertisement names is on the node: it claims to announce and answers nothing"
    ),
    summary=lambda f: f"the node won {f.service} and has none of the interfaces that the advertisement names",
    remedy=lambda f: (  # noqa: ARG005
        "name an interface that the node has, or keep such nodes out with the advertisement's nodeSelectors:",
        "kubectl -n metallb-system get l2advertisements -o yaml",
    ),
)

MLB508 = Rule(
    code="MLB508",
    name="bgp-session-down",
    holds_when="the BGP session to a peer is down or was refused",
    summary=lambda f: (
        f"the BGP session{f' to {f.address}' if f.address else ''} is down: {f.error.reason or 'see the log'}"
    ),
    remedy=lambda f: (  # noqa: ARG005
        "compare address, port, AS numbers and password with the router's, and look at its own log:",
        "kubectl -n metallb-system get bgppeers -o yaml",
    ),
)

MLB509 = Rule(
    code="MLB509",
    name="address-not-in-speaker-config",
    holds_when="the speaker's configuration does not have the allocated address",
    summary=lambda f: f"no pool in the speaker's configuration has the address of {f.service}",
    remedy=lambda f: (
        "give the address back to a pool, or let the controller take it away:",
        "kubectl -n metallb-system get ipaddresspools -o yaml",
        _describe(f),
    ),
)

MLB608 = Rule(
    code="MLB608",
    name="local-single-node",
    holds_when="a Local service that one lost node takes off the net (advice)",
    summary=lambda f: f"{f.service} is Local and the loss of one node takes it off the net: {f.error.reason}",
    remedy=lambda f: (
        "spread its pods over nodes that an advertisement selects (topologySpreadConstraints), or use Cluster:",
        f"kubectl -n {quoted(f.namespace)} get endpointslices -l kubernetes.io/service-name={quoted(f.name)} -o yaml",
    ),
)
