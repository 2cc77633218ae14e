"""What the rules say of the logs that were chosen for them."""

from pathlib import Path

import pytest

from tests.samples import diagnosed, label, rule_logs

LIKELY_ONLY = frozenset({"MLB100"})
"""Rules that stand for what a log doesn't tell: never proven."""


@pytest.mark.parametrize("path", rule_logs("positive*.log"), ids=label)
def test_rule_is_named_where_it_decides(path: Path) -> None:
    """The diagnosis of a positive log has the rule, as a proven cause or as advice."""
    code = path.parent.name
    diagnosis = diagnosed(path)
    sure = {f.cause.rule for f in diagnosis.failures if f.cause and f.certainty == "proven"}
    likely = {f.cause.rule for f in diagnosis.failures if f.cause}
    advised = {a.rule for a in diagnosis.advice}
    assert code in (likely if code in LIKELY_ONLY else sure | advised)
    assert not (code in LIKELY_ONLY and code in sure)


@pytest.mark.parametrize("path", rule_logs("negative*.log"), ids=label)
def test_rule_is_not_named_where_it_does_not_decide(path: Path) -> None:
    """The diagnosis of a negative log never has the rule, not even as likely."""
    diagnosis = diagnosed(path)
    found = {f.cause.rule for f in diagnosis.failures if f.cause} | {a.rule for a in diagnosis.advice}
    assert path.parent.name not in found


@pytest.mark.parametrize("path", rule_logs("*.log"), ids=label)
def test_whole_logs_are_understood(path: Path) -> None:
    """No line of a real log is left unread, and nothing in it contradicts the replay."""
    (summary,) = diagnosed(path).inputs
    assert summary.source.unparsed == 0
    assert summary.divergences == 0
    assert summary.source.component == "controller"


@pytest.mark.parametrize("path", rule_logs("*.log"), ids=label)
def test_version_and_level_are_those_of_the_name(path: Path) -> None:
    """MetalLB's version and the level are found from the log."""
    (summary,) = diagnosed(path).inputs
    assert summary.metallb_version == path.name.split("-")[1]
    assert summary.source.level == ("info" if "-info" in path.name else "debug")


@pytest.mark.parametrize("path", rule_logs("positive*.log"), ids=label)
def test_proven_causes_have_their_proof(path: Path) -> None:
    """A proven failure shows lines of the log as evidence, the last being the failed attempt."""
    data = path.read_bytes().splitlines()
    for failure in diagnosed(path).failures:
        if failure.certainty == "proven":
            assert failure.cause is not None
            assert failure.missing == ()
            assert failure.evidence[-1].at == failure.last
            assert all(1 <= item.at.line <= len(data) for item in failure.evidence)
            quoted = failure.error.replace('"', '\\"').encode()
            known = ("MLB202", "MLB307")  # MetalLB gives these a reason in place of an error.
            assert quoted in data[failure.last.line - 1] or failure.cause.rule in known


@pytest.mark.parametrize("path", rule_logs("*.log"), ids=label)
def test_what_is_not_proven_says_what_is_missing(path: Path) -> None:
    """A failure whose cause is not proven names what would settle it, each time with a command."""
    for failure in diagnosed(path).failures:
        if failure.certainty != "proven":
            assert failure.missing
            assert all(": kubectl " in sentence for sentence in failure.missing)
