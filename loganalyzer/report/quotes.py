"""Lines of a log as a report quotes them: shortened where they are long, and never within an escape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.report.content import Entry, Quote

MOST_CHARACTERS: Final = 320
"""Of one quoted line."""

_KEPT: Final = 90
# Atomic, as the line may be anybody's: there is one way only to read a run of backslashes.
_UNIT: Final = r'(?>\\++(?:u[0-9a-fA-F]{4}|.)|[^\\"])'
_LONG_TEXT: Final = re.compile(rf'(?<!\\)"({_UNIT}{{{_KEPT}}}+){_UNIT}++"', re.DOTALL)
_UNITS: Final = re.compile(rf"{_UNIT}|.", re.DOTALL)


def quotes_of(diagnosis: Diagnosis, entries: Iterable[Entry]) -> tuple[Quote, ...]:
    """The lines that prove something, each once, in the order in which they are named; those that were kept."""
    kept = {(q.input, q.number): q.text for q in diagnosis.quotes}
    lines = dict.fromkeys(proof.line for entry in entries for proof in entry.proofs) if kept else {}
    return tuple(Quote(at, shortened(kept[key])) for at in lines if (key := (at.input, at.number)) in kept)


def shortened(line: str) -> str:
    """The line with its long texts cut, so that its keys stay, and as a whole no longer than MOST_CHARACTERS."""
    cut = _LONG_TEXT.sub(lambda m: f'"{m[1]}…"', line) if len(line) > MOST_CHARACTERS else line
    if len(cut) <= MOST_CHARACTERS:
        return cut
    kept = ""
    for unit in _UNITS.finditer(cut):
        if len(kept) + len(unit[0]) >= MOST_CHARACTERS:
            break
        kept += unit[0]
    return kept + "…"
