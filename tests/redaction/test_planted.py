"""Nothing that was planted survives redaction, wherever it was planted and in whatever form it comes out."""

import random
import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from loganalyzer.parser.attribution import events
from loganalyzer.pipeline import Reading, diagnose, read
from loganalyzer.redaction.redactor import Redaction
from loganalyzer.report import document, html, jira, markdown, text
from loganalyzer.report import events as event_report
from loganalyzer.report.compose import compose
from tests.redaction.planting import all_places, planted_log, traces

COUNT = 10_000
MARK = re.compile(r"(?i)zq[bcdfghjklmnpqrstvwxz]{4}|[bcdfghjklmnpqrstvwxz]{4}qz")
"""What is in every planted text, forwards or backwards."""


@cache
def _log(count: int, seed: int) -> tuple[bytes, list[str]]:
    return planted_log(count, seed)


def _redacted(log: bytes) -> list[str]:
    with Redaction([log]) as redaction, redaction.inputs_of("<bytes>")[0].open() as stream:
        return stream.read().decode().split("\n")


def test_what_is_planted_is_found_before_redaction() -> None:
    """The search finds every planted text in the log as it is: it could find one that survived."""
    log, texts = _log(COUNT, 1)
    lines = log.decode().split("\n")
    assert len(all_places()) > COUNT, "each text has a place of its own"
    assert all(any(trace in line for trace in traces(planted)) for planted, line in zip(texts, lines, strict=False)), (
        "in its line, in one form or another"
    )


def test_no_planted_text_survives() -> None:
    """Of 10,000 names and secrets at all positions of all line families, however escaped, none is left."""
    log, texts = _log(COUNT, 1)
    lines = _redacted(log)
    assert len(lines) == COUNT + 1
    left = [t for t, line in zip(texts, lines, strict=False) if any(trace in line for trace in traces(t))]
    assert not left
    assert not [line for line in lines if MARK.search(line)]


def _outputs(log: bytes) -> Iterator[str]:
    """Everything that a command could print about this log with `--redact`."""
    with Redaction([log]) as redaction:
        reading = Reading()
        found = diagnose(redaction.inputs, reading=reading)
        yield text.render(found, 100, colour=False)
        content = compose(found)
        yield markdown.render(content, 1 << 30)
        yield jira.render(content, 1 << 30)
        yield html.render(content, None, None, found.announcements)
        yield document.document(found).decode()
        yield b"".join(document.lines(found)).decode()
        for make in (event_report.jsonl, event_report.csv_lines, event_report.table):
            yield "".join(map(str, make(events(read(redaction.inputs, reading)))))
        yield "".join(redaction.notes())
        yield redaction.text("".join(map(str, (*reading.problems, *redaction.problems))))


def test_no_output_has_a_planted_text() -> None:
    """Reports in every form, events, notes and messages about such a log have none of them either."""
    log, _ = _log(COUNT, 1)
    for output in _outputs(log):
        assert not MARK.search(output)


def _four(chance: random.Random) -> list[int]:
    return [chance.randrange(0x1000, 0xFFFF) for _ in range(4)]


def _ipv4(chance: random.Random, form: str) -> tuple[str, list[str]]:
    network = f"{chance.choice([3, 4, 5, 6, 7, 8, 9])}.{chance.randrange(100, 256)}.{chance.randrange(100, 256)}"
    text = form.format(f"{network}.{chance.randrange(1, 99)}", f"{network}.{chance.randrange(100, 255)}")
    return text, [f"{network}.", network.replace(".", "-")]


def _ipv6(chance: random.Random, form: str) -> tuple[str, list[str]]:
    network = ":".join(f"{n:x}" for n in _four(chance)[:3])
    text = form.format(f"2a01:{network}::{chance.randrange(1, 99)}")
    return text, [network, network.upper()]


def _mac(chance: random.Random, form: str) -> tuple[str, list[str]]:
    text = ":".join(f"{chance.randrange(16, 256):02x}" for _ in range(6))
    return form.format(text), [text, text.upper()]


def _uid(chance: random.Random, form: str) -> tuple[str, list[str]]:
    a, b, c, d = _four(chance)
    text = f"{a:04x}{b:04x}-{c:04x}-4abc-8def-{a:04x}{d:04x}{b:04x}"
    return form.format(text), [text]


@pytest.mark.parametrize(
    ("make", "forms"),
    [
        pytest.param(_ipv4, ["{0}", "{0}/28", "{0}-{1}", "{0} - {1}", "{0}:80", "::ffff:{0}", "x={0},{1}"], id="IPv4"),
        pytest.param(_ipv4, ["{0}.nip.io", "http://{0}:80/x", '"{0}"', "({0})", "n-{0}"], id="IPv4 within"),
        pytest.param(_ipv6, ["{0}", "{0}/64", "[{0}]:80", "{0}%eth0", "from={0}", '"{0}"'], id="IPv6"),
        pytest.param(_mac, ["{0}", "mac={0}"], id="MAC"),
        pytest.param(_uid, ["{0}", "uid {0}", "({0})"], id="uid"),
    ],
)
def test_no_planted_address_survives(make: Callable[..., tuple[str, list[str]]], forms: list[str]) -> None:
    """Of an address only the host part is left, in whatever spelling it stands; of a MAC or uid nothing."""
    chance = random.Random(repr(forms))  # noqa: S311 - no secret
    places = chance.sample(all_places(), 2000)
    made = [make(chance, chance.choice(forms)) for _ in places]
    log = b"\n".join(put(t).replace(b"\n", b" ") for put, (t, _) in zip(places, made, strict=True))
    lines = _redacted(log)
    left = [t for (t, parts), line in zip(made, lines, strict=False) if any(part in line for part in parts)]
    assert not left
