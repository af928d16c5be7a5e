"""The timeline, the transcript and the points of interest of one conversation as one instrument.

Python prepares a compact JSON; `instrument.js` draws it and locks its parts to one another in the
browser, so that no jump waits for the server. The server is asked again only for words of a
conversation too long for one message.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import orjson
import pandas as pd
import streamlit as st

from cvi.analysis import moments
from cvi.analysis.insights import SLOW_S
from cvi.charts import palette
from cvi.charts.axes import last_second, words
from cvi.charts.conversation import UNSURE
from cvi.charts.lanes import BASES, Lanes, lanes
from cvi.charts.spans import Span
from cvi.ui import opened, tables, turns, workbench
from cvi.ui.opened import Opened

HUMAN_S = 0.2  # typical gap between human speakers (Levinson & Torreira 2015): a reference line
_SIDES = {"user": "u", "assistant": "a"}
_MOODS = {"positive": "+", "neutral": "0", "negative": "-"}
_HERE = Path(__file__).resolve().parent
_COLOURS = {
    "user": palette.USER, "assistant": palette.ASSISTANT, "quiet": palette.QUIET,
    "bad": palette.BAD, "tool": palette.SERIES[7], "flag": palette.SERIES[4],
    "seen": palette.SERIES[3], **palette.SENTIMENT,
}  # fmt: skip


def _read(*names: str) -> str:
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in names)


_instrument = st.components.v2.component(
    "cvi_instrument",
    html=_read("instrument.html"),
    css=_read("instrument.css", "transcript.css"),
    js=_read("drawing.js", "transcript.js", "moving.js", "pointing.js", "instrument.js"),
)


@st.fragment
def draw(found: Opened, *, focus: int | None, recording: bool) -> None:
    """Draw it; `focus` is the turn to show first. `recording`: there is a player on the page."""
    starts, body, rows = _prepared(workbench.version(), found.id)
    name, number = st.session_state.get("instrument", {}).get("part") or (None, 0)
    # What was asked for another conversation says nothing about this one.
    at = number if name == found.id else turns.part_of(starts, focus or 0)
    at = min(max(int(at), 0), len(rows) - 1)
    head = orjson.dumps({"focus": focus, "part": at, "recording": recording})
    data = b'%b,"body":%b,"rows":%b}' % (head[:-1], body, rows[at])
    _instrument(key="instrument", data=data, on_part_change=lambda: None)


@st.cache_resource(max_entries=24, show_spinner=False)
def _prepared(version: str, conversation_id: str) -> tuple[list[int], bytes, list[bytes]]:  # noqa: ARG001 - cache key
    """First turn of each part; the JSON of the drawing; the JSON of the words of each part."""
    found = cast("Opened", opened.conversation(conversation_id))
    lines = turns.rows(found.turns)
    starts = turns.parts([len(line) for line in lines])
    bounds = zip(starts, [*starts[1:], len(lines)], strict=True)
    rows = [b"[%b]" % b",".join(lines[start:end]) for start, end in bounds]
    body = orjson.dumps(prepared(found, starts), option=orjson.OPT_SERIALIZE_NUMPY)
    sign = orjson.dumps(f"{zlib.crc32(body):x}{zlib.crc32(b''.join(rows)):x}")
    return starts, b'%b,"sign":%b}' % (body[:-1], sign), rows


def prepared(found: Opened, starts: list[int]) -> dict[str, Any]:
    """Everything that is drawn but the words, as plain lists; seconds and scores are rounded."""
    drawn = lanes(found.turns, found.speaking)
    timed = drawn.basis != "order"
    count = len(found.turns)
    last = last_second(found.turns, found.speaking, found.tools, found.signals)
    return {
        "id": found.id,
        "basis": drawn.basis,
        "about": BASES[drawn.basis],
        "last": round(last, 2) if timed else max(count, 1),
        "turns": _turns(found.turns),
        "parts": starts,
        **_speech(drawn),
        "breaks": [[round(each.at, 2), each.by, each.turn] for each in moments.broken(found.batch)],
        "waits": [
            [each.turn, round(each.since, 2), round(each.wait, 2), each.counted]
            for each in moments.waits(found.batch)
        ],
        "marks": _marks(found, last) if timed else [],
        "groups": [_group(each) for each in moments.moments(found.batch, found.insights)],
        "notes": _notes(found),
        "slow": SLOW_S,
        "human": HUMAN_S,
        "unsure": UNSURE,
        "colours": _COLOURS,
    }


def _turns(table: pd.DataFrame) -> dict[str, Any]:
    """Columns over all turns: one letter or number each."""
    return {
        "role": "".join(_SIDES.get(role, "-") for role in table["role"].tolist()),
        "at": _rounded(table["offset_s"]),
        "len": _rounded(table["duration_s"]),
        "mood": _rounded(table["sentiment_score"]),
        "sure": _rounded(table["sentiment_confidence"]),
        "label": "".join(_MOODS.get(label, " ") for label in table["sentiment_label"].tolist()),
        "words": words(table).tolist(),
        "cut": table["idx"][table["interrupted"].fillna(value=False)].tolist(),
    }


def _rounded(values: pd.Series[float]) -> npt.NDArray[np.float64]:
    """To hundredths; what is missing becomes null in the JSON."""
    return np.round(values.to_numpy(np.float64, na_value=np.nan), 2).astype(np.float64)


def _speech(drawn: Lanes) -> dict[str, Any]:
    spans: dict[str, Any] = {}
    for role in ("user", "assistant"):
        mine = drawn.spans[drawn.spans["role"] == role]
        columns = (mine[name].tolist() for name in ("start", "end", "idx"))
        spans[role] = [[round(a, 2), round(b, 2), at] for a, b, at in zip(*columns, strict=True)]
    return {"spans": spans, "overlaps": _pairs(drawn.overlaps), "silences": _pairs(drawn.silences)}


def _pairs(spans: Sequence[Span]) -> list[list[float]]:
    return [[round(start, 2), round(end, 2)] for start, end in spans]


def _marks(found: Opened, last: float) -> list[list[Any]]:
    """Second, kind, and what it was: tool calls, signals and perception reports with a time.

    Reports come when the talk is over; what is later than `last` stands at its end and says so.
    """
    rows: list[list[Any]] = []
    for kind, table, name in (
        ("tool", found.tools, "name"), ("flag", found.signals, "name"),
        ("seen", found.perceptions, "kind"),
    ):  # fmt: skip
        for row in table[table["offset_s"].notna()].to_dict("records"):
            what = {"tool": "tool call", "seen": "perception"}.get(kind) or str(row["kind"])
            named = "" if pd.isna(row[name]) else f": {row[name]}"
            late = " (after the talk)" if row["offset_s"] > last else ""
            label = moments.short(f"{what.replace('_', ' ')}{named}")
            rows.append([round(min(row["offset_s"], last), 2), kind, f"{label}{late}"])
    return sorted(rows, key=lambda row: row[0])


def _group(group: moments.Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "label": group.label,
        "count": group.count,
        "items": [
            [each.turn, None if each.at is None else round(each.at, 2), each.note, each.text,
             each.side, list(each.also)]
            for each in group.moments
        ],
    }  # fmt: skip


def _notes(found: Opened) -> dict[str, str]:
    """Why something is not drawn; empty where it is."""
    mood = found.turns["sentiment_score"][found.turns["role"] == "user"].notna().any()
    return {
        "moments": moments.unmeasured(found.batch),
        "waits": ""
        if any(each.counted for each in moments.waits(found.batch))
        else f"Response times are not measurable: {tables.why(found, 'response_time_p50')}.",
        "mood": "" if mood else f"Mood is not measurable: {tables.why(found, 'user_sentiment')}.",
    }
