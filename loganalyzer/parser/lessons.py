"""What the whole passes of a batch are learnt from, so that they are known again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from loganalyzer.parser.events import WholePass
from loganalyzer.parser.known_passes import KnownPasses
from loganalyzer.sources.inputs import Source

if TYPE_CHECKING:
    from loganalyzer.parser.casing import Cased, Casing


class Lesson(Struct, frozen=True):
    """The lines of a batch, the times that are written in them, and who learns. `closed`: behind them a pass begins.

    Of lines that were wrapped, also as they stand, with their wrappings' times, and who learns these. `casing`: they
    stand in it, and the times were taken out already.
    """

    texts: Sequence[bytes]
    written: Sequence[bytes]
    known: KnownPasses
    closed: bool
    standing: Sequence[bytes] = ()
    told: Sequence[bytes] = ()
    cased: Cased | None = None
    casing: Casing | None = None

    def learn(self, own: Sequence[int], quiet: Sequence[int], whole: WholePass, writer: Source) -> None:
        """A whole pass: the places of its own lines, and those of quiet ones among them."""
        texts, written, standing = self.texts, self.written, self.standing
        time = written[own[0]]
        if self.cased is not None and standing:
            lines, among = [standing[i] for i in own], [(standing[i], written[i]) for i in quiet]
            if self.casing is not None and self.casing is self.cased.casing:
                self.cased.learn_cut(lines, time, whole, among)
                return
            if self.cased.learn(lines, [self.told[i] for i in own], time, whole, writer, among):
                return
        self.known.learn([texts[i] for i in own], time, whole)
        for i in quiet:
            self.known.learn_quiet(texts[i], written[i])

    def learn_quiet(self) -> None:
        """All lines say nothing of the passes between which they stand."""
        cased = self.cased
        if cased is not None and self.casing is not None and self.casing is cased.casing:
            known, texts = cased.known, self.standing
        else:
            known, texts = self.known, self.texts
        for text, time in zip(texts, self.written, strict=True):
            known.learn_quiet(text, time)
