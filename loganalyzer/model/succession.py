"""The events of all inputs, and whose history each input continues."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import zip_longest

from loganalyzer.model.histories import Histories
from loganalyzer.model.run import Replay
from loganalyzer.parser.attribution import Readers, unfolded
from loganalyzer.parser.events import Event, Paused
from loganalyzer.parser.folding import folded
from loganalyzer.parser.reading import Planned, Reading, read_folded, read_member, shared_lines
from loganalyzer.parser.stamps import moment
from loganalyzer.sources.inputs import Input, Source

Arriving = Callable[[], Iterable[Planned]]


def all_events(planned: list[Planned], reading: Reading, run: Replay, *, folds: bool) -> Iterator[Event]:
    """The events of all inputs; controllers' inputs that don't overlap in time share one model.

    `folds`: whole passes that changed nothing may be one event.
    """
    histories, readers = Histories(run), Readers()
    before: list[tuple[Planned, Source]] = []
    for now, following in zip_longest(planned, planned[1:]):
        earlier = _overlapping(before, now)
        known = len(reading.sources)
        yield from _events_of(now, earlier, _attributed(now, reading, readers, following, folds=folds), histories)
        before.append((now, reading.sources[known]))


def _attributed(
    now: Planned, reading: Reading, readers: Readers, following: Planned | None = None, *, folds: bool
) -> Iterator[Event]:
    """The events of one input, each with the service that it is about."""
    if folds:
        return folded(read_folded(now, reading, following), readers)
    return unfolded(read_member(now, reading, following), readers)


def _events_of(now: Planned, earlier: Source | None, events: Iterable[Event], histories: Histories) -> Iterator[Event]:
    """The events of one input, whose writers take their places in the histories."""
    writers: set[Source] = set()
    writer: Source | None = None
    for event in events:
        if event.source is not writer and type(event.what) is not Paused:
            writer = event.source
            if writer not in writers:
                writers.add(writer)
                begins = moment(event.stamp) or now.begins
                histories.begin(writer, begins, _component(writer, now), _same(writer, earlier))
        yield event


def followed_events(
    planned: list[Planned], reading: Reading, run: Replay, arriving: Arriving | None, *, folds: bool
) -> Iterator[Event]:
    """As `all_events`, of inputs that grow: first what they have, one after the other, then what comes, as it comes.

    `arriving` gives inputs that came since it was called last.
    """
    from loganalyzer.parser.following import Followed, begun, follow_member, interleaved, tail_of_member

    following = reading.following
    if following is None:
        raise TypeError(reading)
    histories, readers = Histories(run), Readers()
    before: list[tuple[Planned, Source]] = []
    going: list[Followed] = []

    def followed(now: Planned, earlier: Source | None) -> Followed | None:
        tail = tail_of_member(now, following)
        if tail is None:
            return None
        attributed = folded if folds else unfolded
        return Followed(tail, _events_of(now, earlier, attributed(follow_member(now, reading, tail)), histories))

    for now in planned:
        earlier = _overlapping(before, now)
        known = len(reading.sources)
        one = followed(now, earlier)
        if one is None:
            yield from _events_of(now, earlier, _attributed(now, reading, readers, folds=folds), histories)
        else:
            going.append(one)
            yield from begun(one, following)
        before.append((now, reading.sources[known]))
    more = (lambda: filter(None, (followed(now, None) for now in arriving()))) if arriving is not None else None
    yield from interleaved(going, following, more)


def arriving(given: list[Input], how: Reading, stack: ExitStack) -> Arriving | None:
    """What finds inputs that come while others are followed; None where none can."""
    if how.following is None:
        return None
    from loganalyzer.parser.following import arrivals

    return arrivals(given, how, stack)


def _overlapping(before: list[tuple[Planned, Source]], now: Planned) -> Source | None:
    """The earlier input whose last lines begin this one; these lines will be passed over."""
    for planned, source in reversed(before):
        overlaps = any(now.begins and moment(w.last_stamp) >= now.begins for w in source.writers)
        if overlaps and _may_be_same(source, now.probe):
            now.skip = shared_lines(planned, now)
            if now.skip:
                return source
    return None


def _may_be_same(source: Source, other: Source | None) -> bool:
    """Whether nothing says that two inputs are of different pods."""
    if other is None or source.component != other.component:
        return False
    mine, theirs = ({w.origin.pod for w in s.writers if w.origin.pod} for s in (source, other))
    return not mine or not theirs or bool(mine & theirs)


def _same(writer: Source, earlier: Source | None) -> Source | None:
    """The writer of an earlier input that this one is."""
    if earlier is None:
        return None
    if writer.origin.pod:
        found = earlier.streams.get(writer.origin.key)
        if found is not None:
            return found
    recognised = [w for w in earlier.writers if w.last_stamp]
    return recognised[0] if len(recognised) == 1 else earlier


def _component(writer: Source, planned: Planned) -> str:
    """`controller` or `speaker`, from the input's first lines, or from the pod's name; else as unknown as it is."""
    if planned.probe is not None:
        probed = next((w for w in planned.probe.writers if w.origin.key == writer.origin.key), None)
        if probed is not None and probed.component != "unknown":
            return probed.component
    return next((c for c in ("speaker", "controller") if c in writer.origin.pod), "unknown")
