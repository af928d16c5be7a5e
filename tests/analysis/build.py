"""Frames from compact literals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cvi.analysis.analyse import METRICS
from cvi.analysis.batch import Batch
from cvi.frames.schema import SCHEMA, Frames, frame_of

SIDES = {"u": "user", "a": "assistant", "s": "system"}

Row = tuple[Any, ...]  # side, text, start, length, interrupted: the last three may be left out
Span = tuple[Any, ...]  # side, start, end, interrupted: the last may be left out


def talk(
    *turns: Row,
    name: str = "c1",
    speaking: Sequence[Span] = (),
    calls: Sequence[dict[str, Any]] = (),
    signals: Sequence[dict[str, Any]] = (),
    **facts: Any,
) -> Frames:
    """One conversation. Its clock is the best that every row allows, unless given."""
    rows = [_row(name, at, *turn) for at, turn in enumerate(turns)]
    spans = [_span(name, at, *span) for at, span in enumerate(speaking)]
    facts.setdefault("clock", _clock(rows, spans))
    return Frames(
        conversations=_frame("conversations", [{"conversation_id": name, **facts}]),
        turns=_frame("turns", rows),
        speaking=_frame("speaking", spans),
        tool_calls=_frame("tool_calls", _numbered(name, calls)),
        perceptions=_frame("perceptions", []),
        signals=_frame("signals", _numbered(name, signals)),
    )


def join(*parts: Frames) -> Frames:
    """Several conversations as one set of frames."""
    return Frames(
        **{
            table: pd.concat([getattr(part, table) for part in parts], ignore_index=True)
            for table in SCHEMA
        }
    )


def nothing() -> Frames:
    """No conversation at all."""
    return Frames(**{table: _frame(table, []) for table in SCHEMA})


def moods(frames: Frames, *scores: float | None) -> pd.DataFrame:
    """A sentiment frame for the rows in order; None is not scored. Labels flip at +-.2."""
    values = pd.Series(
        [np.nan if score is None else score for score in scores], dtype="float64",
        index=frames.turns.index,
    )  # fmt: skip
    label = np.select([values.isna(), values > 0.2, values < -0.2], ["", "positive", "negative"],
                      "neutral")  # fmt: skip
    text = pd.Series(label, dtype="str", index=values.index)
    return pd.DataFrame({"label": text, "score": values, "confidence": values.abs()})


def value(name: str, frames: Frames, **given: Any) -> float:
    """One metric of the first conversation, computed without any gate."""
    return float(METRICS[name].compute(Batch.of(frames, **given))[0])


def values(name: str, frames: Frames, **given: Any) -> list[float]:
    """One metric of all conversations, computed without any gate."""
    found: list[float] = METRICS[name].compute(Batch.of(frames, **given)).tolist()
    return found


def _row(name: str, idx: int, side: str, text: str | None, *times: Any) -> dict[str, Any]:
    start, length, interrupted = (*times, None, None, None)[:3]
    return {
        "conversation_id": name, "idx": idx, "role": SIDES[side], "text": text, "offset_s": start,
        "duration_s": length, "interrupted": interrupted,
    }  # fmt: skip


def _span(name: str, idx: int, side: str, start: float, end: float,
          interrupted: bool | None = None) -> dict[str, Any]:  # fmt: skip
    return {
        "conversation_id": name, "idx": idx, "role": SIDES[side], "start_s": start, "end_s": end,
        "interrupted": interrupted,
    }  # fmt: skip


def _clock(rows: list[dict[str, Any]], spans: list[dict[str, Any]]) -> str:
    if spans:
        return "speaking"
    if not rows or any(row["offset_s"] is None for row in rows):
        return "none"
    return "starts" if any(row["duration_s"] is None for row in rows) else "ends"


def _numbered(name: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"conversation_id": name, "idx": at, **row} for at, row in enumerate(rows)]


def _frame(table: str, rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    columns = SCHEMA[table]
    return frame_of(table, [tuple(row.get(each) for each in columns) for row in rows])
