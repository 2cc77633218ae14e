"""Envelopes: JSON documents in which log stores and runtimes carry a line.

Tables of where the text, the writer and the time stand; a new store is a name in one of them. Names with dots stand
for nested ones as well as for flat ones that have the dots in them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from loganalyzer.sources.moments import comparable, moment_of
from loganalyzer.sources.objects import is_object
from loganalyzer.sources.origin import NOWHERE, Origin, origin_of_docker_name, origin_of_path
from loganalyzer.sources.wrappings import Unwrapped, origin_of_labels

Document = Mapping[str, Any]

NESTED: Final = ("_source", "fields", "result", "attributes", "event")
"""Elasticsearch's and Kibana's hits, Splunk's results, Datadog's: the envelope is one level deeper."""

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
    "event",
    "LogMessage",
    "LogEntry",
    "Line",
    "_msg",
    "full_message",
    "short_message",
    "body.text",
    "Body",
    "Content",
)
"""Docker and Fluent Bit, Vector and filebeat and stern, journald, Loki, Cloud Logging, CloudWatch, OTLP, Splunk,
Azure's ContainerLogV2 and ContainerLog, Grafana, VictoriaLogs, Graylog, Elasticsearch's OTLP, Datadog's table."""

PARSED: Final = ("jsonPayload", "message", "log", "LogMessage", "json", "event", "structured", *NESTED)
"""Where a record stands as JSON, not as a text: Cloud Logging, stern's `extjson`, Azure, Elasticsearch, Splunk."""

MANY: Final = ("results", "events", "logEvents", "entries", "messages", "data")
"""Arrays of envelopes: Splunk's and CloudWatch Insights', CloudWatch's, Cloud Logging's, Graylog's, Datadog's."""

POD: Final = (
    "kubernetes.pod_name",
    "kubernetes.pod.name",
    "podName",
    "pod_name",
    "resource.labels.pod_name",
    "k8s.pod.name",
    "resource.k8s.pod.name",
    "resource.attributes.k8s.pod.name",
    "pod",
    "PodName",
)
CONTAINER: Final = (
    "kubernetes.container_name",
    "kubernetes.container.name",
    "containerName",
    "container_name",
    "resource.labels.container_name",
    "SYSLOG_IDENTIFIER",
    "ContainerName",
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
    "Computer",
)
NAMESPACE: Final = (
    "kubernetes.namespace_name",
    "kubernetes.pod_namespace",
    "kubernetes.namespace",
    "namespace",
    "resource.labels.namespace_name",
    "PodNamespace",
)
TIME: Final = (
    "time",
    "@timestamp",
    "timestamp",
    "__REALTIME_TIMESTAMP",
    "date",
    "_time",
    "tsNs",
    "TimeGenerated",
    "Time",
)
FILE: Final = ("file", "filename", "filepath", "log.file.path", "path")

_DOCKER_KEYS: Final = frozenset({"log", "stream", "time", "attrs"})
_TRUE_FLAGS: Final = ("_partial", "partial_message", "CONTAINER_PARTIAL_MESSAGE")
_FLAGS: Final = frozenset({"logtag", "_p", "partial_last", *_TRUE_FLAGS})

DEEPEST: Final = 5
"""Envelopes in an envelope: more than any chain of tools makes."""

_KEPT: Final = 4 << 20
"""Bytes of what is remembered of envelopes, about."""


def is_record(document: Container[str]) -> bool:
    """Whether a document with these keys is a record itself."""
    return "caller" in document or all(name in document for name in ("level", "msg", "ts"))


