import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loganalyzer.metallb import error_texts
from loganalyzer.metallb.error_texts import ErrorText, fold, parse_error
from loganalyzer.metallb.services import Port
from tests.metallb.spew_printer import quote

SHARING = 'can\'t change sharing key for "shop/web", address also in use by '


def _refused(reason: str = "") -> ErrorText:
    return ErrorText("sharing-refused", service="shop/web", holders=("a/x", "z/y"), reason=reason)


HITS = {
    "no available IPs": ErrorText("no-available-ips"),
    'no available IPs in pool "lab"': ErrorText("no-available-ips", pool="lab"),
    'no available IPs in pool "l\\"b\\n" for ipv4 IPFamily': ErrorText("no-available-ips", pool='l"b\n', family="ipv4"),
    'no available IPs in pool "lab" for dual IPFamily': ErrorText("no-available-ips", pool="lab", family="dual"),
    "no available IPs in pool lab for ipv6 IPFamily": ErrorText("no-available-ips", pool="lab", family="ipv6"),
    "no available IPs in pool lab": ErrorText("no-available-ips", pool="lab"),
    "no suitable pool for dual IPFamily": ErrorText("no-available-ips", family="dual"),
    '["<nil>"] is not allowed in config': ErrorText("nil-address", addresses=("<nil>",)),
    '"<nil>" is not allowed in config': ErrorText("nil-address", addresses=("<nil>",)),
    '"10.0.0.1" is not allowed in config': ErrorText("not-allowed", addresses=("10.0.0.1",)),
    '["10.0.0.1"] is not allowed in config': ErrorText("not-allowed", addresses=("10.0.0.1",)),
    '["10.0.0.1" "fd00::1"] is not allowed in config': ErrorText("not-allowed", addresses=("10.0.0.1", "fd00::1")),
    'unknown pool "edge"': ErrorText("unknown-pool", pool="edge"),
    'unknown pool ""': ErrorText("unknown-pool"),
    "pool vip not compatible for ip assignment": ErrorText("pool-not-compatible", pool="vip"),
    SHARING + "z/y,a/x": _refused(),
    SHARING + "z/y,a/x: services can't share key": _refused(),
    SHARING + "z/y,a/x: existing service does not allow sharing": _refused("existing service does not allow sharing"),
    SHARING + 'a/x,z/y: sharing key "n" does not match existing sharing key "o"': _refused(
        'sharing key "n" does not match existing sharing key "o"'
    ),
    SHARING + 'a/x,z/y: backend key "a=b" does not match existing sharing key ""': _refused(
        'backend key "a=b" does not match existing sharing key ""'
    ),
    'port TCP/80 is already in use on "10.0.0.1"': ErrorText(
        "port-in-use", addresses=("10.0.0.1",), port=Port("TCP", 80)
    ),
    'More than two addresses ["a" "b" "c"]': ErrorText("too-many-addresses", addresses=("a", "b", "c")),
    'more than two addresses ["a" "b" "c"]': ErrorText("too-many-addresses", addresses=("a", "b", "c")),
    '"10.0.0.1" "10.0.0.2" has the same family': ErrorText("same-family", addresses=("10.0.0.1", "10.0.0.2")),
    'requested spec.loadBalancerIP "10.0.0.1" does not match the ipFamily of the service': ErrorText(
        "request-family-mismatch", addresses=("10.0.0.1",)
    ),
    'requested loadBalancer IP(s) ["10.0.0.1"] does not match the ipFamily of the service': ErrorText(
        "request-family-mismatch", addresses=("10.0.0.1",)
    ),
    'requested loadBalancer IP(s) ["10.0.0.1"] is not compatible with requested address pool lab': ErrorText(
        "request-pool-mismatch", pool="lab", addresses=("10.0.0.1",)
    ),
    'invalid spec.loadBalancerIP "10.0.0.300"': ErrorText("invalid-request", reason='spec.loadBalancerIP "10.0.0.300"'),
    'invalid metallb.universe.tf/loadBalancerIPs: "a,b"': ErrorText(
        "invalid-request", reason='metallb.universe.tf/loadBalancerIPs: "a,b"'
    ),
    "service can not have both metallb.io/loadBalancerIPs and svc.Spec.LoadBalancerIP": ErrorText(
        "both-requests", reason="metallb.io/loadBalancerIPs"
    ),
    'IPFamilyForAddresses: Invalid address ["x"]': ErrorText("ip-family", addresses=("x",), reason="Invalid address"),
    'IPFamilyForAddresses: same address family ["a" "b"]': ErrorText(
        "ip-family", addresses=("a", "b"), reason="same address family"
    ),
    "IPFamilyForAddresses: invalid ips length 0 []": ErrorText("ip-family", reason="invalid ips length 0"),
    "invalid ClusterIP [x], can't determine family": ErrorText("ip-family", reason="invalid ClusterIP [x]"),
    "requires dual stack but clusterips are not dual stack": ErrorText("requires-dual-stack"),
    "Service requires dual stack but not enough clusterips [10.0.0.1]": ErrorText("requires-dual-stack"),
    "pools are empty": ErrorText("pools-empty"),
    "No ClusterIP": ErrorText("no-cluster-ips"),
    "No ClusterIPs": ErrorText("no-cluster-ips"),
    "controller not synced": ErrorText("not-synced"),
    "IP for wrong family assigned 10.0.0.1": ErrorText("wrong-family-assigned", addresses=("10.0.0.1",)),
    "IP for wrong family assigned alloc ipv4 service family ipv6": ErrorText(
        "wrong-family-assigned", family="ipv6", reason="alloc ipv4"
    ),
    "unknown allocated IP Family unknown": ErrorText("wrong-family-assigned", family="unknown"),
}
MISSES = [
    "",
    " no available IPs",
    "no available IPs\n",
    "No available IPs",
    "no available IPs in pool ",
    'no available IPs in pool "lab',
    'no available IPs in pool "lab" for ipv5 IPFamily',
    "is not allowed in config",
    "10.0.0.1 is not allowed in config",
    '["10.0.0.1" is not allowed in config',
    '["&lt;nil&gt;"] is not allowed in config',
    '["10.0.0.1"  "10.0.0.2"] is not allowed in config',
    "unknown pool lab",
    'unknown pool "lab" ',
    "pool  not compatible",
    "can't change sharing key for web, address also in use by a/b",
    'port TCP/http is already in use on "10.0.0.1"',
    "ConfigurationState created",
    'new config not compatible with assigned IPs: service "a/b" cannot own ["10.0.0.1"] under new config',
    'Operation cannot be fulfilled on services "web": the object has been modified; please apply',
]


