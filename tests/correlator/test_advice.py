"""What is told of a service that is no failure: MetalLB waits for a configuration, or can't read a request."""

import json

import pytest

from tests.samples import diagnosis_of

Line = dict[str, object]


def log(*lines: Line) -> bytes:
    """A log of 0.12.1 at debug level, from its start on; each line names its service."""
    start: Line = {"version": "0.12.1", "msg": "MetalLB controller starting version 0.12.1 (commit a, branch b)"}
    begin = {"caller": "level.go:63", "level": "debug"}
    return b"".join(
        json.dumps({**begin, "ts": f"2026-03-01T08:00:{n:02}.1Z", **line}).encode() + b"\n"
        for n, line in enumerate([start, *lines])
    )


def one_pass(*said: Line) -> list[Line]:
    """The lines of a pass over default/web."""
    start: Line = {"event": "startUpdate", "msg": "start of service update"}
    end: Line = {"event": "endUpdate", "msg": "end of service update"}
    return [{**line, "service": "default/web"} for line in (start, *said, end)]


UNCONFIGURED = one_pass({"event": "noConfig", "msg": "not processing, still waiting for config"})
GIVEN = one_pass(
    {"event": "ipAllocated", "ip": ["10.0.0.1"], "msg": "IP address assigned by controller"},
    {"event": "serviceUpdated", "msg": "updated service object"},
)
REFUSED = one_pass({"op": "allocateIPs", "error": "no available IPs", "msg": "IP allocation failed"})
DELETED = one_pass({"event": "serviceDeleted", "msg": "service deleted"})
THEN = [
    pytest.param([], ["MLB202"], id="to the end"),
    pytest.param(GIVEN, [], id="then it gets an address"),
    pytest.param(REFUSED, [], id="then it is refused one"),
    pytest.param(DELETED, [], id="then it is deleted"),
]


@pytest.mark.parametrize(("then", "rules"), THEN)
def test_a_service_that_met_no_configuration(then: list[Line], rules: list[str]) -> None:
    """It is advice while no pass over it has met a configuration."""
    found = [a for a in diagnosis_of(log(*UNCONFIGURED, *then)).advice if a.rule == "MLB202"]
    assert [a.rule for a in found] == rules
    assert all((a.service, a.at and a.at.line) == ("default/web", 3) for a in found)


def test_a_request_that_cannot_be_read_is_no_failure_of_who_has_an_address() -> None:
    """MetalLB lets it keep the address, so that only the request is to be mended."""
    said = {"event": "loadbalancerIP", "level": "error", "msg": "invalid requested loadbalancer IPs"}
    bad = one_pass({**said, "error": 'invalid spec.loadBalancerIP "10.0.0"'}, {"event": "noChange", "msg": "no change"})
    found = diagnosis_of(log(*GIVEN, *bad, *bad))
    assert found.failures == ()
    (advice,) = found.advice
    assert (advice.rule, advice.service, advice.at and advice.at.line) == ("MLB304", "default/web", 7)
    assert [(h.service, h.addresses) for h in found.holdings] == [("default/web", ("10.0.0.1",))]
