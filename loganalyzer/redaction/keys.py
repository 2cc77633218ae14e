"""What stands under which key: tables of kinds. A new field of MetalLB or Kubernetes is one entry."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from loganalyzer.metallb.services import (
    ADDRESS_POOL,
    ALLOCATED_FROM_POOL,
    ALLOW_SHARED_IP,
    LOAD_BALANCER_IPS,
    NEW_PREFIX,
    OLD_PREFIX,
)

WORDS, SECRET, GONE = "words", "secret", "gone"
"""Texts in which words that may stay do; secrets; and what is left out whole."""

LABELS, ANNOTATIONS, SECRETS = "labels", "annotations", "secrets"
"""Mappings whose keys are users'."""

ASN, NUMBER, TIME, TRACE, PATH = "asn", "number", "time", "trace", "path"
LABEL_KEY, ANNOTATION_KEY, DUMP = "label-key", "annotation-key", "dump"

NO_ADDRESSES: Final = frozenset({"uid", "mac", "interface"})
"""Kinds of names that are no addresses unless they begin with a digit."""


def _table(**kinds: str) -> dict[str, str]:
    return {key: kind.replace("_", "-") for kind, names in kinds.items() for key in names.split("|")}


KEYS: Final[Mapping[str, str]] = {
    **_table(
        words="action|apiVersion|apiVersions|architecture|branch|bug|caller|component|controller|controllerGroup|"
        "controllerKind|effect|error|err|event|externalTrafficPolicy|fieldsType|goversion|"
        "internalTrafficPolicy|ipFamilies|ipFamilyPolicy|kind|level|logger|lastState|message|msg|node event|note|op|"
        "operating system|operation|operator|phase|policy|protocol|reason|reportingComponent|reportingController|"
        "result|runtime|sessionAffinity|severity|status|subresource|type|unable to create|unable to create controller|"
        "unable to set up|version|warning|webhook|addressType|family|source|manager|Type|finalizers|protocols|"
        "containerRuntimeVersion|kubeProxyVersion|kubeletVersion|operatingSystem|apiGroup|roles",
        dump="rendered config|metallb CRs|metallb CRs and Secrets|created state|updated state|epslice|endpoints",
        time="ts|creationTimestamp|deletionTimestamp|time|firstTimestamp|lastTimestamp|eventTime|lastObservedTime|"
        "lastTransitionTime|lastHeartbeatTime|lastUpdateTime|deprecatedFirstTimestamp|deprecatedLastTimestamp|"
        "holdTime|keepaliveTime|connectTime|hold-time",
        number="resourceVersion|priority|aggregationLength|aggregationLengthV6|localPref|aggregation-length|"
        "aggregation-length-v6|localpref|generation|count|port|nodePort|targetPort|healthCheckNodePort|peerPort|"
        "peer-port|numAds|worker count|number of other nodes|deprecatedCount|assignedIPv4|assignedIPv6|availableIPv4|"
        "availableIPv6|receiveInterval|transmitInterval|echoInterval|detectMultiplier|minimumTtl|observedGeneration|"
        "timeoutSeconds|localPort|Version|HoldTime|OptsLen",
        asn="myASN|peerASN|my-asn|peer-asn|localASN|asn|ASN|MyASN",
        address="address|ip|ips|IP|clusterIP|clusterIPs|loadBalancerIP|node addr|senderIP|senderLLAddr|peerAddress|"
        "peer-address|sourceAddress|source-address|routerID|router-id|hostIP|hostIPs|podIP|podIPs|externalIPs|"
        "clusterips|loadBalancerSourceRanges|localPrefixes|nodeIP|podCIDR|podCIDRs|Addr|SrcAddr|RouterID",
        range="addresses|CIDR|cidrsPerAddresses|cidr",
        mac="responseMAC|senderMAC|mac",
        service="service|processing service|reprocessing service|processing deletion on service|filtered service|"
        "enqueueing|serviceName",
        path="start reconcile|end reconcile|name|configmap|generateName|Name",
        namespace="namespace|namespaces|serviceNamespace|Namespace|Namespaces|ByNamespace",
        node="node|nodes|nodeName|node name|Nodes",
        host="hostname|host|hosts",
        pool="pool|ipAddressPools|address-pool|ByName|ByServiceSelector|Pools",
        interface="interface|interfaces|localIfs|skip interfaces|Interfaces|interfaceName",
        peer="peer|peers|Peers|bgpPeers",
        profile="bfdProfile|bfd-profile|BFDProfile|BFDProfiles|bfdprofile",
        lbclass="loadBalancerClass",
        uid="uid|providerID|machineID|systemUUID|bootID",
        community="communities|community|Communities|largeCommunity",
        vrf="vrf|VRF|vrfName",
        secret="password|Password|SecretPassword|secretPassword|passwd|secret|token|secretkey|secretKey",  # noqa: S106
        secrets="stringData|passwordsecrets",
        labels="labels|selector|matchLabels|nodeSelector|match-labels|topology|deprecatedTopology",
        annotations="annotations",
        managed="managedFields",
        trace="stacktrace",
        gone="config|BGPExtras|bgpextras|BGPExtrasCM|raw|reconcileID|commit|fieldsV1|binaryData|reportingInstance",
        annotation_key="annotation",
        label_key="key",
    ),
    "values": "label",
}  # fmt: skip
"""The kind of a key's values, wherever the key stands. A text under any other key can't be judged, and goes."""

