"""The whole analysis: gates and reasons, mixed tiers, many against one, sizes."""

from __future__ import annotations

import json
import random

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import analyse as module
from cvi.analysis.analyse import METRICS, analyse
from cvi.analysis.metric import offered
from tests.analysis.build import join, nothing, talk

TIMED_FAMILIES = {"timing", "turn_taking"}


@pytest.fixture(autouse=True)
def _engines(monkeypatch):
    """Sentiment from the first word and English by the first row, so that no weights are read."""

    def score(texts):
        known = {"": np.nan, "good": 0.8, "bad": -0.6}
        values = [known.get(str(text or "").partition(" ")[0], 0.1) for text in texts]
        names = {np.nan: None, 0.8: "positive", -0.6: "negative"}
        return pd.DataFrame(
            {
                "label": pd.Series([names.get(v, "neutral") for v in values], dtype="str"),
                "score": pd.Series(values, dtype="float64"),
                "confidence": pd.Series([abs(v) for v in values], dtype="float64"),
            }
        )

    def detect(turns):
        first = turns.drop_duplicates("conversation_id").set_index("conversation_id")["text"]
        return first.map(lambda text: "es" if text.startswith("hola") else "en").astype("str")

    monkeypatch.setattr(module.sentiment, "score", score)
    monkeypatch.setattr(module.sentiment, "VERSION", "test", raising=False)
    monkeypatch.setattr(module.language, "detect", detect)
    monkeypatch.setattr(module.language, "english", lambda turns: detect(turns) == "en")
    module.version.cache_clear()
    yield
    module.version.cache_clear()


WORDS = "good bad the price of our plan is ten dollars why what sorry thanks ok market"


def a_conversation(number: int, tier: str, turns: int = 12):
    """A random conversation of one tier, the same for the same number."""
    chance = random.Random(number)  # noqa: S311 - test data
    rows, spans, at = [], [], 0.0
    for _ in range(turns):
        side = chance.choice("ua")
        text = " ".join(chance.choices(WORDS.split(), k=chance.randint(1, 9)))
        length = round(chance.uniform(0.2, 6), 3)
        at = max(0.0, round(at + chance.uniform(-1.0, 5), 3))
        spans.append((side, at, at + length, chance.random() < 0.1))
        rows.append((side, text, *{"starts": (at,), "ends": (at, length), "speaking": (at,)}
                     .get(tier, ())))  # fmt: skip
        at += length
    return talk(*rows, name=f"c{number}", speaking=spans if tier == "speaking" else (),
                duration_s=None if tier == "none" else at, outcome="completed")  # fmt: skip


TIERS = ("none", "starts", "ends", "speaking")


def row_of(result, name="c1"):
    return result.metrics.set_index("conversation_id").loc[name]


def reason_of(result, metric, name="c1"):
    reasons = json.loads(row_of(result, name)["reasons"])
    return [reason for reason, names in reasons.items() if metric in names]


def test_text_alone_gives_no_figure_of_time_and_says_why():
    result = analyse(talk(("u", "good morning"), ("a", "hello"), ("u", "bye"), ("a", "bye")))
    row = row_of(result)
    for name, metric in METRICS.items():
        if metric.needs in ("starts", "ends", "speaking"):
            assert np.isnan(row[name]), name
            expected = {"starts": "no times are known"}.get(
                metric.needs, "the ends of speech are not known"
            )
            told = [] if metric.detail else [f"not measured: {expected}"]
            assert reason_of(result, name) == told
    assert row["turns"] == 4
    assert row["quality_balance"] > 0
    assert 0 < row["coverage"] < 1


def test_every_missing_figure_has_one_reason_and_every_measured_one_none():
    frames = join(*[a_conversation(at, TIERS[at % 4], turns=at) for at in range(16)])
    result = analyse(frames)
    for _, row in result.metrics.iterrows():
        told = [name for names in json.loads(row["reasons"]).values() for name in names]
        missing = [name for name in offered() if np.isnan(row[name])]
        assert sorted(told) == sorted(missing)
        assert row["coverage"] == pytest.approx(1 - len(missing) / len(offered()))


def test_figures_stay_within_their_range():
    table = analyse(join(*[a_conversation(at, TIERS[at % 4]) for at in range(60)])).metrics
    for name, metric in METRICS.items():
        low, high = metric.range
        seen = table[name].dropna()
        assert (seen >= low - 1e-9).all(), name
        assert high is None or (seen <= high + 1e-9).all(), name


def test_mixed_tiers_in_one_batch_measure_what_each_allows():
    result = analyse(join(*[a_conversation(at, tier) for at, tier in enumerate(TIERS)]))
    table = result.metrics.set_index("conversation_id")
    assert table["response_time_n"].notna().tolist() == [False, False, True, True]
    assert table["interactivity"].notna().tolist() == [False, True, True, True]
    assert table["turns"].notna().all()
    assert table["coverage"].is_monotonic_increasing


