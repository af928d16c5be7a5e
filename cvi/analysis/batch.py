"""`Batch`: what the metrics compute on, built once for any number of conversations.

Arrays instead of frames: each is sorted by conversation, names it by position (`code`) and is
computed at most once. Times and lengths are seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.analysis import rows as transcript
from cvi.analysis import speech as spoken
from cvi.analysis.metric import PARTS
from cvi.analysis.rows import Lexicon, Rows
from cvi.analysis.speech import Bools, Floats, Holds, Ints, Segments, Speech, changes

if TYPE_CHECKING:
    from cvi.frames.schema import Frames

T = TypeVar("T")

CLOCKS = {"none": 0, "starts": 1, "ends": 2, "speaking": 3}
PAUSE_S = 3.0  # a longer pause ends a turn and counts as silence (Contact Lens, call-ai-metrics)


@dataclass(frozen=True)
class Floors:
    """Turns proper: rows in a row of one side, unless a pause of more than PAUSE_S lies between."""

    code: Ints
    user: Bools
    first: Ints  # position of the first row
    last: Ints
    words: Ints
    of_row: Ints  # which floor turn a row belongs to


def ratio(above: Floats, below: Floats) -> Floats:
    """above / below, NaN where below is 0 or missing."""
    usable = np.where(below == 0, np.nan, below)
    return above / usable


@dataclass(frozen=True, eq=False)
class Batch:
    """Conversations in the order of `frames.conversations`; see `Batch.of`."""

    ids: pd.Index
    conversations: pd.DataFrame
    frames: Frames
    rows: Rows
    clock: Ints
    english: Bools
    _known: dict[object, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        frames: Frames,
        *,
        sentiment: pd.DataFrame | None = None,
        english: pd.Series | None = None,
    ) -> Batch:
        """`sentiment` (label, score, confidence) has the index of `turns`; `english` (bool) is
        indexed by conversation_id, and a missing one counts as English."""
        table = frames.conversations
        ids = pd.Index(table["conversation_id"])
        tier = table["clock"].to_numpy(np.object_)
        clock = np.select([tier == name for name in CLOCKS], list(CLOCKS.values()), 0)
        flags = np.ones(len(ids), np.bool_)
        if english is not None and len(english):
            flags = english.astype("boolean").reindex(ids).fillna(value=True).to_numpy(np.bool_)
        return cls(ids, table, frames, transcript.read(frames.turns, ids, sentiment), clock, flags)

    def __len__(self) -> int:
        return len(self.clock)

    def once(self, function: Callable[[Batch], T]) -> T:
        """function(self), computed at most once."""
        if function not in self._known:
            self._known[function] = function(self)
        found: T = self._known[function]
        return found

    # grouped arithmetic: one float per conversation

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

    def by_part(self, part: Ints, code: Ints, values: npt.NDArray[np.generic] | None = None
                ) -> Floats:  # fmt: skip
        """Parts x conversations: sum (or count) of what falls into each tenth; 0 where nothing."""
        key = part * len(self) + code
        found = np.bincount(key, values, minlength=PARTS * len(self))
        return found.astype(np.float64).reshape(PARTS, len(self))

    def largest_by_part(self, part: Ints, code: Ints, values: Floats) -> Floats:
        """Parts x conversations: maximum of what falls into each tenth; NaN where nothing."""
        found = np.full(PARTS * len(self), -np.inf)
        np.maximum.at(found, part * len(self) + code, values)
        return np.where(np.isinf(found), np.nan, found).reshape(PARTS, len(self))

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
        if column not in self._known:
            values = self.conversations[column].to_numpy(np.float64, na_value=np.nan)
            self._known[column] = values
        found: Floats = self._known[column]
        return found

    @cached_property
    def outcome(self) -> npt.NDArray[np.object_]:
        """`conversations.outcome`, missing as None or NaN."""
        return self.conversations["outcome"].to_numpy(np.object_)

    # text

    @cached_property
    def tokens(self) -> tuple[Ints, Ints, list[str]]:
        """Word ids of all rows in order, the row of each, and the vocabulary."""
        return transcript.tokens(self.rows.text)

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
        if lexicon.name not in self._known:
            search, texts = lexicon.pattern.search, self.rows.text
            worth = self.tokens[1][self.having(lexicon.triggers)]
            read = np.unique(worth).tolist() if lexicon.triggers else range(len(texts))
            hits = np.zeros(len(texts), np.bool_)
            hits[[row for row in read if search(texts[row]) is not None]] = True
            self._known[lexicon.name] = hits
        found: Bools = self._known[lexicon.name]
        return found

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

    # speech

    @cached_property
    def speech(self) -> Speech:
        """Speech of both sides: speaking events where there are any, else turns with an end."""
        return spoken.union(self._from_rows(self._from_events()))

    def _from_events(self) -> Speech:
        table = self.frames.speaking
        if table.empty:
            none, moments = np.zeros(0, np.int64), np.zeros(0)
            return Speech(none, none > 0, moments, moments, none, none > 0)
        code = self.ids.get_indexer(pd.Index(table["conversation_id"])).astype(np.int64)
        user = (table["role"] == "user").to_numpy(np.bool_)
        start, end = (table[name].to_numpy(np.float64) for name in ("start_s", "end_s"))
        known = (code >= 0) & (user | (table["role"] == "assistant").to_numpy(np.bool_))
        cut = table["interrupted"].to_numpy(np.bool_, na_value=False)
        speaking = np.append(self.clock, 0)[code] == CLOCKS["speaking"]
        raw = Speech(code, user, start, end, np.full(len(code), -1), cut)
        found = raw.take(known & speaking & (end > start))
        return Speech(found.code, found.user, found.start, found.end, self._row_of(found),
                      found.interrupted)  # fmt: skip

    def _from_rows(self, others: Speech) -> Speech:
        """Add the timed rows of conversations whose best clock is the ends of turns."""
        rows = self.rows
        at = np.flatnonzero((self.clock[rows.code] == CLOCKS["ends"]) & (rows.length > 0))
        at = at[~np.isnan(rows.start[at])]
        own = (rows.code[at], rows.user[at], rows.start[at], rows.start[at] + rows.length[at], at,
               rows.interrupted[at])  # fmt: skip
        pairs = zip(own, vars(others).values(), strict=True)
        return Speech(*(np.concatenate(pair) for pair in pairs))

    def _row_of(self, found: Speech) -> Ints:
        rows = self.rows
        at = np.flatnonzero(~np.isnan(rows.start))
        at = at[np.lexsort((rows.start[at], rows.code[at] * 2 + rows.user[at]))]
        return spoken.nearest(found, rows.code[at] * 2 + rows.user[at], rows.start[at], at)

    @cached_property
    def host(self) -> Ints:
        """See `speech.hosts`."""
        return spoken.hosts(self.speech)

    @cached_property
    def holds(self) -> Holds:
        """Who held the floor when, by start; speech inside the other's speech is left out."""
        return spoken.holds(self.speech, spoken.contained(self.speech, self.host), PAUSE_S)

    @cached_property
    def segments(self) -> Segments:
        """The time line cut at every start and stop."""
        return spoken.segments(self.speech)

    @cached_property
    def timed(self) -> Bools:
        """Conversations with speech times of every side that has a row."""
        wanted = np.bincount(self.rows.code * 2 + self.rows.user, minlength=2 * len(self)) > 0
        have = np.bincount(self.speech.side, minlength=2 * len(self)) > 0
        missing: Bools = np.any((wanted & ~have).reshape(-1, 2), axis=1)
        some: Bools = np.any(have.reshape(-1, 2), axis=1)
        return some & ~missing

    @cached_property
    def bounds(self) -> tuple[Floats, Floats]:
        """Start of the first and end of the last speech."""
        speech = self.speech
        return -self.largest(speech.code, -speech.start), self.largest(speech.code, speech.end)

    def talk(self, *, user: bool) -> Floats:
        """Seconds one side spoke."""
        speech = self.speech
        return self.total(speech.code, speech.length * (speech.user == user))
