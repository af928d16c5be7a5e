"""`Batch`: what the metrics compute on, built once for any number of conversations.

Arrays of numbers instead of frames: every derived array is sorted by conversation, names it by
its position (`code`) and is computed at most once. Times and lengths are seconds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, count
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from cvi.frames.schema import Frames

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

CLOCKS = {"none": 0, "starts": 1, "ends": 2, "speaking": 3}
PAUSE_S = 3.0  # a longer pause ends a turn and counts as silence (Contact Lens, call-ai-metrics)
NEAR_S = 1.0  # a transcript row this far from a speaking interval may still be its text

# A word: letters and digits, with inner apostrophes; each Chinese or Japanese character is one.
_IDEOGRAPHS = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_IDEOGRAPHS}]|[^\W_{_IDEOGRAPHS}]+(?:'[^\W_]+)*")


@dataclass(frozen=True)
class Lexicon:
    """A pattern over lower-case text. A text without any of `triggers` (words) cannot match."""

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


@dataclass(frozen=True)
class Floors:
    """Turns proper: rows in a row of one side, unless a pause of more than PAUSE_S lies between."""

    code: Ints
    user: Bools
    first: Ints  # position of the first row
    last: Ints
    words: Ints
    of_row: Ints  # which floor turn a row belongs to


@dataclass(frozen=True)
class Speech:
    """Speech intervals, unioned per side, by conversation, side and start. `row` may be -1."""

    code: Ints
    user: Bools
    start: Floats
    end: Floats
    row: Ints
    interrupted: Bools

    @property
    def side(self) -> Ints:
        """Number of the conversation and side, one per interval."""
        return self.code * 2 + self.user


@dataclass(frozen=True)
class Holds:
    """Stretches of one side holding the floor, by conversation and start; `span` is the first."""

    code: Ints
    user: Bools
    start: Floats
    end: Floats
    span: Ints


def locate(group: Ints, at: Floats, asked_group: Ints, asked_at: Floats) -> Ints:
    """Position of the last point at or before each question in its own group, or -1.

    Points must be sorted by (group, at).
    """
    if not len(group):
        return np.full(len(asked_group), -1)
    groups, times = np.concatenate([group, asked_group]), np.concatenate([at, asked_at])
    order = np.lexsort((np.arange(len(groups)) >= len(group), times, groups))
    found = np.empty(len(order), np.int64)
    found[order] = np.cumsum(order < len(group)) - 1
    asked = found[len(group) :]
    return np.where((asked >= 0) & (group[asked] == asked_group), asked, -1)


def running_max(values: Floats, group: Ints) -> Floats:
    """Largest value so far within each group; `group` ascends."""
    order = np.lexsort((values, group))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return values[order][np.maximum.accumulate(rank)]


def changes(*keys: npt.NDArray[np.generic]) -> Bools:
    """True at the first element and wherever any of the keys differs from the one before."""
    found = np.ones(len(keys[0]), np.bool_)
    if len(found) > 1:
        found[1:] = np.logical_or.reduce([key[1:] != key[:-1] for key in keys])
    return found


@dataclass(frozen=True)
class Batch:
    """Conversations in the order of `frames.conversations`; see `Batch.of`."""

    ids: pd.Index
    conversations: pd.DataFrame
    frames: Frames
    rows: Rows
    clock: Ints
    english: Bools
    _hits: dict[str, Bools] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        frames: Frames,
        *,
        sentiment: pd.DataFrame | None = None,
        english: pd.Series | None = None,
    ) -> Batch:
        """Build from frames. `sentiment` (label, score, confidence) has the index of `turns`;
        `english` (bool) is indexed by conversation_id, and a missing one counts as English."""
        table = frames.conversations
        ids = pd.Index(table["conversation_id"])
        clock = table["clock"].map(CLOCKS).fillna(0).to_numpy(np.int64)
        flags = np.ones(len(ids), np.bool_)
        if english is not None and len(english):
            known = ids.map(english)
            flags = np.array([flag is not False and flag != 0 for flag in known.tolist()], np.bool_)
        return cls(ids, table, frames, _rows(frames.turns, ids, sentiment), clock, flags)

    def __len__(self) -> int:
        return len(self.ids)

    # --- grouped arithmetic: one float per conversation -------------------------------------

    def total(self, code: Ints, values: npt.NDArray[np.generic] | None = None) -> Floats:
        """Sum (or count, without values) per conversation; 0 where there is nothing."""
        return np.bincount(code, values, minlength=len(self)).astype(np.float64)

    def mean(self, code: Ints, values: npt.NDArray[np.generic]) -> Floats:
        """Mean per conversation; NaN where there is nothing."""
        return ratio(self.total(code, values), self.total(code))

    def largest(self, code: Ints, values: npt.NDArray[np.generic]) -> Floats:
        """Maximum per conversation; NaN where there is nothing."""
        found = np.full(len(self), -np.inf)
        np.maximum.at(found, code, values.astype(np.float64))
        return np.where(np.isinf(found), np.nan, found)

    def percentile(self, code: Ints, values: Floats, share: float) -> Floats:
        """Percentile per conversation, linear between neighbours; NaN where there is nothing."""
        ordered = values[np.lexsort((values, code))]
        counts = np.bincount(code, minlength=len(self))
        have = np.flatnonzero(counts)
        place = share * (counts[have] - 1)
        low = (np.cumsum(counts) - counts)[have] + np.floor(place).astype(np.int64)
        high = np.minimum(low + 1, np.cumsum(counts)[have] - 1)
        found = np.full(len(self), np.nan)
        found[have] = ordered[low] + (ordered[high] - ordered[low]) * (place - np.floor(place))
        return found

    def slope(self, code: Ints, x: Floats, y: Floats) -> Floats:
        """Least-squares slope of y over x per conversation; NaN without spread in x."""
        far = x - self.mean(code, x)[code]
        near = y - self.mean(code, y)[code]
        return ratio(self.total(code, far * near), self.total(code, far * far))

    def place(self, code: Ints) -> Ints:
        """0, 1, 2 … within each conversation, for a sorted code."""
        return np.arange(len(code)) - np.searchsorted(code, code)

    def number(self, column: str) -> Floats:
        """A column of `conversations` as float64, missing as NaN."""
        return self.conversations[column].to_numpy(np.float64, na_value=np.nan)

    # --- text ---------------------------------------------------------------------------------

    @cached_property
    def tokens(self) -> tuple[Ints, Ints, list[str]]:
        """Word ids of all rows in order, the row of each, and the vocabulary."""
        found = [_WORD.findall(text) for text in self.rows.text]
        lengths = np.fromiter(map(len, found), np.int64, len(found))
        ids: defaultdict[str, int] = defaultdict(count().__next__)
        flat = np.fromiter(
            map(ids.__getitem__, chain.from_iterable(found)), np.int64, int(lengths.sum())
        )
        return flat, np.repeat(np.arange(len(found)), lengths), list(ids)

    @cached_property
    def words(self) -> Ints:
        """Words per row."""
        return np.bincount(self.tokens[1], minlength=len(self.rows.code))

    def having(self, words: frozenset[str]) -> Bools:
        """Per token: is it one of these words?"""
        flat, _, vocabulary = self.tokens
        return np.fromiter((word in words for word in vocabulary), np.bool_, len(vocabulary))[flat]

    def matches(self, lexicon: Lexicon) -> Bools:
        """Per row: does its text match? Only rows with a trigger word are read."""
        if lexicon.name not in self._hits:
            hits = np.zeros(len(self.rows.code), np.bool_)
            for row in np.unique(self.tokens[1][self.having(lexicon.triggers)]).tolist():
                hits[row] = lexicon.pattern.search(self.rows.text[row]) is not None
            self._hits[lexicon.name] = hits
        return self._hits[lexicon.name]

    @cached_property
    def floors(self) -> Floors:
        """Turns proper. Zero-word rows hold the floor too."""
        rows = self.rows
        new = changes(rows.code, rows.user)
        ended = self.clock[rows.code] >= CLOCKS["ends"]
        pause = np.diff(rows.start) - rows.length[:-1] if len(new) else np.empty(0)
        new[1:] |= ended[1:] & (pause > PAUSE_S)
        of_row = np.cumsum(new) - 1
        first = np.flatnonzero(new)
        last = np.append(first[1:], len(new))[: len(first)] - 1
        words = np.bincount(of_row, self.words, minlength=len(first)).astype(np.int64)
        return Floors(rows.code[first], rows.user[first], first, last, words, of_row)

    def floors_with(self, hits: Bools) -> Bools:
        """Per floor turn: is any of its rows hit?"""
        return np.bincount(self.floors.of_row[hits], minlength=len(self.floors.code)) > 0
