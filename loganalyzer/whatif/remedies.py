"""Failures with what would end them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from msgspec import structs

from loganalyzer.correlator.diagnosis import Failure
from loganalyzer.metallb.versions import Version
from loganalyzer.model.controller import Model
from loganalyzer.model.state import Place
from loganalyzer.parser.reading import PlacedObject
from loganalyzer.sources.inputs import Source
from loganalyzer.whatif.fixes import Search, fixes_for
from loganalyzer.whatif.state import State, state_of

_PLENTY: Final = 15_000
"""Services that are looked at to help, however short the log."""


def with_fixes(
    failures: Sequence[Failure],
    models: Mapping[Source, Model],
    objects: list[PlacedObject],
    version: Version | None,
    wanted: Collection[str],
) -> Sequence[Failure]:
    """The failures with what would end them; those that have ended stay as they are. `wanted` are helped first."""
    waiting = [
        i
        for i, f in enumerate(failures)
        if f.ended is None and f.cause and f.service is not None and (f.last.source in models or objects)
    ]
    if not waiting:
        return failures
    # Explaining looked at every line; helping may take about as long once more.
    search, found = Search(plenty=_PLENTY + sum(source.lines for source in models)), list(failures)
    known: dict[Model | None, State] = {}
    for i in sorted(waiting, key=lambda i: failures[i].service not in wanted):
        failure = failures[i]
        model = models.get(failure.last.source)
        state = known.get(model) or known.setdefault(model, _state(model, failure.last, objects, version))
        found[i] = structs.replace(failure, fixes=fixes_for(failure, state, search))
    return found


def _state(model: Model | None, at: Place, objects: list[PlacedObject], version: Version | None) -> State:
    """The state that a controller's log tells, or, where it tells too little, the objects; one of the two is there."""
    found = [state_of(model, at)] if model is not None else []
    if objects:
        from loganalyzer.whatif.from_objects import completed

        found = completed(found, [(p.source, p.found.document, p.found.line) for p in objects], version)
    return found[0]