def test_many_at_once_equal_each_alone():
    parts = [a_conversation(at, TIERS[at % 4], turns=1 + at % 15) for at in range(40)]
    together = analyse(join(*parts))
    alone = [analyse(part) for part in parts]
    for table in ("metrics", "turn_scores", "insights"):
        expected = pd.concat([getattr(each, table) for each in alone], ignore_index=True)
        pd.testing.assert_frame_equal(getattr(together, table), expected, rtol=0, atol=1e-9)


def test_order_of_conversations_is_kept():
    frames = join(talk(("u", "a"), name="z"), talk(("u", "b"), name="a"))
    assert analyse(frames).metrics["conversation_id"].tolist() == ["z", "a"]


def test_another_language_gets_no_english_figure():
    result = analyse(join(
        talk(("u", "hola necesito ayuda"), ("a", "claro?"), ("u", "si"), ("a", "bien"), name="es"),
        talk(("u", "good day my friend"), ("a", "hello?"), ("u", "yes"), ("a", "well"), name="en"),
    ))  # fmt: skip
    table = result.metrics.set_index("conversation_id")
    for name, metric in METRICS.items():
        if metric.english and metric.needs in ("text", "sentiment"):
            assert np.isnan(table.at["es", name])
            told = [] if metric.detail else ["not measured: language is es"]
            assert reason_of(result, name, "es") == told
    assert table.at["es", "user_words"] == 4
    assert table["language"].tolist() == ["es", "en"]
    assert table.at["en", "assistant_question_rate"] == 50
    scores = result.turn_scores.set_index("conversation_id")
    assert scores.loc["es", "sentiment_score"].isna().all()
    assert set(result.topics["conversation_id"]) <= {"en"}


def test_turn_scores_have_a_row_a_turn_and_the_metrics_rest_on_the_user():
    result = analyse(talk(("u", "good day"), ("a", "good day"), ("u", "bad day"), ("u", "")))
    scores = result.turn_scores
    assert scores["idx"].tolist() == [0, 1, 2, 3]
    assert scores["sentiment_label"].tolist()[:3] == ["positive", "positive", "negative"]
    assert scores["sentiment_score"].tolist()[:3] == [0.8, 0.8, -0.6]
    assert scores.loc[3].isna()[2:].all()
    assert scores["sentiment_engine"].dropna().unique().tolist() == [module.sentiment.ENGINE]
    assert row_of(result)["user_sentiment"] == pytest.approx(0.1)


def test_nothing_gives_empty_frames_with_every_column():
    full, empty = analyse(a_conversation(1, "ends")), analyse(nothing())
    for table in ("metrics", "turn_scores", "topics", "insights"):
        found = getattr(empty, table)
        assert found.empty
        assert list(found) == list(getattr(full, table))
        assert found.dtypes.to_dict() == getattr(full, table).dtypes.to_dict(), table


def test_a_conversation_without_turns_is_a_row_of_nothing():
    result = analyse(talk(outcome="nobody_came"))
    row = row_of(result)
    assert row["completed"] == 0
    assert np.isnan(row["turns"])
    assert reason_of(result, "turns") == ["not measured: there is no transcript"]
    assert pd.isna(row["language"])


@pytest.mark.parametrize("row", [("u", "good"), ("a", "hello"), ("u", None)])
def test_one_turn(row):
    result = analyse(talk((row[0], row[1] or "", 0, 1)))
    assert row_of(result)["turns"] == 1
    assert np.isnan(row_of(result)["quality"])
    assert reason_of(result, "quality_balance") == [
        "not measured: fewer than 4 turns, or fewer than 2 by the user"
    ]


def test_2900_turns():
    result = analyse(join(a_conversation(1, "ends", turns=2_900), a_conversation(2, "none")))
    row = row_of(result)
    assert 1_000 < row["turns"] <= 2_900
    assert len(result.turn_scores) == 2_912
    assert row["coverage"] > 0.8


def test_version_is_stable_and_follows_the_sentiment_weights(monkeypatch):
    first = module.VERSION
    assert first == module.version()
    assert len(first) == 10
    assert analyse(talk(("u", "x"))).metrics["version"].tolist() == [first]
    module.version.cache_clear()
    monkeypatch.setattr(module.sentiment, "VERSION", "other")
    assert first != module.version()


def test_the_input_is_not_written_to():
    frames = a_conversation(3, "speaking")
    before = {name: getattr(frames, name).copy() for name in ("conversations", "turns", "speaking")}
    analyse(frames)
    for name, table in before.items():
        pd.testing.assert_frame_equal(getattr(frames, name), table)
