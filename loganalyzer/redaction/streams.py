"""A member of an input, read through: its lines unwrapped, redacted, and wrapped anew, each on its own number.

Every wrapping becomes one of few, which carries the pod, container, namespace, node and time that the old one told.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, BinaryIO, Final, cast

import orjson

from loganalyzer.redaction.lines import Lines
from loganalyzer.redaction.values import Values
from loganalyzer.redaction.words import is_plain
from loganalyzer.sources.answers import Answer
from loganalyzer.sources.encodings import as_utf8
from loganalyzer.sources.framing import framed
from loganalyzer.sources.groups import Group
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import Stream, chunks
from loganalyzer.sources.objects import Found
from loganalyzer.sources.origin import Origin, origin_of_path
from loganalyzer.sources.unwrapping import Unwrapper

_STAMP: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)")
_OTHER_STAMP: Final = re.compile(rb"[0-9][0-9T:. +Z-]{0,39}")


class Member:
    """Redacts the bytes of one member. `name` is the one that it has, for what its path tells."""

    def __init__(self, name: str, values: Values, lines: Lines) -> None:
        self._source = Source(name, origin=origin_of_path(name))
        self._values = values
        self._lines = lines
        self._objects: list[Found] = []
        self._read = 0
        self._done = 0
        self._written = 0

    def pieces(self, stream: BinaryIO) -> Iterator[bytes]:
        """The redacted bytes. What is wrong with the stream is raised as it comes up."""
        unwrapper = Unwrapper(self._source, self._objects.append)
        for group in unwrapper.groups(self._counted(framed(as_utf8(chunks(cast(Stream, stream)))))):
            yield self._plain(group) if isinstance(group, list) else self._placed(group)
        yield b"\n" * (self._read - self._written)

    def _counted(self, batches: Iterable[list[bytes] | Answer]) -> Iterator[list[bytes] | Answer]:
        for batch in batches:
            yield batch
            self._read += batch.lines if isinstance(batch, Answer) else len(batch)

    def _plain(self, lines: list[bytes]) -> bytes:
        blank = max(0, self._done - self._written)
        self._done += len(lines)
        self._written += blank + len(lines)
        return b"\n" * blank + b"".join([self._lines.line(line) + b"\n" for line in lines])

    def _placed(self, group: Group) -> bytes:
        """A group's texts and the objects met meanwhile, by the lines on which they stand."""
        found: dict[int, list[tuple[bytes, Origin, bytes]]] = {}
        for text, stream, stamp, number in zip(group.texts, group.streams, group.stamps, group.numbers, strict=True):
            origin = stream.origin if stream is not self._source else Origin()
            found.setdefault(number, []).append((self._lines.line(text), origin, stamp))
        objects: dict[int, list[dict[str, Any]]] = {}
        for one in self._objects:
            objects.setdefault(one.line, []).append(self._object(one))
        self._objects.clear()
        self._done += sum(group.spans) + group.structure
        pieces: list[bytes] = []
        for number in sorted({*found, *objects}):
            rows = ([_listed(objects[number])] if number in objects else []) + (
                [self._wrapped(found[number])] if number in found else []
            )
            # What a runtime had cut into parts may be whole only behind lines of others, and then stands there.
            blank = max(0, number - 1 - self._written)
            pieces.append(b"\n" * blank + b"".join(row + b"\n" for row in rows))
            self._written += blank + len(rows)
        return b"".join(pieces)

    def _object(self, found: Found) -> dict[str, Any]:
        try:
            return self._lines.documents.resource(found.document)
        except RecursionError:
            self._values.unsure["object"] += 1
            return {"apiVersion": "v1", "kind": "Redacted"}

    def _wrapped(self, texts: list[tuple[bytes, Origin, bytes]]) -> bytes:
        """The texts of one line of the input: wrapped each, and in an array where there are several."""
        if len(texts) == 1:
            text, origin, stamp = texts[0]
            return self._single(text, self._renamed(origin), stamp)
        return orjson.dumps([self._envelope(t, self._renamed(o), s) for t, o, s in texts])

    def _single(self, text: bytes, origin: Origin, stamp: bytes) -> bytes:
        if not text:
            return b""
        prefix = f"{origin.file}:1:".encode() if origin.file else b""
        simple = not origin.node and not origin.namespace and bool(origin.pod) == bool(origin.container)
        if simple and (not stamp or _STAMP.fullmatch(stamp)):
            pod = f"[pod/{origin.pod}/{origin.container}] ".encode() if origin.pod else b""
            return prefix + pod + (stamp + b" " if stamp else b"") + text
        return prefix + orjson.dumps(self._envelope(text, origin, stamp))

    def _envelope(self, text: bytes, origin: Origin, stamp: bytes) -> dict[str, Any]:
        """A line as Fluent Bit carries it."""
        told = {
            "pod_name": origin.pod,
            "container_name": origin.container,
            "namespace_name": origin.namespace,
            "host": origin.node,
        }
        time = {"time": stamp.decode()} if stamp and _OTHER_STAMP.fullmatch(stamp) else {}
        return {"log": text.decode("utf-8", "replace"), **time, "kubernetes": {k: v for k, v in told.items() if v}}

    def _renamed(self, origin: Origin) -> Origin:
        return renamed(origin, self._values)


def renamed(origin: Origin, values: Values) -> Origin:
    """Who wrote a line, under other names."""
    return Origin(
        values.of("pod", origin.pod),
        origin.container if is_plain(origin.container) else values.of("container", origin.container),
        values.of("node", origin.node),
        values.of("namespace", origin.namespace),
        f"{values.names.of('file', origin.file)}.log" if origin.file else "",
    )


def _listed(objects: list[dict[str, Any]]) -> bytes:
    try:
        if len(objects) == 1:
            return orjson.dumps(objects[0], option=orjson.OPT_NON_STR_KEYS)
        return orjson.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, option=orjson.OPT_NON_STR_KEYS)
    except (orjson.JSONEncodeError, RecursionError):
        return b""


def opened(pieces: Iterator[bytes], owner: BinaryIO) -> BinaryIO:
    """The pieces as an open file, which closes its owner with itself."""
    return cast(BinaryIO, io.BufferedReader(_Pieces(pieces, owner), 1 << 18))


class _Pieces(io.RawIOBase):
    """Bytes that come in pieces of any size."""

    def __init__(self, pieces: Iterator[bytes], owner: BinaryIO) -> None:
        self._pieces = pieces
        self._rest = b""
        self._owner = owner

    def readable(self) -> bool:
        """It is."""
        return True

    def close(self) -> None:
        """Closes what is read, too."""
        if not self.closed:
            with closing(self._owner):
                super().close()

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401
        """As RawIOBase has it."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
