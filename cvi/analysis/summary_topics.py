"""What conversations are about, and how those about a topic go compared with the rest.

`topics` is one row per conversation and topic: conversation_id, kind, rank, topic, weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.analysis import grouped, lexicon, ranktest, terms
from cvi.analysis.summary import FEWEST, figures, places
from cvi.analysis.summary_quality import band_of
from cvi.selection.filters import NO_TOPIC, Group

NONE = "no topic found"
OUTLIER = "outlier"  # it has been looked at, and fits no cluster
REST = (NONE, OUTLIER)  # rows that are no topic, last in every table
MOST = 60  # topics listed; below, each is about a handful of conversations
KINDS: Mapping[str, str] = {
    "lexicon": "Named topics",
    "corpus": "Clusters",
    "term": "Frequent terms",
}


def token(kind: str, topic: str) -> str:
    """A topic, or a row of REST, as the filter writes it."""
    return f"{kind}:{NO_TOPIC if topic == NONE else topic}"


def of(topics: pd.DataFrame, frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """conversation_id, topic, weight and `at`, the row of the frame, of one kind, for the
    conversations of the frame; `topic` is categorical.

    Conversations without a topic of that kind have one row, NONE; those that fit no cluster have
    OUTLIER.
    """
    mine = topics[(topics["kind"] == kind).to_numpy(np.bool_)]
    at = _rows(mine["conversation_id"], frame)
    mine, at = mine[at >= 0], at[at >= 0]
    codes, values = grouped.coded(mine["topic"])
    names = pd.Index(values).astype("str").append(pd.Index([NONE], dtype="str"))
    at, codes, first = _once(at, codes, len(names))
    rest = np.flatnonzero(np.bincount(at, minlength=len(frame)) == 0)
    at = np.concatenate([at, rest])
    codes = np.concatenate([codes, np.full(len(rest), len(names) - 1)])
    weight = np.concatenate(
        [mine["weight"].to_numpy(np.float64)[first], np.full(len(rest), np.nan)]
    )
    return pd.DataFrame(
        {
            "conversation_id": frame["conversation_id"].array.take(at),
            "topic": pd.Categorical.from_codes(codes, names),
            "weight": weight,
            "at": at,
        }
    )


def about(
    topics: pd.DataFrame, frame: pd.DataFrame, groups: Sequence[Group]
) -> npt.NDArray[np.bool_]:
    """Which of the frame's conversations are about a topic of every group (`Filters.topics`)."""
    keep = np.ones(len(frame), np.bool_)
    for group in groups:
        any_of = np.zeros(len(frame), np.bool_)
        for token in group:
            kind, _, name = token.partition(":")
            chosen = topics["kind"] == kind
            if name != NO_TOPIC:
                chosen &= topics["topic"] == name
            at = _rows(topics["conversation_id"][chosen.to_numpy(np.bool_)], frame)
            found = np.zeros(len(frame), np.bool_)
            found[at[at >= 0]] = True
            any_of |= ~found if name == NO_TOPIC else found
        keep &= any_of
    return keep


def _rows(ids: pd.Series, frame: pd.DataFrame) -> grouped.Ints:
    """The row of the frame each id is in; -1 where it is not there."""
    if not isinstance(ids.dtype, pd.CategoricalDtype):
        return np.asarray(pd.Index(frame["conversation_id"]).get_indexer(pd.Index(ids)))
    # Each id is looked up once, however many topics it has.
    known = np.append(pd.Index(frame["conversation_id"]).get_indexer(ids.cat.categories), -1)
    found: grouped.Ints = known[ids.cat.codes.to_numpy()]
    return found


def _once(
    at: grouped.Ints, codes: grouped.Ints, size: int
) -> tuple[grouped.Ints, grouped.Ints, grouped.Ints]:
    """Row and topic of each pair once, and where it stood first, in that order."""
    _, first = np.unique(at * size + codes, return_index=True)
    first = np.sort(first)
    return at[first], codes[first], first


