"""Lines that were wrapped, as the stages after unwrapping take them."""

from __future__ import annotations

from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import block_of, lines_of


class Group:
    """Lines that were wrapped, in parallel lists: texts, writers, wrapping's times (empty: none).

    `numbers` are those of each text's first physical line, `spans` how many lines it stands for (0: one that
    another text stands for already). `mended`: it had to be changed. `structure`: lines that are only a
    document's brackets. Texts that are whole lines can be given as a block, which is cut when they are asked for.
    `standing`: the lines as they stand in the input, where each is one of its own.
    """

    __slots__ = ("_block", "_texts", "mended", "numbers", "spans", "stamps", "standing", "streams", "structure")

    def __init__(self, block: bytes = b"", texts: list[bytes] | None = None) -> None:
        self._block = block
        self._texts = texts if block or texts is not None else []
        self.streams: list[Source] = []
        self.stamps: list[bytes] = []
        self.numbers: list[int] = []
        self.spans: list[int] = []
        self.mended: list[bool] = []
        self.standing: list[bytes] = []
        self.structure = 0

    @classmethod
    def of_one(
        cls,
        writer: Source,
        texts: bytes | list[bytes],
        stamps: list[bytes],
        numbers: list[int],
        spans: list[int],
        standing: list[bytes] | None = None,
    ) -> Group:
        """Whole lines of one writer, unchanged; as a block or one by one."""
        made, size = cls(texts) if isinstance(texts, bytes) else cls(b"", texts), len(numbers)
        made.standing = standing or []
        made.streams = [writer] * size
        made.stamps = stamps or [b""] * size
        made.numbers = numbers
        made.spans = spans
        made.mended = [False] * size
        return made

    def add(self, text: bytes, stream: Source, stamp: bytes, number: int, span: int, *, mended: bool) -> None:
        """One more text."""
        self.texts.append(text)
        self.streams.append(stream)
        self.stamps.append(stamp)
        self.numbers.append(number)
        self.spans.append(span)
        self.mended.append(mended)

    @property
    def texts(self) -> list[bytes]:
        """The lines without what they were wrapped in."""
        if self._texts is None:
            self._texts = lines_of(self._block)
        return self._texts

    @property
    def block(self) -> bytes:
        """The texts as a block of lines; empty where one has a line feed in it."""
        if not self._block:
            block = block_of(self.texts)
            self._block = block if block.count(b"\n") == len(self) else b""
        return self._block

    @property
    def writer(self) -> Source | None:
        """Who wrote all of it; None where several did, or nobody anything."""
        streams = self.streams
        return streams[0] if streams and streams.count(streams[0]) == len(streams) else None

    @property
    def is_timed(self) -> bool | None:
        """Whether the wrapping tells a time for each text; None where it does for some only."""
        without = self.stamps.count(b"")
        return without == 0 if without in (0, len(self.stamps)) else None

    def part(self, start: int, end: int, block: bytes) -> Group:
        """Some of the texts, which make that block, without the lines that are only structure."""
        made = Group(block)
        made.streams = self.streams[start:end]
        made.stamps = self.stamps[start:end]
        made.numbers = self.numbers[start:end]
        made.spans = self.spans[start:end]
        made.mended = self.mended[start:end]
        made.standing = self.standing[start:end]
        return made

    def followed_by(self, other: Group) -> Group:
        """This and the other one behind it, if that is one block as this is."""
        made = Group(self.block + other.block)
        made.streams = self.streams + other.streams
        made.stamps = self.stamps + other.stamps
        made.numbers = self.numbers + other.numbers
        made.spans = self.spans + other.spans
        made.mended = self.mended + other.mended
        made.standing = self.standing + other.standing if self.standing and other.standing else []
        made.structure = self.structure + other.structure
        return made

    def __len__(self) -> int:
        return len(self.streams)

    def __bool__(self) -> bool:
        return len(self) > 0 or self.structure != 0
