"""The transcript of one conversation: a page of turns, with what is known about each of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from cvi.analysis.timing import LONGEST_ANSWER_S
from cvi.charts import palette
from cvi.charts.conversation import UNSURE
from cvi.charts.spans import clock

PER_PAGE = 200
SLOW_S = 3.0
# Characters shown of one turn, and bytes of a page as JSON: a message to the browser stays < 1 MB.
_SHOWN_TEXT = 4_000
_PAGE_BYTES = 600_000
_NAMES = {"user": "User", "assistant": "Assistant"}
_COLOURS = {
    "user": palette.USER,
    "assistant": palette.ASSISTANT,
    "quiet": palette.QUIET,
    "bad": palette.BAD,
    **palette.SENTIMENT,
}
_OPAQUE = re.compile(r"(?=\S*\d)[\w-]{12,}")
_HERE = Path(__file__).resolve().parent

_transcript = st.components.v2.component(
    "cvi_transcript",
    html='<div class="turns" role="list" tabindex="0" aria-label="Transcript"></div>',
    css=(_HERE / "transcript.css").read_text(encoding="utf-8"),
    js=(_HERE / "transcript.js").read_text(encoding="utf-8"),
)


def draw(
    rows: list[dict[str, Any]],
    *,
    page: str,
    focus: int | None,
    jump: int,
    on_turn: Callable[[int], None],
) -> None:
    """Draw a page of turns; `on_turn` is called with the turn whose link was clicked.

    `page` names what is drawn (a new name starts at the top); a new `jump` scrolls to `focus`.
    """

    def clicked() -> None:
        turn = st.session_state["transcript"].turn
        if isinstance(turn, int | float):
            on_turn(int(turn))

    data = {"turns": rows, "page": page, "focus": focus, "jump": jump, "colours": _COLOURS}
    _transcript(key="transcript", data=data, on_turn_change=clicked)


def pages(count: int) -> int:
    """How many pages a transcript has; at least one."""
    return max(1, -(-count // PER_PAGE))


def rows(turns: pd.DataFrame, page: int) -> list[dict[str, Any]]:
    """What the transcript shows of each turn of a page (from 1)."""
    start = (page - 1) * PER_PAGE
    waits = answer_waits(turns)
    part = turns.iloc[start : start + PER_PAGE]
    records = part.assign(wait=waits.iloc[start : start + PER_PAGE]).to_dict("records")
    limit = _limit(part["text"])
    return [_row({str(name): each[name] for name in each}, limit) for each in records]


def _limit(texts: pd.Series[str]) -> int:
    """Characters shown of each turn, fewer when a page of monologues would weigh too much."""
    weight = sum(len(json.dumps(text[:_SHOWN_TEXT])) for text in texts.dropna())
    return _SHOWN_TEXT if weight <= _PAGE_BYTES else _PAGE_BYTES // (12 * len(texts))


def answer_waits(turns: pd.DataFrame) -> pd.Series[float]:
    """Seconds between the end of a user turn and the assistant's turn after it.

    Missing where ends are not known, and for waits that are no answers (negative, over 30 s).
    """
    before = turns.shift()
    ended = before["offset_s"] + before["duration_s"].where(before["duration_s"] > 0)
    wait = (turns["offset_s"] - ended).astype("float64")
    answers = (turns["role"] == "assistant") & (before["role"] == "user")
    plausible = (wait >= 0) & (wait <= LONGEST_ANSWER_S)
    return wait.where(answers.fillna(value=False) & plausible.fillna(value=False))


def _row(turn: dict[str, Any], limit: int) -> dict[str, Any]:
    text = _text(turn["text"])
    cut = len(text) - limit
    notes = [
        f"{name}: {said}"
        for name, key in (("Tone", "tone"), ("Look", "look"))
        if (said := _text(turn[key]))
    ]
    if cut > 0:
        notes.append(f"{cut:,} more characters; the whole turn is in the export.")
    role = _text(turn["role"])
    name = _NAMES.get(role, role or "Unknown")
    return {
        "n": int(turn["idx"]),
        "role": role,
        "who": " · ".join(filter(None, (name, _name(turn["speaker"], role)))),
        "at": clock(float(turn["offset_s"])) if pd.notna(turn["offset_s"]) else "",
        "text": text[:limit],
        "chips": list(_chips(turn)),
        "notes": [note[:400] for note in notes],
    }


def _chips(turn: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    label, sure = _text(turn["sentiment_label"]), turn["sentiment_confidence"]
    if label:
        known = pd.notna(sure)
        unsure = not known or float(sure) < UNSURE
        share = f"{float(sure):.0%}" if known else "unknown"
        score = float(turn["sentiment_score"])
        title = f"Sentiment {label}, confidence {share}, score {score:+.2f}"
        text = f"unsure: {label}" if unsure else f"{label} {share}"
        found.append({"text": text, "colour": label, "title": title, "unsure": unsure})
    if pd.notna(turn["wait"]):
        wait = float(turn["wait"])
        colour = "bad" if wait > SLOW_S else "quiet"
        title = "From the end of the user's turn to the start of this answer"
        found.append({"text": f"answered in {wait:.1f} s", "colour": colour, "title": title})
    if pd.notna(turn["interrupted"]) and bool(turn["interrupted"]):
        title = "The other side began to speak before this turn was over"
        found.append({"text": "interrupted", "colour": "bad", "title": title})
    return found


def _name(speaker: object, role: str) -> str:
    """The speaker's name, if it says more than the role; an opaque id does not."""
    said = _text(speaker).strip()
    return "" if said.lower() == role or _OPAQUE.fullmatch(said) else said[:80]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
