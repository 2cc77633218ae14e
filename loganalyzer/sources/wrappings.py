"""The prefixes that tools put before a line: one table, each with what it tells.

An entry's pattern is matched at the line's beginning; what follows the match is the line that was wrapped, and may
be wrapped again. Named groups are data: `pod`, `container`, `node`, `namespace`, `time`, `file`, `labels`, and
`part` (`P`: the line goes on in the next one of its writer). A new prefix is one entry.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import repeat
from typing import Final, NamedTuple

from msgspec import Struct

from loganalyzer.sources.origin import NOWHERE, Origin, origin_of_docker_name, origin_of_path

PLAIN: Final = (b'{"caller":"', b'{"level":"', b'{"branch":"', b'{"annotation":', b'{"IPAdvertisement":')
"""How a line of MetalLB begins that nothing was put before: all but a handful of them."""

RECORD: Final = (b'{"caller":"', b'{"level":"')
"""What stands nowhere in a record but at its beginning: quotes inside one are escaped."""


DEEPEST: Final = 5
"""Wrappings around one line that are taken off: more than any chain of tools puts there."""

HEAD: Final = 4096
"""Bytes of a record among which the names are that tell it from an envelope."""


def all_plain(batch: list[bytes]) -> bool:
    """Whether a batch has nothing but whole lines of MetalLB; at the speed of C."""
    return False not in map(bytes.startswith, batch, repeat(PLAIN)) and False not in map(
        bytes.endswith, batch, repeat(b"}")
    )


def end_of_run(batch: list[bytes], at: int) -> int:
    """Where the run of whole lines of MetalLB, or of empty lines, ends that begins here; `at` where none does."""
    if not batch[at]:
        return next((i for i in range(at, len(batch)) if batch[i]), len(batch))
    end = at
    while end < len(batch) and batch[end].startswith(PLAIN) and batch[end].endswith(b"}"):
        end += 1
    return end


def is_envelope(text: bytes) -> bool:
    """Whether a line that begins with a level is a log store's, whose first key that is by chance."""
    return text.startswith(b'{"level":"') and b'"msg":' not in text[:HEAD] and b'"caller":' not in text[:HEAD]


def is_klog(text: bytes) -> bool:
    """Whether a line begins as one of klog's does."""
    return len(text) > 5 and text[:1] in b"IWEF" and text[1:5].isdigit()


def may_go_on(text: bytes) -> bool:
    """Whether a line may be the rest of one that broke off: it begins like nothing else."""
    if not text.strip() or text == b"{":
        return False
    return not text.startswith((b'{"', b"[pod/", b"panic: ", b"```")) and not is_klog(text)


class Prefix(Struct, frozen=True):
    """One form: its name for people, and how it is recognised."""

    name: str
    pattern: re.Pattern[bytes]

    @property
    def is_time_alone(self) -> bool:
        """Whether it may be the beginning of another form that begins with a time."""
        return self.name == "kubectl logs --timestamps"

    @staticmethod
    def time(found: re.Match[bytes]) -> bytes:
        """The time that it tells, with a point and, where it names UTC, `Z`; empty where it tells none."""
        groups = found.groupdict()
        return (groups.get("time") or b"").replace(b",", b".") + (b"Z" if groups.get("utc") else b"")


class Unwrapped(NamedTuple):
    """A line without one wrapping: the text, who wrote it, when (empty: unknown), whether it goes on, and which pipe.

    `part` is `P` where the next line of the same writer and pipe continues this one, `F` where it is the last
    part, empty where the wrapping knows no parts.
    """

    text: bytes
    origin: Origin
    stamp: bytes
    part: str = ""
    pipe: bytes = b""

    @property
    def is_plain(self) -> bool:
        """Whether nothing more is to be taken off: a line of MetalLB's begins here."""
        return self.text.startswith(PLAIN) and not is_envelope(self.text)


_DAY: Final = rb"\d{4}-\d\d-\d\d"
_CLOCK: Final = rb"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ZONE: Final = rb"(?:Z|[+-]\d\d:?\d\d)"
_TIME: Final = rb"(?P<time>" + _DAY + rb"T" + _CLOCK + _ZONE + rb")"
_NAME: Final = rb"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"
_POD: Final = rb"(?P<pod>[a-z0-9][a-z0-9.]{0,251}-[a-z0-9.-]{1,251})"
_CONTAINER: Final = rb"(?P<container>[a-z0-9][a-z0-9-]{0,62})"
_STARTS: Final = rb"\{\"|[IWEF]\d{4} \d\d:\d\d:|" + _DAY + rb"T\d\d:|panic: |goroutine \d|\[pod/|struct \{ Version"
_BEGINS: Final = rb"(?=" + _STARTS + rb")"
"""What a wrapped line begins with; asked for where a prefix could be ordinary text."""