@pytest.mark.parametrize(("text", "expected"), HITS.items(), ids=[f"{n}-{t[:40]}" for n, t in enumerate(HITS)])
def test_template(text, expected):
    """Each template of each version is recognised, and gives what it says."""
    assert parse_error(text) == expected


@pytest.mark.parametrize("text", MISSES)
def test_unrecognised(text):
    """A text that fits no template wholly says nothing."""
    assert parse_error(text) == ErrorText("unrecognised")


@pytest.mark.parametrize("suffix", ["", ": services can't share key", ': sharing key "b,a" does not match existing'])
def test_fold(suffix):
    """Holders are put in order, and nothing else of the text is touched."""
    assert fold(f"{SHARING}b/b,c/c,a/a{suffix}") == f"{SHARING}a/a,b/b,c/c{suffix}"


@pytest.mark.parametrize("text", [text for text in HITS if not text.startswith(SHARING)] + MISSES)
def test_fold_leaves_others(text):
    """A text that lists no holders stays as it is."""
    assert fold(text) == text


hostile = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(list(HITS))
plain = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters=","), min_size=1, max_size=12)


@settings(deadline=None)
@given(hostile, st.lists(plain.filter(lambda name: ": " not in name), min_size=1, max_size=5), st.randoms())
def test_sharing_with_any_names(service, holders, random):
    """Whatever services are called, who is refused and who holds comes out, in any order of the holders."""
    shuffled = random.sample(holders, len(holders))
    one, other = (
        f"can't change sharing key for {quote(service)}, address also in use by {','.join(names)}"
        for names in (holders, shuffled)
    )
    expected = ErrorText("sharing-refused", service=service, holders=tuple(sorted(holders)))
    assert parse_error(one) == parse_error(other) == parse_error(fold(one)) == expected
    assert fold(one) == fold(other) == fold(fold(one))


@settings(deadline=None)
@given(hostile)
def test_quoted_pool_with_any_name(pool):
    """Whatever a pool is called, its name comes out of the quotes."""
    assert parse_error(f"unknown pool {quote(pool)}") == ErrorText("unknown-pool", pool=pool)
    assert parse_error(f"no available IPs in pool {quote(pool)} for ipv4 IPFamily").pool == pool


@settings(deadline=None)
@given(hostile, hostile, st.sampled_from(list(HITS)), st.integers(0, 100))
def test_any_text(before, after, text, cut):
    """No text raises."""
    for mangled in (before + text + after, text[:cut] + before + text[cut:], text[cut:] + after):
        assert isinstance(parse_error(mangled), ErrorText)
        assert isinstance(fold(mangled), str)


@settings(deadline=None)
@given(
    st.sampled_from([*HITS, *MISSES]),
    st.integers(0, 120),
    st.integers(0, 20),
    st.text('ab1.,:/-_" []\\\n\u00e9', max_size=4),
)
def test_common_texts_as_by_grammar(text, at, cut, put):
    """What is read without the grammar is what the grammar would read."""
    for changed in (text, text[:at] + put + text[at + cut :]):
        found = error_texts._common(changed)
        assert found is None or found == error_texts._by_grammar(changed)


def test_common_texts_need_no_grammar():
    """The texts that most logs have are read without it."""
    common = [t for t in HITS if error_texts._common(t)]
    assert {HITS[t].kind for t in common} == {"no-available-ips", "unknown-pool", "not-allowed", "sharing-refused"}


@pytest.mark.parametrize("text", ['unknown pool "' + "\\" * 99_999, '["' * 50_000, SHARING + "," * 100_000 + ": "])
def test_long_text(text):
    """Long texts of nothing but quotes and separators take no time."""
    assert isinstance(parse_error(text), ErrorText)
    assert isinstance(fold(text), str)
