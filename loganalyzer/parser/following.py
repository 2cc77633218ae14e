"""Inputs that are followed become records and events as they grow, each in its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from loganalyzer.parser.events import Event, Paused
from loganalyzer.parser.interpret import PAUSE
from loganalyzer.parser.reading import PlacedObject, Planned, Reading, nothing_in, plan, probe
from loganalyzer.parser.records import Batch, Shape
from loganalyzer.parser.streams import Records
from loganalyzer.sources.archives import UNREADABLE, unreadable
from loganalyzer.sources.arriving import Folder
from loganalyzer.sources.encodings import as_utf8
from loganalyzer.sources.inputs import Input, Source
from loganalyzer.sources.lines import batches
from loganalyzer.sources.origin import origin_of_path
from loganalyzer.sources.tailing import Following, Tail, tail_of
from loganalyzer.sources.unwrapping import Unwrapper

_PAUSE: Final = Shape(PAUSE, {}, {})


class Followed(Struct, frozen=True):
    """An input that is followed, and its events: one that says `Paused` wherever it has no more for now."""

    tail: Tail
    events: Iterator[Event]


def tail_of_member(planned: Planned, following: Following) -> Tail | None:
    """How to follow what is to be read; None where it can't grow: what is compressed or archived, and objects."""
    member = planned.member
    if planned.probe is not None and planned.probe.objects:
        return None
    try:
        tail = tail_of(member.open(), again=member.again)
    except UNREADABLE:
        # Reading it will say what is wrong.
        return None
    if tail is not None:
        following.add(member.name, tail)
    return tail


def follow_member(planned: Planned, how: Reading, tail: Tail) -> Iterator[Batch]:
    """The records of one input as it grows, and one of the family `pause` wherever there is no more for now.

    A line counts when it has ended, the last one also where its input ends or following is stopped.
    """
    member = planned.member
    source = Source(member.name, origin=origin_of_path(member.name), node=how.nodes.get(member.name, ""))
    how.sources.append(source)
    unwrapper = Unwrapper(source, lambda found: how.objects.append(PlacedObject(source, found)))
    reader = Records(source, how.cached, how.zone)
    pause = Batch(source, (0,), (b"",), (_PAUSE,))
    try:
        lines = batches(as_utf8(tail.pieces()), on_cut=source.found_cut)
        for group in unwrapper.groups(lines):
            if group:
                yield from (b.after(planned.skip) for b in reader.batches((group,)))
            else:
                yield pause
    except UNREADABLE as problem:
        how.problems.append(unreadable(member.name, problem))
    else:
        # What was stopped before it had a line may still have become a log.
        if member.asked and (source.lines or not tail.stopped) and not source.recognised and not source.objects:
            how.problems.append(nothing_in(source))


def arrivals(given: Iterable[Input], how: Reading, stack: ExitStack) -> Callable[[], Iterator[Planned]] | None:
    """What finds logs of MetalLB that came to folders since it was called last; None where no input is a folder."""
    following = how.following
    if following is None:
        return None
    folders = [Folder(one, following) for one in given if isinstance(one, str | PathLike) and Path(one).is_dir()]
    return partial(_arrived, folders, following, how, stack) if folders else None


def _arrived(folders: list[Folder], following: Following, how: Reading, stack: ExitStack) -> Iterator[Planned]:
    for folder in folders:
        for file in folder.arrivals():
            name = folder.member(file)
            for planned in plan([file], Reading(zone=how.zone), stack):
                planned.member = structs.replace(planned.member, name=name, asked=False)
                probe(planned, how.zone)
                if planned.probe is not None and planned.probe.recognised:
                    yield planned
            if name in following.tails:
                # That it had nothing when following began is no problem any more.
                how.problems[:] = [problem for problem in how.problems if problem.name != folder.name]


def begun(one: Followed, following: Following) -> Iterator[Event]:
    """The events of what an input has already: all of a file, of a pipe what it gives in one turn."""
    yield from _until_paused(one.events)
    while one.tail.hasty and one.tail.fileno() is None:
        following.paused(one.tail.taken)
        one.tail.stopped = following.stopped
        yield from _until_paused(one.events)


def _until_paused(events: Iterator[Event]) -> Iterator[Event]:
    for event in events:
        if type(event.what) is Paused:
            return
        yield event


def interleaved(
    inputs: list[Followed], following: Following, more: Callable[[], Iterable[Followed]] | None = None
) -> Iterator[Event]:
    """The events of all inputs as they come, until each of them has ended or following is stopped.

    `more` gives inputs that came later; with it the end is when following is stopped.
    """
    inputs, going = list(inputs), list(inputs)
    before = 0
    while going or (more is not None and not following.stopped):
        for one in more() if more is not None else ():
            inputs.append(one)
            going.append(one)
        taken = sum(one.tail.taken for one in inputs)
        wanted = following.paused(taken - before)
        before = taken
        if following.stopped:
            for one in going:
                one.tail.stopped = True
        elif not any(one.tail.hasty for one in going):
            following.wait((one.tail for one in going), wanted)
        for one in list(going):
            paused = False
            for event in one.events:
                paused = type(event.what) is Paused
                if paused:
                    break
                yield event
            if not paused:
                going.remove(one)
