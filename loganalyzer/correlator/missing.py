"""What a log lacks, each as a sentence that ends in one command.

What a command writes to a file is one more input: printed it would only fill the screen.
"""

from __future__ import annotations

from loganalyzer.correlator.judge import Judgement
from loganalyzer.metallb.versions import Version, dumps_objects
from loganalyzer.model.outcomes import Attempt
from loganalyzer.parser.reading import CONTROLLER_LOG
from loganalyzer.rules.rule import quoted

DEBUG_COMMAND = (
    "kubectl -n metallb-system patch deployment controller --type=json "
    '-p \'[{"op":"add","path":"/spec/template/spec/containers/0/args/-","value":"--log-level=debug"}]\''
)
"""Adds the flag to the controller; of two equal flags Go's flag package takes the last."""

_OBJECTS = "kubectl get services -A -o json --show-managed-fields > services.json"


def missing(attempt: Attempt, judgement: Judgement, *, given: bool = False) -> tuple[str, ...]:
    """What would settle the attempt, best first; `given`: services and the configuration were, beside the log."""
    lacks = judgement.lacks
    found: list[str] = []
    if judgement.certainty == "proven" or not lacks:
        return ()
    version = attempt.table.version
    if not dumps_objects(version):
        found.append(_before_dumps(version, attempt, given=given))
    else:
        if "level" in lacks:
            found.append(
                "Debug level from one start of the controller shows every service and pool; "
                f"this restarts it: {DEBUG_COMMAND}"
            )
        if "start" in lacks:
            found.append(
                "The log does not reach back to a start of the controller or a full pass over all services: "
                + CONTROLLER_LOG
            )
    if "service" in lacks:
        found.append(
            "Which service it was is in Kubernetes' events; explain the log with events.json: "
            "kubectl get events -A -o json --field-selector reason=AllocationFailed > events.json"
        )
    if "version" in lacks:
        found.append(
            "The log does not tell MetalLB's version; pass it with --metallb-version after asking for it: "
            "kubectl -n metallb-system get deployment controller -o jsonpath='{..image}'"
        )
    if "holders" in lacks:
        found.append(
            f"Who holds the address and its ports is in the services; explain the log with services.json: {_OBJECTS}"
        )
    if "contradiction" in lacks:
        found.append(
            "The replayed allocator contradicts the log here (lines may be missing); a complete log would tell: "
            + CONTROLLER_LOG
        )
    if "one-pool" in lacks:
        found.append(
            f"With RequireDualStack and one cluster IP, MetalLB {version} asks one pool alone, the first that it meets "
            "with a free address of the cluster IP's family, and does not log which; it had not both families, another "
            f"pool has. A request for that one decides: {_describe(attempt)}"
        )
    if "text" in lacks:
        found.append(f"The error text is not one that is known; the service itself may tell: {_describe(attempt)}")
    return tuple(found)


def _before_dumps(version: Version, attempt: Attempt, *, given: bool) -> str:
    unlogged = f"MetalLB {version} never logs keys, ports, selectors or pools"
    if given:
        return (
            f"{unlogged}, and the objects that were given do not tell how they were then; the service's events may: "
            + _describe(attempt)
        )
    return (
        f"{unlogged}; the services and the configuration tell them; explain the log with objects.json: "
        "kubectl get services,configmaps,events -A -o json --show-managed-fields > objects.json"
    )


def _describe(attempt: Attempt) -> str:
    namespace, _, name = (attempt.service or "NAMESPACE/NAME").partition("/")
    return f"kubectl -n {quoted(namespace)} describe service {quoted(name)}"
