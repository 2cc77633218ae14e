"""Folders, archives and compressed files: what they hold is found, bounded, and read like any input."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from loganalyzer.pipeline import Reading, diagnose
from tests.sources.forms import NAMESPACE, POD, UID, cri

LOG = (Path(__file__).parents[2] / "fixtures" / "controllers" / "port_taken-v0.14.8.log").read_bytes()
SPEAKER = (
    b'{"caller":"main.go:1","level":"info","msg":"MetalLB speaker starting version v0.14.8 (commit x, branch y)",'
    b'"ts":"2026-01-01T00:00:00Z","version":"v0.14.8"}\n'
)


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip archive of these members."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    """A tar archive of these members."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "gz-members": lambda data: gzip.compress(data[:5000]) + gzip.compress(data[5000:]),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "xz-streams": lambda data: lzma.compress(data[:5000]) + lzma.compress(data[5000:]),
    "zst": zstandard.compress,
    "zst-frames": lambda data: zstandard.compress(data[:5000]) + zstandard.compress(data[5000:]),
    "gz-in-xz": lambda data: lzma.compress(gzip.compress(data)),
}

ARCHIVES: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "tar": tarred,
    "tar.gz": lambda m: gzip.compress(tarred(m)),
    "tar.bz2": lambda m: bz2.compress(tarred(m)),
    "tar.xz": lambda m: lzma.compress(tarred(m)),
    "tar.zst": lambda m: zstandard.compress(tarred(m)),
    "zip": zipped,
    "zip-in-tar.gz": lambda m: gzip.compress(tarred({"inner.zip": zipped(m)})),
}


def seen(*inputs: object) -> tuple[list[tuple[str, object]], list[str], Reading]:
    """Services with their rules, the names of the inputs, and how reading went."""
    reading = Reading()
    document = diagnose(inputs, reading=reading).to_dict()  # type: ignore[arg-type]
    failures = [(f["service"], f["cause"] and f["cause"]["rule"]) for f in document["failures"]]
    return failures, [i["name"] for i in document["inputs"]], reading


PLAIN = seen(LOG)[0]


@pytest.mark.parametrize("form", COMPRESSIONS)
@pytest.mark.parametrize("piped", [False, True], ids=["file", "pipe"])
def test_compression_is_told_by_content(tmp_path: Path, form: str, *, piped: bool) -> None:
    """A compressed log is read as the plain one, whatever its name, also where it can't be seeked."""
    path = tmp_path / "controller"
    path.write_bytes(COMPRESSIONS[form](LOG))
    found = seen(("pipe", Unseekable(path.read_bytes())) if piped else path)
    assert found[0] == PLAIN
    assert not found[2].problems


class Unseekable(io.RawIOBase):
    """A pipe's end that gives a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read1(self, size: int = -1) -> bytes:
        """A few bytes."""
        return self._data.read(min(size, 700) if size > 0 else 700)


@pytest.mark.parametrize("form", ARCHIVES)
@pytest.mark.parametrize("piped", [False, True], ids=["file", "pipe"])
def test_archives_are_looked_through(tmp_path: Path, form: str, *, piped: bool) -> None:
    """The log in an archive is found among other files and named by its way there."""
    data = ARCHIVES[form]({"README": b"nothing here\n", "report/pods/x/controller.log": LOG, "z.png": b"\x89PNG" * 99})
    path = tmp_path / "bundle"
    path.write_bytes(data)
    failures, names, reading = seen(("pipe", Unseekable(data)) if piped else path)
    assert failures == PLAIN
    assert not reading.problems
    assert len(names) == 1
    assert names[0].endswith("!report/pods/x/controller.log")


def test_collect_bundle_and_must_gather(tmp_path: Path) -> None:
    """MetalLB's collect.sh bundle and a must-gather folder give their controller's log, its pod and their objects."""
    objects = (
        b"apiVersion: v1\nkind: List\nitems:\n"
        b"- apiVersion: metallb.io/v1beta1\n  kind: IPAddressPool\n  metadata:\n    name: p\n"
    )
    bundle = tmp_path / "metallb_report.tgz"
    bundle.write_bytes(
        gzip.compress(
            tarred(
                {
                    f"./report/pods/{POD}/controller.log": LOG,
                    "./report/crds/ipaddresspools.yaml": objects,
                    "./report/x": b"x",
                }
            )
        )
    )
    gathered = tmp_path / "must-gather" / "namespaces" / NAMESPACE / "pods" / POD / "controller" / "controller" / "logs"
    gathered.mkdir(parents=True)
    (gathered / "current.log").write_bytes(cri()(LOG).replace(b" stdout F ", b" "))
    for given, inputs in ((bundle, 2), (tmp_path / "must-gather", 1)):
        reading = Reading()
        document = diagnose([given], reading=reading).to_dict()
        assert not reading.problems
        assert len(document["inputs"]) == inputs
        assert {f["pod"] for f in document["failures"]} == {POD}
        assert sum(i["objects"] for i in document["inputs"]) == inputs - 1


def test_folder_of_rotated_files_is_one_history(tmp_path: Path) -> None:
    """A kubelet's folder, rotated and compressed, read in the order of its times, is one history."""
    folder = tmp_path / f"{NAMESPACE}_{POD}_{UID}" / "controller"
    folder.mkdir(parents=True)
    lines = cri(700)(LOG).splitlines(keepends=True)
    third = len(lines) // 3
    while b" F " not in lines[third - 1][:60]:
        third += 1
    (folder / "0.log.20260101-000000.gz").write_bytes(gzip.compress(b"".join(lines[:third])))
    (folder / "0.log").write_bytes(b"".join(lines[third:]))
    failures, names, reading = seen(tmp_path)
    assert failures == PLAIN
    assert [n.rpartition("/")[2] for n in names] == ["0.log.20260101-000000.gz", "0.log"]
    assert not reading.problems


