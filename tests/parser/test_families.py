"""Which lines are records, and of which family."""

import re
from pathlib import Path
from typing import Any

import pytest

from loganalyzer.parser.families import METALLB, recognise
from tests.samples import RULES, records_of

BGP_OPEN = (
    b"struct { Version uint8; ASN16 uint16; HoldTime uint16; RouterID uint32; OptsLen uint8 }"
    b"{Version:0x4, ASN16:0xfc00, HoldTime:0x5a, RouterID:0xa000001, OptsLen:0x1e}"
)
KLOG = b"W0101 10:00:00.617434       1 reflector.go:561] pkg/mod/x: watch of *v1.Service ended with: too old"
GOKIT = (
    b'{"caller":"main.go:49","event":"startUpdate","msg":"start of service update",'
    b'"service":"team-a/web","ts":"2021-05-01T12:00:00.617284721Z"}'
)
ZAP_STACK = (
    b'{"level":"error","ts":"2024-07-01T10:00:00Z","msg":"Reconciler error","controller":"service",'
    b'"error":"event handling failed, retrying","stacktrace":"sigs.k8s.io/a\\n\\t/go/b.go:1"}'
)
MEMBERLIST_09 = (
    b'{"caller":"announcer.go:1","component":"MemberList",'
    b'"msg":"net.go:785: [DEBUG] memberlist: x","ts":"2020-01-01T00:00:00Z"}'
)
MEMBERLIST_15 = (
    b'{"caller":"net.go:345","component":"Memberlist","level":"debug",'
    b'"msg":"memberlist: Stream connection from=10.0.0.2:55242","ts":"2025-01-01T10:00:00Z"}'
)

HITS: list[Any] = [
    pytest.param(GOKIT, "gokit", b"2021-05-01T12:00:00.617284721Z", id="go-kit"),
    pytest.param(b'{"caller":"x.go:1"}', "gokit", b"", id="go-kit without a time"),
    pytest.param(b'{"caller":"x.go:1","ts":17}', "gokit", b"17", id="go-kit with a number as its time"),
    pytest.param(b'{"caller":"x.go:1","ts":true}', "gokit", b"", id="go-kit with a time that is none"),
    pytest.param(b'{"caller":"x.go:1","component":"frrk8s"}', "gokit", b"", id="go-kit of another component"),
    pytest.param(ZAP_STACK, "zap", b"2024-07-01T10:00:00Z", id="zap with a stack trace"),
    pytest.param(
        b'{"level":"info","ts":1657036800.1234,"msg":"Starting EventSource"}',
        "zap",
        b"1657036800.1234",
        id="zap with seconds since 1970",
    ),
    pytest.param(b'{"level":"info","ts":"2024-07-01T10:00:00Z","msg":""}', "zap", b"2024-07-01T10:00:00Z", id="zap"),
    pytest.param(MEMBERLIST_15, "memberlist", b"2025-01-01T10:00:00Z", id="memberlist"),
    pytest.param(MEMBERLIST_09, "memberlist", b"2020-01-01T00:00:00Z", id="memberlist of 0.9.0"),
    pytest.param(KLOG, "klog", b"", id="klog"),
    pytest.param(b"E1231 23:59:59.000001   12345 a.go:9] ", "klog", b"", id="klog without a message"),
    pytest.param(b'I0101 10:00:00.617434       1 a.go:1] {"caller":"x"}', "klog", b"", id="klog that quotes JSON"),
    pytest.param(b"panic: incoherent state, I thought port", "panic", b"", id="panic"),
    pytest.param(b"fatal error: concurrent map writes", "panic", b"", id="fatal error"),
    pytest.param(b"SIGABRT: abort", "panic", b"", id="signal"),
    pytest.param(BGP_OPEN, "bgp-open", b"", id="BGP OPEN dump"),
    pytest.param(b"failed to initialize logging: invalid log level", "startup", b"", id="startup print"),
    pytest.param(
        b"2024/01/02 03:04:05 http: TLS handshake error from 10.0.0.1:4711: EOF", "stdlib", b"", id="net/http"
    ),
]


@pytest.mark.parametrize(("line", "family", "stamp"), HITS)
def test_family_is_recognised(line: bytes, family: str, stamp: bytes) -> None:
    """A line is of the family that its shape tells, with its time as written."""
    found = recognise(line, after_panic=False)
    assert found is not None
    assert (found.family, found.stamp) == (family, stamp)


