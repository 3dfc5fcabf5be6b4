"""Made-up values that JSON can hold, numbers exact."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
numbers = st.decimals(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1)


def json_values(*, max_leaves: int = 12) -> st.SearchStrategy[Any]:
    """Null, booleans, exact numbers, text; lists and objects of them."""
    return st.recursive(
        st.none() | st.booleans() | numbers | texts,
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
        max_leaves=max_leaves,
    )
