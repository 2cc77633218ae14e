"""Envelopes that are alike but for the line and the time that they carry: opened together, a name at a time."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import Any

from msgspec import Struct, structs

from loganalyzer.sources.envelopes import (
    DEEPEST,
    Document,
    Envelopes,
    Kind,
    encoded,
    first_of,
    part_of,
    record_of,
    stamp_of,
    text_of,
)
from loganalyzer.sources.lines import block_of
from loganalyzer.sources.moments import LONGEST_TIME, iso, moments_of
from loganalyzer.sources.origin import NOWHERE, Origin


class Columns(Struct, frozen=True):
    """Lines of one writer without what was around them, and the wrapping's times; no times where it has none.

    Texts are as they came: of JSON not encoded yet. `block` is all of them encoded, each with its one line feed.
    """

    texts: list[str] | list[bytes]
    block: bytes
    origin: Origin
    stamps: list[bytes]


def opened(envelopes: Envelopes, documents: list[Any]) -> Columns | None:
    """What documents carry (`Envelopes.carried`) that differ in their lines and times only; None for any others."""
    if not _have_same_keys(documents):
        return None
    names = documents[0].keys()
    if envelopes.kind(documents[0]).record or "kind" in names or "apiVersion" in names:
        return None
    return _opened(envelopes, documents, 0)


def _opened(envelopes: Envelopes, documents: list[Document], depth: int) -> Columns | None:
    first = documents[0]
    kind = envelopes.kind(first)
    if not _agree(documents, kind.told):
        return None
    if any(dict in map(type, [document.get(name) for document in documents]) for name in kind.parsed) and any(
        record_of(document, kind.parsed) is not None for document in documents
    ):
        return None
    for name in kind.nested:
        inner: list[Any] = [document.get(name) for document in documents]
        if dict in map(type, inner):
            found = _opened(envelopes, inner, depth + 1) if depth < DEEPEST and _have_same_keys(inner) else None
            return _within(envelopes, found, documents)
    found_texts = _texts_of(documents, kind)
    if found_texts is None or (kind.flagged and {part_of(document) for document in documents} != {"F"}):
        return None
    if kind.files and not envelopes.named(first, kind).pod and not _of_one_file(documents, kind.files):
        return None
    stamps = _stamps_of(documents, kind.times)
    return None if stamps is None else Columns(*found_texts, envelopes.origin(first, kind), stamps)


def _within(envelopes: Envelopes, found: Columns | None, documents: list[Document]) -> Columns | None:
    """What nested documents carry, with what those around them say."""
    kind = envelopes.kind(documents[0])
    if found is None or kind.files:
        return None
    outer = envelopes.origin(documents[0], kind)
    origin = found.origin if outer is NOWHERE else found.origin.filled(outer)
    stamps = found.stamps or _stamps_of(documents, kind.times)
    return None if stamps is None else structs.replace(found, origin=origin, stamps=stamps)


def _have_same_keys(documents: list[Any]) -> bool:
    """Whether all are documents with the same names in the same order."""
    return set(map(type, documents)) == {dict} and len(set(map(tuple, documents))) == 1


def _agree(documents: list[Document], names: Iterable[str]) -> bool:
    """Whether all say the same under each of these names."""
    for name in names:
        column = [document.get(name) for document in documents]
        if column.count(column[0]) != len(column):
            return False
    return True


def _of_one_file(documents: list[Document], names: Iterable[str]) -> bool:
    """Whether all name the same file, or none."""
    first = documents[0]
    for name in names:
        top, _, below = name.partition(".")
        # A text under the first part of a name is no file.
        if name not in first and below and dict not in map(type, [document.get(top) for document in documents]):
            continue
        if len({first_of(document, (name,)) for document in documents}) > 1:
            return False
    return True


def _texts_of(documents: list[Document], kind: Kind) -> tuple[list[str] | list[bytes], bytes] | None:
    """As `text_of` of each, where it stands in the same place in all of them; also as a block."""
    for name in kind.texts:
        if name not in documents[0]:
            return None
        column = [document[name] for document in documents]
        types = set(map(type, column))
        if types == {list} and [] not in column and set(map(type, first := [value[0] for value in column])) == {str}:
            column, types = first, {str}
        if types == {list}:
            lines = [line.removesuffix(b"\n") for d in documents if (line := text_of(d, (name,))) is not None]
            block = block_of(lines)
            return (lines, block) if len(lines) == block.count(b"\n") == len(documents) else None
        if types == {str}:
            return columns_of_lines(column, each_ends=kind.docker)
        if not types.isdisjoint((str, list)):
            return None
    return None


def columns_of_lines(texts: list[str], *, each_ends: bool) -> tuple[list[str], bytes] | None:
    """Texts that are a line each, encoded at once; `each_ends`: one without a line feed is a piece of a line."""
    ends = sum(map(str.find, texts, repeat("\n")))
    if ends == -len(texts) and not each_ends:
        return texts, encoded("\n".join([*texts, ""]))
    sizes = list(map(len, texts))
    # Where each has one, and none before its end.
    return (texts, encoded("".join(texts))) if 0 not in sizes and ends == sum(sizes) - len(texts) else None


def _stamps_of(documents: list[Document], names: tuple[str, ...]) -> list[bytes] | None:
    """As `stamp_of` each, empty where no document has one; None where some have."""
    for name in names:
        column = [document[name] for document in documents]
        types = set(map(type, column))
        if types == {list} and [] not in column:
            # As Kibana's `fields` have them.
            column = [value[0] for value in column]
            types = set(map(type, column))
        if types == {str} and True not in map(str.isdigit, column):
            # As times are written, at the speed of C.
            stamps = encoded("\n".join(column)).split(b"\n")
            if not column[0][:1].isdigit():
                stamps = list(map(iso, stamps))
            if len(stamps) == len(column) and max(map(len, stamps)) <= LONGEST_TIME:
                return stamps if b"" not in stamps else None
        if type(None) not in types:
            stamps = moments_of(column) if list not in types else [stamp_of(d, (name,)) for d in documents]
            return stamps if b"" not in stamps else None
        if len(types) > 1:
            return None
    return []
