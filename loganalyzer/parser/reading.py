"""Inputs become records: what each INPUT holds is found, put in the order of its times, opened and read."""

from __future__ import annotations

import io
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from datetime import tzinfo
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from msgspec import Struct, field, structs

from loganalyzer.errors import InputError
from loganalyzer.parser.events import passes_of
from loganalyzer.parser.families import recognise
from loganalyzer.parser.folding import folded
from loganalyzer.parser.known_passes import Repeated
from loganalyzer.parser.records import CACHED_SHAPES, Batch, Block, Record
from loganalyzer.parser.stamps import moment
from loganalyzer.parser.streams import Records
from loganalyzer.sources.archives import UNREADABLE, Member, looked_ahead, members, spooled, unreadable
from loganalyzer.sources.compression import Expansion
from loganalyzer.sources.encodings import as_utf8
from loganalyzer.sources.framing import as_lines, begins_document, framed, framed_blocks, framed_head
from loganalyzer.sources.inputs import Input, Source, named
from loganalyzer.sources.lines import CHUNK, LONGEST_LINE, Stream, chunks
from loganalyzer.sources.objects import Found
from loganalyzer.sources.origin import origin_of_path
from loganalyzer.sources.unwrapping import Unwrapper
from loganalyzer.sources.wrappings import PLAIN

if TYPE_CHECKING:
    from loganalyzer.sources.overlap import Line
    from loganalyzer.sources.tailing import Following

CONTROLLER_LOG: Final = "kubectl -n metallb-system logs deployment/controller -c controller --tail=-1"
"""Prints the controller's log: up to 0.15 the first container may be another (metallb v0.15.3 config/manifests)."""

PROBED: Final = 1 << 17
_WORTH: Final = rb"\"caller|caller\\\"|\"level|level\\\"|apiVersion\"?:|\A\s*apiVersion|\bkind: (?:List|[A-Z])"


class PlacedObject(Struct, frozen=True):
    """A Kubernetes object and the input that has it."""

    source: Source
    found: Found


class Reading(Struct, eq=False):
    """How inputs are read, and what went wrong with them.

    `cached` shapes are kept for each input; `chunk` bytes are read at once. Neither changes any result.
    `progress` is told, as reading goes on, how many bytes were read and, where that is known, of how many.
    Problems are collected where `problems` is given to them, else raised. `objects` are those that were met.
    `nodes` are the nodes that the user tells, by the names of inputs: whose speaker's log it is.
    `zone` is that of times which a wrapping writes without one; None: UTC. `following`: inputs are read as they
    grow; None: as far as they go now.
    """

    cached: int = CACHED_SHAPES
    chunk: int = CHUNK
    sources: list[Source] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)
    objects: list[PlacedObject] = field(default_factory=list)
    progress: Callable[[int, int | None], None] | None = None
    done: int = 0
    total: int | None = None
    zone: tzinfo | None = None
    nodes: Mapping[str, str] = field(default_factory=dict)
    following: Following | None = None


class Planned:
    """A member that will be read: when its lines begin (empty: unknown), and what is known of its writers.

    `skip`: lines at its beginning that an earlier input has too. `rest`: its first line is the rest of the one on
    which the input before it ended.
    """

    __slots__ = ("begins", "member", "probe", "rest", "skip")

    def __init__(self, member: Member) -> None:
        self.member = member
        self.begins = ""
        self.probe: Source | None = None
        self.skip = 0
        self.rest = False

    @property
    def has_objects(self) -> bool:
        """Whether it begins with a Kubernetes object."""
        return self.probe is not None and not self.probe.recognised

    @property
    def has_log(self) -> bool:
        """Whether it begins with a log that is not a speaker's."""
        return (
            self.probe is not None
            and self.probe.recognised
            and any(w.component != "speaker" for w in self.probe.writers)
        )

    @property
    def lacks(self) -> bool:
        """Whether its log can't tell everything: not at debug level, or of 0.12 and before, which dump nothing."""
        return (
            self.has_log
            and self.probe is not None
            and any(
                w.level not in ("debug", "unknown") or (w.version or "").removeprefix("v") < "0.13"
                for w in self.probe.writers
            )
        )


def read(inputs: Iterable[Input], reading: Reading | None = None) -> Iterator[Record]:
    """The records of the inputs, one input after the other, in the order given.

    Raises InputError for an input that can't be read, unless `reading` collects problems.
    """
    how = reading or Reading()
    with ExitStack() as stack:
        for given in inputs:
            for planned in _worthwhile(given, how, stack):
                for batch in read_member(planned, how):
                    yield from batch.records()
                if reading is None and how.problems:
                    raise how.problems[0]
        if reading is None and how.problems:
            raise how.problems[0]


