"""Moments as a person names them: a time, a line, the end."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import PurePath
from typing import Final

from msgspec import Struct

from loganalyzer.correlator.choosing import before, parse_when
from loganalyzer.errors import UsageError

END: Final = "end"


class AtEnd(Struct, frozen=True):
    """After the last line."""

    text: str = END


class AtTime(Struct, frozen=True):
    """After the last line that is not later than `when`, in UTC."""

    text: str
    when: datetime


class BeforeEnd(Struct, frozen=True):
    """A time that is this long before the last record of all inputs."""

    text: str
    by: timedelta

    def resolved(self, last: datetime | None) -> AtTime:
        """The time that is meant where `last` is the last record's."""
        return AtTime(self.text, before(self.by, last))


class AtLine(Struct, frozen=True):
    """After one line of an input; `file` empty: of the only controller's input."""

    text: str
    file: str
    line: int

    def names(self, input_name: str) -> bool:
        """Whether the file is this input, by its whole name or by the end of its path."""
        if not self.file or self.file == input_name:
            return True
        return input_name.endswith((f"/{self.file}", f"!{self.file}")) or PurePath(input_name).name == self.file


Wanted = AtEnd | AtTime | BeforeEnd | AtLine
"""Any of the above; `text` is what the person wrote."""

_DATED: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d", re.ASCII)
_CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?Z?\Z", re.ASCII)
_LINE: Final = re.compile(r"(?:(?P<file>.+):)?(?P<line>\d{1,12})\Z", re.DOTALL | re.ASCII)


def parse_wanted(text: str, zone: tzinfo = UTC) -> Wanted:
    """`end`, a line (`120`, `controller.log:120`), or a time as `parse_when` has it; one without a zone is in `zone`.

    Raises UsageError on any other text.
    """
    given = text.strip()
    if given == END:
        return AtEnd()
    if _CLOCK.match(given):
        raise UsageError(f"{text!r} has no day; write it with one (2024-05-04 08:00)")
    found = _LINE.match(given)
    if found is not None and found["file"] is None:
        return AtLine(given, "", int(found["line"]))
    try:
        when = parse_when(given, zone)
    except UsageError:
        if _DATED.match(given):
            raise
        if found is not None:
            return AtLine(given, found["file"], int(found["line"]))
        raise UsageError(
            f"{text!r} is no moment; write a time (2024-05-04 08:00), how long before the end (90m), "
            "a line (120 or controller.log:120), or end"
        ) from None
    return AtTime(given, when) if isinstance(when, datetime) else BeforeEnd(given, when)
