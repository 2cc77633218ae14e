"""`--node` and a wrapping's node: where a speaker runs that its lines don't tell."""

import json
from pathlib import Path

import pytest

from tests.cli.command import loganalyzer
from tests.speakers.building import announcing, info_pass, own_node, started

BARE = [started(), *info_pass(announcing())]
NAMED = [started(), *own_node("by-lines"), *BARE[1:]]


def wrapped(lines: list[str]) -> list[str]:
    """The lines as stern prints them as JSON."""
    names = {"podName": "speaker-x7k2p", "containerName": "speaker", "nodeName": "by-wrapping"}
    return [json.dumps({"message": line, **names}) for line in lines]


TOLD = [
    pytest.param(BARE, (), "by-file", id="the file's name"),
    pytest.param(wrapped(BARE), (), "by-wrapping", id="the wrapping over the file"),
    pytest.param(wrapped(NAMED), (), "by-lines", id="lines over the wrapping"),
    pytest.param(BARE, ("told",), "told", id="the user over the file"),
    pytest.param(wrapped(BARE), ("told",), "told", id="the user over the wrapping"),
    pytest.param(NAMED, ("told",), "told", id="the user over lines"),
]


@pytest.mark.parametrize(("lines", "told", "node"), TOLD)
def test_the_strongest_word_counts(tmp_path: Path, lines: list[str], told: tuple[str, ...], node: str) -> None:
    """The user's word counts most, then the lines, then their wrapping, then the file's name."""
    path = tmp_path / "speaker-by-file.log"
    path.write_text("\n".join(lines) + "\n")
    options = [f"--node={name}={path}" for name in told]
    result = loganalyzer("explain", "--format", "json", *options, path)
    assert (result.returncode, result.stderr) == (0, b"")
    assert {a["node"] for a in json.loads(result.stdout)["announcements"]} == {node}


WRONG = [
    pytest.param(["node-1"], "NAME=INPUT", id="no input"),
    pytest.param(["=-"], "NAME=INPUT", id="no name"),
    pytest.param(["a=-", "b=-"], "both a and b", id="two nodes of one input"),
    pytest.param(["a=other.log"], "no input 'other.log'", id="an input that was not given"),
]


@pytest.mark.parametrize(("nodes", "problem"), WRONG)
def test_wrong_nodes_are_told(nodes: list[str], problem: str) -> None:
    """What can't be meant is a wrong use, told on one line."""
    stdin = "\n".join(BARE).encode() + b"\n"
    result = loganalyzer("explain", *(f"--node={n}" for n in nodes), stdin=stdin)
    assert (result.returncode, result.stdout) == (2, b"")
    (line,) = result.stderr.decode().splitlines()
    assert problem in line
