"""Lines of passes over all services at info level: they have addresses and no service's name.

Where just one service is known to have had the address, in any input, the line is that service's; where a pass
has as many such lines as services, there is one for each. Else nothing is claimed of those that may be meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct, structs

from loganalyzer.correlator.announcements.found import Announcement
from loganalyzer.model.speakers.facts import Facts, Stretch
from loganalyzer.model.speakers.life import Life, Unnamed


class Owners(Struct, frozen=True):
    """Which services had an address, as any input told."""

    by_address: Mapping[str, frozenset[str]]

    def of(self, addresses: tuple[str, ...]) -> frozenset[str]:
        """The services that may be meant by these addresses."""
        return frozenset(s for a in addresses for s in self.by_address.get(a, frozenset()))


class Doubts(Struct, frozen=True):
    """From which line on a service's state is not known: by service, and (`withdrawn`) for any that announced."""

    lines: Mapping[str, int]
    withdrawn: int

    def check(self, episode: Announcement) -> Announcement:
        """The episode; not said to stand any more where a line that may be about it came after it."""
        doubted = self.lines.get(episode.service, 0) > episode.last.line
        if episode.state == "announced" and self.withdrawn > episode.last.line:
            doubted = True
        return structs.replace(episode, current=False) if doubted and episode.current else episode


def resolved(life: Life, owners: Owners) -> tuple[dict[str, list[Stretch]], Doubts]:
    """The stretches of each service with those whose lines had no name, and what stays in doubt."""
    found = {service: list(journal.stretches) for service, journal in life.journals.items()}
    named: dict[tuple[int, str], list[Unnamed]] = {}
    doubts: dict[str, int] = {}
    withdrawn = 0
    equal = Counter((u.pass_line, u.addresses, u.protocol, u.reason) for u in life.unnamed)
    for line in life.unnamed:
        services = owners.of(line.addresses)
        # As many lines in one pass as services that may be meant: one for each of them.
        alike = equal[line.pass_line, line.addresses, line.protocol, line.reason]
        if line.pass_line and services and len(services) == alike:
            for service in services:
                named.setdefault((line.pass_line, service), []).append(line)
            continue
        for service in services:
            doubts[service] = line.at.line
        if line.reason is not None and not services:
            # Of some service: of none that this very pass has shown to go on.
            withdrawn = max(withdrawn, line.pass_line)
    whole = frozenset(begin.line for begin, _ in life.whole_passes)
    for (begins, service), lines in named.items():
        found.setdefault(service, []).extend(_stretches(lines, whole=begins in whole and service not in doubts))
    if life.whole_passes:
        begin, end = life.whole_passes[-1]
        for stretches in found.values():
            # Where one said nothing in a pass over all services, that was a whole pass over it too.
            if all(s.last.line < begin.line for s in stretches):
                stretches.append(Stretch(Facts(whole=True), begin, end))
    if life.unnamed:
        for stretches in found.values():
            stretches.sort(key=lambda s: s.first.line)
    return found, Doubts(doubts, withdrawn)


def _stretches(lines: list[Unnamed], *, whole: bool) -> list[Stretch]:
    """A service's lines in one pass over all: announcements are of one pass over it, and so is what they make anew."""
    told = [line for line in lines if line.reason is None]
    left = [line for line in lines if line.reason is not None]
    found = [
        Stretch(
            Facts(addresses=line.addresses, withdrawn=line.reason, withdrawn_protocol=line.protocol), line.at, line.at
        )
        for line in left
    ]
    if told:
        announced, last = frozenset(line.protocol for line in told), told[-1]
        facts = Facts(addresses=last.addresses, pool=last.pool, announced=announced, whole=whole)
        found.append(Stretch(facts, told[0].at, last.at))
    return found
