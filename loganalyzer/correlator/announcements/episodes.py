"""The stretches of one service on one speaker made into episodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct, structs

from loganalyzer.correlator.announcements.cluster import Cluster
from loganalyzer.correlator.announcements.found import Announcement
from loganalyzer.correlator.announcements.judge import (
    ANNOUNCED,
    NEEDS_DEBUG,
    NEEDS_OWN,
    REASONS,
    Verdict,
    Verdicts,
    judge,
)
from loganalyzer.correlator.announcements.missing import TEXTS
from loganalyzer.metallb.versions import Version, dumps_objects
from loganalyzer.model.speakers.facts import Facts, Stretch
from loganalyzer.model.speakers.passing import ON_THE_WAY
from loganalyzer.model.state import Place

SAID_EACH_TIME: Final = frozenset({"MLB505", "MLB506", "MLB509"})
"""Rules of which a line tells, at any level, in every pass in which they hold.

Sources: metallb v0.14.8 speaker/main.go, speaker/bgp_controller.go.
"""


class Known(Struct, frozen=True):
    """What other inputs tell of a service: whether it holds an address, or waits for one at the end.

    `by_bgp` are pools that other speakers advertise by BGP, `cluster` is what objects show.
    """

    holds: bool = False
    waits: bool = False
    by_bgp: frozenset[str] = frozenset()
    cluster: Cluster | None = None


class Builder:
    """Follows one service through one run of a speaker.

    A protocol that once announced and does so no more is `withdrawn`, whatever happened in between. `answered` is
    when a client's request for an address was last answered.
    """

    def __init__(
        self,
        service: str,
        node: str | None,
        version: Version | None,
        known: Known,
        answered: Mapping[str, Place],
    ) -> None:
        self._service = service
        self._node = node
        self._version = version
        self._known = known
        self._answered = answered
        self._once: set[str | None] = set()
        self._now: dict[str | None, Announcement] = {}
        self._facts: dict[str | None, Facts] = {}
        self._over: list[Announcement] = []
        self._silent: tuple[Facts, Place, Place] | None = None

    def build(
        self, stretches: Iterable[Stretch], until: Place, *, ended: bool, current: bool
    ) -> Iterator[Announcement]:
        """All episodes in the order of their ends; the last ones stand at the end where `current`.

        `ended`: at `until` the speaker went; else its log goes no further, and it may have gone on.
        """
        for stretch in stretches:
            self._take(stretch)
        self._guess_silence()
        yield from self._over
        for protocol, episode in self._now.items():
            cluster = self._known.cluster if current else None
            known = cluster.settled(episode, self._facts[protocol], self._version) if cluster else episode
            known = self._as_answered(known, until)
            yield structs.replace(known, current=current, until=until, ended=ended)

    def _take(self, stretch: Stretch) -> None:
        facts = stretch.facts
        if facts.waiting:
            return
        if facts.deleted or not facts.wanted or facts.withdrawn in ("serviceDeleted", "notLoadBalancer"):
            self._ended(stretch)
        elif facts.told:
            self._apply(self._judged(facts), stretch, whole=True)
        elif not facts.silent:
            self._apply(self._plain(facts), stretch, whole=facts.whole)
        else:
            self._lapse(stretch)
            if not self._now:
                first = self._silent[1] if self._silent else stretch.first
                self._silent = (facts, first, stretch.last)

    def _plain(self, facts: Facts) -> Verdicts:
        """The verdicts of a pass whose reasons were not printed: what its lines say outright."""
        if facts.refused and not facts.refused[1]:
            return self._judged(facts)
        found: dict[str | None, Verdict] = {}
        for protocol in facts.announced:
            lost = protocol == "layer2" and facts.interfaces is not None
            full = self._judged(structs.replace(facts, has_address=True)) if lost else {}
            found[protocol] = full.get(protocol, Verdict(announced=True))
        for told, reason in facts.skipped:
            verdict = self._judged(structs.replace(facts, has_address=True)).get(told)
            if verdict is not None and verdict.rule and reason == verdict.reason:
                found[told] = verdict
        if facts.withdrawn is not None:
            verdict = self._withdrawal(facts.withdrawn)
            for before, episode in self._now.items():
                if episode.state == "announced" and before not in found:
                    found[before] = verdict
            again = facts.announced and facts.withdrawn in ON_THE_WAY
            if not again and not any(not v.announced for v in found.values()):
                found[facts.withdrawn_protocol or None] = verdict
        return found

    def _judged(self, facts: Facts) -> Verdicts:
        return judge(facts, self._node, self._version, self._known.by_bgp)

    def _withdrawal(self, reason: str) -> Verdict:
        rule = REASONS.get(reason)
        missing = None if rule else (NEEDS_DEBUG if reason == "notOwner" else NEEDS_OWN)
        return Verdict(announced=False, rule=rule, reason=reason, missing=missing)

    def _ended(self, stretch: Stretch) -> None:
        self._silent = None
        reason = stretch.facts.withdrawn or ("serviceDeleted" if stretch.facts.deleted else "notLoadBalancer")
        if stretch.facts.withdrawn and not self._now:
            # The log began after the announcement; that it was one is what the line says.
            self._once.add(stretch.facts.withdrawn_protocol or None)
            self._set(stretch.facts.withdrawn_protocol or None, Verdict(announced=False, reason=reason), stretch)
            return
        for protocol, episode in list(self._now.items()):
            if episode.state == "skipped":
                self._close(protocol, stretch.first)
            else:
                self._set(protocol, Verdict(announced=False, reason=reason), stretch)

    def _apply(self, verdicts: Verdicts, stretch: Stretch, *, whole: bool) -> None:
        self._silent = None
        if stretch.facts.broken_off and stretch.facts.withdrawn is None:
            # metallb v0.14.8 speaker/main.go, handleService: what was announced before is not taken back.
            verdicts = {p: v for p, v in verdicts.items() if p not in self._now or self._now[p].state != "announced"}
            whole = False
        if stretch.facts.withdrawn is not None and not self._once:
            self._once.add(stretch.facts.withdrawn_protocol or next((p for p in verdicts if p), None))
        general = verdicts.get(None)
        if general is not None and any(self._once):
            verdicts = {p: general for p in self._once if p is not None} or verdicts
        specific = {p for p in verdicts if p is not None}
        if specific:
            self._close(None, stretch.first)
        for protocol, verdict in verdicts.items():
            self._set(protocol, ANNOUNCED if self._goes_on(protocol, verdict, stretch.facts) else verdict, stretch)
        if not whole:
            return
        for protocol, episode in list(self._now.items()):
            if protocol in verdicts:
                continue
            if episode.state == "skipped":
                self._close(protocol, stretch.first)
            elif episode.state == "announced" or episode.rule is not None:
                self._set(protocol, self._unsaid(stretch.facts), stretch)

    def _goes_on(self, protocol: str | None, verdict: Verdict, facts: Facts) -> bool:
        """Whether it still answers as before: a node without the interfaces that are named now keeps those it had.

        Source: metallb v0.14.8 speaker/layer2_controller.go, SetBalancer.
        """
        before = self._now.get(protocol)
        if verdict.rule != "MLB507" or before is None or facts.withdrawn is not None:
            return False
        return before.state == "announced" and set(facts.addresses) <= set(before.addresses)

    def _lapse(self, stretch: Stretch) -> None:
        """A whole pass that says nothing: what each pass says while it lasts does not last any more."""
        for protocol, episode in list(self._now.items()):
            if episode.rule not in SAID_EACH_TIME:
                continue
            if protocol is None:
                self._close(protocol, stretch.first)
            else:
                self._set(protocol, self._unsaid(stretch.facts), stretch)

    def _unsaid(self, facts: Facts) -> Verdict:
        """A protocol that ended without a line, as another one goes on, or as it is not configured any more."""
        return Verdict(announced=False, missing=None if facts.told else NEEDS_DEBUG)

    def _set(self, protocol: str | None, verdict: Verdict, stretch: Stretch) -> None:
        facts, before = stretch.facts, self._now.get(protocol)
        self._facts[protocol] = facts
        state = "announced" if verdict.announced else "withdrawn" if protocol in self._once else "skipped"
        if verdict.announced:
            self._once.add(protocol)
        addresses = facts.addresses or (before.addresses if before else ())
        if before is not None and (before.state, before.rule, before.addresses) == (state, verdict.rule, addresses):
            self._now[protocol] = structs.replace(
                before,
                last=stretch.last,
                owner=verdict.owner if facts.told else before.owner,
                reason=verdict.reason or before.reason,
                missing=self._missing(verdict.missing),
                policy=facts.policy or before.policy,
            )
            return
        self._close(protocol, stretch.first)
        self._now[protocol] = Announcement(
            service=self._service,
            node=self._node,
            protocol=protocol,
            addresses=addresses,
            state=state,
            rule=verdict.rule,
            reason=verdict.reason,
            missing=self._missing(verdict.missing),
            first=stretch.first,
            last=stretch.last,
            current=False,
            until=stretch.last,
            owner=verdict.owner,
            policy=facts.policy,
            shown=stretch.shown(protocol, withdrawn=state == "withdrawn"),
        )

    def _close(self, protocol: str | None, until: Place) -> None:
        episode = self._now.pop(protocol, None)
        if episode is not None:
            known = self._as_answered(episode, until)
            self._over.append(structs.replace(known, until=until, ended=True))

    def _as_answered(self, episode: Announcement, until: Place) -> Announcement:
        """A node that answered meanwhile announces, though it has none of the interfaces: it did before the log."""
        if episode.rule != "MLB507":
            return episode
        answers = (self._answered[a].line for a in episode.addresses if a in self._answered)
        if not any(episode.first.line < line <= until.line for line in answers):
            return episode
        return structs.replace(episode, state="announced", rule=None, reason=None)

    def _missing(self, key: str | None) -> tuple[str, ...]:
        if key is None:
            return ()
        if key == NEEDS_DEBUG and self._version is not None and not dumps_objects(self._version):
            key = "old"
        return (TEXTS[key],)

    def _guess_silence(self) -> None:
        """A service that another input knows, and of which this speaker said nothing at all in its passes."""
        if self._silent is None or self._now or not (self._known.holds or self._known.waits):
            return
        facts, first, last = self._silent
        rule = "MLB503" if self._known.waits else None
        verdict = Verdict(announced=False, rule=rule, missing=None if rule else NEEDS_DEBUG)
        self._set(None, verdict, Stretch(facts, first, last))
