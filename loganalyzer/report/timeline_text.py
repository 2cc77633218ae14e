"""The timeline for a terminal and for a page in Markdown: a line for each thing that happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loganalyzer.history.entries import Entry, Focus
from loganalyzer.history.story import Told
from loganalyzer.metallb.addresses import format_address
from loganalyzer.parser.stamps import rfc3339
from loganalyzer.report.escape import clean, for_markdown
from loganalyzer.report.fitting import fitted_table
from loganalyzer.report.places import Places
from loganalyzer.report.rows import markdown_table
from loganalyzer.report.terminal import plural, wrap
from loganalyzer.report.times import clock, length, moment, span

_IT: Final = "announce it"
_BY_NODE: Final = frozenset({"announced", "withdrawn", "silent"})


def as_text(told: Told, width: int) -> str:
    """The story for a terminal of so many columns, ending in a line feed."""
    places = _places(told)
    lines = [line for text in _head(told) for line in wrap(clean(text), width)]
    rows = list(_rows(told, places))
    if rows:
        lines += ["", *fitted_table(("time", "", "what", places.header), rows, width, (2,)).lines]
    foot = [line for text in _foot(told) for line in wrap(clean(text), width)]
    return "\n".join([*lines, *(["", *foot] if foot else [])]) + "\n"


def as_markdown(told: Told) -> str:
    """The story as a page of Markdown, ending in a line feed."""
    places = _places(told)
    title, *rest = _head(told)
    lines = [f"## {for_markdown(title)}", *(row for text in rest for row in ("", for_markdown(text)))]
    rows = [(_full(e), _who(e, told.focus), sentence(e, told.focus), places.place(e.at)) for e in told.entries]
    if rows:
        lines += ["", *markdown_table(("Time (UTC)", "Who", "What", "Shown by"), rows)]
    lines += [row for text in _foot(told) for row in ("", for_markdown(text))]
    return "\n".join(lines) + "\n"


def sentence(entry: Entry, focus: Focus) -> str:
    """What happened, with how often and how long."""
    text = f"{entry.node} {entry.what}" if _names_node(entry, focus) else entry.what
    if entry.service is not None and _who(entry, focus) != entry.service:
        named = text.replace(_IT, f"{_IT.removesuffix('it')}{entry.service}", 1)
        text = named if named != text else f"{text} for {entry.service}"
    return text + _told_in_numbers(entry)


_MEASURED: Final = {
    "allocated": " (waited {})",
    "waiting": ", for {} now",
    "clock": " by {}",
    "withdrawn": " (announced for {})",
    "lost": " (held for {})",
    "pool-free": " (none was free for {})",
}
"""How an entry tells its length of time."""


def _told_in_numbers(entry: Entry) -> str:
    long = length(entry.seconds) if entry.seconds is not None and entry.seconds >= 1 else ""
    if entry.kind == "failed":
        over = f" over {long}" if long else ""
        return f" ({plural(entry.times, 'attempt')}{over})"
    if entry.kind in ("deleted", "not-load-balancer"):
        return f" ({'held' if entry.addresses else 'waited'} for {long})" if long else ""
    if entry.kind in _MEASURED:
        return _MEASURED[entry.kind].format(long) if long else ""
    if entry.times > 1 and entry.kind in ("session", "rejected", "write-failed"):
        return f" ({entry.times} times)"
    return ""


def _names_node(entry: Entry, focus: Focus) -> bool:
    return entry.kind in _BY_NODE and entry.node is not None and not focus.nodes


def _who(entry: Entry, focus: Focus) -> str:
    """Whose line of the story it is."""
    if focus.nodes and entry.node is not None:
        return entry.node
    if entry.service is not None:
        return entry.service
    if entry.node is not None:
        return entry.node
    return f"pool {entry.pool}" if entry.kind in ("pool-full", "pool-free") else "controller"


def _rows(told: Told, places: Places) -> Iterator[tuple[str, ...]]:
    day = None
    for entry in told.entries:
        shown = clock(entry.at, day)
        found = moment(entry.at.stamp)
        day = found or day
        yield shown, _who(entry, told.focus), sentence(entry, told.focus), places.short(entry.at, entry.last)


def _full(entry: Entry) -> str:
    text = rfc3339(entry.at.stamp) if entry.at.stamp else None
    return text.replace("T", " ").removesuffix("Z") if text else ""


def _places(told: Told) -> Places:
    return Places.of(i.source.name for i in told.diagnosis.inputs)


def _head(told: Told) -> list[str]:
    inputs = told.diagnosis.inputs
    stamps = [m for i in inputs for w in i.source.writers for s in (w.first_stamp, w.last_stamp) if (m := moment(s))]
    versions = sorted({i.metallb_version for i in inputs if i.metallb_version})
    parts = [f"MetalLB {', '.join(versions) or 'of unknown version'}"]
    parts.append(plural(sum(i.source.lines for i in inputs), "line") + _in_inputs(len(inputs)))
    if stamps:
        parts.append(span(min(stamps), max(stamps)))
    return [_title(told.focus), " · ".join(parts), *_summary(told)]


def _in_inputs(count: int) -> str:
    return f" in {count} inputs" if count > 1 else ""


def _title(focus: Focus) -> str:
    if focus.services:
        return f"What happened to {', '.join(sorted(focus.services))}"
    if focus.addresses:
        return f"What happened to {', '.join(map(format_address, sorted(focus.addresses)))}"
    if focus.pools:
        return f"What happened to pool {', '.join(sorted(focus.pools))}"
    return f"What happened on {', '.join(sorted(focus.nodes))}" if focus.nodes else "What happened"


def _summary(told: Told) -> Iterator[str]:
    if not told.named:
        yield (
            "The inputs tell nothing of it; below is what concerns everybody."
            if told.entries
            else ("The inputs tell nothing of it.")
        )
    elif told.attempts and (told.focus.services or told.focus.everything):
        waited = f"{length(told.waited)} without an address" if told.focus.services and told.waited >= 1 else ""
        attempts = plural(told.attempts, "failed attempt")
        yield f"{waited}, {attempts}." if waited else f"{attempts}."


def _foot(told: Told) -> Iterator[str]:
    """What the reader must know of the order and of what is missing."""
    if not told.exact:
        yield (
            "Times are whole seconds: where lines of several inputs have the same one, the controller's come first, "
            "then the speakers' by input; which was first the logs do not tell."
        )
    if any(e.kind == "clock" for e in told.entries):
        yield "Where the times of an input go back, its lines keep their order; times before and after don't compare."
    if told.dropped:
        yield f"{told.dropped:,} earlier changes of sessions and members are not listed."
    for note in told.diagnosis.notes:
        yield note.text + "."
