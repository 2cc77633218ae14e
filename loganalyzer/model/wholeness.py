"""Whether the log shows every holder: what a proven cause rests on."""

from __future__ import annotations


class Wholeness:
    """Grows whole by a start at debug level, or by a full pass over all services; a lost dump ends that.

    A debug-level pass over all services prints every one of them
    (metallb v0.14.8 internal/k8s/controllers/service_controller_reload.go).
    `passed`: such a pass has ended in this process, so that the services themselves are known, not the holders alone.
    """

    __slots__ = ("_from_start", "_snapshot", "complete", "passed", "started")

    def __init__(self) -> None:
        self.complete = False
        self.started = False
        self.passed = False
        self._from_start = False
        self._snapshot = False

    def start(self) -> None:
        """A new process holds nothing: from here on nothing can be missed."""
        self.started = self._from_start = True
        self.complete = self.passed = self._snapshot = False

    def dump_seen(self) -> None:
        """A Service was dumped: the log is at debug level."""
        if self._from_start:
            self.complete = True

    def dump_lost(self) -> None:
        """A dump can't be read: whose it was, and what that service holds, is not known any more."""
        self.complete = self.passed = self._from_start = self._snapshot = False

    def pass_started(self, *, over_all: bool) -> None:
        """A pass over one or over all services begins."""
        self._snapshot = over_all

    def pass_ended(self, *, over_all: bool, debug: bool) -> None:
        """It is done."""
        if over_all and self._snapshot and debug:
            self.complete = self.passed = True
