"""Every form in which a log reaches people, made from a plain one to the format's documentation.

`WRAPPINGS` and `DAMAGE` map a form's name to a function from a plain log's bytes to that form's.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

POD = "controller-5f98465b6b-x7k2p"
NAMESPACE = "metallb-system"
UID = "3a5e1c6e-9b1f-4c63-9a53-5a2f6c1d8e00"
CONTAINER_ID = "ab" * 32

Form = Callable[[bytes], bytes]

_TS = re.compile(rb'"ts":"([^"]+)"')


def stamped(log: bytes) -> Iterator[tuple[str, str]]:
    """The lines of a log, each with the time at which a runtime would have taken it."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for line in log.decode().splitlines():
        found = _TS.search(line.encode())
        if found:
            moment = datetime.fromisoformat(found[1].decode()[:19] + "+00:00")
        moment += timedelta(microseconds=137)
        yield moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z", line


def lines(make: Callable[[str, str], str]) -> Form:
    """A form that changes each line by itself: `make(time, line)`."""
    return lambda log: "".join(make(t, line) + "\n" for t, line in stamped(log)).encode()


def cri(piece: int = 1 << 30) -> Form:
    """Kubernetes' CRI files: design-proposals-archive node/kubelet-cri-logging.md; lines cut at `piece` bytes."""

    def make(t: str, line: str) -> str:
        parts = [line[i : i + piece] for i in range(0, len(line), piece)] or [""]
        return "\n".join(f"{t} stdout {'F' if i == len(parts) - 1 else 'P'} {part}" for i, part in enumerate(parts))

    return lines(make)


def docker(piece: int = 1 << 30) -> Form:
    """Docker's json-file driver: docs.docker.com/engine/logging/drivers/json-file; pieces end without a line feed."""

    def make(t: str, line: str) -> str:
        parts = [line[i : i + piece] for i in range(0, len(line), piece)] or [""]
        parts[-1] += "\n"
        return "\n".join(json.dumps({"log": part, "stream": "stdout", "time": t}) for part in parts)

    return lines(make)


def usec(t: str) -> int:
    """Microseconds since 1970."""
    return round(datetime.fromisoformat(t[:26] + "+00:00").timestamp() * 1_000_000)


KUBERNETES = {"pod_name": POD, "namespace_name": NAMESPACE, "container_name": "controller", "host": "node-1"}
LABELS = {"namespace": NAMESPACE, "pod": POD, "container": "controller", "node_name": "node-1"}


def loki_answer(log: bytes) -> bytes:
    """Loki's query_range (grafana.com/docs/loki/latest/reference/loki-http-api): newest first, as by default."""
    values = [[str(usec(t) * 1000), line] for t, line in stamped(log)][::-1]
    result = [{"stream": LABELS, "values": values}]
    return json.dumps({"status": "success", "data": {"resultType": "streams", "result": result}}).encode()


def elasticsearch_answer(log: bytes) -> bytes:
    """Elasticsearch's _search answer (elastic.co/guide, search API), printed with indents."""
    hits = [
        {
            "_index": "logs",
            "_id": str(i),
            "_source": {"@timestamp": t, "message": line, "kubernetes": {"pod": {"name": POD}}},
        }
        for i, (t, line) in enumerate(stamped(log))
    ]
    return json.dumps({"took": 3, "hits": {"total": {"value": len(hits)}, "hits": hits}}, indent=2).encode()


def array(indent: int | None) -> Form:
    """A JSON array of Fluent Bit's envelopes, in one line or with indents."""
    return lambda log: json.dumps(
        [{"log": line, "time": t, "kubernetes": KUBERNETES} for t, line in stamped(log)], indent=indent
    ).encode()


def array_by_line(log: bytes) -> bytes:
    """A JSON array with one element a line."""
    elements = [json.dumps({"_source": {"message": line, "@timestamp": t}}) for t, line in stamped(log)]
    return ("[\n" + ",\n".join(elements) + "\n]\n").encode()


def newest_first(make: Callable[[str, str], str]) -> Form:
    """What log stores give out unless asked not to (logcli query without --forward)."""
    return lambda log: "".join(make(t, line) + "\n" for t, line in [*stamped(log)][::-1]).encode()


def table(columns: list[str], row: Callable[[str, str], list[str]], *, quote_all: bool = False) -> Form:
    """A log store's table as CSV, newest first: `row(time, line)` has the cells."""

    def make(log: bytes) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL)
        writer.writerow(columns)
        writer.writerows([row(t, line) for t, line in stamped(log)][::-1])
        return out.getvalue().encode()

    return make


