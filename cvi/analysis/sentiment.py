"""Sentiment of single turns: VADER features, cues and hashed 1-2-grams under one softmax layer.

The weights ship as `data/models/sentiment.npz` and are made by `cvi.analysis.training`.
English only; what to do with other languages is the caller's choice (see `language.english`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.errors import CviError
from cvi.resources import resource

if TYPE_CHECKING:
    from pathlib import Path

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LABELS = ("negative", "neutral", "positive")
ENGINE = "vader-hash"
VERSION: str  # read from the weights on first use, see __getattr__
MODEL_FILE = "models/sentiment.npz"

FORMAT = 1  # raise it when the features below change meaning: old weights are then refused
BUCKETS = 1 << 15
MAX_CHARS = 4_000  # about five minutes of speech; the rest of a longer text is not read
BATCH = 16_384  # distinct texts worked on at a time, which bounds memory

# Small closed word classes. Their counts become cues, and gate VADER's compound score, because
# "I would love a table for two" is a request and not a feeling.
CUE_WORDS = {
    "thanks": "thank thanks thx appreciate appreciated grateful cheers",
    "apology": "sorry apologies apologize apologise unfortunately",
    "negation": "no not never none nothing without cannot can't don't doesn't didn't won't "
    "wouldn't isn't wasn't aren't couldn't shouldn't haven't hasn't ain't",
    "request": "please can could would i'd want need like looking find book order show tell help "
    "get give make check schedule reserve",
    "question": "what when where which who whose why how ?",
    "exclamation": "!",
    "laughter": "lol haha hahaha lmao rofl xd",
    "contrast": "but however although though",
}
CUES = {name: frozenset(words.split()) for name, words in CUE_WORDS.items()}
DENSE = 20  # columns of Features.dense

# Emoji are read as one word each: VADER's own long descriptions miss most of their feeling.
EMOJI_WORDS = {
    "good": "👍👌✅✔💯🆗",
    "happy": "😀😃😄😁😆😊🙂😇😺☺😎🤗😋😌",
    "lol": "😂🤣😅",
    "love": "❤💕💖💗💘💙💚💛💜🧡🤎🖤😍🥰😘♥",
    "great": "🎉🥳🎊🙌👏🔥🚀⭐🌟✨🤩💪🏆",
    "thanks": "🙏",
    "sad": "😢😭😞😔☹🙁😟😥😿💔😩😫🥺😓",
    "angry": "😡😠🤬👿😤",
    "bad": "👎❌",
    "awful": "🤮🤢💩",
    "annoyed": "🙄😒😑",
    "scared": "😱😨😰",
}
_EMOJI = {mark: word for word, marks in EMOJI_WORDS.items() for mark in marks}

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[!?]")
_PICTURE = re.compile(r"[\u200d\u2600-\u27bf\u2b50\ufe0f\U0001f000-\U0001faff]")
_CAPITALS = re.compile(r"\b[A-Z]{2,}\b")
_START, _NUMBER = "<s>", "0"


@dataclass(frozen=True)
class Features:
    """Features of n texts: `dense` is n × DENSE; text i owns buckets[starts[i]:starts[i + 1]]."""

    dense: Floats
    buckets: Ints
    starts: Ints


@dataclass(frozen=True)
class Model:
    """Weights: logits = dense @ dense_weights + scale * mean-like sum of the int8 bucket rows."""

    version: str
    dense_weights: Floats  # DENSE × 3
    bucket_weights: npt.NDArray[np.int8]  # BUCKETS × 3
    scale: Floats  # 3
    meta: dict[str, Any]


def score(texts: Sequence[str | None] | pd.Series[Any]) -> pd.DataFrame:
    """One row per text: label (str), score (P(positive) - P(negative), -1..1), confidence (0..1).

    Confidence is the largest of the three probabilities. Blank and missing texts have no value
    in any column. Rows keep the order of `texts`, and its index when that is a Series.
    """
    index = texts.index if isinstance(texts, pd.Series) else pd.RangeIndex(len(texts))
    rows: dict[str, int] = {}  # distinct texts
    codes = np.fromiter((_code(text, rows) for text in texts), dtype=np.int64, count=len(index))
    chances = np.full((len(rows) + 1, len(LABELS)), np.nan)  # the last row stands for code -1
    if rows:
        chances[:-1] = _remembered(list(rows))
    return _frame(chances[codes], codes >= 0, index)


# While a call is live its conversation is analysed again with every event: the same texts come
# back, so those of small calls are remembered.
_SMALL, _MOST = 500, 20_000
_known: dict[str, Floats] = {}


def _remembered(texts: list[str]) -> Floats:
    if len(texts) > _SMALL:
        return probabilities(texts, load())
    found = {text: row for text in texts if (row := _known.get(text)) is not None}
    new = [text for text in texts if text not in found]
    if new:
        if len(_known) > _MOST:
            _known.clear()
        fresh = dict(zip(new, probabilities(new, load()), strict=True))
        _known.update(fresh)
        found.update(fresh)
    return np.array([found[text] for text in texts])


def _code(text: object, rows: dict[str, int]) -> int:
    """Position of the text among the distinct ones, or -1 when it says nothing."""
    if not isinstance(text, str):
        return -1
    said = text[:MAX_CHARS]
    return rows.setdefault(said, len(rows)) if said and not said.isspace() else -1


def _frame(chances: Floats, measured: npt.NDArray[np.bool_], index: pd.Index[Any]) -> pd.DataFrame:
    best = np.where(measured, np.argmax(chances, axis=1), -1)
    labels = pd.Categorical.from_codes(best, categories=pd.Index(LABELS))
    return pd.DataFrame(
        {
            "label": pd.Series(labels, index=index).astype("str"),
            "score": pd.Series(chances[:, 2] - chances[:, 0], index=index),
            "confidence": pd.Series(chances.max(axis=1, initial=0.0), index=index).where(measured),
        }
    )


def probabilities(texts: Sequence[str], model: Model) -> Floats:
    """P(negative), P(neutral), P(positive) of each of n > 0 texts, n × 3; rows sum to 1."""
    batches = (texts[at : at + BATCH] for at in range(0, len(texts), BATCH))
    logits = np.concatenate([_logits(features(batch), model) for batch in batches])
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: Floats = powers / powers.sum(axis=1, keepdims=True)
    return chances


def _logits(found: Features, model: Model) -> Floats:
    rows = model.bucket_weights[found.buckets].astype(np.float64)
    sums = np.add.reduceat(rows, found.starts[:-1], axis=0)
    weight = 1.0 / np.sqrt(np.diff(found.starts))
    logits: Floats = found.dense @ model.dense_weights
    return logits + sums * weight[:, None] * model.scale


def features(texts: Sequence[str]) -> Features:
    """Features of the texts, vectorised over their tokens."""
    read = [_plain(text) for text in texts]
    tokens = [[_START, *_TOKEN.findall(text.lower())] for text in read]
    lengths = np.fromiter(map(len, tokens), dtype=np.int64, count=len(tokens))
    ids: dict[str, int] = {}
    flat = np.fromiter(
        (ids.setdefault(token, len(ids)) for token in chain.from_iterable(tokens)),
        dtype=np.int64,
        count=int(lengths.sum()),
    )
    buckets, starts = _hashed(flat, lengths, _hashes(ids))
    return Features(_dense(read, flat, lengths, list(ids)), buckets, starts)


def _plain(text: str) -> str:
    """The part that is read, with straight apostrophes and emoji as words."""
    if text.isascii():
        return text[:MAX_CHARS]
    worded = _PICTURE.sub(lambda mark: f" {_EMOJI.get(mark[0], '')} ", text[:MAX_CHARS])
    return worded.replace("\u2019", "'")[:MAX_CHARS]


def _hashes(tokens: Iterable[str]) -> npt.NDArray[np.uint64]:
    """32-bit hash of each token, the same in every process. All numbers share one."""
    words = (_NUMBER if token.isdecimal() else token for token in tokens)
    return np.array([crc32(word.encode("utf-8", "surrogatepass")) for word in words], np.uint64)


def _hashed(flat: Ints, lengths: Ints, hashes: npt.NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Bucket of every unigram, and of every bigram inside a text, laid out text by text."""
    ends = np.cumsum(lengths)
    word = hashes[flat]
    pair = np.roll(word, 1) * np.uint64(0x9E3779B1) + word  # with the token before
    pair[ends - lengths] = word[ends - lengths]  # a text's start mark has none before it
    both = np.stack([word, pair], axis=1).ravel() * np.uint64(0x9E3779B97F4A7C15)
    return (both >> np.uint64(49)).astype(np.int64), np.concatenate([[0], 2 * ends])


