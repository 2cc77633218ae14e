"""Framing: lines, and how many there are, however they are looked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loganalyzer.sources import lines
from loganalyzer.sources.lines import block_of, fed_lines, feeds_in, lines_of

BLOCKS = st.lists(
    st.sampled_from([b"", b"\n", b"\r\n", b"\n\n", b"\x0b", b"\x0c", b"\x85", b"\0", b"a" * 300, b"b"]), max_size=30
).map(b"".join)


@given(BLOCKS)
def test_only_line_feeds_end_lines(block: bytes) -> None:
    """As `split` has them; a last line without a line feed is one."""
    found = block.split(b"\n")
    assert lines_of(block) == (found if found[-1] else found[:-1])
    assert b"".join(fed_lines(block)) == block
    assert lines_of(block_of(lines_of(block))) == lines_of(block)


@given(BLOCKS)
def test_a_long_block_has_the_same_lines(block: bytes) -> None:
    """Which is cut in another way, as its lines should not be held twice."""
    expected = lines_of(block)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "TOGETHER", 10)
        assert lines_of(block) == expected
        assert feeds_in(block, 0, len(block)) == block.count(b"\n")


@given(BLOCKS, st.integers(0, 4000), st.integers(0, 4000))
def test_line_feeds_of_a_part_are_counted(block: bytes, start: int, end: int) -> None:
    """Of short parts and long ones."""
    end = min(end, len(block))
    assert feeds_in(block, start, end) == block.count(b"\n", start, end)
