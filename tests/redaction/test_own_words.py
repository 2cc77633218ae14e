"""What the program says itself is not redacted: its messages, its commands, its options."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import loganalyzer
from loganalyzer.cli.commands import COMMANDS
from loganalyzer.redaction.redactor import Redaction
from loganalyzer.redaction.words import is_own
from tests.cli.command import loganalyzer as run
from tests.samples import FIXTURES

ROOT = Path(loganalyzer.__file__).parent
SAYING = {"UsageError", "InputError", "warn", "message", "Option", "Argument"}
"""What is called with words for people."""
LOG = FIXTURES / "history" / "random-102-v0.14.8.log"


def _said(path: Path) -> Iterator[str]:
    """The texts in a module with which one of these is called, help texts left out."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            given = [*call.args, *(k.value for k in call.keywords if k.arg != "help")] if name in SAYING else []
            for node in (n for argument in given for n in ast.walk(argument)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_every_word_of_a_message_may_stay() -> None:
    """Also of one that is written tomorrow: what is missing belongs into own.txt."""
    words = {
        word for path in ROOT.rglob("*.py") for text in _said(path) for word in re.findall(r"[A-Za-z][\w']*", text)
    }
    assert len(words) > 200
    assert sorted(word for word in words | COMMANDS.keys() if not is_own(word)) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("events", "--redact", "--table", "foo", LOG), b"there is no table 'redacted'; choose one of events, "),
        (("state", "--redact", "--at", "99999", LOG), b" lines"),
        (
            ("explain", "--redact", "--output", "/nonexistent/x.md", LOG),
            b"name a file in a folder that you may",
        ),
    ],
    ids=["table", "moment", "output"],
)
def test_an_error_can_be_read(arguments: tuple[object, ...], said: bytes) -> None:
    """What the user gave is replaced in it, nothing else."""
    assert said in run(*arguments).stderr


def test_a_report_tells_how_it_was_made() -> None:
    """The command is that which makes it again, with the other names; it counts for no free text."""
    done = run("explain", "--redact", "--service", "default/sip", "--format", "markdown", LOG)
    assert b"loganalyzer explain --redact --service default/service-" in done.stdout
    assert b"words of free text" not in done.stderr


def test_a_name_that_is_a_word_of_the_program_goes() -> None:
    """In its own texts it could be told from the word no more."""
    log = LOG.read_bytes().replace(b"sip-5", b"story")
    with Redaction([log]) as redaction:
        told = redaction.text("loganalyzer explain --service default/story --pool lab x.log")
    assert told.startswith("loganalyzer explain --service default/service-")
    assert "story" not in told


def test_names_of_the_cluster_do_not_stay() -> None:
    """Though they stand in a message of the program's own."""
    with Redaction([LOG]) as redaction:
        told = redaction.text(f"Service default/sip: not in the inputs; {LOG} has 10.0.0.11")
    assert "sip" not in told
    assert "10.0.0.11" not in told
    assert LOG.name not in told
    assert told.startswith("Service default/service-")
