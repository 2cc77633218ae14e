"""What a tool puts around each line of a writer: the same each time, but for the time itself.

Where that is so, lines differ from plain ones only in what stands around each and in how its quote marks are escaped:
whole passes are known again among them as they stand (`known_in_casing`), and what is not known is unwrapped at once.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import Final

import orjson
from msgspec import Struct

from loganalyzer.parser.events import WholePass
from loganalyzer.parser.known_in_casing import KnownInCasing
from loganalyzer.parser.known_passes import Form, KnownPasses
from loganalyzer.sources.alike import are_records
from loganalyzer.sources.columns import Columns, columns_of_lines
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.moments import decimals_of, moments_of
from loganalyzer.sources.origin import NOWHERE

_MARKER: Final = re.compile(rb'processing service(\\*)":\1"\{')
"""How the dump begins with which a pass begins, with as many backslashes as its wrapping puts before a quote mark."""
_REACH: Final = 2048
"""Bytes of a line within which its dump begins."""
_TO_ZERO: Final = bytes.maketrans(b"123456789", b"000000000")
_MICROSECONDS: Final = len(b"1774439550.000137")
MOST_CASINGS: Final = 64
"""Met in one input; some envelopes number their lines, and none of theirs is met twice."""

Stamps = Callable[[Sequence[bytes]], list[bytes]]


def _as_they_are(times: Sequence[bytes]) -> list[bytes]:
    return list(times)


def _of_texts(times: Sequence[bytes]) -> list[bytes]:
    decimals = decimals_of(len(times[0]))
    if decimals and len(set(map(len, times))) == 1:
        halves = struct.Struct(f"{len(times[0]) - decimals}s{decimals}s").iter_unpack(b"".join(times))
        return list(map(b".".join, halves))
    return moments_of(b"\n".join(times).decode().split("\n"))


def _of_numbers(times: Sequence[bytes]) -> list[bytes]:
    # Of microseconds as a double the shortest form is what was written, but for zeros at its end.
    size, joined = _MICROSECONDS, b"".join(times)
    if set(map(len, times)) == {size} and joined[size - 7 :: size].count(b".") == len(times):
        stamps, last = list(times), joined[size - 1 :: size]
        at = last.find(b"0")
        while at >= 0:
            stamps[at] = stamps[at][:-5] + stamps[at][-5:].rstrip(b"0")
            at = last.find(b"0", at + 1)
        return stamps
    return moments_of(orjson.loads(b"[%b]" % b",".join(times)))


_KINDS: Final[tuple[tuple[Stamps, re.Pattern[bytes]], ...]] = (
    (_as_they_are, re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)")),
    (_of_texts, re.compile(rb"\d{10,19}")),
    (_of_numbers, re.compile(rb"\d{10,19}(?:\.\d{1,9})?")),
)
"""What makes records' times of a wrapping's, and what such look like."""


@lru_cache(maxsize=4096)
def _is_time(digits_as_zero: bytes, stamps: Stamps) -> bool:
    return any(kind is stamps and form.fullmatch(digits_as_zero) for kind, form in _KINDS)


class Cut(Struct, frozen=True):
    """Lines without the times of their wrapping, and these as records have them; none where the wrapping has none."""

    texts: list[bytes]
    stamps: list[bytes]


class Casing(Struct, frozen=True):
    """What stands around each line of a writer.

    `head` and `tail` stand before and behind the text. Where there is a time, it stands between two more: in front of
    the text, if `is_ahead`, else behind it. `mark`: a quote mark as it is escaped in the text.
    """

    writer: Source
    head: bytes
    tail: bytes
    before_time: bytes
    behind_time: bytes
    is_ahead: bool
    mark: bytes
    stamps: Stamps | None

    @property
    def form(self) -> Form:
        """How lines stand in a block from which the times were cut."""
        return Form(self.head, self.tail, self.mark)

    def cut(self, lines: list[bytes]) -> Cut | None:
        """Lines without the times; None where any is of another casing."""
        if self.stamps is None:
            return Cut(lines, [])
        before, behind = self.before_time, self.behind_time
        if not self.is_ahead:
            parts = zip(*map(bytes.rpartition, lines, repeat(before)), strict=True)
            texts, marks, told = map(list, parts)
            fits, times = _without(told, b"", behind)
        else:
            # What stands before a time may have in it what stands behind.
            is_first = behind in before
            fits, lines = _without(lines, before, b"") if is_first else (True, lines)
            parts = zip(*map(bytes.partition, lines, repeat(behind)), strict=True)
            told, marks, texts = map(list, parts)
            fits, times = (fits, told) if is_first else _without(told, before, b"")
        if not fits or b"" in marks:
            return None
        stamps = self.told(times)
        return Cut(texts, stamps) if stamps is not None else None

    def told(self, times: Sequence[bytes]) -> list[bytes] | None:
        """Records' times of the wrapping's; None where any is no time."""
        stamps, size = self.stamps, len(times[0]) + 1
        zeros = b"\n".join([*times, b""]).translate(_TO_ZERO)
        # Nearly always all look alike.
        shapes = [zeros[: size - 1]] if zeros == zeros[:size] * len(times) else set(zeros.split(b"\n")[:-1])
        return stamps(times) if stamps is not None and False not in [_is_time(s, stamps) for s in shapes] else None

    def is_around(self, line: bytes, stamp: bytes, writer: Source) -> bool:
        """Whether a line of that writer, at that time, is in this casing."""
        cut = self.cut([line]) if writer is self.writer else None
        if cut is None or (cut.stamps or [b""]) != [stamp]:
            return False
        begins = b"%b{%bcaller%b:" % (self.head, self.mark, self.mark)
        return cut.texts[0].startswith(begins) and cut.texts[0].endswith(self.tail)

    def records(self, lines: list[bytes]) -> bytes | list[bytes] | None:
        """The records of lines without their times, as a block or one by one.

        None where any has another casing, or is no record.
        """
        fits, texts = _without(lines, self.head, self.tail)
        if not fits:
            return None
        if self.mark == b'"':
            return texts if are_records(Columns(texts, b"", NOWHERE, [])) else None
        # As a quote mark would that nothing escapes, a backslash at the end would make others of them.
        if False in map(bytes.endswith, texts, repeat(b"}")):
            return None
        try:
            documents = orjson.loads(b'["%b"]' % b'","'.join(texts))
        except orjson.JSONDecodeError:
            return None
        if len(documents) != len(texts) or set(map(type, documents)) != {str}:
            return None
        found = columns_of_lines(documents, each_ends=False)
        return found[1] if found is not None and are_records(Columns(*found, NOWHERE, [])) else None


def casing_of(line: bytes, stamp: bytes, time: bytes, writer: Source) -> Casing | None:
    """The casing of a line as it stands, by the time of its wrapping (empty: none) and its own; None: not certain."""
    found = _MARKER.search(line, 0, _REACH)
    if found is None or not time:
        return None
    mark = found[1] + b'"'
    last = b"%bts%b:%b%b%b}" % (mark, mark, mark, time, mark)
    begins, ends = line.find(b"{%bcaller%b:" % (mark, mark)), line.rfind(last) + len(last)
    if not 0 <= begins < ends - len(last):
        return None
    head, tail = line[:begins], line[ends:]
    if not stamp:
        return Casing(writer, head, tail, b"", b"", is_ahead=False, mark=mark, stamps=None)
    for written in (stamp, stamp.replace(b".", b"")):
        if head.count(written) + tail.count(written) != 1:
            continue
        is_ahead = written in head
        before, _, behind = (head if is_ahead else tail).partition(written)
        quoted = before.endswith(b'"') or not line.startswith(b"{")
        kinds = (_as_they_are, _of_texts) if quoted else (_of_numbers,)
        shape = written.translate(_TO_ZERO)
        stamps = next((k for k in kinds if _is_time(shape, k) and k([written]) == [stamp]), None)
        if stamps is None or not (behind if is_ahead else before):
            return None
        head, tail = (b"", tail) if is_ahead else (head, b"")
        return Casing(writer, head, tail, before, behind, is_ahead=is_ahead, mark=mark, stamps=stamps)
    return None


def _without(lines: list[bytes], head: bytes, tail: bytes) -> tuple[bool, list[bytes]]:
    """Whether all have these at their ends, and what they are without."""
    fits = not head or False not in map(bytes.startswith, lines, repeat(head))
    fits = fits and (not tail or False not in map(bytes.endswith, lines, repeat(tail)))
    lines = list(map(bytes.removeprefix, lines, repeat(head))) if head else lines
    return fits, list(map(bytes.removesuffix, lines, repeat(tail))) if tail else lines


class Cased:
    """The casing that an input's lines have now, and the whole passes that are known in it."""

    def __init__(self) -> None:
        self.casing: Casing | None = None
        self.known = KnownPasses()
        self._met = 0

    def __bool__(self) -> bool:
        """Whether any pass is known."""
        return self.casing is not None and bool(self.known)

    def learn(
        self,
        lines: list[bytes],
        stamps: Sequence[bytes],
        time: bytes,
        whole: WholePass,
        writer: Source,
        quiet: Sequence[tuple[bytes, bytes]],
    ) -> bool:
        """A whole pass that was read: its lines as they stand, the times of their wrappings, and their own.

        `quiet` are lines among them that say nothing of it, each with its own time. False where the pass can't be
        known again.
        """
        if self._met > MOST_CASINGS:
            return False
        casing = self.casing
        if casing is None or not casing.is_around(lines[0], stamps[0], writer):
            casing = casing_of(lines[0], stamps[0], time, writer)
            if casing is None:
                return False
        if casing != self.casing:
            self._met += 1
            self.casing = casing
            self.known = KnownInCasing(casing) if casing.stamps is not None else KnownPasses(casing.form)
        # What says nothing of the pass may be of another casing.
        among = [line for line, _ in quiet]
        cut = casing.cut([*lines, *among]) or casing.cut(lines)
        if cut is None:
            return False
        texts, said = cut.texts[len(lines) :], [own for _, own in quiet]
        self.learn_cut(cut.texts[: len(lines)], time, whole, zip(texts, said, strict=False))
        return True

    def learn_cut(
        self, lines: Sequence[bytes], time: bytes, whole: WholePass, quiet: Iterable[tuple[bytes, bytes]]
    ) -> None:
        """As `learn`, of lines in the casing that have no times of their wrapping any more."""
        self.known.learn(lines, time, whole)
        for text, said in quiet:
            self.known.learn_quiet(text, said)
