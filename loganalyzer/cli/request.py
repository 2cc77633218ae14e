"""What the user asked `explain` for, and what its options mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct, structs

from loganalyzer.cli.values import zone_of
from loganalyzer.errors import UsageError
from loganalyzer.metallb.versions import Version
from loganalyzer.sources.inputs import named

if TYPE_CHECKING:
    from pathlib import Path

    from loganalyzer.correlator.choosing import Choice, When
    from loganalyzer.correlator.diagnosis import Diagnosis
    from loganalyzer.redaction.redactor import Redaction
    from loganalyzer.sources.inputs import Input

G = TypeVar("G")
R = TypeVar("R")


class Wanted(Struct, frozen=True):
    """What is to be reported: the values of the options, as they were given."""

    since: str | None = None
    until: str | None = None
    namespaces: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    zone: str | None = None


class Request(Struct, frozen=True):
    """What the user asked for."""

    inputs: tuple[Input, ...]
    format: str | None = None
    outputs: tuple[Path, ...] = ()
    max_size: int | None = None
    version: Version | None = None
    wanted: Wanted = Wanted()
    nodes: tuple[str, ...] = ()
    fail_on: str | None = None
    strict: bool = False
    colour: str = "auto"
    follow: bool = False
    redact: bool = False


def times(request: Request) -> Wanted:
    """What is wanted; while following, `--since` and `--until` count from now."""
    wanted = request.wanted
    if not request.follow:
        return wanted
    from loganalyzer.cli.follow import from_now

    zone, now = zone_of(wanted.zone) or UTC, datetime.now(UTC)
    return structs.replace(
        wanted,
        since=_option("--since", wanted.since, lambda text: from_now(text, zone, now)),
        until=_option("--until", wanted.until, lambda text: from_now(text, zone, now)),
    )


def concealed(request: Request, redaction: Redaction) -> Request:
    """The request in the words of the redacted inputs."""
    wanted = request.wanted
    return structs.replace(
        request,
        inputs=tuple(redaction.inputs),
        nodes=tuple(
            f"{redaction.named('node', node)}={redaction.input(of)}" for of, node in nodes_told(request.nodes).items()
        ),
        wanted=structs.replace(
            wanted,
            namespaces=tuple(redaction.named("namespace", n) for n in wanted.namespaces),
            services=tuple(redaction.named("service", n) for n in wanted.services),
            pools=tuple(redaction.named("pool", n) for n in wanted.pools),
            addresses=tuple(redaction.named("address", n) for n in wanted.addresses),
        ),
    )


def nodes_told(given: tuple[str, ...]) -> dict[str, str]:
    """The nodes that NAME=INPUT tells, by input; neither is empty. Raises UsageError for any other text."""
    found: dict[str, str] = {}
    for text in given:
        name, _, of = text.partition("=")
        if not name or not of:
            raise UsageError(f"--node {text!r} is not NAME=INPUT; write it as node-1=speaker.log")
        if found.setdefault(of, name) != name:
            raise UsageError(f"--node: {of} can't be of both {found[of]} and {name}")
    return found


def check_nodes(request: Request) -> None:
    """Raises UsageError where `--node` names what is neither an input nor a member of one."""
    inputs = [named(given) for given in request.inputs]
    for of in nodes_told(request.nodes):
        if not any(of == name or of.startswith(f"{name}!") for name in inputs):
            raise no_such_input(of)


def no_such_input(name: str) -> UsageError:
    """The error for a `--node` whose input is not there."""
    return UsageError(f"--node: there is no input {name!r}; name it as the report does")


def chooser(wanted: Wanted) -> Callable[[Diagnosis], Diagnosis]:
    """What leaves out of a diagnosis what was not asked for. Raises UsageError where an option can't be read."""
    if wanted == Wanted(zone=wanted.zone):
        return lambda diagnosis: diagnosis
    from loganalyzer.correlator.choosing import Choice, addresses_named, choose, parse_when, rules_named

    zone = zone_of(wanted.zone) or UTC
    since = _option("--since", wanted.since, lambda text: parse_when(text, zone))
    until = _option("--until", wanted.until, lambda text: parse_when(text, zone))
    if isinstance(since, datetime) and isinstance(until, datetime):
        _check_order(since, until)
    choice = Choice(
        namespaces=frozenset(wanted.namespaces),
        services=frozenset(wanted.services),
        pools=frozenset(wanted.pools),
        addresses=_option("--address", wanted.addresses, addresses_named) or frozenset(),
        rules=_option("--rule", wanted.rules, rules_named) or frozenset(),
    )
    return lambda diagnosis: choose(diagnosis, _within(choice, since, until, diagnosis))


def _within(choice: Choice, since: When | None, until: When | None, diagnosis: Diagnosis) -> Choice:
    """The choice with its times, now that the last record's is known."""
    from loganalyzer.correlator.choosing import before, last_time

    last = last_time(diagnosis)
    begin, end = (before(w, last) if w is not None else None for w in (since, until))
    if begin is not None and end is not None:
        _check_order(begin, end)
    return structs.replace(choice, since=begin, until=end)


def _check_order(since: datetime, until: datetime) -> None:
    if since > until:
        raise UsageError(f"--since ({since.isoformat()}) is later than --until ({until.isoformat()})")


def _option(name: str, value: G | None, read: Callable[[G], R]) -> R | None:
    """What an option's value means; None where it was not given. Raises UsageError that names the option."""
    try:
        return read(value) if value is not None else None
    except UsageError as problem:
        raise UsageError(f"{name}: {problem}") from None
