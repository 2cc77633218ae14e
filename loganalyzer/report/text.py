"""The report for a terminal: what is wrong, why, shown on the reader's own services, what to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Final

from loganalyzer.correlator.announcements.found import Story
from loganalyzer.correlator.announcements.phrases import NOBODY
from loganalyzer.correlator.diagnosis import Cause, Diagnosis, Failure, InputSummary
from loganalyzer.model.state import Place
from loganalyzer.report import fixes
from loganalyzer.report.addresses import candidate_rows
from loganalyzer.report.announcements import announcement_lines
from loganalyzer.report.groups import Group, Past, earlier, failing, past
from loganalyzer.report.terminal import Style, clean, columns, ends, pad, plural, table, wrap
from loganalyzer.report.times import clock, length, moment, span
from loganalyzer.rules.catalogue import rule
from loganalyzer.sources.inputs import STANDARD_INPUT

MOST_GROUPS: Final = 8
MOST_NAMES: Final = 12
MOST_PAST: Final = 20
MOST_ADVICE: Final = 3
NARROWEST: Final = 50


@dataclass(frozen=True, slots=True)
class Page:
    """What a report is set on: its width in columns, its style, and what it calls the inputs."""

    width: int
    style: Style
    names: dict[str, str]
    day: datetime | None

    def place(self, at: Place) -> str:
        """`controller.log:49`."""
        name = self.names.get(at.source.name, at.source.name)
        return f"line {at.line}" if name == STANDARD_INPUT else f"{clean(name)}:{at.line}"

    def wrap(self, text: str, indent: str = "", hanging: str | None = None) -> list[str]:
        """The text made harmless and wrapped to the page."""
        return wrap(clean(text), self.width, indent, hanging)


def render(diagnosis: Diagnosis, width: int = 100, *, colour: bool = False, services: tuple[str, ...] = ()) -> str:
    """The whole report, ending in a line feed. `width` is in columns; `services` are those that were asked for."""
    first = min((m for i in diagnosis.inputs if (m := moment(i.source.first_stamp))), default=None)
    last = max((m for i in diagnosis.inputs if (m := moment(i.source.last_stamp))), default=None)
    same_day = first is not None and last is not None and first.date() == last.date()
    page = Page(max(width, NARROWEST), Style(colour), _short_names(diagnosis), last if same_day else None)
    # A report of a part must not speak for the whole.
    chosen = bool(services) or any(n.kind == "chosen" for n in diagnosis.notes)
    lines = [*_header(diagnosis, page, span(first, last), chosen=chosen), ""]
    lines += _announcements(diagnosis, page, services)
    groups, before = failing(diagnosis.failures), past(diagnosis.failures)
    if len(groups) > 1:
        lines += [*_overview(groups), ""]
    for group in groups[:MOST_GROUPS]:
        lines += [*_group(group, diagnosis, page), ""]
    if len(groups) > MOST_GROUPS:
        lines += [*page.wrap(_more_groups(groups[MOST_GROUPS:])), ""]
    if before:
        lines += [*_past(before, page), ""]
    if services:
        lines += [*_asked_for(diagnosis, services, page), ""]
    elif not chosen and not diagnosis.failures and not diagnosis.announcements.stories and _has_controller(diagnosis):
        lines += [*_holdings(diagnosis, page), ""]
    lines += _advice(diagnosis, page)
    lines += _worth(diagnosis, page)
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(lines) + "\n"


def _short_names(diagnosis: Diagnosis) -> dict[str, str]:
    """The inputs' last path components, where these tell them apart."""
    full = [i.source.name for i in diagnosis.inputs]
    short = [PurePath(n).name or n for n in full]
    alike = Counter(short)
    return {n: s if alike[s] == 1 else n for n, s in zip(full, short, strict=True)}


# What was read.


def _header(diagnosis: Diagnosis, page: Page, covered: str, *, chosen: bool) -> list[str]:
    inputs = diagnosis.inputs
    parts = [_whose(inputs), plural(sum(i.source.lines for i in inputs), "line")]
    if len(inputs) > 1:
        parts[1] += f" in {len(inputs)} inputs"
    if covered:
        parts.append(covered)
    known = plural(len(diagnosis.services), "service") if diagnosis.services else ""
    if diagnosis.pools:
        sizes = sum(size for _, size in diagnosis.pools)
        pools = f"{plural(len(diagnosis.pools), 'pool')} with {_many(sizes)}"
        known = f"{known}, {pools}" if known else pools
    if known:
        parts.append(known)
    verdict = _verdict(diagnosis, chosen=chosen)
    return [*page.wrap(" · ".join(parts)), page.style.strong(verdict)]


