"""Pieces that are made on a second core are those that are made on one, errors included."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from loganalyzer.parser.reading import Reading
from loganalyzer.pipeline import diagnose
from loganalyzer.report.document import document
from loganalyzer.sources import ahead
from loganalyzer.sources.ahead import Ahead, Piece
from loganalyzer.sources.compression import Expansion, expanded
from tests.samples import FIXTURES

PIECES = [b"ab", b"cde", b"f"]


def making(pieces: list[bytes], problem: Exception | None = None) -> Callable[[], Piece]:
    """Makes these pieces, then raises the problem, or ends."""
    left = list(pieces)

    def make() -> Piece:
        if not left and problem is not None:
            raise problem
        return Piece(left.pop(0) if left else b"", 0)

    return make


@pytest.fixture(params=[1, 2], ids=["one core", "two cores"])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many cores there are; every stream is worth a thread where there are two."""
    monkeypatch.setattr(ahead, "FREE", 0)
    count: int = request.param
    monkeypatch.setattr("os.cpu_count", lambda: count)
    return count


def test_the_pieces_come_in_their_order(cores: int) -> None:
    """All pieces, then the end, as often as it is asked for."""
    pieces = Ahead(making(PIECES), cores)
    assert [pieces.next().data for _ in range(5)] == [*PIECES, b"", b""]
    pieces.stop()


def test_what_goes_wrong_is_raised_in_its_place(cores: int) -> None:
    """What came before the error is given out first."""
    pieces = Ahead(making(PIECES, OSError("damaged")), cores)
    assert [pieces.next().data for _ in range(3)] == PIECES
    for _ in range(2):
        with pytest.raises(OSError, match="damaged"):
            pieces.next()
    pieces.stop()


def test_a_short_stream_has_no_thread() -> None:
    """Nothing is spent on a small log."""
    before = threading.active_count()
    pieces = Ahead(making(PIECES), 2)
    while pieces.next().data:
        assert threading.active_count() == before


def test_nobody_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that is closed before its end ends its thread, also where that waits for a place."""
    monkeypatch.setattr(ahead, "FREE", 0)
    before = threading.active_count()
    pieces = Ahead(making([b"x"] * 1000), 2)
    pieces.next()
    assert threading.active_count() == before + 1
    pieces.stop()
    assert threading.active_count() == before


KINDS = [
    pytest.param("gzip", gzip.compress, id="gzip"),
    pytest.param("bzip2", bz2.compress, id="bzip2"),
    pytest.param("xz", lzma.compress, id="xz"),
    pytest.param("zstd", zstandard.compress, id="zstd"),
]


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize(("kind", "compress"), KINDS)
def test_a_compressed_stream_can_be_read_and_sought(kind: str, compress: Callable[[bytes], bytes]) -> None:
    """Forward, back and anew: the contents are the same on any number of cores."""
    data = b"".join(b"%d\n" % n for n in range(200_000))
    stream = expanded(io.BytesIO(compress(data)), kind, Expansion("x"), owned=True)
    assert stream.read(1000) == data[:1000]
    assert stream.seek(700_000) == 700_000
    assert stream.read(9) == data[700_000:700_009]
    stream.seek(10)
    assert stream.read() == data[10:]
    stream.close()


DAMAGE = [
    pytest.param(lambda data: data[:-9], id="breaks off"),
    pytest.param(lambda data: data[: len(data) // 2], id="is half"),
    pytest.param(lambda data: data + b"garbage" * 9, id="goes on with something else"),
]


@pytest.mark.parametrize(("kind", "compress"), KINDS)
@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told_alike(
    kind: str,
    compress: Callable[[bytes], bytes],
    damage: Callable[[bytes], bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A log that is damaged gives what came before, and the same words, on any number of cores."""
    path = tmp_path / f"{kind}.log"
    path.write_bytes(damage(compress((FIXTURES / "article-0.14.8.log").read_bytes() * 20)))
    monkeypatch.setattr(ahead, "FREE", 0)
    told = []
    for count in (1, 2):
        monkeypatch.setattr("os.cpu_count", lambda count=count: count)
        reading = Reading()
        found = document(diagnose([path], reading=reading))
        told.append((found, [str(problem) for problem in reading.problems]))
    assert told[0] == told[1]
    assert told[0][1] or b"default/git-ssh" in told[0][0]
