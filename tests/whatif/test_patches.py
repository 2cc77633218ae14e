"""A patch of the plainest kind, made without the library, is what the library makes of it."""

from typing import Any

import jsonpatch
from hypothesis import given
from hypothesis import strategies as st
from jsonpointer import JsonPointerException

from loganalyzer.errors import UsageError
from loganalyzer.whatif.changes import Change, patched

KEYS = ("a", "b", "0", "1", "-", "x/y", "m~n", "")
TOKENS = (*("a", "b", "0", "1", "-", "x~1y", "m~0n", ""), "2", "01", "~", "a~2", "9" * 5000, "²")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(KEYS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=8,
)
OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(("add", "remove", "replace", "test", "copy", "?")),
        "path": st.lists(st.sampled_from(TOKENS), max_size=3).map(lambda ts: "".join(f"/{t}" for t in ts)),
    },
    optional={"value": VALUES, "from": st.sampled_from(("/a", "/b/0"))},
)


def _by_the_library(document: dict[str, Any], patch: list[dict[str, Any]]) -> object:
    try:
        found = jsonpatch.JsonPatch(patch).apply(document)
    except (jsonpatch.JsonPatchException, JsonPointerException, TypeError, KeyError, IndexError, ValueError):
        return UsageError
    return found if isinstance(found, dict) else UsageError


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4), st.lists(OPERATIONS, min_size=1, max_size=4))
def test_the_same_as_the_library(document: dict[str, Any], patch: list[dict[str, Any]]) -> None:
    """Refusals too; and neither the object nor the patch is changed by it."""
    kept = repr(document), repr(patch)
    try:
        found: object = patched(document, Change("Service", "default/a", patch=patch))
    except UsageError:
        found = UsageError
    assert (repr(document), repr(patch)) == kept
    assert found == _by_the_library(document, patch)
