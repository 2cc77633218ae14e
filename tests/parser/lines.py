"""Lines as the loggers of several MetalLB versions write them, with invented values."""

import json
from typing import Any


def line(**fields: Any) -> bytes:
    """A go-kit line: keys in byte order, as the logger writes them."""
    fields.setdefault("caller", "main.go:49")
    fields.setdefault("ts", "2024-07-01T10:00:00Z")
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def old(**fields: Any) -> bytes:
    """A line of 0.9 or 0.10: its service named, no level, fractions of a second."""
    return line(service="team-a/web", ts="2021-05-01T12:00:00.617284721Z", **fields)


def v12(**fields: Any) -> bytes:
    """A line of 0.11 or 0.12: its service named, a level, one caller for all."""
    return line(service="team-a/web", caller="level.go:63", ts="2022-03-01T08:00:00.12Z", **{"level": "info", **fields})


def reconciler(controller: str, **fields: Any) -> bytes:
    """A line of a reconciler, 0.13 and later."""
    return line(controller=controller, **{"level": "info", **fields})


def zap(**fields: Any) -> bytes:
    """A zap line, keys in the order that zap gives them."""
    start = {"level": "info", "ts": "2024-07-01T10:00:00Z"}
    return json.dumps({**start, **fields}, separators=(",", ":")).encode()


def event(name: str, **fields: Any) -> bytes:
    """A handler's line of 0.13 or later."""
    return line(event=name, **{"level": "info", **fields})
