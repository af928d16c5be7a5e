"""The filter in words, and a chip takes away what it says."""

from __future__ import annotations

from datetime import date

import pytest

import cvi.analysis.analyse  # noqa: F401 - registers the metrics
from cvi.analysis.filter_words import chips, condition, described
from cvi.selection.filters import Filters, Range

FULL = Filters(
    since=date(2026, 10, 26), until=date(2026, 11, 24), period="30d", personas=("Ada", ""),
    outcomes=("never_spoke",), bands=("low",),
    topics=(("lexicon:pricing", "term:x"), ("corpus:none",)),
    ranges=(Range("user_talk_share", 0.4, 0.6),), text="refund",
)  # fmt: skip


def test_everything_that_is_on_has_a_chip():
    assert [chip.text for chip in chips(FULL)] == [
        "Last 30 days (26 Oct – 24 Nov 2026)", "Persona: Ada", "Persona: unknown",
        "Outcome: never spoke", "Quality: low", "Topic: pricing or term x", "Topic: no cluster",
        "User share of speech 40 to 60 %", "Said: “refund”",
    ]  # fmt: skip
    assert described(Filters()) == "all conversations"
    assert described(Filters(text="x")) == "Said: “x”"


def test_taking_every_chip_away_leaves_everything():
    left = FULL
    while found := chips(left):
        left = found[0].rest
    assert not left.active


@pytest.mark.parametrize(
    ("range_", "said"),
    [
        (Range("quality"), "Quality measurable"),
        (Range("quality", missing=True), "Quality not measurable"),
        (Range("quality", 70), "Quality from 70"),
        (Range("quality", None, 40), "Quality under 40"),
        (Range("user_talk_share", None, 0.07, closed=True), "User share of speech at most 7 %"),
        (Range("completed", 1), "Completed: yes"),
        (Range("gone_metric", 1, 2), "gone_metric 1 to 2"),
    ],
)
def test_conditions_in_words(range_: Range, said: str):
    assert condition(range_) == said
