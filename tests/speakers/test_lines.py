"""What each line that only a speaker writes says."""

from typing import Any

import pytest

from loganalyzer.parser import speaker_events as s
from loganalyzer.parser.events import SpeakerLine
from loganalyzer.parser.speaker_interpret import speaker_line

WHERE: dict[str, Any] = {"ips": ["192.0.2.1"], "pool": "main"}
CASES: dict[str, tuple[dict[str, Any], object]] = {
    "announcing, from 0.12 on": (
        {"event": "serviceAnnounced", "protocol": "bgp", **WHERE},
        s.Announcing("bgp", ("192.0.2.1",), "main"),
    ),
    "announcing, up to 0.11": (
        {"event": "serviceAnnounced", "protocol": "bgp", "ip": "192.0.2.1", "pool": "main"},
        s.Announcing("bgp", ("192.0.2.1",), "main"),
    ),
    "withdrawing": (
        {"event": "serviceWithdrawn", "reason": "notOwner", "ip": ["192.0.2.1"]},
        s.Withdrawing("", ("192.0.2.1",), "notOwner"),
    ),
    "withdrawing, 0.13.0 to 0.13.9": (
        {"event": "serviceWithdrawn", "reason": "notOwner", "ip": None},
        s.Withdrawing("", (), "notOwner"),
    ),
    "withdrawing, up to 0.11": ({"event": "serviceWithdrawn", "reason": "x", "ip": ""}, s.Withdrawing("", (), "x")),
    "candidates in one order": (
        {"event": "shouldannounce", "nodes": ["b", "a"], **WHERE},
        s.Candidates(("a", "b"), ("192.0.2.1",), "main"),
    ),
    "no candidates": ({"event": "shouldannounce", "nodes": None}, s.Candidates((), (), "")),
    "no endpoints": (
        {"event": "shouldannounce", "message": "failed no active endpoints", **WHERE},
        s.NoActiveEndpoints(("192.0.2.1",), "main"),
    ),
    "skipping": (
        {"event": "skipping should announce l2", "protocol": "layer2", "reason": "x", **WHERE},
        s.Skipping("layer2", "x", ("192.0.2.1",), "main"),
    ),
    "interfaces": (
        {"op": "SetBalancer", "msg": "the specified interfaces used to announce LB IP don't exist", "localIfs": ["lo"]},
        s.InterfacesMissing(("lo",)),
    ),
    "refused": ({"op": "setBalancer", "error": "x", "ips": []}, s.BalancerRefused("x", "", ())),
    "a client's request": ({"msg": "got ARP request for x", "ip": "a", "senderIP": "b"}, s.AddressAnswered("a", False)),
    "an echo": ({"msg": "got NDP request for x", "ip": "a", "senderIP": "a"}, s.AddressAnswered("a", True)),
    "a member": (
        {"msg": "x", "node event": "NodeJoin", "node name": "n", "node addr": "a"},
        s.MemberSeen("n", "NodeJoin"),
    ),
    "a session": (
        {"event": "sessionDown", "peer": "a:1", "localASN": 1, "peerASN": True},
        s.SessionChanged("down", "a:1", 1, None, ""),
    ),
    "FRR": ({"op": "reload-validate", "success": "x"}, s.ModeSeen("frr")),
    "FRR-K8s": ({"component": "frrk8s", "event": "sent new config to the controller"}, s.ModeSeen("frr-k8s")),
    "a responder is gone": ({"event": "deleteARPResponder", "interface": "eth0"}, s.InterfaceSeen("eth0", False)),
    "another op of one name": ({"op": "SetBalancer", "msg": "x"}, None),
    "the controller's unchanged configuration": (
        {"controller": "PoolReconciler", "event": "configuration did not change, ignoring"},
        None,
    ),
    "values of wrong types": (
        {"event": "serviceAnnounced", "protocol": 7, "ips": [7, None], "pool": {}},
        s.Announcing("", (), ""),
    ),
    "a go-kit line of a controller": ({"event": "ipAllocated", "ip": ["192.0.2.1"]}, None),
    "a skipped interface": ({"op": "gratuitousAnnounce"}, SpeakerLine()),
}


@pytest.mark.parametrize(("fields", "expected"), CASES.values(), ids=CASES)
def test_event_of_a_line(fields: dict[str, Any], expected: object) -> None:
    """Each line is one event, whatever form its version gives the values."""
    found = speaker_line(fields, {})
    assert found == expected
    assert type(found) is type(expected)
