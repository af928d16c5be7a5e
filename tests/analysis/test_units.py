"""Figures as they are printed."""

from __future__ import annotations

import pytest

from cvi.analysis.units import is_flat, shown, shown_change


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.734, "share", "73 %"),
        (0.042, "share", "4.2 %"),
        (0.0, "share", "0 %"),
        (0.84, "s", "0.84 s"),
        (12.44, "s", "12.4 s"),
        (320.1, "s", "5 min 20 s"),
        (7300, "s", "2 h 01 min"),
        (-0.001, "score", "0.00"),
        (0.074, "score", "+0.07"),
        (74.6, "points", "75"),
        (2.04, "per 100 turns", "2.0 per 100"),
        (1234.0, "words", "1,234"),
        (float("nan"), "s", "not measurable"),
        (None, "share", "not measurable"),
    ],
)
def test_values(value, unit, text):
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.031, "share", "+3 pp"),
        (-0.2, "s", "-0.20 s"),
        (-0.06, "score", "-0.06"),
        (1.24, "points", "+1.2"),
        (4.0, "points", "+4"),
    ],
)
def test_changes_carry_their_sign(value, unit, text):
    assert shown_change(value, unit) == text


def test_a_change_that_prints_as_nothing_is_flat():
    assert is_flat(-0.001, "share")
    assert not is_flat(0.02, "share")
