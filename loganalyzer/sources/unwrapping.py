"""Lines without what was put around them: the driver of the tables in `wrappings` and `envelopes`.

Batches of MetalLB's own lines pass through as they are. Everything else is looked at line by line: prefixes and
envelopes are taken off, parts are joined, documents of several lines are put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import orjson

from loganalyzer.sources.damage import PIECE, cleaned, undamaged, without_inner_stamps
from loganalyzer.sources.documents import Documents
from loganalyzer.sources.for_wrapped import ForWrapped
from loganalyzer.sources.framing import decoded
from loganalyzer.sources.groups import Group
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.joining import Held, Parts, indent_of
from loganalyzer.sources.objects import Found, is_object, is_rest_of_list, objects_of
from loganalyzer.sources.origin import NOWHERE, Origin, closer
from loganalyzer.sources.wrappings import DEEPEST, PLAIN, RECORD, Prefixes, Unwrapped, all_plain, end_of_run, may_go_on

if TYPE_CHECKING:
    from loganalyzer.sources.answers import Answer
    from loganalyzer.sources.sorting import Block, Carried

_GROUP: Final = 1024
_RUN: Final = 16
"""So many plain lines in a row, or empty ones, are worth passing on as they are."""


class Unwrapper:
    """Unwraps the lines of one source. `on_object` is given each Kubernetes object that stands among them.

    `rest_of` is asked, at the end, for the rest of a record that broke off, which another input may have; `rest` says
    that this one's first line is such a rest. `lines`: so many were read.
    """

    def __init__(
        self,
        source: Source,
        on_object: Callable[[Found], None] | None = None,
        rest_of: Callable[[bytes], bytes | None] | None = None,
        *,
        rest: bool = False,
    ) -> None:
        self._rest_of = rest_of
        self._rest = rest
        self._source = source
        self._on_object = on_object
        self._prefixes = Prefixes()
        self._wrapped = ForWrapped(self._prefixes)
        self._met: tuple[Origin, Source] = (NOWHERE, source)
        self._parts = Parts()
        self._documents = Documents()
        self.lines = 0
        self._out = Group()

    def groups(self, batches: Iterable[list[bytes] | Answer]) -> Iterator[list[bytes] | Group]:
        """Lists of plain lines, and groups of unwrapped ones, in the order of the input. An empty list passes."""
        for batch in batches:
            yield from self.feed(batch)
        yield from self.finish()

    def feed(self, batch: list[bytes] | Answer) -> Iterator[list[bytes] | Group]:
        """As `groups`, for what comes next; lines that are not plain are taken out of the list as they are read."""
        if not isinstance(batch, list):
            yield from self._answered(batch)
        elif not batch:
            yield batch
        elif self._rest:
            self._rest = False
            self.lines = self._out.structure = 1
            yield from self._mixed(batch[1:])
        elif not self._busy and all_plain(batch):
            self.lines += len(batch)
            yield batch
        else:
            yield from self._mixed(batch)

    def finish(self) -> Iterator[Group]:
        """What is left at the input's end."""
        self._flush_all()
        if self._out:
            yield self._out

    @property
    def free(self) -> bool:
        """Whether the next line is read for itself, whatever came before."""
        return not self._rest and not self._busy

    def passed(self, lines: int) -> None:
        """So many plain lines were read by somebody else."""
        self.lines += lines

    @property
    def _busy(self) -> bool:
        return bool(self._parts) or self._documents.open

    def _mixed(self, batch: list[bytes]) -> Iterator[list[bytes] | Group]:
        """A batch with other lines in it: long runs of plain ones still pass as they are."""
        at, alike = 0, self._unwrapped(batch)
        if alike is not None:
            if self._out:
                yield self._taken()
            yield alike
            return
        if not self._busy and not batch[0].startswith(PLAIN) and self._wrapped.alike.by_halves(batch):
            half = len(batch) // 2
            first, rest, batch[:] = batch[:half], batch[half:], [b""] * len(batch)
            yield from self._mixed(first)
            yield from self._mixed(rest)
            return
        while at < len(batch):
            run = at if self._busy else end_of_run(batch, at)
            if run - at >= _RUN:
                if self._out:
                    yield self._taken()
                self.lines += run - at
                yield batch[at:run]
                at = run
                continue
            for i in range(at, max(run, at + 1)):
                self.lines += 1
                line, batch[i] = batch[i], b""  # or a long one would be held here as well
                self._line(line)
            at = max(run, at + 1)
        if self._out:
            yield self._taken()

    def _unwrapped(self, batch: list[bytes]) -> Group | None:
        """A batch whose lines were all wrapped alike, as most are; None for any other."""
        if self._busy or batch[0].startswith(PLAIN):
            return None
        found = self._wrapped.alike.unwrapped(batch)
        return None if found is None else self.whole(self._stream(found.origin), found.block, found.stamps, batch)

    def whole(self, writer: Source, texts: bytes | list[bytes], stamps: list[bytes], standing: list[bytes]) -> Group:
        """Lines from which all was taken off at once, where the next one was free to be read for itself."""
        first, self.lines = self.lines + 1, self.lines + len(standing)
        return Group.of_one(writer, texts, stamps, list(range(first, self.lines + 1)), [1] * len(standing), standing)

    def _taken(self) -> Group:
        done, self._out = self._out, Group()
        return done

    def _line(self, raw: bytes) -> None:
        if raw.startswith(PLAIN) and raw.endswith(b"}") and not self._busy:
            self._out.add(raw, self._source, b"", self.lines, 1, mended=False)
            return
        if raw.startswith(b'{"') and not self._documents.open and not raw.startswith(PLAIN) and self._enveloped(raw):
            return
        text = cleaned(raw)
        mended = len(text) != len(raw) and text != raw.rstrip(b"\r")
        if self._documents.open or (self._documents.begins(text) and not self._parts):
            self._document_line(text)
            return
        if text.strip() in (b"[", b"]", b"],"):
            self._out.structure += 1
            return
        self._open(Unwrapped(text, NOWHERE, b""), Held(self.lines, 1, mended=mended, indent=indent_of(text)))

    def _enveloped(self, raw: bytes) -> bool:
        """Takes a line that is an envelope; what most of them carry, a whole record, at once."""
        try:
            document = orjson.loads(raw[:-1] if raw.endswith(b",") else raw)
        except orjson.JSONDecodeError:
            return False
        inner = self._wrapped.envelopes.carried(document)
        if inner is None:
            self._open(Unwrapped(raw.rstrip(b"\r"), NOWHERE, b""), Held(self.lines, 1), document)
        elif not self._at_once(inner, self.lines, 1):
            joined = self._join(inner, Held(self.lines, 1))
            if joined is not None:
                self._open(*joined)
        return True

    def _at_once(self, inner: Unwrapped, number: int, span: int) -> bool:
        """Takes what an envelope carries where that is a whole record, and no line that was begun waits for it."""
        if inner.part == "P" or not undamaged(inner.text):
            return False
        stream = self._stream(inner.origin)
        if self._parts and (self._parts.get((stream, inner.pipe)) or self._parts.get((stream, b"broken"))):
            return False
        self._out.add(inner.text, stream, inner.stamp, number, span, mended=False)
        return True

    def _in_time(self, lines: Iterable[Carried | Block]) -> Iterator[Group]:
        """Lines of an answer in the order of their times."""
        from loganalyzer.sources.together import in_groups, singly, together

        for some in in_groups(lines, _GROUP):
            group = together(some, self._stream) if not self._parts else None
            if group is not None:
                if self._out:
                    yield self._taken()
                yield group
                continue
            for inner, number, span in singly(some):
                if not self._at_once(inner, number, span):
                    self._open(inner, Held(number, span))
            if len(self._out) >= _GROUP:
                yield self._taken()

    def _stream(self, origin: Origin) -> Source:
        """The part of the source that somebody wrote; the one asked for last is known."""
        if self._met[0] is not origin:
            self._met = (origin, self._source.stream(origin))
        return self._met[1]

    def _open(self, now: Unwrapped, held: Held, document: object = None) -> None:
        """Takes wrapping after wrapping off, until what is left is a line that somebody wrote.

        `document` is the line as decoded, where it was.
        """
        for _ in range(DEEPEST):
            text = now.text
            if now.is_plain or (text.startswith(b">") and self._parts.unquoted):
                break
            if text.startswith((b"{", b"[{", b",{")):
                document = document or self._documents.decoded(text)
                inner = self._wrapped.envelopes.carried(document)
            else:
                inner = self._prefixes.strip(text)
            if inner is None:
                break
            document = None
            now = inner._replace(origin=closer(inner.origin, now.origin), stamp=inner.stamp or now.stamp)
            if inner.part:
                joined = self._join(now, held)
                if joined is None:
                    return
                now, held = joined
        if document is not None and self._whole_document(document, [now.text], now, held):
            return
        self._emit(now, held)

    def _join(self, now: Unwrapped, held: Held) -> tuple[Unwrapped, Held] | None:
        """A line of which this is the last part; None where more of it is to come."""
        stream = self._stream(now.origin)
        key = (stream, now.pipe)
        before = self._parts.get(key)
        if before is not None and now.text.startswith(RECORD):
            # Its last part is lost: what begins here is another record.
            self._parts.pop(key).give(self._out, stream)
            before = None
        if now.part == "P":
            self._parts.add(key, held, now.text, now.stamp)
            return None
        if before is None:
            return now, held
        self._parts.add(key, held, now.text, now.stamp)
        whole = self._parts.pop(key)
        return now._replace(text=whole.text(), stamp=whole.stamp), whole

    def _emit(self, now: Unwrapped, held: Held) -> None:
        """A line as it was written: given out, or held where it is a record's beginning only."""
        stream = self._stream(now.origin)
        text = now.text
        shorter = without_inner_stamps(text) if now.stamp or len(text) > PIECE else text
        if shorter is not text and shorter != text:
            text, held.mended = shorter, True
        key = self._parts.broken(stream, anybody=now.origin is NOWHERE)
        if key is not None and may_go_on(text):
            broken = self._parts.go_on(key, held, text, now.stamp)
            if text.endswith(b"}") and self._documents.readable(broken):
                self._parts.pop(key)
                self._out.add(broken.text(), key[0], broken.stamp, broken.number, broken.span, mended=True)
            return
        if key is not None and key[0] is stream:
            self._parts.pop(key).give_broken(self._out, stream)
        if text.startswith(PLAIN) and not text.endswith((b"}", b"}'", b'}"', b"},")):
            self._parts.add((stream, b"broken"), held, text, now.stamp)
            return
        self._out.add(text, stream, now.stamp, held.number, held.span, mended=held.mended)

    def _flush_all(self) -> None:
        for (stream, pipe), held in self._parts.drain():
            rest = self._rest_of(held.text()) if pipe == b"broken" and self._rest_of is not None else None
            if rest is not None:
                self._out.add(held.text() + rest, stream, held.stamp, held.number, held.span, mended=True)
            elif pipe == b"broken":
                held.give_broken(self._out, stream)
            else:
                held.give(self._out, stream)
        if self._documents.open:
            self._finish_document()

    # Documents of several lines.

    def _document_line(self, text: bytes) -> None:
        while not self._documents.feed(text, self.lines):
            # The line belongs to the document no more: it may begin the next one.
            self._finish_document()
            if not self._documents.begins(text):
                self._open(Unwrapped(text, NOWHERE, b""), Held(self.lines, 1))
                return
        if self._documents.complete:
            self._finish_document()

    def _finish_document(self) -> None:
        lines, first = self._documents.take()
        for document, part, at in self._documents.read(lines, first):
            held = Held(at, len(part))
            now = Unwrapped(b"", NOWHERE, b"")
            if document is None or not self._whole_document(document, part, now, held):
                for i, line in enumerate(part):
                    self._out.add(line, self._source, b"", at + i, 1, mended=False)

    def _whole_document(self, document: object, lines: list[bytes], now: Unwrapped, held: Held) -> bool:
        """Takes a document for what it is; False where it is nothing that is known."""
        if is_rest_of_list(document):
            return self._count(held)
        if is_object(document):
            for found in objects_of(document, lines, held.number):
                self._source.objects += 1
                if self._on_object is not None:
                    self._on_object(found)
            self._out.structure += held.span
            return True
        if isinstance(document, list) and any(map(is_object, document)):
            known = [self._whole_document(d, lines, now, Held(held.number, 0)) for d in document]
            return all(known) and self._count(held)
        from loganalyzer.sources.envelopes import in_order, is_record

        if isinstance(document, dict) and is_record(document):
            self._record(document, now, held)
            return True
        carried = self._wrapped.envelopes.many(document)
        single = self._wrapped.envelopes.opened(document) if carried is None and isinstance(document, dict) else None
        texts = in_order(list(carried)) if carried is not None else [single] if single is not None else []
        for i, inner in enumerate(texts):
            whole = inner._replace(origin=closer(inner.origin, now.origin))
            self._open(whole, Held(held.number, held.span if i == 0 else 0))
        return bool(texts)

    def _answered(self, answer: Answer) -> Iterator[Group]:
        """The elements of a document; lines that a log store gives out, in the order of their times."""
        from loganalyzer.sources.answers import LABELS, VALUES
        from loganalyzer.sources.envelopes import labelled, loki_line
        from loganalyzer.sources.sorting import Carried, InTime
        from loganalyzer.sources.together import Many, elements

        base, order, writer = self.lines, InTime(), NOWHERE
        for element in elements(answer, self._wrapped.envelopes, self._wrapped.placing, base):
            if isinstance(element, Many):
                block = element.block._replace(origin=writer) if element.path in VALUES else element.block
                writer = block.origin
                self._source.carried += len(block.numbers)
                yield from self._in_time(order.add_block(block))
                continue
            held = self._wrapped.placing.held(element, base)
            document = element.document or (decoded(element.text) if element.whole else None)
            if element.path in LABELS:
                writer = labelled(document)
                self._count(held)
                continue
            inner = loki_line(document, writer) if element.path in VALUES else self._wrapped.envelopes.carried(document)
            if inner is not None:
                writer = inner.origin
                # Whoever watches for what expands to nothing can't see records before they are in order.
                self._source.carried += inner.text.startswith(RECORD)
                answer.together(wanted=bool(inner.stamp))
                yield from self._in_time(order.add(Carried(inner, held.number, held.span)))
            else:
                item = answer.typed(document) if isinstance(document, dict) else document
                # What a cut left of an element is most likely of the writer before it.
                self._element(item, element.text, held, NOWHERE if element.whole else writer)
            if len(self._out) >= _GROUP:
                yield self._taken()
        yield from self._in_time(order.rest())
        self.lines = base + answer.lines
        self._out.structure += self._wrapped.placing.end(self.lines)
        yield self._taken()

    def _element(self, document: object, text: bytes, held: Held, writer: Origin) -> None:
        """An object or a record in a document; anything else is read line by line."""
        lines = text.split(b"\n")
        now = Unwrapped(text if len(lines) == 1 else b"", NOWHERE, b"")
        if document is None or not self._whole_document(document, lines, now, held):
            for i, line in enumerate(lines):
                self._open(Unwrapped(line, writer, b""), Held(held.number + i, int(i >= len(lines) - held.span)))

    def _count(self, held: Held) -> bool:
        self._out.structure += held.span
        return True

    def _record(self, document: dict[str, Any], now: Unwrapped, held: Held) -> None:
        """A record that another program printed anew (`jq .`), or whose fields it mixed with its own."""
        named = self._wrapped.envelopes.opened({**document, "log": ""})
        origin = closer(named.origin, now.origin) if named is not None else now.origin
        held.mended = held.mended or not now.text
        self._emit(now._replace(text=now.text or orjson.dumps(document), origin=origin), held)
