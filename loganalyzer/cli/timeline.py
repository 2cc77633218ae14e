"""`loganalyzer timeline`: what happened, in one order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final

import typer

from loganalyzer.cli.console import interruptible
from loganalyzer.cli.inputs import FORMS, read_with_progress, tell_problems, tell_terminal
from loganalyzer.cli.options import LogsArgument, OutputsOption, RedactOption, VersionOption, ZoneOption
from loganalyzer.cli.output import Renderer, deliver, outputs
from loganalyzer.cli.redacting import given
from loganalyzer.cli.values import known_version, zone_of
from loganalyzer.errors import UsageError

if TYPE_CHECKING:
    from loganalyzer.history.entries import Focus
    from loganalyzer.history.story import Told

ONE_OF: Final = ("--service", "--address", "--pool", "--node")


@interruptible
def timeline(
    inputs: LogsArgument = None,
    service: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMESPACE/NAME", help="The story of this service; repeatable.", show_default=False),
    ] = None,
    address: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS", help="Who held this address, who was refused it; repeatable.", show_default=False
        ),
    ] = None,
    pool: Annotated[
        list[str] | None,
        typer.Option(metavar="POOL", help="This pool's use and its changes; repeatable.", show_default=False),
    ] = None,
    node: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="What this node's speaker did; NAME=INPUT tells whose speaker wrote an input; repeatable.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="text|json|markdown|csv",
            help="The story's form.  [default: text]",
            show_default=False,
        ),
    ] = None,
    output: OutputsOption = None,
    tz: ZoneOption = None,
    metallb_version: VersionOption = None,
    *,
    redact: RedactOption = False,
) -> None:
    """Tell what happened in one order: controller and speakers together, attempts that repeat told once."""
    from loganalyzer.chronology import timeline as told
    from loganalyzer.pipeline import Reading

    version, zone = known_version(metallb_version), zone_of(tz)
    reports = outputs(form, output or (), FORMS, read=inputs or ())
    mapped, nodes = _nodes(node or [])
    _focus(service or [], address or [], pool or [], nodes)
    with given(tuple(inputs or ("-",)), redact=redact) as read:
        kinds = (("service", service), ("address", address), ("pool", pool), ("node", nodes))
        focus = _focus(*([read.named(kind, text) for text in texts or ()] for kind, texts in kinds))
        names = {read.input(of): read.named("node", name) for of, name in mapped.items()}
        reading = Reading(zone=zone, nodes=names)
        tell_terminal(read.inputs)
        found = read_with_progress(reading, lambda: told(read.inputs, focus, version=version, reading=reading))
        unknown = names.keys() - {s.name for s in reading.sources}
        if unknown:
            raise UsageError(f"--node: there is no input {min(unknown)!r}; name it as the report does")
        if not found.diagnosis.inputs:
            tell_problems(reading, nothing="the inputs have no line of MetalLB", failed=read.failed)
        deliver(reports, _forms(found))
    tell_problems(reading, failed=read.failed)


def _nodes(given: list[str]) -> tuple[dict[str, str], list[str]]:
    """The nodes of inputs (`NAME=INPUT`), and those that the story is about."""
    mapped: dict[str, str] = {}
    for text in given:
        name, sign, of = text.partition("=")
        if sign and not (name and of):
            raise UsageError(f"--node {text!r} is neither NAME nor NAME=INPUT")
        if sign:
            mapped[of] = name
    return mapped, [text for text in given if "=" not in text]


def _focus(services: list[str], addresses: list[str], pools: list[str], nodes: list[str]) -> Focus:
    """What the story is about. Raises UsageError where it would be about things of several kinds."""
    from loganalyzer.correlator.choosing import addresses_named
    from loganalyzer.history.entries import Focus

    given = [name for name, values in zip(ONE_OF, (services, addresses, pools, nodes), strict=True) if values]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} can't both be given: a story is about things of one kind")
    try:
        wanted = addresses_named(addresses)
    except UsageError as problem:
        raise UsageError(f"--address: {problem}") from None
    return Focus(frozenset(services), wanted, frozenset(pools), frozenset(nodes))


def _forms(found: Told) -> Mapping[str, Renderer]:
    """The story, by its form."""
    from loganalyzer.report import timeline_forms, timeline_text

    return {
        "text": lambda surface: [timeline_text.as_text(found, surface.columns).encode("utf-8", "replace")],
        "markdown": lambda _: [timeline_text.as_markdown(found).encode("utf-8", "replace")],
        "json": lambda _: [timeline_forms.document(found)],
        "csv": lambda _: timeline_forms.csv_document(found),
    }
