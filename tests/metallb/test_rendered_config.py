import contextlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.metallb import rendered_config
from loganalyzer.metallb.addresses import IPV6_BASE, AddressRange, parse_cidr
from loganalyzer.metallb.pools import Configuration, Pool, ServiceAllocation
from loganalyzer.metallb.rendered_config import parse_rendered_config
from loganalyzer.metallb.selectors import parse_selector
from loganalyzer.metallb.spew import parse_value
from tests.metallb.spew_printer import FORMS, print_config

ROOT = Path(__file__).parents[2]
DUMPS = {path.stem: path.read_text() for path in sorted((ROOT / "fixtures" / "spew").glob("*.txt"))}
WHOLE = DUMPS["v0.16.1-speaker-peers-and-advertisements"]
TWO_POOLS = DUMPS["v0.13.0-controller-two-pools"]


def _pool(
    name: str,
    *cidrs: str,
    auto_assign: bool = True,
    avoid_buggy: bool = False,
    allocation: ServiceAllocation | None = None,
) -> Pool:
    return Pool(name, tuple(parse_cidr(c) for c in cidrs), auto_assign, avoid_buggy, allocation)


def _allocation(priority: int, *namespaces: str, selectors: tuple[str, ...] = ()) -> ServiceAllocation:
    return ServiceAllocation(priority, frozenset(namespaces), tuple(parse_selector(s) for s in selectors))


TEAMS = _allocation(20, "team-a", "team-b", selectors=("app=web,tier in (a,b)", ""))
EXPECTED = {
    "v0.13.0-controller-two-pools": [
        _pool("first", "192.0.2.0/28", "2001:db8::/120"),
        _pool("second", "198.51.100.7/32", auto_assign=False),
    ],
    "v0.13.7-speaker-peers-and-advertisements": [
        _pool("first", "192.0.2.0/28", "2001:db8::/120", avoid_buggy=True),
    ],
    "v0.13.9-controller-service-allocation": [_pool("first", "192.0.2.0/28", allocation=TEAMS)],
    "v0.13.12-controller-service-allocation": [
        _pool("shop", "10.30.0.1/32", "10.30.0.2/32", allocation=_allocation(10, "shop")),
        _pool("vip", "10.31.0.1/32", allocation=_allocation(0, selectors=("tier=vip",))),
    ],
    "v0.14.8-controller-four-pools": [
        _pool("dmz", "172.18.255.250/32", "172.18.255.242/31", "fd00:7::1/128", "fd00:7::2/127"),
        _pool("edge-pool", "192.168.10.0/32", "192.168.10.8/31"),
        _pool("lab", "10.0.0.1/32", auto_assign=False),
        _pool("production", "203.0.113.0/30"),
    ],
    "v0.14.8-controller-match-expressions": [
        _pool("prod", "10.51.0.1/32", allocation=_allocation(0, "shop")),
        _pool(
            "web",
            "10.50.0.1/32",
            "10.50.0.2/32",
            allocation=_allocation(1, selectors=("!legacy,tier in (edge,web)",)),
        ),
    ],
    "v0.14.8-controller-no-pools": [],
    "v0.14.8-controller-priority-only": [
        _pool("main", "10.40.0.1/32", "10.40.0.2/32", allocation=_allocation(5)),
    ],
    "v0.14.8-speaker-bgp-peers": [_pool("production", "192.168.10.200/30")],
    "v0.15.3-controller-two-families": [_pool("v4", "192.168.10.10/31"), _pool("v6", "fd00:5::10/128")],
    "v0.16.1-speaker-peers-and-advertisements": [
        _pool("first", "192.0.2.0/28", "2001:db8::/120", allocation=_allocation(10, selectors=("",))),
        _pool("second", "198.51.100.7/32", auto_assign=False, avoid_buggy=True),
    ],
}


@pytest.mark.parametrize("name", DUMPS)
def test_real_dump(name):
    """Each version's dump gives its pools, with ranges in their order."""
    assert list(parse_rendered_config(DUMPS[name]).pools.values()) == EXPECTED[name]


@pytest.mark.parametrize("name", DUMPS)
def test_grammar_reads_whole_dump(name):
    """The grammar reads every value of a dump, peers and advertisements too, not just the pools."""
    assert parse_value(DUMPS[name].rstrip("\n")).fields().keys() >= {"Peers", "Pools", "BFDProfiles"}


@pytest.mark.parametrize("name", DUMPS)
def test_truncated(name):
    """No beginning of a dump passes for a configuration."""
    dump = DUMPS[name].rstrip("\n")
    for end in range(len(dump)):
        with pytest.raises(ValueError):  # noqa: PT011 -- every cut fails with a text of its own
            parse_rendered_config(dump[:end])


