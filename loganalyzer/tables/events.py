"""Events as rows."""

from __future__ import annotations

from loganalyzer.metallb.addresses import format_address
from loganalyzer.metallb.pools import Configuration
from loganalyzer.metallb.services import Service
from loganalyzer.parser.events import Event, What
from loganalyzer.parser.stamps import rfc3339


def row(event: Event) -> tuple[str, int, str | None, str, str | None, str]:
    """An event's columns: input, line, UTC time, name of the event, service, what it says."""
    name = type(event.what).__name__
    ts = rfc3339(event.stamp) if event.stamp else None
    return event.source.name, event.line, ts, name, event.service, detail(event.what)


def detail(what: What) -> str:
    """What an event says beyond its name: its fields that are not empty."""
    found = []
    for name in getattr(what, "__struct_fields__", ()):
        value = getattr(what, name)
        if value in ("", None, False, ()):
            continue
        found.append(_value(name, value))
    return "; ".join(found)


def _value(name: str, value: object) -> str:
    if isinstance(value, Service):
        return f"{value.key} (resourceVersion {value.resource_version or 'unknown'})"
    if isinstance(value, Configuration):
        return "pools " + (", ".join(sorted(value.pools)) or "none")
    if name == "addresses" and isinstance(value, tuple):
        return ", ".join(format_address(a) if isinstance(a, int) else str(a) for a in value)
    if isinstance(value, bytes):
        return f"{name}, {len(value)} bytes"
    return name if value is True else str(value)
