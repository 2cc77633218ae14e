"""MLB401 to MLB404 and MLB607: the controller itself, and what its log is worth."""

from __future__ import annotations

from loganalyzer.rules.rule import Finding, Rule, quoted

MLB401 = Rule(
    code="MLB401",
    name="configuration-rejected",
    holds_when=("MetalLB could not parse the current configuration and runs on the last good one, or on none"),
    summary=lambda f: (
        "MetalLB refused a configuration, and goes on with the one before, or none, until it is mended: "
        + f.error.reason
    ),
    remedy=lambda f: (  # noqa: ARG005
        "mend the resource that the text names, or delete it:",
        "kubectl -n metallb-system get ipaddresspools,communities -o yaml",
    ),
)

MLB402 = Rule(
    code="MLB402",
    name="load-balancer-class-filtered",
    holds_when="the service's loadBalancerClass is not the one this MetalLB handles",
    summary=lambda f: (
        f"{f.service} has a loadBalancerClass"
        + (f' "{f.seen.load_balancer_class}"' if f.seen and f.seen.load_balancer_class else "")
        + " that this MetalLB does not handle"
    ),
    remedy=lambda f: (
        "compare it with the controller's --lb-class; the field can't be edited, so create the service anew:",
        f"kubectl -n {quoted(f.namespace)} get service {quoted(f.name)} -o jsonpath='{{.spec.loadBalancerClass}}'",
    ),
)


def _write_remedy(f: Finding) -> tuple[str, ...]:
    return (
        "look at what the API server refused: a webhook, a quota, or MetalLB's own permissions:",
        f"kubectl -n {quoted(f.namespace)} describe service {quoted(f.name)}",
    )


MLB403 = Rule(
    code="MLB403",
    name="status-update-failed",
    holds_when="an address was found; writing it to the service failed",
    summary=lambda f: (
        f"an address was found for {f.service}{f' ({f.address})' if f.address else ''}, and writing it failed"
    ),
    remedy=_write_remedy,
)

MLB404 = Rule(
    code="MLB404",
    name="controller-crashed",
    holds_when="MetalLB panicked or was killed and started anew (advice)",
    summary=lambda f: (
        f"MetalLB panicked: {f.error.reason}"
        if f.error.reason
        else "MetalLB started anew without having been stopped in order: it was killed or crashed"
    ),
    remedy=lambda f: (  # noqa: ARG005
        "look at why it ended, and at the log before:",
        "kubectl -n metallb-system describe pods -l component=controller",
    ),
)

MLB607 = Rule(
    code="MLB607",
    name="not-debug-level",
    holds_when="the log is not at debug level, so causes may be out of sight",
    summary=lambda f: f"the log is {f.error.reason or 'not at debug level'}",
    remedy=lambda f: (  # noqa: ARG005
        "turn debug level on: the controller restarts, and a minute of its log then tells the whole state",
    ),
)
