"""Documents of many elements, of any length, read element by element."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.parser.reading import Reading, read
from loganalyzer.pipeline import diagnose
from loganalyzer.report.document import document
from loganalyzer.sources import documents, sorting
from loganalyzer.sources.answers import ELEMENTS, LABELS, VALUES, Answer
from loganalyzer.sources.envelopes import Envelopes, in_order
from loganalyzer.sources.framing import framed
from loganalyzer.sources.groups import Group
from loganalyzer.sources.inputs import Source
from loganalyzer.sources.lines import batches
from loganalyzer.sources.origin import NOWHERE, Origin
from loganalyzer.sources.scanning import ARRAY, Element, Elements, Scanner
from loganalyzer.sources.sorting import Block, Carried, InTime
from loganalyzer.sources.together import Many, Placing, elements
from loganalyzer.sources.unwrapping import Unwrapper
from loganalyzer.sources.wrappings import Unwrapped
from tests.samples import diagnosis_of, edited
from tests.sources.forms import WRAPPINGS
from tests.sources.test_forms import FIXTURES, as_stream, findings

LINE = '{"caller":"main.go:1","level":"info","msg":"a \\"b\\" \\\\","ts":"2024-05-04T08:00:0%dZ"}'
TEXTS = st.text(st.sampled_from('ab"\\{}[],:\n é'), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
CONTAINERS = st.lists(JSON, max_size=3) | st.dictionaries(TEXTS, JSON, max_size=3)
DOCUMENTS: dict[str, Callable[[list[Any]], object]] = {
    "array": lambda found: found,
    "hits": lambda found: {
        "took": 1,
        "hits": {"total": {"value": 2}, "hits": found},
        "rest": [{"hits": {"hits": [{}]}}],
    },
    "items": lambda found: {"apiVersion": "v1", "items": found, "kind": "List"},
    "values": lambda found: {"data": {"result": [{"stream": {}, "values": found}], "stats": {"values": [[1]]}}},
}


def cut(data: bytes, size: int) -> list[bytes]:
    """The bytes in pieces."""
    return [data[i : i + size] for i in range(0, len(data), size)]


def each(found: Element | Elements) -> list[Element]:
    """An element, or each of several."""
    return [found] if isinstance(found, Element) else list(found.singly())


@pytest.mark.parametrize("kind", DOCUMENTS)
@given(
    found=st.lists(CONTAINERS, max_size=4),
    indent=st.sampled_from([None, 1]),
    size=st.integers(1, 40) | st.just(1 << 18),
    at_once=st.booleans(),
)
def test_elements_are_found_wherever_the_bytes_are_cut(
    kind: str, found: list[Any], indent: int | None, size: int, at_once: bool
) -> None:
    """The elements that are cut out are the document's, in their order, each with the lines on which it stands."""
    text = json.dumps(DOCUMENTS[kind](found), indent=indent, ensure_ascii=False).encode()
    scanner = Scanner((*ELEMENTS, *VALUES))
    scanner.together = at_once
    # An empty piece at the end: what waits for more bytes is looked at.
    pieces = [*cut(text + b" \nrest", size), b""]
    elements = [e for piece in pieces for one in scanner.feed(piece) for e in each(one)]
    assert [json.loads(e.text) for e in elements] == found
    assert all(e.document in (None, json.loads(e.text)) for e in elements)
    lines = text.split(b"\n")
    for element in elements:
        if not at_once or indent:
            assert element.text in b"\n".join(lines[element.first : element.last + 1])
        assert element.text.count(b"\n") == element.last - element.first
    assert scanner.ended


def test_a_document_that_is_cut_off_keeps_its_whole_elements() -> None:
    """What came whole counts; what was begun is given out as what it is."""
    scanner = Scanner([(ARRAY,)])
    assert [e.text for f in scanner.feed(b'[{"a": 1},\n {"b": [2') for e in each(f)] == [b'{"a": 1}']
    last = scanner.cut_off()
    assert last is not None
    assert (last.text, last.first, last.whole) == (b'{"b": [2', 1, False)
    assert scanner.cut_off() is None


