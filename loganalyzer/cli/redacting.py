"""`--redact` for any command: its inputs, what it asks for and what goes wrong, all under other names.

A command takes a `RedactOption` and runs inside `redacting(...)`; what it then reads is redacted at its source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from loganalyzer.cli.console import warn
from loganalyzer.errors import UsageError

if TYPE_CHECKING:
    from loganalyzer.redaction.redactor import Redaction
    from loganalyzer.sources.inputs import Input


class Given(Struct, frozen=True):
    """Inputs as a command reads them, and its words for what the user names: `named("pool", text)`.

    `failed`: an input could not be opened before.
    """

    inputs: Sequence[Input]
    named: Callable[[str, str], str] = lambda _, text: text
    input: Callable[[str], str] = str
    failed: bool = False


@contextmanager
def given(inputs: Sequence[Input], *, redact: bool) -> Iterator[Given]:
    """The inputs as they are, or redacted; in a block as `redacting` has it."""
    if not redact:
        yield Given(inputs)
        return
    with redacting(inputs) as redaction:
        yield Given(redaction.inputs, redaction.named, redaction.input, bool(redaction.problems))


@contextmanager
def redacting(inputs: Iterable[Input]) -> Iterator[Redaction]:
    """The inputs redacted; afterwards standard error tells what was replaced and what could not be judged.

    Errors that leave the block say nothing of the cluster either.
    """
    # Only who redacts pays for it.
    from loganalyzer.redaction.redactor import Redaction

    with Redaction(inputs) as redaction:
        try:
            yield redaction
        except UsageError as problem:
            raise UsageError(redaction.text(str(problem))) from None
        finally:
            for unopened in redaction.problems:
                warn(unopened)
            for note in redaction.notes():
                warn(note)
