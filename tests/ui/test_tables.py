"""Figures in words, and columns for metrics."""

from __future__ import annotations

import pytest

from cvi.analysis.analyse import METRICS
from cvi.ui import tables


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("user_word_share", 0.456, "46 %"),
        ("user_word_share", 0.031, "3.1 %"),
        ("response_time_p50", 0.842, "0.84 s"),
        ("duration_s", 185.0, "3 min 05 s"),
        ("duration_s", 847_000.0, "9 d 19 h"),
        ("turns", 1.0, "1 turn"),
        ("turns", 1234.0, "1,234 turns"),
        ("quality", 62.4, "62 of 100"),
        ("user_sentiment", -0.001, "+0.00"),
        ("completed", 0.0, "no"),
        ("quality", None, "not measurable"),
        ("quality", float("nan"), "not measurable"),
    ],
)
def test_shown(name: str, value: float | None, text: str) -> None:
    assert tables.shown(METRICS[name], value) == text


@pytest.mark.parametrize("name", list(METRICS))
def test_every_metric_has_words_and_a_column(name: str) -> None:
    assert tables.shown(METRICS[name], 0.5)
    assert tables.column(METRICS[name])["label"] == tables.short(name)


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 B"), (999, "999 B"), (18_100_000, "18.1 MB"), (2e9, "2.0 GB")]
)
def test_size(number: int, text: str) -> None:
    assert tables.size(number) == text


def test_an_address_holds_any_id() -> None:
    assert tables.address("a/b?&#", turn=3) == "conversation?id=a%2Fb%3F%26%23&turn=3"