def _is_unanswered(story: Story) -> bool:
    """Whether it is known that no node answers for the service."""
    return story.verdict == "no-live-peer" or story.headline.startswith(NOBODY)


def _has_controller(diagnosis: Diagnosis) -> bool:
    return any(i.source.component != "speaker" for i in diagnosis.inputs)


def _whose(inputs: tuple[InputSummary, ...]) -> str:
    versions = sorted({i.metallb_version for i in inputs if i.metallb_version})
    components = sorted({i.source.component for i in inputs})
    levels = sorted({i.source.level for i in inputs})
    who = components[0] if len(components) == 1 and components[0] != "unknown" else "log"
    version = f"MetalLB {', '.join(versions)}" if versions else "MetalLB of unknown version"
    return f"{version} {who}, {'/'.join(levels)} log" if who != "log" else f"{version}, {'/'.join(levels)} log"


def _many(size: int) -> str:
    return plural(size, "address", "addresses") if size < 1 << 32 else "more addresses than can run out"


def _verdict(diagnosis: Diagnosis, *, chosen: bool) -> str:
    now = {f.service for f in diagnosis.failures if f.ended is None and f.service}
    nameless = sum(1 for f in diagnosis.failures if f.service is None)
    over = {f.service for f in diagnosis.failures if f.ended is not None} - now
    parts = []
    if now:
        causes = len(failing(f for f in diagnosis.failures if f.service))
        parts.append(f"{plural(len(now), 'service')} without an address, {plural(causes, 'cause')}")
    if nameless:
        parts.append(f"{plural(nameless, 'kind')} of failure whose service the log does not name")
    if over:
        parts.append(f"{plural(len(over), 'service')} failed before and no more")
    unanswered = sum(1 for s in diagnosis.announcements.stories if _is_unanswered(s))
    if unanswered:
        parts.append(f"{plural(unanswered, 'service')} with an address that no node answers for")
    if not parts and not _has_controller(diagnosis):
        return "Speakers' logs only: what the controller refused is not in them"
    if not parts:
        return "No failure of the kind that was asked for" if chosen else "No service failed to get an address"
    return "; ".join(parts)


# Who announces.


def _announcements(diagnosis: Diagnosis, page: Page, services: tuple[str, ...]) -> list[str]:
    """What speakers' logs tell, first thing: it is what people come for who have them."""
    told = announcement_lines(diagnosis.announcements, timelines=bool(services))
    lines = [row for text in told for row in page.wrap(text.strip(), _indent(text), _indent(text) + "  ")]
    return [*lines, ""] if lines else []


def _indent(text: str) -> str:
    return " " * (len(text) - len(text.lstrip(" ")))


# What fails.


def _overview(groups: list[Group]) -> list[str]:
    counts: Counter[str] = Counter()
    for group in groups:
        counts[_rule_of(group.lead.cause)] += len(group.failures)
    return table(((str(n), what) for what, n in counts.most_common()), ("services", "cause"))


def _rule_of(cause: Cause | None) -> str:
    return f"{cause.rule} {cause.name}" if cause else "unknown"


def _group(group: Group, diagnosis: Diagnosis, page: Page) -> list[str]:
    lead = group.lead
    lines = (
        ends(_title(group, page), page.style.rule(_rule_of(lead.cause)), page.width)
        if not page.style.colour
        else [_coloured_title(group, page)]
    )
    if lead.cause is not None:
        mark = "" if lead.certainty == "proven" else " (likely; not all of it is in the log)"
        colon = ":" if lead.cause.details else ""
        lines += page.wrap(lead.cause.summary + mark + colon, "  ")
        lines += _details(lead.cause, page)
    else:
        lines += page.wrap(f'MetalLB says "{lead.error}"; the log does not carry the cause.', "  ")
    if len(group.failures) > 1:
        lines += _members(group, page)
    else:
        lines += _history(earlier(diagnosis.failures, lead), page)
    lines += candidate_rows(lead, page.width)
    lines += _proof(lead, page)
    lines += _steps(lead, page, several=len(group.failures) > 1)
    return lines


