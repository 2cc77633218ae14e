"""What the values of options that several commands have mean."""

from __future__ import annotations

from datetime import tzinfo

from loganalyzer.errors import UsageError
from loganalyzer.metallb.versions import Version, parse_version


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
