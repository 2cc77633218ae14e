"""Addresses that a service might get: of one family one of them, of two families one of each."""

import pytest

from loganalyzer.report.possible import first_of, one_of

FOUR, SIX = "192.0.2.1", "2001:db8::1"
OTHERS = ("192.0.2.2", "2001:db8::2")

WORDS = [
    pytest.param((FOUR,), False, "192.0.2.1", "192.0.2.1", id="one"),
    pytest.param((FOUR, OTHERS[0]), False, "192.0.2.1 or 192.0.2.2", "192.0.2.1 or another", id="one of two"),
    pytest.param((FOUR, SIX), True, "192.0.2.1 and 2001:db8::1", "192.0.2.1 and 2001:db8::1", id="one of each"),
    pytest.param((FOUR, SIX), False, "192.0.2.1 or 2001:db8::1", "192.0.2.1 or another", id="either family"),
    pytest.param((SIX,), True, "2001:db8::1", "2001:db8::1", id="of each, where there is one"),
    pytest.param(
        (FOUR, OTHERS[0], SIX),
        True,
        "192.0.2.1 or 192.0.2.2, and 2001:db8::1",
        "192.0.2.1 and 2001:db8::1, or others",
        id="one of two, and one",
    ),
    pytest.param((), True, "", "", id="none"),
]


@pytest.mark.parametrize(("addresses", "each", "all_of_them", "the_first"), WORDS)
def test_how_it_is_said(addresses: tuple[str, ...], each: bool, all_of_them: str, the_first: str) -> None:
    """All that it could get, and the same in short."""
    assert one_of(addresses, each=each) == all_of_them
    assert first_of(addresses, each=each) == the_first
