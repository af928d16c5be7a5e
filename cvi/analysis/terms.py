"""Words of many texts as flat arrays, and how often each 1-2-gram occurs in each document.

Everything works on all documents at once, and every document by itself: what is found in one
never depends on what else is in the batch.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
import numpy.typing as npt

from cvi.resources import resource

Ints = npt.NDArray[np.int64]

MAX_WORDS = 20_000  # read of one document: about two hours of talk
MAX_CHARS = 10 * MAX_WORDS  # read of one text

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+")
_LOOK_PLURAL = (
    "series species news physics mathematics economics politics analytics logistics ethics "
    "olympics statistics christmas texas kansas vegas clothes jeans diabetes angeles aws los las"
)
_END_IN_IE = "movies cookies calories rookies selfies smoothies brownies hoodies ties pies"
_SAME, _IE = frozenset(_LOOK_PLURAL.split()), frozenset(_END_IN_IE.split())
_PLURALS = (("ies", "y"), ("sses", "ss"), ("shes", "sh"), ("ches", "ch"), ("xes", "x"))


@cache
def stopwords() -> frozenset[str]:
    """The shipped chat stop list."""
    lines = resource("stopwords.txt").read_text("utf-8").splitlines()
    return frozenset(chain.from_iterable(x.split() for x in lines if not x.startswith("#")))


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


def read(texts: Iterable[object], docs: Ints) -> Words:
    """Words of the texts, lower case and singular; text i belongs to document docs[i]."""
    found = [_found(text) for text in texts]
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    raw: dict[str, int] = {}
    flat = np.fromiter(
        (raw.setdefault(word, len(raw)) for word in chain.from_iterable(found)),
        np.int64,
        int(lengths.sum()),
    )
    normal: dict[str, int] = {}
    table = np.array([normal.setdefault(singular(w), len(normal)) for w in raw], np.int64)
    turn = np.repeat(np.arange(len(found)), lengths)
    doc = docs[turn]
    kept = position(doc) < MAX_WORDS
    return Words(table[flat[kept]], turn[kept], doc[kept], list(normal))


def words(text: str) -> tuple[str, ...]:
    """The words of a short text, as `read` writes them."""
    return tuple(singular(word) for word in _found(text))


def _found(text: object) -> list[str]:
    if not isinstance(text, str):
        return []
    return _WORD.findall(text[:MAX_CHARS].lower().replace("\u2019", "'"))


def position(group: Ints) -> Ints:
    """Running number of each element within its group, in the given order, from 0."""
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    new = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(group)])
    place = np.empty(len(group), np.int64)
    place[order] = np.arange(len(group)) - np.repeat(new, np.diff([*new, len(group)]))
    return place


def singular(word: str) -> str:
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


def count(words: Words) -> Counts:
    """Unigrams of content words, and bigrams of two content words side by side in one turn."""
    size = max(len(words.vocabulary), 1)
    good = words.content()[words.ids] if len(words.ids) else np.zeros(0, np.bool_)
    beside = good[1:] & good[:-1] & (words.turn[1:] == words.turn[:-1])
    beside &= words.ids[1:] != words.ids[:-1]
    keys = np.concatenate(
        [words.ids[good], (words.ids[:-1] + 1)[beside] * size + words.ids[1:][beside]]
    )
    docs = np.concatenate([words.doc[good], words.doc[1:][beside]])
    places = np.concatenate([np.flatnonzero(good), np.flatnonzero(beside)])
    width = size * (size + 1)
    pairs, first, count = np.unique(docs * width + keys, return_index=True, return_counts=True)
    return Counts(pairs // width, pairs % width, count, places[first], words.vocabulary)


def count_texts(texts: Sequence[str]) -> Counts:
    """`count` of texts that are a document each."""
    return count(read(texts, np.arange(len(texts))))
