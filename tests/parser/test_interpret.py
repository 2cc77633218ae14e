"""What single lines mean, for every event and operation, in the forms of all versions."""

import json
from typing import Any

import pytest

from loganalyzer.metallb.addresses import parse_address
from loganalyzer.parser import events as e
from loganalyzer.parser.interpret import EVENTS, OPERATIONS, Meaning, interpret
from tests.parser.lines import event, line, old, reconciler, v12, zap
from tests.samples import records_of

A, B, SIX = map(parse_address, ("192.0.2.1", "192.0.2.2", "2001:db8::1"))


def meaning(data: bytes) -> Meaning | None:
    """What one line means."""
    (record,) = records_of(data)
    return interpret(record.shape)


ALLOCATED = "IP address assigned by controller"
CLEARED = "current IP not allowed by config, clearing"
STARTING = "MetalLB controller starting version 0.14.8 (commit 80fa562f, branch v0.14)"
SPEAKING = "MetalLB speaker starting version 0.14.8 (commit 80fa562f, branch v0.14)"

HANDLER: list[Any] = [
    pytest.param(event("startUpdate", msg="start of service update"), e.PassStarted(), id="startUpdate"),
    pytest.param(event("startUpdate", msg="start of config update"), e.ConfigurationStarted(), id="startUpdate config"),
    pytest.param(event("endUpdate", msg="end of service update"), e.PassEnded(), id="endUpdate"),
    pytest.param(event("endUpdate", msg="end of config update"), e.ConfigurationEnded(), id="endUpdate config"),
    pytest.param(event("noConfig", msg="not processing, still waiting for config"), e.Unconfigured(), id="noConfig"),
    pytest.param(event("noChange", msg="service converged, no change"), e.NothingChanged(), id="noChange"),
    pytest.param(event("serviceUpdated", msg="updated service object"), e.ServiceWritten(), id="serviceUpdated"),
    pytest.param(
        event("serviceUpdated", msg="removed loadbalancer from service, services will be reprocessed"),
        e.AddressReleased(),
        id="serviceUpdated removed",
    ),
    pytest.param(event("serviceUpdated", msg="service is not updated"), e.NothingChanged(), id="serviceUpdated not"),
    pytest.param(event("serviceDeleted", msg="service deleted"), e.ServiceDeleted(), id="serviceDeleted"),
    pytest.param(
        event("ipAllocated", ip=["192.0.2.1", "2001:db8::1"], msg=ALLOCATED),
        e.AddressAllocated((A, SIX), additional=False),
        id="ipAllocated dual",
    ),
    pytest.param(
        event("ipAllocated", ip="2001:db8::1", msg="Additional IP address assigned by controller"),
        e.AddressAllocated((SIX,), additional=True),
        id="ipAllocated additional",
    ),
    pytest.param(
        event("ipAllocated", ip=["::ffff:192.0.2.1", 5, None, "x"], msg=ALLOCATED),
        e.AddressAllocated((A,), additional=False),
        id="ipAllocated with rubbish",
    ),
    pytest.param(
        event("clearAssignment", reason="notLoadBalancer", msg="not a LoadBalancer"),
        e.AssignmentCleared("notLoadBalancer", ""),
        id="clearAssignment reason",
    ),
    pytest.param(
        event("clearAssignment", error='["192.0.2.1"] is not allowed in config', msg=CLEARED),
        e.AssignmentCleared("", '["192.0.2.1"] is not allowed in config'),
        id="clearAssignment error",
    ),
    pytest.param(
        event(
            "clearAssignment", clusterips=["10.96.0.1"], reason="requires dual stack but clusterips are not dual stack"
        ),
        e.AssignmentCleared("requires dual stack but clusterips are not dual stack", ""),
        id="clearAssignment 0.15",
    ),
    pytest.param(
        event("loadbalancerIP", error='invalid spec.loadBalancerIP "x"', msg="invalid requested loadbalancer IPs"),
        e.RequestInvalid('invalid spec.loadBalancerIP "x"'),
        id="loadbalancerIP",
    ),
    pytest.param(event("allocation key changed", level="debug"), e.KeyChanged(), id="allocation key changed"),
    pytest.param(
        event("deprecatedAnnotation", annotation="metallb.universe.tf/address-pool", level="warn"),
        e.AnnotationDeprecated("metallb.universe.tf/address-pool"),
        id="deprecatedAnnotation",
    ),
    pytest.param(
        event("stateSynced", msg="controller synced, can allocate IPs now"), e.StateSynced(), id="stateSynced"
    ),
    pytest.param(event("configLoaded", msg="config (re)loaded"), e.ConfigurationLoaded(), id="configLoaded"),
    pytest.param(event("configStale", error="bad yaml"), e.ConfigurationRejected("bad yaml"), id="configStale"),
    pytest.param(event("configStale", error=None), None, id="configStale of a refused configuration"),
    pytest.param(event("force service reload"), e.ReloadForced(), id="force service reload"),
    pytest.param(
        line(op="allocateIPs", error="no available IPs", level="error", msg="IP allocation failed"),
        e.AllocationFailed("no available IPs"),
        id="allocateIPs",
    ),
    pytest.param(
        line(op="allocateIPs", error="controller not synced", level="error"),
        e.NotSynced(),
        id="allocateIPs before the load",
    ),
    pytest.param(line(op="allocateIPs", error=None), None, id="allocateIPs without an error"),
    pytest.param(line(op="updateServiceStatus", error="x"), e.UpdateFailed("x"), id="updateServiceStatus"),
    pytest.param(
        line(op="setConfig", error="bad pool", msg="applying new configuration failed"),
        e.ConfigurationRejected("bad pool"),
        id="setConfig",
    ),
]
SPEAKERS = [
    *(
        pytest.param(event(name), e.SpeakerLine(), id=name)
        for name, make in EVENTS.items()
        if make({}) == e.SpeakerLine()
    ),
    *(
        pytest.param(line(op=op), e.SpeakerLine(), id=op)
        for op, make in OPERATIONS.items()
        if make({}) == e.SpeakerLine()
    ),
    pytest.param(line(msg="failed to send ARP reply"), e.SpeakerLine(), id="ARP"),
    pytest.param(line(component="Memberlist", msg="memberlist: x"), e.SpeakerLine(), id="memberlist"),
    pytest.param(
        line(msg=SPEAKING, version="0.14.8", commit="80fa562f"), e.Started("speaker", "0.14.8", "80fa562f"), id="start"
    ),
]
PROCESS: list[Any] = [
    pytest.param(
        line(msg=STARTING, version="0.14.8", commit="80fa562f"),
        e.Started("controller", "0.14.8", "80fa562f"),
        id="start",
    ),
    pytest.param(
        line(msg="MetalLB controller starting version  (no build information)", version="", commit=""),
        e.Started("controller", "", ""),
        id="start of a development build",
    ),
    pytest.param(line(version="1", msg="using a version"), None, id="another line with a version"),
    pytest.param(b"panic: x", e.Panicked("panic: x"), id="panic"),
    pytest.param(
        zap(level="error", msg="Reconciler error", error="panic: x [recovered]"),
        e.Panicked("panic: x [recovered]"),
        id="recovered panic",
    ),
    pytest.param(zap(level="error", msg="Reconciler error", error="event handling failed"), None, id="retry"),
    pytest.param(zap(msg="Stopping and waiting for caches"), e.Stopping(), id="stopping"),
    pytest.param(zap(msg="Shutdown signal received, waiting for all workers"), e.Stopping(), id="shutdown"),
    pytest.param(zap(msg="Starting workers", controller="service"), None, id="zap start"),
    pytest.param(b"W0101 10:00:00.617434       1 reflector.go:561] x", None, id="klog"),
]
SINGLE, ALL = "ServiceReconciler", "ServiceReconciler - reprocessAll"
RECONCILERS: list[Any] = [
    pytest.param(
        reconciler(SINGLE, **{"start reconcile": "team-a/web"}),
        e.ReconcileStarted(SINGLE, "team-a/web", reprocess=False),
        id="start",
    ),
    pytest.param(
        reconciler(SINGLE, **{"end reconcile": "team-a/web"}),
        e.ReconcileEnded(SINGLE, "team-a/web", reprocess=False),
        id="end",
    ),
    pytest.param(
        reconciler(ALL, **{"start reconcile": "metallbreload/reload"}),
        e.ReconcileStarted(ALL, "metallbreload/reload", reprocess=True),
        id="start of all",
    ),
    pytest.param(
        reconciler(SINGLE, **{"processing deletion on service": "team-a/web"}),
        e.ServiceDeletionSeen("team-a/web"),
        id="deletion",
    ),
    pytest.param(reconciler(SINGLE, **{"filtered service": "a/b"}), e.ServiceFiltered("a/b"), id="filtered"),
    pytest.param(
        reconciler(SINGLE, **{"filtered service": "metallbreload/reload"}),
        e.ServiceFiltered(None),
        id="filtered in all",
    ),
    pytest.param(
        reconciler(SINGLE, message="filtered service, still waiting for the initial load to be performed"),
        None,
        id="initial load",
    ),
    pytest.param(reconciler(SINGLE, event="force service reload"), e.ReloadForced(), id="reload"),
    pytest.param(reconciler("PoolReconciler", event="force service reload"), e.ReloadForced(), id="reload of pools"),
    pytest.param(
        reconciler("PoolReconciler", event="configuration did not change, ignoring"),
        e.ConfigurationUnchanged(),
        id="unchanged",
    ),
    pytest.param(reconciler("PoolReconciler", event="config reloaded"), None, id="reloaded"),
    pytest.param(
        reconciler("PoolReconciler", level="error", error="invalid CIDR"),
        e.ConfigurationRejected("invalid CIDR"),
        id="rejected",
    ),
    pytest.param(
        reconciler("ConfigurationStateReconciler", error="ConfigurationState created"), None, id="no error of 0.15.3"
    ),
    pytest.param(
        reconciler("PoolReconciler", **{"rendered config": "?"}), e.ConfigurationRendered(None), id="unreadable"
    ),
    pytest.param(
        reconciler(SINGLE, **{"processing service": "{cut"}),
        e.ServiceSeen(None, reprocess=False),
        id="unreadable service",
    ),
    pytest.param(
        reconciler("PoolReconciler", **{"start reconcile": "/default"}),
        e.ReconcileStarted("PoolReconciler", "/default", reprocess=False),
        id="pools",
    ),
    pytest.param(reconciler(SINGLE, message="failed to get service", service="a/b", error="x"), None, id="read error"),
]


