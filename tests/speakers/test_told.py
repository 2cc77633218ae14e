"""What a reader is told first where speakers' logs were read: what is wrong, what to do, and of many the first ones."""

import re
from collections.abc import Iterator

import pytest

from loganalyzer.correlator.diagnosis import Diagnosis
from loganalyzer.correlator.live import Told
from loganalyzer.report import html, markdown
from loganalyzer.report.compose import compose
from loganalyzer.report.live import LiveText
from loganalyzer.report.text import MOST_TOLD, render
from tests.speakers.building import (
    NO_BGP,
    announcing,
    candidates,
    configuration,
    debug_pass,
    diagnosis,
    endpoints,
    gokit,
    info_pass,
    nobody,
    own_node,
    service,
    skipping,
    started,
    withdrawing,
)

MANY = 30


def _passes(of: str, *, ready: bool) -> Iterator[str]:
    """Passes over many services, which are announced if they have a ready pod."""
    for number in range(MANY):
        name, address = f"{of}/web-{number:02}", f"192.0.2.{number + 1}"
        yield endpoints(name, node_1="ready" if ready else "down")
        end = [candidates("node-1", name=name), announcing(address=address)]
        if not ready:
            end = [nobody(name)]
        yield from debug_pass(skipping("bgp", "pool not matching my node", name=name), *end, name=name,
                              dump=service(name, address=address))  # fmt: skip


@pytest.fixture(scope="module")
def crowd() -> Diagnosis:
    """Many services that nobody answers for, and as many that are announced."""
    log = [started(), *own_node("node-1"), *configuration(("node-1",))]
    return diagnosis([*log, *_passes("dead", ready=False), *_passes("fine", ready=True)])


def test_text_tells_the_first_of_many(crowd: Diagnosis) -> None:
    """What fails is not buried below services that are announced; how many are not shown is said, and which."""
    lines = render(crowd, 300).splitlines()
    assert f"{MANY} services with an address that no node answers for" in lines
    for of, what in (("dead", "that no node answers for as it should"), ("fine", "that are announced")):
        assert sum(line.startswith(f"{of}/web-") for line in lines) == MOST_TOLD
        rest = f"… and {MANY - MOST_TOLD} more services {what}: {of}/web-{MOST_TOLD}, "
        assert any(line.startswith(rest) for line in lines)
    assert lines.index(next(x for x in lines if "more services that no" in x)) < lines.index(
        next(x for x in lines if x.startswith("fine/"))
    )


def test_other_forms_fold_the_rest(crowd: Diagnosis) -> None:
    """They have all of them."""
    report = compose(crowd)
    folded = f"{MANY - 12} more services that are announced</summary>"
    for page in (markdown.render(report), html.render(report)):
        assert page.count(folded) == 1
        assert all(page.count(f"fine/web-{number:02}") == 1 for number in range(12, MANY))


def test_what_a_short_ticket_leaves_out_is_counted(crowd: Diagnosis) -> None:
    """A service with its command is left out whole, and counts once."""
    page = markdown.render(compose(crowd), 3000)
    said = re.search(r"characters: (\d+) announcements and 2 folded lists\. ", page)
    assert said is not None
    assert int(said[1]) + page.count("**dead/web-") + page.count("**fine/web-") == 2 * 12
    assert page.count("```sh\nkubectl ") == 1


def test_followed_logs_tell_it_once(crowd: Diagnosis) -> None:
    """So does what is told while following, and a command stays on its line."""
    live = LiveText(60, colour=False, fixing=list, inputs=list)
    (text,) = live.told(Told((), past=False, announcements=crowd.announcements))
    lines = text.decode().splitlines()
    assert sum("kubectl -n dead get endpointslices" in line for line in lines) == 1
    assert "    kubectl -n dead get endpointslices -l kubernetes.io/service-name=web-00 -o yaml" in lines
    assert not list(live.told(Told((), past=False, announcements=crowd.announcements)))


def test_what_to_do_is_told_once(crowd: Diagnosis) -> None:
    """In full for the first service; the others name it."""
    text = render(crowd, 300)
    command = "\n    kubectl -n dead get endpointslices -l kubernetes.io/service-name=web-00 -o yaml\n"
    assert command in text
    assert text.count("kubectl -n dead get endpointslices") == 1
    assert text.count("What to do: as for dead/web-00 (loganalyzer rules MLB501).") == MOST_TOLD - 1


def test_nothing_to_do_where_all_is_well() -> None:
    """A node that lost the election is no fault."""
    log = [started(), *own_node("node-2"), *configuration(("node-1", "node-2")), endpoints(node_1="ready")]
    text = render(diagnosis([*log, *debug_pass(NO_BGP, candidates("node-1"))]), 200)
    assert "What to do" not in text


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        (candidates("node-1"), "announced by node-1 (layer2) by the election, of whose speaker there is no log. "),
        (skipping("layer2", "pool not matching my node"), "announced by none of these nodes. "),
        (nobody(), "announced by nobody. "),
    ],
    ids=["another node won", "another node may be selected", "no node can"],
)
def test_log_of_one_speaker_that_begins_late(line: str, headline: str) -> None:
    """It does not tell which nodes there are, so what keeps this one silent says nothing of others."""
    late = [*debug_pass(NO_BGP, candidates("node-2"), announcing()), *debug_pass(NO_BGP, line, withdrawing("notOwner"))]
    found = diagnosis(late, names=("speaker-node-2.log",))
    (story,) = found.announcements.stories
    assert story.headline.startswith(headline)
    assert ("no node answers for" in render(found, 200)) == (headline == "announced by nobody. ")


def test_sessions_that_are_down_are_the_first_thing_said() -> None:
    """A service that is announced to some peers has no failure; its report still does not begin with that."""
    peer = {"peer": "192.0.2.254:179", "localASN": 64501, "peerASN": 64500}
    refused = gokit(5, "error", op="connect", error="connection refused", msg="failed to connect to peer", **peer)
    text = render(diagnosis([started(), *own_node("node-1"), refused, *info_pass(announcing("bgp"))]), 200)
    assert text.splitlines()[1] == (
        "1 service with an address that no node answers for; 1 BGP session down or flapping"
    )
