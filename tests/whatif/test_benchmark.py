"""The log that the search for fixes is measured on is one that a controller might have written."""

from loganalyzer.pipeline import Reading, diagnose
from tests.benchmark_fixes import log


def test_the_benchmarks_log_is_understood() -> None:
    """Every line is a record, nothing contradicts the replay, and each failure has a fix that was tried."""
    reading = Reading()
    found = diagnose([log(60, 10)], reading=reading)
    [summary] = found.inputs
    assert (summary.source.unparsed, summary.divergences, reading.problems) == (0, 0, [])
    assert len(found.failures) == 10
    assert len({failure.cause.rule for failure in found.failures if failure.cause}) >= 4
    assert all(any(fix.verified for fix in failure.fixes) for failure in found.failures)
