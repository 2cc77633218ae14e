"""A diagnosis becomes the content of a report: its sentences, its numbers, and their order."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from loganalyzer.correlator.diagnosis import Cause, Diagnosis, Failure
from loganalyzer.report import content as c
from loganalyzer.report import fixes
from loganalyzer.report.addresses import candidate_table
from loganalyzer.report.announcements import announced
from loganalyzer.report.groups import Group, Led, Past, failing, led, past
from loganalyzer.report.naming import Naming, naming
from loganalyzer.report.quotes import quotes_of
from loganalyzer.report.summary import environment, has_controller, verdict, what_was_read
from loganalyzer.report.terminal import plural
from loganalyzer.report.times import length, moment
from loganalyzer.rules.catalogue import rule

_ENDED: Final = {
    "deleted": "was deleted",
    "not-load-balancer": "is no load balancer any more",
    "changed": "failed on",
}
_NUMBERED: Final = re.compile(r"(\d+)\. (.*)", re.DOTALL)


def compose(diagnosis: Diagnosis, *, services: tuple[str, ...] = (), command: str = "") -> c.Report:
    """The content of a report; `services` are those that were asked for, `command` makes the report again."""
    names = naming(diagnosis)
    groups = failing(diagnosis.failures)
    before = led(diagnosis.failures)
    entries = tuple(entry_of(group, before, names) for group in groups)
    # A report of a part must not speak for the whole.
    chosen = bool(services) or any(n.kind == "chosen" for n in diagnosis.notes)
    quiet = not chosen and not diagnosis.failures and not diagnosis.announcements.stories and has_controller(diagnosis)
    return c.Report(
        read=what_was_read(diagnosis, names.covered),
        verdict=verdict(diagnosis, chosen=chosen),
        announced=announced(diagnosis.announcements, timelines=bool(services)),
        overview=_overview(groups) if len(groups) > 1 else None,
        entries=entries,
        past=tuple(_past(item, names) for item in past(diagnosis.failures)),
        answers=tuple(answer for name in services for answer in _answers(name, diagnosis, names)),
        holdings=_holdings(diagnosis, names) if quiet else None,
        advice=_advice(diagnosis, names),
        notes=tuple(_notes(diagnosis, names)),
        quotes=quotes_of(diagnosis, entries),
        environment=environment(diagnosis),
        tool=f"loganalyzer {diagnosis.tool_version}",
        command=command,
    )


# What fails.


def _overview(groups: list[Group]) -> c.Table:
    counts: Counter[str] = Counter()
    for group in groups:
        counts[rule_of(group.lead.cause)] += len(group.failures)
    return c.Table(("services", "cause"), tuple((str(n), what) for what, n in counts.most_common()))


def rule_of(cause: Cause | None) -> str:
    """`MLB104 backend-mismatch`."""
    return f"{cause.rule} {cause.name}" if cause else "unknown"


def entry_of(group: Group, before: Led, names: Naming, state: str = fixes.AT_END) -> c.Entry:
    """Services that fail for one cause. `before` led into it; fixes were tried on `state`."""
    lead, several = group.lead, len(group.failures) > 1
    cause = lead.cause
    others = group.failures[1:] if any(fix.verified for f in group.failures[1:] for fix in f.fixes) else ()
    return c.Entry(
        title=_title(group, before, names),
        rule=rule_of(cause),
        code=cause.rule if cause else None,
        services=tuple(f.service or "?" for f in group.failures),
        sentence=_sentence(lead, "" if several or not _is_gone(lead) else names.clock(lead.last)),
        details=cause.details if cause else (),
        members=_members(group, before, names) if several else None,
        history="" if several else _history(lead, _led(before, lead), names),
        candidates=candidate_table(lead),
        proofs=tuple(c.Proof(names.line(e.at), e.what) for e in lead.evidence),
        to_do=fixes.heading(cause, lead.fixes, lead.service or "" if several else "", state) if cause else "",
        steps=tuple(map(_step, (*fixes.steps(lead), *fixes.for_others(others)))),
        unknown=tuple(map(_unknown, lead.missing)),
    )


def _led(before: Led, failure: Failure) -> tuple[Failure, ...]:
    return before.get(failure.service or "", ())


def _chain(before: Led, failure: Failure) -> tuple[Failure, ...]:
    """What led into it, and itself."""
    return (*_led(before, failure), failure)


def _title(group: Group, before: Led, names: Naming) -> str:
    lead, all_of_them = group.lead, [e for f in group.failures for e in _chain(before, f)]
    attempts = plural(sum(f.attempts for f in all_of_them), "attempt")
    if len(group.failures) > 1:
        return f"{plural(len(group.failures), 'service')} have no address ({attempts})"
    who = lead.service or "A service that the log does not name"
    return f"{who} has no address since {names.clock(all_of_them[0].first)} ({attempts})"


def _is_gone(failure: Failure) -> bool:
    return any(fix.gone for fix in failure.fixes)


def _sentence(lead: Failure, until: str) -> str:
    """What is wrong, or (`until`: a time) was then."""
    if lead.cause is None:
        return f'MetalLB says "{lead.error}"; the log does not carry the cause.'
    mark = "" if lead.certainty == "proven" else " (likely; not all of it is in the log)"
    if until:
        mark += f" (so at its last attempt, {until}; no longer)"
    return lead.cause.summary + mark + (":" if lead.cause.details else "")


def _members(group: Group, before: Led, names: Naming) -> c.Table:
    rows = []
    for failure in group.failures:
        chain = _chain(before, failure)
        attempts = str(sum(f.attempts for f in chain))
        rows.append((failure.service or "?", names.clock(chain[0].first), attempts, names.place(failure.last)))
    return c.Table(("service", "since", "attempts", "last"), tuple(rows))


def _history(lead: Failure, before: tuple[Failure, ...], names: Naming) -> str:
    """What kept the service without an address before this cause did."""
    if not before:
        return ""
    attempts = plural(sum(f.attempts for f in before), "attempt")
    codes = list(dict.fromkeys(rule_of(f.cause) for f in before))
    reason = ", ".join(codes)
    if codes == [rule_of(lead.cause)]:
        reason = "the same rule, on another address or with other holders"
    return f"as told here since {names.clock(lead.first)}; before that {reason} ({attempts})"


def _step(text: str) -> c.Step:
    numbered = _NUMBERED.fullmatch(text)
    if numbered is not None:
        return c.Step(numbered[2], int(numbered[1]))
    return c.Step(text, command=text.startswith("kubectl "))


def _unknown(sentence: str) -> c.Unknown:
    text, _, command = sentence.rpartition(": ")
    return c.Unknown(text, command)


# What failed before.


def _past(item: Past, names: Naming) -> str:
    first = item.failures[0]
    attempts = sum(f.attempts for f in item.failures)
    codes = ", ".join(dict.fromkeys(rule_of(f.cause) for f in item.failures))
    text = f"{item.service}  {codes}: {plural(attempts, 'attempt')} from {names.clock(first.first)}"
    return f"{text} ({names.place(first.first)}), then it {end_of(item, names)}"


def end_of(item: Past, names: Naming) -> str:
    """How it ended: `got 192.0.2.7 at 08:05:33, after 14 s`, `was deleted`."""
    last = item.failures[-1]
    if last.ended == "allocated" and last.resolved is not None:
        return f"got {', '.join(last.resolved_addresses)} at {names.clock(last.resolved)}{_after(item)}"
    return _ENDED.get(last.ended or "", "")


def _after(item: Past) -> str:
    resolved = item.failures[-1].resolved
    first, last = moment(item.failures[0].first.stamp), moment(resolved.stamp if resolved else b"")
    return f", after {length((last - first).total_seconds())}" if first and last else ""


# What holds, what else was noticed, what the log is worth.


def _holdings(diagnosis: Diagnosis, names: Naming) -> c.Table:
    """Who holds what; `rest`, said above it, counts them."""
    held = diagnosis.holdings
    rows = tuple((h.service, ", ".join(h.addresses), ", ".join(h.shared_with[:4]), names.place(h.at)) for h in held)
    addresses = {a for h in held for a in h.addresses}
    hold = "holds" if len(held) == 1 else "hold"
    counted = f"{plural(len(held), 'service')} {hold} {plural(len(addresses), 'address', 'addresses')}:"
    none = "The log shows no service that holds an address."
    return c.Table(("service", "address", "shared with", "since"), rows, counted if held else none)


def _answers(name: str, diagnosis: Diagnosis, names: Naming) -> list[str]:
    """What a service that was asked for by name holds, or that the log never mentions it."""

    def meant(service: str | None) -> bool:
        return service is not None and name in (service, service.partition("/")[2])

    alike = list(filter(meant, diagnosis.services))
    held = [h for h in diagnosis.holdings if h.service in alike]
    failed = any(meant(f.service) for f in diagnosis.failures)
    found = []
    for h in held:
        shared = f", shared with {', '.join(h.shared_with)}" if h.shared_with else ""
        found.append(f"{h.service} holds {', '.join(h.addresses)}{shared} ({names.place(h.at)}).")
    gone = list(filter(meant, diagnosis.gone))
    found += (f"{s} {_ENDED[diagnosis.gone[s]]}." for s in gone if not failed)
    told = any(meant(e.service) for e in diagnosis.announcements.episodes) or any(
        meant(a.service) for a in diagnosis.advice
    )
    if not held and not failed and not gone and (alike or not told):
        found.append(f"{name} {'is in the log and holds no address' if alike else 'is never mentioned in the log'}.")
    return found


def _advice(diagnosis: Diagnosis, names: Naming) -> tuple[c.Advised, ...]:
    by_rule: dict[str, list[str]] = {}
    for item in diagnosis.advice:
        at = f" ({names.place(item.at)})" if item.at is not None else ""
        by_rule.setdefault(item.rule, []).append(item.summary + at)
    return tuple(c.Advised(f"{code} {rule(code).name}", code, tuple(found)) for code, found in sorted(by_rule.items()))


def _notes(diagnosis: Diagnosis, names: Naming) -> list[str]:
    """What the inputs could not tell."""
    lines = [note.text + "." for note in diagnosis.notes]
    for item in diagnosis.inputs:
        name = names.input(item.source.name)
        if item.source.unparsed:
            lines.append(f"{name}: {plural(item.source.unparsed, 'line')} could not be read as a log record.")
        if item.divergences:
            times = plural(item.divergences, "time")
            lines.append(f"{name}: the log contradicts the replay {times}; what depends on it is not called proven.")
    return lines
