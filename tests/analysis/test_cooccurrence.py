"""Topics together, counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import cooccurrence, summary_topics

# 40 conversations: price in 0-19, team in 10-29 (10 with both), odd in 0 alone
FRAME = pd.DataFrame(
    {
        "conversation_id": [f"c{at:02}" for at in range(40)],
        "quality": np.arange(40.0),
        "user_sentiment": np.zeros(40),
    }
)


def rows_of(kind, **topics):
    found = [(f"c{at:02}", kind, 1, topic, 0.5) for topic, ids in topics.items() for at in ids]
    return pd.DataFrame(found, columns=["conversation_id", "kind", "rank", "topic", "weight"])


ROWS = pd.concat(
    [
        rows_of("lexicon", price=range(20), team=range(10, 30), odd=[0]),
        rows_of("term", refund=[0, 1, 2, 3, 35], day=range(40), once=[0]),
    ]
)
FOUND = summary_topics.of(ROWS, FRAME, "lexicon")


def test_pairs_are_counted_both_ways_with_their_lift():
    table = cooccurrence.together(FOUND, FRAME, "lexicon").set_index(["topic", "other"])
    assert len(table) == 6
    row = table.loc[("price", "team")]
    assert (row["n"], row["of"], row["share"]) == (10, 20, 0.5)
    assert row["expected"] == 10
    assert row["lift"] == 1
    assert table.loc[("team", "price"), "n"] == 10
    assert table.loc[("odd", "price"), "share"] == 1
    assert np.isnan(table.loc[("odd", "price"), "lift"])  # half a conversation is expected
    assert row["filters"].topics == (("lexicon:price",), ("lexicon:team",))


def test_the_pair_that_goes_together_is_told():
    assert cooccurrence.told(cooccurrence.together(FOUND, FRAME, "lexicon")) == ""
    rows = rows_of("lexicon", price=range(20), team=range(18))
    found = summary_topics.of(rows, FRAME, "lexicon")
    said = cooccurrence.told(cooccurrence.together(found, FRAME, "lexicon"))
    assert said == (
        "Price and team go together most: 18 conversations have both, 2.0 times as many as chance "
        "would bring."
    )


def test_only_the_largest_topics_are_in_the_matrix():
    rows = rows_of("lexicon", **{f"t{at:02}": range(at + 1) for at in range(20)})
    found = summary_topics.of(rows, FRAME, "lexicon")
    table = cooccurrence.together(found, FRAME, "lexicon")
    assert len(table) == 15 * 14
    assert "t04" not in set(table["topic"])
    assert table["topic"].iloc[0] == "t19"


def test_a_topic_is_made_of_what_is_said_more_in_it_than_elsewhere():
    found = cooccurrence.subtopics(ROWS, FOUND, FRAME, "price", "lexicon", "term")
    assert found["topic"].tolist() == ["refund"]  # "day" is everywhere, "once" once
    row = found.iloc[0]
    assert (row["n"], row["share"]) == (4, 0.2)
    assert row["lift"] == pytest.approx(0.2 / (5 / 40))
    assert row["quality"] == 1.5
    assert row["filters"].topics == (("lexicon:price",), ("term:refund",))


def test_nothing_is_nothing():
    none = FRAME.head(0)
    found = summary_topics.of(ROWS, none, "lexicon")
    table = cooccurrence.together(found, none, "lexicon")
    assert table.empty
    assert cooccurrence.told(table) == ""
    assert cooccurrence.subtopics(ROWS, found, none, "price", "lexicon", "term").empty