class Kind:
    """What documents with the same keys have: the names that may tell the line, its time, and its writer."""

    __slots__ = (
        "docker",
        "files",
        "flagged",
        "labelled",
        "nested",
        "origins",
        "parsed",
        "record",
        "texts",
        "times",
        "told",
    )

    def __init__(self, keys: Iterable[str]) -> None:
        names = frozenset(keys)

        def here(table: Iterable[str]) -> tuple[str, ...]:
            return tuple(n for n in table if n in names or n.partition(".")[0] in names)

        self.nested = here(NESTED)
        self.parsed = here(PARSED)
        self.texts = here(TEXT)
        self.times = tuple(n for n in TIME if n in names)
        self.docker = names <= _DOCKER_KEYS and len(names) >= 3
        self.flagged = not names.isdisjoint(_FLAGS)
        self.record = is_record(names)
        self.labelled = names >= {"labels", "line"}
        self.files = here(FILE)
        of_writer = {n if n in names else n.partition(".")[0] for n in here((*POD, *CONTAINER, *NODE, *NAMESPACE))}
        self.told = tuple(sorted(of_writer | names & {"CONTAINER_NAME"} | ({"labels"} if self.labelled else set())))
        self.origins: dict[bytes, Origin] = {}


class Envelopes:
    """Opens envelopes.

    Which names matter is asked once for all documents with the same keys, and who a writer is once for all that tell
    the same of it.
    """

    __slots__ = ("_kept", "_kinds")

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, ...], Kind] = {}
        self._kept = 0

    def carried(self, document: object) -> Unwrapped | None:
        """The line that a document carries; None for one that speaks for itself, as Events and records do."""
        if isinstance(document, list):
            document = row_of(document)
        if not isinstance(document, dict) or self.kind(document).record or is_object(document):
            return None
        return self.opened(document)

    def opened(self, document: Document, depth: int = 0) -> Unwrapped | None:
        """The line that an envelope carries; None where the document is none."""
        kind = self.kind(document)
        text = record_of(document, kind.parsed)
        for name in kind.nested if text is None else ():
            inner = document.get(name)
            found = self.opened(inner, depth + 1) if isinstance(inner, dict) and depth < DEEPEST else None
            if found is not None:
                outer = self.origin(document, kind)
                origin = found.origin if outer is NOWHERE else found.origin.filled(outer)
                return found._replace(origin=origin, stamp=found.stamp or stamp_of(document, kind.times))
        if text is None:
            text = text_of(document, kind.texts)
        if text is None:
            return None
        part = part_of(document) if kind.flagged else "F"
        if kind.docker and not text.endswith(b"\n"):
            # Docker's json-file ends every line with its line feed, and each of its 16 KiB pieces without one.
            part = "P"
        pipe = document.get("stream")
        return Unwrapped(
            text.removesuffix(b"\n"),
            self.origin(document, kind),
            stamp_of(document, kind.times),
            part,
            pipe.encode("utf-8", "replace") if isinstance(pipe, str) else b"",
        )

    def many(self, document: object) -> Iterator[Unwrapped] | None:
        """The lines of an answer that carries many: Loki's and Elasticsearch's APIs, arrays; None where it is none."""
        if isinstance(document, list):
            return (u for d in document if (u := self.carried(d)) is not None)
        if not isinstance(document, dict):
            return None
        hits = _at(document, "hits.hits") or next((v for n in MANY if isinstance(v := document.get(n), list)), None)
        if isinstance(hits, list):
            return self.many(hits)
        streams = _at(document, "data.result")
        streams = streams if isinstance(streams, list) else document.get("streams")
        return _loki(streams) if isinstance(streams, list) else None

    def kind(self, document: Document) -> Kind:
        """What documents with its keys have."""
        keys = tuple(document)
        found = self._kinds.get(keys)
        if found is None:
            found = Kind(k for k in keys if isinstance(k, str))
            self._keep(sum(len(str(k)) for k in keys))
            self._kinds[keys] = found
        return found

    def origin(self, document: Document, kind: Kind) -> Origin:
        """Who wrote what it carries."""
        found = self.named(document, kind) if kind.told else NOWHERE
        if found.pod or not kind.files:
            return found
        path = first_of(document, kind.files)
        return found.filled(origin_of_path(path)) if path else found

    def named(self, document: Document, kind: Kind) -> Origin:
        """What an envelope says of its writer, but for the file's path."""
        try:
            told = orjson.dumps([document.get(name) for name in kind.told])
        except TypeError:
            # YAML has values that JSON has not.
            return _origin(document, labelled=kind.labelled)
        found = kind.origins.get(told)
        if found is None:
            found = _origin(document, labelled=kind.labelled)
            self._keep(len(told))
            kind.origins[told] = found
        return found

    def _keep(self, size: int) -> None:
        """Makes room for something of that size; starts anew where it would be too much."""
        self._kept += size + 512
        if self._kept > _KEPT:
            self._kinds.clear()
            self._kept = 0


