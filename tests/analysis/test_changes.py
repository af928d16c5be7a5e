"""What is stated as changed, and what is not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import changes, summary_topics
from cvi.analysis.analyse import METRICS  # noqa: F401 - registers the metrics
from cvi.selection.filters import Filters
from cvi.selection.mask import mask

NOW = Filters(since=date(2026, 2, 2), until=date(2026, 2, 8))
BEFORE = Filters(since=date(2026, 1, 5), until=date(2026, 2, 1))


def history(seed=0, *, each=40):
    """Five weeks of conversations alike, `each` a week."""
    rng = np.random.default_rng(seed)
    size = 5 * each
    dates = pd.date_range(
        "2026-01-05", periods=size, freq=f"{5 * 7 * 24 * 60 // size}min", tz="UTC"
    )
    return pd.DataFrame(
        {
            "conversation_id": [f"c{at:04}" for at in range(size)],
            "title": None,
            "source": "s",
            "persona": np.array(["ann", "bob", "eve", "kim"])[np.arange(size) % 4],
            "outcome": np.where(rng.random(size) < 0.9, "completed", "failed"),
            "started_at": dates.astype("datetime64[us, UTC]"),
            "quality": rng.normal(70, 8, size),
            "user_sentiment": rng.normal(0.1, 0.2, size),
            "response_time_p50": rng.gamma(4, 0.25, size),
            "user_repair_rate": np.where(rng.random(size) < 0.2, 5.0, 0.0),
            "turns": rng.integers(10, 40, size).astype(float),
        }
    )


def recent(frame):
    return mask(NOW, frame)


def test_weeks_alike_have_no_change():
    stated = [changes.changed(history(seed), NOW, BEFORE).found for seed in range(40)]
    assert sum(bool(found) for found in stated) <= 4  # 5 % of 40 weeks, and some luck


def test_no_change_is_said():
    found = changes.changed(history(), NOW, BEFORE)
    assert found.found == ()
    assert found.told == (
        f"No change beyond chance in {found.tested} comparisons of {found.n} conversations with "
        f"the {found.n_before} before."
    )
    assert found.tested > 20


def test_a_shift_of_one_persona_is_found_with_its_evidence():
    frame = history()
    slow = recent(frame) & (frame["persona"] == "eve")
    frame.loc[slow, "response_time_p50"] += 1.5
    found = changes.changed(frame, NOW, BEFORE).found
    first = next(each for each in found if each.group)
    assert (first.metric, first.group, first.better) == ("response_time_p50", "eve", False)
    assert first.sentence.startswith("Response time, median with eve rose: 2.")
    assert (first.n, first.n_before) == (mask(first.filters, frame).sum(),
                                         mask(first.before_filters, frame).sum())  # fmt: skip
    listed = frame[mask(first.filters, frame)]
    assert (
        first.conversations[0]
        == listed.sort_values("response_time_p50")["conversation_id"].iloc[-1]
    )
    assert first.now == pytest.approx(listed["response_time_p50"].median())


def test_a_change_of_all_is_not_repeated_for_each_persona():
    frame = history()
    frame.loc[recent(frame), "quality"] -= 12
    found = changes.changed(frame, NOW, BEFORE).found
    quality = [each for each in found if each.metric == "quality"]
    assert [each.group for each in quality] == [""]
    assert quality[0].better is False
    assert quality[0].sentence.startswith("Quality fell: ")


def test_what_is_rare_is_compared_by_its_mean():
    frame = history(each=80)
    frame.loc[recent(frame) & (frame.index % 7 < 2), "user_repair_rate"] = 6.0
    found = changes.changed(frame, NOW, BEFORE).found
    repair = next(each for each in found if each.metric == "user_repair_rate")
    assert repair.stat == "mean"
    assert repair.better is False


def test_shares_of_outcomes_and_topics():
    frame = history(each=80)
    frame.loc[recent(frame) & (frame.index % 3 == 0), "outcome"] = "failed"
    rows = frame[recent(frame) & (frame.index % 2 == 0) | (frame.index % 10 == 1)]
    topics = pd.DataFrame({"conversation_id": rows["conversation_id"], "kind": "lexicon", "rank": 1,
                           "topic": "prices", "weight": 0.5})  # fmt: skip
    found = changes.changed(frame, NOW, BEFORE, summary_topics.of(topics, frame, "lexicon")).found
    said = [each.sentence for each in found]
    assert any(text.startswith("Outcome failed became more frequent: ") for text in said)
    assert any(text.startswith("Conversations about prices became more frequent") for text in said)
    failed = next(each for each in found if each.filters.outcomes == ("failed",) and not each.group)
    assert failed.better is False
    assert failed.n == mask(failed.filters, frame).sum()


def test_too_few_to_compare_is_said():
    found = changes.changed(history().tail(5), NOW, BEFORE)
    assert found.found == ()
    assert found.told.startswith("Too few conversations to compare: 5 now, 0 before")
    assert changes.changed(history().head(0), NOW, BEFORE).told.startswith("Too few")