def document(make: Callable[[list[tuple[str, str]]], object], indent: int | None = None) -> Form:
    """One JSON document of all lines, newest first."""
    return lambda log: json.dumps(make([*stamped(log)][::-1]), indent=indent).encode()


def for_people(t: str, form: str) -> str:
    """A time as stores show it."""
    return datetime.fromisoformat(t[:26] + "+00:00").strftime(form)


def parsed(line: str) -> object:
    """A record as a store has it that decodes it; any other line as it is."""
    return json.loads(line) if line.startswith("{") else line


def cloud_logging(t: str, line: str) -> dict[str, object]:
    """An entry as `gcloud logging read --format json` prints it (cloud.google.com/logging/docs/reference/v2/rest)."""
    labels = {"container_name": "controller", "namespace_name": NAMESPACE, "pod_name": POD}
    payload = {"jsonPayload": parsed(line)} if line.startswith("{") else {"textPayload": line}
    return {"insertId": "x", **payload, "resource": {"labels": labels, "type": "k8s_container"}, "timestamp": t}


def logcli_labels() -> str:
    """Labels as logcli prints them."""
    return "{" + ", ".join(f'{k}="{v}"' for k, v in LABELS.items()) + "}"


WRAPPINGS: dict[str, Form] = {
    "kubectl-timestamps": lines(lambda t, line: f"{t} {line}"),
    "kubectl-prefix": lines(lambda _, line: f"[pod/{POD}/controller] {line}"),
    "kubectl-prefix-timestamps": lines(lambda t, line: f"[pod/{POD}/controller] {t} {line}"),
    "stern": lines(lambda _, line: f"{POD} controller {line}"),
    "stern-all-namespaces": lines(lambda _, line: f"{NAMESPACE} {POD} controller {line}"),
    "stern-timestamps": lines(lambda t, line: f"{POD} controller {t[:-1]}+00:00 {line}"),
    "stern-json": lines(
        lambda _, line: json.dumps(
            {
                "message": line,
                "nodeName": "node-1",
                "namespace": NAMESPACE,
                "podName": POD,
                "containerName": "controller",
            }
        )
    ),
    "kail": lines(lambda _, line: f"{NAMESPACE}/{POD}[controller]: {line}"),
    "cri": cri(),
    "cri-parts": cri(1000),
    "docker": docker(),
    "docker-parts": docker(1000),
    "journald-short": lines(lambda _, line: f"May 04 08:00:01 node-1 controller[1234]: {line}"),
    "journald-short-iso": lines(lambda t, line: f"{t[:19]}+0000 node-1 controller[1234]: {line}"),
    "journald-short-full": lines(lambda t, line: f"Mon {t[:10]} {t[11:19]} UTC node-1 controller[1234]: {line}"),
    "journald-json": lines(
        lambda t, line: json.dumps(
            {
                "__REALTIME_TIMESTAMP": str(usec(t)),
                "_HOSTNAME": "node-1",
                "CONTAINER_NAME": f"k8s_controller_{POD}_{NAMESPACE}_{UID}_0",
                "MESSAGE": line,
            }
        )
    ),
    "journald-json-bytes": lines(
        lambda t, line: json.dumps(
            {"__REALTIME_TIMESTAMP": str(usec(t)), "_HOSTNAME": "node-1", "MESSAGE": [*line.encode()]}
        )
    ),
    "syslog": lines(lambda t, line: f"<14>1 {t[:26]}Z node-1 controller 1234 - - {line}"),
    "logcli": lines(lambda t, line: f"{t[:19]}Z {logcli_labels()} {line}"),
    "logcli-no-labels": lines(lambda t, line: f"{t[:19]}Z {{}} {line}"),
    "logcli-jsonl": lines(lambda t, line: json.dumps({"labels": LABELS, "line": line, "timestamp": t})),
    "logcli-newest-first": newest_first(lambda t, line: f"{t[:19]}Z {logcli_labels()} {line}"),
    "kibana-newest-first": newest_first(lambda t, line: json.dumps({"_source": {"@timestamp": t, "message": line}})),
    "loki-answer": loki_answer,
    "elasticsearch-hits": lines(
        lambda t, line: json.dumps(
            {
                "_index": "logs",
                "_id": "1",
                "_source": {"@timestamp": t, "message": line, "kubernetes": {"pod": {"name": POD}}},
            }
        )
    ),
    "elasticsearch-answer": elasticsearch_answer,
    "kibana-fields": lines(
        lambda t, line: json.dumps(
            {"_index": "logs", "fields": {"@timestamp": [t], "message": [line], "kubernetes.pod.name": [POD]}}
        )
    ),
    "filebeat": lines(
        lambda t, line: json.dumps(
            {
                "@timestamp": t,
                "log": {"offset": 1, "file": {"path": "/x.log"}},
                "message": line,
                "kubernetes": {"pod": {"name": POD}},
            }
        )
    ),
    "fluent-bit": lines(
        lambda t, line: json.dumps(
            {"date": usec(t) / 1e6, "stream": "stdout", "logtag": "F", "log": line, "kubernetes": KUBERNETES}
        )
    ),
    "vector": lines(
        lambda t, line: json.dumps(
            {
                "file": f"/var/log/pods/{NAMESPACE}_{POD}_{UID}/controller/0.log",
                "kubernetes": {"pod_name": POD, "pod_namespace": NAMESPACE, "pod_node_name": "node-1"},
                "message": line,
                "source_type": "kubernetes_logs",
                "stream": "stdout",
                "timestamp": t,
            }
        )
    ),
    "array": array(None),
    "array-indented": array(2),
    "array-by-line": array_by_line,
    "grep-n": lambda log: b"".join(
        b"/var/log/pods/%s_%s_%s/controller/0.log:%d:%s\n" % (NAMESPACE.encode(), POD.encode(), UID.encode(), n, line)
        for n, line in enumerate(log.splitlines(), 1)
    ),
    "grep-of-cri": lambda log: b"".join(
        b"0.log:%d:%s\n" % (n, line) for n, line in enumerate(cri()(log).splitlines(), 1)
    ),
    "docker-compose": lines(lambda _, line: f"controller-1  | {line}"),
    "grep-n-of-one-file": lambda log: b"".join(b"%d:%s\n" % (n, line) for n, line in enumerate(log.splitlines(), 1)),
    "grep-with-context": lambda log: b"".join(
        b"controller-x.log%s%d%s%s\n" % ((b":", n, b":", line) if n % 3 else (b"-", n, b"-", line))
        for n, line in enumerate(log.splitlines(), 1)
    ),
    "time-of-its-own": lines(lambda t, line: f"{t[:10]} {t[11:23]}\t{line}"),
    "kubetail": lines(lambda _, line: f"[{POD} controller] {line}"),
    "fluentd-file": lines(
        lambda t, line: (
            f"{t[:19]}+00:00\tkubernetes.var.log.containers.{POD}_{NAMESPACE}_controller-{CONTAINER_ID}.log\t"
            + json.dumps({"log": line + "\n", "stream": "stdout"})
        )
    ),
    "plain-newest-first": newest_first(lambda _, line: line),
    "stern-newest-first": newest_first(lambda _, line: f"{POD} controller {line}"),
    "grafana-csv": table(["labels", "Time", "Line"], lambda t, line: [json.dumps(LABELS), t[:23] + "Z", line]),
    "kibana-csv": table(
        ["@timestamp", "kubernetes.pod.name", "message"],
        lambda t, line: [for_people(t, "%b %d, %Y @ %H:%M:%S.%f"), POD, line],
        quote_all=True,
    ),
    "azure-csv": table(
        ["TimeGenerated [UTC]", "PodName", "LogMessage"],
        lambda t, line: [for_people(t, "%m/%d/%Y, %I:%M:%S.%f %p"), POD, line],
    ),
    "grafana-json": document(
        lambda found: [{"line": line, "timestamp": str(usec(t) * 1000), "fields": LABELS} for t, line in found], 2
    ),
    "splunk-results": document(
        lambda found: {"preview": False, "results": [{"_raw": line, "_time": t, "host": "node-1"} for t, line in found]}
    ),
    "datadog": document(
        lambda found: {
            "data": [{"type": "log", "attributes": {"message": line, "timestamp": t}} for t, line in found],
            "meta": {},
        }
    ),
    "cloudwatch-insights": document(
        lambda found: {
            "results": [
                [{"field": "@timestamp", "value": t[:23].replace("T", " ")}, {"field": "@message", "value": line}]
                for t, line in found
            ],
            "status": "Complete",
        },
        4,
    ),
    "cloud-logging": document(lambda found: [cloud_logging(t, line) for t, line in found], 2),
    "elasticsearch-responses": document(
        lambda found: {
            "responses": [{"hits": {"hits": [{"_source": {"@timestamp": t, "message": line}} for t, line in found]}}]
        }
    ),
    "azure": lines(
        lambda t, line: json.dumps(
            {"TimeGenerated": t, "Computer": "node-1", "PodName": POD, "LogMessage": parsed(line), "LogSource": "x"}
        )
    ),
    "stern-extjson": lines(lambda _, line: json.dumps({"pod": POD, "container": "c", "message": parsed(line)})),
    "graylog": lines(lambda t, line: json.dumps({"version": "1.1", "short_message": line, "timestamp": usec(t) / 1e6})),
    "victorialogs": lines(lambda t, line: json.dumps({"_msg": line, "_time": t, "kubernetes.pod_name": POD})),
    "begins-as-an-answer": lines(lambda t, line: json.dumps({"status": "info", "timestamp": t, "message": line})),
    "cat-n": lambda log: b"".join(b"%6d\t%s\n" % (n, line) for n, line in enumerate(log.splitlines(), 1)),
    "jq": lambda log: b"".join(
        json.dumps(json.loads(line), indent=2).encode() + b"\n" if line.startswith(b"{") else line + b"\n"
        for line in log.splitlines()
    ),
}
"""Wrappings by name."""


