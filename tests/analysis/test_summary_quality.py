"""What costs points, against the score itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import summary_quality as quality
from cvi.analysis.analyse import METRICS
from cvi.analysis.quality import ITEMS
from cvi.selection.filters import Filters, Range
from cvi.selection.mask import mask

NAN = float("nan")


def frame_of(*scores, **lost):
    """Conversations with these scores; items (their columns) cost nothing unless given."""
    scores = np.asarray(scores, float)
    costs = {item.lost: np.where(np.isnan(scores), NAN, 0.0) for item in ITEMS}
    given = {name: np.asarray(values, float) for name, values in lost.items()}
    return pd.DataFrame(
        {"conversation_id": [f"c{at}" for at in range(len(scores))], "quality": scores}
        | costs | given
    )  # fmt: skip


def test_without_a_score_nothing_is_lost():
    frame = frame_of(NAN)
    assert quality.costs(frame).empty
    assert quality.reasons(frame, frame).isna().all()
    assert quality.told(quality.costs(frame)) == ""
    bare = pd.DataFrame({"conversation_id": ["c0"], "quality": [NAN]})
    assert quality.costs(bare).empty


MIXED = frame_of(
    80, 80, 80, 80, 74, lost_user_sentiment=[14.4] * 5, lost_user_repairs=[0, 0, 0, 0, 6.75],
    user_sentiment=[0.0] * 5, user_repair_rate=[0, 0, 0, 0, 15.0],
)  # fmt: skip


def test_the_reason_is_what_differs_from_the_typical_conversation():
    said = quality.reasons(MIXED.tail(1), MIXED).iloc[0]
    assert said == (
        "In 15% of the turns the user asked again or corrected. Cost 7 points, typically 0."
    )
    assert quality.reasons(MIXED.head(1), MIXED).iloc[0].startswith("Close to the typical")


def test_the_best_are_explained_by_what_they_lost_least():
    frame = frame_of(90, 80, 80, lost_user_sentiment=[2, 12, 12], user_sentiment=[0.5, 0, 0])
    said = quality.reasons(frame.head(1), frame, best=True).iloc[0]
    assert said == "The user's mood is +0.40 on average. Cost 2 points, typically 12."


def test_costs_rank_items_and_say_what_is_decisive():
    found = quality.costs(MIXED).set_index("item")
    assert found.index[0] == "user sentiment"
    assert found.loc["user sentiment", "mean"] == pytest.approx(14.4)
    assert found.loc["user sentiment", "metric"] == "lost_user_sentiment"
    assert found.loc["user repairs", "decisive"] == pytest.approx(0.2)
    assert found["n"].eq(5).all()
    assert found.loc["user repairs", "costly"] == 1
    assert quality.told(quality.costs(MIXED)).startswith("User sentiment costs most, 14.4 points")


def test_the_conversations_behind_a_cost_are_a_condition_on_its_column():
    for _, row in quality.costs(MIXED).iterrows():
        marked = Filters(ranges=(Range(row["metric"], quality.COSTLY),))
        listed = MIXED.loc[mask(marked, MIXED), "conversation_id"]
        assert len(listed) == row["costly"]
        assert set(quality.costing(MIXED, row["metric"])["conversation_id"]) == set(listed)


def test_the_figure_of_every_item_is_a_stored_column():
    assert all(item.metric in METRICS for item in ITEMS)
    assert all(METRICS[item.lost].detail for item in ITEMS)


def test_bands_have_the_limits_of_the_score():
    frame = frame_of(0, 39.9, 40, 69.9, 70, 100)
    found = quality.bands(frame)
    assert found["n"].to_dict() == {"high": 2, "medium": 2, "low": 2}
    assert quality.band_of(frame_of(NAN)).isna().all()


def test_a_sample_is_spread_and_always_the_same():
    frame = frame_of(*range(100), quality_depth=[50.0] * 100)
    found = quality.sample(frame, ("quality", "quality_depth"), most=40)
    assert len(found) == 34
    pd.testing.assert_frame_equal(
        found, quality.sample(frame.iloc[::-1], ("quality", "quality_depth"), most=40)
    )
