"""Options that several commands have, one place each: how they are written, and what their values mean."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from loganalyzer.errors import UsageError
from loganalyzer.metallb.versions import Version, parse_version

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


def zone_of(text: str | None) -> tzinfo | None:
    """The zone that `--tz` names; None: not given. Raises UsageError."""
    if text is None:
        return None
    from loganalyzer.correlator.choosing import parse_zone

    return parse_zone(text)


def known_version(text: str | None) -> Version | None:
    """The version that `--metallb-version` names. Raises UsageError where it names none."""
    version = parse_version(text) if text else None
    if text and version is None:
        raise UsageError(f"--metallb-version {text!r} is no version; write it as 0.14.8")
    return version
