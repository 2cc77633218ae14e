"""The check for a terminal: what would get an address and what would not, who would lose one, what would be refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from loganalyzer.report.check_groups import NAMED, Group, groups, losses
from loganalyzer.report.possible import one_of
from loganalyzer.report.terminal import clean, plural, wrap
from loganalyzer.rules.rule import listing
from loganalyzer.whatif.check import CheckReport, Lost, Verdict

INDENT: Final = " " * 9
"""What stands below a word in capitals."""


def render(report: CheckReport, width: int = 100) -> str:
    """The whole report in lines of `width` columns, ending in a line feed; commands stay on one line."""
    found = [line for text in map(clean, _lines(report)) for line in _wrapped(text, width)]
    return "\n".join(found).rstrip("\n") + "\n"


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= len(INDENT) or line[len(INDENT) - 1] != " " or line.lstrip().startswith("kubectl "):
        return [line]
    return wrap(line[len(INDENT) :], width, line[: len(INDENT)], INDENT)


def _lines(report: CheckReport) -> list[str]:
    version = f"MetalLB {report.metallb_version}" if report.metallb_version else "MetalLB (version not known)"
    lines = [f"{version}, as of {report.at.source.name}:{report.at.line}", _summary(report), ""]
    if report.assumed:
        lines += [f"PARTIAL  {text}" for text in report.assumed] + [""]
    for refused in report.rejected:
        lines += [
            f"REFUSED  {refused.object}: {refused.why}",
            "         MetalLB would go on with the old configuration",
            "",
        ]
    found = {verdict.service: verdict for verdict in report.services}
    for alike in losses(report):
        lines += _lost(alike, found.get(alike[0].service))
    for name in report.interrupted:
        lines.append(f"BREAK    {name} is without its address for a while")
    if report.loses or report.interrupted:
        lines.append("")
    lines += [f"NOTE     {text}" for text in report.unread]
    if report.unread:
        lines.append("")
    for group in groups(report):
        lines += _one(group.lead) if len(group.verdicts) == 1 else _several(group)
    return lines


def _summary(report: CheckReport) -> str:
    """How many services fare how."""
    if not report.known:
        return "What comes of it can't be told from these inputs"
    fates = Counter(verdict.allocates for verdict in report.services)
    counts = (
        (len({lost.service for lost in report.loses}), "loses its address", "lose their addresses"),
        (fates[True], "gets an address", "get an address"),
        (fates[None], "may get an address", "may get an address"),
        (fates[False], "gets no address", "get no address"),
    )
    said = [f"{plural(n, 'service')} {one if n == 1 else many}" for n, one, many in counts if n]
    return ", ".join(said) or "No LoadBalancer service is created, changed or waiting"


def _lost(alike: Sequence[Lost], verdict: Verdict | None) -> list[str]:
    """Who loses an address; `verdict`: what is told of the first below, where it may wait in the end."""
    lost = alike[0]
    why = "by its own change" if lost.why == "own-change" else lost.why
    gets = one_of(lost.gets, each=lost.each)
    if verdict is None or (gets and verdict.allocates):
        instead = f"gets {gets or 'none'} instead"
    elif gets:
        instead = f"may get {gets} instead, or none"
    else:
        instead = "gets none by itself" if verdict.allocates else "gets none instead"
    if len(alike) == 1:
        return [f"LOSES    {lost.service} loses {_had(lost)} ({why}), {instead}"]
    names = listing(tuple(f"{one.service} ({_had(one)})" for one in alike), NAMED)
    return [
        f"LOSES    {plural(len(alike), 'service')} lose their addresses ({why}), each {instead}:",
        f"{INDENT}{names}",
    ]


def _had(lost: Lost) -> str:
    return lost.address.replace(",", " and ")


def _one(verdict: Verdict) -> list[str]:
    name = verdict.service
    gets = one_of(verdict.addresses, each=verdict.each)
    if verdict.allocates:
        lines = [f"OK       {name} gets {gets}"]
    elif verdict.allocates is None:
        lines = [f"UNSURE   {name}" + (f" may get {gets}" if gets else "")]
    else:
        lines = [f"NONE     {name} gets no address{_code(verdict)}"]
    if verdict.cause is not None:
        lines.append(f"{INDENT}{verdict.cause.summary}")
    lines += [f"{INDENT}{text}" for text in verdict.missing]
    if verdict.nudge:
        when = "MetalLB" if verdict.by_itself is False else "in some of these orders MetalLB"
        lines += [f"{INDENT}{when} does not look at it again by itself; this makes it:", f"{INDENT}  {verdict.nudge}"]
    return lines


def _several(group: Group) -> list[str]:
    """What holds for several services; of one the rule's sentence, and a command."""
    lead, number = group.lead, plural(len(group.verdicts), "service")
    gets = one_of(lead.addresses, each=lead.each)
    if lead.allocates:
        lines = [f"OK       {number} get an address each: {gets}"]
    elif lead.allocates is None:
        lines = [f"UNSURE   {number}" + (f" want {gets}: MetalLB looks at them in no fixed order" if gets else "")]
    else:
        lines = [f"NONE     {number} get no address{_code(lead)}"]
    lines.append(f"{INDENT}{group.names}")
    if lead.cause is not None:
        lines.append(f"{INDENT}{lead.cause.summary}")
    if not lead.contends_with:
        lines += [f"{INDENT}{text}" for text in lead.missing]
    if group.nudged:
        when = "MetalLB" if lead.allocates else "in some orders MetalLB"
        of_them = "them" if len(group.nudged) == len(group.verdicts) else f"{len(group.nudged):,} of them"
        lines += [
            f"{INDENT}{when} does not look at {of_them} again by itself; this makes it, for one:",
            f"{INDENT}  {group.nudged[0].nudge}",
        ]
    return lines


def _code(verdict: Verdict) -> str:
    return f" ({verdict.cause.rule} {verdict.cause.name})" if verdict.cause else ""