def split_raw(log: bytes) -> bytes:
    """Lines cut at 16 KiB and more often, by a line feed in between: what copying through some terminals does."""
    return b"".join(
        b"\n".join(line[i : i + 4000] for i in range(0, len(line), 4000)) + b"\n" for line in log.splitlines()
    )


def wrapped(before: str = "", indent: str = "") -> Form:
    """What is copied from a terminal of 80 columns, which cuts a prefix and its line alike."""

    def make(log: bytes) -> bytes:
        found = (before + line for line in log.decode().splitlines())
        return "".join(f"{indent}{line[i : i + 80]}\n" for line in found for i in range(0, len(line), 80)).encode()

    return make


def inner_stamps(log: bytes) -> bytes:
    """`kubectl logs --timestamps` of old kubelets: the time again in front of each 16 KiB piece of a line."""
    out = []
    for t, text in stamped(log):
        line = text.encode()
        out.append(b"".join(t.encode() + b" " + line[i : i + (1 << 14)] for i in range(0, len(line), 1 << 14)) + b"\n")
    return b"".join(out)


DAMAGE: dict[str, Form] = {
    "crlf": lambda log: log.replace(b"\n", b"\r\n"),
    "bom": lambda log: b"\xef\xbb\xbf" + log,
    "utf-16-le": lambda log: b"\xff\xfe" + log.decode().replace("\n", "\r\n").encode("utf-16-le"),
    "utf-16-be": lambda log: b"\xfe\xff" + log.decode().encode("utf-16-be"),
    "utf-16-no-mark": lambda log: log.decode().encode("utf-16-le"),
    "ansi": lambda log: b"".join(b"\x1b[36m" + line + b"\x1b[0m\n" for line in log.splitlines()),
    "ansi-inside": lambda log: log.replace(b'"level":', b'\x1b[1;31m"level"\x1b[0m:').replace(
        b'"event":', b'\x1b[1m"event"\x1b[m:'
    ),
    "fence": lambda log: b"Hello, my controller says:\n\n```json\n" + log + b"```\n\nWhat is wrong?\n",
    "quote": lambda log: b"On Monday somebody wrote:\n" + b"".join(b"> " + line + b"\n" for line in log.splitlines()),
    "prose-before": lambda log: b"".join(b"here: " + line + b"\n" for line in log.splitlines()),
    "indented": lambda log: b"".join(b"    " + line + b"\n" for line in log.splitlines()),
    "nul": lambda log: b"\0" * 4096 + log.replace(b'"level":"error"', b'"level":\0"error"') + b"\0" * 100,
    "trailing-commas": lambda log: b"".join(line + b",\n" for line in log.splitlines()),
    "quoted": lambda log: b"".join(b"'" + line + b"'\n" for line in log.splitlines()),
    "csv": lambda log: b"message\n" + b"".join(b'"' + line.replace(b'"', b'""') + b'"\n' for line in log.splitlines()),
    "blank-lines": lambda log: log.replace(b"\n", b"\n\n"),
    "runs-of-blank-lines": lambda log: b"\n" * 99 + log.replace(b"\n", b"\n" * 40),
    "split-raw": split_raw,
    "wrapped": wrapped(),
    "wrapped-behind-a-prefix": wrapped(f"[pod/{POD}/controller] "),
    "wrapped-and-indented": wrapped(indent="    "),
    "wrapped-in-a-mail": wrapped(indent="> "),
    "html": lambda log: html.escape(log.decode()).encode(),
    "bent-quotes": lambda log: re.sub('"(?=\\w)', "\u201c", log.decode()).replace('"', "\u201d").encode(),
    "inner-stamps": inner_stamps,
    "invalid-utf-8": lambda log: log.replace(b'"level":"error"', b'"level":"error","x":"\xff\xfe"'),
    "no-last-line-feed": lambda log: log.rstrip(b"\n"),
}
"""Damage by name: each keeps what the log says."""