def plan(inputs: Iterable[Input], how: Reading, stack: ExitStack) -> list[Planned]:
    """What is to be read, in the order of its times; what tells no time keeps its place at the end."""
    found = [p for given in inputs for p in _worthwhile(given, how, stack)]
    if len(found) > 1:
        for planned in found:
            probe(planned, how.zone)
        # Of two that begin alike the shorter comes first: the longer one may go on where it ends.
        found.sort(key=lambda p: (not p.begins, p.begins, p.member.size or 0))
    sizes = [p.member.size for p in found]
    how.total = sum(s for s in sizes if s) if None not in sizes else None
    return found


def read_member(planned: Planned, how: Reading, following: Planned | None = None) -> Iterator[Batch]:
    """The records of one member, as they come. What goes wrong is added to the problems; what came before it counts.

    `following`: the input that comes next, whose first line may be the rest of this one's last.
    """
    return (b for b in _read(planned, how, following, folds=False) if isinstance(b, Batch))


def read_folded(planned: Planned, how: Reading, following: Planned | None = None) -> Iterator[Batch | Repeated | Block]:
    """As `read_member`, but whole passes that say what earlier ones said are given out as such."""
    return _read(planned, how, following, folds=not planned.skip)


def _read(
    planned: Planned, how: Reading, following: Planned | None, *, folds: bool
) -> Iterator[Batch | Repeated | Block]:
    member = planned.member
    source = Source(member.name, origin=origin_of_path(member.name), node=how.nodes.get(member.name, ""))
    how.sources.append(source)
    keep = lambda found: how.objects.append(PlacedObject(source, found))  # noqa: E731
    try:
        with _opened(member) as opened:
            unwrapper = Unwrapper(source, keep, lambda text: _rest(text, following), rest=planned.rest)
            reader = Records(source, how.cached, how.zone)
            backwards, stream = _is_newest_first(opened)
            if backwards:
                yield from _from_the_end(stream, unwrapper, reader, folds=folds)
            else:
                pieces = _metered(chunks(cast(Stream, stream), how.chunk), source, member.expansion, how)
                blocks = framed_blocks(as_utf8(pieces), on_cut=source.found_cut)
                if folds:
                    yield from reader.folded(blocks, unwrapper)
                else:
                    found = reader.batches(unwrapper.groups(map(as_lines, blocks)))
                    yield from (b.after(planned.skip) for b in found) if planned.skip else found
    except InputError as problem:
        how.problems.append(problem)
    except UNREADABLE as problem:
        how.problems.append(unreadable(member.name, problem))
    else:
        if member.asked and not source.recognised and not source.objects:
            how.problems.append(nothing_in(source))


def _is_newest_first(stream: BinaryIO) -> tuple[bool, BinaryIO]:
    """Whether a log store wrote it with the newest line first, and the stream from its beginning."""
    head = stream.peek(1).removeprefix(BOM_UTF8) if hasattr(stream, "peek") else b""
    if not head or b"\0" in head[:64]:
        return False, stream
    if head.startswith(PLAIN):
        from loganalyzer.sources.moments import may_be_newest_first

        if not may_be_newest_first(head):
            return False, stream
    from loganalyzer.sources.reversing import newest_first

    head, stream = looked_ahead(stream, PROBED)
    head = head.removeprefix(BOM_UTF8)
    return not begins_document(head) and newest_first(head.rpartition(b"\n")[0].split(b"\n")), stream


def _from_the_end(
    stream: BinaryIO, unwrapper: Unwrapper, reader: Records, *, folds: bool
) -> Iterator[Batch | Repeated]:
    """The records from the last line to the first, each under its own number."""
    from loganalyzer.sources.reversing import count_lines, reversed_batches

    raw = stream.raw if isinstance(stream, io.BufferedReader) else None
    # To seek back in what is compressed or comes through a pipe would mean to begin anew each time.
    held = nullcontext(stream) if isinstance(raw, io.FileIO) and stream.seekable() else closing(spooled(stream))
    with held as lines:
        behind = count_lines(lines) + 1
        groups = unwrapper.groups(reversed_batches(lines))
        for found in reader.folded_groups(groups) if folds else reader.batches(groups):
            if isinstance(found, Batch):
                yield structs.replace(found, numbers=[behind - n for n in found.numbers])
            else:
                passes = [one._replace(numbers=[behind - n for n in one.numbers]) for one in found.passes]
                yield structs.replace(found, passes=passes_of(passes))


