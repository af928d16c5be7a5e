"""Sentiment: shapes, missing values, hostile texts, and gates on real data where it is present."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cvi.analysis import sentiment, training
from cvi.errors import CviError

_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
DATA = Path(os.environ.get("CVI_SHARED_DATA") or _BESIDE)
needs_data = pytest.mark.skipif(
    not (DATA / "goemotions" / "dev.jsonl.gz").is_file(),
    reason="the real conversations are absent (set CVI_SHARED_DATA to their folder)",
)


def label(text: str) -> str:
    return str(sentiment.score([text])["label"].iloc[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Thank you so much, that was wonderful!", "positive"),
        ("I'm really happy with how this went.", "positive"),
        ("👍👍", "positive"),
        ("This is terrible and I hate it.", "negative"),
        ("That is not what I asked, you keep repeating yourself.", "negative"),
        ("😡", "negative"),
        ("What is the address?", "neutral"),
        ("I'd love a table for two.", "neutral"),
        ("We have twelve customers so far.", "neutral"),
    ],
)
def test_feelings_are_told_from_plain_requests(text: str, expected: str) -> None:
    assert label(text) == expected


def test_columns_types_and_ranges() -> None:
    scores = sentiment.score(["great", "awful", "at noon"])
    assert list(scores.columns) == ["label", "score", "confidence"]
    assert scores.dtypes.astype("str").tolist() == ["str", "float64", "float64"]
    assert scores["score"].between(-1, 1).all()
    assert scores["confidence"].between(1 / 3, 1).all()


def test_blank_texts_have_no_value_in_any_column() -> None:
    scores = sentiment.score(["", "  \n", None, "fine"])
    assert scores.iloc[:3].isna().all(axis=None)
    assert scores.iloc[3].notna().all()


def test_no_texts_give_an_empty_frame_with_the_same_types() -> None:
    scores = sentiment.score([])
    assert scores.dtypes.astype("str").tolist() == ["str", "float64", "float64"]


def test_a_series_keeps_its_index() -> None:
    texts = pd.Series(["good", None, "bad"], index=[7, 3, 5])
    assert sentiment.score(texts).index.tolist() == [7, 3, 5]


def test_a_text_scores_the_same_alone_repeated_and_among_others() -> None:
    texts = ["I like it a lot", "no", "I like it a lot", "what time is it?", "so sad today"]
    together = sentiment.score(texts)
    alone = pd.concat([sentiment.score([text]) for text in texts], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone)


@pytest.mark.parametrize(
    "text",
    [
        "😀" * 25_000,
        "<b>bold</b> & **markdown** [link](http://x.example/?a=b)",
        "not good but bad " * 6_000,
        "half a pair \ud800 of surrogates",
        "\x00\x1b[0m",
        "...",
        "はい、そうです",
        "a" * 100_000,
        "\u200d\ufe0f",
    ],
)
def test_no_string_is_too_odd(text: str) -> None:
    row = sentiment.score([text]).iloc[0]
    assert row["label"] in sentiment.LABELS
    assert np.isfinite(row["score"])


def test_the_hash_does_not_depend_on_the_process() -> None:
    code = (
        "from cvi.analysis import sentiment as s;"
        "print(s.features(['plain words here']).buckets.tolist())"
    )
    here = sentiment.features(["plain words here"]).buckets.tolist()
    root = Path(sentiment.__file__).parents[2]
    environment = {**os.environ, "PYTHONHASHSEED": "123", "PYTHONPATH": str(root)}
    there = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == str(here)


def test_the_version_comes_from_the_weights() -> None:
    assert sentiment.load().version == sentiment.VERSION
    assert sentiment.VERSION.startswith(f"{sentiment.FORMAT}-")


def test_the_weights_name_their_sources_and_nothing_share_alike() -> None:
    sources = sentiment.load().meta["sources"]
    assert set(sources) == set(training.SOURCES)
    assert {source["licence"] for source in sources.values()} <= {"CC-BY-4.0", "MIT"}


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(CviError, match="missing"):
        sentiment.load(tmp_path / "none.npz")


def test_weights_of_another_format_are_refused(tmp_path: Path) -> None:
    meta = np.frombuffer(b'{"format": 0}', np.uint8)
    np.savez(tmp_path / "old.npz", meta=meta)
    with pytest.raises(CviError, match="format 0"):
        sentiment.load(tmp_path / "old.npz")


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    return training.evaluate(DATA, sentiment.load())


@needs_data
@pytest.mark.parametrize(
    ("figure", "least"),
    [
        ("vader tweets second half macro-F1", 0.70),
        ("goemotions dev macro-F1", 0.65),
        ("SGD requests neutral", 0.80),
        ("TM-4 unseen requests neutral", 0.93),
        ("SGD thanks positive", 0.97),
    ],
)
def test_the_shipped_weights_pass_the_gate(
    figures: dict[str, float], figure: str, least: float
) -> None:
    assert figures[figure] >= least
