"""The tables and their columns: what docs/tables.md lists and every form of a table has."""

from __future__ import annotations

from typing import Final

from loganalyzer.tables.columns import Column, Kind, Table

SERVICE: Final = (
    Column("service", "text", "`namespace/name`; missing where the log does not tell"),
    Column("namespace", "text", "its namespace"),
)
_HISTORY: Final = Column("history", "whole", "number of the controller's history, from 0")


def _at(what: str, prefix: str = "") -> tuple[Column, ...]:
    return (
        Column(f"{prefix}input", "text", f"input of {what}"),
        Column(f"{prefix}line", "whole", f"line of {what}"),
        Column(f"{prefix}ts", "time", f"time of {what}"),
    )


def _span(first: str, last: str, begins: str, ends: str) -> tuple[Column, ...]:
    return (*_at(begins, f"{first}_"), *_at(ends, f"{last}_"))


def _texts(*named: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, "text", says) for name, says in named)


def _column(name: str, kind: Kind, says: str) -> Column:
    return Column(name, kind, says)


_EPISODE: Final = _column("episode", "whole", "number of the episode: its place in the document's `failures`, from 0")
_CAUSE: Final = (
    *_texts(
        ("error", "MetalLB's error text"),
        ("rule", "code of the primary cause; missing where the log does not carry it"),
        ("certainty", "`proven`, `partial` or `unknown`"),
        ("address", "address that decided"),
        ("pool", "its pool"),
        ("holders", "services on it then, separated by `, `"),
    ),
)

