"""What a filter offers, by hand."""

from __future__ import annotations

import pandas as pd

from cvi.analysis import choices


def test_values_come_by_frequency_then_by_name_and_the_missing_have_a_place():
    frame = pd.DataFrame(
        {
            "persona": ["b", "a", "b", None],
            "replica": [None] * 4,
            "source": ["z", "y", "x", "x"],
            "outcome": ["", None, "completed", "completed"],
        },
        dtype="str",
    )
    assert choices.values(frame) == {
        "persona": ["b", "", "a"],
        "replica": [],
        "source": ["x", "y", "z"],
        "outcome": ["", "completed"],
    }
    assert choices.values(frame.iloc[:0])["persona"] == []


def test_topics_are_written_as_the_filter_writes_them():
    rows = [("lexicon", "price"), ("lexicon", "price"), ("term", "price"), ("corpus", "a, b")]
    topics = pd.DataFrame(rows, columns=["kind", "topic"], dtype="category")
    assert choices.tokens(topics) == ["lexicon:price", "corpus:a, b", "term:price"]
    assert choices.tokens(topics, most=1) == ["lexicon:price"]
    assert choices.tokens(topics.iloc[:0]) == []


def test_tools_by_how_many_conversations_called_them():
    used = pd.DataFrame({"name": ["book", "ask", "book", None]}, dtype="str")
    assert choices.tools(used) == ["book", "ask"]
