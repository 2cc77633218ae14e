"""Whole passes that were read before, recognised in a block of bytes that is not even cut into lines.

A pass over one service prints its object, once or twice, and the same few lines around it. One that is known by the
first few hundred bytes of its object is compared with what it was, byte for byte but for its time: nothing else is
ever taken for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from loganalyzer.parser.events import Passes, PassOver, WholePass
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import feeds_in

if TYPE_CHECKING:
    from loganalyzer.parser.known_in_casing import Layout

CACHED_BYTES: Final = 32 << 20
"""Of passes' lines, of each service the last: those of six thousand services or more."""
CACHED_PIECES: Final = 16384
"""Of passes' lines: most passes share theirs, but for the name that a failing one's last line has."""
LONGEST: Final = 1 << 20
"""Bytes of a pass that is worth remembering."""
CACHED_LINES: Final = 2 << 20
"""Of quiet lines, which stand between the lines of a pass."""

_KEY: Final = 256
"""Bytes of a dump by which a pass is looked up: name, uid and resourceVersion are among them."""
_QUIET_KEY: Final = 192
_SHORT_LINE: Final = 1024
_TIME: Final = re.compile(rb"[0-9T:.Z+-]{1,40}")


class Form:
    """How lines stand in a block: what stands before each and behind it, and a quote mark as it is escaped there.

    `dumped`: how the dump begins with which a pass begins. Quotes inside of dumps are escaped once more: it stands
    nowhere else. `stamped`: what is between a text and a line's time. `ended`: what is behind that. `zap`: how a line
    of zap begins.
    """

    __slots__ = ("dumped", "ended", "head", "mark", "stamped", "zap")

    def __init__(self, head: bytes = b"", tail: bytes = b"", mark: bytes = b'"') -> None:
        self.head = head
        self.mark = mark
        self.dumped = b"processing service%b:%b{" % (mark, mark)
        self.stamped = b"%b,%bts%b:%b" % (mark, mark, mark, mark)
        self.ended = b"%b}%b\n" % (mark, tail)
        self.zap = b"%b{%blevel%b:%b" % (head, mark, mark, mark)


PLAIN: Final = Form()


class Repeated(Struct, frozen=True):
    """Passes of one source that say what earlier ones said, one behind the other."""

    source: Source
    passes: Passes


class Run(Struct, frozen=True):
    """Known passes one behind the other: how many lines they have, quiet ones included, where they end, and when.

    There may be quiet lines only.
    """

    passes: Passes
    lines: int
    end: int
    last: bytes


class Span(Struct, frozen=True):
    """So many whole lines that are not known. `closed`: behind them a pass begins."""

    text: bytes
    lines: int
    closed: bool


class Text(Struct, eq=False):
    """What a pass looks like: how it opens, to the end of the dump, and `rest` in pieces, with a time between each two.

    `opens`, `time` and `size` are bytes, quiet lines not counted; `lines` is how many it has. Never changed, but that
    where its lines stand may be remembered as `layout`.
    """

    opening: bytes
    opens: int
    rest: tuple[bytes, ...]
    lines: int
    time: int
    size: int
    whole: WholePass
    layout: Layout | None = None


