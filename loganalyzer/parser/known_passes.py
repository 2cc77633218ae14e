"""Whole passes that were read before, recognised in a block of bytes that is not even cut into lines.

A pass over one service prints its object, once or twice, and the same few lines around it. One that is known by the
first few hundred bytes of its object is compared with what it was, byte for byte but for its time: nothing else is
ever taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from loganalyzer.parser.events import PassOver, WholePass
from loganalyzer.sources.inputs import Source

CACHED_BYTES: Final = 24 << 20
"""Of passes: those of five thousand services."""
CACHED_LINES: Final = 2 << 20
"""Of quiet lines, which stand between the lines of a pass."""

_DUMPED: Final = b'processing service":"{'
"""How the dump begins with which a pass begins. Quotes inside of dumps are escaped: it stands nowhere else."""
_STAMPED: Final = b'","ts":"'
_ENDED: Final = b'"}\n'
_ZAP: Final = b'{"level":"'
_KEY: Final = 384
"""Bytes of a dump by which a pass is looked up: name, uid and resourceVersion are among them."""
_QUIET_KEY: Final = 320
_SHORT_LINE: Final = 1024
_TIME: Final = re.compile(rb"[0-9T:.Z+-]{1,40}")


class Repeated(NamedTuple):
    """Passes of one source that say what earlier ones said, one behind the other."""

    source: Source
    passes: Sequence[PassOver]


class Span(NamedTuple):
    """Whole lines that are not known. `closed`: behind them a pass begins."""

    text: bytes
    closed: bool


class _Text(NamedTuple):
    """What a pass looks like: `head`, the dump, and `rest` in pieces, with the time between each two.

    `again`: at its end the dump stands once more, with a time of its own.
    """

    head: bytes
    dump: bytes
    rest: tuple[bytes, ...]
    again: bool
    time: int
    lines: int
    whole: WholePass


class KnownPasses:
    """The whole passes of one source that were met, and the quiet lines among theirs; bounded in bytes."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._texts: dict[bytes, _Text] = {}
        self._quiet: dict[bytes, tuple[bytes, bytes]] = {}
        self._short: set[bytes] = set()
        self._bytes = self._quiet_bytes = 0
        self._head = 0
        self._time = b""

    def __bool__(self) -> bool:
        """Whether any pass is known."""
        return bool(self._texts)

    def learn(self, lines: Sequence[bytes], time: bytes, whole: WholePass) -> None:
        """A whole pass that was read; `lines` are those that say something of it, all of them at this time."""
        cut, begins = len(time) + len(_ENDED) - 1, lines[0].find(_DUMPED) + len(_DUMPED) - 1
        tail = b"%b%b%b" % (_STAMPED[1:], time, _ENDED[:-1])
        if begins < len(_DUMPED) or not all(line.endswith(tail) for line in lines):
            return
        dump = lines[0][begins : -cut - len(_STAMPED)]
        rest = [_STAMPED, *(_ENDED + line[:-cut] for line in lines[1:])]
        again = rest[-1].endswith(dump + _STAMPED)
        if again:
            rest[-1] = rest[-1][: -len(dump) - len(_STAMPED)]
        else:
            rest.append(_ENDED)
        size = len(dump) + sum(map(len, rest)) + 1024
        self._bytes += size
        if self._bytes > CACHED_BYTES:
            self._texts.clear()
            self._bytes = size
        self._texts[dump[:_KEY]] = _Text(lines[0][:begins], dump, tuple(rest), again, len(time), len(lines), whole)

    def learn_quiet(self, line: bytes, time: bytes) -> None:
        """A line that says nothing of the pass within which it stands."""
        at = line.find(time, 0, 64) if line.startswith(_ZAP) else len(line) - len(time) - len(_ENDED) + 1
        before, behind = line[:at], line[at + len(time) :] + b"\n"
        if not time or at < 0 or before + time + behind[:-1] != line:
            return
        self._quiet_bytes += len(line) + 256
        if self._quiet_bytes > CACHED_LINES:
            self._quiet.clear()
            self._short.clear()
            self._quiet_bytes = len(line) + 256
        if line.startswith(_ZAP):
            self._quiet[behind[:_QUIET_KEY]] = before, behind
        elif behind == _ENDED:
            self._short.add(before)

    def parts(self, block: bytes, free: Callable[[], bool]) -> Iterator[Repeated | Span]:
        """The block in order: runs of known passes, and what is not known, to be read before the next part.

        `free` is asked behind a span whether what follows it stands for itself; if not, that is one more span.
        """
        source, find, new = self._source, self._texts.get, tuple.__new__  # what PassOver(...) comes to
        run: list[PassOver] = []
        since = at = number = 0  # `since`: where the run or what is not known begins
        while at < len(block):
            begins = at + self._head
            text = find(block[begins : begins + _KEY])
            end, among = self._end(block, at, begins, text) if text is not None else (-1, None)
            if text is None or end < 0:
                end = self._quiet_end(block, at) if run else -1
                if end >= 0:
                    at, number = end, number + 1
                    continue
                if run:
                    yield self._taken(run, number)
                    run, since = [], at
                at = self._next(block, at)
                continue
            if not run:
                if since < at:
                    yield Span(block[since:at], closed=True)
                    if not free():
                        yield Span(block[at:], closed=False)
                        return
                number = source.lines + 1
            if among is None:
                following = number + text.lines
                run.append(new(PassOver, (text.whole, range(number, following), self._time)))
            else:
                following = number + among.pop()
                run.append(new(PassOver, (text.whole, [number + n for n in among], self._time)))
            at, number = end, following
        if run:
            yield self._taken(run, number)
        elif since < at:
            yield Span(block[since:], closed=False)

    def _taken(self, run: list[PassOver], number: int) -> Repeated:
        """A run of passes, its lines counted; `number` is that of the line behind it."""
        source, count = self._source, number - run[0].numbers[0]
        source.lines += count
        source.records += count
        source.first_stamp = source.first_stamp or run[0].time
        source.last_stamp = run[-1].time
        return Repeated(source, run)

    def _next(self, block: bytes, at: int) -> int:
        """Where behind this place a pass may begin, or at it where the head of its first line is another."""
        found = block.find(_DUMPED, at)
        begins = max(at, block.rfind(b"\n", at, found) + 1)
        if begins == at and found - at + len(_DUMPED) - 1 == self._head:
            found = block.find(_DUMPED, found + 1)
            begins = max(at, block.rfind(b"\n", at, found) + 1)
        if found < 0:
            return len(block)
        self._head = found - begins + len(_DUMPED) - 1
        return begins

    def _end(self, block: bytes, at: int, begins: int, text: _Text) -> tuple[int, list[int] | None]:
        """Where the pass that may be at this place ends, -1 where it is another one.

        Where quiet lines are among its own: which of all lines its own are, and how many all are.
        """
        head, dump, rest, again, length, _, _ = text
        end = begins + len(dump)
        if not block.startswith(dump, begins) or not block.startswith(head, at):
            return -1, None
        time = block[end + len(_STAMPED) : end + len(_STAMPED) + length]
        if time != self._time:
            if _TIME.fullmatch(time) is None:
                return -1, None
            self._time = time
        between = time.join(rest)
        among: list[int] | None = None
        if block.startswith(between, end):
            end += len(between)
        else:
            end, among = self._among(block, end, text)
            if end < 0:
                return -1, None
        if again:
            last = b"%b%b%b" % (_STAMPED, time, _ENDED)
            if not block.startswith(dump, end) or not block.startswith(last, end + len(dump)):
                return -1, None
            end += len(dump) + len(last)
        return end, among

    def _among(self, block: bytes, at: int, text: _Text) -> tuple[int, list[int]]:
        """As `_end`, from behind the first dump on, before the second."""
        time, lines = self._time, 1
        among = [0]
        for number, piece in enumerate(text.rest):
            if number and not block.startswith(time, at):
                return -1, among
            at += len(time) if number else 0
            if not block.startswith(piece, at):
                if not number or not block.startswith(_ENDED, at):
                    return -1, among
                at += len(_ENDED)
                own = piece[len(_ENDED) :]
                while not block.startswith(own, at):
                    at = self._quiet_end(block, at)
                    lines += 1
                    if at < 0:
                        return -1, among
                at += len(own)
            else:
                at += len(piece)
            if number and len(among) < text.lines:
                among.append(lines)
                lines += 1
        among.append(lines)
        return at, among

    def _quiet_end(self, block: bytes, at: int) -> int:
        """The end of the known quiet line that begins here; -1 where none does."""
        if block.startswith(_ZAP, at):
            begins = block.find(_STAMPED, at, at + 32) + len(_STAMPED)
            ends = block.find(b'"', begins, begins + 48)
            before, behind = self._quiet.get(block[ends : ends + _QUIET_KEY], (b"", b""))
            if not before or at + len(before) != begins or not block.startswith(behind, ends):
                return -1
            known, time = block.startswith(before, at), block[begins:ends]
        else:
            end = block.find(b"\n", at, at + _SHORT_LINE)
            begins, ends, behind = block.rfind(_STAMPED, at, end) + len(_STAMPED), end - len(_ENDED) + 1, _ENDED
            known = end >= 0 and block[at:begins] in self._short and block.startswith(behind, ends)
            time = block[begins:ends]
        if not known or (time != self._time and _TIME.fullmatch(time) is None):
            return -1
        return ends + len(behind)