def _title(group: Group, page: Page) -> str:
    lead = group.lead
    if len(group.failures) > 1:
        return f"{plural(len(group.failures), 'service')} have no address ({plural(group.attempts, 'attempt')})"
    who = clean(lead.service) if lead.service else "A service that the log does not name"
    return f"{who} has no address since {clock(lead.first, page.day)} ({plural(lead.attempts, 'attempt')})"


def _coloured_title(group: Group, page: Page) -> str:
    """The same line with colours, which must not count as columns."""
    plain_left, right = _title(group, page), _rule_of(group.lead.cause)
    gap = max(2, page.width - columns(plain_left) - columns(right))
    return page.style.bad(plain_left) + " " * gap + page.style.rule(right)


def _details(cause: Cause, page: Page) -> list[str]:
    widest = max((columns(clean(who)) for who, _ in cause.details), default=0)
    lines: list[str] = []
    for who, what in cause.details:
        left = "      " + pad(clean(who), widest) + "   "
        lines += page.wrap(what, left, " " * columns(left))
    return lines


def _members(group: Group, page: Page) -> list[str]:
    rows = [
        (clean(f.service or "?"), clock(f.first, page.day), str(f.attempts), page.place(f.last))
        for f in group.failures[:MOST_NAMES]
    ]
    lines = table(rows, ("service", "since", "attempts", "last"), "  ")
    left = len(group.failures) - MOST_NAMES
    if left > 0:
        lines.append(f"  … and {left} more (--format json lists all, --service NAME shows one)")
    return lines


def _history(before: tuple[Failure, ...], page: Page) -> list[str]:
    """What kept the service without an address before this cause did."""
    if not before:
        return []
    attempts = plural(sum(f.attempts for f in before), "attempt")
    codes = ", ".join(dict.fromkeys(_rule_of(f.cause) for f in before))
    return page.wrap(
        f"before that, from {clock(before[0].first, page.day)}, for another reason: {codes} ({attempts})", "  "
    )


