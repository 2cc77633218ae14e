import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.metallb.selectors import parse_selector

HITS = [
    ("", {}),
    ("", {"app": "web"}),
    ("app=web", {"app": "web", "tier": "a"}),
    ("app==web", {"app": "web"}),
    ("app=", {"app": ""}),
    ("app=web,tier in (a,b)", {"app": "web", "tier": "b"}),
    ("!legacy,tier in (edge,web)", {"tier": "edge"}),
    ("tier in (,b)", {"tier": ""}),
    ("tier notin (a,b)", {"tier": "c"}),
    ("tier notin (a,b)", {}),
    ("a!=b", {"a": "c"}),
    ("a!=b", {}),
    ("!x", {"y": ""}),
    ("x", {"x": ""}),
    ("x>5", {"x": "6"}),
    ("x<5", {"x": "-4"}),
    ("in in (in)", {"in": "in"}),
    ("notin", {"notin": "1"}),
    ("app.kubernetes.io/name=web", {"app.kubernetes.io/name": "web"}),
    ("kubernetes.io/metadata.name in (a, b)", {"kubernetes.io/metadata.name": "b"}),
]
MISSES = [
    ("app=web", {}),
    ("app=web", {"app": "Web"}),
    ("app=", {}),
    ("app=web,tier in (a,b)", {"app": "web", "tier": "c"}),
    ("app=web,tier in (a,b)", {"tier": "a"}),
    ("tier in (a,b)", {}),
    ("tier notin (a,b)", {"tier": "a"}),
    ("a!=b", {"a": "b"}),
    ("!x", {"x": ""}),
    ("x", {"X": ""}),
    ("x>5", {"x": "5"}),
    ("x>5", {}),
    ("x>5", {"x": "six"}),
    ("x<5", {"x": "5"}),
    ("x<5", {"x": "4_0"}),
    ("x>5", {"x": "9" * 5000}),
]
BROKEN = [
    "a,",
    ",",
    "a=b=c",
    "a in b",
    "a in (b",
    "in (a)",
    "x>y",
    "x>",
    "!",
    "é=a",
    "a b",
    "a=b\nc",
    "9" * 9 + "(",
]


@pytest.mark.parametrize(("text", "labels"), HITS, ids=[f"{t}-{n}" for n, (t, _) in enumerate(HITS)])
def test_matches(text, labels):
    """Labels that satisfy every requirement are selected, an absent key by `!=`, `notin` and `!` alone."""
    assert parse_selector(text).matches(labels)


@pytest.mark.parametrize(("text", "labels"), MISSES, ids=[f"{t}-{n}" for n, (t, _) in enumerate(MISSES)])
def test_does_not_match(text, labels):
    """Labels that fail one requirement are not selected."""
    assert not parse_selector(text).matches(labels)


@pytest.mark.parametrize("text", BROKEN)
def test_broken(text):
    """What Kubernetes would not print as a selector is refused."""
    with pytest.raises(ValueError, match="not a label selector"):
        parse_selector(text)


@pytest.mark.parametrize("text", [text for text, _ in HITS])
def test_text_is_kept(text):
    """A selector prints as the log had it."""
    assert str(parse_selector(text)) == text


keys = st.from_regex(r"[a-z][-a-z0-9_.]{0,8}[a-z0-9]", fullmatch=True)
values = st.from_regex(r"[a-z0-9]{0,5}", fullmatch=True)
sets = st.lists(values, min_size=1, max_size=4)
labels_maps = st.dictionaries(keys, values, max_size=4)


@settings(deadline=None)
@given(keys, sets, labels_maps)
def test_negation(key, members, labels):
    """`in` and `notin`, `x` and `!x` never agree, with the key absent either."""
    members_text = ",".join(members)
    inside = parse_selector(f"{key} in ({members_text})")
    outside = parse_selector(f"{key} notin ({members_text})")
    assert inside.matches(labels) != outside.matches(labels)
    assert parse_selector(key).matches(labels) != parse_selector(f"!{key}").matches(labels)


@settings(deadline=None)
@given(labels_maps.filter(bool), labels_maps)
def test_equalities(wanted, labels):
    """A list of `k=v` selects exactly the maps that contain them."""
    selector = parse_selector(",".join(f"{k}={v}" for k, v in sorted(wanted.items())))
    assert selector.matches(wanted)
    assert selector.matches(labels) == (wanted.items() <= labels.items())


@settings(deadline=None)
@given(st.text(st.sampled_from('ab,=!<>() in\t\n"é0'), max_size=30))
def test_any_text(text):
    """Any text is a selector or a ValueError."""
    with contextlib.suppress(ValueError):
        assert str(parse_selector(text)) == text