MISSES: list[Any] = [
    pytest.param(b"hello", id="text"),
    pytest.param(b"{", id="cut JSON"),
    pytest.param(GOKIT[:-1], id="go-kit without its end"),
    pytest.param(GOKIT[1:], id="go-kit without its beginning"),
    pytest.param(b"[1, 2]", id="list"),
    pytest.param(b"null", id="null"),
    pytest.param(b'"caller"', id="string"),
    pytest.param(b'{"level":"info","message":"x"}', id="JSON of something else"),
    pytest.param(b'{"msg":"x","ts":"2024-07-01T10:00:00Z"}', id="JSON without caller and level"),
    pytest.param(b"X0101 10:00:00.617434       1 a.go:1] x", id="klog with no such letter"),
    pytest.param(b"I0101 10:00:00       1 a.go:1] x", id="klog without its fraction"),
    pytest.param(b"don't panic: x", id="panic inside a line"),
    pytest.param(b"struct { a int }{a:1}", id="another struct"),
    pytest.param(b"goroutine 1 [running]:", id="frame without a panic"),
    pytest.param(b"\xff\xfe", id="bytes"),
    pytest.param(b'{"caller":"\xff"}', id="JSON that is no UTF-8"),
]


@pytest.mark.parametrize("line", MISSES)
def test_other_lines_are_no_records(line: bytes) -> None:
    """What no family has is no record."""
    assert recognise(line, after_panic=False) is None


FRAMES: list[Any] = [
    b"goroutine 163 [running]:",
    b"main.main()",
    b"\t/go/go.universe.tf/metallb/controller/main.go:304 +0x4c5",
    b"go.universe.tf/metallb/internal/allocator.(*Allocator).Unassign(0xc0004a2000, {0xc0007b61b0, 0x9})",
    b"created by sigs.k8s.io/controller-runtime/pkg/internal/controller.(*Controller).Start.func2 in goroutine 151",
    b"exit status 2",
]


@pytest.mark.parametrize("line", FRAMES)
def test_frames_belong_to_the_panic_before_them(line: bytes) -> None:
    """A stack frame is a record after a panic, and only there."""
    found = recognise(line, after_panic=True)
    assert found is not None
    assert found.family == "trace"
    assert recognise(line, after_panic=False) is None


def test_a_panic_is_one_run_of_records() -> None:
    """The frames of a panic are records up to the next line of a log, blank lines included in the count."""
    data = (RULES / "MLB404/positive-0.14.8-restart_reshuffles-panic-derived.log").read_bytes()
    families = [r.shape.family for r in records_of(data)]
    assert families.count("panic") == 1
    assert families.count("trace") == 5
    assert families[families.index("panic") : families.index("panic") + 7] == ["panic", *["trace"] * 5, "gokit"]


def test_prose_long_after_a_panic_is_no_frame() -> None:
    """A line that looks like a frame is unparsed where other lines stand between it and the panic."""
    records = records_of(b"panic: x\n" + GOKIT + b"\n" + GOKIT + b"\n\nmain.main()\n")
    assert [r.shape.family for r in records] == ["panic", "gokit", "gokit"]


def test_a_stack_trace_is_not_kept() -> None:
    """Zap's stack traces, a third of a log, are dropped from the fields."""
    found = recognise(ZAP_STACK, after_panic=False)
    assert found is not None
    assert set(found.fields) == {"level", "msg", "controller", "error"}


def test_of_a_key_that_is_there_twice_the_last_counts() -> None:
    """Zap does not de-duplicate keys: the last value is kept."""
    found = recognise(b'{"level":"info","msg":"a","name":"x","name":"y"}', after_panic=False)
    assert found is not None
    assert found.fields["name"] == "y"


def test_only_metallbs_own_families_tell_whose_log_it_is() -> None:
    """Lines of klog, panics and prints are any Go program's."""
    assert {"gokit", "memberlist", "zap"} == METALLB


@pytest.mark.parametrize("path", sorted(RULES.glob("*/positive*.log")), ids=lambda p: p.stem)
def test_real_logs_are_of_these_families(path: Path) -> None:
    """The controllers' logs are go-kit and zap, and nothing is left over."""
    data = path.read_bytes()
    families = {r.shape.family for r in records_of(data)}
    assert families <= {"gokit", "zap", "panic", "trace"}
    zap = re.search(rb'^{"level"', data, re.MULTILINE) is not None
    assert ("zap" in families) == zap
