"""Everything the workbench finds out about conversations: frames in, frames out.

Importing this module registers every metric family.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cvi.analysis import (
    insights,
    language,
    outcome,
    participation,
    quality,
    repair,
    richness,
    sentiment,
    sentiment_metrics,
    stalls,
    timing,
    topics,
    turn_taking,
    waits,
)
from cvi.analysis.batch import CLOCKS, Batch
from cvi.analysis.metric import METRICS, offered
from cvi.analysis.speech import Bools, Ints

__all__ = ["METRICS", "VERSION", "Analysis", "analyse", "version"]

if TYPE_CHECKING:
    from cvi.frames.schema import Frames

# Named so that a linter does not take the imports that register metrics for unused ones.
FAMILIES = (
    participation, timing, stalls, turn_taking, repair, outcome, sentiment_metrics, quality,
    richness, waits,
)  # fmt: skip

VERSION: str  # of all metrics and the sentiment weights; read on first use, see __getattr__

_NOT = "not measured: "
_MISSING = {
    "text": "there is no transcript",
    "sentiment": "there is no transcript",
    "starts": "no times are known",
    "ends": "the ends of speech are not known",
    "speaking": "there were no speaking events",
    "tools": "no live events were captured, so a tool call would not have been seen",
}


@dataclass(frozen=True)
class Analysis:
    """The views made by `analyse`.

    metrics      conversation_id, one float64 column per metric (NaN: not measurable), language,
                 coverage (share of metrics measured), reasons (JSON {reason: [metric, …]}) and
                 version. Details (see `Metric`) count for neither coverage nor reasons
    turn_scores  conversation_id, idx, sentiment_label, sentiment_score, sentiment_confidence,
                 sentiment_engine: one row per turn; only English turns are scored
    topics       conversation_id, rank, topic, weight, kind
    insights     conversation_id, idx, kind, message, confidence, evidence (list of turn idx)
    """

    metrics: pd.DataFrame
    turn_scores: pd.DataFrame
    topics: pd.DataFrame
    insights: pd.DataFrame


@cache
def version() -> str:
    """Ten hex digits that change with any metric's version and with the sentiment weights."""
    parts = sorted(f"{name}:{each.version}" for name, each in METRICS.items())
    text = ";".join([*parts, sentiment.ENGINE, sentiment.VERSION])
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def __getattr__(name: str) -> str:
    if name == "VERSION":
        return version()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def analyse(frames: Frames) -> Analysis:
    """Analyse any number of conversations at once. Empty frames give empty frames, all columns.

    Raises CviError when the sentiment weights are missing.
    """
    spoken, judged = frames.turns, language.judge(frames.turns)
    flags = judged["english"]
    english = spoken["conversation_id"].map(flags).fillna(value=True).to_numpy(np.bool_)
    scores = _scores(spoken, english)
    batch = Batch.of(frames, sentiment=scores, english=flags)
    return Analysis(
        metrics=measure(batch, judged["language"].reindex(batch.ids)),
        turn_scores=_turn_scores(spoken, scores),
        topics=topics.key_topics(spoken.loc[english, ["conversation_id", "role", "text"]]),
        insights=insights.insights(batch),
    )


def _scores(turns: pd.DataFrame, english: Bools) -> pd.DataFrame:
    """label, score and confidence of English turns; missing for all others.

    Both sides are scored, for the transcript; what is said of a conversation rests on the user's.
    """
    chosen = np.flatnonzero(english)
    found = sentiment.score(turns["text"].to_numpy(np.object_)[chosen].tolist())
    label = np.full(len(turns), None, np.object_)
    label[chosen] = found["label"].to_numpy(np.object_)
    scores = np.full((len(turns), 2), np.nan)
    scores[chosen] = found[["score", "confidence"]].to_numpy(np.float64)
    text = pd.array(label, dtype="str")
    columns = {"label": text, "score": scores[:, 0], "confidence": scores[:, 1]}
    return pd.DataFrame(columns, index=turns.index)


