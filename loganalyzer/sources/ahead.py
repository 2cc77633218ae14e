"""A stream's pieces made on a second core, a few ahead of who asks for them.

Decompressing gives the interpreter free. That pays where a piece takes longer to make than to read; a short stream
never pays for a thread. The pieces are the same with it and without.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from typing import Final, NamedTuple

FREE: Final = 8 << 20
"""Bytes that a stream gives before it is worth a thread."""
_AHEAD: Final = 4
_LOOK: Final = 0.2
"""Seconds after which a thread that waits looks whether anybody still wants what it has."""
_LEAVE: Final = 1.0
"""Seconds after which a thread is left behind that waits for a pipe in which nothing comes."""


class Piece(NamedTuple):
    """Some contents (empty: the end), and how many bytes of the compressed stream were read for them and before."""

    data: bytes | memoryview
    consumed: int


class Ahead:
    """Calls `make` for piece after piece, on a thread of its own once there were many; `cores` says how many there are.

    What `make` raises is raised by the call of `next` that would have given the piece.
    """

    def __init__(self, make: Callable[[], Piece], cores: int | None = None) -> None:
        self._make = make
        self._made = 0
        self._pays = (cores or os.cpu_count() or 1) > 1
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._pieces: queue.Queue[Piece | Exception] = queue.Queue(_AHEAD)

    def next(self) -> Piece:
        """The next piece."""
        if self._thread is None:
            found = self._make()
            self._made += len(found.data)
            if self._pays and self._made > FREE and found.data:
                self._thread = threading.Thread(target=self._run, name="decompression", daemon=True)
                self._thread.start()
            return found
        piece = self._taken(self._thread)
        if isinstance(piece, Exception) or not piece.data:
            # The end, and whatever went wrong, is told as often as it is asked for.
            self._pieces.put(piece)
        if isinstance(piece, Exception):
            raise piece
        return piece

    def _taken(self, thread: threading.Thread) -> Piece | Exception:
        while True:
            try:
                return self._pieces.get(timeout=_LOOK)
            except queue.Empty:
                if not thread.is_alive() and self._pieces.empty():
                    return OSError("decompression has stopped")

    def stop(self) -> None:
        """Ends the thread, so that the stream may be used by somebody else."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_LEAVE)
            self._thread = None

    def _run(self) -> None:
        piece: Piece | Exception
        while not self._stopped.is_set():
            try:
                piece = self._make()
            except (OSError, EOFError, ValueError) as problem:
                # It is raised where the piece is asked for: nobody would hear of it here.
                piece = problem
            while not self._stopped.is_set():
                try:
                    self._pieces.put(piece, timeout=_LOOK)
                except queue.Full:
                    continue
                break
            if isinstance(piece, Exception) or not piece.data:
                return
