"""What can go wrong for a user. Each message says what to do next.

LoganalyzerError
├── InputError          an INPUT can't be read, or has nothing of MetalLB in it
└── UsageError          the command line or a call asks for something that isn't there
"""

from __future__ import annotations

__all__ = ["InputError", "LoganalyzerError", "UsageError"]


class LoganalyzerError(Exception):
    """Anything that ends in one line on standard error."""


class InputError(LoganalyzerError):
    """An INPUT that gave nothing: unreadable, empty, or without a MetalLB line."""

    def __init__(self, name: str, problem: str, advice: str) -> None:
        super().__init__(f"{name}: {problem}; {advice}")
        self.name = name
        self.problem = problem
        self.advice = advice


class UsageError(LoganalyzerError):
    """A wrong use of the command line or of the library."""
