"""Grouped counts and percentiles against what pandas says group by group."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvi.analysis import grouped

NAN = float("nan")
_values = st.one_of(st.just(NAN), st.floats(-1e6, 1e6), st.integers(-3, 3).map(float))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-1, 4), _values), max_size=60))
def test_figures_are_those_of_pandas(rows):
    codes = np.array([code for code, _ in rows], np.int64)
    values = np.array([value for _, value in rows], np.float64)
    by = pd.Series(values).groupby(pd.Series(codes).where(codes >= 0))
    shares = [0.25, 0.5, 0.95]
    cuts = grouped.quantiles(values, codes, 6, shares)
    for at, share in enumerate(shares):
        expected = by.quantile(share).reindex(range(6)).to_numpy(np.float64)
        np.testing.assert_allclose(cuts[:, at], expected, rtol=1e-9, atol=1e-9)
    n, mean = grouped.means(values, codes, 6)
    assert n.tolist() == by.count().reindex(range(6), fill_value=0).tolist()
    np.testing.assert_allclose(mean, by.mean().reindex(range(6)), rtol=1e-9, atol=1e-6)
    assert grouped.counts(codes, 6).tolist() == by.size().reindex(range(6), fill_value=0).tolist()


@settings(deadline=None)
@given(st.lists(_values, max_size=40), st.integers(0, 12))
def test_the_least_are_those_of_a_whole_sort(values, limit):
    names = pd.Series([f"c{(7 * at) % 41:02}" for at in range(len(values))], dtype="str")
    frame = pd.DataFrame({"value": np.array(values, np.float64), "name": names})
    expected = frame.dropna().sort_values(["value", "name"]).head(limit).index.tolist()
    assert grouped.least(frame["value"].to_numpy(), names, limit).tolist() == expected


@pytest.mark.parametrize("dtype", ["str", "category"])
def test_codes_stand_for_sorted_values_and_leave_out_the_missing(dtype):
    codes, values = grouped.coded(pd.Series(["b", None, "a", "b"], dtype=dtype))
    assert codes.tolist() == [1, -1, 0, 1]
    assert values.tolist() == ["a", "b"]


def test_pairs_are_counted_in_a_table():
    rows, columns = np.array([0, 0, 1, -1]), np.array([1, 1, 0, 0])
    assert grouped.pairs(rows, columns, (2, 3)).tolist() == [[0, 2, 0], [1, 0, 0]]
