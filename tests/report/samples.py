"""Reports made for tests: one that has everything, of texts that are given, and one of a great many failures."""

import io
from functools import cache

from msgspec import structs

from loganalyzer.correlator.diagnosis import Diagnosis, Failure, QuotedLine
from loganalyzer.history.collect import Spans
from loganalyzer.history.spans import History
from loganalyzer.pipeline import Reading, observed
from loganalyzer.report.content import (
    Advised,
    Entry,
    Line,
    Proof,
    Quote,
    Report,
    Step,
    Table,
    Told,
    Unknown,
)
from tests.samples import FIXTURES

ARTICLE = FIXTURES / "article-0.14.8.log"


def entry_of(text: str, number: int = 1, rows: int = 1) -> Entry:
    """An entry in which every text is this one."""
    return Entry(
        title=text,
        rule=text,
        code="MLB104",
        services=(text,),
        sentence=text,
        details=((text, text),),
        members=Table(("service", "since", "attempts", "last"), ((text,) * 4,) * rows),
        history=text,
        candidates=Table(("address", "pool", "blocked by", "held by"), ((text,) * 4,), text),
        proofs=(Proof(Line(text, "controller.log", number), text),),
        to_do=text,
        steps=(Step(text, 1), Step(text), Step(text, command=True)),
        unknown=(Unknown(text, text),),
    )


def report_of(text: str, entries: int = 1, rows: int = 1) -> Report:
    """A report in which every text is this one."""
    return Report(
        read=text,
        verdict=text,
        announced=(Told("default/web", text, (Step(text), Step(text, command=True)), text, text), Told("", text)),
        overview=Table(("services", "cause"), ((text, text),)),
        entries=tuple(entry_of(text, i, rows) for i in range(entries)),
        past=(text,) * rows,
        answers=(text,),
        holdings=Table(("service", "address", "shared with", "since"), ((text,) * 4,) * rows, text),
        advice=(Advised(text, "MLB606", (text,) * rows),),
        notes=(text,),
        quotes=tuple(Quote(Line(text, "controller.log", i), text) for i in range(entries)),
        environment=((text, text),),
        tool=text,
        command=text,
    )


@cache
def crowd(count: int) -> tuple[Diagnosis, History]:
    """As many services as wanted that each fail for a cause of their own, made of one that does so in a real log."""
    spans = Spans()
    found = observed([("controller.log", io.BytesIO(ARTICLE.read_bytes()))], (spans,), reading=Reading())
    history = spans.history()
    failures = tuple(_alike(found.failures[-1], number) for number in range(count))
    lines = ARTICLE.read_text().splitlines()
    places = [e.at for failure in failures for e in failure.evidence]
    quotes = tuple(QuotedLine(at.source.name, at.line, lines[at.line % len(lines)]) for at in places)
    waits = tuple(structs.replace(history.waits[-1], service=f.service or "") for f in failures)
    return structs.replace(found, failures=failures, quotes=quotes), structs.replace(history, waits=waits)


def _alike(failure: Failure, number: int) -> Failure:
    """A failure of another service, with other lines that prove it."""
    assert failure.cause is not None
    name = f"team-{number % 7}/service-{number:04}"
    summary = failure.cause.summary.replace(str(failure.service), name)
    return structs.replace(
        failure,
        service=name,
        cause=structs.replace(failure.cause, summary=summary, address=f"203.0.{number // 250}.{number % 250 + 1}"),
        evidence=tuple(
            structs.replace(e, at=structs.replace(e.at, line=e.at.line + 100 * number)) for e in failure.evidence
        ),
    )
