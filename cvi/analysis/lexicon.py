"""Lexicon topics: which configured words and phrases each document says often enough."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.analysis import terms
from cvi.analysis.terms import Ints, Words
from cvi.errors import BadInput
from cvi.resources import resource

ENOUGH = 1.99  # weighted lexicon hits that make a topic: two, or three common words of 2/3 each
COMMON = 2 / 3


@cache
def default_lexicon() -> Mapping[str, Sequence[str]]:
    """The shipped topic lexicon: topic → words and phrases (`~` marks common words)."""
    with resource("topics.toml").open("rb") as file:
        return {name.replace("_", " "): words for name, words in tomllib.load(file).items()}


def hits(words: Words, lexicon: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """One row per word that a lexicon entry covers: doc, name, score, first, word.

    A word counts once for a topic, as part of the longest entry; the words of a phrase after
    its first score nothing. Topics with too few hits in a document are left out.
    """
    known = {word: at for at, word in enumerate(words.vocabulary)}
    order = np.argsort(words.ids, kind="stable")
    ordered = words.ids[order]
    parts: list[tuple[int, float, Ints]] = []
    known_phrases = _default_phrases() if lexicon is default_lexicon() else _phrases(lexicon)
    for at, weight, phrase in known_phrases:
        if all(word in known for word in phrase):
            ids = [known[word] for word in phrase]
            start = order[slice(*np.searchsorted(ordered, [ids[0], ids[0] + 1]))]
            start = start[_followed(words, start, ids)]
            parts += [(at, 0.0 if n else weight, start + n) for n in range(len(ids))]
    lengths = [len(places) for _, _, places in parts]
    place = np.concatenate([np.zeros(0, np.int64), *[places for _, _, places in parts]])
    name = np.repeat(np.array([at for at, _, _ in parts], np.int64), lengths)
    score = np.repeat(np.array([weight for _, weight, _ in parts], np.float64), lengths)
    # The first entry that covers a word for a topic is the longest one.
    _, once = np.unique(name * (len(words.ids) + 1) + place, return_index=True)
    kept = np.sort(once)
    place, name, score = place[kept], name[kept], score[kept]
    doc = words.doc[place]
    _, group = np.unique(doc * (len(lexicon) + 1) + name, return_inverse=True)
    enough = np.bincount(group, weights=score)[group] >= ENOUGH if len(group) else group > 0
    columns = {"doc": doc, "name": name, "score": score, "first": place, "word": words.ids[place]}
    return pd.DataFrame({column: values[enough] for column, values in columns.items()})


@cache
def _default_phrases() -> list[tuple[int, float, tuple[str, ...]]]:
    return _phrases(default_lexicon())


def _phrases(lexicon: Mapping[str, Sequence[str]]) -> list[tuple[int, float, tuple[str, ...]]]:
    """(topic's position, weight of a hit, words) of every entry, the longest first."""
    found = []
    for at, (topic, entries) in enumerate(lexicon.items()):
        for entry in entries:
            words = terms.words(entry)
            if not words:
                raise BadInput(f"{entry!r} has no word in it.", where=f"topic {topic}")
            found.append((at, COMMON if entry.startswith("~") else 1.0, words))
    return sorted(found, key=lambda phrase: -len(phrase[2]))


def _followed(words: Words, start: Ints, ids: Sequence[int]) -> npt.NDArray[np.bool_]:
    """Where the words `ids` follow one another from `start`, inside one turn."""
    last = start + len(ids) - 1
    fits = last < len(words.ids)
    fits[fits] = words.turn[start[fits]] == words.turn[last[fits]]
    for n, word in enumerate(ids[1:], 1):
        fits[fits] = words.ids[start[fits] + n] == word
    return fits
