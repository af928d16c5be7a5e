"""The transcript as arrays: its rows, their words, and patterns to look for. A leaf."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.analysis.speech import Bools, Floats, Ints

# A word: letters and digits, with inner apostrophes; each Chinese or Japanese character is one.
_IDEOGRAPHS = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]+(?:'[^\W_]+)*")


@dataclass(frozen=True)
class Lexicon:
    """A pattern over lower-case text. A text without one of the `triggers` (words) cannot match;
    no triggers means that every text is read."""

    name: str
    pattern: re.Pattern[str]
    triggers: frozenset[str]
    reason: str


@dataclass(frozen=True)
class Rows:
    """The rows of the transcript; score, confidence and label are NaN or '' where not scored."""

    code: Ints
    idx: Ints
    user: Bools
    text: list[str]  # lower case, straight apostrophes
    start: Floats
    length: Floats
    interrupted: Bools
    score: Floats
    confidence: Floats
    label: npt.NDArray[np.object_]


def tokens(texts: Sequence[str]) -> tuple[Ints, Ints, list[str]]:
    """Word ids of all texts in order, the position of the text of each, and the vocabulary."""
    found = [_WORD.findall(text) for text in texts]
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    ids: defaultdict[str, int] = defaultdict(count().__next__)
    flat = np.fromiter(
        map(ids.__getitem__, chain.from_iterable(found)), np.int64, int(lengths.sum())
    )
    return flat, np.repeat(np.arange(len(found)), lengths), list(ids)


def read(turns: pd.DataFrame, ids: pd.Index, sentiment: pd.DataFrame | None) -> Rows:
    """Arrays of the turns whose conversation and role are known, sorted by conversation and idx."""
    code = ids.get_indexer(pd.Index(turns["conversation_id"])).astype(np.int64)
    idx = turns["idx"].to_numpy(np.int64, na_value=-1)
    role = turns["role"].to_numpy(np.object_)
    user: Bools = role == "user"
    known = (code >= 0) & (user | (role == "assistant"))
    order = np.lexsort((idx, code))
    order = order[known[order]]
    texts = turns["text"].to_numpy(np.object_)[order].tolist()
    if sentiment is None:
        sentiment = pd.DataFrame({"score": np.nan, "confidence": np.nan, "label": ""}, turns.index)
    scores = sentiment[["score", "confidence"]].to_numpy(np.float64)[order]
    return Rows(
        code=code[order],
        idx=idx[order],
        user=user[order],
        text=[
            text.lower().replace("\u2019", "'") if isinstance(text, str) else "" for text in texts
        ],
        start=turns["offset_s"].to_numpy(np.float64)[order],
        length=turns["duration_s"].to_numpy(np.float64)[order],
        interrupted=turns["interrupted"].to_numpy(np.bool_, na_value=False)[order],
        score=scores[:, 0],
        confidence=scores[:, 1],
        label=sentiment["label"].to_numpy(np.object_)[order],
    )