@pytest.mark.parametrize("part", [1, 2], ids=["whole", "cut off"])
@pytest.mark.parametrize("form", ["loki-answer", "elasticsearch-answer", "array", "kubectl-prefix", "stern-json"])
def test_one_pod_is_one_controller(form: str, part: int) -> None:
    """An input that names one pod is that pod's, and what a cut left of an element is so, too."""
    text = WRAPPINGS[form]((FIXTURES / "port_taken-v0.14.8.log").read_bytes())
    found = diagnose([("x", as_stream(text[: len(text) // part]))], reading=Reading())
    assert not [n for n in found.notes if n.kind == "several-models"]


NO_JSON = [
    pytest.param(b'[{"a": 1} (oops\n', b"(oops\n", id="prose between elements"),
    pytest.param(b'[{"a": 1}}\n', b"}\n", id="the wrong bracket"),
    pytest.param(b"[{}]]\n", b"]\n", id="one bracket too many"),
]


@pytest.mark.parametrize(("text", "rest"), NO_JSON)
def test_what_is_no_json_ends_the_document(text: bytes, rest: bytes) -> None:
    """The bytes from there on are left for others."""
    scanner = Scanner([(ARRAY,)])
    list(scanner.feed(text))
    assert scanner.ended
    assert scanner.rest.lstrip() == rest


STAMPS = st.lists(st.sampled_from([b"1", b"2", b"3", b"4"]), max_size=30)


def singly(found: Iterable[Carried | Block]) -> list[Carried]:
    """The lines of blocks, and those between them."""
    return [c for one in found for c in (one.carried() if isinstance(one, Block) else [one])]


@given(stamps=STAMPS, newest_first=st.booleans(), kept=st.integers(1, 40))
def test_order_is_the_same_in_memory_and_in_a_file(stamps: list[bytes], newest_first: bool, kept: int) -> None:
    """However little is kept in memory, lines come in the order of their times, equal ones as they were written."""
    stamps = sorted(stamps, reverse=newest_first)
    lines = [Unwrapped(b"%d" % i, Origin(pod=f"p{i % 3}"), s, "F", b"stdout") for i, s in enumerate(stamps)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "_KEPT", kept)
        order = InTime()
        now = [c for i, line in enumerate(lines) for c in order.add(Carried(line, i, 1))]
        found = singly([*now, *order.rest()])
    assert not now
    # What a file's first run tells of the order of all may be too little where its times are all equal.
    assert sorted(found) == sorted(Carried(line, i, 1) for i, line in enumerate(lines))
    assert [c.line.stamp for c in found] == [u.stamp for u in in_order(lines)]


def block_of_lines(lines: list[Carried], *, turned: bool) -> Block:
    """Lines of one writer as a block, in either direction."""
    some = lines[::-1] if turned else lines
    stamps = [c.line.stamp for c in some]
    texts = b"".join(c.line.text + b"\n" for c in some)
    return Block(texts, lines[0].line.origin, stamps, [c.number for c in some], [c.span for c in some], turned)


PIECES = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=9)


@given(
    pieces=PIECES,
    times=st.lists(st.sampled_from([b"1", b"2", b"3", b"4", b"5"]), min_size=36, max_size=36),
    order_of_times=st.sampled_from(["oldest first", "newest first", "none"]),
    kept=st.sampled_from([1, 12, 40, 1 << 20]),
)
def test_blocks_come_in_the_order_of_their_lines(
    pieces: list[tuple[int, bool]], times: list[bytes], order_of_times: str, kept: int
) -> None:
    """However lines come, one by one (0) or in blocks, each in either direction: one stable order of all."""
    if order_of_times != "none":
        times = sorted(times, reverse=order_of_times == "newest first")
    given_lines: list[list[Carried]] = []
    for i, (size, _) in enumerate(pieces):
        first = sum(map(len, given_lines))
        numbers = range(first, first + max(size, 1))
        given_lines.append([Carried(Unwrapped(b"%d" % n, Origin(pod=f"p{i}"), times[n], "F"), n, 1) for n in numbers])
    lines = [c for some in given_lines for c in some]
    first_run, size = 0, 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorting, "_KEPT", kept)
        patch.setattr(sorting, "_BLOCK", 3)
        order = InTime()
        for some, (alone, turned) in zip(given_lines, pieces, strict=True):
            if size < kept:
                first_run += len(some)
            block = block_of_lines(some, turned=turned)
            size += len(block.texts) if alone else len(some[0].line.text)
            assert not (order.add_block(block) if alone else order.add(some[0]))
        found = singly(order.rest())
    # The first lines that are sorted tell which way round all are.
    newest_first = lines[0].line.stamp > lines[first_run - 1].line.stamp
    assert found == sorted(lines[::-1] if newest_first else lines, key=lambda c: c.line.stamp)


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("kept", [1, 1 << 20], ids=["in a file", "in memory"])
def test_blocks_that_follow_upon_each_other_stay_blocks(
    newest_first: bool, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line is taken out of a block where no other belongs in between; where one does, the order is that of all."""
    monkeypatch.setattr(sorting, "_KEPT", kept)
    lines = [Carried(Unwrapped(b"%d" % i, NOWHERE, b"%03d" % i, "F"), i, 1) for i in range(12)]
    if newest_first:
        lines.reverse()
    order = InTime()
    for at in range(0, 12, 3):
        assert not order.add_block(block_of_lines(lines[at : at + 3], turned=newest_first and at > 0))
    found = list(order.rest())
    assert [type(one) for one in found] == [Block] * 4
    assert [c.number for c in singly(found)] == list(range(12))
    order = InTime()
    for some in (lines[:3], lines[3:6][::-1], lines[6:9], lines[9:]):
        assert not order.add_block(block_of_lines(some, turned=False))
    assert [type(one) for one in order.rest()] == [Block] * 4
    order = InTime()
    for some in (lines[::2], lines[1::2]):
        assert not order.add_block(block_of_lines(some, turned=False))
    assert [c.number for c in singly(order.rest())] == list(range(12))


def test_one_line_out_of_order_leaves_the_other_blocks_whole() -> None:
    """Only a block into which it belongs is taken apart."""
    lines = [Carried(Unwrapped(b"%d" % i, NOWHERE, b"%03d" % i, "F"), i, 1) for i in range(12)]
    order = InTime()
    for at in range(0, 12, 3):
        some = [c for c in lines[at : at + 3] if c.number != 4]
        assert not order.add_block(block_of_lines(some, turned=False))
    assert not order.add(lines[4])
    found = list(order.rest())
    assert [c.number for c in singly(found)] == list(range(12))
    # What stands behind the block and before the line waits with them.
    assert [type(one) for one in found] == [Block] + [Carried] * 9


def test_what_is_newest_first_is_turned_round_once() -> None:
    """A block whose times are all equal tells no other order than those before it."""
    times = [9, 9, 8, 7, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 5, 4]
    values = [[f"170000000{t}000000000", LINE % (i % 10)] for i, t in enumerate(times)]
    text = json.dumps({"data": {"result": [{"stream": {}, "values": values}]}}).encode()
    size = len(json.dumps(values[0])) + 2
    begins = text.index(b'"values": [') + len(b'"values": [')
    pieces = [text[:begins], *cut(text[begins:], 3 * size)]
    answer = Answer(pieces[0], iter(pieces[1:]))
    answer.together(wanted=True)
    found = [one.block for one in elements(answer, Envelopes(), Placing(), 0) if isinstance(one, Many)]
    # The first has one line, the second tells the order.
    assert [len(block.stamps) for block in found] == [1, 3, 3, 3, 3, 1]
    assert [block.turned for block in found] == [False] * 2 + [True] * 4
    assert all(block.stamps == sorted(block.stamps) for block in found if block.turned)


def test_lines_without_times_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are given out as soon as there are many."""
    monkeypatch.setattr(sorting, "_KEPT", 2)
    order = InTime()
    lines = [Carried(Unwrapped(b"%d" % i, NOWHERE, b""), i, 1) for i in range(5)]
    now = [c for line in lines for c in order.add(line)]
    assert [*now, *order.rest()] == lines
    assert len(now) == 4
    block = block_of_lines([c._replace(line=c.line._replace(stamp=b"1", part="F")) for c in lines], turned=True)
    order = InTime()
    assert singly([*order.add(lines[0]), *order.add_block(block)])[1:] == block.facing(turned=False).carried()


ORDERED = ["loki-answer", "elasticsearch-answer", "array", "array-indented"]


@pytest.mark.parametrize("form", ORDERED)
def test_what_does_not_fit_into_memory_is_diagnosed_alike(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of which next to nothing is kept in memory gives the diagnosis of the plain log."""
    plain = (FIXTURES / "port_taken-v0.14.8.log").read_bytes()
    monkeypatch.setattr(sorting, "_KEPT", 20_000)
    assert findings(WRAPPINGS[form](plain))[0] == findings(plain)[0]


@pytest.mark.parametrize("form", [*ORDERED, "array-by-line"])
def test_prose_before_an_answer_changes_nothing(form: str) -> None:
    """A document that does not begin its input is read as well, whole."""
    plain = (FIXTURES / "port_taken-v0.14.8.log").read_bytes()
    assert findings(b"The store says:\n" + WRAPPINGS[form](plain))[0] == findings(plain)[0]


def test_an_array_is_longer_than_a_line_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """An array on one line is bounded by its elements, not by the line."""
    monkeypatch.setattr(batches, "__defaults__", (1000, None))
    text = json.dumps([{"message": LINE % (i % 10)} for i in range(50)])
    assert len(list(read([text.encode()]))) == 50


def test_answers_one_behind_the_other_are_all_read() -> None:
    """As pages of a store are saved one after the other, with and without a line feed between them."""
    page = json.dumps({"hits": {"hits": [{"_source": {"message": LINE % i}} for i in range(3)]}})
    for between, lines in (("", 1), ("\n", 3), ("\n\n", 5)):
        reading = Reading()
        assert len(list(read([between.join([page] * 3).encode()], reading))) == 9
        assert (reading.sources[0].lines, reading.sources[0].unparsed) == (lines, 0)


def test_what_an_array_has_beside_lines() -> None:
    """Records, objects and what is neither are told apart, and each line counts once."""
    record = json.loads(LINE % 1)
    pool = {"apiVersion": "metallb.io/v1beta1", "kind": "IPAddressPool", "metadata": {"name": "a", "namespace": "m"}}
    text = json.dumps([record, pool, {"neither": 1}, {"log": LINE % 2}], indent=1)
    reading = Reading()
    assert [r.line for r in read([text.encode()], reading)] == [2, text[: text.index('"log"')].count("\n")]
    source = reading.sources[0]
    assert source.objects == 1
    assert source.unparsed == 3
    assert source.lines == source.records + source.unparsed == text.count("\n") + 1
    assert [o.found.line for o in reading.objects] == [text[: text.index('"apiVersion"')].count("\n")]


def test_items_of_a_typed_list_have_its_kind() -> None:
    """The API's own lists say what their items are only once."""
    item = {"metadata": {"name": "a", "namespace": "b"}, "spec": {"type": "LoadBalancer"}}
    reading = Reading()
    text = json.dumps({"kind": "ServiceList", "apiVersion": "v1", "metadata": {}, "items": [item]})
    assert not list(read([text.encode()], reading))
    assert [o.found.document["kind"] for o in reading.objects] == ["Service"]


def test_labels_of_each_stream_are_its_own() -> None:
    """A line of Loki's answer belongs to the pod of its stream, and the order is that of the times of all."""
    result = [
        {"stream": {"pod": pod}, "values": [[f"17000000{n}0000000000", LINE % n] for n in numbers]}
        for pod, numbers in (("controller-a-1", (1, 3)), ("controller-b-2", (2, 4)))
    ]
    found = list(read([json.dumps({"status": "success", "data": {"result": result}}).encode()]))
    assert [r.source.origin.pod[-1] for r in found] == ["1", "2", "1", "2"]


@given(
    st.binary(max_size=60), st.sampled_from([b"[{", b'{"hits":{"hits":[', b'{"data":{"result":[{"values":[[', b"[{}] "])
)
def test_anything_behind_a_beginning_is_counted(garbage: bytes, begins: bytes) -> None:
    """No bytes raise, and lines add up."""
    source = Source("x")
    groups = list(Unwrapper(source).groups(framed(cut(begins + garbage, 7))))
    spans = sum(len(g) if isinstance(g, list) else sum(g.spans) + g.structure for g in groups)
    assert spans >= len((begins + garbage).removesuffix(b"\n").split(b"\n"))
    assert diagnose([("x", as_stream(begins + garbage))], reading=Reading()) is not None


def test_labels_come_as_elements_too() -> None:
    """An answer gives the labels before the lines of their stream."""
    text = b'{"data":{"result":[{"stream":{"pod":"a"},"values":[["1","x"]]}]}}'
    assert [e.path in LABELS for e in Answer(text, iter(()))] == [True, False]
    assert isinstance(next(iter(Unwrapper(Source("x")).groups(framed([text])))), Group)


ITEM = """%s- apiVersion: v1
%s  kind: Service
%s  metadata:
%s    name: "%d"
%s    namespace: n
"""
LISTS = [
    pytest.param(
        "apiVersion: v1\nitems:\n%skind: List\nmetadata:\n  resourceVersion: ''\n", "", id="as kubectl prints it"
    ),
    pytest.param("kind: List\napiVersion: v1\nitems:\n%s", "  ", id="indented"),
    pytest.param(
        "---\napiVersion: v1\nitems:\n%skind: List\n---\napiVersion: v1\nitems: []\nkind: List\n", "", id="two"
    ),
]


@pytest.mark.parametrize(("text", "indent"), LISTS)
def test_a_list_in_yaml_is_bounded_by_its_items(text: str, indent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each item is read by itself, and placed on its line; all lines are counted."""
    monkeypatch.setattr(documents, "LARGEST", 200)
    whole = text % "".join(ITEM % (*[indent] * 4, n, indent) for n in range(20))
    reading = Reading()
    assert not list(read([whole.encode()], reading))
    lines = whole.split("\n")
    found = [(o.found.document["metadata"]["name"], lines[o.found.line - 1].strip()) for o in reading.objects]
    assert found == [(str(n), "- apiVersion: v1") for n in range(20)]
    source = reading.sources[0]
    assert (source.lines, source.unparsed) == (len(lines) - 1, 0)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(
            b'[{\\"name\\":\\"tcp-80\\"}],\\"selector\\":{}}}","ts":"2026-04-20T20:28:28Z"}', id="cut within a dump"
        ),
        pytest.param(b"[{1: 2}]", id="no JSON"),
    ],
)
def test_a_line_that_is_cut_is_no_document(head: bytes) -> None:
    """What only begins as an array would, the rest of a line, is read as a line: numbers stay what they are."""
    lines = [head, LINE.encode() % 1, LINE.encode() % 2]
    assert [line for batch in framed([b"\n".join(lines) + b"\n"]) for line in batch] == lines


@pytest.mark.parametrize("form", ORDERED)
@pytest.mark.parametrize("between", [b"", b" ", b"\n"])
@pytest.mark.parametrize("chunk", [700, 5000, 1 << 18])
def test_nothing_is_lost_behind_a_document(form: str, between: bytes, chunk: int) -> None:
    """A log behind an answer is read whole, however the bytes are cut; a line that both share counts once."""
    plain = (FIXTURES / "port_taken-v0.14.8.log").read_bytes()
    data = WRAPPINGS[form](plain) + between + plain
    reading = Reading(chunk=chunk)
    found = list(read([data], reading))
    lines = data.rstrip(b"\n").split(b"\n")
    assert reading.sources[0].lines == reading.sources[0].records == len(lines)
    assert len(found) == 2 * len(plain.splitlines())
    assert found[-1].line == len(lines)


@pytest.mark.parametrize("cut", range(10, 24))
def test_no_byte_is_lost_behind_a_document(cut: int) -> None:
    """A backslash at the end of a piece, which may be half of one, is given back where the document has ended."""
    text = b'[{"a":1}] \\" \\\\ b \\\\\\ c'
    scanner = Scanner([(ARRAY,)])
    assert [element.text for found in scanner.feed(text[:cut]) for element in each(found)] == [b'{"a":1}']
    assert scanner.ended
    assert scanner.rest + text[cut:] == text[9:]


@given(st.sampled_from(ORDERED), st.integers(0, 2**32), st.integers(0, 8), st.sampled_from([700, 9000, 1 << 18]))
@settings(max_examples=25, deadline=None)
def test_elements_taken_together_are_those_one_by_one(form: str, seed: int, edits: int, chunk: int) -> None:
    """A document, damaged or not, gives the same however its elements are taken and its bytes are cut."""
    data = edited(WRAPPINGS[form]((FIXTURES / "port_taken-v0.14.8.log").read_bytes()), seed, edits)
    at_once = document(diagnosis_of(data, Reading(chunk=chunk)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Answer, "together", lambda *_, **__: None)
        assert at_once == document(diagnosis_of(data, Reading(cached=0)))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(0, 3), st.integers(0, 4), st.integers(0, 3))
def test_elements_together_stand_where_each_does(heights: list[int], apart: int, first: int, base: int) -> None:
    """Numbers, and how many lines each counts for, are those of elements placed one by one."""
    found = Elements((ARRAY,), [None] * len(heights), first, heights, apart)
    one_by_one, together = Placing(), Placing()
    held = [one_by_one.held(element, base) for element in found.singly()]
    assert together.many(found, base) == ([h.number for h in held], [h.span for h in held])
    assert together.end(base + 50) == one_by_one.end(base + 50)


BLANKS = st.sampled_from(["", "", "", " ", "\n", "\n\n", "\n  ", " \n    "])


@given(st.lists(st.lists(BLANKS, min_size=7, max_size=7), min_size=1, max_size=8), st.booleans())
def test_lines_are_told_however_a_document_is_laid_out(blanks: list[list[str]], alike: bool) -> None:
    """Each element taken with others has the bytes and stands on the lines that it has alone."""
    laid_out = [blanks[0]] * 8 if alike else blanks
    elements = [
        f'{a},{b}{{{c}"log"{d}:{e}"{i}"{f},"at":{{"a":{g}1}}}}' for i, (a, b, c, d, e, f, g) in enumerate(laid_out)
    ]
    text = ("[" + "".join(elements).lstrip(" \n,") + "]").encode()
    alone, together = Scanner([(ARRAY,)]), Scanner([(ARRAY,)])
    together.together = True
    one_by_one = [element for found in alone.feed(text) for element in each(found)]
    at_once = [element for piece in (text, b"") for found in together.feed(piece) for element in each(found)]
    assert [(e.first, e.last) for e in at_once] == [(e.first, e.last) for e in one_by_one]
    assert [json.loads(e.text) for e in at_once] == [json.loads(e.text) for e in one_by_one]
    assert together.lines == alone.lines


@pytest.mark.parametrize("form", ["loki-answer", "array", "array-indented", "elasticsearch-answer"])
def test_few_elements_are_looked_at_one_by_one(form: str) -> None:
    """Of elements that are alike only the first and the last are by themselves, wherever the bytes are cut."""
    data = WRAPPINGS[form]((FIXTURES / "port_taken-v0.14.8.log").read_bytes())
    head, *pieces = cut(data, 20_000)
    answer = Answer(head, iter(pieces))
    answer.together(wanted=True)
    found = [one for one in answer if one.path not in LABELS]
    alone = [one for one in found if isinstance(one, Element)]
    assert len(alone) == 2
    lines = (FIXTURES / "port_taken-v0.14.8.log").read_bytes().count(b"\n")
    assert sum(len(each(one)) for one in found) == lines


def test_objects_are_not_taken_together() -> None:
    """A list whose items are no envelopes is read item by item, with its bytes, where it began with some."""
    pool = {"apiVersion": "metallb.io/v1beta1", "kind": "IPAddressPool", "metadata": {"name": "a", "namespace": "m"}}
    envelopes = [{"log": LINE % i, "time": "2026-01-01T00:00:00Z"} for i in range(3)]
    for indent in (None, 1):
        reading = Reading()
        text = json.dumps([*envelopes, *[pool] * 3, *envelopes, {"neither": 1}], indent=indent)
        assert len(list(read([text.encode()], reading))) == 6
        source = reading.sources[0]
        assert (source.objects, source.lines) == (3, text.count("\n") + 1)
        assert source.lines == source.records + source.blank + source.unparsed
