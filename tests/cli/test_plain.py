"""The plainest command lines are read without typer, and mean what typer makes of them."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.cli import explain, explaining
from loganalyzer.cli.commands import COMMANDS
from loganalyzer.cli.plain import plain
from loganalyzer.cli.program import run_program
from loganalyzer.cli.request import Request

TOKENS = (
    *("a.log", "b.log", "-", "", "json", "text", "explian", "--format", "--format", "--format=json", "--form"),
    *("--strict", "-f", "-h", "--help", "--version", "--", "--since", "2h", "--no-such", "-x", "---", *COMMANDS),
)


def by_typer(arguments: list[str]) -> Request | None:
    """What typer has explain asked for; None where it does something else."""
    asked: list[Request] = []
    with pytest.MonkeyPatch.context() as patched:
        for module in (explain, explaining):
            patched.setattr(module, "run", asked.append)
        with pytest.raises(SystemExit):
            run_program(arguments)
    return asked[0] if asked else None


@given(st.lists(st.sampled_from(TOKENS), max_size=5))
def test_what_is_plain_means_what_typer_makes_of_it(arguments: list[str]) -> None:
    """Whatever is anything else is left to typer."""
    found = plain(arguments)
    assert found is None or found == by_typer(arguments)


PLAIN = [
    ([], Request(inputs=("-",))),
    (["explain"], Request(inputs=("-",))),
    (["a.log", "b.log"], Request(inputs=("a.log", "b.log"))),
    (["explain", "a.log", "--format", "json", "-"], Request(inputs=("a.log", "-"), format="json")),
    (["--format", "json"], Request(inputs=("-",), format="json")),
]
OTHER = [
    *(["rules"], ["check", "a.yaml"], ["explain", "--help"], ["-h"], ["--version"], ["a.log", "--format"]),
    *(["--format", "-", "a.log"], ["--format=json"], ["a.log", "--strict"], ["a.log", "--", "b.log"], ["-f", "a.log"]),
]


@pytest.mark.parametrize(("arguments", "request_"), PLAIN, ids=[" ".join(p[0]) or "nothing" for p in PLAIN])
def test_what_most_people_type_is_plain(arguments: list[str], request_: Request) -> None:
    """Inputs, and what the report should be."""
    assert plain(arguments) == request_ == by_typer(arguments)


@pytest.mark.parametrize("arguments", OTHER, ids=" ".join)
def test_all_else_is_left_to_typer(arguments: list[str]) -> None:
    """Options, mistakes, and what asks for help."""
    assert plain(arguments) is None


def test_who_types_the_name_alone_wants_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal there is nothing to read."""
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert plain([]) is None
    assert plain(["-"]) is not None