def _dense(texts: Sequence[str], flat: Ints, lengths: Ints, tokens: Sequence[str]) -> Floats:
    """Bias, VADER's five values, length, capitals, cue counts, and cues times compound."""
    scores = _vader()
    vader = np.array([tuple(scores(text).values()) for text in texts], np.float64)
    vader = vader.reshape(-1, 4)  # neg, neu, pos, compound
    compound = vader[:, 3]
    capitals = [min(len(_CAPITALS.findall(text)), 5) / 5 for text in texts]
    cues = _cue_counts(flat, lengths, tokens)
    gated = [cues[:, at] * compound for at in (2, 3, 4, 5)]  # negation to exclamation
    columns = [np.ones(len(texts)), *vader.T, np.abs(compound), np.log1p(lengths) / 5, capitals]
    return np.column_stack([*columns, *cues.T, *gated])


def _cue_counts(flat: Ints, lengths: Ints, tokens: Sequence[str]) -> Floats:
    """n × len(CUES): how often each word class occurs, capped at 2 and scaled to 0..1."""
    text_of = np.repeat(np.arange(len(lengths)), lengths)
    counts = np.empty((len(lengths), len(CUES)))
    for at, words in enumerate(CUES.values()):
        hit = np.array([token in words for token in tokens], dtype=np.bool_)[flat]
        counts[:, at] = np.bincount(text_of[hit], minlength=len(lengths))
    return np.minimum(counts, 2) / 2


@cache
def _vader() -> Callable[[str], dict[str, float]]:
    from vaderSentiment import vaderSentiment

    analyser: type[Any] = vaderSentiment.SentimentIntensityAnalyzer
    scores: Callable[[str], dict[str, float]] = analyser().polarity_scores
    return scores


@cache
def load(path: Path | None = None) -> Model:
    """The shipped weights, or those in `path`. Raises CviError when absent or of another format."""
    file = path or resource(MODEL_FILE)
    if not file.is_file():
        raise CviError(
            f"The sentiment weights {file.name} are missing.",
            hint="Make them with python -m cvi.analysis.training.",
        )
    with np.load(file, allow_pickle=False) as stored:
        meta = json.loads(stored["meta"].tobytes())
        if meta["format"] != FORMAT:
            raise CviError(f"The sentiment weights have format {meta['format']}, not {FORMAT}.")
        return Model(
            version=meta["version"],
            dense_weights=stored["dense"].astype(np.float64),
            bucket_weights=stored["buckets"],
            scale=stored["scale"].astype(np.float64),
            meta=meta,
        )


def __getattr__(name: str) -> str:
    if name == "VERSION":
        return load().version
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
