"""Plain tables fitted to a width, whatever is in their cells."""

import re

from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.report.fitting import fitted_table
from loganalyzer.report.terminal import columns

CELLS = st.text(st.sampled_from("ab1 -/.,=日é\u0301"), max_size=60)
ROWS = st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4)


@given(ROWS, st.integers(40, 100))
def test_cells_that_shrink_fit_any_width(rows: list[tuple[str, str]], width: int) -> None:
    """No line is wider than the terminal, wide characters counted as two, and no character is lost."""
    lines = fitted_table(("who", "what"), rows, width, (0, 1), indent="  ").lines
    assert [line for line in lines if columns(line) > width] == []
    written, told = "".join(lines), "".join(cell for row in rows for cell in row)
    for character in set(re.sub(r"\s", "", told)):
        assert written.count(character) >= told.count(character)


def test_what_need_not_be_there_goes_first() -> None:
    """A column to spare is left out before a word is cut."""
    row = ("default/a-service-with-a-long-name", "10:34:52", "12", "controller.log:19701")
    lines = fitted_table(("service", "since", "attempts", "last"), [row], 70, (), (2, 3)).lines
    assert lines == [
        "service                             since     last",
        "default/a-service-with-a-long-name  10:34:52  controller.log:19701",
    ]


def test_a_name_is_cut_at_its_joints() -> None:
    """Neither at hyphens where it fits a line of its own, nor anywhere where it has a joint."""
    rows = [("10.0.0.3", "default/api, team-payments-production-eu-central-1/cart-service-79")]
    assert fitted_table(("address", "held by"), rows, 50, (1,)).lines == [
        "address   held by",
        "10.0.0.3  default/api,",
        "          team-payments-production-eu-central-1/",
        "          cart-service-79",
    ]


def test_what_is_left_out_is_told() -> None:
    """By its place, as one heading may be part of another; what no row fills is not missed."""
    row = ["default/web", "18 min 22 s", "19 min 14 s", "18 min 22 s", ""]
    table = fitted_table(("service", "median", "longest", "address median", "p95"), [row], 45, (), (4, 1))
    assert table.left_out == [1]
    assert table.lines[0].split() == ["service", "longest", "address", "median"]