def _rest(text: bytes, following: Planned | None) -> bytes | None:
    """The first line of the next input where it makes a broken last line whole; None where it does not."""
    if following is None or not following.member.again or following.skip:
        return None
    first = _head(following.member).partition(b"\n")[0].rstrip(b"\r")
    if first.startswith(b"{") or not first.endswith(b"}") or recognise(text + first, after_panic=False) is None:
        return None
    following.rest = True
    return first


def _opened(member: Member) -> AbstractContextManager[BinaryIO]:
    """The member's stream; what its owner gave stays open, as it may be standard input."""
    return member.open() if member.again else nullcontext(member.open())


def _metered(pieces: Iterable[bytes], source: Source, expansion: Expansion, how: Reading) -> Iterator[bytes]:
    records = 0
    for piece in pieces:
        how.done += len(piece)
        if how.progress is not None:
            how.progress(how.done, how.total)
        yield piece
        if source.records + source.carried != records:
            records = source.records + source.carried
            expansion.useful()


def nothing_in(source: Source) -> InputError:
    """The error for an input that was read and gave neither a line of MetalLB nor an object."""
    advice = f"pass the log of a MetalLB controller: {CONTROLLER_LOG}"
    if not source.lines:
        return InputError(source.name, "is empty", advice)
    if source.cut:
        problem = f"has a line of more than {LONGEST_LINE >> 20} MiB, and no MetalLB line beside it"
        return InputError(source.name, problem, "write an array of documents one a line: jq -c '.[]' FILE")
    return InputError(
        source.name, f"has no MetalLB line and no Kubernetes object among its {source.lines:,} lines", advice
    )


def _worthwhile(given: Input, how: Reading, stack: ExitStack) -> Iterator[Planned]:
    """The members of an INPUT that may have something; where it is a folder or archive, by a look at each."""
    members_of = members(given, stack, how.problems.append)
    problems, count = len(how.problems), 0
    for member in members_of:
        if member.asked or not member.again or _may_matter(member, how):
            count += 1
            yield Planned(member)
    if not count and len(how.problems) == problems:
        advice = f"pass the logs of MetalLB's controller: {CONTROLLER_LOG}"
        how.problems.append(InputError(named(given), "has no file with a MetalLB line or a Kubernetes object", advice))


def _head(member: Member) -> bytes:
    with _opened(member) as stream:
        return b"".join(as_utf8([stream.read(PROBED)]))


def _may_matter(member: Member, how: Reading) -> bool:
    try:
        return re.search(_WORTH, _head(member)) is not None
    except InputError as problem:
        how.problems.append(problem)
    except UNREADABLE as problem:
        how.problems.append(unreadable(member.name, problem))
    return False


def probe(planned: Planned, zone: tzinfo | None) -> None:
    """Reads the first lines of a member for its time and its writers."""
    member = planned.member
    if not member.again:
        return
    source = Source(member.name, origin=origin_of_path(member.name))
    try:
        begun = framed_head(_head(member))
    except (InputError, *UNREADABLE):
        return
    for _ in folded(Records(source, zone=zone).batches(Unwrapper(source).groups(begun))):
        pass
    stamps = [m for w in source.writers if (m := moment(w.first_stamp))]
    planned.begins, planned.probe = min(stamps, default=""), source


def read_objects(planned: Iterable[Planned], how: Reading) -> list[PlacedObject]:
    """The objects of the inputs that have objects and no log, read before the logs that they are to explain."""
    looked = Reading(how.cached, how.chunk, zone=how.zone)
    for one in planned:
        if one.has_objects and one.member.again:
            for _ in read_member(one, looked):
                pass
    return looked.objects


def shared_lines(earlier: Planned, later: Planned) -> int:
    """How many lines at the beginning of an input stand at the end of an earlier one too."""
    if not (earlier.member.again and later.member.again):
        return 0
    from loganalyzer.sources.overlap import overlap

    with _opened(earlier.member) as one, _opened(later.member) as other:
        return overlap(_texts(one), _texts(other))


def _texts(stream: object) -> Iterator[Line]:
    from loganalyzer.sources.overlap import numbered

    source = Source("")
    return numbered(Unwrapper(source).groups(framed(as_utf8(chunks(stream)))))  # type: ignore[arg-type]
