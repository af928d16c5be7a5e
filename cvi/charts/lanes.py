"""What both drawings of a conversation rest on: who spoke from when to when, and what lies between.

The page draws it in the browser, `charts.conversation` for paper; both take it from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from cvi.charts.axes import LANES
from cvi.charts.spans import Span, overlaps, silences, united

BASES: Mapping[str, str] = {
    "speech": "From speaking events.",
    "ends": "From turns with start and length.",
    "starts": "Only the start of each turn is known: ticks show when turns began, not how long "
    "they lasted, so there are no overlaps or silences to see.",
    "order": "No times are known: bars show the turns in their order and the words in each.",
}
NEAR_S = 3.0  # a turn that starts this close to a stretch of speech holds its words


@dataclass(frozen=True, slots=True)
class Lanes:
    """`spans` has role, start, end (s), idx (of the turn, -1 when none matches) and text."""

    basis: str  # a key of BASES
    spans: pd.DataFrame
    overlaps: list[Span]
    silences: list[Span]


def basis(turns: pd.DataFrame, speaking: pd.DataFrame) -> str:
    """What the drawing rests on: speech, ends, starts or order (a key of BASES)."""
    if len(speaking) and (speaking["start_s"].notna() & speaking["end_s"].notna()).any():
        return "speech"
    started = turns["offset_s"].notna()
    if (started & (turns["duration_s"].fillna(0.0) > 0)).any():
        return "ends"
    return "starts" if started.any() else "order"


def lanes(turns: pd.DataFrame, speaking: pd.DataFrame) -> Lanes:
    """The spans of speech of one conversation; none where only starts, or no times, are known."""
    kind = basis(turns, speaking)
    known = turns[turns["offset_s"].notna()]
    if kind == "speech":
        spans = _heard(known, speaking)
    elif kind == "ends":
        spans = _lasting(known)
    else:
        return Lanes(kind, _lasting(known.head(0)), [], [])
    sides = {role: _side(spans, role) for role in LANES}
    both = overlaps(sides["user"], sides["assistant"])
    return Lanes(kind, spans, both, silences(span for side in sides.values() for span in side))


def _lasting(known: pd.DataFrame) -> pd.DataFrame:
    """Turns with start and length, in order of start."""
    found = pd.DataFrame(
        {
            "role": known["role"],
            "start": known["offset_s"],
            "end": known["offset_s"] + known["duration_s"].fillna(0.0),
            "idx": known["idx"].astype("int64"),
            "text": known["text"],
        }
    )
    return found.sort_values("start", ignore_index=True)


def _heard(known: pd.DataFrame, speaking: pd.DataFrame) -> pd.DataFrame:
    """Stretches of speech, each with the turn of its side that starts nearest."""
    heard = speaking[speaking["start_s"].notna() & speaking["end_s"].notna()]
    left = pd.DataFrame({"role": heard["role"], "start": heard["start_s"], "end": heard["end_s"]})
    right = pd.DataFrame(
        {
            "role": known["role"],
            "start": known["offset_s"],
            "idx": known["idx"].astype("int64"),
            "text": known["text"],
        }
    )
    joined = pd.merge_asof(
        left.sort_values("start"),
        right.sort_values("start"),
        on="start",
        by="role",
        direction="nearest",
        tolerance=NEAR_S,  # type: ignore[arg-type]  # the stubs know no float keys
    )
    return joined.assign(idx=joined["idx"].fillna(-1).astype("int64"))


def _side(spans: pd.DataFrame, role: str) -> list[Span]:
    mine = spans[spans["role"] == role]
    return united(zip(mine["start"].tolist(), mine["end"].tolist(), strict=True))
