"""Whose history a writer's lines continue: controllers whose times don't overlap are one."""

from __future__ import annotations

from loganalyzer.model.run import Replay
from loganalyzer.parser.stamps import moment
from loganalyzer.sources.inputs import Source


class Histories:
    """The writers met so far, by input, and which of them ended a history."""

    def __init__(self, run: Replay) -> None:
        self._run = run
        self._last: list[Source] = []

    def begin(self, writer: Source, begins: str, component: str, continues: Source | None = None) -> None:
        """A writer's first line comes: joins it to the history that ended last before it, if it is a controller's.

        Writers of the same input are never joined: each is a pod of its own. `continues`: the writer whose last
        lines begin this one, whatever the times say.
        """
        if component == "speaker":
            return
        ended = [w for w in self._last if w.name != writer.name and self._over(w, begins)]
        before = continues if continues in self._last else max(ended, key=_ended, default=None)
        if before is not None:
            self._run.follow(writer, before)
            self._last.remove(before)
        self._last.append(writer)

    @staticmethod
    def _over(writer: Source, begins: str) -> bool:
        ended = _ended(writer)
        return bool(ended and begins) and ended <= begins and writer.component != "speaker"


def _ended(writer: Source) -> str:
    return moment(writer.last_stamp)
