"""Envelopes: JSON documents in which log stores and runtimes carry a line.

Tables of where the text, the writer and the time stand; a new store is a name in one of them. Names with dots stand
for nested ones as well as for flat ones that have the dots in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from loganalyzer.sources.origin import NOWHERE, Origin, origin_of_docker_name, origin_of_path
from loganalyzer.sources.wrappings import Unwrapped, origin_of_labels

Document = Mapping[str, Any]

NESTED: Final = ("_source", "fields", "result")
"""Elasticsearch's and Kibana's hits, Splunk's results: the envelope is one level deeper."""

TEXT: Final = (
    "log",
    "message",
    "MESSAGE",
    "line",
    "textPayload",
    "@message",
    "body",
    "_raw",
    "event.original",
)
"""Docker and Fluent Bit, Vector and filebeat and stern, journald, Loki, Cloud Logging, CloudWatch, OTLP, Splunk."""

POD: Final = (
    "kubernetes.pod_name",
    "kubernetes.pod.name",
    "podName",
    "pod_name",
    "resource.labels.pod_name",
    "k8s.pod.name",
    "pod",
)
CONTAINER: Final = (
    "kubernetes.container_name",
    "kubernetes.container.name",
    "containerName",
    "container_name",
    "resource.labels.container_name",
    "SYSLOG_IDENTIFIER",
)
NODE: Final = (
    "kubernetes.host",
    "kubernetes.pod_node_name",
    "kubernetes.node.name",
    "nodeName",
    "_HOSTNAME",
    "hostname",
    "host.name",
    "host",
)
NAMESPACE: Final = (
    "kubernetes.namespace_name",
    "kubernetes.pod_namespace",
    "kubernetes.namespace",
    "namespace",
    "resource.labels.namespace_name",
)
TIME: Final = ("time", "@timestamp", "timestamp", "__REALTIME_TIMESTAMP", "date", "_time")
FILE: Final = ("file", "filename", "filepath", "log.file.path", "path")

_DOCKER_KEYS: Final = frozenset({"log", "stream", "time", "attrs"})


def opened_envelope(document: Document) -> Unwrapped | None:
    """The line that an envelope carries; None where the document is none."""
    for name in NESTED:
        inner = document.get(name)
        if isinstance(inner, dict):
            found = opened_envelope(inner)
            if found is not None:
                return found._replace(
                    origin=found.origin.filled(_origin(document)), stamp=found.stamp or _stamp(document)
                )
    text = _text(document)
    if text is None:
        return None
    part = _part(document, text)
    pipe = document.get("stream")
    return Unwrapped(
        text.removesuffix(b"\n"),
        _origin(document),
        _stamp(document),
        part,
        pipe.encode("utf-8", "replace") if isinstance(pipe, str) else b"",
    )


def many(document: object) -> Iterator[Unwrapped] | None:
    """The lines of an answer that carries many: Loki's and Elasticsearch's APIs, arrays; None where it is none."""
    if isinstance(document, list):
        return (u for d in document if isinstance(d, dict) and (u := opened_envelope(d)) is not None)
    if not isinstance(document, dict):
        return None
    hits = _at(document, "hits.hits")
    if isinstance(hits, list):
        return many(hits)
    streams = _at(document, "data.result")
    streams = streams if isinstance(streams, list) else document.get("streams")
    return _loki(streams) if isinstance(streams, list) else None


def in_order(found: list[Unwrapped]) -> list[Unwrapped]:
    """Lines of an answer in the order of their times; stores give out the newest first unless asked not to."""
    if len(found) < 2 or not all(u.stamp for u in found):
        return found
    newest_first = found[0].stamp > found[-1].stamp
    return sorted(reversed(found) if newest_first else found, key=lambda u: u.stamp)


def _loki(streams: list[Any]) -> Iterator[Unwrapped]:
    """Loki's answer (https://grafana.com/docs/loki/latest/reference/loki-http-api/)."""
    for stream in streams:
        if not isinstance(stream, dict):
            continue
        origin = labelled(stream.get("stream"))
        values = stream.get("values")
        for value in values if isinstance(values, list) else ():
            line = loki_line(value, origin)
            if line is not None:
                yield line


def labelled(labels: object) -> Origin:
    """The writer that the labels of one of Loki's streams tell."""
    return origin_of_labels(_texts(labels)) if isinstance(labels, dict) else NOWHERE


def loki_line(value: object, origin: Origin) -> Unwrapped | None:
    """One value of a stream of Loki's: a time in nanoseconds and a line; None where it is none."""
    if isinstance(value, list) and len(value) >= 2 and isinstance(value[1], str):
        return Unwrapped(_bytes(value[1]).removesuffix(b"\n"), origin, _moment(value[0]))
    return None


def _text(document: Document) -> bytes | None:
    for name in TEXT:
        value = _at(document, name)
        if isinstance(value, list) and value:
            # Kibana's `fields` hold lists; journald gives what is no text as a list of bytes.
            if all(isinstance(v, int) and 0 <= v < 256 for v in value):
                return bytes(value)
            value = value[0]
        if isinstance(value, str):
            return _bytes(value)
    return None


def _part(document: Document, text: bytes) -> str:
    """`P` where the line goes on in the next one, by the flags of Docker, Fluent Bit, Fluentd, Vector, journald."""
    if document.keys() <= _DOCKER_KEYS and len(document) >= 3:
        # Docker's json-file ends every line with its line feed, and each of its 16 KiB pieces without one.
        return "F" if text.endswith(b"\n") else "P"
    flag = document.get("logtag") or document.get("_p")
    if flag in ("P", "F"):
        return str(flag)
    if document.get("partial_last") is not None:
        return "F" if str(document["partial_last"]).lower() == "true" else "P"
    if any(
        str(document.get(k)).lower() == "true" for k in ("_partial", "partial_message", "CONTAINER_PARTIAL_MESSAGE")
    ):
        return "P"
    return "F"


def _origin(document: Document) -> Origin:
    labels = document.get("labels")
    found = origin_of_labels(_texts(labels)) if isinstance(labels, dict) and "line" in document else NOWHERE
    docker = document.get("CONTAINER_NAME")
    if isinstance(docker, str):
        found = found.filled(origin_of_docker_name(docker))
    named = Origin(*(_first(document, names) for names in (POD, CONTAINER, NODE, NAMESPACE)))
    found = found.filled(named)
    return found if found.pod else found.filled(origin_of_path(_first(document, FILE)))


def _first(document: Document, names: tuple[str, ...]) -> str:
    for name in names:
        value = _at(document, name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value:
            return value
    return ""


def _at(document: Document, name: str) -> object:
    if name in document:
        return document[name]
    value: object = document
    for step in name.split("."):
        if not isinstance(value, dict):
            return None
        value = value.get(step)
    return value


def _stamp(document: Document) -> bytes:
    for name in TIME:
        value = document.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if value is not None:
            return _moment(value)
    return b""


_UNITS: Final = ((19, 9), (16, 6), (13, 3))
"""Digits of a time since 1970 in nano-, micro- and milliseconds, and the decimals that these are."""


def _moment(value: object) -> bytes:
    """A time as RFC 3339 or as seconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return b""
    text = str(value)
    if text.isdigit():
        for digits, decimals in _UNITS:
            if len(text) >= digits:
                return f"{text[:-decimals]}.{text[-decimals:]}".encode()
    return text[:64].encode("utf-8", "replace")


def _texts(labels: Document) -> dict[str, str]:
    return {k: v for k, v in labels.items() if isinstance(v, str)}


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
