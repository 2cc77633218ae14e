"""Data flows one way: which package may import which, and what only the command line may do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.samples import ROOT

ORDER = [
    "metallb",
    "sources",
    "parser",
    "model",
    "redaction",
    "rules",
    "correlator",
    "whatif",
    "history",
    "tables",
    "report",
    "cli",
]
"""A package imports itself and those before it; a new one takes its place here."""

ANYBODY = {"errors", "version"}
"""Modules that every package may import; they import nothing of the package."""

JOINS = {
    "pipeline": ORDER[: ORDER.index("report")],
    "chronology": [*ORDER[: ORDER.index("report")], "pipeline"],
    "postmortem": [*ORDER[: ORDER.index("report")], "pipeline"],
}
"""Modules that join packages, with those that they may import. Of packages only the command line imports them."""

PACKAGE = ROOT / "loganalyzer"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST, MEDIAN = 400, 130


def label(path: Path) -> str:
    """A module as `parser/records.py`."""
    return path.relative_to(PACKAGE).as_posix()


def home(path: Path) -> str:
    """The package that a module is in, or its own name where it is in none."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(tree: ast.AST) -> Iterator[str]:
    """The packages and modules of ours that a module imports, inside functions and for typing too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "loganalyzer" else [module]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("loganalyzer."):
            names = [node.value]  # a name for importlib
        else:
            continue
        for name in names:
            first, _, rest = name.partition(".")
            if first == "loganalyzer" and rest:
                yield rest.partition(".")[0]


def allowed(owner: str) -> set[str]:
    """What a package or a module beside the packages may import of ours."""
    if owner in ORDER:
        own = {*ORDER[: ORDER.index(owner) + 1], *ANYBODY}
        return own | set(JOINS) if owner == "cli" else own
    if owner in JOINS:
        return {*JOINS[owner], *ANYBODY}
    if owner == "__init__":  # the library's public names
        return {*JOINS, *ORDER[:-1], *ANYBODY}
    return {"cli"} if owner == "__main__" else set()


def parsed(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def test_every_package_has_its_place() -> None:
    """Each package and each module beside them is in the tables above, and each entry exists."""
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages == set(ORDER)
    beside = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert beside == ANYBODY | set(JOINS)


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_imports_go_one_way(path: Path) -> None:
    """A module imports only what comes before its own package, wherever in it the import stands."""
    assert set(imported(parsed(path))) <= allowed(home(path))


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_only_the_command_line_prints_and_reads_the_environment(path: Path) -> None:
    """Outside cli nothing prints, exits, or looks at flags or the environment."""
    if home(path) == "cli":
        return
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "input", "exit", "quit"), node.lineno
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            name = f"{node.value.id}.{node.attr}"
            assert name not in ("os.environ", "os.getenv", "sys.argv", "sys.exit", "sys.stdout", "sys.stderr"), name
        if isinstance(node, ast.ImportFrom) and node.module in ("os", "sys"):
            names = {alias.name for alias in node.names}
            assert not names & {"environ", "getenv", "argv", "exit", "stdout", "stderr"}


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_nothing_but_an_error_tree_is_swallowed(path: Path) -> None:
    """No module catches everything: `except:` and `except Exception` hide defects."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, node.lineno
            caught = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
            again = any(isinstance(n, ast.Raise) and n.exc is None for n in ast.walk(node))
            assert not caught & {"Exception", "BaseException"} or again, node.lineno


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_no_module_is_long(path: Path) -> None:
    """A module has at most 400 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_most_modules_are_short() -> None:
    """Half of the modules have fewer than 130 lines."""
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    assert lengths[len(lengths) // 2] < MEDIAN


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_every_module_says_what_it_is(path: Path) -> None:
    """Each module begins with a sentence about itself."""
    assert ast.get_docstring(parsed(path))


SAMPLES = [
    pytest.param("import loganalyzer.cli.main", {"cli"}, id="import"),
    pytest.param("from loganalyzer.report.text import render", {"report"}, id="from"),
    pytest.param("from loganalyzer import pipeline, errors", {"pipeline", "errors"}, id="from the package"),
    pytest.param("def f():\n    from loganalyzer.cli import main", {"cli"}, id="in a function"),
    pytest.param("import_module('loganalyzer.cli.main')", {"cli"}, id="by name"),
    pytest.param("import json, os.path", set(), id="of others"),
]


@pytest.mark.parametrize(("text", "found"), SAMPLES)
def test_imports_are_found(text: str, found: set[str]) -> None:
    """The test sees an import however it is written."""
    assert set(imported(ast.parse(text))) == found
