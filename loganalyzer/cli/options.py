"""Options that several commands have, one place each: how they are written. What they mean is in `values`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

LogsArgument: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[INPUT]...",
        help="Logs, folders, archives, Kubernetes objects; - or nothing is standard input.",
        show_default=False,
    ),
]
OutputsOption: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        metavar="FILE",
        help="Write there, in the form that the suffix names; repeatable.",
        show_default=False,
    ),
]
OutputOption: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--output", metavar="FILE", help="Write there instead, the form by the suffix; repeatable.", show_default=False
    ),
]
ZoneOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--tz",
        metavar="ZONE",
        help="The zone of times that name none: Europe/Berlin, +02:00.  [default: UTC]",
        show_default=False,
    ),
]
VersionOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--metallb-version", metavar="VERSION", help="Take the logs for this MetalLB version's.", show_default=False
    ),
]
RedactOption: TypeAlias = Annotated[
    bool, typer.Option("--redact", help="Replace names, addresses and secrets by others, the same throughout.")
]
