"""What conversations are about: key topics of each one, and topics of a whole corpus.

Key topics need no model: a lexicon first, then the most frequent 1-2-grams. Corpus topics are
TF-IDF and NMF: `fit` finds them, `assign` applies them. Both treat every conversation alone, so
a result never depends on what else was in the batch.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.errors import BadInput
from cvi.resources import resource

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

MAX_WORDS = 20_000  # read of one conversation: about two hours of talk
MAX_CHARS = 10 * MAX_WORDS  # read of one turn
ENOUGH = 1.99  # weighted lexicon hits that make a topic: two, or three common words of 2/3 each
COMMON = 2 / 3
MIN_DOCUMENTS = 6  # fewer texts have no corpus topics
SAMPLE = 20_000  # conversations a fit looks at; more change little
VOCABULARY = 5_000
SHARE = 0.25  # of a conversation's topic weight that makes a topic worth naming
MIN_FIT = 0.15  # cosine between a conversation and its topics, below which it is an outlier
SAME_TOPIC = 0.5  # cosine of term weights above which a refitted topic keeps its id
OUTLIER = -1

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+")
_SAME = frozenset(  # words that only look like plurals
    "series species news physics mathematics economics politics analytics logistics ethics "
    "olympics statistics christmas texas kansas vegas clothes jeans diabetes sas aws los las".split()
)
_IE = frozenset("movies cookies calories rookies selfies smoothies brownies hoodies ties pies".split())
_PLURALS = (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"))


@cache
def stopwords() -> frozenset[str]:
    """The shipped chat stop list."""
    lines = resource("stopwords.txt").read_text("utf-8").splitlines()
    return frozenset(chain.from_iterable(x.split() for x in lines if not x.startswith("#")))


@cache
def default_lexicon() -> Mapping[str, Sequence[str]]:
    """The shipped topic lexicon: topic → words and phrases (`~` marks common words)."""
    return {k.replace("_", " "): v for k, v in _toml("topics.toml").items()}


def _toml(name: str) -> dict[str, list[str]]:
    with resource(name).open("rb") as file:
        return tomllib.load(file)


# ---------------------------------------------------------------- words


@dataclass(frozen=True)
class Words:
    """All words of all texts in a row: vocabulary ids, with the turn and the document of each."""

    ids: Ints
    turn: Ints
    doc: Ints
    vocabulary: list[str]

    def content(self) -> npt.NDArray[np.bool_]:
        """Which vocabulary entries may name a topic: no stop word, number or fragment."""
        stop = stopwords()
        return np.array(
            [len(w) > 2 and "'" not in w and not w.isdecimal() and w not in stop
             for w in self.vocabulary], dtype=np.bool_,
        )  # fmt: skip


def _read(texts: Iterable[object], docs: Ints) -> Words:
    """Words of the texts, lower case and singular; text i belongs to document docs[i]."""
    found = [_WORD.findall(t[:MAX_CHARS].lower().replace("\u2019", "'")) if isinstance(t, str)
             else [] for t in texts]  # fmt: skip
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    raw: dict[str, int] = {}
    flat = np.fromiter(
        (raw.setdefault(word, len(raw)) for word in chain.from_iterable(found)),
        np.int64,
        int(lengths.sum()),
    )
    normal: dict[str, int] = {}
    table = np.array([normal.setdefault(_singular(w), len(normal)) for w in raw], np.int64)
    turn = np.repeat(np.arange(len(found)), lengths)
    doc = docs[turn]
    kept = _position(doc) < MAX_WORDS
    return Words(table[flat[kept]], turn[kept], doc[kept], list(normal))


def _position(group: Ints) -> Ints:
    """Running number of each element within its group, in the given order, from 0."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    new = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(group)])
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group)) - np.repeat(new, np.diff([*new, len(group)]))
    return place


def _singular(word: str) -> str:
    """Rule-based, so that the same word is always written the same way."""
    word = word.removesuffix("'s")
    if len(word) < 4 or word in _SAME or word in stopwords() or word.endswith(("ss", "us", "is")):
        return word
    for plural, singular in _PLURALS if word not in _IE else ():
        if word.endswith(plural):
            return word.removesuffix(plural) + singular
    return word.removesuffix("s")


@dataclass(frozen=True)
class Counts:
    """How often each 1-2-gram occurs in each document, and where first. One row a pair.

    A key is (first word's id + 1) * size + last word's id, with 0 for the first of a unigram.
    """

    doc: Ints
    key: Ints
    count: Ints
    first: Ints
    vocabulary: list[str]

    def text(self, key: int) -> str:
        """The 1-2-gram as words."""
        before, word = divmod(key, len(self.vocabulary))
        return " ".join(self.vocabulary[i] for i in ([before - 1] if before else []) + [word])


def _count(words: Words) -> Counts:
    """Unigrams of content words, and bigrams of two content words side by side in one turn."""
    size = max(len(words.vocabulary), 1)
    good = words.content()[words.ids] if len(words.ids) else np.zeros(0, np.bool_)
    beside = good[1:] & good[:-1] & (words.turn[1:] == words.turn[:-1])
    beside &= words.ids[1:] != words.ids[:-1]
    keys = np.concatenate([words.ids[good], (words.ids[:-1] + 1)[beside] * size + words.ids[1:][beside]])
    docs = np.concatenate([words.doc[good], words.doc[1:][beside]])
    places = np.concatenate([np.flatnonzero(good), np.flatnonzero(beside)])
    width = size * (size + 1)
    pairs, first, count = np.unique(docs * width + keys, return_index=True, return_counts=True)
    return Counts(pairs // width, pairs % width, count, places[first], words.vocabulary)


# ---------------------------------------------------------------- key topics


def key_topics(
    turns: pd.DataFrame, *, lexicon: Mapping[str, Sequence[str]] | None = None, top: int = 5
) -> pd.DataFrame:
    """The `top` topics of each conversation: conversation_id, rank (1 first), topic, weight, kind.

    `turns` needs conversation_id and text. Lexicon topics (kind "lexicon") come before frequent
    terms (kind "term"). Weight is the share of the conversation's content words that speak of
    the topic, 0..1. Conversations that say nothing have no row. Raises BadInput for a lexicon
    entry without a word in it.
    """
    docs, ids = pd.factorize(turns["conversation_id"])
    words = _read(turns["text"], docs.astype(np.int64))
    phrases = _phrases(default_lexicon() if lexicon is None else lexicon)
    counts = _count(words)
    hits = _hits(words, phrases)
    content = np.bincount(words.doc[words.content()[words.ids]], minlength=len(ids))
    rows = pd.concat([_named(hits), _terms(counts, hits, words)], ignore_index=True)
    rows["weight"] = np.minimum(rows["score"] / np.maximum(content[rows["doc"]], 1), 1.0)
    rows = rows.sort_values(["doc", "kind", "score", "first"], ascending=[True, True, False, True])
    rows["rank"] = rows.groupby("doc").cumcount() + 1
    rows = rows[rows["rank"] <= top]
    return pd.DataFrame(
        {
            "conversation_id": pd.Series(ids[rows["doc"]], dtype="str"),
            "rank": rows["rank"].to_numpy(np.int64),
            "topic": pd.Series(rows["topic"].to_numpy(), dtype="str"),
            "weight": rows["weight"].to_numpy(np.float64),
            "kind": pd.Series(rows["kind"].to_numpy(), dtype="str"),
        }
    )
