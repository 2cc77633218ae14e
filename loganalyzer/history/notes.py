"""What controllers tell beside who holds what: edits of services, of the configuration, writes that failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import structs

from loganalyzer.correlator.wording import request
from loganalyzer.history.changes import Edit, changed_pools, ranges_text, service_edits
from loganalyzer.history.entries import Entry
from loganalyzer.metallb.pools import Pool
from loganalyzer.metallb.services import Service
from loganalyzer.model import outcomes as o
from loganalyzer.model.controller import Model
from loganalyzer.model.run import Replay
from loganalyzer.model.state import place_of
from loganalyzer.parser import events as e
from loganalyzer.parser.events import Event

_CONFIGURING: Final = (e.ConfigurationEnded, e.ConfigurationUnchanged, e.ConfigurationLoaded)
Key = tuple[int, str]


class Notes:
    """Looks on while inputs are diagnosed, and collects entries; memory grows with what changes."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._pools: dict[int, dict[str, Pool]] = {}
        self._asked: dict[Key, Service] = {}
        self._unwritten: dict[Key, int] = {}

    def watch(self, events: Iterable[Event], run: Replay) -> Iterator[Event]:
        """The events as they are; the run has dealt with one when it asks for the next."""
        for event in events:
            yield event
            if type(event.what) in _CONFIGURING and event.source.component != "speaker":
                self._configured(run.model(event.source), event)

    def take(self, model: Model, outcome: o.Outcome, episodes: object = None) -> None:  # noqa: ARG002
        """One outcome, while its model is in that state."""
        service = outcome.service
        if service is None:
            return
        if isinstance(outcome, o.Sighted):
            self._sighted(model, service, outcome)
        elif isinstance(outcome, o.Gone):
            self._asked.pop((id(model), service), None)
        elif isinstance(outcome, o.WriteFailed):
            self._write_failed(model, service, outcome)
        elif isinstance(outcome, o.Written):
            self._unwritten.pop((id(model), service), None)
        elif isinstance(outcome, o.InvalidRequest):
            self.entries.append(
                Entry(outcome.at, "edited", f"asks in a way that can't be read: {outcome.error}", service)
            )

    # The configuration.

    def _configured(self, model: Model, event: Event) -> None:
        """A configuration is in force: what is different from the one before, over restarts too."""
        at = place_of(event)
        found = model.allocator.configuration
        if found is None:
            if isinstance(event.what, e.ConfigurationLoaded):
                self.entries.append(
                    Entry(at, "configuration", "a configuration was loaded, which the log does not show")
                )
            return
        before = self._pools.get(id(model))
        self._pools[id(model)] = dict(found.pools)
        if before is None and not found.pools:
            self.entries.append(Entry(at, "configuration", "the configuration has no pool"))
        for name, edits in changed_pools(before or {}, found.pools):
            what = _pool_change(name, (before or {}).get(name), found.pools.get(name), edits)
            self.entries.append(
                Entry(at, "configuration", what if before is not None else f"loaded: {what}", pool=name)
            )

    # Services.

    def _sighted(self, model: Model, service: str, outcome: o.Sighted) -> None:
        """A new version of a service: what it asks, and what of that changed."""
        key, seen = (id(model), service), outcome.seen
        before = self._asked.get(key)
        self._asked[key] = seen
        if not seen.is_load_balancer:
            return
        if before is not None and before.is_load_balancer:
            edits = service_edits(before, seen, model.version)
            if edits:
                self.entries.append(Entry(outcome.at, "edited", "; ".join(map(edit_text, edits)), service))
        elif not seen.status:
            asks = "asks for an address" if before is None else "is a load balancer now and asks"
            self.entries.append(Entry(outcome.at, "asked", f"{asks}: {request(seen, model.version)}", service))

    def _write_failed(self, model: Model, service: str, outcome: o.WriteFailed) -> None:
        """Writes that fail again and again before one succeeds are one entry."""
        key = (id(model), service)
        index = self._unwritten.get(key)
        if index is None:
            self._unwritten[key] = len(self.entries)
            self.entries.append(Entry(outcome.at, "write-failed", f"writing it failed: {outcome.error}", service))
            return
        now = self.entries[index]
        self.entries[index] = structs.replace(now, times=now.times + 1, last=outcome.at)


def edit_text(edit: Edit) -> str:
    """`ports TCP/80 → TCP/80, TCP/443`."""
    return f"{edit.what} {edit.before or 'none'} → {edit.after or 'none'}"


def _pool_change(name: str, before: Pool | None, after: Pool | None, edits: list[Edit]) -> str:
    if after is None:
        return f"pool {name} was removed"
    if before is None:
        rest = "".join(f", {edit.what} {edit.after}" for edit in edits if edit.what != "addresses")
        return f"pool {name} with {ranges_text(after) or 'no address'}{rest}"
    return f"pool {name}: {'; '.join(map(edit_text, edits))}"
