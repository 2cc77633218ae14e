"""The pass over one service that a speaker is in: its lines collected until it is over."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from loganalyzer.metallb.election import winner
from loganalyzer.metallb.services import Service
from loganalyzer.model.speakers.facts import Facts, Journal, Stretch
from loganalyzer.model.speakers.identity import ELECTED
from loganalyzer.model.state import Place
from loganalyzer.parser import events as e
from loganalyzer.parser import speaker_events as s
from loganalyzer.parser.events import What

if TYPE_CHECKING:
    from loganalyzer.model.speakers.life import Life

ON_THE_WAY: Final = ("loadBalancerIPChanged", "protocolChanged")
"""Withdrawals after which the same pass announces anew."""

MOST_GONE: Final = 1024
"""Deleted services that are kept: names that come and go all day must not add up."""

MOST_ASKING: Final = 1024
"""Passes that are kept until it is known how the node is."""


class _Open:
    """A pass that is under way."""

    def __init__(self, service: str, at: Place) -> None:
        self.service = service
        self.first = self.last = at
        self.seen: Service | None = None
        self.began = self.over = self.whole = False
        self.found: dict[str, Any] = {}
        self.announced: set[str] = set()
        self.skipped: set[tuple[str, str]] = set()
        self.said: dict[str, Place] = {}

    def is_over_at(self, what: What) -> bool:
        """Whether the line can't be of this pass. At info level up to 0.12 nothing else tells where one begins.

        Within a pass that began another protocol may announce after the last one was withdrawn.
        """
        withdrawn = self.found.get("withdrawn")
        if isinstance(what, s.Announcing):
            ended = withdrawn not in (None, *ON_THE_WAY) and not (self.began and not self.over)
            over = ended or "refused" in self.found
            return over or what.protocol in self.announced
        return isinstance(what, s.Withdrawing) and (bool(self.announced) or withdrawn is not None)


class Passing:
    """Follows the passes of one run and writes each into its service's journal."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._now: _Open | None = None
        self._single = False
        self._overlaps = 0
        self._known: set[str] = set()
        self._gone: dict[str, None] = {}
        self._unnamed_seen = 0
        # What is told of the node as it is now, and the passes that may yet be told apart by it.
        self._trouble: str | None = None
        self._present: frozenset[str] | None = None
        self._unsure = self._node_seen = False
        self._turned: frozenset[str] = frozenset()
        self._asking: deque[Stretch] = deque(maxlen=MOST_ASKING)

    # Where a pass begins and ends.

    def reconcile(self, what: e.ReconcileStarted, at: Place) -> None:
        """A reconciler took up a service, or all of them."""
        if self._single and self._now is not None:
            # One worker never takes up a second request: these are several processes' lines, or some are lost.
            self._overlaps += 1
            self._life.tangled = self._overlaps > 1
        self.close()
        self._single = not what.reprocess
        if self._single:
            self._now = _Open(what.name, at)
        elif self._node_seen:
            # The node is not as it was: each service will tell how it is now.
            self._unsure = self._unsure or self._trouble is not None or self._present is not None
            self._trouble, self._present, self._node_seen = None, None, False
            self._asking.clear()

    def node_seen(self) -> None:
        """A reconciler took up a node."""
        self._node_seen = True

    def node_turned(self, node: str) -> None:
        """A node's network or its exclude label is not as it was; other nodes than the own one do not matter."""
        turned, own = self._turned | {node}, self._life.identity.node
        self._turned = turned & {own} if own else turned

    def reconciled(self, at: Place) -> None:
        """The reconciler is done."""
        if self._single and self._now is not None:
            self._now.last, self._now.whole = at, True
        self._single = False
        self.close()

    def seen(self, what: e.ServiceSeen, at: Place) -> None:
        """The service's dump."""
        if what.seen is None:
            return
        now = self._for(what.seen.key, at, anew=what.reprocess)
        now.seen = what.seen
        now.said[""] = at
        self._known.add(what.seen.key)

    def deletion(self, what: e.ServiceDeletionSeen, at: Place) -> None:
        """The service is gone, or (where it was never seen) not there yet."""
        now = self._for(what.name, at)
        if what.name in self._known:
            self._known.discard(what.name)
            self._life.endpoints.gone(what.name)
            now.found["deleted"] = True

    def drop(self) -> None:
        """The pass is over a service of another load balancer class: nothing follows from it."""
        self._now = None

    def started(self, service: str | None, at: Place) -> None:
        """`start of service update`."""
        if service is not None:
            now = self._now
            anew = now is not None and (now.began or bool(now.announced))
            self._for(service, at, anew=anew and not self._single).began = True

    def ended(self, service: str | None, at: Place) -> None:
        """`end of service update`."""
        now = self._now
        if now is None or service != now.service:
            return
        now.over, now.last = True, at
        if not self._single:
            self.close()

    def waits(self, service: str | None, at: Place) -> None:
        """`still waiting for config`."""
        if service is not None:
            self._for(service, at).found["waiting"] = True

    # What is said in it.

    @property
    def expecting(self) -> str | None:
        """The service whose announcement must come next: a line that names it has said what is wrong with it."""
        now = self._now
        return now.service if now is not None and "interfaces" in now.found and not now.announced else None

    def line(self, service: str, what: What, at: Place) -> None:
        """A line of the pass over this service."""
        again = self._now is not None and self._now.is_over_at(what)
        now = self._for(service, at, anew=again and not self._single)
        if isinstance(what, s.Announcing):
            now.announced.add(what.protocol)
            now.said[what.protocol] = at
            now.found.update(addresses=what.addresses, pool=what.pool)
        elif isinstance(what, s.Withdrawing):
            now.said["withdrawn"] = at
            now.found.update(withdrawn=what.reason, withdrawn_protocol=what.protocol, coming=what.coming)
        elif isinstance(what, s.Skipping):
            now.skipped.add((what.protocol, what.reason))
            now.said.setdefault(what.protocol, at)
            now.found.update(addresses=what.addresses, pool=what.pool)
        elif isinstance(what, s.Candidates):
            now.said["layer2"] = at
            now.found.update(candidates=what.nodes, addresses=what.addresses, pool=what.pool)
        elif isinstance(what, s.NoActiveEndpoints):
            now.said["layer2"] = at
            now.found.update(no_endpoints=True, addresses=what.addresses, pool=what.pool)
        elif isinstance(what, s.InterfacesMissing):
            now.found["interfaces"] = what.interfaces
        elif isinstance(what, s.AdvertisementsConflict):
            now.found["conflict"] = what.error
        elif isinstance(what, s.BalancerRefused):
            now.said[what.protocol] = at
            now.found.update(refused=(what.error, what.protocol), addresses=what.addresses)

    def _for(self, service: str, at: Place, *, anew: bool = False) -> _Open:
        now = self._now
        if now is None or now.service != service or anew:
            self.close()
            now = self._now = _Open(service, at)
        now.last = at
        return now

    # The end.

    def close(self) -> None:
        """The pass that is under way is over, or its end is not in the log."""
        now, self._now = self._now, None
        if now is None:
            return
        facts, before = self._facts(now), (self._trouble, self._present)
        self._note(facts)
        life = self._life
        if facts.silent and not facts.whole:
            return
        apart = life.unnamed_seen != self._unnamed_seen
        self._unnamed_seen = life.unnamed_seen
        passed = Stretch(facts, now.first, now.last, now.said)
        stretch = life.journals.setdefault(now.service, Journal.new()).add(passed, apart=apart)
        if facts.candidates is not None and facts.present is None and stretch.first is now.first:
            self._asking.append(stretch)
        if (self._trouble, self._present) != before:
            self._tell()
        self._gone.pop(now.service, None)
        if facts.deleted:
            self._gone[now.service] = None
            if len(self._gone) > MOST_GONE:
                life.forget(next(iter(self._gone)))
                del self._gone[next(iter(self._gone))]

    def _facts(self, now: _Open) -> Facts:
        life, seen = self._life, now.seen
        told = now.began and now.over and seen is not None
        facts = Facts(
            announced=frozenset(now.announced),
            skipped=frozenset(now.skipped),
            whole=now.whole or (now.began and now.over),
            trouble=self._trouble,
            present=self._present,
            unsure=self._unsure,
            turned=self._turned if life.fresh else None,
            **now.found,
        )
        if seen is None:
            return facts
        return structs.replace(
            facts,
            told=told,
            addresses=facts.addresses or seen.status,
            policy=seen.traffic_policy,
            wanted=seen.is_load_balancer,
            has_address=bool(seen.status),
            advertising=life.advertising,
            endpoints=life.endpoints.of(now.service),
        )

    def _note(self, facts: Facts) -> None:
        """What this pass tells of the node for the passes after it."""
        if facts.node_trouble or facts.announced or facts.past_node:
            self._trouble, self._unsure = facts.node_trouble or "", False
        if facts.candidates and facts.addresses and "layer2" in facts.announced:
            self._life.identity.told(ELECTED, winner(facts.candidates, facts.addresses[0]) or "")
        if facts.candidates is not None and facts.told and facts.policy != "Local":
            self._present, self._unsure = frozenset(facts.candidates), False

    def _tell(self) -> None:
        """Passes of before, when the node was as it is now, are told what is known of it."""
        for stretch in self._asking:
            stretch.facts = structs.replace(stretch.facts, trouble=self._trouble, present=self._present, unsure=False)
        if self._present is not None:
            self._asking.clear()
