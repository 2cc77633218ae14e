"""Findings that caused no failure by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import structs

from loganalyzer.correlator.announcements.found import Announcements
from loganalyzer.correlator.diagnosis import Advice
from loganalyzer.metallb.addresses import format_address
from loganalyzer.metallb.error_texts import ErrorText
from loganalyzer.metallb.services import Service
from loganalyzer.metallb.versions import ASSUMED, Version
from loganalyzer.model import outcomes as o
from loganalyzer.model.controller import Model
from loganalyzer.model.state import Place
from loganalyzer.rules.catalogue import catalogue, of_kind
from loganalyzer.rules.rule import Finding, ObjectRule
from loganalyzer.rules.shared_addresses import SharedAddressRule
from loganalyzer.sources.inputs import Source

MOST: Final = 5000
"""Advice kept where the inputs have no end: the oldest makes room. Also of how many objects' names it is known."""


class Adviser:
    """Collects advice as outcomes pass by: of one kind about one thing, the first.

    `endless`: the inputs may have no end, and memory is bounded.
    """

    def __init__(self, *, endless: bool = False) -> None:
        self._endless = endless
        self._found: dict[tuple[str, str], Advice] = {}
        self._waiting: dict[str, Place] = {}
        self._refusing: dict[tuple[str, str], Model] = {}  # by what the advice is found by
        self._of_names: dict[tuple[object, ...], list[tuple[str, str]]] = {}  # by names of annotations and labels

    def take(self, model: Model, outcome: o.Outcome) -> None:
        """What an outcome gives rise to."""
        if isinstance(outcome, o.Sighted):
            self._look(outcome.seen, outcome.at, model.version_told)
        elif isinstance(outcome, o.Rejected):
            self._add("MLB401", outcome.error, outcome.at, model.version, outcome.error)
            self._refusing["MLB401", outcome.error] = model
        elif isinstance(outcome, o.Filtered) and outcome.service:
            self._add("MLB402", outcome.service, outcome.at, model.version, service=outcome.service)
        elif isinstance(outcome, o.Crashed):
            self._add(
                "MLB404",
                f"{outcome.at.source.name}:{outcome.at.line}",
                outcome.at,
                model.version,
                outcome.text,
            )
        elif isinstance(outcome, o.InvalidRequest) and outcome.service:
            self._add("MLB304", outcome.service, outcome.at, model.version, outcome.error, outcome.service)
        elif isinstance(outcome, o.Waiting) and outcome.service:
            self._waiting[outcome.service] = outcome.at

    def served(self, services: Iterable[str]) -> None:
        """These services met a configuration after all."""
        if self._waiting:
            for service in services:
                self._waiting.pop(service, None)

    def given(self, services: Iterable[tuple[Service, Place]], version: Version | None) -> None:
        """What Service objects give rise to, but for what a log's dump told; `version` None: nothing tells it."""
        for seen, at in services:
            self._look(seen, at, version)

    def advice(self, models: Iterable[Model], sources: Iterable[Source]) -> list[Advice]:
        """All advice, with what the state at the end gives rise to."""
        for service, at in self._waiting.items():
            self._add("MLB202", service, at, ASSUMED, service=service)
        for model in models:
            for entry, address, services, at, text in _shared(model):
                key = f"{address} {' '.join(services)}"
                self._add(entry, key, at, model.version, text, address=address)
        for source in sources:
            if source.component != "speaker" and source.level in ("info", "warn", "error"):
                self._level(source)
        return [self._as_it_stands(key, found) for key, found in self._found.items()]

    def _as_it_stands(self, key: tuple[str, str], found: Advice) -> Advice:
        """A refused configuration may be a thing of the past."""
        model = self._refusing.get(key)
        if model is None or model.configuring.rejected is not None or not model.configuring.known:
            return found
        return structs.replace(found, summary=f"{found.summary} (a later one is in force by now)")

    def _look(self, seen: Service, at: Place, version: Version | None) -> None:
        alike = (tuple(seen.annotations), tuple(seen.labels), version)
        found = self._of_names.get(alike)
        if found is None:
            if len(self._of_names) >= MOST:
                self._of_names.clear()
            found = self._of_names[alike] = _findings(seen, version)
        for code, text in found:
            self._add(code, f"{seen.key} {text}", at, version or ASSUMED, text, seen.key)

    def _level(self, source: Source) -> None:
        at = Place(source, 1, b"")
        text = f"at {source.level} level, not debug, so why an address was refused may be out of sight"
        self._add("MLB607", source.name, at, ASSUMED, text)

    def _add(
        self,
        code: str,
        about: str,
        at: Place,
        version: Version,
        text: str = "",
        service: str | None = None,
        address: str | None = None,
    ) -> None:
        if (code, about) in self._found:
            return
        if self._endless and len(self._found) >= MOST:
            oldest = next(iter(self._found))
            del self._found[oldest]
            self._refusing.pop(oldest, None)
        entry = catalogue()[code]
        finding = Finding(service or "", version, ErrorText("unrecognised", reason=text), address=address)
        self._found[code, about] = Advice(
            entry.code, entry.name, entry.summary(finding), at, service, entry.remedy(finding)
        )


def unread(seen: Service, version: Version | None) -> Iterator[str]:
    """What an object asks of MetalLB that it does not read, as sentences that end in the rule's code."""
    # What is deprecated works.
    for code, text in (found for found in _findings(seen, version) if found[0] != "MLB603"):
        finding = Finding(seen.key, version or ASSUMED, ErrorText("unrecognised", reason=text))
        yield f"{catalogue()[code].summary(finding)} ({code})"


def _findings(seen: Service, version: Version | None) -> list[tuple[str, str]]:
    """What rules find in an object: code and sentence."""
    if not _may_matter(seen):
        return []
    return [(entry.code, text) for entry in of_kind(ObjectRule) for text in entry.finds(seen, version)]


def _may_matter(seen: Service) -> bool:
    """Whether an annotation or label speaks of MetalLB or sharing at all: almost none does."""
    return any(
        "metallb" in name.lower() or "shared-ip" in name or "loadBalancerIP" in name
        for names in (seen.annotations, seen.labels)
        for name in names
    )


def _shared(model: Model) -> Iterator[tuple[str, str, tuple[str, ...], Place, str]]:
    for address, use in model.allocator.shared():
        for entry in of_kind(SharedAddressRule):
            text = entry.finds(use)
            if text:
                at = model.allocator.allocations[use.services[-1]].at
                yield entry.code, format_address(address), use.services, at, text


def single_nodes(found: Announcements) -> tuple[Advice, ...]:
    """Advice on services that the loss of one node would take off the net."""
    entry = catalogue()["MLB608"]
    advice = []
    for risk in found.risks:
        finding = Finding(risk.service, ASSUMED, ErrorText("unrecognised", reason=risk.text))
        advice.append(
            Advice(entry.code, entry.name, entry.summary(finding), risk.at, risk.service, entry.remedy(finding))
        )
    return tuple(advice)
