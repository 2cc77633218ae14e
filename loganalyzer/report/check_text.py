"""The check for a terminal: what would get an address and what would not, who would lose one, what would be refused."""

from __future__ import annotations

from typing import Final

from loganalyzer.report.possible import one_of
from loganalyzer.report.terminal import clean, wrap
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
    lines = [f"{version}, as of {report.at.source.name}:{report.at.line}", ""]
    if report.assumed:
        lines += [f"PARTIAL  {text}" for text in report.assumed] + [""]
    for refused in report.rejected:
        lines += [
            f"REFUSED  {refused.object}: {refused.why}",
            "         MetalLB would go on with the old configuration",
            "",
        ]
    found = {verdict.service: verdict for verdict in report.services}
    for lost in report.loses:
        lines += _lost(lost, found.get(lost.service))
    for name in report.interrupted:
        lines.append(f"BREAK    {name} is without its address for a while")
    if report.loses or report.interrupted:
        lines.append("")
    # Where nothing could be tried what is missing is the same for all.
    told = len(report.services) if report.known else 1
    for verdict in report.services[:told]:
        lines += _verdict(verdict)
    lines += [f"UNSURE   {other.service}" for other in report.services[told:]]
    if not report.services:
        lines.append("no LoadBalancer service is created, changed or waiting")
    return lines


def _lost(lost: Lost, verdict: Verdict | None) -> list[str]:
    """Who loses an address; `verdict`: what is told of it below, where it may wait in the end."""
    why = "by its own change" if lost.why == "own-change" else lost.why
    gets = one_of(lost.gets, each=lost.each)
    if verdict is None or (gets and verdict.allocates):
        instead = f", gets {gets or 'none'} instead"
    elif gets:
        instead = f", may get {gets} instead, or none"
    else:
        instead = ", gets none by itself" if verdict.allocates else ", gets none instead"
    return [f"LOSES    {lost.service} loses {lost.address.replace(',', ' and ')} ({why}){instead}"]


def _verdict(verdict: Verdict) -> list[str]:
    name = verdict.service
    gets = one_of(verdict.addresses, each=verdict.each)
    if verdict.allocates:
        lines = [f"OK       {name} gets {gets}"]
    elif verdict.allocates is None:
        lines = [f"UNSURE   {name}" + (f" may get {gets}" if gets else "")]
    else:
        code = f" ({verdict.cause.rule} {verdict.cause.name})" if verdict.cause else ""
        lines = [f"NONE     {name} gets no address{code}"]
    if verdict.cause is not None:
        lines.append(f"         {verdict.cause.summary}")
    lines += [f"         {text}" for text in verdict.missing]
    if verdict.nudge:
        when = "MetalLB" if verdict.by_itself is False else "in some of these orders MetalLB"
        lines += [f"         {when} does not look at it again by itself; this makes it:", f"           {verdict.nudge}"]
    return lines
