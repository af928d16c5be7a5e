"""Who held the floor, as a strip small enough for a cell of a table."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cvi.charts.palette import ASSISTANT, QUIET, USER

BINS = 60  # blocks of a strip, two pixels each
_SIDES = ("user", "assistant")
_SILENT = 2
_COLOURS = (USER, ASSISTANT)
# As high as the cell, so that the table does not stretch it; silence is the thin line behind.
_SVG = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='120' height='24' viewBox='0 0 60 12' "
    "shape-rendering='crispEdges'>{}</svg>"
)

Floats = npt.NDArray[np.float64]


def strips(turns: pd.DataFrame, speaking: pd.DataFrame) -> dict[str, str]:
    """Conversation → its strip as a data URI of at most 2 kB; none where nobody said anything.

    `turns`: conversation_id, role, offset_s, duration_s, length (of the text), in order.
    `speaking`: conversation_id, role, start_s, end_s. Speech times are used where there are some,
    else the times of turns, else the turns in their order, as wide as their text is long.
    """
    heard = speaking.rename(columns={"start_s": "start", "end_s": "end"})
    timed = turns.assign(start=turns["offset_s"], end=turns["offset_s"] + turns["duration_s"])
    found: dict[str, str] = {}
    for spans in (heard, timed, _in_order(turns)):
        left = spans[~spans["conversation_id"].isin(list(found)) & (spans["end"] > spans["start"])]
        found |= _drawn(left[left["role"].isin(_SIDES)])
    return found


def _in_order(turns: pd.DataFrame) -> pd.DataFrame:
    length = turns["length"].astype("float64")
    end = length.groupby(turns["conversation_id"]).cumsum()
    return turns.assign(start=end - length, end=end)


def _drawn(spans: pd.DataFrame) -> dict[str, str]:
    if spans.empty:
        return {}
    code, ids = pd.factorize(spans["conversation_id"])
    last = spans.groupby(code)["end"].max().to_numpy(np.float64)
    scale = BINS / last[code]
    start = spans["start"].to_numpy(np.float64).clip(0) * scale
    end = spans["end"].to_numpy(np.float64) * scale
    user = (spans["role"] == _SIDES[0]).to_numpy(np.bool_)
    held = np.stack([
        _held(code[side], start[side], end[side], len(ids)) for side in (user, ~user)
    ])  # fmt: skip
    silent = np.clip(1 - held.sum(axis=0), 0, None)[None]
    states = np.concatenate([held, silent]).argmax(axis=0)
    return {str(name): _uri(states[at]) for at, name in enumerate(ids)}


def _held(code: npt.NDArray[np.intp], start: Floats, end: Floats, count: int) -> Floats:
    """Conversations x blocks: the part of each block that the spans cover."""
    first = np.floor(start).astype(np.int64).clip(0, BINS - 1)
    number = np.ceil(end).astype(np.int64).clip(1, BINS) - first
    number = np.maximum(number, 1)
    span = np.repeat(np.arange(len(code)), number)
    block = first[span] + np.arange(len(span)) - np.repeat(number.cumsum() - number, number)
    covered = np.minimum(end[span], block + 1) - np.maximum(start[span], block)
    held = np.zeros((count, BINS))
    np.add.at(held, (code[span], block), covered)
    return held


def _uri(states: npt.NDArray[Any]) -> str:
    paths = ["", ""]
    at = 0
    for state, run in groupby(states.tolist()):
        width = len(list(run))
        if state != _SILENT:
            paths[state] += f"M{at} 2h{width}v8h-{width}z"
        at += width
    drawn = f"<path d='M0 5.5h60v1h-60z' fill='{QUIET}' opacity='.5'/>"
    drawn += "".join(
        f"<path d='{path}' fill='{colour}'/>"
        for path, colour in zip(paths, _COLOURS, strict=True)
        if path
    )
    return "data:image/svg+xml;utf8," + _SVG.format(drawn).replace("#", "%23")
