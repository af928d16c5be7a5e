"""A frame of conversations as the pages get it: facts and metrics, made from made-up calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cvi.analysis.analyse import METRICS
from cvi.analysis.batch import Batch
from cvi.selection.mask import mask
from tests.analysis.build import join, talk


def a_call(rng: np.random.Generator, name: str, *, waits: Sequence[float], turns: int = 12) -> Any:
    """Both sides in turn; the assistant answers after one of the waits, sometimes cut short."""
    rows: list[tuple[Any, ...]] = []
    at = 0.0
    for turn in range(turns):
        length = float(rng.integers(2, 12)) / 2
        rows.append(("ua"[turn % 2], "some words here", at, length))
        at += length + float(rng.choice(waits if turn % 2 == 0 else [-0.8, 0.6, 4.5]))
    return talk(*rows, name=name, duration_s=at + 5)


def frame_of(calls: Any, **facts: Sequence[Any]) -> pd.DataFrame:
    """The calls' metrics, and facts about them as columns; a week a call from 5 Jan 2026 on."""
    batch = Batch.of(calls)
    found = pd.DataFrame({name: each.compute(batch) for name, each in METRICS.items()})
    dates = pd.date_range("2026-01-05 09:00", periods=len(found), freq="7h", tz="UTC")
    given = {
        "conversation_id": batch.ids.astype("str"),
        "title": None,
        "persona": "p",
        "source": "s",
        "outcome": "completed",
        "started_at": dates.astype("datetime64[us, UTC]"),
    }
    return found.assign(**given).assign(**facts)


def many(number: int, *, waits: Sequence[float] = (0.4, 0.9, 1.2, 2.5), seed: int = 7) -> Any:
    """Made-up calls c000, c001, …"""
    rng = np.random.default_rng(seed)
    calls = [
        a_call(rng, f"c{at:03}", waits=waits, turns=int(rng.integers(0, 30)))
        for at in range(number)
    ]
    return join(*calls)


def assert_marks_lead_to_what_they_count(table: pd.DataFrame, frame: pd.DataFrame) -> None:
    """Every row's filters select as many conversations as the row says."""
    assert len(table)
    for _, row in table.iterrows():
        assert int(mask(row["filters"], frame).sum()) == row["n"], row
