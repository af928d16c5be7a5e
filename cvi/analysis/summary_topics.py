"""What conversations are about, and how those about a topic go compared with the rest.

`topics` is one row per conversation and topic: conversation_id, kind, rank, topic, weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cvi.analysis import lexicon, terms
from cvi.analysis.summary import FEWEST, calendar, numbers, starts
from cvi.analysis.summary_quality import band_of

NONE = "no topic found"
_OUTLIER = "outlier"
MOST = 60  # topics listed; below, each is about a handful of conversations
KINDS: Mapping[str, str] = {
    "lexicon": "Named topics",
    "corpus": "Clusters",
    "term": "Frequent terms",
}


def of(topics: pd.DataFrame, frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """conversation_id, topic, weight of one kind, for the conversations of the frame.

    Conversations without a topic of that kind have one row, NONE.
    """
    mine = topics[topics["kind"] == kind]
    chosen = mine["conversation_id"].isin(frame["conversation_id"])
    mine = mine.loc[chosen & (mine["topic"] != _OUTLIER)]
    mine = mine[["conversation_id", "topic", "weight"]]
    ids = frame["conversation_id"]
    rest = ids[~ids.isin(mine["conversation_id"])]
    none = pd.DataFrame({"conversation_id": rest, "topic": NONE, "weight": np.nan})
    return pd.concat([mine, none], ignore_index=True).drop_duplicates(["conversation_id", "topic"])


def ranked(found: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """One row per topic, most frequent first and NONE last; the MOST largest topics only.

    Columns: topic, n, share of the conversations,
    quality and sentiment (median, with their n), quality_vs_rest,
    sentiment_vs_rest, repair (mean of user_repair_rate), low (share of
    low quality / share among the rest) and trend (share by week, a tuple).
    """
    large = found["topic"].value_counts().head(MOST).index
    found = found[found["topic"].isin([*large, NONE])]
    rows = found.merge(frame, on="conversation_id")
    grouped = rows.groupby("topic", sort=True)
    table = pd.DataFrame({"n": grouped.size()})
    table["share"] = table["n"] / max(len(frame), 1)
    for name, column in (("quality", "quality"), ("sentiment", "user_sentiment")):
        values = numbers(rows, column).groupby(rows["topic"])
        table[f"{name}_n"], table[name] = values.count(), values.median()
        rest = table[name] - _rest(found, frame, column, table.index)
        table[f"{name}_vs_rest"] = rest.round(1 if name == "quality" else 2) + 0.0
    # The median repair rate is 0 nearly everywhere: means, as on the overview.
    table["repair"] = numbers(rows, "user_repair_rate").groupby(rows["topic"]).mean()
    table["low"] = _low_lift(found, frame, table.index)
    table["trend"] = _trends(rows, frame, table.index)
    order = np.lexsort((table.index, -table["n"], table.index == NONE))
    return table.iloc[order].reset_index()


def _rest(
    found: pd.DataFrame, frame: pd.DataFrame, column: str, topics: pd.Index
) -> pd.Series[float]:
    """Median of a metric over the conversations that do not have the topic; NaN under FEWEST."""
    values = numbers(frame, column).set_axis(frame["conversation_id"]).dropna()
    members = found.groupby("topic")["conversation_id"]
    rest = {}
    for topic in topics:
        mine = values.index.isin(members.get_group(topic))
        enough = min(mine.sum(), (~mine).sum()) >= FEWEST
        rest[topic] = float(np.median(values[~mine])) if enough else float("nan")
    return pd.Series(rest, dtype="float64")


def _low_lift(found: pd.DataFrame, frame: pd.DataFrame, topics: pd.Index) -> pd.Series[float]:
    """How many times as often the topic's conversations are of low quality as the rest."""
    band = band_of(frame).set_axis(frame["conversation_id"]).dropna()
    low, of_all = (band == "low").sum(), len(band)
    known = found[found["conversation_id"].isin(band.index)]
    hit = known["conversation_id"].map(band == "low").astype("bool").groupby(known["topic"])
    mine = pd.DataFrame({"low": hit.sum(), "n": hit.size()}).reindex(topics, fill_value=0)
    rest_low, rest_n = low - mine["low"], of_all - mine["n"]
    usable = (mine["n"] >= FEWEST) & (rest_n >= FEWEST) & (rest_low > 0)
    lift = (mine["low"] / mine["n"].clip(lower=1)) / (rest_low / rest_n.clip(lower=1)).where(usable)
    return lift.astype("float64")


