"""The lines that prove something, read again from the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import structs

from loganalyzer.correlator.diagnosis import Diagnosis, QuotedLine
from loganalyzer.sources.inputs import Input
from loganalyzer.sources.quoting import lines_at

MOST: Final = 2000


def with_quotes(
    diagnosis: Diagnosis, inputs: Iterable[Input], can_quote: Callable[[str], bool] = lambda _: True
) -> Diagnosis:
    """The diagnosis with the lines that the evidence of what still fails names: the first MOST of them.

    The inputs must be such as can be read again; lines of any other are not quoted. `can_quote` says by the name of
    what was read whether it is still as it was then.
    """
    places = dict.fromkeys(
        (e.at.source.name, e.at.line) for f in diagnosis.failures if f.ended is None for e in f.evidence
    )
    wanted: dict[str, set[int]] = {}
    for name, number in list(places)[:MOST]:
        wanted.setdefault(name, set()).add(number)
    wanted = {name: numbers for name, numbers in wanted.items() if can_quote(name)}
    found = lines_at(inputs, wanted) if wanted else {}
    return structs.replace(diagnosis, quotes=tuple(QuotedLine(*at, found[at]) for at in places if at in found))