def in_order(found: list[Unwrapped]) -> list[Unwrapped]:
    """Lines of an answer in the order of their times; stores give out the newest first unless asked not to."""
    if len(found) < 2 or not all(comparable(u.stamp) for u in found):
        return found
    newest_first = comparable(found[0].stamp) > comparable(found[-1].stamp)
    return sorted(reversed(found) if newest_first else found, key=lambda u: comparable(u.stamp))


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
        return Unwrapped(encoded(value[1]).removesuffix(b"\n"), origin, moment_of(value[0]))
    return None


def record_of(document: Document, names: tuple[str, ...]) -> bytes | None:
    """The record that stands as JSON under the first of these names that has one; None where none has."""
    for name in names:
        value = document.get(name)
        if isinstance(value, dict) and ("caller" in value or ("level" in value and "msg" in value)):
            return orjson.dumps(value)
    return None


def row_of(fields: list[Any]) -> Document | None:
    """A row of CloudWatch Insights, a list of fields, as a document; None where it is none."""
    if not fields or not all(isinstance(f, dict) and isinstance(f.get("field"), str) for f in fields):
        return None
    return {f["field"]: f.get("value") for f in fields}


def text_of(document: Document, names: tuple[str, ...]) -> bytes | None:
    """The text under the first of these names that has one; None where none has."""
    for name in names:
        value = _at(document, name)
        if isinstance(value, list) and value:
            # Kibana's `fields` hold lists; journald gives what is no text as a list of bytes.
            if isinstance(value[0], int):
                try:
                    return bytes(value)
                except (TypeError, ValueError):
                    continue
            value = value[0]
        if isinstance(value, str):
            return encoded(value)
    return None


def part_of(document: Document) -> str:
    """`P` where the line goes on in the next one, by the flags of Fluent Bit, Fluentd, Vector, journald."""
    flag = document.get("logtag") or document.get("_p")
    if flag in ("P", "F"):
        return str(flag)
    if document.get("partial_last") is not None:
        return "F" if str(document["partial_last"]).lower() == "true" else "P"
    return "P" if any(str(document.get(k)).lower() == "true" for k in _TRUE_FLAGS) else "F"


def _origin(document: Document, *, labelled: bool) -> Origin:
    labels = document.get("labels")
    found = origin_of_labels(_texts(labels)) if isinstance(labels, dict) and labelled else NOWHERE
    docker = document.get("CONTAINER_NAME")
    if isinstance(docker, str):
        found = found.filled(origin_of_docker_name(docker))
    found = found.filled(Origin(*(first_of(document, names) for names in (POD, CONTAINER, NODE, NAMESPACE))))
    return NOWHERE if found == NOWHERE else found


def first_of(document: Document, names: tuple[str, ...]) -> str:
    """The first text under these names; empty where there is none."""
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


def stamp_of(document: Document, names: tuple[str, ...]) -> bytes:
    """The time under the first of these names that has one; empty where none has."""
    for name in names:
        value = document.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if value is not None:
            return moment_of(value)
    return b""


def _texts(labels: Document) -> dict[str, str]:
    return {k: v for k, v in labels.items() if isinstance(v, str)}


def encoded(text: str) -> bytes:
    """The text's bytes, whatever JSON's escapes have put into it."""
    return text.encode("utf-8", "surrogatepass")