KINDS_OF_OBJECTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("Service", "ServiceReconciler"), "service"),
    **dict.fromkeys(("IPAddressPool", "AddressPool", "PoolReconciler", "PoolStatusReconciler"), "pool"),
    **dict.fromkeys(("Node", "NodeReconciler", "ServiceBGPStatus"), "node"),
    "Namespace": "namespace",
    "Pod": "pod",
    "BGPPeer": "peer",
    "BFDProfile": "profile",
    "L2Advertisement": "advertisement",
    "BGPAdvertisement": "advertisement",
    "EndpointSlice": "slice",
    "Event": "event",
    "Secret": "secret-name",
}
"""What an object's name is: by its kind, or by the reconciler that looks at it."""

_ANNOTATIONS: Final = {
    ADDRESS_POOL: "pool",
    ALLOCATED_FROM_POOL: "pool",
    ALLOW_SHARED_IP: "key",
    LOAD_BALANCER_IPS: "address",
}
ANNOTATION_KINDS: Final[Mapping[str, str]] = {
    p + n: k for p in (OLD_PREFIX, NEW_PREFIX) for n, k in _ANNOTATIONS.items()
}

LABEL_KINDS: Final[Mapping[str, str]] = {
    **ANNOTATION_KINDS,
    "kubernetes.io/hostname": "node",
    "metallb.io/node": "node",
    "kubernetes.io/service-name": "service",
    "metallb.io/service-name": "service",
    "metallb.io/service-namespace": "namespace",
    "kubernetes.io/metadata.name": "namespace",
}
"""Labels whose values name something that has a name of its own."""

METALLB_NAMES: Final = tuple(_ANNOTATIONS)
METALLB_DOMAINS: Final = (OLD_PREFIX[:-1], NEW_PREFIX[:-1])

DOMAINS: Final = frozenset(
    {
        "kubernetes.io", "k8s.io", "app.kubernetes.io", "kubectl.kubernetes.io", "node.kubernetes.io",
        "node-role.kubernetes.io", "topology.kubernetes.io", "service.kubernetes.io", "beta.kubernetes.io",
        "endpointslice.kubernetes.io", "deployment.kubernetes.io", "service.beta.kubernetes.io",
        "failure-domain.beta.kubernetes.io", "helm.sh", "meta.helm.sh", "networking.k8s.io",
        "endpoints.kubernetes.io", "control-plane.alpha.kubernetes.io", "argocd.argoproj.io", "field.cattle.io",
        "prometheus.io",
    }
)  # fmt: skip
"""The domains of keys that everybody has."""

COMMON_LABELS: Final = frozenset(
    {
        "app", "apps", "chart", "component", "env", "environment", "heritage", "instance", "k8s-app", "name", "owner",
        "part-of", "release", "role", "run", "stage", "team", "tier", "track", "type", "version", "legacy", "zone",
        "region", "domain", "product", "project", "service",
    }
)  # fmt: skip
"""Labels' keys without a domain that everybody has."""

SECRET_KEY: Final = re.compile(
    r"passw|secret|token|credential|private.?key|api.?key|access.?key|auth(?!or)|bearer|cookie|cert\b|\bkey.?data",
    re.IGNORECASE,
)
"""What secrets are kept under elsewhere."""


@lru_cache(maxsize=4096)
def is_near(text: str, known: tuple[str, ...]) -> bool:
    """Whether a text is one of these, or one of them misspelt: close enough to tell nothing else."""
    if text in known:
        return True
    return any(abs(len(text) - len(k)) <= 2 and difflib.SequenceMatcher(None, text, k).ratio() >= 0.85 for k in known)