@pytest.mark.parametrize(("data", "what"), HANDLER)
def test_handler_lines(data: bytes, what: e.What | None) -> None:
    """From 0.13 on the handler's lines say what happened, and to nobody in particular."""
    assert meaning(data) == (None if what is None else Meaning(what, None))


@pytest.mark.parametrize(("data", "what"), [*SPEAKERS, *PROCESS, *RECONCILERS])
def test_other_lines(data: bytes, what: e.What | None) -> None:
    """Lines of speakers, of the process and of reconcilers say what they are."""
    found = meaning(data)
    assert (type(found.what), found.what) == (type(what), what) if found else what is None


@pytest.mark.parametrize(("table", "key"), [(EVENTS, "event"), (OPERATIONS, "op")], ids=["events", "operations"])
def test_every_entry_has_a_line(table: dict[str, object], key: str) -> None:
    """No entry of the two tables is without a line that shows what it makes of it."""
    lines = [param.values[0] for param in (*HANDLER, *SPEAKERS, *OLD)]
    shown = {json.loads(data).get(key) for data in lines}
    assert set(table) <= shown


OLD: list[Any] = [
    pytest.param(old(event="startUpdate", msg="start of service update"), e.PassStarted(), id="0.9 start"),
    pytest.param(
        old(event="ipAllocated", ip="192.0.2.1"), e.AddressAllocated((A,), additional=False), id="0.9 allocated"
    ),
    pytest.param(old(event="ipAllocated", ip=""), None, id="0.9 no address"),
    pytest.param(
        old(op="allocateIP", error="no available IPs"), e.AllocationFailed("no available IPs"), id="0.9 failed"
    ),
    pytest.param(
        old(op="allocateIP", error="controller not synced", msg="controller not synced yet, cannot allocate IP"),
        e.NotSynced(),
        id="0.9 not synced",
    ),
    pytest.param(old(op="updateService", error="x"), e.UpdateFailed("x"), id="0.9 write failed"),
    pytest.param(
        old(event="clearAssignment", reason="notAllowedByConfig"),
        e.AssignmentCleared("notAllowedByConfig", ""),
        id="0.9 cleared",
    ),
    pytest.param(old(event="noChange", msg="service converged, no change"), e.NothingChanged(), id="0.10 no change"),
    pytest.param(
        v12(op="allocateIP", error='unknown pool "x"', level="error"), e.AllocationFailed('unknown pool "x"'), id="0.11"
    ),
    pytest.param(
        v12(event="ipAllocated", ip=["192.0.2.1", "192.0.2.2"]),
        e.AddressAllocated((A, B), additional=False),
        id="0.12 allocated",
    ),
    pytest.param(
        v12(event="clearAssignment", error="can't change sharing key", msg=CLEARED),
        e.AssignmentCleared("", "can't change sharing key"),
        id="0.12 cleared",
    ),
]


