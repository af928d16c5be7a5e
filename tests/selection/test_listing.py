"""The list's order, page and columns in a link."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvi.selection.listing import Listing, from_query, to_query

SORTS = ("started_at", "title", "quality")
COLUMNS = ("title", "topics", "quality", "turns")


@given(
    st.builds(
        Listing,
        st.sampled_from(SORTS),
        st.booleans(),
        st.integers(1, 10_000),
        st.lists(st.sampled_from(COLUMNS), unique=True).map(tuple),
    )
)
def test_a_link_says_the_whole_listing(listing: Listing) -> None:
    """There and back is the same, and nothing is complained about."""
    assert from_query(to_query(listing), sorts=SORTS, columns=COLUMNS) == (listing, [])


def test_the_usual_listing_needs_no_parameters() -> None:
    assert to_query(Listing()) == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sort", "nonsense"), ("sort", "Quality"), ("order", "up"), ("page", "-1"), ("page", "0"),
        ("page", "²"), ("page", "1e3"), ("page", "9" * 30), ("columns", "x.y"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_named_and_left_out(key: str, value: str) -> None:
    """The rest of the address holds."""
    rest = {"sort": ["quality"], "order": ["asc"], "page": ["3"], "columns": ["turns"]}
    found, problems = from_query({**rest, key: [value]}, sorts=SORTS, columns=COLUMNS)
    expected, _ = from_query(
        {name: each for name, each in rest.items() if name != key}, sorts=SORTS, columns=COLUMNS
    )
    assert found == expected
    assert problems
    assert all(repr(part) in " ".join(problems) for part in value.split("."))


def test_another_order_begins_at_the_first_page() -> None:
    listing = Listing(page=7, columns=("turns",)).by("quality", descending=False)
    assert listing == Listing("quality", False, 1, ("turns",))  # noqa: FBT003