def ranked(found: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """One row per topic, most frequent first and those of REST last; the MOST largest only.

    Columns: topic, n, share of the conversations, quality and sentiment (median, with their n),
    quality_vs_rest and sentiment_vs_rest (difference of medians), quality_q and sentiment_q (how
    likely such a difference is by chance, corrected for the number of topics), repair (mean of
    user_repair_rate), low (share of low quality / share among the rest) and trend (share by week,
    a tuple).
    """
    at, codes, names = _largest(found)
    size = len(names)
    table = pd.DataFrame({"n": grouped.counts(codes, size)}, index=pd.Index(names, name="topic"))
    table["share"] = table["n"] / max(len(frame), 1)
    for name, column in (("quality", "quality"), ("sentiment", "user_sentiment")):
        values = figures(frame, column)
        table[f"{name}_n"] = grouped.means(values[at], codes, size)[0]
        table[name] = grouped.quantiles(values[at], codes, size, [0.5])[:, 0]
        rest = table[name] - _rest(values, at, codes, size)
        table[f"{name}_vs_rest"] = rest.round(1 if name == "quality" else 2) + 0.0
        table[f"{name}_q"] = _by_chance(values, at, codes, size)
    # The median repair rate is 0 nearly everywhere: means, as on the overview.
    repairs = figures(frame, "user_repair_rate")
    table["repair"] = grouped.means(repairs[at], codes, size)[1]
    table["low"] = _low_lift(frame, at, codes, size)
    table["trend"] = _trends(frame, at, codes, size)
    order = np.lexsort((table.index, -table["n"], table.index.isin(REST)))
    return table.iloc[order].reset_index()


def _largest(found: pd.DataFrame) -> tuple[grouped.Ints, grouped.Ints, npt.NDArray[np.object_]]:
    """Row and topic of the MOST largest topics and of REST, and their names."""
    codes, values = grouped.coded(found["topic"])
    counts = grouped.counts(codes, len(values))
    names = values.to_numpy(dtype=object)
    kept = np.zeros(len(names), np.bool_)
    kept[np.argsort(-counts, kind="stable")[:MOST]] = True
    kept |= np.isin(names.astype(str), REST)
    place = np.where(kept, np.cumsum(kept) - 1, -1)[codes]
    return found["at"].to_numpy()[place >= 0], place[place >= 0], names[kept]


def _rest(
    values: grouped.Floats, at: grouped.Ints, codes: grouped.Ints, size: int
) -> grouped.Floats:
    """Median of a metric over the conversations that do not have the topic; NaN under FEWEST.

    All values are sorted once; what a topic's conversations leave of that order has its median in
    the middle.
    """
    order = np.argsort(values)[: int((~np.isnan(values)).sum())]
    place = np.full(len(values), -1)
    place[order] = np.arange(len(order))
    sorted_, found = values[order], np.full(size, np.nan)
    for topic, mine in enumerate(_split(place[at], codes, size)):
        taken = mine[mine >= 0]
        left = len(order) - len(taken)
        if min(len(taken), left) >= FEWEST:
            others = np.ones(len(order), np.bool_)
            others[taken] = False
            kept = np.flatnonzero(others)
            found[topic] = sorted_[kept[[(left - 1) // 2, left // 2]]].mean()
    return found


def _by_chance(
    values: grouped.Floats, at: grouped.Ints, codes: grouped.Ints, size: int
) -> grouped.Floats:
    """Corrected p of each topic against the rest; NaN under FEWEST."""
    found = ranktest.against_rest(values, at, codes, size)
    enough = np.minimum(found.n, found.others) >= FEWEST
    return ranktest.corrected(np.where(enough, found.p, np.nan))


def _split(values: grouped.Ints, codes: grouped.Ints, size: int) -> list[grouped.Ints]:
    order = np.argsort(codes.astype(np.int16), kind="stable")
    return np.split(values[order], np.cumsum(grouped.counts(codes, size))[:-1]) if size else []


def _low_lift(
    frame: pd.DataFrame, at: grouped.Ints, codes: grouped.Ints, size: int
) -> grouped.Floats:
    """How many times as often the topic's conversations are of low quality as the rest."""
    band = band_of(frame)
    known, low = band.notna().to_numpy(), (band == "low").to_numpy(np.bool_)
    n = grouped.counts(codes[known[at]], size)
    mine = grouped.counts(codes[low[at]], size)
    rest_low, rest_n = low.sum() - mine, known.sum() - n
    usable = (n >= FEWEST) & (rest_n >= FEWEST) & (rest_low > 0)
    lift = (mine / np.maximum(n, 1)) / np.where(usable, rest_low / np.maximum(rest_n, 1), np.nan)
    return np.asarray(lift, np.float64)


def _trends(
    frame: pd.DataFrame, at: grouped.Ints, codes: grouped.Ints, size: int
) -> list[tuple[float, ...]]:
    week, weeks = places(frame)
    total = grouped.counts(week, len(weeks))
    counts = grouped.pairs(codes, week[at], (size, len(weeks)))
    shares = counts[:, total > 0] / total[total > 0]
    return [tuple(row) for row in shares.tolist()]


def trend(found: pd.DataFrame, frame: pd.DataFrame, topic: str) -> pd.DataFrame:
    """By week: n conversations with the topic, of all of that week, share (NaN in empty weeks)."""
    week, weeks = places(frame)
    at = found["at"].to_numpy()[(found["topic"] == topic).to_numpy()]
    n, of = grouped.counts(week[at], len(weeks)), grouped.counts(week, len(weeks))
    share = np.divide(n, of, out=np.full(len(weeks), np.nan), where=of > 0)
    return pd.DataFrame({"n": n, "of": of, "share": share}, index=weeks)


def members(found: pd.DataFrame, frame: pd.DataFrame, topic: str) -> pd.DataFrame:
    """The conversations with this topic, those that speak of it most first."""
    mine = found[(found["topic"] == topic).to_numpy()].sort_values("at")
    order = np.argsort(-mine["weight"].to_numpy(), kind="stable")  # missing weights come last
    return frame.iloc[mine["at"].to_numpy()[order]]


def companions(
    topics: pd.DataFrame, mine: pd.DataFrame, frame: pd.DataFrame, *, limit: int = 8
) -> pd.DataFrame:
    """Frequent terms of the topic's conversations: topic (the term), n, lift against all; those
    that set it apart most first."""
    known = of(topics, frame, "term")
    codes, names = grouped.coded(known["topic"])
    members = np.zeros(len(frame), np.bool_)
    members[_rows(mine["conversation_id"], frame)] = True
    everywhere = grouped.counts(codes, len(names))
    n = grouped.counts(codes[members[known["at"].to_numpy()]], len(names))
    lift = (n / max(len(mine), 1)) / (everywhere / max(len(frame), 1))
    found = pd.DataFrame({"topic": names.astype("str"), "n": n, "lift": lift})
    found = found[(found["n"] >= 2) & ~found["topic"].isin(REST)]
    weight = found["n"] * np.log(found["lift"].clip(lower=1))
    found = found.assign(weight=weight).sort_values(["weight", "n"], ascending=False, kind="stable")
    return found.head(limit).drop(columns="weight").reset_index(drop=True)


def words_of(topic: str, kind: str) -> list[str]:
    """The words that make a topic: its lexicon entries, or the terms in its name; none of REST."""
    if topic in REST:
        return []
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