def _turn_scores(turns: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    engine = np.full(len(turns), None, np.object_)
    engine[scores["score"].notna().to_numpy(np.bool_)] = sentiment.ENGINE
    return pd.DataFrame(
        {
            "conversation_id": turns["conversation_id"].array,
            "idx": turns["idx"].array,
            "sentiment_label": scores["label"].array,
            "sentiment_score": scores["score"].array,
            "sentiment_confidence": scores["confidence"].array,
            "sentiment_engine": pd.array(engine, dtype="str"),
        }
    )


def measure(batch: Batch, languages: pd.Series) -> pd.DataFrame:
    """The metrics table; `languages` are ISO codes in batch order, possibly missing."""
    given = _available(batch)
    values = np.full((len(METRICS), len(batch)), np.nan)
    for row, each in zip(values, METRICS.values(), strict=True):
        allowed = given[each.needs] & batch.english if each.english else given[each.needs]
        if allowed.any():
            row[allowed] = each.compute(batch)[allowed]
    values[~np.isfinite(values)] = np.nan
    reasons = _Reasons(languages)
    main = [not each.detail for each in METRICS.values()]
    why = reasons.codes(batch, given, np.isnan(values[main]).T)
    names = pd.DataFrame({"conversation_id": pd.Series(batch.ids.tolist(), dtype="str")})
    rest = pd.DataFrame(
        {
            "language": pd.array(languages.tolist(), dtype="str"),
            "coverage": np.mean(why == 0, axis=1),
            "reasons": pd.array(reasons.texts(why), dtype="str"),
            "version": pd.array([version()] * len(batch), dtype="str"),
        }
    )
    return pd.concat([names, pd.DataFrame(values.T, columns=list(METRICS)), rest], axis=1)


def _available(batch: Batch) -> dict[str, Bools]:
    """Need -> conversations that have it."""
    said = batch.total(batch.rows.code) > 0
    return {
        "text": said,
        "sentiment": said,
        "starts": batch.clock >= CLOCKS["starts"],
        "ends": batch.clock >= CLOCKS["ends"],
        "speaking": batch.clock >= CLOCKS["speaking"],
        "outcome": np.ones(len(batch), np.bool_),
        "tools": outcome.with_tools(batch),
    }


class _Reasons:
    """Numbers the reasons (0: measured), so that equal rows of numbers are put into words once."""

    def __init__(self, languages: pd.Series) -> None:
        self._known: dict[str, int] = {"": 0}
        spoken = [f"{_NOT}language is {code}" for code in languages.fillna("unknown").tolist()]
        self._foreign = np.array([self._number(text) for text in spoken], np.int64)

    def _number(self, text: str) -> int:
        return self._known.setdefault(text, len(self._known))

    def codes(self, batch: Batch, given: dict[str, Bools], missing: Bools) -> Ints:
        """Number of the reason, conversations x metrics; details have none."""
        main = [METRICS[name] for name in offered()]
        absent = [self._number(_NOT + each.absent) for each in main]
        lacking = [self._number(_NOT + _MISSING.get(each.needs, each.absent)) for each in main]
        english = np.array([each.english for each in main])
        foreign = np.where(batch.english, 0, self._foreign)[:, None] * english
        own = np.where(foreign > 0, foreign, absent)
        have = np.array([given[each.needs] for each in main]).T
        found: Ints = np.where(missing, np.where(have, own, lacking), 0)
        return found

    def texts(self, codes: Ints) -> list[str]:
        """JSON {reason: [metric, …]} per row of numbers (conversations x metrics)."""
        rows, which = np.unique(codes, axis=0, return_inverse=True)
        texts = [self._text(row) for row in rows]
        return [texts[at] for at in which.reshape(-1).tolist()]

    def _text(self, row: Ints) -> str:
        names, words = offered(), list(self._known)
        found: dict[str, list[str]] = {}
        for at in np.flatnonzero(row).tolist():
            found.setdefault(words[row[at]], []).append(names[at])
        return json.dumps(found, ensure_ascii=False)
