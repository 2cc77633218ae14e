"""Choosing what of a diagnosis is reported. The model has read everything: nothing is judged differently by it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from msgspec import Struct, structs

from loganalyzer.correlator.announcements.found import Announcement, Announcements, Session, Story
from loganalyzer.correlator.diagnosis import Advice, Diagnosis, Failure, Holding, Note
from loganalyzer.errors import UsageError
from loganalyzer.metallb.addresses import Address, format_address, parse_address
from loganalyzer.model.state import Place
from loganalyzer.parser.stamps import moment
from loganalyzer.rules.catalogue import rule


class Choice(Struct, frozen=True):
    """What is wanted. Of one kind any will do, of several kinds each must hold; nothing given chooses everything.

    `since` and `until` are times in UTC, both included. `services` are `namespace/name` or names in any namespace.
    `rules` are codes.
    """

    since: datetime | None = None
    until: datetime | None = None
    namespaces: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    pools: frozenset[str] = frozenset()
    addresses: frozenset[Address] = frozenset()
    rules: frozenset[str] = frozenset()

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Choice()


def rules_named(names: Iterable[str]) -> frozenset[str]:
    """The codes of rules given by code or name. Raises UsageError where there is no such rule."""
    return frozenset(rule(name).code for name in names)


def addresses_named(texts: Iterable[str]) -> frozenset[Address]:
    """The addresses that these texts spell. Raises UsageError where one is none."""
    try:
        return frozenset(parse_address(t.strip()) for t in texts)
    except ValueError as problem:
        raise UsageError(f"{problem}; give an address such as 192.0.2.7 or 2001:db8::7") from None


When = datetime | timedelta
"""A time, or how long before the last record."""

_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION: Final = re.compile(r"(?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|us|µs|ns|m|s)", re.ASCII)
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?\Z", re.ASCII
)
_OFFSET: Final = re.compile(r"([+-])(\d\d):?([0-5]\d)\Z", re.ASCII)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


def parse_when(text: str, zone: tzinfo = UTC) -> When:
    """A time: RFC 3339, `2024-05-04 08:00`, `2024-05-04`, or a duration as kubectl takes it.

    Times without a zone are in `zone`; the result's is UTC. Raises UsageError on any other text (Go's
    time.ParseDuration knows no days: `48h`).
    """
    given = text.strip()
    if _MOMENT.match(given):
        try:
            found = datetime.fromisoformat(_six_digits(given))
            return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
        except (ValueError, OverflowError) as problem:
            raise UsageError(f"{text!r} is no time: {problem}") from None
    parts = _DURATION.findall(given)
    if not parts or "".join(parts) != given:
        raise UsageError(f"{text!r} is neither a duration such as 90m or 48h nor a time such as 2024-05-04 08:00")
    seconds = sum(float(re.sub(r"[^\d.]", "", p)) * _UNITS[re.sub(r"[\d.]", "", p)] for p in parts)
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        return timedelta.max


def before(when: When, last: datetime | None) -> datetime:
    """The time that is meant, where `last` is that of the last record; None: no input tells one, so from now."""
    if isinstance(when, datetime):
        return when
    try:
        return (last or datetime.now(UTC)) - when
    except OverflowError:
        return _EARLIEST


def parse_zone(text: str) -> tzinfo:
    """A time zone by its name (`Europe/Berlin`), or an offset (`+02:00`). Raises UsageError where it is none."""
    from zoneinfo import ZoneInfo

    offset = _OFFSET.match(text.strip())
    try:
        if offset is None:
            return ZoneInfo(text.strip())
        length = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(length if offset[1] == "+" else -length)
    except (ValueError, KeyError, OSError):
        raise UsageError(f"{text!r} is no time zone; write it as Europe/Berlin or +02:00") from None


def last_time(diagnosis: Diagnosis) -> datetime | None:
    """The time of the last record of all inputs; None where none tells one."""
    return latest(w.last_stamp for i in diagnosis.inputs for w in i.source.writers)


def latest(stamps: Iterable[bytes]) -> datetime | None:
    """The latest of times as logs write them; None where none of them is a time."""
    found = max(map(moment, stamps), default="")
    return datetime.fromisoformat(_six_digits(found) + "+00:00") if found else None


def _six_digits(text: str) -> str:
    """The time with no more digits of a second than Python keeps."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


def choose(diagnosis: Diagnosis, choice: Choice) -> Diagnosis:
    """The diagnosis with what was chosen of its findings. Inputs and notes stay: they say what was read.

    A note counts what was left out, so that nobody takes its absence for health.
    """
    if choice.everything:
        return diagnosis
    chosen = structs.replace(
        diagnosis,
        failures=tuple(f for f in diagnosis.failures if takes_failure(choice, f)),
        advice=tuple(a for a in diagnosis.advice if takes_advice(choice, a)),
        holdings=tuple(h for h in diagnosis.holdings if _takes_holding(choice, h)),
        services=frozenset(s for s in diagnosis.services if takes_service(choice, s)),
        gone={s: how for s, how in diagnosis.gone.items() if takes_service(choice, s)},
        announcements=_chosen(diagnosis.announcements, choice),
    )
    before, after = _counts(diagnosis), _counts(chosen)
    left = [f"{b - a:,} of {b:,} {what}" for (what, b), (_, a) in zip(before, after, strict=True) if a < b]
    if not left:
        return chosen
    text = f"Only what was asked for is reported; left out: {', '.join(left)}"
    return structs.replace(chosen, notes=(*chosen.notes, Note("chosen", text)))


