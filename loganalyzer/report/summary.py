"""What was read and what it comes to: a report's first lines and its last."""

from __future__ import annotations

from loganalyzer.correlator.announcements.found import Announcements, Story
from loganalyzer.correlator.announcements.phrases import NOBODY
from loganalyzer.correlator.diagnosis import Diagnosis, InputSummary
from loganalyzer.report.groups import failing
from loganalyzer.report.terminal import plural

_POOLS = "; with the IPAddressPools as one more input services that wait are judged"


def has_controller(diagnosis: Diagnosis) -> bool:
    """Whether any input may be a controller's log."""
    return any(i.source.recognised and i.component != "speaker" for i in diagnosis.inputs)


def what_was_read(diagnosis: Diagnosis, covered: str) -> str:
    """Whose logs, how many lines, of which time, and what of the cluster is in them."""
    inputs = diagnosis.inputs
    parts = [_whose(inputs), plural(sum(i.source.lines for i in inputs), "line")]
    if len(inputs) > 1:
        parts[1] += f" in {len(inputs)} inputs"
    if covered:
        parts.append(covered)
    known = [_services(diagnosis)] if diagnosis.services else []
    if diagnosis.pools:
        known.append(_pools(diagnosis))
    if known:
        parts.append(", ".join(known))
    return " · ".join(parts)


def verdict(diagnosis: Diagnosis, *, chosen: bool) -> str:
    """The answer in one line; `chosen`: only some services were asked for."""
    now = {f.service for f in diagnosis.failures if f.ended is None and f.service}
    nameless = sum(1 for f in diagnosis.failures if f.service is None)
    over = {f.service for f in diagnosis.failures if f.ended is not None} - now
    parts = []
    if now:
        groups = failing(f for f in diagnosis.failures if f.service)
        causes = sum(group.lead.cause is not None for group in groups)
        unknown = sum(len(group.failures) for group in groups if group.lead.cause is None)
        told = [plural(causes, "cause")] if causes else []
        if unknown:
            told.append(f"for {unknown} not in the log" if causes else "cause not in the log")
        parts.append(f"{plural(len(now), 'service')} without an address, {', '.join(told)}")
    if nameless:
        parts.append(f"{plural(nameless, 'kind')} of failure whose service the log does not name")
    if over:
        parts.append(f"{plural(len(over), 'service')} failed before and no more")
    unanswered = sum(1 for s in diagnosis.announcements.stories if _is_unanswered(s))
    if unanswered:
        parts.append(f"{plural(unanswered, 'service')} with an address that no node answers for")
    split = sum(1 for s in diagnosis.announcements.stories if s.verdict == "split")
    if split:
        parts.append(f"{plural(split, 'service')} that two nodes announce at once")
    troubled = sum(1 for s in diagnosis.announcements.sessions if s.rule)
    if troubled:
        parts.append(f"{plural(troubled, 'BGP session')} down or flapping")
    if not parts and not has_controller(diagnosis):
        whose = "Speakers' logs" if any(i.source.recognised for i in diagnosis.inputs) else "Kubernetes objects"
        more = "" if diagnosis.pools or whose != "Kubernetes objects" else _POOLS
        return f"{whose} only: what the controller refused is not in them{more}"
    if not parts:
        return "No failure of the kind that was asked for" if chosen else "No service failed to get an address"
    return "; ".join(parts)


def environment(diagnosis: Diagnosis) -> tuple[tuple[str, str], ...]:
    """What MetalLB's form for bugs asks for, as far as logs tell it (metallb .github/ISSUE_TEMPLATE/bug_report.yaml).

    The rest of that form nobody can read off a log; it is named so that it is not forgotten.
    """
    told = diagnosis.announcements
    nodes = {e.node for e in told.episodes if e.node} | {s.node for s in told.sessions if s.node}
    rows = [
        ("MetalLB", ", ".join(_versions(diagnosis.inputs)) or "version not in the log"),
        ("mode", _mode(told) or "not in these logs; speakers' logs tell it"),
        ("services", _services(diagnosis) if diagnosis.services else "not in the log"),
        ("pools", _pools(diagnosis) if diagnosis.pools else "not in the log"),
    ]
    if nodes:
        rows.append(("nodes", f"{len(nodes)} with a speaker that the logs show"))
    rows.append(("to be added", "Kubernetes version and distribution, main CNI, how MetalLB was deployed"))
    return tuple(rows)


def _is_unanswered(story: Story) -> bool:
    """Whether it is known that no node answers for the service."""
    return story.verdict == "no-live-peer" or story.headline.startswith(NOBODY)


def _whose(inputs: tuple[InputSummary, ...]) -> str:
    versions, logs = _versions(inputs), [i for i in inputs if i.source.recognised]
    if not logs:
        return "Kubernetes objects"
    components = sorted({i.component for i in logs})
    levels = sorted({i.level for i in logs})
    who = components[0] if len(components) == 1 and components[0] != "unknown" else "log"
    version = f"MetalLB {', '.join(versions)}" if versions else "MetalLB of unknown version"
    return f"{version} {who}, {'/'.join(levels)} log" if who != "log" else f"{version}, {'/'.join(levels)} log"


def _versions(inputs: tuple[InputSummary, ...]) -> list[str]:
    return sorted({i.metallb_version for i in inputs if i.metallb_version})


def _services(diagnosis: Diagnosis) -> str:
    return plural(len(diagnosis.services), "service")


def _pools(diagnosis: Diagnosis) -> str:
    sizes = sum(size for _, size in diagnosis.pools)
    many = plural(sizes, "address", "addresses") if sizes < 1 << 32 else "more addresses than can run out"
    return f"{plural(len(diagnosis.pools), 'pool')} with {many}"


def _mode(told: Announcements) -> str:
    """`layer 2`, `BGP (frr)`, or both, as far as speakers' logs show it."""
    used = {e.protocol for e in told.episodes}
    found = ["layer 2"] if "layer2" in used else []
    if "bgp" in used or told.sessions:
        by = sorted({s.mode for s in told.sessions if s.mode})
        found.append(f"BGP ({', '.join(by)})" if by else "BGP")
    return " and ".join(found)
