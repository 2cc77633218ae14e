"""Lines that were wrapped, as the stages after unwrapping take them."""

from __future__ import annotations

from dataclasses import dataclass, field

from loganalyzer.sources.inputs import Source


@dataclass(slots=True)
class Group:
    """Lines that were wrapped, in parallel lists: texts, writers, wrapping's times (empty: none).

    `numbers` are those of each text's first physical line, `spans` how many lines it stands for (0: one that
    another text stands for already). `mended`: it had to be changed. `structure`: lines that are only a
    document's brackets.
    """

    texts: list[bytes] = field(default_factory=list)
    streams: list[Source] = field(default_factory=list)
    stamps: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    spans: list[int] = field(default_factory=list)
    mended: list[bool] = field(default_factory=list)
    structure: int = 0

    def add(self, text: bytes, stream: Source, stamp: bytes, number: int, span: int, *, mended: bool) -> None:
        """One more text."""
        self.texts.append(text)
        self.streams.append(stream)
        self.stamps.append(stamp)
        self.numbers.append(number)
        self.spans.append(span)
        self.mended.append(mended)

    def __bool__(self) -> bool:
        return bool(self.texts) or self.structure > 0