@pytest.mark.parametrize(("data", "what"), OLD)
def test_old_lines_name_their_service(data: bytes, what: e.What | None) -> None:
    """Up to 0.12 each line names the service that it is about."""
    assert meaning(data) == (None if what is None else Meaning(what, "team-a/web"))


DUMP = json.dumps({"metadata": {"name": "web", "namespace": "team-a"}, "spec": {"type": "LoadBalancer"}})
SEEN: list[Any] = [
    pytest.param(reconciler(SINGLE, **{"processing service": DUMP}), False, id="single"),
    pytest.param(reconciler(ALL, **{"reprocessing service": DUMP}), True, id="in a pass over all"),
]


@pytest.mark.parametrize(("data", "reprocess"), SEEN)
def test_a_dump_is_the_service_that_it_prints(data: bytes, reprocess: bool) -> None:
    """A Service that is printed before its pass is read as that Service."""
    found = meaning(data)
    assert found is not None
    assert isinstance(found.what, e.ServiceSeen)
    assert found.what.seen is not None
    assert (found.what.seen.key, found.what.seen.is_load_balancer) == ("team-a/web", True)
    assert found.what.reprocess == reprocess


FAILED: list[Any] = [
    pytest.param(SINGLE, "failed to handle service", "error", False, id="single, not retried"),
    pytest.param(SINGLE, "failed to handle service", "info", True, id="single, retried"),
    pytest.param(ALL, "failed to handle service, no retry", "error", False, id="all, not retried"),
    pytest.param(ALL, "failed to handle service, retry", "error", True, id="all, retried"),
]


