"""Whole passes that were read before, recognised in a block of lines to each of which a tool has added a time.

As `known_passes`, but that between a text and the next stands a time that is another one on every line. The passes are
known as they stand: nothing is cut out of the block, nothing unwrapped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from loganalyzer.parser.events import Passes, PassOver, WholePass
from loganalyzer.parser.known_passes import KnownPasses, Run, Text

if TYPE_CHECKING:
    from loganalyzer.parser.casing import Casing

_LONGEST_TIME: Final = 48


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
        self._wrapping = len(self._lead) + len(self._trail) + _LONGEST_TIME

    def _rest(self, texts: Sequence[bytes]) -> list[bytes]:
        return [self._form.stamped, *texts]

    def _at_time(self, time: bytes) -> bool:
        if not super()._at_time(time):
            return False
        self._now = time + self._ended
        return True

    def _entered(self, block: bytes, at: int) -> int:
        if not self._is_ahead:
            return at
        ends = self._time_ends(block, at + len(self._lead)) if block.startswith(self._lead, at) else -1
        return ends + len(self._trail) if ends >= 0 else -1

    def _time_ends(self, block: bytes, at: int) -> int:
        """Where the time of a wrapping ends that begins here; -1 where none does."""
        return block.find(self._trail, at, at + _LONGEST_TIME + len(self._trail))

    def run(self, block: bytes, at: int, number: int) -> Run:
        """The known passes from this place on, where the line `number` begins."""
        find, width, looked, start = self._texts.get, self._head, self._key, at
        told: list[bytes] = []
        wholes: list[WholePass] = []
        firsts: list[int] = []
        apart: list[tuple[int, Sequence[int]]] = []
        while True:
            met = len(told)
            begins = self._entered(block, at) if self._is_ahead else at
            text = find(block[begins + width : begins + width + looked]) if begins >= 0 else None
            if text is None or not block.startswith(text.opening, begins):
                end = self._quiet_line(block, at, told)
            else:
                end = self._straight(block, at, begins, text, told)
                if end < 0:
                    del told[met:]
                    numbers: list[int] = []
                    end = self._matched(block, at, text, told, numbers)
                    if end >= 0 and len(told) - met > text.lines:
                        apart.append((len(wholes), [number - met + n for n in numbers]))
                if end >= 0:
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
        others = {p: PassOver(wholes[p], own, [stamps[n - first] for n in own]) for p, own in apart}
        times = [stamps[n - first] for n in firsts]
        return Run(Passes(wholes, firsts, times, others, stamps, first), len(told), at, stamps[-1])

    def _straight(self, block: bytes, at: int, entered: int, text: Text, told: list[bytes]) -> int:
        """As `_matched`, of a pass at the time of the one before and with no lines among its own, as nearly all are."""
        starts, find, now, trail, is_ahead = block.startswith, block.find, self._now, self._trail, self._is_ahead
        lead, width, reach = self._lead, len(trail), _LONGEST_TIME + len(trail)
        if not now:
            return -1
        if is_ahead:
            told.append(block[at + len(lead) : entered - width])
        at = entered + len(text.opening)
        for place, before in enumerate(text.rest):
            if is_ahead and place:
                begins = at + len(lead)
                ends = find(trail, begins, begins + reach)
                if ends < 0 or (lead and not starts(lead, at)):
                    return -1
                told.append(block[begins:ends])
                at = ends + width
            line = before + now
            if not starts(line, at):
                return -1
            at += len(line)
            if not is_ahead:
                ends = find(trail, at, at + reach)
                if ends < 0:
                    return -1
                told.append(block[at:ends])
                at = ends + width
        return at

    def _matched(self, block: bytes, at: int, text: Text, told: list[bytes], numbers: list[int]) -> int:
        """Where a pass ends that begins in this line; -1 where it is another one.

        The times of its lines' wrapping are added to `told`, and the places that those of its own have there to
        `numbers`.
        """
        for place, before in enumerate(text.rest):
            entered = self._entered(block, at)
            begins = entered if place else entered + len(text.opening)
            while not block.startswith(before, begins) or entered < 0:
                at = self._quiet_line(block, at, told) if place and entered >= 0 else -1
                if at < 0:
                    return -1
                begins = entered = self._entered(block, at)
            begins += len(before)
            if not self._is_now(block, begins, 0 if place else text.time):
                return -1
            numbers.append(len(told))
            at = self._left(block, at, entered, begins + len(self._now), told)
            if at < 0:
                return -1
        return at

    def _is_now(self, block: bytes, at: int, length: int) -> bool:
        """Whether here stands the time of the pass, and what closes a text; so long a time may be a new one."""
        if self._now and block.startswith(self._now, at):
            return True
        return bool(length) and self._at_time(block[at : at + length]) and block.startswith(self._now, at)

    def _left(self, block: bytes, at: int, entered: int, end: int, told: list[bytes]) -> int:
        """Where the next line begins behind a text that ends here, or -1; the time of its line's wrapping is added."""
        if self._is_ahead:
            told.append(block[at + len(self._lead) : entered - len(self._trail)])
            return end
        ends = self._time_ends(block, end)
        told.append(block[end:ends])
        return ends + len(self._trail) if ends >= 0 else -1

    def _quiet_line(self, block: bytes, at: int, told: list[bytes]) -> int:
        """The end of the known quiet line that begins here, whose wrapping's time is added; -1 where none does."""
        entered = self._entered(block, at)
        end = self._quiet_end(block, entered) if entered >= 0 else -1
        return self._left(block, at, entered, end, told) if end >= 0 else -1
