"""What a speaker's log lacks, each as a sentence that ends in one command."""

from __future__ import annotations

from typing import Final

_DEBUG: Final = (
    "At debug level the speakers print why they do not announce; this restarts them: kubectl -n metallb-system "
    'patch daemonset speaker --type=json -p \'[{"op":"add","path":"/spec/template/spec/containers/0/args/-",'
    '"value":"--log-level=debug"}]\''
)

TEXTS: Final = {
    "debug": _DEBUG,
    "old": (
        "MetalLB up to 0.12 never prints why a speaker does not announce; pods and nodes tell most of it: "
        "kubectl get services,endpoints,nodes -A -o json"
    ),
    "node": (
        "The log does not tell which node it is of; name the file speaker-NODE.log, after asking for it: "
        "kubectl -n metallb-system get pods -o wide -l component=speaker"
    ),
    "objects": (
        "The node's labels and conditions tell whether its label or its network keeps it out; "
        "explain the logs with nodes.json: kubectl get nodes -o json > nodes.json"
    ),
    "pods": (
        "Where the service's pods are is not in the log; explain it with endpointslices.json: "
        "kubectl get endpointslices -A -o json > endpointslices.json"
    ),
    "reason": (
        "MetalLB's own text is all that the log has; the service's events may tell more: kubectl get events -A -o json"
    ),
}
"""By the key of a verdict's `missing`."""