_TABLES: Final = (
    Table(
        "events",
        "one event that a line means",
        (
            *_at("the event"),
            *_texts(("event", "its name, as in `loganalyzer.parser.events`")),
            SERVICE[0],
            *_texts(("detail", "what it says")),
        ),
    ),
    Table(
        "attempts",
        "one failed attempt of a service to get an address",
        (
            *_at("the attempt's error"),
            *SERVICE,
            *_CAUSE,
            _EPISODE,
            _column("count", "whole", "attempts that the row stands for: 1, or more where only Events tell of them"),
        ),
    ),
    Table(
        "episodes",
        "one episode: a run of a service's attempts with the same error and cause",
        (
            _EPISODE,
            *SERVICE,
            *_CAUSE,
            *_texts(("name", "name of the rule"), ("pools", "pools in which MetalLB looked, separated by `, `")),
            *_span("first", "last", "its first attempt", "its last attempt"),
            *_at("the end: an address, a deletion, the next episode, or the log's last line", "until_"),
            _column("seconds", "number", "from its first attempt to its end, in seconds; never negative"),
            _column("attempts", "whole", "how many attempts"),
            *_texts(("ended", "`allocated`, `deleted`, `not-load-balancer`, `changed`; missing: still failing")),
            *_at("the address that ended it", "resolved_"),
            *_texts(("resolved_addresses", "addresses that it got, separated by `, `")),
            _column("candidates", "whole", "rows of `candidates` that it has"),
            _column("candidates_omitted", "whole", "candidates left out of the document"),
        ),
    ),
    Table(
        "candidates",
        "a run of addresses that an episode's last attempt might have got, and that one rule blocks alike",
        (
            _EPISODE,
            *SERVICE,
            *_texts(
                ("pool", "pool of the addresses"),
                ("addresses", "`first` or `first-last`"),
                ("rule", "rule that blocks them"),
                ("holders", "services on them, separated by `, `"),
                ("violations", "every rule that they would break, separated by `, `"),
            ),
            _column("size", "number", "how many addresses"),
        ),
    ),
    Table(
        "allocations",
        "one service's hold of one address, under the same ports and keys",
        (
            _HISTORY,
            *SERVICE,
            *_texts(("address", "the address"), ("family", "`ipv4` or `ipv6`"), ("pool", "its pool")),
            *_span("since", "until", "the line that shows it first", "the line that ended it, or the last one"),
            _column("seconds", "number", "how long, in seconds; never negative"),
            *_texts(
                ("why", "why it ended, see below"),
                ("reason", "MetalLB's reason, where a line gave one"),
                ("ports", "its ports there, `TCP/80, TCP/443`; missing: not in the log"),
                ("sharing_key", "value of `allow-shared-ip`"),
                ("backend_key", "selector under `externalTrafficPolicy: Local`"),
            ),
            _column("kept", "yes", "taken over from the service's status, not newly allocated"),
        ),
    ),
    Table(
        "waits",
        "one service without an address, from its first failed attempt to the end of that",
        (
            _HISTORY,
            *SERVICE,
            *_texts(("error", "last error text"), ("rule", "cause of its last attempt")),
            *_span("since", "until", "the first failed attempt", "the line that ended it, or the last one"),
            _column("seconds", "number", "how long, in seconds; never negative"),
            _column("attempts", "whole", "how many attempts failed"),
            *_texts(
                ("why", "why it ended, see below"),
                ("addresses", "addresses that it got, separated by `, `"),
                ("pool", "pool of these, or of the last attempt's cause"),
                ("removal", "what made room, see below; missing where the log does not tell"),
                ("removed_by", "service or pool whose change that was"),
            ),
            *_at("that change", "removed_"),
            _column("removed_after", "number", "seconds from the first failed attempt to that change"),
        ),
    ),
    Table(
        "first_addresses",
        "one service that was seen to ask for an address for the first time, or to get one where no dump shows it",
        (
            _HISTORY,
            *SERVICE,
            *_span("asked", "got", "the line that first shows it", "the line that gave it an address"),
            _column("seconds", "number", "seconds from one to the other; missing: none by the end"),
        ),
    ),
    Table(
        "announcements",
        "one episode of a service's addresses on one speaker",
        (
            *SERVICE,
            *_texts(
                ("node", "node of the speaker"),
                ("protocol", "`layer2` or `bgp`"),
                ("addresses", "addresses, separated by `, `"),
                ("state", "`announced`, `withdrawn` or `skipped`"),
                ("rule", "why, as a code"),
                ("reason", "MetalLB's reason"),
            ),
            *_span("first", "last", "the line that began it", "the last line that shows it"),
            _column("until_ts", "time", "time of the line that ended it, or of the speaker's last line"),
            _column("current", "yes", "it stands at the end"),
        ),
    ),
    Table(
        "sessions",
        "one BGP session of one speaker",
        (
            *_texts(
                ("peer", "name of the peer"),
                ("address", "its address"),
                ("node", "node of the speaker"),
                ("state", "how it stands at the end"),
                ("rule", "why it is down, as a code"),
                ("reason", "MetalLB's reason"),
            ),
            _column("local_asn", "whole", "own autonomous system"),
            _column("peer_asn", "whole", "the peer's"),
            *_span("first", "last", "its first line", "its last line"),
            _column("since_ts", "time", "time since which it stands so"),
            _column("changes", "whole", "how often it went up or down"),
            _column("drops", "whole", "how often it went down"),
            _column("refusals", "whole", "how often it was refused"),
        ),
    ),
    Table(
        "pool_use",
        "one change of how many addresses of a pool are in use",
        (
            _HISTORY,
            *_at("the change"),
            *_texts(("pool", "the pool"), ("family", "`ipv4` or `ipv6`")),
            _column("used", "whole", "addresses in use from here on"),
            _column("size", "number", "addresses that the pool can hand out; 0: it is gone"),
        ),
    ),
    Table(
        "unused",
        "one pool and family as configured at the end, and what of it no service ever held",
        (
            _HISTORY,
            *_texts(("pool", "the pool"), ("family", "`ipv4` or `ipv6`")),
            _column("count", "number", "addresses that it can hand out and never did"),
            *_texts(("addresses", "the first runs of them, `first` or `first-last`, separated by `, `")),
        ),
    ),
    Table(
        "marks",
        "something that concerns all services",
        (
            _HISTORY,
            *_at("it"),
            *_texts(("what", "`started`, `stopping`, `crashed`, `configured` or `rejected`"), ("text", "as told")),
        ),
    ),
    Table(
        "inputs",
        "one input",
        (
            *_texts(
                ("input", "its name"),
                ("component", "`controller`, `speaker`, `mixed` or `unknown`"),
                ("version", "MetalLB's version"),
                ("level", "level of the log"),
            ),
            *(_column(n, "whole", f"its {n}") for n in ("lines", "records", "unparsed", "objects")),
            _column("first_ts", "time", "time of its first record"),
            _column("last_ts", "time", "time of its last record"),
        ),
    ),
)

TABLES: Final = {table.name: table for table in _TABLES}
"""By name, in the order in which they are listed."""

CLUSTER: Final = _column("cluster", "text", "the cluster; only where clusters are told apart")
"""The first column of every table where inputs are of several clusters."""
