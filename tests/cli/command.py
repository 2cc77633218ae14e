"""The installed command, run as a user runs it."""

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from tests.samples import RULES

COMMAND = Path(sys.executable).with_name("loganalyzer")
SHARING = RULES / "MLB104/positive-0.14.8-local_different_selectors.log"
"""default/git-ssh waits at the end for the address of default/ingress."""
PORTS = RULES / "MLB105/positive-0.13.12-port_taken.log"
SETTLED = RULES / "MLB603/positive-0.15.3-edit_breaks_sharing.log"
"""No failure: default/dns-tcp has an address."""
ENDED = RULES / "MLB201/positive-0.14.8-exhausted.log"
"""Every failure was over by the end."""
OLD = RULES / "MLB100/positive-0.12.1-requested_addresses.log"

Result = subprocess.CompletedProcess[bytes]


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """The test's environment without what would change a report, and with these changes."""
    unwanted = ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "COLUMNS": "100", "TERM": "xterm", **(changes or {})}


def loganalyzer(
    *arguments: object, stdin: bytes = b"", env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Result:
    """The command's end: status, standard output, standard error."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=environment(env),
        cwd=cwd,
        timeout=60,
        check=False,
    )


def on_terminal(
    *arguments: object, stdin: bytes | None = b"", env: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """The status, and what a terminal gets; `stdin` None: the terminal itself, where nobody types."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        stdin=inner if stdin is None else subprocess.PIPE,
        stdout=inner,
        stderr=inner,
        env=environment(env),
    )
    os.close(inner)
    shown: list[bytes] = []
    reader = threading.Thread(target=_drain, args=(outer, shown))
    reader.start()
    if process.stdin is not None:
        process.stdin.write(stdin or b"")
        process.stdin.close()
    status = process.wait(timeout=60)
    reader.join(timeout=60)
    os.close(outer)
    return status, b"".join(shown).replace(b"\r\n", b"\n")


def _drain(terminal: int, shown: list[bytes]) -> None:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # Linux says so where the other end is closed.
            return
        if not data:
            return
        shown.append(data)