TABLE: Final[tuple[tuple[str, bytes], ...]] = (
    # https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
    ("CRI", _TIME + rb" (?P<pipe>stdout|stderr) (?P<part>[PF])(?::[A-Za-z0-9:]*)? "),
    ("CRI, blank", _TIME + rb" (?P<pipe>stdout|stderr) (?P<part>[PF])\Z"),
    ("kubectl logs --prefix", rb"\[pod/(?P<pod>[^/\]\s]{1,253})/" + _CONTAINER + rb"\] ?"),
    ("logcli", _TIME + rb"\s+(?P<labels>\{(?:[A-Za-z_]\w*=\"(?:[^\"\\]|\\.)*\"(?:, ?)?)*\})\s+"),
    ("kubectl logs --timestamps", _TIME + rb"(?: |\Z)"),
    # What Grafana's Explore saves as text, and any program that puts its own time before a line.
    ("time", rb"\[?(?P<time>" + _DAY + rb"[T ]" + _CLOCK + _ZONE + rb"?)\]?[ \t]+" + _BEGINS),
    ("fluentd, out_file", _TIME + rb"\t(?:\S{0,253}containers\.)?(?P<file>\S{1,4096})\t(?=\{\")"),
    ("kubetail", rb"\[" + _POD + rb"(?: " + _CONTAINER + rb")?\] " + _BEGINS),
    ("kail", rb"(?P<namespace>" + _NAME + rb")/(?P<pod>" + _NAME + rb")\[" + _CONTAINER + rb"\]: "),
    (
        "stern",
        rb"(?:(?P<namespace>"
        + _NAME
        + rb") )?"
        + _POD
        + rb" "
        + _CONTAINER
        + rb" (?:\d\d-\d\d \d\d:\d\d:\d\d )?"
        + _BEGINS,
    ),
    (
        "journald, short",
        rb"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,6})? (?P<node>\S{1,253}) "
        rb"(?P<ident>[^\s:\[]{1,253})(?:\[\d+\])?: ",
    ),
    (
        "journald, short-full",
        rb"[A-Z][a-z]{2} (?P<time>"
        + _DAY
        + rb" "
        + _CLOCK
        + rb") (?P<utc>UTC) (?P<node>\S{1,253}) (?P<ident>[^\s:\[]{1,253})(?:\[\d+\])?: ",
    ),
    ("journald, short-iso", _TIME + rb" (?P<node>[^\s{]\S{0,252}) (?P<ident>[^\s:\[]{1,253})(?:\[\d+\])?: "),
    (
        "syslog, RFC 5424",
        rb"<\d{1,3}>1 " + _TIME + rb" (?P<node>\S{1,253}) (?P<ident>\S{1,253}) \S+ \S+ (?:-|\[.*?\]) ",
    ),
    ("syslog, RFC 3164", rb"<\d{1,3}>(?=[A-Z][a-z]{2} [ \d]\d )"),
    ("docker compose", rb"(?P<container>[\w.-]{1,128}) +\| " + _BEGINS),
    ("line numbers", rb" *\d{1,12}(?:[:\t-] ?| {1,2})" + _BEGINS),
    # Behind -A, -B or -C a hyphen stands where a line does not match; ripgrep tells the column, too.
    ("grep -n", rb"(?P<file>(?:[A-Za-z]:)?[^\s:{}\"]{1,4096}?)(?::(?:\d+:){0,2}|-(?:\d+-)?)" + _BEGINS),
    ("quote", rb"(?:> ?)+|\| (?=\{\")|\s+(?=\{\")|(?:[`\"'\x1e]|data: |\xe2\x80[\x98\x9c])(?=\{\")"),
)
"""Tried in this order, the one that fitted last first.

journald's short-iso comes before `--timestamps` by its test below.
"""

_OF_ANY: Final = tuple((name, pattern) for name, pattern in TABLE if _BEGINS not in pattern)
"""Those that may stand before any text."""

