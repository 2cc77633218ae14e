"""Real speakers' logs, whole, cut and mixed: what is said of them is right, or nothing is said."""

import io
import json
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.pipeline import Reading, diagnose
from tests.samples import FIXTURES, RULES, diagnosis_of, label, whole

LOGS = sorted({p.read_bytes(): p for p in RULES.glob("MLB*/*-node-?.log")}.values())
ARTICLE = sorted((FIXTURES / "speakers" / "0.13.12-seed_article").glob("*.log"))
SCHEMA = json.loads((FIXTURES / "contract" / "diagnosis.schema.json").read_text(encoding="utf-8"))

TRUTH: dict[str, dict[tuple[str, str | None], tuple[str, str | None]]] = {
    "local_endpoints-node-1": {
        ("default/local", "layer2"): ("skipped", "MLB501"),
        ("default/cluster", "layer2"): ("skipped", "MLB502"),
        ("default/dead", "layer2"): ("skipped", "MLB501"),
        ("default/empty", "layer2"): ("skipped", "MLB501"),
    },
    "bgp_local-node-2": {
        ("default/local", "bgp"): ("skipped", "MLB501"),
        ("default/cluster", "bgp"): ("announced", None),
        ("default/dead", "bgp"): ("skipped", "MLB501"),
    },
    "bgp_local-node-1": {
        ("default/local", "bgp"): ("announced", None),
        ("default/cluster", "bgp"): ("announced", None),
        ("default/dead", "bgp"): ("skipped", "MLB501"),
    },
    "one_protocol_of_two-node-2": {
        ("default/web", "layer2"): ("announced", None),
        ("default/web", "bgp"): ("announced", None),
    },
    "dual_stack-node-1": {("default/dual", "layer2"): ("skipped", "MLB502")},
    "dual_stack-node-3": {("default/dual", "layer2"): ("announced", None)},
    "seed_article-node-1": {
        ("default/ingress", "layer2"): ("skipped", "MLB502"),
        ("default/git-ssh", None): ("skipped", "MLB503"),
    },
    "advertisement_node_selector-node-2": {
        ("default/web", "layer2"): ("skipped", "MLB504"),
        ("default/local", "layer2"): ("skipped", "MLB504"),
    },
    "advertisement_node_selector-node-1": {
        ("default/web", "layer2"): ("announced", None),
        ("default/local", "layer2"): ("skipped", "MLB501"),
    },
    "excluded_nodes-node-2": {
        ("default/web", "bgp"): ("skipped", "MLB506"),
        ("default/web", "layer2"): ("skipped", "MLB506"),
    },
    "excluded_nodes-node-3": {
        ("default/web", "bgp"): ("skipped", "MLB505"),
        ("default/web", "layer2"): ("skipped", "MLB505"),
    },
    "no_interface-node-3": {("default/web", "layer2"): ("skipped", "MLB507")},
    "no_interface-node-1": {("default/web", "layer2"): ("skipped", "MLB502")},
    "bgp_down-node-1": {("default/web", "bgp"): ("announced", None)},
    "foreign_address-node-1": {("default/web", None): ("skipped", "MLB509")},
    "endpoints_move-node-3": {("default/web", "layer2"): ("announced", None)},
}
"""How each scenario was built: by service and protocol, state and rule at the end."""


def scenario(path: Path) -> str:
    """`local_endpoints-node-1` of a fixture's name."""
    return path.stem.partition("speakers-")[2]


def read(data: bytes, name: str = "speaker.log") -> Diagnosis:
    """The diagnosis of one log."""
    return diagnose([(name, io.BytesIO(data))], reading=Reading())


def standing(found: Diagnosis) -> dict[tuple[str, str | None], tuple[str, str | None]]:
    """What stands at the end."""
    return {(a.service, a.protocol): (a.state, a.rule) for a in found.announcements.episodes if a.current}