def _proof(failure: Failure, page: Page) -> list[str]:
    places = [page.place(e.at) for e in failure.evidence]
    widest = max(map(columns, places), default=0)
    lines: list[str] = []
    for i, (place, item) in enumerate(zip(places, failure.evidence, strict=True)):
        left = ("  proof   " if i == 0 else "          ") + pad(place, widest) + "  "
        lines += page.wrap(item.what, left, " " * min(columns(left), page.width // 2))
    return lines


def _steps(failure: Failure, page: Page, *, several: bool) -> list[str]:
    lines: list[str] = []
    if failure.missing:
        lines.append("  what would settle it")
        for sentence in failure.missing:
            text, _, command = sentence.rpartition(": ")
            lines += [*page.wrap(text + ":" if text else "", "    "), "      " + clean(command)]
    if failure.cause is None:
        return lines
    whom = failure.service or "" if several else ""
    lines += page.wrap(fixes.heading(failure.cause, failure.fixes, whom), "  ")
    for step in fixes.steps(failure):
        # A command stays on one line, so that it can be copied.
        lines += ["      " + clean(step)] if step.startswith("kubectl ") else page.wrap(step, "    ", _hanging(step))
    return lines


def _hanging(step: str) -> str:
    return "       " if step[:1].isdigit() else "    "


def _more_groups(rest: list[Group]) -> str:
    names = [f.service or "?" for g in rest for f in g.failures]
    shown = ", ".join(names[:MOST_NAMES])
    return (
        f"{plural(len(names), 'more service')} in {plural(len(rest), 'more group')}: {shown}"
        f"{', …' if len(names) > MOST_NAMES else ''} (--service NAME shows one, --format json all)"
    )


# What failed before.

_ENDED: Final = {
    "deleted": "was deleted",
    "not-load-balancer": "is no load balancer any more",
    "changed": "failed on",
}


def _past(before: list[Past], page: Page) -> list[str]:
    lines = [page.style.strong("Failed before")]
    for item in before[:MOST_PAST]:
        last = item.failures[-1]
        attempts = sum(f.attempts for f in item.failures)
        codes = ", ".join(dict.fromkeys(_rule_of(f.cause) for f in item.failures))
        how = _ENDED.get(last.ended or "", "")
        if last.ended == "allocated" and last.resolved is not None:
            how = f"got {', '.join(last.resolved_addresses)} at {clock(last.resolved, page.day)}{_after(item)}"
        text = f"{item.service}  {codes}: {plural(attempts, 'attempt')} from {clock(item.failures[0].first, page.day)}"
        lines += page.wrap(f"{text} ({page.place(item.failures[0].first)}), then it {how}", "  ", "      ")
    if len(before) > MOST_PAST:
        lines.append(f"  … and {plural(len(before) - MOST_PAST, 'more service')} (--format json lists all)")
    return lines


def _after(item: Past) -> str:
    first, last = (
        moment(item.failures[0].first.stamp),
        moment(item.failures[-1].resolved.stamp if item.failures[-1].resolved else b""),
    )
    return f", after {length((last - first).total_seconds())}" if first and last else ""


# What holds, what else was noticed, what the log is worth.


def _holdings(diagnosis: Diagnosis, page: Page) -> list[str]:
    held = diagnosis.holdings
    if not held:
        return page.wrap("The log shows no service that holds an address.")
    addresses = {a for h in held for a in h.addresses}
    hold = "holds" if len(held) == 1 else "hold"
    lines = [f"{plural(len(held), 'service')} {hold} {plural(len(addresses), 'address', 'addresses')}:"]
    rows = [
        (clean(h.service), ", ".join(h.addresses), ", ".join(map(clean, h.shared_with[:4])), page.place(h.at))
        for h in held[:MOST_PAST]
    ]
    lines += table(rows, ("service", "address", "shared with", "since"), "  ")
    if len(held) > MOST_PAST:
        lines.append(f"  … and {len(held) - MOST_PAST} more")
    return lines


def _asked_for(diagnosis: Diagnosis, services: tuple[str, ...], page: Page) -> list[str]:
    """For each service that was asked for by name: what it holds, or that the log never mentions it."""
    lines: list[str] = []
    for name in services:
        alike = [s for s in diagnosis.services if name in (s, s.partition("/")[2])]
        held = [h for h in diagnosis.holdings if h.service in alike]
        failed = [f for f in diagnosis.failures if f.service and name in (f.service, f.service.partition("/")[2])]
        for h in held:
            shared = f", shared with {', '.join(h.shared_with)}" if h.shared_with else ""
            lines += page.wrap(f"{h.service} holds {', '.join(h.addresses)}{shared} ({page.place(h.at)}).")
        if not held and not failed:
            seen = "is in the log and holds no address" if alike else "is never mentioned in the log"
            lines += page.wrap(f"{name} {seen}.")
    return lines


def _advice(diagnosis: Diagnosis, page: Page) -> list[str]:
    if not diagnosis.advice:
        return []
    by_rule: dict[str, list[str]] = {}
    for item in diagnosis.advice:
        at = f" ({page.place(item.at)})" if item.at is not None else ""
        by_rule.setdefault(item.rule, []).append(item.summary + at)
    lines = [page.style.strong("Also noticed")]
    for code, found in sorted(by_rule.items()):
        lines.append(f"  {page.style.rule(f'{code} {rule(code).name}')}")
        for text in found[:MOST_ADVICE]:
            lines += page.wrap(text, "    ", "      ")
        if len(found) > MOST_ADVICE:
            lines.append(f"    … and {len(found) - MOST_ADVICE} more")
    return [*lines, ""]


def _worth(diagnosis: Diagnosis, page: Page) -> list[str]:
    """What the inputs could not tell."""
    lines = [line for note in diagnosis.notes for line in page.wrap(note.text + ".")]
    for item in diagnosis.inputs:
        name = page.names[item.source.name]
        if item.source.unparsed:
            lines += page.wrap(f"{name}: {plural(item.source.unparsed, 'line')} could not be read as a log record.")
        if item.divergences:
            times = plural(item.divergences, "time")
            text = f"{name}: the log contradicts the replay {times}; what depends on it is not called proven."
            lines += page.wrap(text)
    return lines
