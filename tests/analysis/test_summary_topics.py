"""Topics of many conversations, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cvi.analysis import summary_topics as topics
from cvi.analysis.analyse import METRICS  # noqa: F401 - registers the metrics

FRAME = pd.DataFrame(
    {
        "conversation_id": [f"c{number}" for number in range(12)],
        "quality": [90.0] * 5 + [30.0] * 6 + [np.nan],
        "user_sentiment": [0.5] * 5 + [-0.1] * 7,
        "started_at": pd.to_datetime(["2026-03-02"] * 6 + ["2026-03-16"] * 6, utc=True),
    }
)


def rows_of(**members):
    rows = [(name, "lexicon", 1, topic, 0.1 * (at + 1))
            for topic, names in members.items() for at, name in enumerate(names)]  # fmt: skip
    return pd.DataFrame(rows, columns=["conversation_id", "kind", "rank", "topic", "weight"])


ROWS = rows_of(price=["c0", "c1", "c2", "c3", "c4"], team=["c0", "c5"], gone=["not chosen"])


def ranked(rows=ROWS, frame=FRAME):
    return topics.ranked(topics.of(rows, frame, "lexicon"), frame).set_index("topic")


def test_conversations_without_a_topic_are_the_last_row():
    found = ranked()
    assert found["n"].to_dict() == {"price": 5, "team": 2, topics.NONE: 6}
    assert found["share"]["price"] == pytest.approx(5 / 12)
    assert found.index[-1] == topics.NONE


def test_quality_is_compared_with_the_rest_where_both_are_enough():
    found = ranked()
    assert found.loc["price", "quality"] == 90
    assert found.loc["price", "quality_vs_rest"] == 60
    assert found.loc["price", "sentiment_vs_rest"] == pytest.approx(0.6)
    assert found.loc["price", "low"] == 0
    assert np.isnan(found.loc["team", "quality_vs_rest"])  # two conversations say nothing


def test_trends_are_shares_of_the_weeks_that_have_conversations():
    assert ranked()["trend"]["price"] == pytest.approx((5 / 6, 0))
    found = topics.trend(topics.of(ROWS, FRAME, "lexicon"), FRAME, "price")
    assert found["of"].tolist() == [6, 0, 6]
    assert np.isnan(found["share"].iloc[1])


def test_outliers_of_a_cluster_model_are_a_row_of_their_own_at_the_end():
    rows = pd.concat([ROWS, ROWS.tail(1).assign(conversation_id="c9", topic="outlier", weight=0)])
    found = ranked(rows)
    assert found["n"].to_dict() == {"price": 5, "team": 2, topics.OUTLIER: 1, topics.NONE: 5}
    assert set(found.index[-2:]) == set(topics.REST)
    assert topics.token("corpus", topics.OUTLIER) == "corpus:outlier"
    assert topics.token("corpus", topics.NONE) == "corpus:none"


def test_a_difference_from_the_rest_comes_with_how_likely_it_is_by_chance():
    found = ranked()
    mine, rest = FRAME["quality"].head(5), FRAME["quality"].tail(7).dropna()
    chance = stats.mannwhitneyu(mine, rest, method="asymptotic").pvalue
    assert chance <= found.loc["price", "quality_q"] <= 2 * chance < 0.05  # of two comparisons
    assert np.isnan(found.loc["team", "quality_q"])


def test_nothing_at_all_is_an_empty_ranking():
    found = topics.ranked(topics.of(ROWS, FRAME.iloc[:0], "lexicon"), FRAME.iloc[:0])
    assert found.empty


def test_members_come_with_the_most_about_it_first():
    found = topics.members(topics.of(ROWS, FRAME, "lexicon"), FRAME, "price")
    assert found["conversation_id"].tolist() == ["c4", "c3", "c2", "c1", "c0"]


def test_companions_are_terms_that_set_the_topic_apart():
    terms = pd.DataFrame(
        {"conversation_id": ["c0", "c1", "c0", "c1", "c8", "c9"], "kind": "term", "rank": 2,
         "topic": ["plan", "plan", "day", "day", "day", "day"], "weight": 0.1}
    )  # fmt: skip
    found = topics.companions(pd.concat([ROWS, terms]), FRAME.head(5), FRAME)
    assert found["topic"].tolist() == ["plan", "day"]
    assert found["lift"].tolist() == pytest.approx([12 / 5, 6 / 5])


def test_quotes_are_different_turns_of_different_conversations():
    said = ["The price of the plan is too high.", "The price of the plan is too high.",
            "Pricing is fine, the price is fair.",
            "We talk about something else entirely."]  # fmt: skip
    turns = pd.DataFrame(
        {"conversation_id": ["a", "b", "a", "c"], "idx": [0, 0, 2, 0],
         "role": ["user", "user", "assistant", "user"], "text": said}
    )  # fmt: skip
    found = topics.quotes(turns, ["price", "pricing", "price plan"])
    assert found[["conversation_id", "idx"]].to_numpy().tolist() == [["a", 0]]


def test_words_of_a_topic_come_from_the_lexicon_or_its_name():
    assert "invoice" in topics.words_of("billing", "lexicon")
    assert topics.words_of("usage, unit, price", "corpus") == ["usage", "unit", "price"]


@pytest.mark.parametrize("dtype", ["str", "category"])
def test_a_conversation_is_about_a_topic_of_every_group(dtype):
    rows = ROWS.astype({"conversation_id": dtype, "kind": dtype, "topic": dtype})
    price, team = ("lexicon:price",), ("lexicon:team",)

    def about(*groups):
        return FRAME["conversation_id"][topics.about(rows, FRAME, groups)].tolist()

    assert about(team) == ["c0", "c5"]
    assert about(price, team) == ["c0"]
    assert about((*price, *team)) == ["c0", "c1", "c2", "c3", "c4", "c5"]
    assert about(("lexicon:none",)) == [f"c{number}" for number in range(6, 12)]
    assert about(("corpus:price",)) == []
    assert len(about()) == 12
