"""Whatever bytes come in, a redacted text comes out, and soon."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.redaction.redactor import Redaction
from tests.samples import EDITED_LOGS

NAMES = (b'/ingress"', b"git-ssh", b"192.168.10.", b"5eed0")


def redacted(log: bytes) -> bytes:
    """The redacted bytes."""
    with Redaction([log]) as redaction:
        return b"".join(one.open().read() for one in redaction.inputs)


@settings(max_examples=30, deadline=None)
@given(st.one_of(EDITED_LOGS, st.binary(max_size=400)))
def test_damaged_logs_leak_nothing(log: bytes) -> None:
    """Lines that were cut, garbled or joined are redacted or left out; never is there a traceback."""
    text = redacted(log)
    assert not [name for name in NAMES if name in text]
    assert text.count(b"\n") >= log.count(b"\n")


@pytest.mark.parametrize(
    "piece", ['\\\\\\"', '"', "a.", "1.", "0:", "a/b/", "(string) ", "[::", "no available IPs in pool x "]
)
def test_long_texts_take_no_quadratic_time(piece: str) -> None:
    """A text of many beginnings of something, none of which ends, is done at once."""
    body = piece * (20_000 // len(piece))
    began = time.process_time()
    redacted(
        f'{{"caller":"main.go:1","msg":"{body if piece != chr(34) else body.replace(chr(34), chr(39))}"}}\n'.encode()
    )
    assert time.process_time() - began < 5