def _trends(rows: pd.DataFrame, frame: pd.DataFrame, topics: pd.Index) -> pd.Series:
    weeks = calendar(frame)
    total = starts(frame).value_counts().reindex(weeks, fill_value=0)
    counts = pd.crosstab(rows["topic"], starts(rows)).reindex(
        index=topics, columns=weeks, fill_value=0
    )
    shares = counts.loc[:, total.to_numpy() > 0] / total[total > 0]
    return pd.Series([tuple(row) for row in shares.to_numpy().tolist()], index=topics)


def trend(found: pd.DataFrame, frame: pd.DataFrame, topic: str) -> pd.DataFrame:
    """By week: n conversations with the topic, of all of that week, share (NaN in empty weeks)."""
    weeks = calendar(frame)
    mine = members(found, frame, topic)
    counts = starts(mine).value_counts().reindex(weeks, fill_value=0)
    total = starts(frame).value_counts().reindex(weeks, fill_value=0)
    return pd.DataFrame({"n": counts, "of": total, "share": counts / total.where(total > 0)})


def members(found: pd.DataFrame, frame: pd.DataFrame, topic: str) -> pd.DataFrame:
    """The conversations with this topic, those that speak of it most first."""
    mine = found[found["topic"] == topic].set_index("conversation_id")["weight"]
    rows = frame[frame["conversation_id"].isin(mine.index)]
    weight = rows["conversation_id"].map(mine)
    order = weight.sort_values(ascending=False, kind="stable", na_position="last").index
    return rows.loc[order]


def companions(
    topics: pd.DataFrame, mine: pd.DataFrame, frame: pd.DataFrame, *, limit: int = 8
) -> pd.DataFrame:
    """Frequent terms of the topic's conversations: topic (the term), n, lift against all; those
    that set it apart most first."""
    known = topics[topics["kind"] == "term"]
    known = known[known["conversation_id"].isin(frame["conversation_id"])]
    everywhere = known.groupby("topic")["conversation_id"].nunique()
    here = known[known["conversation_id"].isin(mine["conversation_id"])]
    n = here.groupby("topic")["conversation_id"].nunique()
    lift = (n / max(len(mine), 1)) / (everywhere.reindex(n.index) / max(len(frame), 1))
    found = pd.DataFrame({"n": n, "lift": lift})
    found = found[found["n"] >= 2].assign(weight=lambda t: t["n"] * np.log(t["lift"].clip(lower=1)))
    found = found.sort_values(["weight", "n"], ascending=False, kind="stable").head(limit)
    return found.drop(columns="weight").rename_axis("topic").reset_index()


def words_of(topic: str, kind: str) -> list[str]:
    """The words that make a topic: its lexicon entries, or the terms in its name."""
    if kind == "lexicon":
        entries = lexicon.default_lexicon().get(topic, ())
        return [entry.removeprefix("~") for entry in entries]
    return [part.strip() for part in topic.split(",") if part.strip()]


def quotes(turns: pd.DataFrame, words: Sequence[str], *, limit: int = 3) -> pd.DataFrame:
    """Example turns that say most of the topic's words, one a conversation, the user's first."""
    phrases = [phrase for word in words if (phrase := terms.words(word))]
    spoken = terms.read(turns["text"], np.arange(len(turns)))
    known = {word: at for at, word in enumerate(spoken.vocabulary)}
    hits = np.zeros(len(turns), np.int64)
    for phrase in phrases:
        if all(word in known for word in phrase):
            hits += _says(spoken, [known[word] for word in phrase], len(turns))
    said = turns.assign(hits=hits, user=(turns["role"] == "user").astype("int64"))
    said = said[(said["hits"] > 0) & (said["text"].str.len() >= 20)]
    order = ["user", "hits", "conversation_id", "idx"]
    best = said.sort_values(order, ascending=[False, False, True, True], kind="stable")
    different = best.drop_duplicates("text").drop_duplicates("conversation_id")
    return different.head(limit).drop(columns=["hits", "user"])


def _says(spoken: terms.Words, ids: Sequence[int], size: int) -> terms.Ints:
    """How often each text says the words in a row."""
    at = np.flatnonzero(spoken.ids == ids[0])
    for n, word in enumerate(ids[1:], 1):
        at = at[at + n < len(spoken.ids)]
        at = at[(spoken.ids[at + n] == word) & (spoken.doc[at + n] == spoken.doc[at])]
    return np.bincount(spoken.doc[at], minlength=size)