@pytest.mark.parametrize("name", DUMPS)
def test_lines_cut_from_the_middle(name):
    """A dump that lost two lines of a pool is refused, or it lost nothing that matters."""
    lines = DUMPS[name].splitlines(keepends=True)
    for start in range(len(lines) - 2):
        try:
            found = parse_rendered_config("".join(lines[:start] + lines[start + 2 :]))
        except ValueError:
            continue
        assert list(found.pools.values()) == EXPECTED[name], lines[start : start + 2]


BROKEN = {
    "empty": "",
    "other text": "no configuration",
    "json": '{"pools": []}',
    "text after it": WHOLE + "x\n",
    "twice": WHOLE + WHOLE,
    "no pools": '(config.Config) {\n BGPExtras: (string) ""\n}\n',
    "field twice": TWO_POOLS.replace(" BFDProfiles", " Peers"),
    "pool twice": TWO_POOLS.replace('(len=6) "second"', '(len=5) "first"'),
    "a pool fewer than said": TWO_POOLS.replace("Pool) (len=2)", "Pool) (len=3)"),
    "a range fewer than said": TWO_POOLS.replace("(len=2 cap=2)", "(len=3 cap=3)"),
    "range not printed": TWO_POOLS.replace("(198.51.100.7/32)", "(<already shown>)"),
    "range not a CIDR": TWO_POOLS.replace("(198.51.100.7/32)", "(198.51.100.7/33)"),
    "no addresses": TWO_POOLS.replace("  CIDR:", "  Cidr:"),
    "no truth": TWO_POOLS.replace("(bool) false", "(bool) maybe"),
    "not a selector": WHOLE.replace("(labels.internalSelector) \n", "(labels.internalSelector) a in\n"),
    "nothing selector": WHOLE.replace("(labels.internalSelector) \n", "(labels.nothingSelector) \n"),
    "priority not a number": WHOLE.replace("Priority: (int) 10", "Priority: (int) high"),
    "no priority": WHOLE.replace("     Priority: (int) 10,\n", ""),
    "wrong bracket": TWO_POOLS.replace("\n  })\n }", "\n  }\n }"),
    "comma too many": TWO_POOLS.replace("\n  })\n }", "\n  }),\n }"),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_broken(text):
    """What is no whole dump is refused."""
    with pytest.raises(ValueError):  # noqa: PT011 -- the texts are for people
        parse_rendered_config(text)


@pytest.mark.parametrize("depth", [30, 100, 20_000])
@pytest.mark.parametrize(("opening", "closing"), [("(a) {", "}"), ("(*a)(0x1)({", "})"), ("A: (a) {", "}")])
def test_deep_nesting(depth, opening, closing):
    """Values nested without end are refused: no recursion error gets out, and it takes no time."""
    nested = f"     {opening}\n" * depth + f"     {closing}\n" * depth
    network = next(line for line in TWO_POOLS.splitlines(keepends=True) if "198.51.100.7" in line)
    with pytest.raises(ValueError):  # noqa: PT011 -- the texts are for people
        parse_rendered_config(TWO_POOLS.replace(network, nested))
    if depth > 50 and opening != "A: (a) {":
        with pytest.raises(ValueError, match="too deeply"):
            parse_value(nested.strip())


@pytest.mark.parametrize("unit", ['"', '\\"', "\\", "(", "{", "{\n", " A: (a) {\n", "(0x1)", " "], ids=repr)
@pytest.mark.parametrize("start", ["", "(config.Config) {\n A: ", '(config.Config) {\n A: (b) "'], ids=repr)
def test_long_text(unit, start):
    """Long texts of nothing but brackets and quotes are refused, in no time."""
    with pytest.raises(ValueError):  # noqa: PT011 -- the texts are for people
        parse_rendered_config(start + unit * 200_000)


def test_swapped_ranges_differ():
    """Two configurations that differ only by which pool has which range are told apart."""
    swapped = WHOLE.replace("192.0.2.0/28)", "@").replace("198.51.100.7/32)", "192.0.2.0/28)")
    swapped = swapped.replace("@", "198.51.100.7/32)")
    one, other = parse_rendered_config(WHOLE), parse_rendered_config(swapped)
    assert one != other
    assert other.pools["second"].ranges == (parse_cidr("192.0.2.0/28"),)


def test_grammar_runs_once(monkeypatch):
    """A dump with other pointers and another order is answered without reading a pool again, by the same object."""
    config = Configuration({p.name: p for p in EXPECTED["v0.14.8-controller-four-pools"]})
    dumps = [print_config(config, "0.16.0", Random(seed)) for seed in range(30)]  # noqa: S311 -- an order
    first = parse_rendered_config(dumps[0])
    monkeypatch.setattr(rendered_config, "_plain_pool", None)
    monkeypatch.setattr(rendered_config, "_pool_by_grammar", None)
    assert len(set(dumps)) == len(dumps)
    assert all(parse_rendered_config(dump) is first for dump in dumps)


def test_import_is_lazy():
    """Importing the modules, and the commonest texts, leave pyparsing alone."""
    code = (
        "import sys, loganalyzer.metallb.rendered_config, loganalyzer.metallb.ranges\n"
        "from loganalyzer.metallb import error_texts, selectors\n"
        "error_texts.parse_error('no available IPs'), selectors.parse_selector('')\n"
        "for dump in sys.argv[1:]:\n"
        "    loganalyzer.metallb.rendered_config.parse_rendered_config(dump)\n"
        "sys.exit('pyparsing' in sys.modules)"
    )
    plain = [
        DUMPS[name]
        for name, pools in EXPECTED.items()
        if not any(p.allocation and p.allocation.selectors for p in pools)
    ]
    assert len(plain) > len(DUMPS) / 2
    assert subprocess.run([sys.executable, "-c", code, *plain], cwd=ROOT, check=False).returncode == 0


@st.composite
def _ranges(draw):
    base, width = draw(st.sampled_from([(0, 32), (IPV6_BASE + (0xFD00 << 112), 64)]))
    size = 1 << draw(st.integers(0, 16))
    first = base + draw(st.integers(1, (1 << width) // size - 1)) * size
    return AddressRange(first, first + size - 1)


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
selectors = st.sampled_from(["", "a", "!a", "a=b", "a!=b,c in (d,e)", "x notin (),y>5"]).map(parse_selector)
allocations = st.builds(
    ServiceAllocation,
    st.integers(0, 100),
    st.frozensets(names, max_size=4),
    st.lists(selectors, max_size=3).map(tuple),
)


@st.composite
def _configurations(draw, form):
    found = {}
    for name in draw(st.lists(names, max_size=4, unique=True)):
        avoid = form >= "0.13.4" and draw(st.booleans())
        wanted = draw(st.none() | allocations) if form >= "0.13.8" else None
        spans = tuple(draw(st.lists(_ranges(), max_size=4)))
        found[name] = Pool(name, spans, draw(st.booleans()), avoid, wanted)
    return Configuration(found)


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None, max_examples=60)
@given(data=st.data(), random=st.randoms(use_true_random=False))
def test_round_trip(form, data, random):
    """Whatever the names, the order and the pointers, a printed configuration is read back as it was."""
    config = data.draw(_configurations(form))
    text = print_config(config, form, random)
    assert parse_rendered_config(text).pools == config.pools
    cut = data.draw(st.integers(0, len(text) - 2))
    with pytest.raises(ValueError):  # noqa: PT011 -- every cut fails with a text of its own
        parse_rendered_config(text[:cut])


def _read(text: str, *, by_grammar: bool = False) -> Mapping[str, Pool] | None:
    """The pools of a dump, all of them by the grammar if wanted; None where it is refused."""
    for memo in (parse_rendered_config, rendered_config._from_normalised, rendered_config._pool):
        memo.cache_clear()
    rendered_config._parsed_pool.cache_clear()
    with pytest.MonkeyPatch.context() as patched:
        if by_grammar:
            patched.setattr(rendered_config, "_plain_pool", lambda *_: None)
        try:
            return parse_rendered_config(text).pools
        except ValueError:
            return None


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None, max_examples=60)
@given(data=st.data(), random=st.randoms(use_true_random=False))
def test_plain_pools_as_by_grammar(form, data, random):
    """What is read without the grammar is what the grammar would read, in a garbled dump too."""
    text = print_config(data.draw(_configurations(form)), form, random)
    assert _read(text) == _read(text, by_grammar=True)
    pool = max(text.find("CIDR:"), 0)
    start = data.draw(st.integers(pool, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    garbled = text[:start] + data.draw(st.text('(){}<>*,: \n"\\ax01é', max_size=4)) + text[end:]
    assert _read(garbled) == _read(garbled, by_grammar=True)


@settings(deadline=None)
@given(st.data())
def test_garbled(data):
    """A dump with a stretch of it replaced by anything is read or refused, and nothing else happens."""
    dump = data.draw(st.sampled_from(list(DUMPS.values())))
    start = data.draw(st.integers(0, len(dump)))
    end = data.draw(st.integers(start, min(len(dump), start + 60)))
    text = dump[:start] + data.draw(st.text('(){}<>*,: \n"\\ax01é', max_size=20)) + dump[end:]
    with contextlib.suppress(ValueError):
        assert isinstance(parse_rendered_config(text), Configuration)
