"""Whose inputs they are: `--cluster NAME=PATH` and `--cluster-each FOLDER`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from loganalyzer.errors import UsageError

if TYPE_CHECKING:
    from loganalyzer.pipeline import Reading
    from loganalyzer.sources.inputs import Input
    from loganalyzer.tables.frames import Frames

ClusterOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=PATH",
        help="An input and the cluster that it is of; repeatable, also with one name.",
        show_default=False,
    ),
]
EachOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Each sub-folder is a cluster of its own.", show_default=False),
]
JobsOption: TypeAlias = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Clusters read at once.  [default: one a core]", show_default=False),
]


def given_clusters(named: Sequence[str] | None, each: Path | None) -> dict[str, list[Path]] | None:
    """The inputs of each cluster; None where no option tells clusters apart. Raises UsageError."""
    if not named and each is None:
        return None
    found: dict[str, list[Path]] = {}
    for text in named or ():
        name, _, path = text.partition("=")
        if not name or not path:
            raise UsageError(f"--cluster {text!r} is not NAME=PATH; write it as north=logs/north")
        found.setdefault(name, []).append(Path(path))
    if each is not None:
        from loganalyzer.postmortem import clusters_in

        for name, paths in clusters_in(each).items():
            found.setdefault(name, []).extend(paths)
    return found


def read_from(inputs: Sequence[str] | None, clusters: dict[str, list[Path]] | None) -> list[str | Path]:
    """All that is named to be read."""
    return [*(inputs or ()), *(path for paths in (clusters or {}).values() for path in paths)]


def framed(
    inputs: Sequence[Input] | None,
    clusters: dict[str, list[Path]] | None,
    tables: Sequence[str],
    reading: Reading,
    jobs: int | None,
) -> Frames:
    """The frames of what the command line names; standard input where it names nothing."""
    from loganalyzer.postmortem import frames

    if clusters is not None:
        return frames(inputs or (), clusters=clusters, tables=tables, reading=reading, jobs=jobs)
    return frames(inputs or ("-",), tables=tables, reading=reading)