class KnownPasses:
    """The whole passes of one writer that were met, and the quiet lines among theirs; bounded in bytes.

    `rest` is what the last block ended with: a pass that may be known and is not whole.
    """

    def __init__(self, form: Form = PLAIN) -> None:
        self.rest = b""
        self._form = form
        self._key = _KEY * len(form.mark)
        self._texts: dict[bytes, Text] = {}
        self._keys: dict[str, bytes] = {}
        self._pieces: dict[bytes, bytes] = {}
        # Quiet lines of zap by what stands before their time, then by what begins behind it.
        self._quiet: dict[bytes, dict[bytes, bytes]] = {}
        self._short: set[bytes] = set()
        self._bytes = self._quiet_bytes = 0
        self._rests: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}
        # What a text closes with behind its time, and all from there to the next; what a wrapping adds to each line.
        self._closing = b"\n"
        self._ended = form.ended
        self._wrapping = 0
        self._head = 0
        # The time that is now; quiet lines of zap nearly all begin as the one before did, to the end of their time.
        self._time = self._before = self._led = b""
        self._like_before: dict[bytes, bytes] = {}

    def __bool__(self) -> bool:
        """Whether any pass is known."""
        return bool(self._texts)

    def learn(self, lines: Sequence[bytes], time: bytes, whole: WholePass) -> None:
        """A whole pass that was read; `lines` are those that say something of it, all of them at this time."""
        dumped, stamped, ended = self._form.dumped, self._form.stamped, self._form.ended
        cut, begins = len(time) + len(ended) - 1, lines[0].find(dumped) + len(dumped) - 1
        tail = b"%b%b%b" % (stamped[len(self._form.mark) :], time, ended[:-1])
        size = sum(map(len, lines)) + len(lines)
        if begins < len(dumped) or size > LONGEST or not all(line.endswith(tail) for line in lines):
            return
        opening = lines[0][: -cut - len(stamped)]
        size += len(lines) * self._wrapping
        key, service = opening[begins : begins + self._key], whole.key
        self._forget(self._keys.get(service))
        if self._bytes + size > CACHED_BYTES or len(self._pieces) > CACHED_PIECES:
            self._begin_anew()
        pieces = self._shared(self._rest([line[:-cut] for line in lines[1:]]))
        self._bytes += size
        self._keys[service] = key
        self._texts[key] = Text(opening, len(opening), pieces, len(lines), len(time), size, whole)

    def _shared(self, pieces: Sequence[bytes]) -> tuple[bytes, ...]:
        """Pieces as other passes have them: nearly all are alike, but for those in which the dump stands once more."""
        share = self._pieces.setdefault
        found = tuple([p if len(p) > _SHORT_LINE else share(p, p) for p in pieces])
        return found if max(map(len, found)) > _SHORT_LINE else self._rests.setdefault(found, found)

    def _rest(self, texts: Sequence[bytes]) -> list[bytes]:
        """What stands behind a dump, a time between each two; `texts` are the other lines up to their times."""
        ended = self._form.ended
        return [self._form.stamped, *(ended + text for text in texts), ended]

    def _entered(self, block: bytes, at: int) -> int:  # noqa: ARG002
        """Where the text of the line begins that begins here; -1 where the line is of another form."""
        return at

    def _begin_anew(self) -> None:
        """Nothing is known any more."""
        for known in (self._texts, self._keys, self._pieces, self._rests):
            known.clear()
        self._bytes = 0

    def _forget(self, key: bytes | None) -> None:
        """A service whose object has changed is not seen again as it was."""
        text = self._texts.pop(key, None) if key is not None else None
        if text is not None:
            self._bytes -= text.size

    def learn_quiet(self, line: bytes, time: bytes) -> None:
        """A line that says nothing of the pass within which it stands."""
        form = self._form
        is_zap = line.startswith(form.zap)
        at = (
            line.find(time, len(form.head), len(form.head) + 64)
            if is_zap
            else len(line) - len(time) - len(form.ended) + 1
        )
        before, rest = line[:at], line[at + len(time) :]
        if not time or at < 0 or before + time + rest != line:
            return
        behind = rest + self._closing
        self._quiet_bytes += len(line) + 256
        if self._quiet_bytes > CACHED_LINES:
            self._quiet.clear()
            self._short.clear()
            self._quiet_bytes = len(line) + 256
        if is_zap:
            self._quiet.setdefault(before, {})[behind[:_QUIET_KEY]] = behind
        elif behind == self._ended:
            self._short.add(before)

    def parts(self, block: bytes, number: int, free: Callable[[], bool]) -> Iterator[Run | Span]:
        """The block in order: runs of known passes, and what is not known, to be read before the next part.

        `number` is that of the block's first line. `free` is asked behind a span whether what follows it stands for
        itself; if not, that is one more span.
        """
        self.rest = b""
        since = at = 0
        before = number
        while at < len(block):
            run = self.run(block, at, number)
            if run.lines:
                if since < at:
                    yield Span(block[since:at], number - before, closed=True)
                    if not free():
                        yield Span(block[at:], feeds_in(block, at, len(block)), closed=False)
                        return
                yield run
                since, at, number = run.end, run.end, number + run.lines
                before = number
            if self.is_cut_off(block, at):
                self.rest = block[at:]
                break
            begins, at = at, self.next(block, at)
            number += feeds_in(block, begins, at)
        if since < at:
            yield Span(block[since:at], number - before, closed=at < len(block))

    def run(self, block: bytes, at: int, number: int) -> Run:
        """The known passes from this place on, where the line `number` begins."""
        find, starts, first = self._texts.get, block.startswith, number
        width, now, looked = self._head, self._time, self._key
        wholes: list[WholePass] = []
        firsts: list[int] = []
        times: list[bytes] = []
        others: dict[int, PassOver] = {}
        # What is behind a dump, put together with the time that is now: most passes have the one before's.
        rest: tuple[bytes, ...] = ()
        between, length = b"", 0
        while True:
            begins = at + width
            text = find(block[begins : begins + looked])
            if text is not None:
                if not starts(text.opening, at):
                    break
                end = at + text.opens
                if text.rest is not rest:
                    rest, between = text.rest, now.join(text.rest)
                    length = len(between)
                if starts(between, end) and now:
                    at = end + length
                    wholes.append(text.whole)
                    firsts.append(number)
                    number += text.lines
                    continue
                end, numbers, lines = self._among(block, end, text, number)
                if end < 0:
                    break
            else:
                end = self._quiet_end(block, at)
                if end < 0:
                    break
                lines = 1
            at = end
            if now != self._time:
                times += [now] * (len(wholes) - len(times))
                now, rest = self._time, ()
            if text is not None:
                if lines > text.lines:
                    others[len(wholes)] = PassOver(text.whole, numbers, (now,) * text.lines)
                wholes.append(text.whole)
                firsts.append(number)
            number += lines
        times += [now] * (len(wholes) - len(times))
        return Run(Passes(wholes, firsts, times, others), number - first, at, now)

    def is_cut_off(self, block: bytes, at: int) -> bool:
        """Whether the block ends within a pass that may be known and begins here."""
        begins = self._entered(block, at) + self._head
        text = self._texts.get(block[begins : begins + self._key])
        if text is not None:
            return at + text.size > len(block)
        return begins + self._key > len(block) and block.find(self._form.dumped, at) >= 0

    def _at_time(self, time: bytes) -> bool:
        """Whether this is a time, another one than that of the pass before."""
        if _TIME.fullmatch(time) is None:
            return False
        self._time = time
        self._led = self._before + time
        return True

    def next(self, block: bytes, at: int) -> int:
        """Where behind this line a pass may begin, or at it where the head of its first line is another."""
        dumped = self._form.dumped
        found = block.find(dumped, at)
        begins = max(at, block.rfind(b"\n", at, found) + 1)
        if begins == at and found - self._entered(block, at) + len(dumped) - 1 == self._head:
            # It was looked at already. Its own line may have the same once more, in what is no dump.
            begins = block.find(b"\n", found) + 1
            found = block.find(dumped, begins) if begins else -1
            begins = max(begins, block.rfind(b"\n", begins, found) + 1)
        if found < 0:
            return len(block)
        self._head = found - self._entered(block, begins) + len(dumped) - 1
        return begins

    def _among(self, block: bytes, at: int, text: Text, number: int) -> tuple[int, Sequence[int], int]:
        """Where a pass ends that has quiet lines among its own, or another time than those before; -1: another pass.

        Also the numbers of its own lines, if others are among them, and how many all are. `at` is behind its first
        dump, in line `number`.
        """
        begins = at + len(self._form.stamped)
        time = block[begins : begins + text.time]
        if time != self._time:
            if not self._at_time(time):
                return -1, (), 0
            if block.startswith(between := time.join(text.rest), at):
                return at + len(between), (), text.lines
        lines, ended = 1, self._form.ended
        numbers: list[int] = [number]
        for place, piece in enumerate(text.rest):
            if place and not block.startswith(time, at):
                return -1, numbers, lines
            at += len(time) if place else 0
            if not block.startswith(piece, at):
                if not place or not block.startswith(ended, at):
                    return -1, numbers, lines
                at += len(ended)
                own = piece[len(ended) :]
                while not block.startswith(own, at):
                    at = self._quiet_end(block, at)
                    lines += 1
                    if at < 0:
                        return -1, numbers, lines
                at += len(own)
            else:
                at += len(piece)
            if place and len(numbers) < text.lines:
                numbers.append(number + lines)
                lines += 1
        self._time = time
        return at, numbers, lines

    def _quiet_end(self, block: bytes, at: int) -> int:
        """The end of the known quiet line that begins here; -1 where none does."""
        starts, led = block.startswith, self._led
        if starts(led, at):
            ends = at + len(led)
            behind = self._like_before.get(block[ends : ends + _QUIET_KEY])
            if behind is not None and starts(behind, ends):
                return ends + len(behind)
        form = self._form
        if starts(form.zap, at):
            begins = block.find(form.stamped, at, at + len(form.zap) + 32) + len(form.stamped)
            ends = block.find(form.mark, begins, begins + 48)
            before = block[at:begins]
            alike = self._quiet.get(before, {})
            behind = alike.get(block[ends : ends + _QUIET_KEY])
            if behind is None or not starts(behind, ends) or not self._is_at(block[begins:ends]):
                return -1
            self._before, self._led, self._like_before = before, before + self._time, alike
            return ends + len(behind)
        end, behind = block.find(b"\n", at, at + _SHORT_LINE), self._ended
        begins = block.rfind(form.stamped, at, end) + len(form.stamped)
        ends = block.find(form.mark, begins, begins + 48)
        known = end >= 0 and begins < ends and block[at:begins] in self._short and starts(behind, ends)
        return ends + len(behind) if known and self._is_at(block[begins:ends]) else -1

    def _is_at(self, time: bytes) -> bool:
        """Whether this is the time that is now, or one that may be now."""
        return time == self._time or self._at_time(time)
