"""What costs points, against the score itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import summary_quality as quality
from cvi.analysis.analyse import METRICS  # noqa: F401 - registers the metrics

NAN = float("nan")


def frame_of(*rows):
    parts = ("quality", "quality_engagement", "quality_depth", "quality_balance",
             "quality_satisfaction")  # fmt: skip
    frame = pd.DataFrame(rows, columns=parts, dtype="float64")
    frame.insert(0, "conversation_id", [f"c{number}" for number in range(len(frame))])
    return frame


def test_parts_lose_their_weight_times_what_is_missing():
    frame = frame_of((60, 80, 60, 100, 40))
    lost = quality.lost_by_part(frame).iloc[0]
    assert lost.to_dict() == pytest.approx(
        {"engagement": 5, "depth": 8, "balance": 0, "satisfaction": 27}
    )
    assert lost.sum() == pytest.approx(100 - 60)


def test_weights_are_shared_among_the_measured_parts():
    frame = frame_of((70, 80, NAN, NAN, NAN))
    lost = quality.lost_by_part(frame).iloc[0]
    assert lost["engagement"] == pytest.approx(20)  # its weight is now 1
    assert np.isnan(lost["depth"])


def test_without_a_score_nothing_is_lost():
    assert quality.lost_by_part(frame_of((NAN,) * 5)).isna().all(axis=None)
    assert quality.costs(frame_of((NAN,) * 5)).empty
    assert quality.reasons(frame_of((NAN,) * 5), frame_of((NAN,) * 5)).isna().all()
    assert quality.told(quality.costs(frame_of((NAN,) * 5))) == ""


def items(frame, **columns):
    return frame.assign(**{name: np.asarray(values, float) for name, values in columns.items()})


def test_items_add_up_to_the_part_and_the_rest_is_named():
    frame = items(frame_of((60, 100, 100, 100, 40)), user_sentiment=[0.0], user_thanks_rate=[0.0],
                  negative_user_share=[0.0], user_repair_rate=[0.0])  # fmt: skip
    lost = quality.lost_by_item(frame).iloc[0]
    # sentiment 0 is a fifth of the way from -.1 to .4: .8 of 45 * .4 points are lost
    assert lost["satisfaction", "user sentiment"] == pytest.approx(14.4)
    assert lost["satisfaction", "thanks and praise"] == pytest.approx(6.75)
    assert lost["satisfaction", "negative user turns"] == 0
    assert lost["satisfaction", "late apologies"] == pytest.approx(27 - 14.4 - 6.75)
    assert lost.sum() == pytest.approx(27)


def test_the_reason_is_what_differs_from_the_typical_conversation():
    frame = items(
        frame_of(*[(80, 100, 100, 100, 60)] * 4, (74, 100, 100, 100, 45)),
        user_sentiment=[0.0] * 5, user_repair_rate=[0, 0, 0, 0, 15.0],
    )  # fmt: skip
    said = quality.reasons(frame.tail(1), frame).iloc[0]
    assert said == (
        "In 15% of the turns the user asked again or corrected. Cost 7 points, typically 0."
    )
    assert quality.reasons(frame.head(1), frame).iloc[0].startswith("Close to the typical")


def test_costs_rank_items_and_say_what_is_decisive():
    frame = items(
        frame_of(*[(80, 100, 100, 100, 60)] * 4, (74, 100, 100, 100, 45)),
        user_sentiment=[0.0] * 5, user_repair_rate=[0, 0, 0, 0, 15.0],
    )  # fmt: skip
    found = quality.costs(frame).set_index("item")
    assert found.index[0] == "user sentiment"
    assert found.loc["user sentiment", "mean"] == pytest.approx(14.4)
    assert found.loc["user repairs", "decisive"] == pytest.approx(0.2)
    assert found["n"].eq(5).all()
    listed = quality.costing(frame, "user repairs")
    assert listed["conversation_id"].tolist() == ["c4"]


def test_bands_have_the_limits_of_the_score():
    frame = frame_of(*[(value, *[50] * 4) for value in (0, 39.9, 40, 69.9, 70, 100)])
    found = quality.bands(frame)
    assert found["n"].to_dict() == {"high": 2, "medium": 2, "low": 2}
    assert quality.band_of(frame_of((NAN,) * 5)).isna().all()


def test_a_sample_is_spread_and_always_the_same():
    frame = frame_of(*[(value, *[50] * 4) for value in range(100)])
    found = quality.sample(frame, ("quality", "quality_depth"), most=40)
    assert len(found) == 34
    pd.testing.assert_frame_equal(
        found, quality.sample(frame.iloc[::-1], ("quality", "quality_depth"), most=40)
    )