_LABEL: Final = rb"([A-Za-z_]\w*)=\"((?:[^\"\\]|\\.)*)\""
_ORIGINS_KEPT: Final = 4096


@cache
def _prefix(name: str) -> Prefix:
    """An entry of the table; compiled for the first line that may have it: most logs have one form."""
    return Prefix(name, re.compile(dict(TABLE)[name]))


@cache
def _any_of(table: tuple[tuple[str, bytes], ...]) -> re.Pattern[bytes]:
    """All of them in one, nameless: what a line without a prefix is asked where most lines have none."""
    return re.compile(b"|".join(re.sub(rb"\?P<\w+>", b"?:", pattern) for _, pattern in table))


_MISSES: Final = 64
"""Lines without a prefix after which it pays to ask for all prefixes at once."""


class Prefixes:
    """Takes prefixes off lines; remembers which one fitted, `last`, and the writers that it has met."""

    __slots__ = ("_missed", "_origins", "last")

    def __init__(self) -> None:
        self.last: Prefix | None = None
        self._missed = 0
        self._origins: dict[tuple[bytes | None, ...], Origin] = {}

    def strip(self, line: bytes) -> Unwrapped | None:
        """The line without its outermost prefix; None where it has none."""
        last = self.last
        found = last.pattern.match(line) if last is not None else None
        if found is None or last is None or last.is_time_alone:
            found = self._find(line)
            if found is None:
                return None
        groups = found.groupdict()
        part = groups.get("part")
        return Unwrapped(
            line[found.end() :],
            self._origin(groups),
            Prefix.time(found),
            part.decode() if part else "",
            groups.get("pipe") or b"",
        )

    def _find(self, line: bytes) -> re.Match[bytes] | None:
        # Lines of other programs have nothing that could begin a line of MetalLB's.
        table = TABLE if re.search(_STARTS, line) else _OF_ANY
        if self._missed >= _MISSES and _any_of(table).match(line) is None:
            return None
        for name, _ in table:
            prefix = _prefix(name)
            found = prefix.pattern.match(line)
            if found is None:
                continue
            if prefix.is_time_alone:
                # A host and a program behind the time, and a record behind them: journald's short-iso.
                iso = _prefix("journald, short-iso")
                longer = iso.pattern.match(line)
                if longer is not None and line[longer.end() : longer.end() + 1] in (
                    b"{",
                    b"I",
                    b"W",
                    b"E",
                    b"F",
                    b"p",
                    b"g",
                ):
                    prefix, found = iso, longer
            self.last = prefix
            return found
        self._missed += 1
        return None

    def _origin(self, groups: dict[str, bytes | None]) -> Origin:
        key = tuple(groups.get(name) for name in ("pod", "container", "node", "namespace", "file", "labels", "ident"))
        if not any(key):
            return NOWHERE
        known = self._origins.get(key)
        if known is None:
            if len(self._origins) >= _ORIGINS_KEPT:
                self._origins.clear()
            known = self._origins[key] = _made(groups)
        return known


def _made(groups: dict[str, bytes | None]) -> Origin:
    def text(name: str) -> str:
        return (groups.get(name) or b"").decode("utf-8", "replace")

    named = Origin(text("pod"), text("container"), text("node"), text("namespace"), text("file"))
    if named.file:
        return origin_of_path(named.file).filled(named)
    if groups.get("labels"):
        labels = {k.decode(): v.decode("utf-8", "replace") for k, v in re.findall(_LABEL, groups["labels"] or b"")}
        return origin_of_labels(labels)
    if groups.get("ident"):
        ident = text("ident")
        return origin_of_docker_name(ident).filled(named).filled(Origin(container=ident))
    return named


def origin_of_labels(labels: dict[str, str]) -> Origin:
    """What the labels of a log store tell (https://grafana.com/docs/loki/latest/get-started/labels/)."""

    def first(*names: str) -> str:
        return next((labels[n] for n in names if labels.get(n)), "")

    path = origin_of_path(labels.get("filename", ""))
    return Origin(
        first("pod", "pod_name", "k8s_pod_name", "kubernetes_pod_name", "instance"),
        first("container", "container_name", "k8s_container_name"),
        first("node_name", "node", "k8s_node_name", "host", "hostname"),
        first("namespace", "namespace_name", "k8s_namespace_name"),
    ).filled(path)
