"""What the quality score of many conversations consists of, and what costs them points.

The points each item of the score cost a conversation are stored columns (`Item.lost`), which add up
to 100 - quality, so everything here is arithmetic on columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd

from cvi.analysis.quality import ITEMS, WEIGHTS, Item
from cvi.analysis.summary import numbers, spread

BANDS: Mapping[str, tuple[float, float]] = {"high": (70, 101), "medium": (40, 70), "low": (-1, 40)}
COSTLY = 1.0  # points from which an item is said to cost a conversation something
_ALIKE = 0.5  # a smaller difference from the usual cost is not put into words


def lost(frame: pd.DataFrame) -> pd.DataFrame:
    """Points of the 100 each item cost each conversation, one column an item (`Item.lost`)."""
    return pd.DataFrame({item.lost: numbers(frame, item.lost) for item in ITEMS}, frame.index)


def reasons(frame: pd.DataFrame, among: pd.DataFrame, *, best: bool = False) -> pd.Series:
    """Why each conversation's score is low (or high), in one sentence; missing without a score.

    Named is the item that cost most (or least) compared with the median of `among`: what costs
    all of them alike says nothing about this one.
    """
    mine, usual = lost(frame), lost(among).median().fillna(0)
    found = pd.Series(None, index=frame.index, dtype="str")
    scored = mine.notna().any(axis=1)
    if not scored.any():
        return found
    kept = mine[scored]
    unusual = ((kept - usual) * (-1 if best else 1)).fillna(-np.inf)
    at = unusual.to_numpy().argmax(axis=1)
    cost = kept.to_numpy()[np.arange(len(kept)), at]
    rows = frame[scored]
    found.loc[scored] = [
        _sentence(ITEMS[item], row, float(points), float(usual.iloc[item]))
        for item, row, points in zip(at.tolist(), rows.to_dict("records"), cost, strict=True)
    ]
    return found


def _sentence(item: Item, row: Mapping[object, object], cost: float, usual: float) -> str:
    if abs(cost - usual) < _ALIKE:
        return "Close to the typical conversation in every item."
    figure = row.get(item.metric)
    value = item.factor * figure if isinstance(figure, float) else float("nan")
    said = f"{item.sentence.format(value=value)} " if np.isfinite(value) else ""
    return f"{said}Cost {cost:.0f} points, typically {usual:.0f}."


def costs(frame: pd.DataFrame) -> pd.DataFrame:
    """One row per item, costliest first: part, item, metric (the stored column), n, mean and p90
    (points lost over the scored conversations), costly (conversations that lost at least COSTLY
    points to it: metric >= COSTLY), decisive (share of the scored in which this item is furthest
    above its median)."""
    table = lost(frame)
    known = table[table.notna().any(axis=1)].fillna(0)
    above = (known - known.median()).round(6)
    top = above.eq(above.max(axis=1), axis=0) & (above >= _ALIKE)
    found = pd.DataFrame(
        {
            "part": [item.part for item in ITEMS],
            "item": [item.name for item in ITEMS],
            "metric": [item.lost for item in ITEMS],
            "n": len(known),
            "mean": known.mean().to_numpy(),
            "p90": known.quantile(0.9).to_numpy() if len(known) else np.nan,
            "costly": (known >= COSTLY).sum().to_numpy(),
            "decisive": (top.sum() / max(len(known), 1)).to_numpy(),
        }
    )
    if known.empty:
        return found.iloc[:0]
    return found.sort_values("mean", ascending=False, kind="stable", ignore_index=True)


def costing(frame: pd.DataFrame, metric: str) -> pd.DataFrame:
    """The conversations in which this item (its column) cost at least COSTLY points, costliest
    first."""
    cost = numbers(frame, metric)
    return frame.loc[cost[cost >= COSTLY].sort_values(ascending=False, kind="stable").index]


def band_of(frame: pd.DataFrame) -> pd.Series:
    """high, medium, low per conversation; missing without a score."""
    values = numbers(frame, "quality")
    found = pd.Series(None, index=frame.index, dtype="str")
    for name, (low, high) in BANDS.items():
        found = found.mask((values >= low) & (values < high), name)
    return found


def bands(frame: pd.DataFrame) -> pd.DataFrame:
    """high, medium, low: n and share of the scored conversations."""
    counts = band_of(frame).value_counts().reindex(list(BANDS), fill_value=0)
    return pd.DataFrame({"n": counts, "share": counts / max(counts.sum(), 1)})


def sample(frame: pd.DataFrame, names: tuple[str, str], *, most: int = 2000) -> pd.DataFrame:
    """At most `most` conversations that have both metrics, evenly spread, the same every time."""
    x, y = (numbers(frame, name) for name in names)
    both = frame[x.notna() & y.notna()].sort_values("conversation_id", kind="stable")
    every = -(-len(both) // most) or 1
    return both.iloc[::every]


def part_table(frame: pd.DataFrame) -> pd.DataFrame:
    """`summary.table` with one row a part, in the order of the score, and its `weight`."""
    rows = [asdict(spread(frame, f"quality_{part}")) for part in WEIGHTS]
    return pd.DataFrame(rows, index=pd.Index(list(WEIGHTS))).assign(weight=list(WEIGHTS.values()))


def told(table: pd.DataFrame) -> str:
    """What costs points, in one sentence; empty when nothing does."""
    if table.empty or table["mean"].iloc[0] < 0.05:
        return ""
    first = table.iloc[0]
    decisive = table.sort_values("decisive", ascending=False, kind="stable").iloc[0]
    said = f"{str(first['item']).capitalize()} costs most, {first['mean']:.1f} points on average."
    if decisive["decisive"] < 0.05:
        return said
    what = "It also" if decisive["item"] == first["item"] else str(decisive["item"]).capitalize()
    often = f"most often sets a score apart ({decisive['decisive']:.0%} of conversations)."
    return f"{said} {what} {often}"