@pytest.mark.parametrize(("controller", "text", "level", "retry"), FAILED)
def test_a_failed_pass_names_and_dumps_its_service(controller: str, text: str, level: str, retry: bool) -> None:
    """`failed to handle service` has the name, the dump, and whether MetalLB tries again."""
    data = reconciler(controller, event=text, level=level, name="team-a/web", service=DUMP, endpoints="[]")
    found = meaning(data)
    assert found is not None
    assert isinstance(found.what, e.ServiceFailed)
    assert (found.what.name, found.what.retry) == ("team-a/web", retry)
    assert found.what.seen is not None


EVENT = {"kind": "Service", "namespace": "team-b", "name": "api", "uid": "8d", "apiVersion": "v1"}


def test_a_kubernetes_event_names_its_service() -> None:
    """From 0.14.4 on events are in the debug log, each with the object that it is about."""
    found = meaning(zap(logger="events", msg="Failed", type="Warning", object=EVENT, reason="AllocationFailed"))
    assert found == Meaning(e.KubernetesEvent("team-b/api", "AllocationFailed", "Failed"), "team-b/api")


@pytest.mark.parametrize("target", [None, 5, {}, {**EVENT, "kind": "Node"}], ids=repr)
def test_events_about_other_objects_say_nothing(target: object) -> None:
    """An event about a node, or about nothing, is no event of a service."""
    assert meaning(zap(logger="events", msg="x", object=target)) is None


ODD: list[Any] = [None, 5, True, [], {}, "", "x" * 100]


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:10])
@pytest.mark.parametrize(
    "key", ["event", "op", "msg", "error", "reason", "ip", "service", "controller", "level", "name"]
)
def test_fields_of_any_type_are_taken(key: str, value: object) -> None:
    """A field that is not what MetalLB writes never stops the reading."""
    for data in (event("ipAllocated"), line(op="allocateIPs"), reconciler(SINGLE, event="failed to handle service")):
        (record,) = records_of(json.dumps({**json.loads(data), key: value}).encode())
        interpret(record.shape)
