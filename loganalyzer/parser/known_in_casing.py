"""Whole passes that were read before, recognised in a block of lines to each of which a tool has added a time.

As `known_passes`, but that between a text and the next stands a time that is another one on every line. The passes are
known as they stand: nothing is cut out of the block, nothing unwrapped.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import TYPE_CHECKING, Final

from loganalyzer.parser.events import Passes, PassOver, WholePass
from loganalyzer.parser.known_passes import KnownPasses, Run, Text

if TYPE_CHECKING:
    from loganalyzer.parser.casing import Casing

_LONGEST_TIME: Final = 48
_USUAL: Final = len("2026-03-07T00:40:08.123456789Z")


class Layout:
    """Where the times of the wrapping stand behind a pass's dump, if each is `width` bytes, and what is around them.

    `fields` cuts the times out. `parts` is all behind the dump, filled in for each pass: its second and each third from
    there on has a line's own time in it, the one behind that the wrapping's. `steps` are the bytes from one of the
    wrapping's times, or from the dump, to the next.
    """

    __slots__ = ("fields", "parts", "size", "steps", "width")

    def __init__(self, parts: list[bytes], steps: list[int], width: int) -> None:
        self.parts = parts
        self.steps = steps
        self.width = width
        self.fields = Struct(f"x{width}s".join(map(str, steps)) + "x")
        self.size = self.fields.size


class KnownInCasing(KnownPasses):
    """The whole passes that were met in one casing.

    `lead` and `trail` stand around the time of a line's wrapping, `closing` behind a text; `now` is what a text ends
    with, its own time and that.
    """

    def __init__(self, casing: Casing) -> None:
        super().__init__(casing.form)
        self._casing = casing
        self._is_ahead = casing.is_ahead
        self._lead = casing.before_time
        self._trail = casing.behind_time + (b"" if casing.is_ahead else b"\n")
        self._closing = b"\n" if casing.is_ahead else casing.before_time
        self._ended = casing.form.ended[:-1] + self._closing
        self._now = b""
        self._stamped = len(casing.form.stamped)
        # Of passes of so many lines, at the time that is now.
        self._marks: dict[int, list[bytes]] = {}
        # What stands before a time at a line's beginning, and behind it; both and a time take so many bytes at most.
        self._leading = len(self._lead) if casing.is_ahead else 0
        self._trailing = len(self._trail)
        self._reach = self._leading + _LONGEST_TIME + self._trailing
        self._wrapping = len(self._lead) + len(self._trail) + _LONGEST_TIME

    def _rest(self, texts: Sequence[bytes]) -> list[bytes]:
        return [self._form.stamped, *texts]

    def _at_time(self, time: bytes) -> bool:
        if not super()._at_time(time):
            return False
        self._now = time + self._ended
        self._marks = {}
        return True

    def _entered(self, block: bytes, at: int) -> int:
        if not self._is_ahead:
            return at
        if self._lead and not block.startswith(self._lead, at):
            return -1
        ends = block.find(self._trail, at + self._leading, at + self._reach)
        return ends + self._trailing if ends >= 0 else -1

    def run(self, block: bytes, at: int, number: int) -> Run:
        """The known passes from this place on, where the line `number` begins."""
        find, starts, width, looked, start = self._texts.get, block.startswith, self._head, self._key, at
        told: list[bytes] = []
        wholes: list[WholePass] = []
        firsts: list[int] = []
        apart: list[tuple[int, list[int]]] = []
        is_ahead, lead, trail, reach = self._is_ahead, self._lead, self._trail, self._reach
        while True:
            begins = at
            if is_ahead:
                # As `_entered`, without a call for each pass.
                ends = block.find(trail, at + self._leading, at + reach)
                begins = ends + self._trailing if ends >= 0 and (not lead or starts(lead, at)) else -1
            text = find(block[begins + width : begins + width + looked]) if begins >= 0 else None
            if text is not None and not starts(text.opening, begins):
                text = None
            if text is not None:
                end = self._straight(block, at, begins, text, told)
                if end >= 0:
                    wholes.append(text.whole)
                    firsts.append(number)
                    at, number = end, number + text.lines
                    continue
            met = len(told)
            if text is None:
                end = self._quiet_line(block, at, begins, told)
            else:
                places: list[int] = []
                end = self._matched(block, at, begins, text, told, places)
                if end >= 0:
                    apart.append((len(wholes), places))
                    wholes.append(text.whole)
                    firsts.append(number)
            if end < 0:
                del told[met:]
                break
            at, number = end, number + len(told) - met
        first = number - len(told)
        stamps = self._casing.told(told) if told else []
        if stamps is None:
            # Where a time should be is none: what else is so could be looked at again from each line on.
            self._begin_anew()
        if not stamps:
            return Run(Passes([], [], [], {}), 0, start, b"")
        others = {
            place: PassOver(wholes[place], [first + n for n in own], [stamps[n] for n in own]) for place, own in apart
        }
        return Run(Passes(wholes, firsts, (), others, stamps, first), len(told), at, stamps[-1])

    def _straight(self, block: bytes, at: int, entered: int, text: Text, told: list[bytes]) -> int:
        """As `_matched`, of a pass with no lines among its own, as nearly all are."""
        begins = entered + len(text.opening)
        own = begins + self._stamped
        if not block.startswith(self._now, own) and not self._is_now(block, own, text.time):
            return -1
        layout = text.layout or self._laid_out(text, _USUAL)
        parts, end = layout.parts, begins + layout.size
        parts[1::3] = self._marks.get(text.lines) or self._marks_of(text.lines)
        times: Sequence[bytes] = layout.fields.unpack_from(block, begins) if end <= len(block) else ()
        if times:
            parts[2::3] = times
        if not times or not block.startswith(b"".join(parts), begins):
            # Not each time has the same length.
            times, end = self._times_of(block, begins, layout.steps)
            if end < 0 or not times or (end == begins + layout.size and len(times[0]) == layout.width):
                return -1
            parts[2::3] = times
            if not block.startswith(b"".join(parts), begins):
                return -1
            if len(set(map(len, times))) == 1:
                self._laid_out(text, len(times[0]))
        if self._is_ahead:
            told.append(block[at + self._leading : entered - self._trailing])
        told += times
        return end

    def _marks_of(self, lines: int) -> list[bytes]:
        """What stands between a text and the wrapping's next time, for each of so many lines."""
        marks = [self._now + self._lead] * (lines - 1)
        self._marks[lines] = [*marks, self._now] if self._is_ahead else [self._now] * lines
        return self._marks[lines]

    def _times_of(self, block: bytes, at: int, steps: Sequence[int]) -> tuple[list[bytes], int]:
        """The times of a wrapping, however long each is, and what is behind the last; less than 0: there is none."""
        find, trail, reach = block.find, self._trail, _LONGEST_TIME + self._trailing
        times: list[bytes] = []
        for step in steps[:-1]:
            at += step
            ends = find(trail, at, at + reach)
            if ends < 0:
                return times, -1
            times.append(block[at:ends])
            at = ends
        return times, at + steps[-1]

    def _laid_out(self, text: Text, width: int) -> Layout:
        """Where the times stand in a pass if each of the wrapping's is so long."""
        trail, rest, now = self._trail, text.rest, text.time + len(self._ended)
        pieces = rest[1:] if self._is_ahead else (*rest[1:], b"")
        texts = [trail + piece for piece in pieces]
        parts = [rest[0], *[b""] * (3 * len(texts) + self._is_ahead)]
        parts[3::3] = texts
        steps = [len(text) + now + self._leading for text in (rest[0], *texts)]
        steps[-1] -= self._leading if self._is_ahead else now
        text.layout = Layout(parts, steps, width)
        return text.layout

    def _matched(self, block: bytes, at: int, entered: int, text: Text, told: list[bytes], numbers: list[int]) -> int:
        """Where a pass ends that begins in this line; -1 where it is another one.

        The times of its lines' wrapping are added to `told`, and the places that its own have there to `numbers`.
        """
        begins = entered + len(text.opening)
        if not self._is_now(block, begins + self._stamped, text.time):
            return -1
        for place, before in enumerate(text.rest):
            line = before + self._now
            if place:
                begins = entered = self._entered(block, at)
            while entered < 0 or not block.startswith(line, begins):
                at = self._quiet_line(block, at, entered, told) if place else -1
                if at < 0:
                    return -1
                begins = entered = self._entered(block, at)
            numbers.append(len(told))
            at = self._left(block, at, entered, begins + len(line), told)
            if at < 0:
                return -1
        return at

    def _is_now(self, block: bytes, at: int, length: int) -> bool:
        """Whether here stands the time of the pass, and what closes a text; so long a time may be a new one."""
        if self._now and block.startswith(self._now, at):
            return True
        return self._at_time(block[at : at + length]) and block.startswith(self._now, at)

    def _left(self, block: bytes, at: int, entered: int, end: int, told: list[bytes]) -> int:
        """Where the next line begins behind a text that ends here, or -1; the time of its line's wrapping is added."""
        if self._is_ahead:
            told.append(block[at + self._leading : entered - self._trailing])
            return end
        ends = block.find(self._trail, end, end + self._reach)
        told.append(block[end:ends])
        return ends + self._trailing if ends >= 0 else -1

    def _quiet_line(self, block: bytes, at: int, entered: int, told: list[bytes]) -> int:
        """The end of the known quiet line that begins here, whose wrapping's time is added; -1 where none does."""
        end = self._quiet_end(block, entered) if entered >= 0 else -1
        return self._left(block, at, entered, end, told) if end >= 0 else -1