def _counts(diagnosis: Diagnosis) -> tuple[tuple[str, int], ...]:
    told = diagnosis.announcements
    return (
        ("failures", len(diagnosis.failures)),
        ("announcements", len(told.episodes)),
        ("sessions", len(told.sessions)),
        ("findings that caused no failure", len(diagnosis.advice)),
    )


def _chosen(found: Announcements, choice: Choice) -> Announcements:
    """Announcements, the sessions that carry them, and what is told of their services."""
    episodes = tuple(e for e in found.episodes if takes_announcement(choice, e))
    nodes = {e.node for e in episodes if e.protocol == "bgp"}
    services = {e.service for e in episodes}
    return structs.replace(
        found,
        episodes=episodes,
        sessions=tuple(s for s in found.sessions if _takes_session(choice, s, nodes)),
        stories=tuple(_told(s, choice) for s in found.stories if s.service in services),
        risks=tuple(r for r in found.risks if r.service in services),
    )


def _told(story: Story, choice: Choice) -> Story:
    """A service's story as it stands at the end, of its events those of the chosen time."""
    events = tuple((at, text) for at, text in story.timeline if takes_span(choice, at, at))
    return structs.replace(story, timeline=events) if len(events) < len(story.timeline) else story


def takes_announcement(choice: Choice, episode: Announcement) -> bool:
    """Whether an episode of an announcement was chosen. Announcements carry no pool: none is of one."""
    return (
        not choice.pools
        and takes_service(choice, episode.service)
        and takes_span(choice, episode.first, None if episode.current else episode.until)
        and (not choice.rules or episode.rule in choice.rules)
        and (not choice.addresses or any(is_one_of(a, choice.addresses) for a in episode.addresses))
    )


def _takes_session(choice: Choice, session: Session, nodes: set[str | None]) -> bool:
    """A session is of no service: it is chosen with the announcements that its node makes by BGP, or by itself."""
    if choice.pools or not takes_span(choice, session.first, None):
        return False
    if choice.rules and session.rule not in choice.rules:
        return False
    if not (choice.namespaces or choice.services or choice.addresses):
        return True
    peer = not (choice.namespaces or choice.services) and is_one_of(session.address, choice.addresses)
    return peer or session.node in nodes


def is_one_of(text: str, addresses: frozenset[Address]) -> bool:
    """Whether a text of a log spells one of these addresses."""
    try:
        return parse_address(text) in addresses
    except ValueError:
        return False


def _takes_holding(choice: Choice, holding: Holding) -> bool:
    return takes_service(choice, holding.service) and (
        not choice.addresses or not choice.addresses.isdisjoint(map(parse_address, holding.addresses))
    )


def takes_failure(choice: Choice, failure: Failure) -> bool:
    """Whether an episode was chosen. One that has not ended lasts to the end of the log."""
    end = failure.resolved or failure.last
    return (
        takes_service(choice, failure.service)
        and takes_span(choice, failure.first, None if failure.ended is None else end)
        and (not choice.rules or (failure.cause is not None and failure.cause.rule in choice.rules))
        and (not choice.pools or not choice.pools.isdisjoint(_pools(failure)))
        and (not choice.addresses or any(_touches(failure, a) for a in choice.addresses))
    )


def takes_advice(choice: Choice, advice: Advice) -> bool:
    """Whether advice was chosen; what is about no one service stays, unless its rule or time is left out."""
    return (
        (advice.service is None or takes_service(choice, advice.service))
        and (advice.at is None or takes_span(choice, advice.at, advice.at))
        and (not choice.rules or advice.rule in choice.rules)
        and (not choice.pools or any(_has_word(advice.summary, p) for p in choice.pools))
        and (not choice.addresses or any(_named(advice.summary, a) for a in choice.addresses))
    )


def takes_service(choice: Choice, service: str | None) -> bool:
    """Whether findings about a service were chosen; where it is not known, only if none was asked for."""
    if not choice.namespaces and not choice.services:
        return True
    if service is None:
        return False
    namespace, _, name = service.partition("/")
    return (not choice.namespaces or namespace in choice.namespaces) and (
        not choice.services or service in choice.services or name in choice.services
    )


def takes_span(choice: Choice, first: Place, last: Place | None) -> bool:
    """Whether something lasted into the chosen time; `last` None: to the end. What has no time was not left out."""
    begins, ends = moment(first.stamp), moment(last.stamp) if last is not None else ""
    if choice.until is not None and begins and _moment(begins) > choice.until:
        return False
    return not (choice.since is not None and ends and _moment(ends) < choice.since)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(_six_digits(text) + "+00:00")


def _pools(failure: Failure) -> set[str]:
    found = {p.name for p in failure.pools if p.eligible or p.rule is not None}
    found.update(c.pool for c in failure.candidates)
    if failure.cause is not None and failure.cause.pool is not None:
        found.add(failure.cause.pool)
    named = re.findall(r"pool \"?([a-z0-9.-]+)\"?", failure.error)
    return found | set(named)


def _touches(failure: Failure, address: Address) -> bool:
    text = format_address(address)
    return (
        (failure.cause is not None and failure.cause.address == text)
        or any(c.first <= address <= c.last for c in failure.candidates)
        or text in failure.resolved_addresses
        or _named(failure.error, address)
    )


def _has_word(text: str, name: str) -> bool:
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", text) is not None


def _named(text: str, address: Address) -> bool:
    return re.search(rf"(?<![\w.:]){re.escape(format_address(address))}(?![\w:]|\.\d)", text) is not None
