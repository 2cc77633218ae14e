"""Reads MetalLB's logs and names the rule that refused a Service its address.

`diagnose(inputs)` does it all; `read`, `events` and `replay` are its stages, each an iterator over the one
before. Names are imported on first use, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from loganalyzer.version import __version__

if TYPE_CHECKING:
    from loganalyzer.correlator.diagnosis import Advice, Cause, Diagnosis, Evidence, Failure
    from loganalyzer.correlator.fix import Fix
    from loganalyzer.errors import InputError, LoganalyzerError, UsageError
    from loganalyzer.model.run import Replay, replay
    from loganalyzer.parser.attribution import events
    from loganalyzer.parser.events import Event
    from loganalyzer.parser.records import Record
    from loganalyzer.pipeline import Reading, diagnose, read, states
    from loganalyzer.postmortem import frames
    from loganalyzer.redaction.redactor import Redaction, redact
    from loganalyzer.whatif.changes import Change
    from loganalyzer.whatif.check import CheckReport, check
    from loganalyzer.whatif.state import Outcome, State

__all__ = [
    "Advice",
    "Cause",
    "Change",
    "CheckReport",
    "Diagnosis",
    "Event",
    "Evidence",
    "Failure",
    "Fix",
    "InputError",
    "LoganalyzerError",
    "Outcome",
    "Reading",
    "Record",
    "Redaction",
    "Replay",
    "State",
    "UsageError",
    "__version__",
    "check",
    "diagnose",
    "events",
    "frames",
    "read",
    "redact",
    "replay",
    "states",
]

_HOMES = {
    "loganalyzer.correlator.diagnosis": ("Advice", "Cause", "Diagnosis", "Evidence", "Failure"),
    "loganalyzer.correlator.fix": ("Fix",),
    "loganalyzer.errors": ("InputError", "LoganalyzerError", "UsageError"),
    "loganalyzer.parser.attribution": ("events",),
    "loganalyzer.parser.events": ("Event",),
    "loganalyzer.parser.records": ("Record",),
    "loganalyzer.pipeline": ("Reading", "diagnose", "read", "states"),
    "loganalyzer.postmortem": ("frames",),
    "loganalyzer.model.run": ("Replay", "replay"),
    "loganalyzer.redaction.redactor": ("Redaction", "redact"),
    "loganalyzer.whatif.changes": ("Change",),
    "loganalyzer.whatif.check": ("CheckReport", "check"),
    "loganalyzer.whatif.state": ("Outcome", "State"),
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
