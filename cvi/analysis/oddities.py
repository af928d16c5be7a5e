"""The oddest conversations, each with the reason in words.

Every figure of a conversation is placed against all others by a robust score: its distance from
the median in usual distances (median absolute deviations), so that the odd ones themselves do not
decide what is usual; beyond LINEAR it grows with the logarithm only, so that one broken clock is
not everything. A conversation is as odd as its three most unusual figures are on average.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cvi.analysis.grouped import Floats, Ints
from cvi.analysis.metric import METRICS
from cvi.analysis.quality import LEAST_TURNS
from cvi.analysis.summary import figures
from cvi.analysis.units import shown

COUNTED = 3  # most unusual figures that make the score
LINEAR = 3.0
ALIKE = 3  # conversations listed that are odd for the same reason first of all
FEWEST = 20  # conversations below which nothing is usual
ODD = 2.5  # below, nothing is odd about it
_NORMAL = 1.4826  # a median absolute deviation of 1 is this many standard deviations, if normal
_USUAL = (0.1, 0.9)
_ONE = re.compile(r"(\b1 (?:word|time|turn|tool call))s\b")

# Metric → how it is said; {value} with its unit. Figures that say nearly the same are left out.
WATCHED: Mapping[str, str] = {
    "duration_s": "Lasted {value}",
    "turns": "{value} turns",
    "user_word_share": "The user said {value} of the words",
    "words_per_user_turn": "The user's turns have {value} words on average",
    "words_per_assistant_turn": "The assistant's turns have {value} words on average",
    "longest_user_turn_words": "The user said {value} words without a break",
    "longest_assistant_turn_words": "The assistant said {value} words without a break",
    "response_time_p50": "Answers typically took {value}",
    "response_time_max": "One answer took {value}",
    "reply_gap_p50": "Replies typically took {value}",
    "user_think_time_p50": "The user typically thought for {value}",
    "time_to_first_user_word": "The user was silent for the first {value}",
    "silence_share": "Silent for {value} of the time",
    "longest_silence_s": "Nobody spoke for {value}",
    "overlap_share": "Both spoke at once for {value} of the time",
    "user_interruptions": "The user interrupted {value} times",
    "assistant_interruptions": "The assistant interrupted {value} times",
    "user_speaking_rate": "The user spoke {value} words per minute",
    "user_question_rate": "The user asked in {value} of 100 turns",
    "user_repair_rate": "The user asked again or corrected in {value} of 100 turns",
    "assistant_apology_rate": "The assistant apologised in {value} of 100 turns",
    "assistant_repetition": "{value} of the assistant's turns nearly repeat another",
    "user_sentiment": "The user's mood is {value}",
    "sentiment_change": "The user's mood changed by {value} from start to end",
    "tool_calls": "{value} tool calls",
}


@dataclass(frozen=True, slots=True)
class _Scored:
    """Rows of the frame (conversations of enough turns), and metrics x rows: the robust scores."""

    rows: Ints
    names: tuple[str, ...]
    scores: Floats

    @property
    def oddness(self) -> Floats:
        """Per row; NaN with fewer measured figures than make a score."""
        far = np.abs(self.scores)
        enough = (~np.isnan(far)).sum(axis=0) >= COUNTED
        top = -np.partition(-np.nan_to_num(far), COUNTED - 1, axis=0)[:COUNTED]
        return np.where(enough, top.mean(axis=0), np.nan)


def oddness(frame: pd.DataFrame) -> pd.Series[float]:
    """How odd each conversation is, in usual distances from the usual (about 1 is usual); NaN for
    those with too few turns or figures."""
    scored = _scored(frame)
    found = np.full(len(frame), np.nan)
    if scored.names:
        found[scored.rows] = scored.oddness
    return pd.Series(found, index=frame.index)


def oddest(frame: pd.DataFrame, *, limit: int = 10) -> pd.DataFrame:
    """The oddest conversations, oddest first, ties by id: conversation_id, oddness, metrics (what
    is most unusual, a tuple of names) and reason."""
    scored = _scored(frame)
    columns = ["conversation_id", "oddness", "metrics", "reason"]
    if not scored.names:
        return pd.DataFrame({name: [] for name in columns})
    odd = scored.oddness
    worth = np.flatnonzero(odd >= ODD)
    ids = frame["conversation_id"].to_numpy(np.object_)[scored.rows[worth]]
    order = worth[np.lexsort((ids.astype(str), -odd[worth]))]
    usual = _usual(frame, scored)
    rows = []
    for at in _varied(scored, order)[:limit].tolist():
        row = scored.rows[at]
        values = {name: float(figures(frame, name)[row]) for name in scored.names}
        outside = [not low <= values[name] <= high for name, (low, high) in usual.items()]
        names = _foremost(scored, at, outside)
        said = "; ".join(_said(name, values[name], usual[name]) for name in names)
        rows.append((frame["conversation_id"].iloc[row], float(odd[at]), names, f"{said}."))
    return pd.DataFrame(rows, columns=columns)


def _varied(scored: _Scored, order: Ints) -> Ints:
    """The same order without those that come after ALIKE others of the same first reason."""
    first = np.nan_to_num(np.abs(scored.scores[:, order])).argmax(axis=0)
    nth = pd.Series(first).groupby(first).cumcount().to_numpy()
    return order[nth < ALIKE]


def _foremost(scored: _Scored, at: int, outside: Sequence[bool]) -> tuple[str, ...]:
    """The most unusual figure and the next one, of another family if that is odd too. What lies
    within the usual is not named besides another."""
    far = np.nan_to_num(np.abs(scored.scores[:, at]))
    first, *rest = np.argsort(-far, kind="stable").tolist()
    rest = [each for each in rest if outside[each]]
    family = [METRICS[name].family for name in scored.names]
    others = [each for each in rest if family[each] != family[first] and far[each] >= ODD]
    return tuple(scored.names[each] for each in (first, *(others or rest)[:1]))


def _scored(frame: pd.DataFrame) -> _Scored:
    rows = np.flatnonzero(figures(frame, "turns") >= LEAST_TURNS)
    kept, scores = [], []
    for name in WATCHED:
        values = figures(frame, name)[rows]
        if (~np.isnan(values)).sum() < FEWEST:
            continue
        score = robust(np.log1p(values) if METRICS[name].range == (0, None) else values)
        if np.nan_to_num(score).any():
            kept.append(name)
            scores.append(score)
    table = np.array(scores) if scores else np.zeros((0, len(rows)))
    return _Scored(rows, tuple(kept) if len(kept) >= COUNTED else (), table)


def robust(values: Floats) -> Floats:
    """(value - median) / (1.4826 x median absolute deviation), drawn in beyond LINEAR; NaN stays.

    Where most values are equal, so that the deviation would be 0, it is that of the values that
    differ: what is rare is odd only when it is large for a rare one.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return values
    far = values - np.median(known)
    deviations = np.abs(far[~np.isnan(far)])
    width = float(np.median(deviations))
    if width == 0:
        differing = deviations[deviations > 0]
        width = float(np.median(differing)) if len(differing) else np.inf
    score: Floats = far / (_NORMAL * width)
    beyond = np.maximum(np.abs(score) / LINEAR, 1)
    return np.where(beyond > 1, np.sign(score) * LINEAR * (1 + np.log(beyond)), score)


def _usual(frame: pd.DataFrame, scored: _Scored) -> dict[str, tuple[float, float]]:
    """The stretch in which eight of ten conversations are, by metric."""
    found = {}
    for name in scored.names:
        values = figures(frame, name)[scored.rows]
        low, high = np.quantile(values[~np.isnan(values)], _USUAL, method="nearest").tolist()
        found[name] = (low, high)
    return found


def _said(name: str, value: float, usual: tuple[float, float]) -> str:
    here, low, high = (_figure(name, each) for each in (value, *usual))
    span = low if low == high else f"{low} to {high}"
    said = _ONE.sub(r"\1", WATCHED[name].format(value=here))
    return f"{said}, usually {span}"


def _figure(name: str, value: float) -> str:
    return shown(value, METRICS[name].unit).removesuffix(" per 100")
