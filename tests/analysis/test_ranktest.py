"""Rank tests of many groups at once, against SciPy one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cvi.analysis import ranktest


def test_each_group_is_tested_as_scipy_would():
    rng = np.random.default_rng(2)
    size = 600
    codes = rng.integers(-1, 5, size)
    mine = rng.random(size) < 0.3
    values = rng.integers(0, 12, size).astype(float) + np.where(mine & (codes == 2), 5, 0)
    values[rng.random(size) < 0.1] = np.nan
    found = ranktest.mann_whitney(values, mine, np.arange(size), codes, 5)
    for at in range(5):
        known = (codes == at) & ~np.isnan(values)
        one, other = values[known & mine], values[known & ~mine]
        expected = stats.mannwhitneyu(one, other, use_continuity=True, method="asymptotic")
        assert (found.n[at], found.others[at]) == (len(one), len(other))
        assert found.p[at] == pytest.approx(expected.pvalue)
        pairs = np.sign(one[:, None] - other[None, :])
        assert found.effect[at] == pytest.approx(pairs.mean())
    assert found.p[2] < 0.001


def test_a_group_without_both_sides_is_not_compared():
    each = np.arange(2)
    found = ranktest.mann_whitney(np.array([1.0, 2.0]), each >= 0, each, each, 3)
    assert np.isnan(found.p).all()
    none = each[:0]
    assert np.isnan(ranktest.mann_whitney(none * 1.0, none > 0, none, none, 2).p).all()


def test_a_value_may_be_in_several_groups():
    values, mine = np.arange(20.0), np.arange(20) % 2 == 0
    at, codes = np.tile(np.arange(20), 2), np.repeat([0, 1], 20)
    found = ranktest.mann_whitney(values, mine, at, codes, 2)
    assert found.p[0] == found.p[1]
    assert found.n.tolist() == [10, 10]


def test_equal_values_differ_by_nothing():
    every = np.arange(20)
    found = ranktest.mann_whitney(np.ones(20), every < 9, every, 0 * every, 1)
    assert (found.effect[0], found.p[0]) == (0, 1)


def test_each_group_against_all_others():
    rng = np.random.default_rng(4)
    values = rng.integers(0, 9, 200).astype(float)
    values[::17] = np.nan
    at, codes = np.concatenate([np.arange(0, 60), np.arange(30, 200)]), np.repeat([0, 1], [60, 170])
    found = ranktest.against_rest(values, at, codes, 3)
    for group in range(2):
        inside = np.isin(np.arange(200), at[codes == group])
        one, other = (values[side & ~np.isnan(values)] for side in (inside, ~inside))
        assert found.p[group] == pytest.approx(
            stats.mannwhitneyu(one, other, method="asymptotic").pvalue
        )
        pairs = np.sign(one[:, None] - other[None, :])
        assert found.effect[group] == pytest.approx(pairs.mean())
    assert np.isnan(found.p[2])


def test_shares_are_compared_by_the_pooled_z_test():
    found = ranktest.proportions(*(np.array([each]) for each in (12.0, 40.0, 30.0, 300.0)))
    assert found.effect[0] == pytest.approx(0.2)
    table = np.array([[12, 28], [30, 270]])
    assert found.p[0] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)


def test_correction_is_that_of_benjamini_and_hochberg():
    p = np.array([0.04, 0.001, np.nan, 0.03, 0.8])
    found = ranktest.corrected(p)
    expected = stats.false_discovery_control(p[~np.isnan(p)])
    assert found[~np.isnan(p)] == pytest.approx(expected)
    assert np.isnan(found[2])
    assert len(ranktest.corrected(np.zeros(0))) == 0
