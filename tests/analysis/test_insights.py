"""Insights: one test a rule, and no insight without a turn to cite."""

from __future__ import annotations

import pandas as pd
import pytest

from cvi.analysis.batch import Batch
from cvi.analysis.insights import CITED, COLUMNS, insights
from tests.analysis.build import join, moods, nothing, talk


def found(frames, **given):
    """(kind, message, evidence) of all insights."""
    table = insights(Batch.of(frames, **given))
    return list(zip(table["kind"], table["message"], table["evidence"], strict=True))


def only(frames, part, **given):
    """Evidence of the one insight whose message holds `part`."""
    hits = [evidence for _, message, evidence in found(frames, **given) if part in message]
    assert len(hits) == 1, found(frames, **given)
    return hits[0]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("We are raising a seed round from investors", "pitch deck"),
        ("What should our business model be", "business plan"),
        ("Who are our competitors and what is the market size", "market research"),
    ],
)
def test_talk_that_a_document_can_serve(text, part):
    assert only(talk(("a", "hello"), ("u", text), ("a", "go on")), part) == [1]


def test_the_assistants_own_offer_is_no_opportunity():
    assert found(talk(("a", "Do you need a pitch deck for investors?"), ("u", "no"))) == []


def test_repeated_repair_cites_each_one():
    frames = talk(("a", "x"), ("u", "what?"), ("a", "y"), ("u", "say that again"), ("a", "z"))
    assert only(frames, "asked again") == [1, 3]
    assert found(talk(("a", "x"), ("u", "what?"), ("a", "y"))) == []


def test_unanswered_question():
    frames = talk(("a", "x"), ("u", "thanks. Is it free?"))
    assert only(frames, "no answer") == [1]
    assert found(talk(("u", "Is it free?"), ("a", "yes"))) == []
    assert found(talk(("a", "x"), ("u", "Is it free?"), outcome="in_progress")) == []
    assert found(talk(("u", "Is it free?"))) == []  # a single text, nobody to answer


def test_apologies_close_together():
    frames = talk(("a", "fine"), ("u", "x"), ("a", "Sorry about it"), ("u", "y"), ("a", "I can't"))
    assert only(frames, "apologised") == [2, 4]


def test_long_monologue_by_time_and_by_words():
    assert only(talk(("u", "x", 0, 1), ("a", "y", 2, 61)), "61 s") == [1]
    assert only(talk(("u", "x"), ("a", "word " * 151)), "151 words") == [1]
    assert found(talk(("u", "x", 0, 1), ("a", "word " * 151, 2, 50), ("u", "z", 53, 1))) == []


def test_slow_answers_cite_the_answers():
    frames = talk(("u", "x", 0, 1), ("a", "y", 5, 1), ("u", "x", 7, 1), ("a", "y", 13.5, 1),
                  ("u", "x", 16, 1), ("a", "y", 18, 1))  # fmt: skip
    assert only(frames, "2 slow answer(s): the longest wait was 5.5 s") == [1, 3]


def test_long_silence_cites_the_turn_that_broke_it():
    frames = talk(("u", "x", 0, 1), ("a", "y", 2, 1), ("u", "z", 20, 1))
    assert only(frames, "Nobody spoke for 17 s") == [2]


def test_interruptions_close_together():
    rows, spans = [], []
    for at in range(4):
        rows += [("a", "let me explain", 10 * at), ("u", "no wait a moment", 10 * at + 5)]
        spans += [("a", 10 * at, 10 * at + 7), ("u", 10 * at + 5, 10 * at + 9)]
    # the first assistant interval is the greeting; the user broke into the other three
    assert only(talk(*rows, speaking=spans), "interrupted 3 times") == [2, 4, 6]


def test_mood_drop_cites_the_lowest_turn():
    frames = talk(*[("ua"[at % 2], "x y z") for at in range(16)])
    mood = [0.5, 0.5, 0.4, 0.3, 0.0, -0.2, -0.9, -0.5]
    scores = moods(frames, *[each for score in mood for each in (score, None)])
    # (-.9 - .5) / 2 - .5 = -1.2
    assert only(frames, "fell by 1.20", sentiment=scores) == [12]


def test_strong_positive_moment():
    frames = talk(("u", "x"), ("a", "y"), ("u", "wow that is so clever"), ("u", "thank you, bye"))
    table = insights(Batch.of(frames, sentiment=moods(frames, 0.1, None, 0.95, 0.99)))
    assert table["evidence"].tolist() == [[2]]
    assert table["confidence"].tolist() == [0.95]


def test_very_short_answers_cite_a_few():
    frames = talk(*[("ua"[at % 2], "ok" if at % 2 == 0 else "so and so") for at in range(14)])
    assert only(frames, "at most two words") == [0, 2, 4, 6, 8]


def test_lecture():
    frames = talk(*[("ua"[at % 2], "fine by me" if at % 2 == 0 else "word " * 20)
                    for at in range(6)])  # fmt: skip
    assert only(frames, "87% of the words") == [1]


def test_language_bound_rules_leave_other_languages_alone():
    frames = talk(("a", "x"), ("u", "what?"), ("a", "y"), ("u", "what?"), ("a", "z"))
    assert found(frames, english=pd.Series({"c1": False})) == []


def test_table_shape_and_numbers_within_each_conversation():
    one = talk(("u", "what?"), ("a", "x"), ("u", "what?"), ("a", "y"), ("u", "our investors?"))
    two = talk(("u", "our competitors"), ("a", "x"), name="c2")
    table = insights(Batch.of(join(one, two)))
    assert tuple(table) == COLUMNS == tuple(insights(Batch.of(nothing())))
    assert table["conversation_id"].tolist() == ["c1", "c1", "c1", "c2"]
    assert table["idx"].tolist() == [0, 1, 2, 0]
    assert table["confidence"].between(0, 1).all()
    assert table["evidence"].map(len).between(1, CITED).all()


def test_speech_without_a_transcript_row_gives_no_insight():
    frames = talk(("u", "x", 0), clock="speaking", speaking=[("u", 0, 1), ("a", 9, 99)])
    assert found(frames) == []