def test_links_to_one_file_count_once(tmp_path: Path) -> None:
    """/var/log/containers holds links to /var/log/pods: each log is read once."""
    (tmp_path / "a.log").write_bytes(LOG)
    (tmp_path / "b.log").symlink_to(tmp_path / "a.log")
    assert len(seen(tmp_path)[1]) == 1


def test_cut_archive_gives_what_it_has(tmp_path: Path) -> None:
    """A compressed log that ends early is read as far as it goes, and the loss is told."""
    for form in ("gz", "bz2", "xz", "zst"):
        data = COMPRESSIONS[form](LOG * 40)
        path = tmp_path / f"cut.{form}"
        path.write_bytes(data[: len(data) * 2 // 3] if form == "gz" else data[:-5])
        _, _, reading = seen(path)
        assert len(reading.problems) == 1, form
        assert "\n" not in str(reading.problems[0])


def test_a_cut_pipe_of_zstd_is_told() -> None:
    """A compressor in a pipe doesn't write how much it compressed: the frame's own end tells."""
    compressor = zstandard.ZstdCompressor(write_content_size=False)
    data = compressor.compress(LOG) + b"\x50\x2a\x4d\x18\3\0\0\0abc" + compressor.compress(LOG)
    for cut, problems in ((len(data), 0), (len(data) - 30, 1), (30, 1)):
        reading = seen(("pipe", Unseekable(data[:cut])))[2]
        assert len(reading.problems) == problems, cut


def test_bomb_is_refused_and_the_rest_read(tmp_path: Path) -> None:
    """A file that expands without end and has nothing of MetalLB gives one clear error; other inputs are reported."""
    bomb = tmp_path / "bomb.gz"
    with gzip.open(bomb, "wb", compresslevel=6) as out:
        for _ in range(300):
            out.write(bytes(1 << 20))
    good = tmp_path / "good.log"
    good.write_bytes(LOG)
    failures, _, reading = seen(bomb, good)
    assert failures == PLAIN
    assert ["decompression bomb" in str(p) for p in reading.problems] == [True]


def test_nesting_is_bounded(tmp_path: Path) -> None:
    """Archives in archives are opened to a depth, and what lies deeper is told."""
    data = LOG
    for _ in range(12):
        data = zipped({"a": data})
    path = tmp_path / "deep.zip"
    path.write_bytes(data)
    _, _, reading = seen(path, LOG)
    assert len(reading.problems) == 1
    assert "nested deeper" in str(reading.problems[0])


@pytest.mark.parametrize(
    "data",
    [
        b"\x1f\x8b\x08garbage",
        b"PK\x03\x04garbage",
        b"BZh9garbage",
        b"\xfd7zXZ\0garbage",
        b"\x28\xb5\x2f\xfdgarbage",
        b"\x28\xb5\x2f\xfd",
        b'\x28\xb5\x2f\xfd{"caller":"main.go:1"}\n',
        b"\x28\xb5\x2f\xfd\0\1\2\3\4",
        b"\0" * 257 + b"ustar",
        b"",
    ],
    ids=["gz", "zip", "bz2", "xz", "zst", "zst-magic", "zst-line", "zst-cut", "tar", "empty"],
)
def test_damaged_archives_give_one_line(tmp_path: Path, data: bytes) -> None:
    """What looks like an archive and is none ends in an error of one line, and nothing else."""
    path = tmp_path / "x"
    path.write_bytes(data)
    failures, names, reading = seen(path, LOG)
    assert failures == PLAIN
    assert len(names) == 1
    assert len(reading.problems) == 1
    assert "\n" not in str(reading.problems[0])


def test_nothing_is_written_to_members_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members with paths that lead out of the archive write nothing anywhere."""
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    path = tmp_path / "evil.tar"
    path.write_bytes(tarred({"../escaped.log": LOG, "/opt/x/escaped.log": LOG}))
    seen(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.tar", "inside"]
    assert not list(inside.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell's tools")
def test_real_tools_output(tmp_path: Path) -> None:
    """What gzip, bzip2, xz and tar themselves write is read."""
    (tmp_path / "controller.log").write_bytes(LOG)
    for command, made in (
        ("gzip -k controller.log", "controller.log.gz"),
        ("bzip2 -k controller.log", "controller.log.bz2"),
        ("xz -k controller.log", "controller.log.xz"),
        ("tar czf a.tgz controller.log", "a.tgz"),
    ):
        if subprocess.run(
            ["/bin/sh", "-c", f"command -v {command.split()[0]}"], capture_output=True, check=False
        ).returncode:
            continue
        subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=True)
        assert seen(tmp_path / made)[0] == PLAIN
