"""Topics together: which come up in the same conversations, and what a topic is made of.

`found` is what `summary_topics.of` makes of the topics of one kind.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cvi.analysis import grouped
from cvi.analysis.summary import figures, marked
from cvi.analysis.summary_topics import REST, of, token
from cvi.selection.filters import Filters

LARGEST = 15  # topics in the matrix: more squares cannot be read
FEWEST = 5  # conversations a pair must be expected to have, for its lift to say anything
PARTS = 12  # sub-topics listed


def together(found: pd.DataFrame, frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """One row per pair of different topics, both ways round: topic, other, n (conversations with
    both), of (with `topic`), share (n / of), expected (n if they had nothing to do with each
    other), lift (n / expected; NaN where fewer than FEWEST are expected) and filters. Ordered by
    the size of the topics; the LARGEST only.
    """
    known = found[~found["topic"].isin(REST).to_numpy()]
    codes, values = grouped.coded(known["topic"])
    sizes = grouped.counts(codes, len(values))
    largest = np.argsort(-sizes, kind="stable")[:LARGEST]
    place = np.full(len(values) + 1, -1)
    place[largest] = np.arange(len(largest))
    at, row = known["at"].to_numpy(np.int64), place[codes]
    member = np.zeros((len(largest), len(frame)), np.float32)
    member[row[row >= 0], at[row >= 0]] = 1
    n = np.rint(member @ member.T).astype(np.int64)
    one, other = np.nonzero(~np.eye(len(largest), dtype=np.bool_))
    of_one, of_other = n[one, one], n[other, other]
    expected = of_one * of_other / max(len(frame), 1)
    names = values[largest].astype("str").to_numpy(np.object_)
    table = pd.DataFrame(
        {
            "topic": names[one],
            "other": names[other],
            "n": n[one, other],
            "of": of_one,
            "share": n[one, other] / np.maximum(of_one, 1),
            "expected": expected,
            "lift": np.where(
                expected >= FEWEST, n[one, other] / np.maximum(expected, 1e-9), np.nan
            ),
        }
    )
    tokens = [token(kind, str(name)) for name in names]
    both = [
        Filters(topics=((tokens[a],), (tokens[b],)))
        for a, b in zip(one.tolist(), other.tolist(), strict=True)
    ]
    return table.assign(filters=marked(both, table.index))


def told(table: pd.DataFrame) -> str:
    """The pair that goes together most, in one sentence; empty when none clearly does."""
    known = table[(table["lift"] >= 1.2) & (table["n"] >= FEWEST)]
    if known.empty:
        return ""
    weight = known["n"] * np.log(known["lift"])
    first = known.loc[weight.idxmax()]
    return (
        f"{str(first['topic']).capitalize()} and {first['other']} go together most: {first['n']:,} "
        f"conversations have both, {first['lift']:.1f} times as many as chance would bring."
    )


def subtopics(
    topics: pd.DataFrame, found: pd.DataFrame, frame: pd.DataFrame, topic: str, kind: str, by: str
) -> pd.DataFrame:
    """What a topic's conversations are about, in topics of another kind (`by`: corpus, term).

    Columns topic (the sub-topic), n, share (of the topic's conversations), lift (share there /
    share of all), quality and sentiment (medians), filters; those that set the topic apart most
    first. The PARTS largest that come up at least twice, and more often than elsewhere.
    """
    inside = np.zeros(len(frame), np.bool_)
    inside[found["at"].to_numpy(np.int64)[(found["topic"] == topic).to_numpy()]] = True
    parts = of(topics, frame, by)
    parts = parts[~parts["topic"].isin(REST).to_numpy()]
    codes, names = grouped.coded(parts["topic"])
    at, size = parts["at"].to_numpy(np.int64), len(names)
    mine = np.where(inside[at], codes, -1)
    n, everywhere = grouped.counts(mine, size), grouped.counts(codes, size)
    share = n / max(int(inside.sum()), 1)
    table = pd.DataFrame(
        {
            "topic": names.astype("str"),
            "n": n,
            "share": share,
            "lift": share / (np.maximum(everywhere, 1) / max(len(frame), 1)),
            "quality": grouped.quantiles(figures(frame, "quality")[at], mine, size, [0.5])[:, 0],
            "sentiment": grouped.quantiles(figures(frame, "user_sentiment")[at], mine, size, [0.5])[
                :, 0
            ],
        }
    )
    both = [Filters(topics=((token(kind, topic),), (token(by, str(name)),))) for name in names]
    table = table.assign(filters=marked(both, table.index))
    table = table[(table["n"] >= 2) & (table["lift"] > 1)]
    worth = table["n"] * np.log(table["lift"])
    order = table.assign(worth=worth).sort_values("worth", ascending=False, kind="stable").index
    return table.loc[order[:PARTS]].reset_index(drop=True)
