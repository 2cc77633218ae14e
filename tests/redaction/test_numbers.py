"""Numbers of autonomous systems: in fields, in quotes, in MetalLB's error texts, in communities."""

import json

import pytest

from loganalyzer.redaction.redactor import Redaction
from tests.cli.command import loganalyzer
from tests.samples import FIXTURES


def _redacted(data: bytes) -> str:
    with Redaction([data]) as redaction, redaction.inputs_of("<bytes>")[0].open() as stream:
        return stream.read().decode()


TEXTS = [
    pytest.param("unexpected peer ASN 31898, want 3320", id="MetalLB's error"),
    pytest.param("asn=31898 ASN:3320", id="after its name"),
    pytest.param("AS31898 and AS 3320", id="as people write it"),
    pytest.param("community 31898:100 and 3320:7", id="communities"),
    pytest.param("community large:31898:5:6 and 3320:5:6", id="large communities"),
    pytest.param("31898:1: (bool) true, 3320:2: (bool) true", id="as a dump has them"),
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_number_in_a_text_is_replaced(text: str) -> None:
    """Whether it was met in a field or not."""
    line = {"caller": "native.go:1", "level": "error", "op": "connect", "error": text, "msg": "failed"}
    found = _redacted(json.dumps({**line, "ts": "2026-03-07T00:40:11Z"}).encode() + b"\n")
    assert "31898" not in found
    assert "3320" not in found


@pytest.mark.parametrize("number", ["31898", 31898])
def test_a_number_of_a_peer_is_replaced(number: object) -> None:
    """In quotes, too."""
    peer = {"apiVersion": "metallb.io/v1beta2", "kind": "BGPPeer", "metadata": {"name": "p"}, "spec": {"myASN": number}}
    assert "31898" not in _redacted(json.dumps(peer).encode())


def test_what_is_no_such_number_stays() -> None:
    """Times, places in code, ports: a report needs them."""
    text = "at 08:05:33 in service.go:143 port 8080"
    line = {"caller": "native.go:123", "level": "error", "error": text, "ts": "2026-03-07T00:40:11Z"}
    assert text in _redacted(json.dumps(line).encode() + b"\n")


MANIFEST = b"""# our service
---
# Source: web.yaml
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, ports: [{port: 80}]}
"""


def test_a_comment_in_a_manifest_is_no_document() -> None:
    """`check --redact` reads what `check` reads."""
    log = FIXTURES / "article-0.14.8.log"
    plain, redacted = (
        loganalyzer("check", *options, "-", "--against", log, stdin=MANIFEST) for options in ((), ("--redact",))
    )
    assert (plain.returncode, redacted.returncode) == (0, 0), redacted.stderr
    assert plain.stdout.splitlines()[1] == redacted.stdout.splitlines()[1]


def test_a_number_under_a_key_that_nobody_knows_goes() -> None:
    """It may be a password."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"containers": [{"env": [{"name": "DB_PASSWORD", "value": "83742910"}], "args": ["83742911"]}]},
    }
    assert "8374291" not in _redacted(json.dumps(pod).encode())
    line = {"caller": "main.go:1", "level": "info", "msg": "x", "customer": "4711000815", "passcode": "8374"}
    found = _redacted(json.dumps({**line, "ts": "2026-03-07T00:40:11Z"}).encode() + b"\n")
    assert "4711000815" not in found
    assert "8374" not in found