@pytest.mark.parametrize("path", LOGS, ids=label)
def test_whole_log(path: Path) -> None:
    """Each service and protocol of a real log has the state and rule that its scenario was built for."""
    found = read(path.read_bytes())
    assert standing(found) == TRUTH[scenario(path)]
    assert {a.node for a in found.announcements.episodes} == {f"node-{path.stem[-1]}"}


@pytest.mark.parametrize("path", LOGS, ids=label)
def test_info_level_is_never_wrong(path: Path) -> None:
    """Without its debug lines a log gives the same, or less: no rule or state that is not so."""
    lines = [x for x in path.read_bytes().split(b"\n") if b'"level":"debug"' not in x]
    for key, (state, rule) in standing(read(b"\n".join(lines))).items():
        expected = TRUTH[scenario(path)][key]
        assert (state == "announced") == (expected[0] == "announced")
        assert rule in (None, expected[1])


@pytest.mark.parametrize("path", LOGS, ids=label)
def test_document_fits_the_schema(path: Path) -> None:
    """Announcements and sessions are as the document's schema has them."""
    jsonschema.validate(read(path.read_bytes()).to_dict(), SCHEMA)


@cache
def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LOGS), st.data())
def test_any_part_of_a_log_is_read(path: Path, data: st.DataObject) -> None:
    """A log that begins late and ends early never stops the analysis, and its positions lie within it."""
    lines = _lines(path)
    start = data.draw(st.integers(0, len(lines) - 1))
    end = data.draw(st.integers(start, len(lines)))
    found = read(b"\n".join(lines[start:end]))
    for entry in found.announcements.episodes:
        assert 1 <= entry.first.line <= entry.last.line <= end - start
        assert entry.state != "announced" or entry.rule is None


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LOGS), st.data())
def test_any_line_may_be_broken(path: Path, data: st.DataObject) -> None:
    """Bytes changed anywhere never stop the analysis."""
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=12))
    read(bytes(content)).to_dict()


def test_all_logs_in_one_file() -> None:
    """Pods' logs one after the other in one input are told apart by their starts."""
    apart = diagnose([(p.name, io.BytesIO(p.read_bytes())) for p in ARTICLE], reading=Reading())
    joined = read(b"\n".join(p.read_bytes() for p in ARTICLE), "all.log")

    def stands(found: Diagnosis) -> set[tuple[object, ...]]:
        return {(a.service, a.node, a.protocol, a.state, a.rule) for a in found.announcements.episodes if a.current}

    assert stands(joined) == stands(apart)
    assert [f.cause.rule for f in joined.failures if f.cause] == ["MLB104"]


def test_requests_by_the_million_keep_nothing() -> None:
    """A request that is answered time and again gives one event, and no episode."""
    from loganalyzer.parser.attribution import events
    from loganalyzer.parser.speaker_events import AddressAnswered
    from loganalyzer.pipeline import read as records

    line = (
        b'{"caller":"arp.go:110","interface":"eth0","ip":"192.0.2.10","level":"debug","msg":"got ARP request for '
        b'service IP, sending response","responseMAC":"aa","senderIP":"192.0.2.77","senderMAC":"bb",'
        b'"ts":"2025-01-01T12:00:%02dZ"}\n'
    )
    given_log = io.BytesIO(b"".join(line % (i % 60) for i in range(5000)))
    found = [e for e in events(records([("speaker.log", given_log)])) if isinstance(e.what, AddressAnswered)]
    assert len(found) == 1


def test_where_no_line_tells_the_protocols_want_of_endpoints_is_of_none() -> None:
    """A log that begins behind the configuration says that there are no endpoints, and not who would announce."""
    log = whole("MLB501/positive-0.14.8-speakers-local_endpoints-node-1.log")
    late = b"".join(line for line in log.splitlines(keepends=True) if b"rendered config" not in line)
    told = [
        {
            (e.protocol, e.state, e.rule)
            for e in diagnosis_of(data).announcements.episodes
            if e.service == "default/dead" and e.current
        }
        for data in (log, late)
    ]
    assert told == [{("layer2", "skipped", "MLB501")}, {(None, "skipped", "MLB501")}]
