"""What a start does not import."""

import subprocess
import sys

import pytest

from tests.samples import RULES

HEAVY = [
    "pandas",
    "numpy",
    "pyparsing",
    "tabulate",
    "wcwidth",
    "rich",
    "jsonschema",
    "pydantic",
    "asyncio",
    "email",
    "jinja2",
]
"""Each costs more than the whole of a start, or nearly so."""

UNUSED = [
    "array",
    "random",
    "tempfile",
    "loganalyzer.correlator.evidence",
    "loganalyzer.correlator.inference",
    "loganalyzer.metallb.advertisements",
    "loganalyzer.metallb.election",
    "loganalyzer.metallb.endpoints",
    "loganalyzer.metallb.objects",
    "loganalyzer.metallb.ranges",
    "loganalyzer.metallb.spew",
    "loganalyzer.model.speakers.life",
    "loganalyzer.report.escape",
    "loganalyzer.sources.alike",
    "loganalyzer.sources.answers",
    "loganalyzer.sources.columns",
    "loganalyzer.sources.envelopes",
    "loganalyzer.sources.overlap",
    "loganalyzer.sources.reversing",
    "loganalyzer.sources.scanning",
    "loganalyzer.sources.sorting",
    "loganalyzer.sources.tailing",
    "loganalyzer.sources.together",
]
"""What is for other inputs than one plain log of a controller: objects, speakers, wrapped lines, rare pools."""

COMMAND = """
import sys
sys.argv = ['loganalyzer', {}]
try:
    from loganalyzer.cli.main import main
    main()
except SystemExit:
    pass
"""
STARTS = [
    pytest.param("import loganalyzer", id="import"),
    pytest.param("import loganalyzer; loganalyzer.read, loganalyzer.events, loganalyzer.diagnose", id="public names"),
    pytest.param(COMMAND.format("'--help'"), id="--help"),
    pytest.param(COMMAND.format("'explain', '--help'"), id="explain --help"),
    pytest.param(COMMAND.format("'stats', '--help'"), id="stats --help"),
    pytest.param(COMMAND.format("'--version'"), id="--version"),
]


def modules(start: str) -> set[str]:
    """All modules that a fresh process has after these statements."""
    code = f"{start}\nimport sys; sys.stderr.write(' '.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return set(result.stderr.split())


@pytest.mark.parametrize("start", STARTS)
def test_heavy_modules_are_not_imported(start: str) -> None:
    """A start imports none of the heavy libraries."""
    found = modules(start)
    assert not found & set(HEAVY)
    assert not any(name.split(".")[0] in HEAVY for name in found)


def test_importing_the_package_imports_nothing_of_it() -> None:
    """`import loganalyzer` is a name and a version; the stages come when they are used."""
    found = {name for name in modules("import loganalyzer") if name.startswith("loganalyzer.")}
    assert found == {"loganalyzer.version"}


def test_help_does_not_load_the_stages() -> None:
    """The help needs no parser and no rules."""
    found = modules(COMMAND.format("'--help'"))
    assert not {"loganalyzer.pipeline", "loganalyzer.parser.records", "loganalyzer.rules.catalogue"} & found


def test_printing_events_needs_no_pandas() -> None:
    """Events stream as they are read; only other tables are frames."""
    log = RULES / "MLB103/positive-0.14.8-keys_differ.log"
    assert not modules(COMMAND.format(f"'events', '--format', 'csv', '--output', '/dev/null', '{log}'")) & {
        "pandas",
        "numpy",
    }


def test_explaining_a_log_needs_no_pandas() -> None:
    """Nor does the main job load what it doesn't use."""
    log = RULES / "MLB103/positive-0.14.8-keys_differ.log"
    found = modules(f"import loganalyzer; loganalyzer.diagnose(['{log}']).to_dict()")
    assert "loganalyzer.pipeline" in found
    assert not found & {"pandas", "numpy", "rich", "jsonschema", "typer", "tabulate", "pyparsing"}
    assert not found & set(UNUSED)


@pytest.mark.parametrize("arguments", ["'explain', '--format', 'json', '{}'", "'{}', '--format', 'jsonl'"])
def test_a_plain_command_line_needs_nothing_that_reads_options(arguments: str) -> None:
    """It would take half of a start."""
    log = RULES / "MLB103/positive-0.14.8-keys_differ.log"
    found = modules(COMMAND.format(arguments.format(log)))
    assert "loganalyzer.pipeline" in found
    assert not found & {"typer", "click", "shutil", "pathlib", "subprocess", "loganalyzer.cli.options", *UNUSED}


def test_explaining_a_log_looks_for_no_cycles() -> None:
    """Python's collector would take an eighth of the time with a small log, and find nothing."""
    log = RULES / "MLB103/positive-0.14.8-keys_differ.log"
    command = COMMAND.format(f"'explain', '--format', 'json', '--output', '/dev/null', '{log}'")
    before = "import gc, loganalyzer\nbefore = sum(s['collections'] for s in gc.get_stats())\n"
    tell = "\nsys.stderr.write(str(sum(s['collections'] for s in gc.get_stats()) - before))"
    result = subprocess.run([sys.executable, "-c", before + command + tell], capture_output=True, check=True, text=True)
    assert int(result.stderr) < 3
